"""Move everything that VAULT_KEYS protects under the newest key."""

from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from scip.accounts.services import reseal_second_factors
from scip.vault import services
from scip.vault.errors import KeyMissing, Tampered


class Command(BaseCommand):
    """Run after putting a new key first in VAULT_KEYS; older keys can be removed once it is done."""

    help = (
        "Bring the key of every stored file and the secret of every second factor under the "
        "newest key of VAULT_KEYS. Safe to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Row by row; what can't be opened stops the run and keeps what is done."""
        try:
            files = services.rotate_keys()
            factors = reseal_second_factors()
        except (KeyMissing, Tampered) as error:
            raise CommandError(str(error)) from error
        except InvalidToken as error:
            raise CommandError(
                "A second factor's secret opens with none of the keys in VAULT_KEYS. Add the older "
                "key back after the newest one and run this again."
            ) from error
        self.stdout.write(
            f"{files} files and {factors} second factors are now under the newest key; "
            "nothing needs an older one."
        )
