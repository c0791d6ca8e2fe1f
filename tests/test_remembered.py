"""What was built once comes back as it was made, and only where it would be made like that again."""

from collections.abc import Callable
from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone, translation

from scip.audit.models import Entry
from scip.audit.services import record
from scip.policy.models import Edition
from tests import remembered, world
from tests.review.desk import make_ready

pytestmark = pytest.mark.django_db
built: list[str] = []


def candidate(name: str = "Carla", **fields: Any) -> Any:
    built.append(name)
    user = world.make_user("carla@example.com", name=name)
    candidacy = world.make_candidacy(user, **fields)
    Edition.objects.update(case_studies=3)
    transaction.on_commit(lambda: built.append(f"{name} was told"))
    return candidacy


@pytest.fixture
def make() -> Callable[..., Any]:
    """A builder that remembers nothing yet."""
    built.clear()
    return remembered.remembered(candidate)


def undone(build: Callable[..., Any], *given: Any, **fields: Any) -> tuple[Any, remembered.Rows]:
    """Made in a transaction that is rolled back, as a test's is."""
    with transaction.atomic():
        made, left = build(*given, **fields), remembered.rows()
        transaction.set_rollback(True)
    return made, left


def test_the_same_rows_come_back_without_being_built(make: Any, edition: Edition) -> None:
    first, left = undone(make)
    second, found = undone(make)
    assert built == ["Carla"]
    assert found == left
    assert second == first
    assert second is not first
    assert make().user.name == "Carla"


def test_a_whole_way_comes_back_and_goes_on() -> None:
    nobody_yet = 71  # another test's memory may grow too old between the two
    _made, left = undone(make_ready, nobody_yet)
    walker = make_ready(nobody_yet)
    assert remembered.rows() == left
    entries = Entry.objects.count()
    walker.hands_in()
    assert walker.submission.state == "submitted"
    assert Entry.objects.count() > entries
    connection.check_constraints()


def test_rows_are_written_in_the_order_of_their_numbers(edition: Edition) -> None:
    """As services write them: whoever asks for no order finds them as they always did."""
    before = remembered.rows()
    with transaction.atomic():
        made = [record("test.noted", edition).pk for _time in range(12)]
        writing = remembered.what_leads(before, remembered.rows())
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("create temporary table audit_entry (like audit_entry) on commit drop")
        cursor.execute(writing)
        cursor.execute("select id from pg_temp.audit_entry")
        assert [pk for (pk,) in cursor.fetchall()] == made


def test_a_row_that_was_changed_is_changed_again(make: Any, edition: Edition) -> None:
    for _time in range(2):
        with transaction.atomic():
            make()
            assert Edition.objects.get().case_studies == 3
            transaction.set_rollback(True)
        assert Edition.objects.get().case_studies != 3
    assert built == ["Carla"]


def test_what_waits_for_the_commit_waits_again(
    make: Any, edition: Edition, django_capture_on_commit_callbacks: Any
) -> None:
    undone(make)
    with django_capture_on_commit_callbacks(execute=True):
        make()
    assert built == ["Carla", "Carla was told"]


def test_with_other_words_or_another_database_it_is_built_anew(make: Any, edition: Edition) -> None:
    undone(make)
    undone(make, "Carlo")
    undone(make, state="preparing")
    assert built == ["Carla", "Carlo", "Carla"]
    world.make_user("somebody@example.com")
    undone(make)
    assert built == ["Carla", "Carlo", "Carla", "Carla"]


def test_with_another_clock_or_other_settings_it_is_built_anew(
    make: Any, edition: Edition, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    undone(make)
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: remembered.CLOCK() + timedelta(minutes=1))
        undone(make)
    settings.SITE_URL = "https://elsewhere.example.org"
    undone(make)
    assert built == ["Carla"] * 3


def test_what_is_old_is_built_anew(
    make: Any, edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    undone(make)
    monkeypatch.setattr(remembered, "FRESH", timedelta(0))
    undone(make)
    assert built == ["Carla"] * 2


def test_what_is_built_of_something_old_is_as_old(
    make: Any, edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    @remembered.remembered
    def make_around() -> Any:
        built.append("around")
        return make()

    undone(make)
    sleep(0.3)
    undone(make_around)
    assert built == ["Carla", "around"]
    monkeypatch.setattr(remembered, "FRESH", timedelta(seconds=0.3))
    undone(make_around)
    assert built == ["Carla", "around", "around", "Carla"]


def test_in_another_language_it_is_built_anew(make: Any, edition: Edition) -> None:
    undone(make)
    with translation.override("de"):
        undone(make)
    assert built == ["Carla"] * 2


@pytest.mark.django_db(transaction=True)
def test_what_is_really_committed_is_built(make: Any) -> None:
    make()
    assert built == ["Carla", "Carla was told"]
