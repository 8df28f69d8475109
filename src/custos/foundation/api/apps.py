from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "custos.foundation.api"
    label = "api"

    def ready(self) -> None:
        """Tell the access log, a layer below, what operations are called; end tokens with passwords."""
        from custos.foundation.accounts import audit
        from custos.foundation.accounts import services as accounts
        from custos.foundation.api import routing, services

        audit.operation_titles = routing.TITLES
        accounts.end_with_credentials(services.revoke_of)
