"""What the end of the way still costs: a review after the first, and sessions that are over."""

import pytest
from django.urls import reverse

from certification.candidacy.services.closing import close_candidacy
from certification.review.services.resubmitting import begin_again
from supervision.models import Agreement
from supervision.services.agreements import end_agreement
from supervision.services.fees import answer_payment, say_paid
from supervision.services.sessions import confirm_session, correct_session
from tests import world
from tests.review.committee import development, make_committee
from tests.supervision.pair import Kind, at, held, make_pair, walk

pytestmark = pytest.mark.django_db
RE_REVIEW = {"label": "Level C: Re-review", "value": "USD 150"}
TO_SUPERVISOR = "Level C: to your supervisor, directly"


def costs(client):
    return client.get(reverse("pathway:costs")).context["costs"]


def ahead(client):
    return client.get(reverse("pathway:home")).context["money"].ahead


def review_lines(client):
    """The fees of Level C that are to come."""
    level = next(item for item in costs(client).levels if item.letter == "C")
    return [(line.label, line.ahead_cents) for line in level.lines if line.ahead_cents]


def test_a_resubmission_is_to_come_though_the_first_review_was_charged(as_user):
    committee = make_committee()
    walker = committee.walker
    client = as_user(walker.user)
    assert RE_REVIEW not in ahead(client)
    committee.sends(development())
    assert RE_REVIEW in ahead(client)
    begin_again(walker.candidacy, by=walker.user)
    assert RE_REVIEW in ahead(client)
    assert ("Re-review", 15_000) in review_lines(client)


def test_sessions_that_are_over_are_not_to_come(as_user):
    pair = make_pair()
    client = as_user(pair.candidate)
    walk(pair, 3)
    found = costs(client)
    assert [(line.over_cents, line.ahead_cents) for line in found.to_supervisor] == [
        (54_000, 0),
        (0, 90_000),
        (0, 36_000),
    ]
    assert found.to_supervisor_cents == 180_000


def test_with_all_sessions_confirmed_nothing_is_to_come(as_user):
    pair = make_pair()
    client = as_user(pair.candidate)
    assert TO_SUPERVISOR in [row["label"] for row in ahead(client)]
    walk(pair, 10)
    block = pair.agreement.fee_blocks.filter(replaced_at=None).order_by("pk").first()
    said = say_paid(block, by=pair.candidate, amount_cents=20_000, paid_on=at(2).date(), now=at(3))
    answer_payment(said, by=pair.guide, is_received=True)
    assert TO_SUPERVISOR not in [row["label"] for row in ahead(client)]
    found = costs(client)
    assert (
        found.supervisor_paid_cents,
        found.supervisor_over_cents,
        found.supervisor_ahead_cents,
    ) == (20_000, 160_000, 0)
    page = client.get(reverse("pathway:costs")).content.decode()
    assert "USD 340 for sessions that are over" in page


def directly(client):
    """The home's figure for the supervisor with how it comes about, and the page's."""
    found = [(row["value"], row["note"]) for row in ahead(client) if row["label"] == TO_SUPERVISOR]
    return found, costs(client).supervisor_ahead_cents


def test_home_and_costs_say_the_same_of_what_goes_to_a_supervisor(as_user):
    pair = make_pair(rate_cents=10_000)
    client = as_user(pair.candidate)
    agreed = "As you agreed, for the sessions that are still to be held."
    assert directly(client) == ([("USD 1,000", agreed)], 100_000)
    walk(pair, 3)
    block = pair.agreement.fee_blocks.filter(replaced_at=None).order_by("pk").first()
    said = say_paid(block, by=pair.candidate, amount_cents=20_000, paid_on=at(2).date(), now=at(3))
    answer_payment(said, by=pair.guide, is_received=True)
    assert directly(client) == ([("USD 700", agreed)], 70_000)
    end_agreement(pair.agreement, by=pair.guide, reason="Moving.")
    standard = "7 sessions at the standard rate"
    assert directly(client) == ([("USD 1,260", standard)], 126_000)
    assert (
        "agreed so far and still to agree" in client.get(reverse("pathway:costs")).content.decode()
    )


def pay_first(pair):
    """USD 200 of the first block, which both say."""
    block = pair.agreement.fee_blocks.filter(replaced_at=None).order_by("pk").first()
    said = say_paid(block, by=pair.candidate, amount_cents=20_000, paid_on=at(2).date(), now=at(3))
    answer_payment(said, by=pair.guide, is_received=True)


def test_what_a_correction_takes_from_a_completed_ledger_is_to_come_again(as_user):
    pair = make_pair()
    client = as_user(pair.candidate)
    last = walk(pair, 10)[-1]
    assert directly(client) == ([], 0)
    too_short = held(Kind.EXIT_INTERVIEW, last.started_at, 20)
    row = correct_session(last, too_short, by=pair.guide, reason="Short.", now=at(100))
    confirm_session(row, by=pair.candidate, now=at(101))
    assert pair.again().agreement.state == Agreement.State.COMPLETED
    assert directly(client) == ([("USD 180", "1 session at the standard rate")], 18_000)
    assert (
        "agreed so far and still to agree" in client.get(reverse("pathway:costs")).content.decode()
    )


def test_a_registration_that_is_over_hides_nothing_of_the_next_one(as_user, staff):
    pair = make_pair()
    client = as_user(pair.candidate)
    walk(pair, 10)
    pay_first(pair)
    assert directly(client) == ([], 0)
    close_candidacy(pair.candidacy, by=staff, reason="They asked for it.")
    world.make_candidacy(pair.candidate)
    assert directly(client) == ([("USD 1,800", "10 sessions at the standard rate")], 180_000)
    found = costs(client)
    assert (found.supervisor_paid_cents, found.is_agreed) == (0, False)


def test_with_nothing_missing_nothing_is_still_to_agree(as_user):
    pair = make_pair()
    client = as_user(pair.candidate)
    walk(pair, 10)
    pay_first(pair)
    Agreement.objects.update(state=Agreement.State.ENDED, ended_at=at(80))
    assert directly(client) == ([], 0)
    found = costs(client)
    assert (found.is_agreed, found.is_standard) == (True, False)
    page = client.get(reverse("pathway:costs")).content.decode()
    assert "still to agree" not in page
