from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "scip.privacy"
    verbose_name = "personal data"

    def ready(self) -> None:
        from scip.privacy import checks  # noqa: F401  registers itself
