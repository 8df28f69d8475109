from django.apps import AppConfig


class TimeLimitsConfig(AppConfig):
    name = "custos.management.timelimits"
    label = "timelimits"
