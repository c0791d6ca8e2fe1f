"""Look again at files that did not open."""

from typing import Any

from django.core.management.base import BaseCommand

from scip.vault import services


class Command(BaseCommand):
    """For after a key or sealed bytes were put back; beat does the same once an hour,
    as far as its time goes; here all are read."""

    help = (
        "Read files again that could not be read, and take those that open off the office's list."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many open again."""
        count = services.look_again()
        self.stdout.write(f"{count} files open again; {services.count_damaged()} still do not.")
