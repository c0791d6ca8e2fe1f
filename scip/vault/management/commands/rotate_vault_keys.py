"""Move every stored file under the newest vault key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scip.vault import services
from scip.vault.errors import KeyMissing, Tampered


class Command(BaseCommand):
    """Run after putting a new key first in VAULT_KEYS; older keys can be removed once it is done."""

    help = (
        "Wrap the key of every stored file under the newest key of VAULT_KEYS. Safe to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rewrap file by file; a file that can't be opened stops the run and keeps what is done."""
        try:
            count = services.rotate_keys()
        except (KeyMissing, Tampered) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{count} files are now under the newest key; no file needs an older one."
        )
