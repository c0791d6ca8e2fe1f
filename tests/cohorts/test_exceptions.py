"""Absence exceptions, step by step."""

from datetime import timedelta

import pytest

from cohorts.models import AbsenceException
from cohorts.services.exceptions import (
    agree_make_up,
    decide_exception,
    hand_in_make_up,
    request_exception,
    withdraw_exception,
)
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests.cohorts.meeting import FIRST, after_session, enrol, lead, make_running, mark

pytestmark = pytest.mark.django_db
AFTER = FIRST + timedelta(days=1)


@pytest.fixture
def place(participant):
    cohort = make_running()
    enrolment = enrol(participant, cohort)
    mark(enrolment, 1, "absent")
    return enrolment


def ask(place, number: int = 1, **fields) -> AbsenceException:
    session = place.cohort.sessions.get(number=number)
    values = {"reason": "My child was ill.", "by": place.user, "now": AFTER}
    return request_exception(place, session, **values | fields)


def test_the_whole_way_with_a_letter_at_each_step(place, staff):
    exception = ask(place)
    agree_make_up(exception, task="Write two pages about shame.", by=staff, now=AFTER)
    hand_in_make_up(exception, work="Two pages.", by=place.user, now=AFTER)
    decided = decide_exception(
        exception, is_accepted=True, reason="Thoughtful work.", by=staff, now=AFTER
    )
    assert (decided.state, decided.accepted_by, decided.accepted_at) == ("accepted", staff, AFTER)
    letters = list(Letter.objects.order_by("id"))
    assert [letter.subject for letter in letters] == [
        "Your request about session 1 is with us",
        "Make-up work for session 1",
        "Your make-up work for session 1 has arrived",
        "Session 1 counts for you",
    ]
    assert "Write two pages about shame." in letters[1].text
    assert "Thoughtful work." in letters[3].html
    assert {letter.to_address for letter in letters} == {place.user.email}
    assert "My child was ill" not in str(list(Entry.objects.values_list("data", flat=True)))


def test_a_second_round_of_make_up_work_is_told_too(place, staff):
    exception = ask(place)
    agree_make_up(exception, task="One page.", by=staff, now=AFTER)
    hand_in_make_up(exception, work="A page.", by=place.user, now=AFTER)
    agree_make_up(exception, task="A little more.", by=staff, now=AFTER + timedelta(hours=1))
    assert Letter.objects.filter(subject="Make-up work for session 1").count() == 2


def test_declined_may_be_asked_again(place, staff):
    exception = ask(place)
    decide_exception(exception, is_accepted=False, reason="No details.", by=staff, now=AFTER)
    assert Letter.objects.latest("id").subject == "About your request for session 1"
    assert ask(place).pk != exception.pk


def test_withdrawn_may_be_asked_again(place):
    withdraw_exception(ask(place), by=place.user)
    assert ask(place).state == "requested"


def test_asking_twice_is_refused_and_the_first_kept(place):
    first = ask(place)
    with pytest.raises(Refusal, match="asked for this session already"):
        ask(place)
    assert list(AbsenceException.objects.all()) == [first]


def test_a_decision_needs_a_reason(place, staff):
    exception = ask(place)
    with pytest.raises(Refusal, match="needs a reason"):
        decide_exception(exception, is_accepted=True, reason="  ", by=staff)
    exception.refresh_from_db()
    assert exception.state == "requested"


def test_nobody_decides_about_their_own(place):
    exception = ask(place)
    with pytest.raises(Refusal, match="about you"):
        decide_exception(exception, is_accepted=True, reason="Because.", by=place.user)
    with pytest.raises(Refusal, match="about you"):
        agree_make_up(exception, task="Nothing.", by=place.user)


@pytest.mark.parametrize(
    ("number", "fields", "change", "words"),
    [
        (2, {}, None, "still ahead"),
        (1, {"reason": " "}, None, "sentence about why"),
        (1, {}, "present", "counts already"),
        (1, {}, "cancelled", "counts for nobody"),
        (1, {}, "withdrawn", "you take part in"),
    ],
)
def test_what_can_t_be_asked(place, number, fields, change, words):
    if change == "present":
        place.attendances.update(mark="present")
    if change == "cancelled":
        place.cohort.sessions.filter(number=1).update(state="cancelled")
    if change == "withdrawn":
        place.state = "withdrawn"
        type(place).objects.filter(pk=place.pk).update(state="withdrawn")
    with pytest.raises(Refusal, match=words):
        ask(place, number, **fields)
    assert AbsenceException.objects.count() == 0
    assert Letter.objects.count() == 0


ALL = AbsenceException.State
STEPS = {
    "agree": lambda item, by: agree_make_up(item, task="Task.", by=by),
    "hand_in": lambda item, by: hand_in_make_up(item, work="Work.", by=by),
    "accept": lambda item, by: decide_exception(item, is_accepted=True, reason="R.", by=by),
    "decline": lambda item, by: decide_exception(item, is_accepted=False, reason="R.", by=by),
    "withdraw": lambda item, by: withdraw_exception(item, by=by),
}
LEGAL = {
    "agree": {ALL.REQUESTED, ALL.MADE_UP},
    "hand_in": {ALL.MAKE_UP_AGREED},
    "accept": {ALL.REQUESTED, ALL.MADE_UP},
    "decline": {ALL.REQUESTED, ALL.MAKE_UP_AGREED, ALL.MADE_UP},
    "withdraw": {ALL.REQUESTED, ALL.MAKE_UP_AGREED},
}


@pytest.mark.parametrize("state", ALL.values)
@pytest.mark.parametrize("step", list(STEPS))
def test_only_legal_steps_from_each_state(place, staff, step, state):
    session = place.cohort.sessions.get(number=1)
    exception = AbsenceException.objects.create(
        enrolment=place,
        session=session,
        reason="Ill.",
        state=state,
        decision_reason="R." if state in {"accepted", "declined"} else "",
    )
    if state in LEGAL[step]:
        assert STEPS[step](exception, staff).state != state
        return
    with pytest.raises(IllegalMove):
        STEPS[step](exception, staff)
    exception.refresh_from_db()
    assert (exception.state, Letter.objects.count()) == (state, 0)


def test_an_accepted_exception_after_the_end_completes(place, staff):
    for number in range(2, 11):
        mark(place, number)
    mark(place, 11, "absent")
    mark(place, 12, "absent")
    type(place.cohort).objects.filter(pk=place.cohort_id).update(state="finished")
    end = after_session(place.cohort, 12)
    exception = ask(place, now=end)
    decide_exception(exception, is_accepted=True, reason="Made up.", by=staff, now=end)
    place.refresh_from_db()
    assert place.state == "completed"


def test_who_sees_an_exception(place, stranger, staff):
    exception = ask(place)
    leader = lead(place.cohort)
    elsewhere = lead(make_running(), "other@example.com")
    seen = {
        user.email: list(AbsenceException.objects.visible_to(user)) == [exception]
        for user in (place.user, leader, staff, stranger, elsewhere)
    }
    assert seen == {
        place.user.email: True,
        leader.email: True,
        staff.email: True,
        stranger.email: False,
        elsewhere.email: False,
    }
