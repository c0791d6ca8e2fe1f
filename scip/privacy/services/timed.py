"""What goes by itself: rows or their words, so many days after a moment on them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.db.models.deletion import ProtectedError, RestrictedError
from django.utils import timezone

from scip.audit.services import record
from scip.privacy.rules import ERASED, Entry, Table, Timed, table
from scip.privacy.services.erasing import blank, files_on
from scip.vault.models import StoredFile
from scip.vault.services import destroy

BATCH = 500
# What is left over waits for the next run: one that never ends would hold a worker.
MOST_BATCHES = 20


def sweep_timed(now: datetime | None = None, *, rules: Table | None = None) -> int:
    """Let go what is over its days, by the table; returns how many rows.

    Batches with locks that skip what others hold, each in a transaction of its own. May run
    twice, and two at once.
    """
    now = now or timezone.now()
    return sum(sweep_rule(entry, timed, now=now) for entry, timed in timed_rules(rules or table()))


def timed_rules(rules: Table) -> Iterator[tuple[Entry, Timed]]:
    for entry in rules.entries.values():
        for timed in entry.timed:
            yield entry, timed


def overdue(entry: Entry, timed: Timed, *, now: datetime) -> QuerySet[Model]:
    """The rows that a rule takes at a moment; those it blanked already are not among them."""
    rows = entry.model._base_manager.filter(
        **timed.where, **{f"{timed.since}__lt": now - timedelta(days=timed.after_days)}
    )
    if timed.is_deleted:
        return rows
    done = Q()
    for name, value in timed.blank.items():
        # `blank` leaves a field alone in which nothing stood.
        done &= Q(**{name: value}) | Q(**{name: ""}) if value == ERASED else Q(**{name: value})
    return rows.exclude(done)


def sweep_rule(entry: Entry, timed: Timed, *, now: datetime) -> int:
    count = 0
    for _round in range(MOST_BATCHES):
        with transaction.atomic():
            # The moment may stand on another row: only our own are locked.
            found = entry.model._base_manager.filter(
                pk__in=overdue(entry, timed, now=now).values("pk")
            ).select_for_update(skip_locked=True, of=("self",))
            keys = list(found.order_by("pk").values_list("pk", flat=True)[:BATCH])
            done = let_go(entry, timed, keys, now=now) if keys else 0
        count += done
        if len(keys) < BATCH or not done:
            break
    return count


def let_go(entry: Entry, timed: Timed, keys: list[object], *, now: datetime) -> int:
    """One batch. A row that something else still needs stays, and the others with it until then."""
    rows = entry.model._base_manager.filter(pk__in=keys)
    if timed.is_deleted:
        files = StoredFile.objects.readable().filter(pk__in=files_on(entry.model, keys))
        for file in list(files):
            destroy(file, now=now)
        try:
            with transaction.atomic():
                rows.delete()
        except (ProtectedError, RestrictedError):
            return 0
    else:
        blank(rows, timed.blank, 0, now)
    since = timed.since
    record("privacy.let_go", model=entry.label, since=since, days=timed.after_days, rows=len(keys))
    return len(keys)
