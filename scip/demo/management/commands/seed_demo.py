"""``manage.py seed_demo``: the demo's invented people and everything they did."""

import gc
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from scip.demo.world import build, exists


class Command(BaseCommand):
    """One transaction: an interrupted seeding leaves nothing behind and can be run again."""

    help = "Fill an empty site with the demo world."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", type=int, default=1, help="how many worlds side by side")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["scale"] < 1:
            raise CommandError("A demo world has a scale of 1 or more.")
        if exists():
            self.stdout.write("The demo world is here already.")
            return
        call_command("install_pathway", stdout=self.stdout, verbosity=0)
        # What is loaded by now stays to the end: no collection has to walk it again.
        gc.collect()
        gc.freeze()
        report = build(scale=options["scale"])
        self.stdout.write(f"Demo world: {report}")
