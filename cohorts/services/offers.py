"""Offers: a seat held for somebody at a price, until a moment.

Order of locks: cohort, application, offer, enrolment (see `places`).
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.emails import admission as letters
from cohorts.models import AidRequest, Application, Cohort, Enrolment, Offer, PriceTier
from cohorts.permissions import refuse_own, refuse_second_alive
from cohorts.queries.admission import (
    aid_outcome,
    entry_evidence,
    missing_for_a_place,
    places_left,
    tuition_terms,
)
from cohorts.requirements.admission import entry_findings, holding_up_a_place
from cohorts.services.grants import aid_adjustments, close_request, renew_grant
from cohorts.services.places import confirm_place, free_place, take_seat
from payments.services import open_charge
from scip.accounts.models import User
from scip.audit.services import record
from scip.formats import moment
from scip.mail.services import queue_draft
from scip.policy.models import Edition
from scip.requirements import Finding, Refusal, Status
from scip.states import lock, move

# The cohort stays as it is until the transaction ends: others may share it, and whoever wants it
# by `lock` waits. Who shares it never locks it afterwards: two would wait for each other. Django's
# select_for_update has no such lock.
SHARED = "select * from cohorts_cohort where id = %s for share"


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
        gift_cents=0 if granted else gift_in(price),
        currency=price.currency,
        is_from_waiting_list=from_list,
        order_reason=order_reason.strip()[:300],
        made_at=now,
        made_by=by,
        expires_at=min(now + lasts, begins_at),
    )


def gift_in(price: PriceTier) -> int:
    """What "Lend a Hand" pays beyond the standard price, in cents: it goes to the aid fund."""
    if price.kind != PriceTier.Kind.LEND_A_HAND:
        return 0
    standard = PriceTier.objects.filter(cohort=price.cohort_id, kind=PriceTier.Kind.STANDARD)
    usual = standard.values_list("amount_cents", flat=True).first()
    return 0 if usual is None else max(price.amount_cents - usual, 0)


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
        unmet = missing_for_a_place(application, now=now)
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
        if by is not None:
            renew_grant(application, currency=offer.currency, by=by, now=now)
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
        cohort, application, offer = lock_for_answer(offer)
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
        if cohort.state == Cohort.State.CANCELLED:
            raise Refusal(_("We are sorry: this cohort does not take place. A letter explains."))
        unmet = missing_for_a_place(application, now=now)
        if unmet:
            raise Refusal(
                _(
                    "Something has to be renewed before you accept. The offer is kept for you "
                    "until it ends."
                ),
                unmet,
            )
        pay_by = max(offer.expires_at, now + timedelta(hours=cohort.payment_hours))
        charge = open_charge(
            application.user,
            purpose=f"tuition_level_{cohort.level.lower()}",
            description=_("Tuition, {cohort}").format(cohort=cohort.title)[:200],
            amount_cents=offer.list_cents,
            currency=offer.currency,
            due_at=pay_by,
            refund_terms=tuition_terms(cohort),
            gift_cents=offer.gift_cents,
            adjustments=aid_adjustments(offer, by=by, now=now),
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


def decline_offer(offer: Offer, *, by: User, now: datetime | None = None) -> Application:
    """The person says no; the seat goes to the next in line. A second click changes nothing."""
    with transaction.atomic():
        cohort, application, offer = lock_for_seat(offer)
        if offer.state == Offer.State.DECLINED:
            return application
        now = now or timezone.now()
        move(offer, Offer.State.DECLINED, by=by, now=now)
        move(application, Application.State.WITHDRAWN, by=by, now=now)
        close_request(application, by=by, now=now, also_granted=True)
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


def correct_offer(
    offer: Offer, *, tier: str, by: User, note: str = "", now: datetime | None = None
) -> Offer:
    """Replace an open offer by one at another price; the seat stays with the person throughout.

    The time to answer begins anew. ``note`` is a personal paragraph in the letter. Raises
    Refusal for the same price or for the reasons of `plan_offer`, IllegalMove when the offer
    was answered in the meantime.
    """
    now = now or timezone.now()
    with transaction.atomic():
        _cohort, application, offer = lock_for_seat(offer)
        refuse_own(application, by)
        if offer.state == Offer.State.OPEN and offer.tier == tier:
            raise Refusal(_("The offer has this price already. Nothing was changed."))
        planned = plan_correction(offer, tier=tier, by=by, now=now)
        move(offer, Offer.State.TAKEN_BACK, by=by, now=now)
        planned.save()
        record("offer.corrected", planned, by=by, subject=application.user, replaces=offer.pk)
        queue_draft(
            letters.offer_corrected(planned, note=note),
            to=application.user,
            dedupe_key=f"offer:{planned.pk}:made",
        )
        return planned


def plan_correction(offer: Offer, *, tier: str, by: User, now: datetime) -> Offer:
    """The offer that would stand in the place of an open one, not saved."""
    planned = plan_offer(
        offer.application, tier=tier, order_reason=offer.order_reason, by=by, now=now
    )
    planned.is_from_waiting_list = offer.is_from_waiting_list
    return planned


def lock_for_seat(offer: Offer) -> tuple[Cohort, Application, Offer]:
    """The three rows in their order, fresh and locked."""
    return lock_in_order(lock(offer.application.cohort), offer)


def lock_for_answer(offer: Offer) -> tuple[Cohort, Application, Offer]:
    """As `lock_for_seat`, for taking the seat that the offer holds: many do so at once, and only
    who changes the cohort or its seats waits for them."""
    (cohort,) = Cohort.objects.raw(SHARED, [offer.application.cohort_id])
    # What the terms of a refund ask of it: the whole Edition is as long as all the rest together.
    terms = Edition.objects.only("full_refund_days", "half_refund_days")
    cohort.edition = terms.get(pk=cohort.edition_id)
    return lock_in_order(cohort, offer)


def lock_in_order(cohort: Cohort, offer: Offer) -> tuple[Cohort, Application, Offer]:
    """Application and offer under the cohort's lock; their person is the one at hand."""
    application = lock(offer.application)
    application.user = offer.application.user
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
    evidence = entry_evidence(waiting)
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
        unmet = holding_up_a_place(entry_findings(evidence[application.pk], as_of=now))
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
    """Does it wait for the person, or for their Level A, rather than for the office?"""
    return any(finding.status is Status.OPEN or finding.code == "level_a" for finding in unmet)


def held_tier(application: Application) -> str:
    """The chosen price if it held when the application was sent, else the standard one."""
    tier = PriceTier.objects.filter(cohort=application.cohort_id, kind=application.tier).first()
    sent = application.submitted_at
    return tier.kind if tier and sent and tier.holds(sent) else PriceTier.Kind.STANDARD
