from django.apps import AppConfig


class DevicesConfig(AppConfig):
    name = "custos.prevention.devices"
    label = "devices"
