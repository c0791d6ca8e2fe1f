"""Disputes: the payer's bank asks for money back, and Stripe tells us in any order."""

import itertools
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from payments import services
from payments.models import Charge, Dispute, LedgerLine, SandboxEvent, SandboxObject, StripeEvent
from payments.sandbox import desk
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove, lock, move
from tests.payments.conftest import Till, post_event

State = Dispute.State


@pytest.fixture
def paid(till: Till) -> Till:
    services.ask_stripe(till.pay())
    SandboxEvent.objects.all().delete()
    return till


def dispute_of(till: Till, **fields) -> dict:
    return desk.open_dispute(till.charge.payments.get().reference, 289_500, **fields)


def kinds(till: Till) -> list[tuple[str, str, str]]:
    lines = LedgerLine.objects.filter(charge=till.charge, kind__startswith="dispute")
    return list(lines.order_by("posted_at", "kind").values_list("kind", "debit", "credit"))


def test_a_dispute_is_taken_in_flagged_and_holds_the_money(paid, staff):
    theirs = dispute_of(paid)
    paid.tell()
    dispute = Dispute.objects.get()
    assert (dispute.reference, dispute.state, dispute.amount_cents, dispute.reason) == (
        theirs["id"],
        State.OPEN,
        289_500,
        "fraudulent",
    )
    assert dispute.answer_by is not None
    assert list(Charge.objects.needing_a_look()) == [paid.charge]
    assert kinds(paid) == [("dispute", "disputed", "stripe")]
    with pytest.raises(Refusal, match="holds this money"):
        services.return_money(paid.charge, cents=100, by=staff, reason="Kindness")


def test_an_inquiry_takes_nothing_until_it_escalates(paid):
    theirs = dispute_of(paid, is_inquiry=True)
    paid.tell()
    assert Dispute.objects.get().state == State.INQUIRY
    assert kinds(paid) == []
    desk.escalate_dispute(theirs["id"])
    paid.tell()
    assert Dispute.objects.get().state == State.OPEN
    assert kinds(paid) == [("dispute", "disputed", "stripe")]


def test_an_inquiry_that_closes_leaves_the_books_alone(paid):
    theirs = dispute_of(paid, is_inquiry=True)
    desk.close_dispute(theirs["id"], "warning_closed")
    paid.tell()
    assert Dispute.objects.get().state == State.CLOSED
    assert kinds(paid) == []


@pytest.mark.parametrize(
    ("status", "state", "lost", "line"),
    [
        ("won", State.WON, 0, ("dispute_won", "stripe", "disputed")),
        ("lost", State.LOST, 289_500, ("dispute_lost", "receivable", "disputed")),
    ],
)
def test_however_it_ends_the_office_looks_and_the_books_balance(
    paid, staff, status, state, lost, line
):
    theirs = dispute_of(paid)
    paid.tell()
    services.mark_looked_at(paid.charge, by=staff, note="Answered")
    desk.close_dispute(theirs["id"], status)
    paid.tell()
    dispute = Dispute.objects.get()
    assert (dispute.state, dispute.looked_at) == (state, None)
    assert list(Charge.objects.needing_a_look()) == [paid.charge]
    assert services.balance(paid.charge).lost_cents == lost
    assert services.balance(paid.charge).due_cents == lost
    assert kinds(paid) == [("dispute", "disputed", "stripe"), line]


def letters_of(till: Till) -> list[Letter]:
    rows = Letter.objects.filter(to_user=till.charge.user, dedupe_key__startswith="dispute-")
    return list(rows.order_by("pk"))


def test_whoever_loses_is_told_what_is_owed_and_what_to_do_and_when_it_is_over(paid):
    theirs = dispute_of(paid)
    desk.close_dispute(theirs["id"], "lost")
    for _copy in range(2):
        paid.tell()
    (letter,) = letters_of(paid)
    assert letter.subject == "Your bank took USD 2,895 back"
    assert "So USD 2,895 is open again. Nothing happens by itself" in letter.text
    assert paid.charge.reference in letter.text
    assert f"/payments/{paid.charge.pk}/" in letter.text
    desk.close_dispute(theirs["id"], "won")
    services.reconcile(now=timezone.now() + timedelta(days=10))
    assert [row.subject for row in letters_of(paid)][1:] == [
        "The USD 2,895 that your bank had taken back is here again"
    ]
    assert "Nothing is open any more" in letters_of(paid)[1].text


def test_whoever_owes_nothing_any_more_is_asked_for_nothing(paid, staff):
    services.cancel_charge(
        paid.charge, by=staff, reason="Stepped back", refund_cents=0, now=timezone.now()
    )
    theirs = dispute_of(paid)
    desk.close_dispute(theirs["id"], "lost")
    paid.tell()
    (letter,) = letters_of(paid)
    assert "Nothing is asked of you" in letter.text
    assert "open again" not in letter.text


def test_the_letter_names_the_charge_that_the_money_pays_for_now(paid, staff, make_charge):
    to = make_charge(paid.charge.user, description="Autumn: tuition")
    services.replace_charge(paid.charge, to, by=staff, reason="Moved to autumn")
    theirs = dispute_of(paid)
    desk.close_dispute(theirs["id"], "lost")
    paid.tell()
    (letter,) = letters_of(paid)
    assert "Autumn: tuition" in letter.text
    assert to.reference in letter.text


def test_nobody_is_written_to_about_a_case_that_is_won(paid):
    theirs = dispute_of(paid)
    desk.close_dispute(theirs["id"], "won")
    paid.tell()
    assert letters_of(paid) == []


def test_one_heard_of_only_when_it_was_lost_shows_both_lines(paid):
    theirs = dispute_of(paid)
    desk.close_dispute(theirs["id"], "lost")
    paid.post(paid.events()[-1])
    services.handle_event(paid.events()[-1]["id"])
    assert {kind for kind, _, _ in kinds(paid)} == {"dispute", "dispute_lost"}


def test_any_order_of_its_events_ends_in_one_state(paid):
    theirs = dispute_of(paid, is_inquiry=True)
    desk.escalate_dispute(theirs["id"])
    desk.close_dispute(theirs["id"], "won")
    bodies = paid.events()
    assert [body["type"].removeprefix("charge.dispute.") for body in bodies] == [
        "created",
        "funds_withdrawn",
        "updated",
        "funds_reinstated",
        "closed",
    ]
    ends = set()
    for order in itertools.islice(itertools.permutations(range(5)), 0, None, 11):
        StripeEvent.objects.all().delete()
        for number in (*order, order[-1]):
            assert post_event(bodies[number]) == 200
            services.handle_event(bodies[number]["id"])
        ends.add((Dispute.objects.get().state, tuple(kinds(paid))))
    assert len(ends) == 1
    assert ends.pop()[0] == State.WON


def test_without_events_the_reconciler_finds_and_follows_it(paid):
    theirs = dispute_of(paid)
    assert services.reconcile().found == [f"dispute {Dispute.objects.get().pk}: open"]
    desk.close_dispute(theirs["id"], "lost")
    assert services.reconcile().changed == [f"dispute {Dispute.objects.get().pk}: open → lost"]
    assert services.reconcile().is_even


def test_a_case_that_is_reopened_is_noticed_within_a_day(paid):
    theirs = dispute_of(paid)
    desk.close_dispute(theirs["id"], "won")
    services.reconcile()
    desk.close_dispute(theirs["id"], "lost")
    report = services.reconcile(now=timezone.now() + timedelta(days=10))
    assert report.changed[0].endswith("won → lost")


def test_a_word_that_we_do_not_know_changes_nothing_and_is_reported(paid):
    theirs = dispute_of(paid)
    paid.tell()
    row = SandboxObject.objects.get(object_id=theirs["id"])
    row.body["status"] = "something_new"
    row.save()
    report = services.reconcile()
    assert Dispute.objects.get().state == State.OPEN
    assert len(report.differs) == 1


def test_the_table_refuses_what_cannot_happen(paid):
    dispute_of(paid)
    paid.tell()
    with pytest.raises(IllegalMove), transaction.atomic():
        move(lock(Dispute.objects.get()), State.INQUIRY, by=None)
