"""The database backend: Django's own, but a kept connection is looked at instead of asked.

Django would send ``SELECT 1`` before the first query of every request. A server that ended, was
restarted or dropped the connection has closed our socket by then, which the kernel tells at once.
"""

import select
from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL backend with `is_quiet` in front of its health check."""

    health_check_enabled: bool
    health_check_done: bool

    def close_if_health_check_failed(self) -> None:
        """Close a connection that its server has left; Django asks where anything came unasked."""
        is_due = self.health_check_enabled and not self.health_check_done
        if is_due and self.connection is not None and is_quiet(self.connection):
            self.health_check_done = True
            return
        super().close_if_health_check_failed()


def is_quiet(connection: Any) -> bool:
    """True when an idle connection is open and nothing waits in it to be read.

    The end of a connection is readable, and so is the server's farewell. So is a notice, which
    harms nothing: that is for a real query to find out. A host that fell silent without a word
    shows only to a query, and that waits the same whichever query it is.
    """
    if connection.closed:
        return False
    watch = select.poll()
    watch.register(connection.fileno(), select.POLLIN)
    return not watch.poll(0)
