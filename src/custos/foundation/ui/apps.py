from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class UiConfig(AppConfig):
    name = "custos.foundation.ui"
    label = "ui"

    def ready(self) -> None:
        """Load what every app puts into the top bar, the search box, the bell, the wizards and the
        workbenches."""
        autodiscover_modules("navigation", "search", "notices", "wizards", "workbench")
