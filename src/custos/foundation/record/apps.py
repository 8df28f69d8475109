from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RecordConfig(AppConfig):
    name = "custos.foundation.record"
    label = "record"

    def ready(self) -> None:
        """Find every module's kinds and reactions, and refuse reactions that go in circles."""
        from custos.foundation.record import reactions

        autodiscover_modules("kinds")
        autodiscover_modules("reactions")
        reactions.refuse_cycles()
