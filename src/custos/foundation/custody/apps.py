from django.apps import AppConfig


class CustodyConfig(AppConfig):
    name = "custos.foundation.custody"
    label = "custody"

    def ready(self) -> None:
        """Let pages of lower layers show people as chips, or by their custody numbers alone."""
        from custos.foundation.custody import queries
        from custos.foundation.ui import ports

        ports.people_of = queries.named
        ports.numbers_of = queries.numbers_of
        ports.people_by_number = queries.records_by_number
