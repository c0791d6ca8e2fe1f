"""Reminders: each once, at its time, to the right people, however often beat runs."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from cohorts.models import Enrolment, Session
from cohorts.queries.guests import due_reminders, unchanged
from cohorts.services import reminders
from cohorts.services.reminders import plan_reminders, queue_reminders
from cohorts.services.sessions import cancel_session, reschedule_session
from cohorts.tasks import write_reminders
from scip.mail.models import Letter
from tests import world
from tests.cohorts.meeting import FIRST, enrol, enrol_new, lead, make_running

pytestmark = pytest.mark.django_db
WEEK, DAY, HOUR = timedelta(weeks=1), timedelta(days=1), timedelta(hours=1)
SECOND = timedelta(seconds=1)


def kinds() -> Counter:
    """How many letters of each kind: the fourth part of the key."""
    return Counter(key.split(":")[3] for key in Letter.objects.values_list("dedupe_key", flat=True))


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        (FIRST - WEEK - SECOND, None),
        (FIRST - WEEK, "week"),
        (FIRST - DAY - SECOND, "week"),
        (FIRST - DAY, "day"),
        (FIRST - HOUR - SECOND, "day"),
        (FIRST - HOUR, "hour"),
        (FIRST - SECOND, "hour"),
        (FIRST, None),
        (FIRST + HOUR, None),
    ],
)
def test_each_has_its_time_before_the_first_session(now, kind):
    cohort = make_running(state="open")
    enrol_new(cohort)
    assert [item.kind for item in due_reminders(now)] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("before", "kind"), [(DAY + SECOND, None), (DAY, "day"), (HOUR, "hour"), (0 * HOUR, None)]
)
def test_later_sessions_have_a_day_and_an_hour(before, kind):
    cohort = make_running()
    enrol_new(cohort)
    second = cohort.sessions.get(number=2)
    found = [(item.session.number, item.kind) for item in due_reminders(second.starts_at - before)]
    assert found == ([(2, kind)] if kind else [])


CLOSE = timedelta(minutes=20)


def moments(apart: timedelta) -> Iterator[datetime]:
    """From before the first reminder to after the second session: every 20 minutes within
    three hours of where something becomes due or ends, ``apart`` elsewhere."""
    edges = [start - before for start in (FIRST, FIRST + WEEK) for before in (WEEK, DAY, 0 * DAY)]
    now = FIRST - WEEK - HOUR
    while now < FIRST + 8 * DAY:
        yield now
        now += CLOSE if any(abs(now - edge) <= 3 * HOUR for edge in edges) else apart


@pytest.mark.parametrize("apart", [2 * HOUR, pytest.param(CLOSE, marks=pytest.mark.soak)])
def test_once_each_however_often_beat_runs(apart):
    cohort = make_running(state="open")
    enrol_new(cohort, 3)
    for now in moments(apart):
        queue_reminders(now)
        queue_reminders(now)
    # First session: week, day, hour; second: day, hour.
    assert kinds() == {"week": 3, "day": 6, "hour": 6}


def test_only_confirmed_people_and_facilitators(participant, stranger):
    cohort = make_running()
    enrol(participant, cohort)
    enrol(stranger, cohort, state=Enrolment.State.AWAITING_PAYMENT, confirmed_at=None)
    enrol_new(cohort, state=Enrolment.State.WITHDRAWN)
    leader = lead(cohort)
    former = world.make_user("former@example.com", name="No role any more")
    cohort.facilitators.add(former)
    queue_reminders(FIRST - HOUR)
    letters = {letter.to_address: letter for letter in Letter.objects.all()}
    assert set(letters) == {participant.email, leader.email}
    assert "https://meet.example.org/cohort" in letters[participant.email].text
    assert f"/facilitate/{cohort.pk}/" in letters[leader.email].text
    assert letters[participant.email].attachments[0]["name"] == "session.ics"


def test_the_letter_is_in_the_recipient_s_zone_and_greets_them_safely():
    cohort = make_running()
    for name, zone in (("Ana <b>", "Asia/Tokyo"), ("", "America/New_York")):
        enrol(world.make_user(f"{zone[:4].lower()}@example.com", name=name, time_zone=zone), cohort)
    queue_reminders(FIRST - DAY)
    tokyo = Letter.objects.get(to_address="asia@example.com")
    york = Letter.objects.get(to_address="amer@example.com")
    assert tokyo.subject == "Session 1: Wednesday 3 March 2027, 03:00, Tokyo time"
    assert york.subject == "Session 1: Tuesday 2 March 2027, 13:00, New York time"
    assert "Dear Ana <b>," in tokyo.text
    assert "Dear Ana &lt;b&gt;," in tokyo.html
    assert "Dear colleague," in york.text


def test_people_confirmed_late_get_what_is_still_ahead():
    cohort = make_running()
    enrol_new(cohort)
    queue_reminders(FIRST - WEEK)
    enrol_new(cohort)
    queue_reminders(FIRST - timedelta(days=2))
    assert kinds() == {"week": 2}
    enrol_new(cohort)
    queue_reminders(FIRST - timedelta(hours=3))
    assert kinds() == {"week": 2, "day": 3}
    enrol_new(cohort)
    queue_reminders(FIRST - timedelta(minutes=1))
    assert kinds() == {"week": 2, "day": 3, "hour": 4}
    enrol_new(cohort)
    assert queue_reminders(FIRST) == 0


def test_a_moved_session_brings_its_reminders_again_and_a_cancelled_one_none(staff):
    cohort = make_running()
    enrol_new(cohort)
    queue_reminders(FIRST - DAY)
    session = cohort.sessions.get(number=1)
    reschedule_session(session, starts_at=FIRST + DAY, by=staff, now=FIRST - DAY)
    assert queue_reminders(FIRST - DAY) == 1  # a week before the start, which is ahead again
    queue_reminders(FIRST)
    keys = Letter.objects.filter(dedupe_key__contains=":day:").values_list("dedupe_key", flat=True)
    assert sorted(key.split(":")[2] for key in keys) == ["0", "1"]
    session.refresh_from_db()
    cancel_session(session, by=staff, now=FIRST)
    # Now the second session is the first one; the cancelled one is spoken of no more.
    assert [item.session.number for item in due_reminders(FIRST + DAY - HOUR)] == [2]


@pytest.mark.parametrize("state", ["draft", "finished", "cancelled"])
def test_nothing_for_cohorts_that_do_not_run(state):
    cohort = make_running(state=state)
    enrol_new(cohort)
    assert due_reminders(FIRST - HOUR) == []


@pytest.mark.parametrize("people", [1, 3])
def test_planning_takes_three_queries(people, django_assert_num_queries):
    enrol_new(make_running(), people)
    enrol_new(make_running(), people)
    with django_assert_num_queries(3):
        assert len(due_reminders(FIRST - HOUR)) == 2 * people


@pytest.mark.parametrize("people", [1, 3])
def test_handing_out_takes_three_queries(people, django_assert_num_queries):
    enrol_new(make_running(), people)
    lead(make_running())
    with django_assert_num_queries(3):
        assert plan_reminders(FIRST - HOUR) == people + 1


def test_every_due_session_is_handed_out_once_and_its_portion_queues_its_reminders(monkeypatch):
    for people in (2, 1, 1):
        enrol_new(make_running(), people)
    handed: list[tuple[int, ...]] = []
    monkeypatch.setattr(reminders, "enqueue", lambda _task, *pks: handed.append(pks))
    assert plan_reminders(FIRST - HOUR, batch=2) == 4
    assert sorted(pk for pks in handed for pk in pks) == sorted(
        Session.objects.filter(starts_at=FIRST).values_list("pk", flat=True)
    )
    assert len(handed) in {2, 3}  # which of the three comes first is open
    assert sum(queue_reminders(FIRST - HOUR, only=pks) for pks in handed) == 4
    assert plan_reminders(FIRST - HOUR) == 0
    assert Letter.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_portions_that_pile_up_in_a_busy_queue_end_by_themselves_and_lose_nothing():
    assert write_reminders.name in current_app.tasks  # as in the worker that plans
    folder = Path(settings.BROKER_FOLDER) / "messages"
    for task in folder.glob("*"):
        task.unlink()
    enrol_new(make_running(), 2)
    for _minute in range(3):
        assert plan_reminders(FIRST - HOUR) == 2
    ends = [
        datetime.fromisoformat(json.loads(task.read_text())["headers"]["expires"])
        for task in folder.glob("*.bulk.msg")
    ]
    assert len(ends) == 3
    left = [(end - timezone.now()).total_seconds() for end in ends]
    assert all(240 < seconds <= 300 for seconds in left)
    # None of them was taken up: the next plan has everything again.
    assert plan_reminders(FIRST - HOUR) == 2


@pytest.mark.parametrize("people", [1, 3])
def test_queueing_takes_the_same_queries_for_one_and_three(people, django_assert_num_queries):
    enrol_new(make_running(), people)
    # 3 to plan; savepoint, row locks, one INSERT, release.
    with django_assert_num_queries(7):
        assert queue_reminders(FIRST - HOUR) == people


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_queue_each_reminder_once():
    cohort = make_running()
    enrol_new(cohort, 30)
    gate = threading.Barrier(2)
    failures: list[BaseException] = []

    def plan() -> None:
        try:
            gate.wait()
            queue_reminders(FIRST - HOUR, batch=7)
        except BaseException as failure:  # noqa: BLE001
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=plan) for _planner in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert kinds() == {"hour": 30}


@pytest.mark.django_db(transaction=True)
def test_a_planner_killed_half_way_is_made_up_for():
    cohort = make_running()
    enrol_new(cohort, 6)
    missing = due_reminders(FIRST - HOUR)
    Letter.objects.bulk_create(
        [Letter(dedupe_key=item.key, to_address=item.guest.email) for item in missing[:4]]
    )
    assert queue_reminders(FIRST - HOUR) == 2
    assert kinds() == {"hour": 6}


def test_a_session_moved_between_planning_and_writing_is_left_out(staff):
    cohort = make_running()
    enrol_new(cohort)
    first, second = (item for item in cohort.sessions.filter(number__in=[1, 2]))
    reschedule_session(first, starts_at=FIRST + HOUR, by=staff, now=FIRST - DAY)
    with transaction.atomic():
        assert unchanged({first, second}) == {second.pk}
