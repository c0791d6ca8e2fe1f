"""Access marks: every view says who may reach it; nothing is reachable by omission.

``LoginRequiredMiddleware`` is the net below. Objects are narrowed by ``visible_to``:
a mark opens the door to a page, never to somebody else's row.
"""

from scip.access.marks import mark_of, public, role, signed_in

__all__ = ["mark_of", "public", "role", "signed_in"]
