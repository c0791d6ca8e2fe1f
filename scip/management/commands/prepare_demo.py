"""``manage.py prepare_demo``: a step of ``manage.py demo`` that needs the settings."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError

from scip.management.migrating import light_states


class Command(BaseCommand):
    """Migrates, and seeds the demo world unless that was done before."""

    help = "Bring the demo's database up to date and seed the demo world once."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This only works while the demo runs: make demo.")
        with light_states():
            call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        marker = Path(settings.DEMO_DATA) / "seeded"
        if marker.exists():
            return
        scale = int(os.environ.get("DEMO_SCALE") or 1)
        if scale == 0:
            self.stdout.write("DEMO_SCALE=0: the site starts empty.")
            return
        if "seed_demo" not in get_commands():
            self.stdout.write("This version has no demo world to seed; the site starts empty.")
            return
        call_command("seed_demo", scale=scale)
        # Written last: a start that was interrupted before seeds again.
        marker.write_text("once\n")
