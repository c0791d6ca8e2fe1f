"""From the first visit to a place: how somebody applies, is answered, and pays."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from cohorts.models import AidRequest, Application, Cohort, Enrolment, Offer
from cohorts.services.aid import decline_aid, grant_aid
from cohorts.services.applications import (
    answer_question,
    ask_for_information,
    decline_application,
    put_on_waiting_list,
    save_draft,
    start_application,
    submit_application,
    withdraw_application,
)
from cohorts.services.offers import accept_offer, held_tier, offer_place
from cohorts.services.places import promise_place
from payments.models import Payment, Receipt, Settlement
from payments.sandbox import desk
from payments.services import (
    agree_instalments,
    balance,
    dispatch_settlement,
    make_invoice,
    make_receipt,
    receipts,
    record_offline_payment,
    record_payment,
    start_checkout,
)
from scip.accounts.models import User
from scip.demo.people import Person
from scip.demo.world import texts
from scip.demo.world.company import DAY, HOUR, Company, bring_evidence, verify
from scip.demo.world.stage import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """How it goes for one person. ``sent`` is when the application was complete; later steps
    follow after so many days. ``fate`` is where the office's answer leads."""

    sent: datetime
    tier: str = "standard"
    fate: str = "place"
    evidence: str = "verified"
    aid: str = ""
    granted_cents: int = 0
    decided_days: float = 6
    accepted_days: float = 2
    pays: str = "online"
    paid_days: float = 1
    absences: frozenset[int] = frozenset()
    late: frozenset[int] = frozenset()
    then: Callable[[Company, Enrolment], Story] | None = field(default=None)


def joins(company: Company, person: Person, cohort: Cohort, path: Path) -> Story:
    """Account, evidence, application, and then what the path says."""
    yield path.sent - 5 * DAY
    user = company.register(person)
    yield path.sent - 4 * DAY
    records = bring_evidence(company, user)
    yield path.sent - 2 * DAY
    if path.evidence == "verified":
        verify(company, records)
    elif path.evidence == "partly":
        verify(company, records[:2])
    yield path.sent
    application = applies(company, user, cohort, path)
    if path.aid and path.granted_cents >= 0:
        yield path.sent + 2 * DAY
        decide_on_aid(company, application, path.granted_cents)
    yield path.sent + path.decided_days * DAY
    yield from FATES[path.fate](company, application, path)


def applies(company: Company, user: User, cohort: Cohort, path: Path) -> Application:
    """A draft, filled in and sent."""
    draw = company.draw
    application = start_application(user, cohort, now=company.now)
    fields = {
        "motivation": draw.choice(texts.MOTIVATION),
        "practice": draw.choice(texts.PRACTICE),
        "experience": draw.choice(texts.EXPERIENCE),
        "needs": draw.choice(texts.NEEDS),
        "tier": path.tier,
        "attends_live": True,
        "aid": {
            "kind": path.aid,
            "statement": draw.choice(texts.NEED_STATEMENTS),
            "affordable_cents": draw.choice(texts.AFFORDABLE),
        }
        if path.aid
        else None,
    }
    application = save_draft(application, revision=application.revision, fields=fields)
    return submit_application(application, now=company.now)


def decide_on_aid(company: Company, application: Application, cents: int) -> None:
    request = AidRequest.objects.get(application=application)
    if cents:
        grant_aid(request, cents=cents, by=company.aid, now=company.now)
    else:
        decline_aid(request, by=company.aid, now=company.now)


# --- What the office answers ----------------------------------------------------------


def stays_in_queue(company: Company, application: Application, path: Path) -> Story:
    """Nobody has looked at it yet."""
    yield from ()


def is_declined(company: Company, application: Application, path: Path) -> Story:
    decline_application(application, note=texts.DECLINE_NOTE, by=company.staff, now=company.now)
    yield from ()


def withdraws(company: Company, application: Application, path: Path) -> Story:
    withdraw_application(application, now=company.now)
    yield from ()


def waits(company: Company, application: Application, path: Path) -> Story:
    put_on_waiting_list(application, by=company.staff, note=texts.WAITING_NOTE, now=company.now)
    yield from ()


def goes_first(company: Company, application: Application, path: Path) -> Story:
    """Put before the others who wait, with the office's reason."""
    put_on_waiting_list(
        application, by=company.staff, rank=1, reason=texts.ORDER_REASON, now=company.now
    )
    yield from ()


def is_asked_and_answers(company: Company, application: Application, path: Path) -> Story:
    ask_for_information(
        application, question=texts.ANSWERED_QUESTION, by=company.staff, now=company.now
    )
    yield company.now + 1.5 * DAY
    answer_question(application, answer=texts.ANSWER, now=company.now)


def offered(company: Company, application: Application) -> Offer:
    """The office offers the price that was held."""
    application.refresh_from_db()
    return offer_place(application, tier=held_tier(application), by=company.staff, now=company.now)


def is_offered(company: Company, application: Application, path: Path) -> Story:
    offered(company, application)
    yield from ()


def gets_a_place(company: Company, application: Application, path: Path) -> Story:
    """Offer, acceptance, payment."""
    offer = offered(company, application)
    yield company.now + path.accepted_days * DAY
    enrolment = accept_offer(offer, by=application.user, now=company.now)
    claim(company, enrolment)
    yield company.now + path.paid_days * DAY
    yield from PAYS[path.pays](company, enrolment)
    if path.then is not None:
        enrolment.refresh_from_db()
        yield from path.then(company, enrolment)


FATES: dict[str, Callable[[Company, Application, Path], Story]] = {
    "queue": stays_in_queue,
    "declined": is_declined,
    "withdraws": withdraws,
    "waiting": waits,
    "waiting first": goes_first,
    "answers": is_asked_and_answers,
    "offered": is_offered,
    "place": gets_a_place,
}


# --- How it is paid -------------------------------------------------------------------


def pays_online(company: Company, enrolment: Enrolment) -> Story:
    """As the checkout reports it; the practice checkout remembers it, so the money can go back."""
    charge = enrolment.charge
    due = balance(charge).due_cents
    if due:
        mark = {"charge": str(charge.pk)}
        record_payment(
            charge,
            amount_cents=due,
            currency=charge.currency,
            method=Payment.Method.STRIPE,
            reference=desk.paid_before(due, charge.currency, at=company.now, metadata=mark),
            received_at=company.now,
            now=company.now,
        )
    claim(company, enrolment)
    yield company.now
    make_receipts(company, enrolment)


def pays_at_the_checkout(company: Company, enrolment: Enrolment) -> Story:
    """Just now, in the practice checkout: its signed events reach the site once it runs."""
    url = settings.SITE_URL + reverse("payments:returned", args=[enrolment.charge_id])
    start_checkout(
        enrolment.charge,
        by=enrolment.user,
        success_url=url,
        cancel_url=settings.SITE_URL + reverse("payments:list"),
    )
    checkout = enrolment.charge.checkouts.get()
    desk.pay(checkout.session_id or "")
    yield from ()


def pays_by_transfer(company: Company, enrolment: Enrolment) -> Story:
    yield from transfers(company, enrolment, balance(enrolment.charge).due_cents)


def pays_by_cheque(company: Company, enrolment: Enrolment) -> Story:
    due = balance(enrolment.charge).due_cents
    yield from transfers(company, enrolment, due, method=Payment.Method.CHEQUE)


def pays_too_much(company: Company, enrolment: Enrolment) -> Story:
    """The bank's fee was added on top; the office finds it on its list."""
    yield from transfers(company, enrolment, balance(enrolment.charge).due_cents + 2_500)


def pays_a_part(company: Company, enrolment: Enrolment) -> Story:
    yield from transfers(company, enrolment, balance(enrolment.charge).due_cents // 2)


def pays_too_late(company: Company, enrolment: Enrolment) -> Story:
    """The place was passed on; the money is kept, and the office decides."""
    # What was asked for; a lapsed place owes nothing any more.
    asked = balance(enrolment.charge).due_cents
    yield enrolment.pay_by + 3 * DAY
    yield from transfers(company, enrolment, asked)


def pays_in_parts(company: Company, enrolment: Enrolment) -> Story:
    """Three instalments, agreed with the office; the last one is late by a few days."""
    charge = enrolment.charge
    third = balance(charge).due_cents // 3
    agree_instalments(
        charge,
        later=[(third, charge.due_at + 30 * DAY), (third, company.ago(6))],
        by=company.staff,
        now=company.now,
    )
    yield from transfers(company, enrolment, balance(charge).due_cents)
    second = charge.later_parts.get(part_number=2)
    yield second.due_at - 2 * DAY
    record_offline_payment(
        second,
        method=Payment.Method.BANK,
        reference=f"{second.reference} {enrolment.user_id}",
        amount_cents=third,
        received_at=company.now,
        by=company.staff,
        now=company.now,
    )
    claim(company, enrolment)
    yield company.now + timedelta(minutes=1)
    make_receipts(company, enrolment)


def pays_and_disputes(company: Company, enrolment: Enrolment) -> Story:
    """Paid in the practice checkout just now, and the bank asks for the money back already."""
    yield from pays_at_the_checkout(company, enrolment)
    session = desk.look_at(enrolment.charge.checkouts.get().session_id or "")
    if session is None:
        raise AssertionError("this was paid just now")
    desk.open_dispute(session["payment_intent"], balance(enrolment.charge).owed_cents)


def is_promised(company: Company, enrolment: Enrolment) -> Story:
    """The office relies on an employer's word and invoice; the money follows."""
    make_invoice(enrolment.charge, payer=texts.EMPLOYER, by=enrolment.user, now=company.now)
    promise_place(enrolment, by=company.staff, reason=texts.PROMISE, now=company.now)
    yield company.now + 40 * DAY
    yield from transfers(company, enrolment, balance(enrolment.charge).due_cents)


def pays_not_yet(company: Company, enrolment: Enrolment) -> Story:
    yield from ()


def transfers(
    company: Company, enrolment: Enrolment, cents: int, *, method: str = Payment.Method.BANK
) -> Story:
    """Money on the office's account; recorded a few hours after it came."""
    came = company.now
    yield came + 5 * HOUR
    record_offline_payment(
        enrolment.charge,
        method=method,
        reference=f"{enrolment.charge.reference} {enrolment.user.pk}",
        amount_cents=cents,
        received_at=came,
        by=company.staff,
        now=company.now,
    )
    claim(company, enrolment)
    yield company.now + timedelta(minutes=1)
    make_receipts(company, enrolment)


PAYS: dict[str, Callable[[Company, Enrolment], Story]] = {
    "online": pays_online,
    "checkout": pays_at_the_checkout,
    "bank": pays_by_transfer,
    "cheque": pays_by_cheque,
    "over": pays_too_much,
    "part": pays_a_part,
    "late": pays_too_late,
    "promise": is_promised,
    "parts": pays_in_parts,
    "disputed": pays_and_disputes,
    "never": pays_not_yet,
}


def claim(company: Company, enrolment: Enrolment) -> None:
    """Tell the owner of a settled charge now: the seeding commits as one, at its end."""
    parts = Q(charge=enrolment.charge_id) | Q(charge__part_of=enrolment.charge_id)
    for pk in Settlement.objects.filter(parts, claimed_at=None).values_list("pk", flat=True):
        dispatch_settlement(pk, now=company.now)


def make_receipts(company: Company, enrolment: Enrolment) -> None:
    """The worker's part, at its time; what is due today is left to the worker."""
    if company.now >= company.stage.history_ends:
        return
    charge = enrolment.charge_id
    parts = Q(payment__charge=charge) | Q(payment__charge__part_of=charge)
    waiting = Receipt.objects.filter(parts, made_at=None)
    for receipt in waiting:
        company.stage.press.order(receipt, receipts.render, make_receipt)
