"""Remove sealed bytes that nothing refers to."""

from typing import Any

from django.core.management.base import BaseCommand

from scip.vault import services


class Command(BaseCommand):
    """The nightly sweep by hand, for instance after restoring a backup."""

    help = (
        "Remove files from the vault's storage that no row refers to and that are older than a day."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep once and say how many went."""
        count = services.sweep_orphans()
        self.stdout.write(f"Removed {count} files that nothing refers to.")
