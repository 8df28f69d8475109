from django.apps import AppConfig


class DutyConfig(AppConfig):
    name = "custos.prevention.duty"
    label = "duty"
