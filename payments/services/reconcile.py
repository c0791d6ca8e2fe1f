"""Asking Stripe about everything that is still under way, and about what it has that no event
told us: the guarantee behind the webhook."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import stripe
from django.core.cache import cache
from django.db.models import F, Q
from django.utils import timezone

from payments.models import Checkout, Dispute, Payment, Refund
from payments.services.checkouts import ask_stripe
from payments.services.disputes import (
    ask_dispute,
    disputes_at_stripe,
    meaning,
    take_in_dispute,
)
from payments.services.stripe_refunds import (
    MEANING,
    MOST,
    NotOurs,
    ask_refund,
    refunds_at_stripe,
    take_in_refund,
)
from scip.formats import money

logger = logging.getLogger(__name__)

# Refunds come back and disputes are reopened for weeks; these are asked about once a day.
LATE_NEWS = timedelta(days=90)
ONCE_A_DAY = timedelta(days=1)
# How far the listing goes back before the last one; and the first time, or when that is lost.
OVERLAP = timedelta(days=1)
FIRST_LOOK = timedelta(days=30)
LISTED = "payments.listed_at"


@dataclass(slots=True)
class Report:
    """What a run found, in lines.

    ``changed``: was put right here. ``found``: Stripe had it and no event had told us, taken
    in now. ``differs``: does not agree and needs a person. ``unanswered``: could not be asked.
    """

    asked: int = 0
    listed: int = 0
    changed: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    @property
    def is_even(self) -> bool:
        """Our books and Stripe's agree (now)."""
        return not (self.differs or self.unanswered)


class Away(Exception):
    """Stripe cannot be reached: the run ends, the next one goes on."""


def reconcile(now: datetime | None = None, *, limit: int = 500) -> Report:
    """Ask Stripe about checkouts, refunds and disputes under way, those longest not asked
    about first; then list its refunds and disputes since the last run.

    One that cannot be asked is reported and does not hold up the others; when Stripe cannot
    be reached at all the run ends, the next one goes on. Call it outside a transaction.
    """
    now = now or timezone.now()
    report = Report()
    try:
        for name, row, ask in under_way(now, limit):
            _ask_about(name, row, ask, report, now)
        _list_both(report, now)
    except Away:
        logger.warning("Stripe cannot be reached; the next run goes on")
    for line in report.differs:
        logger.error("Our books and Stripe's differ: %s", line)
    return report


def under_way(
    now: datetime, limit: int
) -> Iterator[tuple[str, Any, Callable[..., Checkout | Refund | Dispute]]]:
    """What may still change at Stripe: name, row, and how to ask about it."""
    longest_ago = (F("asked_at").asc(nulls_first=True), "pk")
    not_today = Q(asked_at=None) | Q(asked_at__lte=now - ONCE_A_DAY)
    checkouts = Checkout.objects.under_way().select_related("charge")
    refunds = Refund.objects.filter(
        Q(state__in=[Refund.State.REQUESTED, Refund.State.SENT])
        | Q(not_today, state=Refund.State.DONE, done_at__gt=now - LATE_NEWS),
        payment__method=Payment.Method.STRIPE,
    ).select_related("charge")
    disputes = Dispute.objects.filter(
        Q(state__in=Dispute.UNDECIDED) | Q(not_today, opened_at__gt=now - LATE_NEWS)
    ).select_related("charge")
    for checkout in checkouts.order_by(*longest_ago)[:limit]:
        yield "checkout", checkout, ask_stripe
    for refund in refunds.order_by(*longest_ago)[:limit]:
        yield "refund", refund, ask_refund
    for dispute in disputes.order_by(*longest_ago)[:limit]:
        yield "dispute", dispute, ask_dispute


def _ask_about(
    name: str,
    row: Any,
    ask: Callable[..., Checkout | Refund | Dispute],
    report: Report,
    now: datetime,
) -> None:
    report.asked += 1
    try:
        followed = ask(row, now=now)
    except stripe.APIConnectionError as error:
        report.unanswered.append(f"{name} {row.pk}: {type(error).__name__}")
        raise Away from error
    except stripe.StripeError as error:
        logger.warning("Stripe has no answer about %s %s: %s", name, row.pk, error)
        report.unanswered.append(f"{name} {row.pk}: {type(error).__name__}")
        type(row).objects.filter(pk=row.pk).update(asked_at=now)
        return
    if followed.state != row.state:
        report.changed.append(f"{name} {row.pk}: {row.state} → {followed.state}")
    elif row.state == Refund.State.REQUESTED and name == "refund":
        report.unanswered.append(f"refund {row.pk}: Stripe has not taken it yet")


def _list_both(report: Report, now: datetime) -> None:
    """Look through Stripe's own refunds and disputes; where the last look ended is kept in
    the cache (lost there, a longer look is taken)."""
    since = cache.get(LISTED, now - FIRST_LOOK) - OVERLAP
    window: Any = {"created": {"gte": int(since.timestamp())}}
    try:
        refunds, disputes = refunds_at_stripe(window), disputes_at_stripe(window)
        for refund in refunds:
            _compare_refund(refund, report, now)
        for dispute in disputes:
            _compare_dispute(dispute, report, now)
    except stripe.StripeError as error:
        report.unanswered.append(f"list: {type(error).__name__}")
        return
    if MOST in (len(refunds), len(disputes)):
        report.unanswered.append(f"list: more than {MOST} since {since:%Y-%m-%d}")
    cache.set(LISTED, now, timeout=None)


def _compare_refund(theirs: stripe.Refund, report: Report, now: datetime) -> None:
    report.listed += 1
    known = Refund.objects.filter(reference=theirs.id).first()
    before = known.state if known else ""
    try:
        # What agrees is left alone; only news costs locks.
        agrees = known is not None and MEANING.get(theirs.status or "") == before
        refund = known if agrees else take_in_refund(theirs, now=now)
    except NotOurs:
        return
    if refund is None:
        report.differs.append(f"{theirs.id}: Stripe's refund of a payment that is not known here")
        return
    _note("refund", refund, before, is_new=known is None, report=report)
    wanted = MEANING.get(theirs.status or "", refund.state)
    is_same_money = (theirs.amount, theirs.currency.upper()) == (
        refund.amount_cents,
        refund.currency,
    )
    if refund.state != wanted or not is_same_money:
        report.differs.append(
            f"refund {refund.pk}: {refund.state} {refund} here, "
            f"{theirs.status} {theirs.amount} {theirs.currency} at Stripe"
        )


def _compare_dispute(theirs: stripe.Dispute, report: Report, now: datetime) -> None:
    report.listed += 1
    known = Dispute.objects.filter(reference=theirs.id).first()
    before = known.state if known else ""
    try:
        agrees = known is not None and meaning(theirs) == before
        dispute = known if agrees else take_in_dispute(theirs, now=now)
    except NotOurs:
        return
    if dispute is None:
        report.differs.append(f"{theirs.id}: Stripe's dispute of a payment that is not known here")
        return
    _note("dispute", dispute, before, is_new=known is None, report=report)
    is_same_money = (theirs.amount, theirs.currency.upper()) == (
        dispute.amount_cents,
        dispute.currency,
    )
    if dispute.state != meaning(theirs) or not is_same_money:
        report.differs.append(
            f"dispute {dispute.pk}: {dispute.state} {money(dispute.amount_cents, dispute.currency)} "
            f"here, {theirs.status} {theirs.amount} {theirs.currency} at Stripe"
        )


def _note(name: str, row: Refund | Dispute, before: str, *, is_new: bool, report: Report) -> None:
    if is_new:
        report.found.append(f"{name} {row.pk}: {row.state}")
    elif row.state != before:
        report.changed.append(f"{name} {row.pk}: {before} → {row.state}")
