"""The letter that tells somebody of more time."""

from django.urls import reverse
from django.utils.translation import gettext as _

from certification.candidacy.models import WindowMove
from certification.review.emails.appeals import note
from scip.accounts.models import User
from scip.formats import deadline
from scip.mail.services import Draft


def more_time(moved: WindowMove) -> Draft:
    """Until when it is now, and why."""
    user: User = moved.candidacy.user
    is_appeal = moved.kind == WindowMove.Kind.APPEAL
    return note(
        user,
        name=user.first_name or _("colleague"),
        subject=_("You have more time for an appeal")
        if is_appeal
        else _("You have more time to resubmit"),
        paragraphs=[
            (
                _("You can file an appeal until the end of {day} now.")
                if is_appeal
                else _("You can hand in your resubmission until the end of {day} now.")
            ).format(day=deadline(moved.last_on)),
            _("CMSC’s office gives you this time because: {reason}").format(reason=moved.reason),
            _(
                "Everything that you wrote is where you left it. Should you take a leave from now "
                "on, its days come on top."
            ),
        ],
        button=(reverse("appeal:home"), _("Open your appeal"))
        if is_appeal
        else (reverse("submission:home"), _("Open your submission")),
        fine_print=_("You get this letter because you are on your way to certification."),
    )
