"""The one next step: every case by its evidence, and what comes before what."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.utils import timezone

from scip.pathway.evidence import (
    ApplicationFacts,
    Evidence,
    LevelC,
    OwedFacts,
    PlaceFacts,
    RecognitionFacts,
    RoundFacts,
    SessionFacts,
    SubmissionFacts,
    SupervisionFacts,
)
from scip.pathway.next_step import RULES, next_step
from scip.requirements import Assessment, Finding, Status
from supervision.requirements.recommendations import Told
from tests.world import utc

NOW = utc(2027, 3, 2, 12)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def finding(code="insurance", status=Status.MET, **fields):
    return Finding(code=code, title=code.title(), status=status, url=f"/{code}/", **fields)


ALL_MET = tuple(finding(code) for code in ("standing", "msc", "insurance", "practice"))
ONE_OPEN = (*ALL_MET[:2], finding("insurance", Status.OPEN, found="Ended."), ALL_MET[3])
NONE_YET = tuple(finding(item.code, Status.OPEN) for item in ALL_MET)


def application(state, **fields):
    return ApplicationFacts(pk=5, cohort="Spring", state=state, **{"since": NOW - DAY} | fields)


def session(number, starts_at):
    return SessionFacts(number=number, title="", starts_at=starts_at, ends_at=starts_at + 3 * HOUR)


def place(state="confirmed", **fields):
    defaults = {
        "level": "A",
        "join_url": "https://meet.example.org/x",
        "coming": (session(3, NOW + 2 * DAY),),
    }
    return PlaceFacts(
        pk=7,
        cohort="Spring",
        state=state,
        charge=9,
        pay_by=NOW + DAY,
        **defaults | fields,
    )


def owed(**fields):
    defaults = {"paid_cents": 0, "refunded_cents": 0, "due_cents": 289_500, "due_at": NOW + DAY}
    return OwedFacts(pk=9, description="Level A", currency="USD", **defaults | fields)


def recognition(**fields):
    defaults = {"standing": "active", "is_made": True, "level": "A"}
    return RecognitionFacts(
        title="Practicing Self-Compassion Therapist",
        number="PSCT-2027-000001",
        code="ABC",
        issued_on=date(2027, 2, 1),
        **defaults | fields,
    )


def level_c(state="", **fields):
    defaults = {
        "is_open": True,
        "is_registered": state in {"active", "on_leave"},
        "findings": (),
        "unmet": (),
    }
    return LevelC(state=state, **defaults | fields)


def ledger(**fields):
    return SupervisionFacts(**{"findings": (), "has_agreement": True} | fields)


NOT_YET = Told(
    agreement=3,
    supervisor="Sara Supervisor",
    outcome="not_yet",
    sent_at=NOW - DAY,
)
RECOMMENDED = replace(NOT_YET, outcome="recommended")


def evidence(**fields):
    return Evidence(**{"prerequisites": ALL_MET} | fields)


OVER = {"coming": (), "last_session_at": NOW - DAY}
DONE = {"completed": {"A": date(2027, 2, 1)}}
BOTH = {"completed": {"A": date(2026, 2, 1), "B": date(2027, 2, 1)}}
CASES = {
    "profile_first": Evidence(missing_profile=("your name",), prerequisites=NONE_YET),
    "profile": evidence(missing_profile=("country",)),
    "session_now": evidence(places=(place(coming=(session(3, NOW + HOUR),)),)),
    "evidence_returned": evidence(prerequisites=ONE_OPEN, returned=frozenset({"insurance"})),
    "evidence_expired": evidence(prerequisites=ONE_OPEN, expired=frozenset({"insurance"})),
    "question": evidence(applications=(application("info_needed", question="Where?"),)),
    "offer": evidence(
        applications=(application("offered", offer_expires_at=NOW + DAY, offer_cents=259_500),)
    ),
    "payment": evidence(places=(place("awaiting_payment"),), charges=(owed(),)),
    "payment_on_its_way": evidence(
        places=(place("awaiting_payment"),), charges=(owed(is_on_its_way=True),)
    ),
    "confirming": evidence(
        places=(place("awaiting_payment"),), charges=(owed(due_cents=0, paid_cents=289_500),)
    ),
    "draft": evidence(
        applications=(application("draft", gate=Assessment((finding("words", Status.OPEN),))),)
    ),
    "draft_ready": evidence(applications=(application("draft", gate=Assessment(ALL_MET)),)),
    "prerequisites": evidence(prerequisites=ONE_OPEN),
    "with_office": evidence(applications=(application("submitted"),)),
    "waiting_list": evidence(applications=(application("waiting_list"),)),
    "make_up": evidence(places=(place(to_hand_in=(2,)),)),
    "attendance": evidence(
        places=(place(attendance=finding("attendance", Status.OPEN, found="7 of 10.")),)
    ),
    "coming_session": evidence(
        applications=(application("accepted"),),
        places=(place(attendance=finding("attendance", Status.LATER)),),
    ),
    "exception_waiting": evidence(places=(place(**OVER, with_office=((4, NOW - DAY),)),)),
    "not_completed": evidence(places=(place("not_completed", **OVER),)),
    "marks_waiting": evidence(places=(place(**OVER),)),
    "wishes": evidence(
        **DONE,
        round_to_join=RoundFacts(pk=3, name="Spring groups", closes_at=NOW + DAY),
    ),
    "credit_question": evidence(level_c=level_c(question_pk=3)),
    "retreat_returned": evidence(level_c=level_c(retreat_question="Which days?")),
    "on_leave": evidence(level_c=level_c("on_leave", leave_from=date(2027, 3, 1))),
    "prepare_registration": evidence(
        **BOTH, level_c=level_c("preparing", unmet=(finding("retreat", Status.OPEN),))
    ),
    "register": evidence(**BOTH, level_c=level_c("preparing")),
    "registered": evidence(**BOTH, level_c=level_c("active")),
    "confirm_session": evidence(supervision=ledger(to_confirm=((4, date(2027, 3, 1)),))),
    "find_supervisor": evidence(supervision=ledger(has_agreement=False)),
    "supervision": evidence(supervision=ledger(next_label="Orientation")),
    "not_yet": evidence(supervision=ledger(is_complete=True, recommendation=NOT_YET)),
    "submitted": evidence(
        submission=SubmissionFacts(state="submitted", is_held_up=False, answer_by=date(2027, 4, 1))
    ),
    "committee_asks": evidence(submission=SubmissionFacts(state="submitted", is_asked=True)),
    "submission_answered": evidence(submission=SubmissionFacts(state="development")),
    "certified": evidence(submission=SubmissionFacts(state="certified")),
    **{
        f"certification_{standing}": evidence(
            submission=SubmissionFacts(state="certified"),
            recognitions=(recognition(level="C", standing=standing), recognition()),
        )
        for standing in ("suspended", "expired", "revoked")
    },
    "resubmission": evidence(
        supervision=ledger(is_complete=True, recommendation=RECOMMENDED),
        submission=SubmissionFacts(state="draft", is_again=True),
    ),
    "certificate": evidence(**DONE, recognitions=(recognition(),)),
    "certificate_waiting": evidence(**DONE, recognitions=(recognition(is_made=False),)),
    "completed": evidence(**DONE),
    "apply": evidence(),
}


@pytest.mark.parametrize("code", CASES)
def test_every_case_has_its_step_with_one_button_and_a_sentence(code):
    step = next_step(CASES[code], now=NOW)
    assert step.code == code
    assert step.title
    assert step.text
    assert step.url
    assert step.label
    assert "{" not in step.title + step.text + step.label


def test_every_rule_is_reached_by_a_case():
    """A rule that no case reaches could say anything."""
    reached = {
        next((rule.__name__ for rule in RULES if rule(case, NOW)), "find_a_cohort")
        for case in CASES.values()
    }
    assert reached == {rule.__name__ for rule in RULES} | {"find_a_cohort"}


def test_what_ends_or_keeps_others_waiting_comes_first():
    everything = Evidence(
        missing_profile=("country",),
        prerequisites=ONE_OPEN,
        returned=frozenset({"insurance"}),
        applications=(
            application("info_needed"),
            application("offered", offer_expires_at=NOW + DAY),
            application("draft"),
        ),
        places=(place("awaiting_payment"),),
        charges=(owed(),),
    )
    order = []
    for rule in RULES:
        step = rule(everything, NOW)
        if step is not None:
            order.append(step.code)
    assert order == ["profile", "evidence_returned", "question", "offer", "payment"]


@pytest.mark.parametrize(
    ("starts_at", "code"),
    [
        (NOW + HOUR, "session_now"),
        (NOW + HOUR + timedelta(seconds=1), "coming_session"),
        (NOW - 2 * HOUR, "session_now"),
        (NOW - 3 * HOUR, "coming_session"),
    ],
)
def test_the_door_opens_an_hour_before_and_closes_at_the_end(starts_at, code):
    step = next_step(evidence(places=(place(coming=(session(3, starts_at),)),)), now=NOW)
    assert step.code == code


def test_no_door_without_a_confirmed_place():
    waiting = place("awaiting_payment", join_url="", coming=(session(1, NOW),))
    step = next_step(evidence(places=(waiting,), charges=(owed(),)), now=NOW)
    assert step.code == "payment"


def test_an_offer_that_ended_is_no_step_any_more():
    ended = application("offered", offer_expires_at=NOW)
    assert next_step(evidence(applications=(ended,)), now=NOW).code == "with_office"


@pytest.mark.parametrize("state", ["declined", "lapsed"])
def test_after_a_no_there_is_a_kind_way_on(state):
    step = next_step(evidence(applications=(application(state),)), now=NOW)
    assert step.code == "apply"
    assert "Your documents stay with you" in step.text


def test_before_applications_open_nobody_is_sent_to_register():
    ahead = level_c("preparing", is_open=False)
    assert next_step(evidence(**BOTH, level_c=ahead), now=NOW).code == "completed"


def test_a_draft_whose_cohort_is_closed_is_not_pressed():
    late = application("draft", is_accepting=False)
    assert next_step(evidence(applications=(late,)), now=NOW).code == "apply"


def test_evidence_that_ran_out_can_wait_once_level_a_is_completed():
    done = evidence(prerequisites=ONE_OPEN, expired=frozenset({"insurance"}), **DONE)
    assert next_step(done, now=NOW).code == "completed"


def test_a_revoked_credential_is_not_celebrated():
    step = next_step(evidence(**DONE, recognitions=(recognition(standing="revoked"),)), now=NOW)
    assert step.code == "completed"


def test_it_does_not_look_at_the_clock_by_itself(monkeypatch):
    def broken():
        raise AssertionError("asked the clock")

    monkeypatch.setattr(timezone, "now", broken)
    for case in CASES.values():
        next_step(case, now=NOW)
