from django.apps import AppConfig


class CustodyConfig(AppConfig):
    name = "custos.foundation.custody"
    label = "custody"

    def ready(self) -> None:
        """Let pages of lower layers show people as chips."""
        from custos.foundation.custody import queries
        from custos.foundation.ui import ports

        ports.people_of = queries.named
