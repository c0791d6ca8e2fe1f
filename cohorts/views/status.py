"""What the status page of a sent application shows."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.emails.admission import coming
from cohorts.models import AidRequest, Application, Cohort, Enrolment, Offer
from cohorts.queries.admission import assess, waiting_position
from cohorts.requirements.admission import ENTRY
from cohorts.services.cancellation import HELD
from scip.formats import moment

State = Application.State
CAN_WITHDRAW = frozenset(
    {State.SUBMITTED, State.INFO_NEEDED, State.WAITING_LIST, State.OFFERED, State.ACCEPTED}
)


def status_context(application: Application) -> dict[str, Any]:
    """Everything for cohorts/application_detail.html."""
    offer = Offer.objects.filter(application=application).order_by("-id").first()
    enrolment = (
        Enrolment.objects.filter(application=application)
        .select_related("charge")
        .order_by("-id")
        .first()
    )
    assessment = assess(application, now=timezone.now())
    is_firm = enrolment is not None and enrolment.state in Enrolment.TAKING_PART
    can_cancel = enrolment is not None and enrolment.state in HELD
    return {
        "application": application,
        "cohort": application.cohort,
        "offer": offer,
        "enrolment": enrolment,
        "aid": AidRequest.objects.filter(application=application)
        .exclude(state=AidRequest.State.WITHDRAWN)
        .first(),
        "findings": [finding for finding in assessment if finding.code in ENTRY],
        "next_step": next_step(application, offer, enrolment),
        "events": events(application, offer, enrolment),
        "can_withdraw": application.state in CAN_WITHDRAW and not is_firm,
        "can_cancel": can_cancel and application.state == State.ACCEPTED,
    }


def next_step(
    application: Application, offer: Offer | None, enrolment: Enrolment | None
) -> dict[str, Any]:
    """The one next step, for components/next_step.html."""
    pk = application.pk
    match application.state:
        case State.INFO_NEEDED:
            return {
                "title": _("The office has a question for you"),
                "text": _("A few words from you, and we can go on."),
                "url": reverse("applications:answer", args=[pk]),
                "label": _("Read and answer"),
            }
        case State.OFFERED if offer is not None:
            return {
                "title": _("A place is held for you"),
                "text": _("Look at it, and say yes or no."),
                "when": offer.expires_at,
                "url": reverse("applications:offer", args=[pk]),
                "label": _("Look at the offer"),
            }
        case State.ACCEPTED if enrolment is not None:
            return accepted_step(enrolment)
        case State.WAITING_LIST:
            return {
                "title": _("You are number {position} in line").format(
                    position=waiting_position(application)
                ),
                "text": _("You need not do anything. A place that comes free is offered in order."),
            }
        case State.SUBMITTED:
            return {
                "title": _("Your application is with the office"),
                "text": _("You need not do anything now. We write to you as soon as we decide."),
            }
        case _ if application.cohort.state == Cohort.State.CANCELLED:
            return {
                "title": _("This cohort does not take place"),
                "text": _("We are sorry. Your profile and your documents stay with you."),
                "url": coming(application)[0],
                "label": coming(application)[1],
            }
        case _other:
            return {
                "title": _("This application is closed"),
                "text": application.decline_note
                if application.state == State.DECLINED
                else _("Your profile and your documents stay with you for another time."),
                "url": coming(application)[0],
                "label": coming(application)[1],
            }


def accepted_step(enrolment: Enrolment) -> dict[str, Any]:
    """After a yes: pay, or look at the sessions."""
    if enrolment.state == Enrolment.State.AWAITING_PAYMENT:
        return {
            "title": _("Pay to make your place firm"),
            "text": _("The place is held for you until then."),
            "when": enrolment.pay_by,
            "url": reverse("payments:pay", args=[enrolment.charge_id]),
            "label": _("Go to the payment"),
        }
    return {
        "title": _("Your place is confirmed"),
        "text": _("We look forward to having you with us."),
        "url": reverse("enrolments:detail", args=[enrolment.pk]),
        "label": _("See your sessions"),
    }


def events(
    application: Application, offer: Offer | None, enrolment: Enrolment | None
) -> list[dict[str, Any]]:
    """What happened, in order, and what comes, for components/timeline.html."""
    happened = [
        (application.submitted_at, _("You sent your application")),
        (application.info_needed_at, _("The office asked you a question")),
        (application.sent_again_at, _("You answered")),
        (application.waiting_list_at, _("You were put on the waiting list")),
    ]
    if offer is not None:
        happened.append((offer.made_at, _("A place was offered to you")))
        happened.append((offer.accepted_at, _("You accepted")))
        happened.append((offer.declined_at, _("You declined the offer")))
        happened.append((offer.lapsed_at, _("The offer ended")))
    if enrolment is not None:
        happened.append((enrolment.confirmed_at, _("Your place was confirmed")))
        happened.append((enrolment.lapsed_at, _("The place was passed on")))
    happened.append((application.declined_at, _("The office answered")))
    is_cancelled = application.cohort.state == Cohort.State.CANCELLED
    ending = _("The cohort was cancelled") if is_cancelled else _("You stepped back")
    happened.append((application.withdrawn_at, ending))
    rows: list[dict[str, Any]] = [
        {"when": when, "what": what, "state": "done"}
        for when, what in sorted(
            ((when, what) for when, what in happened if when), key=lambda pair: pair[0]
        )
    ]
    if rows and application.state in CAN_WITHDRAW:
        rows[-1]["state"] = "now"
    if application.state in {State.SUBMITTED, State.INFO_NEEDED, State.WAITING_LIST}:
        rows.append({"when": "", "what": _("The office decides"), "state": "ahead"})
    if application.state in {State.SUBMITTED, State.INFO_NEEDED, State.WAITING_LIST, State.OFFERED}:
        rows.append(
            {
                "when": moment(application.cohort.begins_at),
                "what": _("First session"),
                "state": "ahead",
            }
        )
    return rows
