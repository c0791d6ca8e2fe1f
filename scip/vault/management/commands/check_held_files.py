"""Check again what the virus scanner could not take."""

from typing import Any

from django.core.management.base import BaseCommand

from scip.vault import arrivals


class Command(BaseCommand):
    """For after the scanner's limits were raised; may be run at any time."""

    help = "Send large files that were held because of the scanner's limits to be checked again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many were sent."""
        self.stdout.write(f"{arrivals.check_held()} files are checked again.")
