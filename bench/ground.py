"""The ground that measurements stand on: a throw-away server, a migrated database, static files.

Nothing of the developer's own database, mail or files is touched: the environment is made as for
the tests, before Django reads its settings.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scip.management.supervisor import COLLECT
from scip.management.testing import Workspace

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def ground(*, static: bool = False, note: bool = True) -> Iterator[Path]:
    """A database with all tables and the folder everything lies in; gone at the end.

    ``static`` collects the static files, as production has them. A DATABASE_URL of the shell is
    dropped: benchmarks fill and empty tables.
    """
    os.environ.pop("DATABASE_URL", None)
    workspace = Workspace()
    workspace.open()
    try:
        import django

        os.environ.setdefault("LOG_LEVEL", "ERROR")
        django.setup()
        from django.core.management import call_command

        if note:
            print("Making a throw-away database …", file=sys.stderr, flush=True)
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        if static:
            call_command(*COLLECT)
        assert workspace.folder is not None
        yield workspace.folder
    finally:
        from django.db import connections

        connections.close_all()
        workspace.close()
