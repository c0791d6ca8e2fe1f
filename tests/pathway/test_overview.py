"""Greeting, figure and money, from evidence alone."""

from datetime import date, datetime

import pytest

from scip.pathway import overview
from scip.pathway.evidence import Evidence
from scip.pathway.queries import Home
from scip.policy.models import Edition
from tests.pathway.test_next_step import application, evidence, owed, place


@pytest.mark.parametrize(
    ("hour", "words"),
    [(4, "evening"), (5, "morning"), (11, "morning"), (12, "afternoon"), (18, "evening")],
)
def test_the_greeting_follows_the_hour_where_the_person_is(hour, words):
    assert overview.greeting("Ana", datetime(2027, 3, 2, hour)) == f"Good {words}, Ana"
    assert overview.greeting("", datetime(2027, 3, 2, hour)) == f"Good {words}"


@pytest.mark.parametrize(
    ("completed", "states"),
    [
        ({}, ["now", "ahead", "ahead"]),
        ({"A": date(2027, 2, 1)}, ["done", "now", "ahead"]),
        ({"A": date(2027, 2, 1), "B": date(2027, 3, 1)}, ["done", "done", "now"]),
    ],
)
def test_one_level_is_now_and_those_before_it_are_done(completed, states):
    found = overview.levels(Evidence(completed=completed))
    assert [level["state"] for level in found] == states


def test_the_figure_counts_sessions():
    here = overview.levels(evidence(places=(place(counted=6, total=12, needed=10),)))[0]
    assert (here["note"], here["percent"]) == ("6 of 12 sessions", 50)


def test_the_figure_follows_somebody_into_a_group():
    """Places and applications of Level A do not speak for Level B, nor the other way round."""
    done = {"A": date(2027, 2, 1)}
    group = place(level="B", counted=3, total=10)
    old = place(counted=6, total=12)
    here = overview.levels(evidence(completed=done, places=(old, group)))[1]
    assert (here["note"], here["percent"]) == ("3 of 10 sessions", 30)
    sent = (application("draft"), application("submitted", level="B"))
    here = overview.levels(evidence(completed=done, places=(old,), applications=sent))[1]
    assert here["note"] == "Application with the office"
    here = overview.levels(evidence(completed=done, places=(old,)))[1]
    assert (here["note"], here["percent"]) == ("Open to you next", 0)


def test_a_group_that_is_charged_is_not_to_come():
    paid = owed(purpose="tuition_level_b", paid_cents=149_500, due_cents=0)
    labels = [
        row["label"] for row in overview.money_of(home(evidence=evidence(charges=(paid,)))).ahead
    ]
    assert "Level A, standard price" in labels
    assert "Level B, standard price" not in labels


def home(**fields):
    defaults = {"evidence": evidence(), "standard_cents": 289_500, "tuition_is_open": True}
    return Home(edition=Edition(), feed_token="", documents=(), **defaults | fields)


def test_the_whole_way_is_added_up_with_the_supervisor_kept_apart():
    edition = Edition()
    rows = overview.money_of(home()).ahead
    assert [row["value"] for row in rows] == [
        "USD 2,895",
        "USD 1,495",
        "USD 500",
        "USD 750",
        "USD 1,800",
        "USD 7,440",
    ]
    assert rows[4]["note"] == f"{edition.all_supervision_sessions} sessions at the standard rate"


def test_figures_come_from_the_edition():
    changed = home()
    changed.edition.review_fee_cents = 100_000
    assert overview.money_of(changed).ahead[3]["value"] == "USD 1,000"


def test_what_is_charged_already_is_not_to_come():
    paid = owed(paid_cents=200_000, due_cents=89_500)
    account = overview.money_of(home(evidence=evidence(charges=(paid,)), tuition_is_open=False))
    assert [row["value"] for row in account.now] == ["USD 2,000", "USD 895"]
    assert account.ahead[0]["value"] == "USD 1,495"
    assert account.owed == (paid,)
