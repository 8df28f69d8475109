from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "custos.foundation.documents"
    label = "documents"
