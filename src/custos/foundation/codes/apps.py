from django.apps import AppConfig


class CodesConfig(AppConfig):
    name = "custos.foundation.codes"
    label = "codes"
