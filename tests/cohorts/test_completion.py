"""The end of a cohort: 80 % of the sessions held, rounded up, exceptions shown as such."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cohorts.models import AbsenceException, Attendance, Cohort, Enrolment, Session
from cohorts.services.completion import conclude_cohort, conclude_enrolment
from scip.audit.models import Entry
from scip.credentials.models import Completion, Credential
from scip.mail.models import Letter
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished() -> Cohort:
    """Twelve weekly sessions, all over."""
    start = timezone.now() - timedelta(days=100)
    cohort = world.make_cohort(state="running", starts_on=start.date())
    for number in range(12):
        starts_at = start + timedelta(weeks=number)
        Session.objects.create(
            cohort=cohort,
            number=number + 1,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=3),
            state=Session.State.HELD,
        )
    return cohort


def enrol(user, cohort, present: int, absent: int, excepted: int = 0) -> Enrolment:
    enrolment = world.make_enrolment(user, cohort)
    sessions = list(cohort.sessions.all())
    marks = ["present"] * present + ["absent"] * (absent + excepted)
    for session, mark in zip(sessions, marks, strict=False):
        Attendance.objects.create(enrolment=enrolment, session=session, mark=mark)
    for session in sessions[present + absent : present + absent + excepted]:
        AbsenceException.objects.create(
            enrolment=enrolment,
            session=session,
            state=AbsenceException.State.ACCEPTED,
            decision_reason="Made up in writing.",
        )
    return enrolment


def test_ten_of_twelve_is_enough_and_everything_follows(finished, participant):
    enrolment = enrol(participant, finished, present=10, absent=2)
    assert conclude_enrolment(enrolment, by=None) is True
    enrolment.refresh_from_db()
    completion = Completion.objects.get(user=participant)
    credential = Credential.objects.get(user=participant)
    assert (enrolment.state, completion.level, completion.basis) == ("completed", "A", "cohort")
    assert (credential.kind, credential.facts["title"]) == (
        "practicing",
        "Practicing Self-Compassion Therapist",
    )
    assert dict(credential.facts["basis"])["Live sessions"] == "10 of 12"
    assert dict(credential.facts["basis"])["Contact hours held"] == "36"


def test_nine_of_twelve_is_not_enough_and_the_letter_says_what_is_possible(finished, participant):
    enrolment = enrol(participant, finished, present=9, absent=3)
    assert conclude_enrolment(enrolment, by=None) is False
    enrolment.refresh_from_db()
    assert enrolment.state == "not_completed"
    assert not Completion.objects.exists()
    letter = Letter.objects.get(dedupe_key=f"not-completed:{enrolment.pk}")
    assert "9 of the 10 sessions needed" in letter.text
    assert f"/enrolments/{enrolment.pk}/" in letter.text


def test_exceptions_count_and_are_shown_as_such(finished, participant):
    enrolment = enrol(participant, finished, present=9, absent=2, excepted=1)
    assert conclude_enrolment(enrolment, by=None) is True
    facts = dict(Credential.objects.get().facts["basis"])
    assert facts["Live sessions"] == "10 of 12 (1 by an accepted exception)"
    assert Completion.objects.get().facts["sessions_excepted"] == 1


def test_an_exception_accepted_later_completes_it_after_all(finished, participant):
    enrolment = enrol(participant, finished, present=9, absent=3)
    conclude_enrolment(enrolment, by=None)
    AbsenceException.objects.create(
        enrolment=enrolment,
        session=finished.sessions.last(),
        state=AbsenceException.State.ACCEPTED,
        decision_reason="Illness.",
    )
    assert conclude_enrolment(enrolment, by=None) is True
    enrolment.refresh_from_db()
    assert enrolment.state == "completed"


def test_sessions_held_counts_not_sessions_planned(finished, participant):
    """Two of twelve were cancelled: eight of ten are asked."""
    for session in finished.sessions.filter(number__gt=10):
        Session.objects.filter(pk=session.pk).update(state=Session.State.CANCELLED)
    enrolment = enrol(participant, finished, present=8, absent=2)
    assert conclude_enrolment(enrolment, by=None) is True


def test_nothing_is_decided_while_marks_are_missing(finished, participant):
    enrolment = enrol(participant, finished, present=9, absent=2)
    assert conclude_enrolment(enrolment, by=None) is False
    enrolment.refresh_from_db()
    assert enrolment.state == "confirmed"
    assert not Letter.objects.exists()


def test_a_forgotten_mark_is_waited_for_a_week_and_then_holds_nobody_up(finished, participant):
    """The certificate should say 12 of 12, not 11, when the facilitator marks a day later."""
    enrolment = enrol(participant, finished, present=11, absent=0)
    over = finished.sessions.last().ends_at
    assert conclude_enrolment(enrolment, by=None, now=over + timedelta(days=6)) is False
    assert conclude_enrolment(enrolment, by=None, now=over + timedelta(days=7)) is True
    assert dict(Credential.objects.get().facts["basis"])["Live sessions"] == "11 of 12"


def test_nothing_is_decided_before_the_last_session_is_over(finished, participant):
    enrolment = enrol(participant, finished, present=12, absent=0)
    last = finished.sessions.last()
    assert conclude_enrolment(enrolment, by=None, now=last.ends_at - timedelta(minutes=1)) is False
    assert conclude_enrolment(enrolment, by=None, now=last.ends_at) is True


def test_concluding_twice_changes_nothing(finished, participant, stranger):
    enrol(participant, finished, present=12, absent=0)
    enrol(stranger, finished, present=3, absent=9)
    assert conclude_cohort(finished, by=None) == 1
    before = (Entry.objects.count(), Letter.objects.count())
    assert conclude_cohort(finished, by=None) == 0
    assert (Entry.objects.count(), Letter.objects.count()) == before


def test_a_person_who_withdrew_is_left_alone(finished, participant):
    enrolment = enrol(participant, finished, present=12, absent=0)
    Enrolment.objects.filter(pk=enrolment.pk).update(state=Enrolment.State.WITHDRAWN)
    assert conclude_cohort(finished, by=None) == 0
    assert not Completion.objects.exists()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_day_of_issue_is_the_cohort_s_whoever_marks_last(finished, participant, zone):
    enrolment = enrol(participant, finished, present=12, absent=0)
    now = world.utc(2031, 5, 6, 12)
    with timezone.override(zone):
        conclude_enrolment(enrolment, by=None, now=now)
    assert Credential.objects.get().issued_on == now.date()
