from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class DutyConfig(AppConfig):
    name = "custos.prevention.duty"
    label = "duty"

    def ready(self) -> None:
        """Load what other modules bring to a handover."""
        autodiscover_modules("handing_over")
