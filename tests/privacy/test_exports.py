"""Asking for a copy of one's data, its making, and its end."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, connection, transaction
from django.test import TestCase
from django.utils import timezone

from scip.accounts.models import User
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.privacy.archive.contents import plan
from scip.privacy.models import DataExport, ErasureRequest, ExportPart
from scip.privacy.services import carry_out, exports
from scip.requirements import Refusal
from scip.states import IllegalMove, move
from scip.vault.arrivals import held_by
from scip.vault.models import StoredFile
from scip.vault.services import destroy, read
from tests import world
from tests.privacy.exporting import hand_in, made, zips
from tests.races import at_once, tally

pytestmark = pytest.mark.django_db
State = DataExport.State


@pytest.fixture
def person(edition: Any) -> User:
    return world.make_user("taking@example.org", name="Tanja Thal")


def letters_to(person: User) -> list[str]:
    rows = Letter.objects.filter(to_address=person.email).order_by("pk")
    return list(rows.values_list("subject", flat=True))


def copies() -> list[StoredFile]:
    return list(StoredFile.objects.readable().filter(purpose=StoredFile.COPY))


# --- asking ----------------------------------------------------------------------------


def test_asking_enqueues_the_work_and_a_second_press_is_harmless(person: User) -> None:
    with TestCase.captureOnCommitCallbacks() as sent:
        first = exports.ask(person)
    assert (first.state, first.percent, len(sent)) == (State.ASKED, 0, 1)
    with TestCase.captureOnCommitCallbacks() as sent:
        assert exports.ask(person) == first
    assert sent == []
    assert Entry.objects.filter(action="dataexport.asked", subject_id=person.pk).count() == 1


def test_one_a_day(person: User) -> None:
    now = timezone.now()
    made(person, now=now)
    with pytest.raises(Refusal, match="within the last day"):
        exports.ask(person, now=now + timedelta(hours=23))
    assert exports.ask(person, now=now + timedelta(hours=25)).state == State.ASKED


def test_a_copy_without_some_files_can_be_asked_for_anew_and_not_for_ever(person: User) -> None:
    now = timezone.now()
    for hour in range(exports.MOST_IN_A_DAY):
        made(person, now=now + timedelta(hours=hour)).parts.update(lost=1)
    with pytest.raises(Refusal, match="within the last day"):
        exports.ask(person, now=now + timedelta(hours=23))
    assert exports.ask(person, now=now + timedelta(hours=24, minutes=1)).state == State.ASKED


def test_a_whole_copy_after_one_without_some_files_counts(person: User) -> None:
    now = timezone.now()
    made(person, now=now).parts.update(lost=1)
    made(person, now=now + timedelta(hours=1))
    with pytest.raises(Refusal, match="within the last day"):
        exports.ask(person, now=now + timedelta(hours=24, minutes=30))


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_are_one_copy(person: User) -> None:
    assert tally(*[lambda: exports.ask(person)] * 4) == {"done": 4}
    assert DataExport.objects.count() == 1


def test_the_database_holds_one_open_copy_for_each(person: User) -> None:
    exports.ask(person)
    with pytest.raises(IntegrityError, match="export_one_at_a_time"), transaction.atomic():
        DataExport.objects.create(person=person, state="making")


@pytest.mark.parametrize(
    ("at", "to"),
    [
        ("asked", "ready"),
        ("asked", "expired"),
        ("making", "expired"),
        ("ready", "making"),
        ("ready", "failed"),
        ("expired", "ready"),
        ("expired", "asked"),
        ("failed", "ready"),
    ],
)
def test_illegal_moves(person: User, at: str, to: str) -> None:
    now = timezone.now()
    export = DataExport.objects.create(person=person, state=at, ready_at=now, until_at=now)
    with pytest.raises(IllegalMove):
        move(export, to, by=None)


# --- making ----------------------------------------------------------------------------


def test_a_copy_is_one_sealed_zip_and_one_letter(person: User, settings: Any) -> None:
    now = timezone.now()
    hand_in(person, b"%PDF-1.4 small", name="licence.pdf")
    export = made(person, now=now)
    assert (export.state, export.percent, export.attempts) == (State.READY, 100, 0)
    assert export.until_at == now + timedelta(days=settings.DATA_EXPORT_DAYS)
    (archive,) = zips(export)
    assert {"README.txt", "index.html"} <= set(archive.namelist())
    (file,) = copies()
    assert (file.owner, file.content_type) == (person, "application/zip")
    assert letters_to(person) == ["The copy of your data is ready"]
    letter = Letter.objects.get()
    assert "/profile/data/" in letter.text
    assert str(file.pk) not in letter.text + letter.html
    assert exports.make(export.pk) is False


def test_killed_in_the_middle_and_run_again_is_one_file_and_one_letter(person: User) -> None:
    now = timezone.now()
    export = exports.ask(person, now=now)
    # A worker claims the part and dies; nothing of it stays but the claim.
    assert exports.begin(export.pk, now=now) is not None
    export.refresh_from_db()
    assert (export.state, export.attempts) == (State.MAKING, 1)
    assert exports.follow(now + timedelta(minutes=5)) == 0
    assert exports.follow(now + timedelta(minutes=7)) == 1
    assert exports.follow(now + timedelta(minutes=7)) == 0
    assert exports.make(export.pk) is True
    assert exports.make(export.pk) is False
    assert (len(copies()), len(letters_to(person))) == (1, 1)


def test_two_workers_at_one_part_make_one(person: User) -> None:
    now = timezone.now()
    export = exports.ask(person)
    slow = exports.begin(export.pk, now=now)
    assert slow is not None
    late = exports.seal_copy(
        exports.Stream(iter([b"late"])), owner=person, name="x.zip", kind="application/zip"
    )
    assert exports.make(export.pk) is True
    assert exports.settle(slow, late, now=now) is False
    assert (len(copies()), len(letters_to(person))) == (1, 1)
    assert not StoredFile.objects.filter(pk=late.pk).exists()
    assert not storages["vault"].exists(late.storage_name)


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_moment_make_one(person: User) -> None:
    export = exports.ask(person)
    at_once(*[lambda: exports.make(export.pk)] * 3)
    assert (len(copies()), len(letters_to(person))) == (1, 1)


def test_large_copies_come_in_parts_and_a_kill_costs_one_of_them(person: User) -> None:
    files = [hand_in(person, bytes([65 + n]) * 900, name=f"{n}.txt") for n in range(3)]
    assert [len(part) for part in plan(person)] == [3]
    keys = plan(person, most=1000)
    assert keys == [[file.pk] for file in files]
    export = exports.ask(person)
    with transaction.atomic():
        move(exports.lock(export), State.MAKING, by=None)
    for number, part in enumerate(keys, start=1):
        ExportPart.objects.create(export=export, number=number, files=part)
    assert exports.make(export.pk) is True
    assert exports.begin(export.pk, now=timezone.now()) is not None  # the second dies
    export.refresh_from_db()
    assert export.state == State.MAKING
    with TestCase.captureOnCommitCallbacks() as sent:
        assert exports.make(export.pk) is True
    assert len(sent) == 1  # the one that comes next
    assert exports.make(export.pk) is True
    export.refresh_from_db()
    first, second, third = zips(export)
    assert (export.state, len(letters_to(person))) == (State.READY, 1)
    assert second.read(second.namelist()[0]) == b"B" * 900
    assert f"-{files[2].pk.hex[:8]}-2.txt" in third.read("PART-3.txt").decode()
    assert "part 3: files/evidence" in first.read("index.html").decode()
    # All unpacked into one folder, none takes the place of another.
    names = [name for archive in (first, second, third) for name in archive.namelist()]
    assert len(set(names)) == len(names)


def test_progress_is_kept_at_most_once_a_second(person: User) -> None:
    export = exports.ask(person)
    DataExport.objects.update(state="making")
    progress = exports.Progress(export.pk, total=1000, done=0)
    piece = exports.Item("x", lambda: [b"1"] * 500)
    (watched,) = progress.watched([exports.Weighed(piece, 500)])
    with connection.execute_wrapper(never):
        assert len(list(watched.pieces())) == 500
    progress._told -= 2
    progress._tell()
    export.refresh_from_db()
    assert export.percent == 50


def never(execute: Any, sql: str, *rest: Any) -> Any:
    raise AssertionError(f"nothing should be asked: {sql}")


def test_after_four_attempts_the_person_is_told_and_can_begin_again(person: User) -> None:
    now = timezone.now()
    export = exports.ask(person, now=now)
    for _attempt in range(exports.MOST_ATTEMPTS):
        assert exports.begin(export.pk, now=now) is not None
    assert exports.make(export.pk, now=now) is False
    export.refresh_from_db()
    assert export.state == State.FAILED
    assert letters_to(person) == ["The copy of your data could not be made"]
    again = exports.retry(export, by=person, now=now)
    assert (again.state, again.attempts, again.parts.count()) == (State.ASKED, 0, 0)
    assert exports.retry(export, by=person, now=now) == again
    assert exports.make(export.pk) is True
    assert letters_to(person)[-1] == "The copy of your data is ready"


def test_nobody_else_begins_it_again(person: User, edition: Any) -> None:
    export = DataExport.objects.create(person=person, state="failed")
    with pytest.raises(Refusal, match="Only the person"):
        exports.retry(export, by=world.make_user("other@example.org"))


def test_a_copy_counts_for_no_quota(person: User) -> None:
    before = held_by(person)
    made(person)
    assert held_by(person) == before


# --- its end ---------------------------------------------------------------------------


def test_it_is_destroyed_when_its_days_are_over(person: User, settings: Any) -> None:
    now = timezone.now()
    export = made(person, now=now)
    over = now + timedelta(days=settings.DATA_EXPORT_DAYS)
    assert exports.follow(over - timedelta(minutes=1)) == 0
    part = export.parts.get()
    assert part.archive is not None
    assert read(part.archive)
    assert exports.follow(over) == 1
    assert exports.follow(over) == 0
    export.refresh_from_db()
    assert (export.state, copies()) == (State.EXPIRED, [])
    with pytest.raises(Refusal, match="days are over"):
        exports.open_part(export.parts.get(), by=person, now=over)


def test_a_copy_goes_with_a_file_that_is_destroyed(person: User) -> None:
    kept, gone = (hand_in(person, b"x", name=f"{name}.txt") for name in ("kept", "gone"))
    before = hand_in(person, b"x", name="before.txt")
    destroy(before)
    export = made(person)
    exports.follow()
    (archive,) = copies()
    destroy(gone)
    assert exports.follow() == 1
    export.refresh_from_db()
    archive.refresh_from_db()
    assert (export.state, export.is_gone_early, archive.is_destroyed) == ("expired", True, True)
    assert exports.follow() == 0
    assert exports.ask_again_at(person) is None
    other = made(person)
    assert kept.pk in other.parts.get().files
    exports.follow()
    other.refresh_from_db()
    assert (other.state, other.is_gone_early) == ("ready", False)


def test_parts_of_one_that_was_never_finished_go_too(person: User) -> None:
    now = timezone.now()
    export = made(person, now=now)
    DataExport.objects.update(state="failed", failed_at=now)
    assert exports.follow(now + exports.FAILED_FOR) == 1
    export.refresh_from_db()
    assert (export.state, copies()) == (State.EXPIRED, [])


def test_erasing_destroys_it_and_stops_one_that_is_being_made(person: User) -> None:
    now = timezone.now()
    made(person, now=now - timedelta(days=2))
    export = exports.ask(person, now=now)
    part = exports.begin(export.pk, now=now)
    assert part is not None
    stream = exports.Stream(iter([b"late"]))
    late = exports.seal_copy(stream, owner=person, name="x.zip", kind="application/zip")
    request = ErasureRequest.objects.create(
        person=person, asked_by=person, asked_at=now - timedelta(days=15), due_at=now
    )
    assert carry_out(request.pk, now=now) is True
    assert copies() == []
    assert exports.settle(part, late, now=now) is False
    assert copies() == []
    assert exports.make(export.pk) is False
    export.refresh_from_db()
    assert export.state == State.FAILED
