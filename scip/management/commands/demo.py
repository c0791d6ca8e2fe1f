"""``manage.py demo``: the whole site with a demo world, on this machine alone."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from scip.management import launcher


class Command(BaseCommand):
    """Runs until Ctrl-C; leaves no process behind."""

    help = "Start the site with a demo world: database, web, worker and beat, until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        launcher.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(
            launcher.launch(port=options["port"], scale=options["scale"], reset=options["reset"])
        )
