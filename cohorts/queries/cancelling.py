"""What giving up a place means in money and people: read only, for pages and letters."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from cohorts.models import Application, Cohort, Enrolment, Session
from payments.models import Charge, Checkout, Dispute, Payment
from payments.queries import Balance
from payments.services import Cancellation, Transferral, with_origins
from scip.formats import money
from scip.policy.models import Edition


def ways_in_words(done: Cancellation | Transferral) -> list[str]:
    """By which way, and roughly when (by the Edition in force), the money comes back; one
    sentence each."""
    cents: Counter[str] = Counter()
    for way in done.ways:
        is_online = way.payment.method == Payment.Method.STRIPE
        cents["online" if is_online else "by hand"] += way.cents
    cents["held"] = done.waits_cents
    edition = Edition.objects.in_force()
    sentences = {
        "online": _(
            "{amount} goes back the way you paid online. Most banks show it within {bank} days."
        ),
        "by hand": _(
            "{amount} came by transfer or cheque: the office sends it back by hand, usually "
            "within {hand} days, and asks you if it needs to know where to."
        ),
        "held": _(
            "{amount} is with a bank in a dispute, so it waits: once the bank has decided, it comes "
            "back to you from the bank or from us."
        ),
    }
    return [
        sentence.format(
            amount=money(cents[way], done.currency),
            bank=edition.bank_return_days,
            hand=edition.hand_return_days,
        )
        for way, sentence in sentences.items()
        if cents[way] > 0
    ]


def is_money_on_its_way(enrolment: Enrolment) -> bool:
    """Is a payment for this place being carried out by a bank just now?"""
    parts = Q(charge=enrolment.charge_id) | Q(charge__part_of=enrolment.charge_id)
    return Checkout.objects.filter(parts, state=Checkout.State.PENDING).exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortPlan:
    """What cancelling a cohort would mean now: people by where they stand, and money."""

    confirmed: int
    unpaid: int
    offered: int
    waiting: int
    applied: int
    drafts: int
    sessions: int
    back: tuple[str, ...]
    waits: tuple[str, ...]

    @property
    def people(self) -> int:
        """Everybody who gets a letter."""
        return (
            self.confirmed + self.unpaid + self.offered + self.waiting + self.applied + self.drafts
        )


def plan_cohort_cancellation(cohort: Cohort, *, now: datetime) -> CohortPlan:
    """Count people, sessions and the money that would go back; five queries."""
    state = Application.State
    applications = Counter(
        Application.objects.filter(cohort=cohort, state__in=Application.ALIVE).values_list(
            "state", flat=True
        )
    )
    places = Counter(Enrolment.objects.filter(cohort=cohort).values_list("state", flat=True))
    back, waits = money_back(cohort)
    ahead = Session.objects.filter(cohort=cohort, state=Session.State.PLANNED, ends_at__gt=now)
    return CohortPlan(
        confirmed=places[Enrolment.State.CONFIRMED],
        unpaid=places[Enrolment.State.AWAITING_PAYMENT],
        offered=applications[state.OFFERED],
        waiting=applications[state.WAITING_LIST],
        applied=applications[state.SUBMITTED] + applications[state.INFO_NEEDED],
        drafts=applications[state.DRAFT],
        sessions=ahead.count(),
        back=back,
        waits=waits,
    )


def money_back(cohort: Cohort) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What people have paid for places they hold, by currency: what goes back at once, and what
    waits until a bank has decided a dispute."""
    held = [Enrolment.State.AWAITING_PAYMENT, Enrolment.State.CONFIRMED]
    mine = Q(enrolment__cohort=cohort, enrolment__state__in=held)
    later = Q(part_of__enrolment__cohort=cohort, part_of__enrolment__state__in=held)
    charges = list(Charge.objects.filter(mine | later, cancelled_at=None).with_sums())
    # A bank may also hold what somebody paid for another place and brought along.
    paid_for = with_origins(charge.pk for charge in charges)
    undecided = Dispute.objects.filter(charge__in=paid_for, state__in=Dispute.UNDECIDED)
    disputed: Counter[int] = Counter()
    for pk, cents in undecided.values_list("charge", "amount_cents"):
        disputed[paid_for[pk]] += cents
    back: Counter[str] = Counter()
    waits: Counter[str] = Counter()
    for charge in charges:
        cents = Balance.of(charge).held_cents
        stuck = min(disputed[charge.pk], cents)
        back[charge.currency] += cents - stuck
        waits[charge.currency] += stuck
    return written(back), written(waits)


def written(cents: Counter[str]) -> tuple[str, ...]:
    """Amounts by currency in words, without those of nothing."""
    return tuple(money(amount, currency) for currency, amount in sorted(cents.items()) if amount)
