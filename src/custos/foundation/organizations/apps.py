from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "custos.foundation.organizations"
    label = "organizations"
