"""Places that are given up: by the person, by the office, or because a cohort does not take place.

Order of locks: cohort, application, offer, enrolment, charges (see `places`).
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.emails import cancellation as letters
from cohorts.models import Application, Cohort, Enrolment, Offer
from cohorts.permissions import refuse_own
from cohorts.queries.guests import times_left
from cohorts.services.grants import close_request
from cohorts.services.offers import offer_next
from cohorts.services.places import free_place, lock_charges
from cohorts.services.sessions import cancel_sessions_of
from payments.models import Charge
from payments.services import Cancellation, cancel_charge, enqueue, plan_cancellation
from scip.accounts.models import User
from scip.audit.services import fingerprint
from scip.formats import money
from scip.mail.services import queue_draft
from scip.requirements import Refusal
from scip.states import IllegalMove, lock, move

State = Enrolment.State
HELD = Enrolment.HELD


class AmountChanged(Refusal):
    """What comes back is no longer what the person was shown. ``plan`` is how it stands now."""

    def __init__(self, plan: Cancellation) -> None:
        super().__init__(
            _(
                "What comes back has changed since this page was opened: it is {amount} now. "
                "Nothing was cancelled; please look again."
            ).format(amount=money(plan.back_cents, plan.currency))
        )
        self.plan = plan


@dataclass(frozen=True, slots=True)
class HeldPlace:
    """A place with everything that it rests on, fresh and locked."""

    cohort: Cohort
    application: Application
    enrolment: Enrolment
    charge: Charge


def lock_place(enrolment: Enrolment) -> HeldPlace:
    """The rows of a place in their order."""
    cohort = lock(enrolment.cohort)
    application = lock(enrolment.application)
    application.cohort = cohort
    lock(enrolment.offer)
    enrolment = lock(enrolment)
    enrolment.application, enrolment.cohort = application, cohort
    return HeldPlace(cohort, application, enrolment, lock_charges(enrolment))


def cancel_place(
    enrolment: Enrolment,
    *,
    by: User,
    expected_back_cents: int,
    reason: str = "",
    now: datetime | None = None,
) -> Enrolment:
    """The person steps back; what comes back follows the terms frozen with the charge.

    ``expected_back_cents`` is what the person was shown: if it is another amount by now
    (a day of the terms ended, money arrived) AmountChanged is raised and nothing is done.
    ``reason`` is the person's own word, for the office alone. A second click changes nothing.
    Raises Refusal for somebody else's place or one that is
    over. Side effects: refunds and a credit note by `payments`, the seat is offered on, aid
    goes back to the fund in the same share, a letter with the amounts.
    """
    with transaction.atomic():
        place = lock_place(enrolment)
        if by.pk != place.enrolment.user_id:
            raise Refusal(_("This is another person’s place. The office can free it."))
        if place.enrolment.state == State.WITHDRAWN:
            return place.enrolment
        refuse_unless_held(place.enrolment)
        now = now or timezone.now()
        plan = plan_cancellation(place.charge, now=now)
        if plan.back_cents != expected_back_cents:
            raise AmountChanged(plan)
        why = _("By own decision")
        done = give_up(place, by=by, reason=why, words=reason.strip(), now=now)
        tell(place.enrolment, done, now=now)
        return place.enrolment


def release_place(
    application: Application,
    *,
    reason: str,
    by: User,
    refund_cents: int | None = None,
    now: datetime | None = None,
) -> Application:
    """The office frees a place, on the person's behalf or because it can't be kept.

    ``reason`` stays with the charge. ``refund_cents`` goes back in the place of what the terms
    say (None: by the terms). Side effects as in `cancel_place`. Raises Refusal without a
    reason, for one's own place, or for an amount that is not there; IllegalMove once there is
    no place to free.
    """
    if not reason.strip():
        raise Refusal(_("Please write why the place is freed; it stays on record."))
    with transaction.atomic():
        place = lock_place(place_of(application))
        refuse_own(place.application, by)
        refuse_unless_held(place.enrolment)
        now = now or timezone.now()
        done = give_up(place, by=by, reason=reason, refund_cents=refund_cents, now=now)
        tell(place.enrolment, done, now=now)
        return place.application


def place_of(application: Application) -> Enrolment:
    """The newest place of an application; IllegalMove when it has none."""
    places = Enrolment.objects.filter(application=application)
    enrolment = places.select_related("cohort", "application", "offer").order_by("-pk").first()
    if enrolment is None:
        raise IllegalMove(_("There is no place here to free. Nothing was changed."))
    return enrolment


def refuse_unless_held(enrolment: Enrolment) -> None:
    """Raise IllegalMove when there is nothing to step back from, Refusal once the cohort is
    cancelled: then everything comes back, not the terms' share."""
    if enrolment.state in HELD and enrolment.cohort.state == Cohort.State.CANCELLED:
        raise Refusal(
            _(
                "This cohort does not take place, so there is nothing to cancel. All that was "
                "paid goes back by itself, and a letter says so."
            )
        )
    if enrolment.state not in HELD or enrolment.cohort.state == Cohort.State.FINISHED:
        raise IllegalMove(
            _("This place is “{state}”, so it can’t be cancelled. Nothing was changed.").format(
                state=enrolment.get_state_display()
            )
        )


def give_up(
    place: HeldPlace,
    *,
    by: User | None,
    reason: str,
    now: datetime,
    words: str = "",
    refund_cents: int | None = None,
    in_full: bool = False,
) -> Cancellation:
    """End a place that is locked, return its money and pass the seat on."""
    move(place.enrolment, State.WITHDRAWN, by=by, now=now, data={"reason": fingerprint(reason)})
    done = cancel_charge(
        place.charge,
        by=by,
        reason=reason,
        words=words,
        refund_cents=refund_cents,
        in_full=in_full,
        is_told=True,
        now=now,
    )
    move(place.application, Application.State.WITHDRAWN, by=by, now=now)
    close_request(place.application, by=by, now=now, also_granted=True)
    free_place(place.application, by=by)
    offer_next(place.cohort, now=now)
    return done


def tell(enrolment: Enrolment, done: Cancellation, *, now: datetime) -> None:
    """Queue the letter with the amounts."""
    queue_draft(
        letters.place_cancelled(enrolment, done, now=now),
        to=enrolment.user,
        dedupe_key=f"enrolment:{enrolment.pk}:cancelled",
        attachments=letters.calendar_given_up(enrolment, now=now),
    )


# --- A whole cohort -------------------------------------------------------------------


def cancel_cohort(cohort: Cohort, *, by: User, reason: str, now: datetime | None = None) -> Cohort:
    """The cohort does not take place. ``reason`` is what everybody reads in their letter.

    Sessions still ahead are cancelled; the facilitators are told. Each person's part
    (`close_application`: all money back, aid back to the fund, offers and the waiting list
    closed, a letter) is a task of its own; a sweep finds what was missed. A second click
    changes nothing. Raises Refusal without a reason, IllegalMove once the cohort is over.
    """
    if not reason.strip():
        raise Refusal(_("Please write a few words for the people; they read them in the letter."))
    now = now or timezone.now()
    with transaction.atomic():
        cohort = lock(cohort)
        if cohort.state == Cohort.State.CANCELLED:
            return cohort
        cohort.cancel_reason = reason.strip()
        cohort.save(update_fields=["cancel_reason"])
        move(cohort, Cohort.State.CANCELLED, by=by, now=now)
        sessions = cancel_sessions_of(cohort, by=by, now=now)
        for leader in cohort.facilitators.all():
            queue_draft(
                letters.cohort_cancelled_for_leader(cohort, leader),
                to=leader,
                dedupe_key=f"cohort:{cohort.pk}:cancelled:{leader.pk}",
                attachments=letters.calendar_of(cohort, sessions, times_left(leader)),
            )
        for pk in applications_to_close(cohort):
            enqueue("cohorts.close_application", pk)
        return cohort


def applications_to_close(cohort: Cohort | None = None) -> list[int]:
    """Applications alive in cancelled cohorts (or one of them); who completed keeps that."""
    through = [State.COMPLETED, State.NOT_COMPLETED]
    rows = Application.objects.filter(
        state__in=Application.ALIVE, cohort__state=Cohort.State.CANCELLED
    ).exclude(enrolments__state__in=through)
    if cohort is not None:
        rows = rows.filter(cohort=cohort)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def close_application(pk: int, now: datetime | None = None) -> bool:
    """One person's part in a cancelled cohort: place, money, aid, letter; False if it is done."""
    now = now or timezone.now()
    with transaction.atomic():
        application = Application.objects.select_related("cohort", "user").get(pk=pk)
        cohort = lock(application.cohort)
        application = lock(application)
        application.cohort = cohort
        if application.state not in Application.ALIVE or cohort.state != Cohort.State.CANCELLED:
            return False
        by, reason = cohort.cancelled_by, cohort.cancel_reason
        done, files = None, []
        if application.state == Application.State.ACCEPTED:
            place = lock_place(place_of(application))
            if place.enrolment.state not in HELD:
                return False
            done = give_up(place, by=by, reason=reason, in_full=True, now=now)
            before = times_left(application.user, but=place.enrolment)
            files = letters.calendar_of(cohort, cohort.sessions.all(), before)
        else:
            close_before_a_place(application, by=by, now=now)
        queue_draft(
            letters.cohort_cancelled(application, done),
            to=application.user,
            dedupe_key=f"application:{application.pk}:cohort-cancelled",
            attachments=files,
        )
        return True


def close_before_a_place(application: Application, *, by: User | None, now: datetime) -> None:
    """End an application that has led to no place yet; an open offer is taken back."""
    offer = Offer.objects.filter(application=application, state=Offer.State.OPEN).first()
    if offer is not None:
        move(lock(offer), Offer.State.TAKEN_BACK, by=by, now=now)
    move(application, Application.State.WITHDRAWN, by=by, now=now)
    close_request(application, by=by, now=now, also_granted=True)
    free_place(application, by=by)
