"""The honest total: levels, what is paid, due and to come, and the supervisor kept apart."""

from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse

from payments.models import Charge
from payments.services import add_gift
from scip.pathway.costs import Costs, costs_of
from scip.pathway.evidence import Evidence
from scip.pathway.queries import Home
from scip.policy.models import Edition
from tests import world
from tests.pathway.rows import make_charge, make_place, pay
from tests.pathway.test_next_step import owed

A = "tuition_level_a"


def costs(
    *charges: object, completed: dict[str, date] | None = None, is_open: bool = True
) -> Costs:
    return costs_of(
        Home(
            evidence=Evidence(charges=charges, completed=completed or {}),  # type: ignore[arg-type]
            edition=Edition(),
            feed_token="",
            documents=(),
            standard_cents=289_500,
            tuition_is_open=is_open,
        )
    )


def test_before_anything_is_paid_all_of_it_is_to_come():
    found = costs()
    assert [level.letter for level in found.levels] == ["A", "B", "C"]
    assert (found.paid_cents, found.due_cents) == (0, 0)
    assert found.to_cmsc_cents == 289_500 + 149_500 + 50_000 + 75_000
    assert found.to_supervisor_cents == 180_000


def test_what_goes_to_a_supervisor_is_in_no_sum_of_cmsc():
    edition = Edition(supervision_fee_cents=1)
    home = Home(
        evidence=Evidence(),
        edition=edition,
        feed_token="",
        documents=(),
        standard_cents=0,
        tuition_is_open=False,
    )
    before, after = costs(is_open=False), costs_of(home)
    assert before.to_cmsc_cents == after.to_cmsc_cents
    assert (before.to_supervisor_cents, after.to_supervisor_cents) == (180_000, 10)


def test_a_level_counts_what_was_paid_and_what_is_due():
    charge = owed(purpose=A, paid_cents=100_000, refunded_cents=10_000, due_cents=189_500)
    found = costs(charge, is_open=False)
    level = found.levels[0]
    assert (found.paid_cents, found.due_cents, level.total_cents) == (90_000, 189_500, 279_500)


def test_a_charge_for_level_b_takes_the_place_of_its_fee():
    charge = owed(purpose="tuition_level_b", due_cents=129_500)
    found = costs(charge, is_open=False)
    assert [line.label for line in found.levels[0].lines] == [charge.description]
    assert found.ahead_cents == 125_000


def test_what_was_given_up_and_came_back_is_no_cost():
    back = owed(purpose=A, is_cancelled=True, paid_cents=500, refunded_cents=500, due_cents=0)
    half = owed(purpose=A, is_cancelled=True, paid_cents=500, refunded_cents=250, due_cents=0)
    assert costs(back, is_open=False).paid_cents == 0
    found = costs(half, is_open=False)
    assert (found.paid_cents, found.levels[0].lines[0].note) == (
        250,
        "cancelled; this stays with us",
    )


def test_another_currency_is_shown_and_never_summed():
    found = costs(replace(owed(paid_cents=700), currency="EUR"), is_open=False)
    assert (found.paid_cents, len(found.others)) == (0, 1)


def test_somebody_certified_has_nothing_to_come():
    day = date(2027, 1, 1)
    found = costs(completed={"A": day, "B": day, "C": day}, is_open=False)
    assert (found.levels, found.to_supervisor, found.to_cmsc_cents) == ((), (), 0)


@pytest.mark.django_db
def test_the_page_says_who_is_paid_and_what_is_left_out(edition, participant, as_user):
    charge = make_charge(participant)
    pay(charge, 89_500)
    page = as_user(participant).get(reverse("pathway:costs")).content.decode()
    for words in (
        "USD 895 paid",
        "USD 2,000 due",
        "USD 1,800",
        "never collects",
        "silent retreat",
        "Travel",
        "liability insurance",
        "Certification fees are not refunded",
    ):
        assert words in page, words
    assert reverse("pathway:costs") in as_user(participant).get("/pathway/").content.decode()


@pytest.mark.django_db
def test_the_page_asks_the_same_for_one_and_for_three_charges(
    edition, participant, as_user, django_assert_num_queries, django_assert_max_num_queries
):
    client = as_user(participant)
    make_place(participant)
    client.get(reverse("pathway:costs"))
    with django_assert_max_num_queries(14) as first:
        client.get(reverse("pathway:costs"))
    for _ in range(2):
        make_place(participant, cohort=world.make_cohort())
    assert Charge.objects.count() == 3
    with django_assert_num_queries(len(first)):
        client.get(reverse("pathway:costs"))


@pytest.mark.django_db
def test_the_public_learns_what_was_given_only_when_there_is_any(client, edition, staff):
    assert "have given" not in client.get(reverse("pages:fees")).content.decode()
    add_gift(cents=123_400, currency="USD", reason="A friend", by=staff)
    text = " ".join(client.get(reverse("pages:fees")).content.decode().split())
    assert "people have given USD 1,234 for others’ places" in text
