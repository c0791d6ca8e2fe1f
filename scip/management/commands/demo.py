"""``manage.py demo``: the whole site with a demo world, on this machine alone."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from scip.management import processes
from scip.management.supervisor import Plan, Supervisor, guarded


class Command(BaseCommand):
    """Runs until Ctrl-C; leaves no process behind."""

    help = "Start the site with a demo world: database, web, worker and beat, until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument("--scale", type=int, default=int(os.environ.get("DEMO_SCALE") or 1))
        parser.add_argument("--reset", action="store_true", help="forget the demo world first")

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("MAKELEVEL"):
            # Started by make: a killed make must take the demo with it.
            processes.follow_parent(signal.SIGTERM)
        plan = Plan(Path(settings.DEMO_DATA), options["port"], options["scale"])
        sys.exit(guarded(lambda: self._run(plan, reset=options["reset"])))

    @staticmethod
    def _run(plan: Plan, *, reset: bool) -> int:
        if reset:
            Supervisor(plan).reset()
        return Supervisor(plan).run()
