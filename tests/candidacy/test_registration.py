"""Attesting, registering, paying, putting back, withdrawing: through the services."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from certification.candidacy.models import Attestation, Candidacy
from certification.candidacy.queries import current_candidacy, edition_of, standing_of
from certification.candidacy.services import (
    attest,
    begin,
    close_candidacy,
    register,
    registration_paid,
    set_back,
    withdraw,
)
from certification.candidacy.services.reminders import remind_of_fees
from payments.models import Charge, Checkout, Settlement
from payments.services import (
    agree_instalments,
    cancel_charge,
    dispatch_settlement,
    extend_due,
    sweep_settlements,
)
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.states import IllegalMove, move
from tests import world
from tests.candidacy import walking

pytestmark = pytest.mark.django_db
State = Candidacy.State


@pytest.fixture
def settles(django_capture_on_commit_callbacks):
    """Pay, and let happen what follows the commit."""

    def pay(candidacy, **fields):
        with django_capture_on_commit_callbacks(execute=True):
            walking.pay(candidacy, **fields)
        candidacy.refresh_from_db()
        return candidacy

    return pay


def keys(user) -> list[str]:
    """Occasions of the person's letters, without the numbers in them."""
    found = Letter.objects.filter(to_user=user, dedupe_key__startswith="candidacy")
    return sorted(
        ":".join(part for part in key.split(":") if not part[:1].isdigit())
        for key in found.values_list("dedupe_key", flat=True)
    )


def test_every_word_is_a_row_of_its_own_and_the_latest_counts(applicant, edition):
    walking.give_word(applicant, 20, 4)
    walking.give_word(applicant, 25, 5)
    rows = Attestation.objects.all()
    assert [(row.client_sessions, row.clients) for row in rows] == [(25, 5), (20, 4)]
    assert {row.wording for row in rows} == {walking.SENTENCE}
    standing = standing_of(applicant, on=timezone.localdate())
    assert standing.attestation is not None
    assert (standing.attestation.client_sessions, standing.attestation.clients) == (25, 5)
    assert Candidacy.objects.count() == 1


@pytest.mark.parametrize(("sessions", "clients"), [(23, 4), (24, 3), (1, 1)])
def test_while_the_fee_waits_the_word_can_not_fall_below_the_gate(
    applicant, staff, settles, sessions, clients
):
    candidacy = walking.waiting(applicant, staff)
    with pytest.raises(Refusal, match="rests on what you attested: at least 24 sessions"):
        walking.give_word(applicant, sessions, clients)
    assert candidacy.attestations.get().client_sessions == 24
    walking.give_word(applicant, 30, 5)
    set_back(candidacy, by=applicant)
    walking.give_word(applicant, sessions, clients)
    with pytest.raises(Refusal, match="Something is still open"):
        register(candidacy, by=applicant)


def test_a_word_once_given_is_never_changed(applicant, edition):
    walking.give_word(applicant)
    with pytest.raises(DatabaseError), transaction.atomic():
        Attestation.objects.update(client_sessions=99)


@pytest.mark.parametrize(
    ("sessions", "clients", "name"), [(3, 4, "Ana"), (0, 0, "Ana"), (24, 4, "  ")]
)
def test_figures_that_cannot_be_and_an_empty_name_are_refused(
    applicant, edition, sessions, clients, name
):
    with pytest.raises(Refusal):
        attest(applicant, client_sessions=sessions, clients=clients, wording="So.", name_typed=name)
    assert not Attestation.objects.exists()


def test_what_is_missing_is_named_and_nothing_is_charged(applicant, staff):
    candidacy = walking.ready(applicant, staff)
    applicant.prerequisites.filter(kind="insurance").update(expires_on=date(2020, 1, 1))
    with pytest.raises(Refusal) as refusal:
        register(candidacy, by=applicant)
    assert [item.code for item in refusal.value.findings] == ["insurance"]
    assert not Charge.objects.exists()


def test_registering_asks_for_the_fee_of_the_edition_and_says_what_never_comes_back(
    applicant, staff
):
    candidacy = walking.waiting(applicant, staff)
    charge = candidacy.charge
    assert candidacy.state == State.AWAITING_PAYMENT
    assert (charge.purpose, charge.amount_cents) == ("certification_registration", 50_000)
    assert charge.refund_steps == []
    assert "not refunded" in charge.refund_terms[0]
    assert register(candidacy, by=applicant).charge_id == charge.pk
    assert Charge.objects.count() == 1


def test_nobody_registers_somebody_else(applicant, staff):
    with pytest.raises(Refusal):
        register(walking.ready(applicant, staff), by=staff)


def test_the_settled_fee_pins_the_edition_of_that_day(applicant, staff, settles):
    candidacy = walking.waiting(applicant, staff)
    newer = Edition.objects.create(
        name="Second edition", in_force_from=timezone.localdate(), registration_fee_cents=60_000
    )
    candidacy = settles(candidacy)
    assert candidacy.state == State.ACTIVE
    assert candidacy.edition == newer
    assert Settlement.objects.get().claimed_as == "candidacy.registration"
    assert keys(applicant) == ["candidacy:registered"]
    assert Entry.objects.filter(action="candidacy.active", subject_id=applicant.pk).count() == 1
    # A third edition changes nothing for somebody who is registered.
    Edition.objects.create(name="Third", in_force_from=timezone.localdate() + timedelta(days=1))
    later = timezone.localdate() + timedelta(days=400)
    assert edition_of(current_candidacy(applicant), on=later) == newer


def test_the_day_of_the_settlement_counts_even_if_it_is_claimed_later(applicant, staff):
    candidacy = walking.waiting(applicant, staff)
    first = candidacy.charge
    settlement = Settlement.objects.create(
        charge=first, settled_at=datetime(2026, 5, 1, 23, tzinfo=UTC)
    )
    Edition.objects.create(name="Second edition", in_force_from=date(2026, 5, 2))
    assert registration_paid(first, settlement)
    candidacy.refresh_from_db()
    assert candidacy.edition.name == "First edition"
    assert candidacy.active_at == settlement.settled_at


def test_a_settlement_told_twice_changes_nothing(applicant, staff, settles):
    candidacy = settles(walking.waiting(applicant, staff))
    settlement = Settlement.objects.get()
    assert dispatch_settlement(settlement.pk) is None
    assert registration_paid(candidacy.charge, settlement)
    candidacy.refresh_from_db()
    assert candidacy.state == State.ACTIVE
    assert keys(applicant) == ["candidacy:registered"]


def test_without_a_fee_registering_is_enough(applicant, staff, django_capture_on_commit_callbacks):
    candidacy = walking.ready(applicant, staff)
    Edition.objects.update(registration_fee_cents=0)
    with django_capture_on_commit_callbacks(execute=True):
        register(candidacy, by=applicant)
    candidacy.refresh_from_db()
    assert candidacy.state == State.ACTIVE


def test_put_back_keeps_everything_and_can_be_registered_anew(applicant, staff, settles):
    candidacy = walking.waiting(applicant, staff)
    old = candidacy.charge
    candidacy = set_back(candidacy, by=applicant)
    assert candidacy.state == State.PREPARING
    assert set_back(candidacy, by=applicant).state == State.PREPARING
    old.refresh_from_db()
    assert old.cancelled_at is not None
    assert keys(applicant) == []
    again = register(candidacy, by=applicant)
    assert again.charge_id != old.pk
    assert settles(again).state == State.ACTIVE


def test_the_office_puts_back_with_a_letter(applicant, staff):
    set_back(walking.waiting(applicant, staff), by=staff)
    assert keys(applicant) == ["candidacy:set-back"]


def test_a_charge_that_the_office_cancelled_can_be_put_back(applicant, staff):
    candidacy = walking.waiting(applicant, staff)
    cancel_charge(candidacy.charge, by=staff, reason="A mistake.")
    assert set_back(candidacy, by=applicant).state == State.PREPARING


@pytest.mark.parametrize("step", [set_back, withdraw])
def test_once_money_is_there_nobody_steps_back(applicant, staff, step):
    candidacy = walking.waiting(applicant, staff)
    walking.pay(candidacy, cents=20_000)
    with pytest.raises(Refusal):
        step(candidacy, by=applicant)
    candidacy.refresh_from_db()
    assert candidacy.state == State.AWAITING_PAYMENT


@pytest.mark.parametrize("step", [set_back, withdraw])
def test_money_that_comes_afterwards_is_kept_and_flagged(applicant, staff, settles, step):
    candidacy = walking.waiting(applicant, staff)
    step(candidacy, by=applicant)
    settles(candidacy)
    settlement = Settlement.objects.get()
    assert settlement.claimed_as == "candidacy.registration"
    assert settlement.flag == "registration_taken_back"
    assert "candidacy:paid-late" in keys(applicant)
    assert candidacy.edition is None


def test_money_for_an_old_charge_does_not_confirm_the_new_one(applicant, staff, settles):
    candidacy = walking.waiting(applicant, staff)
    old = candidacy.charge
    candidacy = register(set_back(candidacy, by=applicant), by=applicant)
    new = candidacy.charge
    candidacy.charge = old
    settles(candidacy)
    candidacy.refresh_from_db()
    assert (candidacy.state, candidacy.charge_id) == (State.AWAITING_PAYMENT, new.pk)
    assert Settlement.objects.get(charge=old).flag == "registration_taken_back"


def test_the_first_instalment_registers_and_later_ones_are_claimed(
    applicant, staff, django_capture_on_commit_callbacks
):
    candidacy = walking.waiting(applicant, staff)
    later = candidacy.charge.due_at + timedelta(days=30)
    first, second = agree_instalments(candidacy.charge, later=[(20_000, later)], by=staff)
    for charge, cents in ((first, 30_000), (second, 20_000)):
        candidacy.charge = charge
        with django_capture_on_commit_callbacks(execute=True):
            walking.pay(candidacy, cents=cents, reference=f"T-{charge.pk}")
    candidacy.refresh_from_db()
    assert (candidacy.state, candidacy.charge_id) == (State.ACTIVE, first.pk)
    claims = Settlement.objects.order_by("pk").values_list("claimed_as", "flag")
    assert list(claims) == [("candidacy.registration", ""), ("candidacy.instalment", "")]


def test_other_charges_are_not_claimed(applicant, edition):
    charge = Charge.objects.create(
        user=applicant,
        purpose="something_else",
        description="Review",
        amount_cents=100,
        due_at=timezone.now(),
    )
    settlement = Settlement.objects.create(charge=charge, settled_at=timezone.now())
    assert dispatch_settlement(settlement.pk) is None
    assert sweep_settlements() == [settlement.pk]


def test_withdrawing_keeps_the_facts_and_the_answer(applicant, staff):
    candidacy = world.make_candidacy(applicant)
    withdraw(candidacy, by=applicant, reason=" Too far. ")
    withdraw(candidacy, by=applicant, reason="Twice.")
    candidacy.refresh_from_db()
    assert (candidacy.state, candidacy.close_reason) == (State.WITHDRAWN, "Too far.")
    assert candidacy.charge.cancelled_at is None
    assert keys(applicant) == ["candidacy:withdrawn"]
    assert current_candidacy(applicant) is None
    # Another beginning is a row of its own.
    assert begin(applicant).pk != candidacy.pk


def test_nobody_withdraws_somebody_else(applicant, staff):
    with pytest.raises(Refusal):
        withdraw(world.make_candidacy(applicant), by=staff)


def test_the_office_closes_it_with_a_reason_that_the_person_reads(applicant, staff, stranger):
    candidacy = world.make_candidacy(applicant)
    for who, reason in ((applicant, "Mine."), (stranger, "So."), (staff, " ")):
        with pytest.raises(Refusal):
            close_candidacy(candidacy, by=who, reason=reason)
    close_candidacy(candidacy, by=staff, reason=" As we said on the telephone. ")
    close_candidacy(candidacy, by=staff, reason="Twice.")
    candidacy.refresh_from_db()
    assert (candidacy.state, candidacy.closed_by, candidacy.close_reason) == (
        State.CLOSED,
        staff,
        "As we said on the telephone.",
    )
    letter = Letter.objects.get(dedupe_key=f"candidacy:{candidacy.pk}:closed")
    assert (letter.to_address, "on the telephone." in letter.text) == (applicant.email, True)


@pytest.mark.parametrize("state", [State.PREPARING, State.AWAITING_PAYMENT, State.WITHDRAWN])
def test_what_is_not_registered_is_not_closed(applicant, staff, state):
    with pytest.raises(IllegalMove):
        close_candidacy(world.make_candidacy(applicant, state), by=staff, reason="So.")


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("to", State.values)
def test_only_the_table_s_steps_are_walked(applicant, edition, state, to):
    candidacy = world.make_candidacy(applicant, state)
    # What the database asks for together with the state.
    candidacy.close_reason = "So."
    candidacy.edition = edition
    candidacy.active_at = candidacy.active_at or timezone.now()
    if candidacy.charge is None:
        candidacy.charge = Charge.objects.create(
            user=applicant, purpose="x", description="x", amount_cents=1, due_at=timezone.now()
        )
    candidacy.save(update_fields=["close_reason", "edition", "charge", "active_at"])
    if to in Candidacy.TRANSITIONS.get(state, ()):
        move(candidacy, to, by=applicant)
        assert candidacy.state == to
        return
    with pytest.raises(IllegalMove):
        move(candidacy, to, by=applicant)


def test_the_database_keeps_one_candidacy_alive_and_registered_ones_pinned(applicant, edition):
    candidacy = world.make_candidacy(applicant)
    with pytest.raises(DatabaseError), transaction.atomic():
        Candidacy.objects.create(user=applicant)
    with pytest.raises(DatabaseError), transaction.atomic():
        Candidacy.objects.filter(pk=candidacy.pk).update(edition=None)


class TestReminders:
    def due(self, candidacy, now):
        charge = candidacy.charge
        Charge.objects.filter(pk=charge.pk).update(due_at=now)
        charge.refresh_from_db()

    def test_one_before_the_day_and_one_after_it(self, applicant, staff):
        candidacy = walking.waiting(applicant, staff)
        due_at = candidacy.charge.due_at
        for days in (-4, -3, -2, 0, 1, 13, 15):
            remind_of_fees(due_at + timedelta(days=days))
        assert keys(applicant) == ["candidacy:late", "candidacy:soon"]

    def test_none_for_money_on_its_way_or_paid(self, applicant, staff, settles):
        candidacy = walking.waiting(applicant, staff)
        checkout = Checkout.objects.create(
            charge=candidacy.charge,
            state=Checkout.State.PENDING,
            amount_cents=50_000,
            currency="USD",
            idempotency_key=uuid.uuid4(),
            expires_at=timezone.now() + timedelta(days=1),
        )
        now = candidacy.charge.due_at
        assert remind_of_fees(now) == 0
        checkout.delete()
        settles(candidacy)
        assert remind_of_fees(now) == 0

    def test_a_day_that_the_office_moved_brings_its_reminder_again(self, applicant, staff):
        candidacy = walking.waiting(applicant, staff)
        assert remind_of_fees(candidacy.charge.due_at) == 1
        extend_due(
            candidacy.charge,
            due_at=candidacy.charge.due_at + timedelta(days=30),
            by=staff,
            reason="Asked for it.",
        )
        candidacy.charge.refresh_from_db()
        assert remind_of_fees(candidacy.charge.due_at) == 1
