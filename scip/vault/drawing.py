"""Papers that a worker draws: who takes one up, how far it is, what is asked for again."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from scip.background import enqueue
from scip.vault.models import Drawn

logger = logging.getLogger(__name__)

# A task that was lost is asked for again; one that a worker is at is left alone so long.
LATE, AT_IT = timedelta(seconds=20), timedelta(minutes=3)
"""Longer than the tasks' own limit: whoever began is done or dead by then."""
MOST_ATTEMPTS = 3
"""Whatever ends a try (a killed worker, a full storage, an error of ours), a fourth ends the same."""
TOO_MANY = "TooManyAttempts"


def take_up[D: Drawn](rows: QuerySet[D], pk: int, *, now: datetime) -> D | None:
    """The row for whoever begins it; None where it is made, given up, or somebody is at it.

    Counts the tries: after `MOST_ATTEMPTS` that did not end, it is given up, and the log says so.
    ``rows`` are those that are to make, with what drawing reads joined to them.
    """
    with transaction.atomic():
        free = rows.filter(Q(begun_at=None) | Q(begun_at__lt=now - AT_IT))
        locked = free.select_for_update(skip_locked=True, of=("self",), no_key=True)
        row = locked.filter(pk=pk).first()
        if row is None:
            return None
        if row.attempts >= MOST_ATTEMPTS:
            logger.error("%s %s is given up after %d tries.", row._meta.label, pk, row.attempts)
            give_up(row, TOO_MANY)
            return None
        row.begun_at, row.step = now, Drawn.Step.READING
        row.attempts += 1
        row.save(update_fields=["begun_at", "step", "attempts"])
    return row


def step(row: Drawn, to: str) -> None:
    """Where it stands, for the page that waits."""
    row.step = to
    # Whoever asked may have taken it back meanwhile: then there is no row, and no harm done.
    type(row)._base_manager.filter(pk=row.pk).update(step=to)


def give_up(row: Drawn, why: str) -> None:
    """Say that it can't be drawn; nothing tries again by itself. What somebody else made meanwhile
    stays made."""
    row.problem, row.begun_at, row.step = why[:200], None, Drawn.Step.WAITING
    type(row)._base_manager.filter(pk=row.pk, made_at=None).update(
        problem=row.problem, begun_at=None, step=row.step
    )


def ask_again(rows: QuerySet[Any], task: str, *, now: datetime, limit: int = 50) -> int:
    """Ask again for those of ``rows`` (to make) whose task was lost or whose worker died; returns
    how many."""
    late = rows.filter(Q(begun_at=None, requested_at__lt=now - LATE) | Q(begun_at__lt=now - AT_IT))
    keys = list(late.order_by("requested_at").values_list("pk", flat=True)[:limit])
    for pk in keys:
        enqueue(task, pk)
    return len(keys)
