"""Marks: who can be marked when, corrections, two facilitators at once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from cohorts.models import Attendance, Enrolment
from cohorts.services.attendance import mark_attendance, mark_everyone
from scip.audit.models import Entry
from scip.requirements import Refusal
from tests.cohorts.meeting import FIRST, after_session, enrol, enrol_new, lead, make_running, mark

pytestmark = pytest.mark.django_db
DURING = FIRST + timedelta(minutes=5)


def marks() -> list[tuple[str, int, int]]:
    return list(Attendance.objects.values_list("mark", "late_minutes", "early_minutes"))


def test_a_mark_is_saved_and_logged_with_what_it_was():
    cohort = make_running()
    (enrolment,) = enrol_new(cohort)
    leader = lead(cohort)
    session = cohort.sessions.get(number=1)
    mark_attendance(enrolment, session, mark="absent", by=leader, now=DURING)
    mark_attendance(enrolment, session, mark="present", late_minutes=20, by=leader, now=DURING)
    assert marks() == [("present", 20, 0)]
    entry = Entry.objects.filter(action="attendance.marked").latest("id")
    assert (entry.actor_id, entry.subject_id) == (leader.pk, enrolment.user_id)
    assert entry.data == {
        "session": 1,
        "mark": "present",
        "late_minutes": 20,
        "early_minutes": 0,
        "was_mark": "absent",
        "was_late_minutes": 0,
        "was_early_minutes": 0,
    }


def test_the_same_mark_twice_is_one_mark_and_one_entry():
    cohort = make_running()
    (enrolment,) = enrol_new(cohort)
    leader = lead(cohort)
    session = cohort.sessions.get(number=1)
    for _press in range(2):
        mark_attendance(enrolment, session, mark="present", by=leader, now=DURING)
    assert marks() == [("present", 0, 0)]
    assert Entry.objects.filter(action="attendance.marked").count() == 1


def test_a_mark_can_be_taken_off():
    cohort = make_running()
    (enrolment,) = enrol_new(cohort)
    session = cohort.sessions.get(number=1)
    mark(enrolment, 1)
    mark_attendance(enrolment, session, mark="", by=lead(cohort), now=DURING)
    assert marks() == []


def test_absent_keeps_no_minutes():
    cohort = make_running()
    (enrolment,) = enrol_new(cohort)
    session = cohort.sessions.get(number=1)
    mark_attendance(enrolment, session, mark="absent", late_minutes=9, by=lead(cohort), now=DURING)
    assert marks() == [("absent", 0, 0)]


@pytest.mark.parametrize(
    ("now", "state", "place", "fields", "words"),
    [
        (FIRST - timedelta(seconds=1), "planned", "confirmed", {}, "still ahead"),
        (DURING, "cancelled", "confirmed", {}, "was cancelled"),
        (DURING, "planned", "awaiting_payment", {}, "no confirmed place"),
        (DURING, "planned", "withdrawn", {}, "no confirmed place"),
        (DURING, "planned", "completed", {}, "certificate rests"),
        (DURING, "planned", "confirmed", {"mark": "maybe"}, "present or absent"),
        (DURING, "planned", "confirmed", {"late_minutes": 181}, "180 minutes"),
    ],
)
def test_what_can_t_be_marked_is_refused(now, state, place, fields, words):
    cohort = make_running()
    (enrolment,) = enrol_new(cohort, state=place)
    session = cohort.sessions.get(number=1)
    cohort.sessions.filter(number=1).update(state=state)
    with pytest.raises(Refusal, match=words):
        mark_attendance(
            enrolment, session, **{"mark": "present"} | fields, by=lead(cohort), now=now
        )
    assert marks() == []
    assert Entry.objects.filter(action="attendance.marked").count() == 0


def test_people_of_another_cohort_and_oneself_are_refused():
    cohort, other = make_running(), make_running()
    (enrolment,) = enrol_new(other)
    leader = lead(cohort)
    own = enrol(leader, cohort)
    session = cohort.sessions.get(number=1)
    with pytest.raises(Refusal, match="no confirmed place"):
        mark_attendance(enrolment, session, mark="present", by=leader, now=DURING)
    with pytest.raises(Refusal, match="about you"):
        mark_attendance(own, session, mark="present", by=leader, now=DURING)
    assert mark_everyone(session, by=leader, now=DURING) == 0


def test_everyone_is_here_leaves_marks_that_exist():
    cohort = make_running()
    first, second, third = enrol_new(cohort, 3)
    enrol_new(cohort, state=Enrolment.State.AWAITING_PAYMENT)
    mark(first, 1, "absent")
    leader = lead(cohort)
    session = cohort.sessions.get(number=1)
    assert mark_everyone(session, by=leader, now=DURING) == 2
    assert mark_everyone(session, by=leader, now=DURING) == 0
    found = dict(Attendance.objects.values_list("enrolment_id", "mark"))
    assert found == {first.pk: "absent", second.pk: "present", third.pk: "present"}
    assert Entry.objects.filter(action="attendance.marked").count() == 2
    with pytest.raises(Refusal, match="still ahead"):
        mark_everyone(cohort.sessions.get(number=2), by=leader, now=DURING)


def test_a_corrected_mark_after_the_end_completes():
    cohort = make_running(state="finished")
    (enrolment,) = enrol_new(cohort)
    for number in range(1, 10):
        mark(enrolment, number)
    for number in (10, 11, 12):
        mark(enrolment, number, "absent")
    mark_attendance(
        enrolment,
        cohort.sessions.get(number=10),
        mark="present",
        by=lead(cohort),
        now=after_session(cohort, 12),
    )
    enrolment.refresh_from_db()
    assert enrolment.state == "completed"


@pytest.mark.django_db(transaction=True)
def test_two_facilitators_at_once_lose_nothing():
    cohort = make_running()
    people = enrol_new(cohort, 4)
    leaders = [lead(cohort, "one@example.com"), lead(cohort, "two@example.com")]
    session = cohort.sessions.get(number=1)
    gate = threading.Barrier(2)
    failures: list[BaseException] = []

    def work(leader, value: str) -> None:
        try:
            gate.wait()
            for enrolment in people:
                mark_attendance(enrolment, session, mark=value, by=leader, now=DURING)
            mark_everyone(session, by=leader, now=DURING)
        except BaseException as failure:  # noqa: BLE001
            failures.append(failure)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=work, args=pair)
        for pair in zip(leaders, ["present", "absent"], strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    rows = list(Attendance.objects.order_by("enrolment_id"))
    assert [row.enrolment_id for row in rows] == [person.pk for person in people]
    for row in rows:
        entries = Entry.objects.filter(
            action="attendance.marked", subject_id=row.enrolment.user_id
        ).order_by("id")
        told = [(entry.data["was_mark"], entry.data["mark"]) for entry in entries]
        # Each change starts where the one before ended, and the last one stands.
        assert told[0][0] == ""
        assert [pair[1] for pair in told[:-1]] == [pair[0] for pair in told[1:]]
        assert told[-1][1] == row.mark
        assert len(told) == 2
