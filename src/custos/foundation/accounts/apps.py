from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "custos.foundation.accounts"
    label = "accounts"
