"""Sessions that move, fall out or pass, and the cohort that follows them."""

from datetime import timedelta

import pytest

from cohorts.models import Cohort, Enrolment, Session
from cohorts.services.sessions import cancel_session, follow_calendar, reschedule_session
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests.cohorts.meeting import FIRST, after_session, enrol, enrol_new, lead, make_running, mark

pytestmark = pytest.mark.django_db
BEFORE = FIRST - timedelta(days=10)


def test_moving_a_session_tells_everybody_who_holds_a_place_once(participant, stranger, staff):
    cohort = make_running(state="open")
    enrol(participant, cohort)
    enrol(stranger, cohort, state=Enrolment.State.AWAITING_PAYMENT, confirmed_at=None)
    leader = lead(cohort)
    session = cohort.sessions.get(number=2)
    to = session.starts_at + timedelta(days=1)
    moved = reschedule_session(session, starts_at=to, by=staff, note="A holiday.", now=BEFORE)
    assert (moved.starts_at, moved.minutes, moved.sequence) == (to, 180, 1)
    letters = {letter.to_address: letter for letter in Letter.objects.all()}
    assert set(letters) == {participant.email, leader.email, stranger.email}
    text = letters[participant.email].text
    assert "New: Wednesday 10 March 2027, 18:00, Lisbon time." in text
    assert "Before: Tuesday 9 March 2027, 18:00, Lisbon time." in text
    assert "A holiday." in text
    assert "Paulo Participant" in text
    assert "\ue000" not in text + letters[participant.email].html
    assert letters[participant.email].attachments[0]["name"] == "session.ics"
    unpaid = letters[stranger.email]
    assert "New: Wednesday 10 March 2027, 18:00, Lisbon time." in unpaid.text
    assert "before you pay" in unpaid.text
    assert unpaid.attachments == []
    assert cohort.join_url not in unpaid.text + unpaid.html


@pytest.mark.parametrize("state", ["lapsed", "withdrawn"])
def test_whoever_gave_up_the_place_hears_nothing_of_its_sessions(participant, staff, state):
    cohort = make_running(state="open")
    enrol(participant, cohort, state=state)
    cancel_session(cohort.sessions.get(number=2), by=staff, now=BEFORE)
    assert Letter.objects.count() == 0


def test_a_cancelled_session_tells_the_unpaid_that_their_place_stays(stranger, staff):
    cohort = make_running(state="open")
    enrol(stranger, cohort, state=Enrolment.State.AWAITING_PAYMENT, confirmed_at=None)
    cancel_session(cohort.sessions.get(number=2), by=staff, now=BEFORE)
    letter = Letter.objects.get(to_address=stranger.email)
    for words in (letter.text, letter.html):
        assert "Your place stays as it is" in words
        assert "nothing is owed" not in words
    assert letter.attachments == []


def test_moving_a_draft_s_session_writes_no_letter(staff):
    cohort = make_running(state="draft")
    enrol_new(cohort)
    session = cohort.sessions.get(number=1)
    reschedule_session(session, starts_at=FIRST + timedelta(hours=1), by=staff, now=BEFORE)
    assert Letter.objects.count() == 0


def test_a_time_that_passed_or_a_held_session_is_refused(staff):
    cohort = make_running()
    session = cohort.sessions.get(number=2)
    with pytest.raises(Refusal, match="still ahead"):
        reschedule_session(session, starts_at=BEFORE - timedelta(days=1), by=staff, now=BEFORE)
    start = session.starts_at
    with pytest.raises(Refusal, match="ends after it starts"):
        reschedule_session(session, starts_at=start, ends_at=start, by=staff, now=BEFORE)
    Session.objects.filter(pk=session.pk).update(state="held")
    with pytest.raises(Refusal, match="held already"):
        reschedule_session(session, starts_at=FIRST, by=staff, now=BEFORE)
    session.refresh_from_db()
    assert (session.sequence, session.starts_at) == (0, FIRST + timedelta(weeks=1))


def test_a_cancelled_session_can_be_planned_anew_without_its_marks(staff):
    cohort = make_running()
    (enrolment,) = enrol_new(cohort)
    mark(enrolment, 1)
    session = cohort.sessions.get(number=1)
    cancel_session(session, by=staff, now=FIRST + timedelta(days=1))
    moved = reschedule_session(
        session, starts_at=FIRST + timedelta(days=3), by=staff, now=FIRST + timedelta(days=1)
    )
    assert (moved.state, moved.sequence, moved.attendances.count()) == ("planned", 2, 0)
    assert Entry.objects.get(action="session.moved").data["marks_taken_off"] == 1


def test_cancelling_tells_everybody_and_only_once(staff):
    cohort = make_running()
    enrol_new(cohort, 2)
    session = cohort.sessions.get(number=3)
    cancel_session(session, by=staff, note="The link broke.", now=BEFORE)
    with pytest.raises(IllegalMove):
        cancel_session(session, by=staff, now=BEFORE)
    assert Letter.objects.count() == 2
    assert "The link broke." in Letter.objects.first().text


@pytest.mark.parametrize("state", ["finished", "cancelled"])
def test_sessions_of_a_cohort_that_is_over_stay(staff, state):
    cohort = make_running(state=state)
    session = cohort.sessions.get(number=3)
    with pytest.raises(Refusal, match="stay as they are"):
        cancel_session(session, by=staff, now=BEFORE)


def test_states_follow_the_calendar(edition):
    cohort = make_running(state="open")
    follow_calendar(FIRST - timedelta(minutes=1))
    cohort.refresh_from_db()
    assert cohort.state == "open"
    follow_calendar(FIRST)
    cohort.refresh_from_db()
    assert (cohort.state, cohort.sessions.filter(state="held").count()) == ("running", 0)
    follow_calendar(after_session(cohort, 4))
    assert cohort.sessions.filter(state="held").count() == 4
    follow_calendar(after_session(cohort, 12))
    cohort.refresh_from_db()
    assert (cohort.state, cohort.sessions.filter(state="held").count()) == ("finished", 12)
    entries = Entry.objects.count()
    follow_calendar(after_session(cohort, 12))
    assert Entry.objects.count() == entries


def test_a_cancelled_first_session_starts_nothing_and_a_cancelled_last_holds_up_nothing(staff):
    cohort = make_running(state="open")
    cancel_session(cohort.sessions.get(number=1), by=staff, now=BEFORE)
    cancel_session(cohort.sessions.get(number=12), by=staff, now=BEFORE)
    follow_calendar(after_session(cohort, 1))
    cohort.refresh_from_db()
    assert cohort.state == "open"
    follow_calendar(after_session(cohort, 11))
    cohort.refresh_from_db()
    assert cohort.state == "finished"


def test_the_end_concludes_and_late_marks_conclude_later(participant):
    cohort = make_running(state="open")
    first = enrol(participant, cohort)
    (second,) = enrol_new(cohort)
    for number in range(1, 13):
        mark(first, number)
    for number in range(1, 10):
        mark(second, number)
    end = after_session(cohort, 12)
    follow_calendar(end)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("completed", "confirmed")
    mark(second, 10)
    follow_calendar(end)
    second.refresh_from_db()
    assert second.state == "confirmed", "two marks are still waited for"
    follow_calendar(end + timedelta(days=cohort.edition.marking_days))
    second.refresh_from_db()
    assert second.state == "completed"
    assert Cohort.objects.get(pk=cohort.pk).state == "finished"


def test_a_second_click_on_move_writes_no_second_letter(participant, staff):
    cohort = make_running(state="open")
    enrol(participant, cohort)
    session = cohort.sessions.get(number=2)
    to = session.starts_at + timedelta(days=1)
    for _click in range(2):
        moved = reschedule_session(session, starts_at=to, by=staff, now=BEFORE)
    assert (moved.sequence, Letter.objects.count()) == (1, 1)


def test_a_cohort_begins_with_its_first_session_as_it_stands(staff):
    cohort = make_running(state="open")
    assert cohort.begins_at == FIRST == cohort.first_session_at
    cancel_session(cohort.sessions.get(number=1), by=staff, now=BEFORE)
    second = FIRST + timedelta(weeks=1)
    assert cohort.begins_at == second
    moved = second - timedelta(days=1)
    reschedule_session(cohort.sessions.get(number=2), starts_at=moved, by=staff, now=BEFORE)
    assert cohort.begins_at == moved
