"""The letter that says that there is feedback; the words stay on the site."""

from django.utils.translation import gettext as _

from supervision.emails.agreements import send
from supervision.models import Feedback


def feedback_given(feedback: Feedback) -> None:
    send(
        "feedback_given",
        feedback.agreement.candidacy.user,
        feedback.agreement,
        f"feedback:{feedback.pk}",
        page="supervision:words",
        label=_("Read it"),
    )
