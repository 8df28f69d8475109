from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class UiConfig(AppConfig):
    name = "custos.foundation.ui"
    label = "ui"

    def ready(self) -> None:
        """Load every app's `navigation.py`."""
        autodiscover_modules("navigation")
