"""Taking one's data along: asked for, made by a worker part by part, fetched, destroyed in time."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.audit.services import record
from scip.background import enqueue
from scip.formats import moment
from scip.privacy import emails
from scip.privacy.archive.contents import WORDS_WEIGHT, Weighed, first_part, further_part, plan
from scip.privacy.archive.rows import exported_entries
from scip.privacy.archive.zipping import Item, Stream, zipped
from scip.privacy.models import DataExport, ExportPart
from scip.requirements import Refusal
from scip.states import lock, move
from scip.vault.models import StoredFile
from scip.vault.services import delete_blobs, destroy, seal_copy

TASK = "privacy.make_export"
logger = logging.getLogger(__name__)

State = DataExport.State

EVERY = timedelta(days=1)
"""How often somebody can ask; a copy that was not made doesn't count."""
MOST_IN_A_DAY = 3
"""Nor does one that was made without some files, as long as there are not so many of them."""
ASK_AGAIN = timedelta(minutes=6)
"""Longer than one part may take (`scip.privacy.tasks`), so that nobody works beside another."""
MOST_ATTEMPTS = 4
FAILED_FOR = timedelta(days=7)
"""Parts of a copy that was not finished wait so long for another try."""
BATCH = 100


def ask(person: User, *, now: datetime | None = None) -> DataExport:
    """Ask for a copy of everything about oneself; returns it, waiting for a worker.

    While one is being made a second call changes nothing and returns that one. Raises Refusal when
    a whole one was made within the last day, or `MOST_IN_A_DAY` without some of their files.
    Side effect: work is enqueued on commit.
    """
    now = now or timezone.now()
    with transaction.atomic():
        person = lock(person)
        rows = DataExport.objects.filter(person=person)
        under_way = rows.open().first()
        if under_way is not None:
            return under_way
        again_at = ask_again_at(person, now=now)
        if again_at is not None:
            raise Refusal(
                _(
                    "You asked for a copy within the last day. You can ask again from {when}; "
                    "until then the one you have can be fetched."
                ).format(when=moment(again_at, person.time_zone))
            )
        export = DataExport.objects.create(person=person, asked_at=now, touched_at=now)
        record("dataexport.asked", export, by=person, subject=person)
        enqueue(TASK, export.pk)
    return export


def ask_again_at(person: User, *, now: datetime | None = None) -> datetime | None:
    """When somebody can ask for another copy; None: at once (one or two queries)."""
    now = now or timezone.now()
    rows = DataExport.objects.filter(person=person, asked_at__gt=now - EVERY)
    # One that is gone already had a file in it that was destroyed.
    recent = rows.exclude(state__in=[State.FAILED, State.EXPIRED]).order_by("-asked_at")
    whole = recent.exclude(parts__lost__gt=0).first()
    counted = whole or next(iter(recent[MOST_IN_A_DAY - 1 : MOST_IN_A_DAY]), None)
    return counted.asked_at + EVERY if counted is not None else None


@transaction.atomic
def retry(export: DataExport, *, by: User, now: datetime | None = None) -> DataExport:
    """Begin again after a copy could not be made; what there was of it goes. A second press while
    it is being made is harmless. Raises Refusal when it is not the person's own, or over."""
    now = now or timezone.now()
    if by.pk != export.person_id:
        raise Refusal(_("Only the person can ask for their data. Nothing was changed."))
    lock(by)
    export = lock(export)
    if export.is_open:
        return export
    other = DataExport.objects.filter(person=by).open().first()
    if other is not None:
        return other
    let_go_of_parts(export, now=now)
    export.parts.all().delete()
    export.percent, export.attempts, export.touched_at = 0, 0, now
    export.save(update_fields=["percent", "attempts", "touched_at"])
    move(export, State.ASKED, by=by, now=now)
    enqueue(TASK, export.pk)
    return export


def make(pk: int, *, now: datetime | None = None) -> bool:
    """Make the part that is next; True if it was. Enqueues the one after it, or ends the copy.

    May die anywhere and run again: what was sealed without a row has no key and is swept. Two at
    once make one. Raises the vault's errors, which are matters for the operator; after four
    attempts at one part the person is told.
    """
    part = begin(pk, now=now or timezone.now())
    if part is None:
        return False
    export = part.export
    plans = list(export.parts.order_by("number").values_list("number", "files", "made_at"))
    keys = [files for _number, files, _made in plans]
    weights = [weight_of(number, files) for number, files, _made in plans]
    done = sum(weight for weight, row in zip(weights, plans, strict=True) if row[2] is not None)
    progress = Progress(export.pk, total=sum(weights), done=done)
    lost: list[str] = []
    items = (
        first_part(export.person, keys, lost)
        if part.number == 1
        else further_part(export.person, part.number, keys, lost)
    )
    # Before its files are read: one that is destroyed later may be in it (`expire`).
    made_at = now or timezone.now()
    stream = Stream(zipped(progress.watched(items), made_at=made_at))
    name = name_of(export, part.number, len(plans))
    archive = seal_copy(stream, owner=export.person, name=name, kind="application/zip")
    return settle(part, archive, lost=len(lost), made_at=made_at, now=now or timezone.now())


def name_of(export: DataExport, number: int, count: int) -> str:
    """The file's name when it is saved."""
    which = f"-part-{number}-of-{count}" if count > 1 else ""
    return f"my-data-{export.asked_at:%Y-%m-%d}{which}.zip"


def weight_of(number: int, files: Sequence[UUID]) -> int:
    """What a part counts in the progress: bytes of its files, and a share for the words."""
    size = StoredFile.objects.readable().filter(pk__in=files).aggregate(total=Sum("size"))["total"]
    return (size or 0) + (len(exported_entries()) * WORDS_WEIGHT if number == 1 else 0)


@transaction.atomic
def begin(pk: int, *, now: datetime) -> ExportPart | None:
    """Claim the part that is next, or None when there is nothing (any more) to do.

    The first time it lays down what goes into which part. Counts attempts, and gives up after
    four at the same part.
    """
    rows = DataExport.objects.open().select_for_update(no_key=True, of=("self",))
    export = rows.filter(pk=pk).first()
    if export is None:
        return None
    if export.state == State.ASKED:
        move(export, State.MAKING, by=None, now=now)
        ExportPart.objects.bulk_create(
            ExportPart(export=export, number=number, files=files)
            for number, files in enumerate(plan(export.person), start=1)
        )
    if export.attempts >= MOST_ATTEMPTS or not export.person.is_active:
        move(export, State.FAILED, by=None, now=now)
        if export.person.is_active:
            emails.export_failed(export)
        return None
    export.attempts += 1
    export.touched_at = now
    export.save(update_fields=["attempts", "touched_at"])
    part = export.parts.filter(made_at=None).order_by("number").first()
    if part is not None:
        part.export = export
    return part


@transaction.atomic
def settle(
    part: ExportPart,
    archive: StoredFile,
    *,
    now: datetime,
    made_at: datetime | None = None,
    lost: int = 0,
) -> bool:
    """Keep a part that was made (from ``made_at`` on) without ``lost`` of its files, unless somebody
    else was faster or the person is gone."""
    person = lock(part.export.person)
    export = lock(part.export)
    row = lock(part)
    if export.state != State.MAKING or row.made_at is not None or not person.is_active:
        delete_blobs([archive.storage_name])
        return False
    archive.save(force_insert=True)
    row.archive, row.made_at, row.lost = archive, made_at or now, lost
    row.save(update_fields=["archive", "made_at", "lost"])
    export.attempts, export.touched_at = 0, now
    export.save(update_fields=["attempts", "touched_at"])
    if export.parts.filter(made_at=None).exists():
        enqueue(TASK, export.pk)
        return True
    export.percent = 100
    export.until_at = now + timedelta(days=settings.DATA_EXPORT_DAYS)
    export.save(update_fields=["percent", "until_at"])
    move(export, State.READY, by=None, now=now, data={"parts": row.number})
    emails.export_ready(export)
    return True


class Progress:
    """How far one part is, written down at most once a second."""

    SECONDS = 1.0

    def __init__(self, pk: int, *, total: int, done: int) -> None:
        self._pk = pk
        self._total = max(1, total)
        self._done = done
        self._told = monotonic()

    def watched(self, items: Iterable[Weighed]) -> Iterator[Item]:
        """The same files, counted while they are read."""
        for weighed in items:
            before = self._done
            pieces = partial(self._counted, weighed.item.pieces, before + weighed.weight)
            yield replace(weighed.item, pieces=pieces)
            self._done = before + weighed.weight
            self._tell()

    def _counted(self, pieces: Callable[[], Iterable[bytes]], most: int) -> Iterator[bytes]:
        for piece in pieces():
            yield piece
            self._done = min(most, self._done + len(piece))
            self._tell()

    def _tell(self) -> None:
        if monotonic() - self._told < self.SECONDS:
            return
        self._told = monotonic()
        percent = min(99, 100 * self._done // self._total)
        DataExport.objects.filter(pk=self._pk, state=State.MAKING).update(
            percent=percent, touched_at=timezone.now()
        )


@transaction.atomic
def open_part(part: ExportPart, *, by: User, now: datetime | None = None) -> StoredFile:
    """Keep that the person fetches it; returns the sealed file. Raises Refusal once it is gone."""
    export = part.export
    if part.archive is None or part.archive.is_destroyed or not export.can_be_fetched(now):
        raise Refusal(_("This copy is gone: its days are over. You can ask for a new one."))
    record("dataexport.opened", export, by=by, subject=export.person, part=part.number)
    return part.archive


def follow(now: datetime | None = None) -> int:
    """Send again what nobody works on, and destroy what is over its days (beat); returns how many."""
    now = now or timezone.now()
    waiting = DataExport.objects.open().filter(touched_at__lt=now - ASK_AGAIN)
    count = 0
    for pk in list(waiting.values_list("pk", flat=True)):
        # Whoever asks claims the row, so that it is asked about once.
        if waiting.filter(pk=pk).update(touched_at=now):
            enqueue(TASK, pk)
            count += 1
    return count + expire(now=now)


def expire(*, now: datetime) -> int:
    """Destroy copies whose days are over, keys first; returns how many.

    So go those with a file that was destroyed since: destroyed for good is so in every copy of ours.
    """
    since = StoredFile.objects.filter(
        owner=OuterRef("export__person"), destroyed_at__gt=OuterRef("made_at")
    )
    parts = ExportPart.objects.filter(files__overlap=ArraySubquery(since.values("pk")))
    is_over = (
        Q(state=State.READY, until_at__lte=now)
        | Q(state=State.FAILED, failed_at__lte=now - FAILED_FOR)
        | (Q(state__in=[State.READY, State.FAILED]) & Exists(parts.filter(export=OuterRef("pk"))))
    )
    with transaction.atomic():
        rows = DataExport.objects.filter(is_over).select_for_update(
            no_key=True, skip_locked=True, of=("self",)
        )
        found = list(rows.order_by("pk")[:BATCH])
        for export in found:
            let_go_of_parts(export, now=now)
            move(export, State.EXPIRED, by=None, now=now)
    return len(found)


def let_go_of_parts(export: DataExport, *, now: datetime) -> None:
    """Destroy what was made: keys in this transaction, bytes once it commits."""
    parts = export.parts.filter(archive__isnull=False, archive__destroyed_at=None)
    for part in parts.select_related("archive"):
        if part.archive is not None:
            destroy(part.archive, now=now)
