from django.apps import AppConfig


class HandheldConfig(AppConfig):
    name = "custos.web.handheld"
    label = "handheld"
