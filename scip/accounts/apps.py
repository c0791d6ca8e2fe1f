from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "scip.accounts"
    label = "accounts"
