"""The letter that tells of a dossier that the office opened."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from certification.portfolio.models import OfficeAccess
from certification.review.emails.appeals import note
from scip.accounts.models import User
from scip.formats import moment
from scip.mail.services import Draft


def dossier_opened(access: OfficeAccess, *, now: datetime) -> Draft:
    """Who has it on paper, too, since when, and for which reason; to its candidate."""
    user: User = access.portfolio.candidacy.user
    return note(
        user,
        name=user.first_name or _("colleague"),
        subject=_("The office opened your dossier, too"),
        paragraphs=[
            _(
                "{who} of the office, who opened one thing of yours ({what}), opened it as a PDF as "
                "well, on {when}. Your supervisor’s letter is no part of it."
            ).format(
                who=access.opened_by, what=access.what, when=moment(now, user.time_zone or "UTC")
            ),
            _("The reason was given before: {reason}").format(reason=access.reason),
            _(
                "If you have a question about it, or think that it should not have happened, answer "
                "this letter."
            ),
        ],
        button=(reverse("portfolio:openings"), _("See who opened what")),
        fine_print=_("You get this letter because it is your work."),
    )
