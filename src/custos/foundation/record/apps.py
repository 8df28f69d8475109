from django.apps import AppConfig


class RecordConfig(AppConfig):
    name = "custos.foundation.record"
    label = "record"
