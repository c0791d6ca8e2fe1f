"""Letters about applications, offers and places: rendered here, queued by the services.

Each function returns a `Draft`, so that the office sees a letter as it will go. They read
rows that may not be saved yet (a planned offer) and change nothing.
"""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from cohorts.models import Application, Enrolment, Offer, PriceTier
from cohorts.queries.admission import tuition_terms, waiting_position
from scip.credentials.models import Level
from scip.mail.services import Draft, render_letter


def letter(
    template: str,
    application: Application,
    *,
    button: tuple[str, str],
    note: str = "",
    **context: Any,
) -> Draft:
    """Render one letter of an application; ``button`` is a path and its label."""
    path, label = button
    user = application.user
    return render_letter(
        f"cohorts/emails/{template}",
        user,
        {
            "application": application,
            "cohort": application.cohort,
            "name": user.first_name or _("colleague"),
            "note": note.strip(),
            "button_url": f"{settings.SITE_URL}{path}",
            "button_label": label,
            **context,
        },
    )


def own_page(application: Application) -> str:
    return reverse("applications:detail", args=[application.pk])


def offer_page(application: Application) -> str:
    return reverse("applications:offer", args=[application.pk])


def application_received(application: Application) -> Draft:
    """The complete application arrived."""
    return letter(
        "application_received",
        application,
        button=(own_page(application), _("See where it stands")),
    )


def information_needed(application: Application) -> Draft:
    """The office has a question (``application.question``)."""
    return letter(
        "information_needed",
        application,
        button=(
            reverse("applications:answer", args=[application.pk]),
            _("Answer the question"),
        ),
    )


def place_offered(offer: Offer, *, note: str = "") -> Draft:
    """A place is held; another wording when it came free for somebody who waited."""
    application = offer.application
    return letter(
        "waiting_list_offer" if offer.is_from_waiting_list else "place_offered",
        application,
        button=(offer_page(application), _("Look at the offer")),
        note=note,
        offer=offer,
        refund_terms=tuition_terms(application.cohort).sentences,
    )


def offer_corrected(offer: Offer, *, note: str = "") -> Draft:
    """Another offer in the place of one with a mistake; the seat was kept."""
    application = offer.application
    return letter(
        "offer_corrected",
        application,
        button=(offer_page(application), _("Look at the offer")),
        note=note,
        offer=offer,
        refund_terms=tuition_terms(application.cohort).sentences,
    )


def offer_reminder(offer: Offer) -> Draft:
    """Two days before an offer ends."""
    application = offer.application
    return letter(
        "offer_reminder",
        application,
        button=(offer_page(application), _("Look at the offer")),
        offer=offer,
    )


def offer_lapsed(offer: Offer) -> Draft:
    """The offer's time is over and the place went on."""
    return letter(
        "offer_lapsed",
        offer.application,
        button=(own_page(offer.application), _("See what you can do now")),
        offer=offer,
    )


def offer_taken_back(application: Application) -> Draft:
    """The office took an open offer back to put something right."""
    return letter(
        "offer_taken_back",
        application,
        button=(own_page(application), _("See where it stands")),
    )


def waiting_list(application: Application, *, note: str = "") -> Draft:
    """On the waiting list, with the place in line where it is known."""
    return letter(
        "waiting_list",
        application,
        button=(own_page(application), _("See your place in line")),
        note=note,
        position=waiting_position(application),
    )


def coming(application: Application) -> tuple[str, str]:
    """Where others of the same level are found, with the words of the link."""
    if application.cohort.level == Level.B:
        return reverse("consultations:list"), _("See coming groups")
    return reverse("cohorts:list"), _("See coming cohorts")


def declined(application: Application) -> Draft:
    """No place this time, in the office's own words (``application.decline_note``)."""
    return letter("declined", application, button=coming(application))


def withdrawn_confirmed(application: Application) -> Draft:
    """The person stepped back, and that is noted."""
    return letter(
        "withdrawn_confirmed",
        application,
        button=coming(application),
    )


def place_confirmed(enrolment: Enrolment) -> Draft:
    """The place is firm: what happens next."""
    return letter(
        "place_confirmed",
        enrolment.application,
        button=(
            reverse("enrolments:detail", args=[enrolment.pk]),
            _("See your sessions"),
        ),
        enrolment=enrolment,
        first_session_at=enrolment.cohort.begins_at,
        is_promised=enrolment.promised_at is not None,
    )


def place_lapsed(enrolment: Enrolment) -> Draft:
    """The payment did not come in time and the place went on."""
    return letter(
        "place_lapsed",
        enrolment.application,
        button=(own_page(enrolment.application), _("See what you can do now")),
        enrolment=enrolment,
    )


def payment_after_lapse(enrolment: Enrolment) -> Draft:
    """Money arrived for a place that is gone: it is safe, and the office writes."""
    return letter(
        "payment_after_lapse",
        enrolment.application,
        button=(reverse("payments:list"), _("See your payments")),
        enrolment=enrolment,
    )


def aid_granted(application: Application, *, cents: int, standard: PriceTier) -> Draft:
    """Aid was granted; what remains to pay if a place is offered."""
    return letter(
        "aid_granted",
        application,
        button=(own_page(application), _("See your application")),
        granted_cents=cents,
        remaining_cents=standard.amount_cents - cents,
        currency=standard.currency,
    )


def aid_declined(application: Application, *, note: str = "") -> Draft:
    """No aid this time; the application goes on unless the person says otherwise."""
    return letter(
        "aid_declined",
        application,
        button=(own_page(application), _("See your application")),
        note=note,
    )
