from django.apps import AppConfig


class CredentialsConfig(AppConfig):
    name = "scip.credentials"
    label = "credentials"
