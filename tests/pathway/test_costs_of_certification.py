"""What the end of the way still costs: a review after the first, and sessions that are over."""

import pytest
from django.urls import reverse

from certification.review.services.resubmitting import begin_again
from supervision.services.agreements import end_agreement
from supervision.services.fees import answer_payment, say_paid
from tests.review.committee import development, make_committee
from tests.supervision.pair import at, make_pair, walk

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
