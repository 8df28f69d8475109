from django.apps import AppConfig


class ReceptionConfig(AppConfig):
    name = "custos.management.reception"
    label = "reception"
