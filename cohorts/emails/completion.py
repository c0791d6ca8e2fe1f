"""Letters at the end of a cohort (the good news comes with the certificate)."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from cohorts.models import Enrolment
from scip.mail.services import queue_letter
from scip.requirements import Finding


def not_completed(enrolment: Enrolment, finding: Finding) -> None:
    """The sessions on record don't reach the share that is asked; what is possible now."""
    queue_letter(
        "cohorts/emails/not_completed",
        to=enrolment.user,
        context={
            "name": enrolment.user.first_name or enrolment.user,
            "cohort": enrolment.cohort,
            "finding": finding,
            "button_url": settings.SITE_URL + reverse("enrolments:detail", args=[enrolment.pk]),
            "button_label": _("See what is possible"),
        },
        dedupe_key=f"not-completed:{enrolment.pk}",
    )
