from django.apps import AppConfig


class DatabaseConfig(AppConfig):
    name = "custos.foundation.database"
    label = "database"
