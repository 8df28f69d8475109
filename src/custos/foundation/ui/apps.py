from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "custos.foundation.ui"
    label = "ui"
