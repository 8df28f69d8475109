from django.apps import AppConfig


class CustodyConfig(AppConfig):
    name = "custos.foundation.custody"
    label = "custody"
