from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "scip.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Connect what is written down of signing in and out."""
        from scip.accounts import receivers

        self.receivers = receivers
