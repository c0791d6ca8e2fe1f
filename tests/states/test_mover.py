"""The one mover: table, stamps, log, races."""

import threading

import pytest
from django.db import connection, transaction

from cohorts.models import Cohort
from scip.audit.models import Entry
from scip.states import IllegalMove, lock, move
from tests import world

pytestmark = pytest.mark.django_db


def test_a_legal_move_is_saved_stamped_and_logged(staff):
    cohort = world.make_cohort(state="draft")
    with transaction.atomic():
        move(lock(cohort), Cohort.State.OPEN, by=staff)
    cohort.refresh_from_db()
    entry = Entry.objects.get(action="cohort.open")
    assert cohort.state == "open"
    assert (entry.actor_id, entry.object_id, entry.data) == (
        staff.pk,
        str(cohort.pk),
        {"came_from": "draft"},
    )


def test_an_illegal_move_changes_and_logs_nothing(staff):
    cohort = world.make_cohort(state="finished")
    with pytest.raises(IllegalMove, match="finished"):
        move(lock(cohort), Cohort.State.OPEN, by=staff)
    cohort.refresh_from_db()
    assert cohort.state == "finished"
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_move_outside_a_transaction_is_a_programming_error(staff):
    cohort = world.make_cohort(state="draft")
    with pytest.raises(RuntimeError):
        move(cohort, Cohort.State.OPEN, by=staff)


@pytest.mark.django_db(transaction=True)
def test_of_two_movers_exactly_one_wins():
    cohort = world.make_cohort(state="draft")
    outcomes: list[str] = []
    gate = threading.Barrier(2)

    def open_it() -> None:
        gate.wait()
        try:
            with transaction.atomic():
                move(lock(cohort), Cohort.State.OPEN, by=None)
            outcomes.append("moved")
        except IllegalMove:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=open_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["moved", "refused"]
    assert Entry.objects.filter(action="cohort.open").count() == 1
