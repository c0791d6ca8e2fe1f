"""Offers: a seat held for somebody at a price, until a moment.

Order of locks: cohort, application, offer, enrolment (see `places`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.emails import admission as letters
from cohorts.models import AidRequest, Application, Cohort, Enrolment, Offer, PriceTier
from cohorts.permissions import refuse_own, refuse_second_alive
from cohorts.queries.admission import (
    admission_evidence,
    aid_outcome,
    assess,
    places_left,
    tuition_terms,
)
from cohorts.requirements.admission import admission_findings, holding_up_a_place
from cohorts.services.places import confirm_place, free_place, give_up_place, is_paid, take_seat
from payments.models import Adjustment
from payments.services import open_charge
from scip.accounts.models import User
from scip.formats import moment
from scip.mail.models import Letter
from scip.mail.services import queue_draft
from scip.requirements import Finding, Refusal, Status
from scip.states import lock, move

# When the last call goes out; offers that last no longer get none.
LAST_CALL = timedelta(days=2)


def plan_offer(
    application: Application,
    *,
    tier: str,
    aid_cents: int | None = None,
    order_reason: str = "",
    by: User | None = None,
    now: datetime,
) -> Offer:
    """The offer as it would be made now, not saved: what staff see before it goes.

    ``aid_cents`` defaults to what was granted. Raises Refusal when the price does not
    hold, aid is undecided or differs from what was granted, or the cohort has begun.
    """
    cohort = application.cohort
    price = PriceTier.objects.filter(cohort=cohort, kind=tier).first()
    if price is None:
        raise Refusal(_("This cohort has no such price. Please choose another one."))
    if not price.holds(application.submitted_at or now):
        raise Refusal(
            _(
                "The complete application came after the early bird date, so this price does "
                "not hold. Please choose another one."
            )
        )
    aid = aid_outcome(application)
    if aid is not None and aid.is_open:
        raise Refusal(
            _("The request for aid is still being considered. The offer can go once it is decided.")
        )
    granted = aid.granted_cents if aid else 0
    if aid_cents is not None and aid_cents != granted:
        raise Refusal(_("The aid in an offer is what the people deciding on aid granted."))
    from_list = application.state == Application.State.WAITING_LIST
    lasts = (
        timedelta(hours=cohort.waiting_list_offer_hours)
        if from_list
        else timedelta(days=cohort.offer_days)
    )
    begins_at = cohort.begins_at
    if now >= begins_at:
        raise Refusal(_("The cohort has begun, so no place can be offered any more."))
    return Offer(
        application=application,
        tier=price.kind,
        list_cents=price.amount_cents,
        aid_cents=min(granted, price.amount_cents),
        currency=price.currency,
        is_from_waiting_list=from_list,
        order_reason=order_reason.strip()[:300],
        made_at=now,
        made_by=by,
        expires_at=min(now + lasts, begins_at),
    )


def passes_somebody_over(application: Application) -> bool:
    """Would offering to this person skip somebody who waits longer?"""
    first = Application.objects.waiting_list().filter(cohort=application.cohort_id).first()
    return first is not None and first.pk != application.pk


def offer_place(
    application: Application,
    *,
    tier: str,
    aid_cents: int | None = None,
    by: User | None,
    order_reason: str = "",
    note: str = "",
    now: datetime | None = None,
) -> Offer:
    """Offer a place: hold the lowest free seat, at a price, for the cohort's offer time.

    ``note`` is a personal paragraph in the letter. Raises Refusal when every seat is held,
    a prerequisite is not verified, somebody waits longer and no ``order_reason`` is given,
    or for the reasons of `plan_offer`.
    """
    with transaction.atomic():
        cohort = lock(application.cohort)
        application = lock(application)
        application.cohort = cohort
        now = now or timezone.now()
        refuse_own(application, by)
        refuse_second_alive(application)
        if cohort.state != Cohort.State.OPEN:
            raise Refusal(_("This cohort is not open, so no place can be offered."))
        unmet = holding_up_a_place(assess(application, now=now))
        if unmet:
            raise Refusal(
                _("A place can be offered once every prerequisite is verified and valid."), unmet
            )
        if passes_somebody_over(application) and not order_reason.strip():
            raise Refusal(
                _("Somebody waits longer for a place. Please say why this person comes first.")
            )
        offer = plan_offer(
            application,
            tier=tier,
            aid_cents=aid_cents,
            order_reason=order_reason,
            by=by,
            now=now,
        )
        move(application, Application.State.OFFERED, by=by, now=now)
        if take_seat(application, cohort, by=by, now=now) is None:
            raise Refusal(
                _(
                    "Every seat of this cohort is held. Put the person on the waiting list: "
                    "a place that comes free is offered in order."
                )
            )
        offer.save()
        queue_draft(
            letters.place_offered(offer, note=note),
            to=application.user,
            dedupe_key=f"offer:{offer.pk}:made",
        )
        return offer


def accept_offer(offer: Offer, *, by: User, now: datetime | None = None) -> Enrolment:
    """Take the place: the charge is opened, and the place waits for its payment.

    In time means before ``expires_at``, judged under the lock; at that very second it is
    too late, whether or not the sweep has been there. A second click returns the same
    enrolment. When aid covers everything the place is confirmed at once.
    """
    with transaction.atomic():
        application = lock(offer.application)
        offer = lock(offer)
        if offer.state == Offer.State.ACCEPTED:
            return Enrolment.objects.get(offer=offer)
        now = now or timezone.now()
        if offer.state == Offer.State.OPEN and now >= offer.expires_at:
            raise Refusal(
                _(
                    "This offer ended {when}. We are sorry. Write to the office: it can say "
                    "whether another place is free."
                ).format(when=moment(offer.expires_at))
            )
        unmet = holding_up_a_place(assess(application, now=now))
        if unmet:
            raise Refusal(
                _(
                    "Something has to be renewed before you accept. The offer is kept for you "
                    "until it ends."
                ),
                unmet,
            )
        cohort = application.cohort
        pay_by = max(offer.expires_at, now + timedelta(hours=cohort.payment_hours))
        charge = open_charge(
            application.user,
            purpose=f"tuition_level_{cohort.level.lower()}",
            description=_("Tuition, {cohort}").format(cohort=cohort.title)[:200],
            amount_cents=offer.list_cents,
            currency=offer.currency,
            due_at=pay_by,
            refund_terms=tuition_terms(cohort),
            adjustments=aid_adjustments(offer),
            now=now,
        )
        move(offer, Offer.State.ACCEPTED, by=by, now=now)
        move(application, Application.State.ACCEPTED, by=by, now=now)
        enrolment = Enrolment.objects.create(
            user=application.user,
            cohort=cohort,
            application=application,
            offer=offer,
            charge=charge,
            created_at=now,
            pay_by=pay_by,
        )
        if offer.amount_cents == 0:
            confirm_place(enrolment, now=now)
            enrolment.refresh_from_db()
        return enrolment


def aid_adjustments(offer: Offer) -> list[Adjustment]:
    """The aid of an offer as the charge explains it (unsaved; `payments` saves them)."""
    if not offer.aid_cents:
        return []
    request = AidRequest.objects.defer("statement").get(application=offer.application_id)
    is_scholarship = request.kind == AidRequest.Kind.SCHOLARSHIP
    return [
        Adjustment(
            kind=Adjustment.Kind.SCHOLARSHIP if is_scholarship else Adjustment.Kind.AID,
            amount_cents=-offer.aid_cents,
            reason=str(request.get_kind_display()),
            author_id=request.granted_by_id,
        )
    ]


def decline_offer(offer: Offer, *, by: User, now: datetime | None = None) -> Application:
    """The person says no; the seat goes to the next in line. A second click changes nothing."""
    with transaction.atomic():
        cohort, application, offer = lock_for_seat(offer)
        if offer.state == Offer.State.DECLINED:
            return application
        now = now or timezone.now()
        move(offer, Offer.State.DECLINED, by=by, now=now)
        move(application, Application.State.WITHDRAWN, by=by, now=now)
        free_place(application, by=by)
        offer_next(cohort, now=now)
        queue_draft(
            letters.withdrawn_confirmed(application),
            to=application.user,
            dedupe_key=f"application:{application.pk}:withdrawn",
        )
        return application


def take_back_offer(offer: Offer, *, by: User, now: datetime | None = None) -> Application:
    """The office takes an open offer back (a wrong price, for example); the application is
    with the office again, and the seat is free."""
    now = now or timezone.now()
    with transaction.atomic():
        cohort, application, offer = lock_for_seat(offer)
        refuse_own(application, by)
        move(offer, Offer.State.TAKEN_BACK, by=by, now=now)
        move(application, Application.State.SUBMITTED, by=by, now=now)
        free_place(application, by=by)
        offer_next(cohort, now=now)
        queue_draft(
            letters.offer_taken_back(application),
            to=application.user,
            dedupe_key=f"offer:{offer.pk}:taken-back",
        )
        return application


def lock_for_seat(offer: Offer) -> tuple[Cohort, Application, Offer]:
    """The three rows in their order, fresh and locked."""
    cohort = lock(offer.application.cohort)
    application = lock(offer.application)
    application.cohort = cohort
    offer = lock(offer)
    offer.application = application
    return cohort, application, offer


# --- The waiting list -----------------------------------------------------------------


def offer_next(cohort: Cohort, *, now: datetime) -> list[Offer]:
    """Offer free seats to the waiting list, in order; the cohort's lock is held.

    Somebody who has to renew a document first keeps their rank and is passed over for now,
    with that reason on the next person's offer. Somebody who waits for *us* (documents to
    verify, aid to decide) is not passed over: the seat waits until the office has decided.
    """
    if cohort.state != Cohort.State.OPEN or now >= cohort.begins_at:
        return []
    free = places_left(cohort)
    if free <= 0:
        return []
    waiting = list(
        Application.objects.waiting_list()
        .filter(cohort=cohort)
        .select_related("user", "cohort__edition")
    )
    evidence = admission_evidence(waiting, now=now)
    undecided = set(
        AidRequest.objects.filter(
            application__in=waiting, state=AidRequest.State.REQUESTED
        ).values_list("application_id", flat=True)
    )
    offers: list[Offer] = []
    passed_over = False
    for application in waiting:
        if len(offers) == free:
            break
        unmet = holding_up_a_place(admission_findings(evidence[application.pk], as_of=now))
        if is_theirs_to_do(unmet):
            passed_over = True
            continue
        if unmet or application.pk in undecided:
            break
        reason = _("The person before has a document to renew first.") if passed_over else ""
        offers.append(
            offer_place(
                application, tier=held_tier(application), by=None, order_reason=reason, now=now
            )
        )
    return offers


def is_theirs_to_do(unmet: tuple[Finding, ...]) -> bool:
    return any(finding.status is Status.OPEN for finding in unmet)


def held_tier(application: Application) -> str:
    """The chosen price if it held when the application was sent, else the standard one."""
    tier = PriceTier.objects.filter(cohort=application.cohort_id, kind=application.tier).first()
    sent = application.submitted_at
    return tier.kind if tier and sent and tier.holds(sent) else PriceTier.Kind.STANDARD


# --- What time does -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sweep:
    """How much one run did."""

    reminded: int
    lapsed_offers: int
    lapsed_places: int
    offered: int


def sweep_offers(now: datetime | None = None) -> Sweep:
    """Last calls, offers past their end, places unpaid past their time, freed seats offered on.

    Each case is a transaction of its own, so one never holds up the others. May run twice
    or beside people: what somebody else settled first is left alone.
    """
    now = now or timezone.now()
    return Sweep(
        reminded=sum(remind(offer) for offer in offers_to_remind(now)),
        lapsed_offers=sum(
            lapse_offer(offer, now=now)
            for offer in Offer.objects.filter(
                state=Offer.State.OPEN, expires_at__lte=now
            ).select_related("application__cohort")
        ),
        lapsed_places=sum(
            lapse_place(enrolment, now=now)
            for enrolment in Enrolment.objects.filter(
                state=Enrolment.State.AWAITING_PAYMENT, pay_by__lte=now
            ).select_related("application__cohort")
        ),
        offered=sum(offer_free_seats(cohort, now=now) for cohort in cohorts_with_waiting_list(now)),
    )


def offers_to_remind(now: datetime) -> list[Offer]:
    """Open offers in their last days that have had no last call yet."""
    soon = Offer.objects.filter(
        state=Offer.State.OPEN, expires_at__gt=now, expires_at__lte=now + LAST_CALL
    ).select_related("application__cohort__edition", "application__user")
    offers = [offer for offer in soon if offer.expires_at - offer.made_at > LAST_CALL]
    known = set(
        Letter.objects.filter(
            dedupe_key__in=[f"offer:{offer.pk}:last-call" for offer in offers]
        ).values_list("dedupe_key", flat=True)
    )
    return [offer for offer in offers if f"offer:{offer.pk}:last-call" not in known]


def remind(offer: Offer) -> bool:
    """Send the last call, unless the offer was answered just now."""
    with transaction.atomic():
        application = lock(offer.application)
        if lock(offer).state != Offer.State.OPEN:
            return False
        queue_draft(
            letters.offer_reminder(offer),
            to=application.user,
            dedupe_key=f"offer:{offer.pk}:last-call",
        )
        return True


def lapse_offer(offer: Offer, *, now: datetime) -> bool:
    """End an offer whose time is over and pass the seat on; False if it was answered."""
    with transaction.atomic():
        cohort, application, offer = lock_for_seat(offer)
        if offer.state != Offer.State.OPEN or now < offer.expires_at:
            return False
        move(offer, Offer.State.LAPSED, by=None, now=now)
        move(application, Application.State.LAPSED, by=None, now=now)
        free_place(application, by=None)
        offer_next(cohort, now=now)
        queue_draft(
            letters.offer_lapsed(offer),
            to=application.user,
            dedupe_key=f"offer:{offer.pk}:lapsed",
        )
        return True


def lapse_place(enrolment: Enrolment, *, now: datetime) -> bool:
    """Free a place that was not paid in time; False if it was paid or promised.

    Money that arrived but was not dispatched yet keeps the place: a settlement is on its way.
    """
    with transaction.atomic():
        cohort = lock(enrolment.application.cohort)
        application = lock(enrolment.application)
        enrolment = lock(enrolment)
        is_late = enrolment.state == Enrolment.State.AWAITING_PAYMENT and now >= enrolment.pay_by
        lock(enrolment.charge)  # money that is just being recorded decides first
        if not is_late or is_paid(enrolment):
            return False
        give_up_place(application, to=Enrolment.State.LAPSED, by=None, now=now)
        move(application, Application.State.LAPSED, by=None, now=now)
        free_place(application, by=None)
        offer_next(cohort, now=now)
        enrolment.refresh_from_db()
        queue_draft(
            letters.place_lapsed(enrolment),
            to=application.user,
            dedupe_key=f"enrolment:{enrolment.pk}:lapsed",
        )
        return True


def cohorts_with_waiting_list(now: datetime) -> list[Cohort]:
    """Open cohorts where somebody waits (a seat may be free: aid decided, seats added)."""
    waits = Application.objects.waiting_list().order_by().filter(cohort=OuterRef("pk"))
    return list(Cohort.objects.filter(Exists(waits), state=Cohort.State.OPEN))


def offer_free_seats(cohort: Cohort, *, now: datetime) -> int:
    """Offer what is free in one cohort; how many offers went out."""
    with transaction.atomic():
        return len(offer_next(lock(cohort), now=now))
