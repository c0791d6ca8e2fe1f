"""Letters about an absence exception, one for each step."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from cohorts.models import AbsenceException
from scip.mail.services import queue_letter


def send(letter: str, exception: AbsenceException, occasion: str, label: str) -> None:
    """Queue ``letter`` to the person the exception is about."""
    enrolment = exception.enrolment
    path = reverse("enrolments:exception", args=[enrolment.pk, exception.session.number])
    queue_letter(
        f"cohorts/emails/{letter}",
        to=enrolment.user,
        context={
            "name": enrolment.user.name or _("colleague"),
            "exception": exception,
            "session": exception.session,
            "cohort": enrolment.cohort,
            "button_url": f"{settings.SITE_URL}{path}",
            "button_label": label,
        },
        dedupe_key=f"exception:{exception.pk}:{occasion}",
    )


def exception_received(exception: AbsenceException) -> None:
    """We have your request; this is what happens now."""
    send("exception_received", exception, "received", _("See your request"))


def make_up_agreed(exception: AbsenceException, *, round_at: Any) -> None:
    """What the make-up work is, and where to hand it in; again for every new round."""
    send("make_up_agreed", exception, f"agreed:{round_at:%Y%m%d%H%M%S%f}", _("Hand in your work"))


def make_up_received(exception: AbsenceException, *, round_at: Any) -> None:
    """We have your make-up work."""
    send("make_up_received", exception, f"handed-in:{round_at:%Y%m%d%H%M%S%f}", _("See your work"))


def exception_decided(exception: AbsenceException) -> None:
    """The decision with its reason, and what it means."""
    send("exception_decided", exception, "decided", _("See where you stand"))
