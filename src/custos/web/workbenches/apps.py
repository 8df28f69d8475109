from django.apps import AppConfig


class WorkbenchesConfig(AppConfig):
    name = "custos.web.workbenches"
    label = "workbenches"
