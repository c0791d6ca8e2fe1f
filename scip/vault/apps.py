"""The vault's app configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VaultConfig(AppConfig):
    """Registers the vault and refuses to start with keys that could not protect anything."""

    name = "scip.vault"
    label = "vault"
    verbose_name = _("Vault")

    def ready(self) -> None:
        """Read the keys once, so a missing or wrong VAULT_KEYS stops the start and not the first upload."""
        from scip.vault import keys

        keys.keyring()
