"""``make demo``: read what was asked for, and run the supervisor until Ctrl-C.

``manage.py demo`` does the same; by itself this module spares the wait for Django, which the
supervisor does not need.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from scip.management import processes
from scip.management.supervisor import ROOT, Plan, Supervisor, guarded


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare port, scale and reset; the environment gives the defaults of the first two."""
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
    parser.add_argument("--scale", type=int, default=int(os.environ.get("DEMO_SCALE") or 1))
    parser.add_argument("--reset", action="store_true", help="forget the demo world first")


def launch(*, port: int, scale: int, reset: bool) -> int:
    """Run a demo on ``DEMO_DATA`` until a signal ends it; returns the exit code."""
    if os.environ.get("MAKELEVEL"):
        # Started by make: a killed make must take the demo with it.
        processes.follow_parent(signal.SIGTERM)
    data = Path(os.environ.get("DEMO_DATA") or ROOT / ".demo").resolve()
    plan = Plan(data, port, scale)

    def run() -> int:
        if reset:
            Supervisor(plan).reset()
        return Supervisor(plan).run()

    return guarded(run)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and launch; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="make demo", description="Run the site with a demo world."
    )
    add_arguments(parser)
    given = parser.parse_args(arguments)
    return launch(port=given.port, scale=given.scale, reset=given.reset)


if __name__ == "__main__":
    sys.exit(main())
