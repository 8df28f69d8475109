from django.apps import AppConfig


class ReceptionConfig(AppConfig):
    name = "custos.management.reception"
    label = "reception"

    def ready(self) -> None:
        """Set up the gate that is asked before any stay ends."""
        from custos.management.reception.release import services  # noqa: F401  (it declares itself)
