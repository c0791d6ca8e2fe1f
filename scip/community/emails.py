"""Letters of the groups' spaces."""

from collections.abc import Sequence

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from cohorts.emails.sessions import NAME, addressed
from cohorts.models import Cohort
from scip.accounts.models import User
from scip.community.models import Announcement
from scip.community.queries.digests import News
from scip.mail.services import Address, Draft, Prepared, queue_letter, queue_many, render_letter


def draft_announcement(cohort: Cohort, *, subject: str, body: str, sender: User) -> Draft:
    """The letter with a placeholder for the name; `addressed` puts each reader's in."""
    path = reverse("community:home", args=[cohort.pk])
    return render_letter(
        "community/emails/announcement",
        Address(email="", time_zone=cohort.time_zone),
        {
            "subject": subject,
            "body": body,
            "cohort": cohort,
            "sender": sender.name,
            "name": NAME,
            "button_url": f"{settings.SITE_URL}{path}",
            "button_label": _("Open your group’s space"),
        },
    )


def announcement(row: Announcement, members: Sequence[User], *, sender: User) -> None:
    """Queue the letter for everybody in the group, once per person."""
    draft = draft_announcement(row.cohort, subject=row.subject, body=row.body, sender=sender)
    queue_many(
        [
            Prepared(addressed(draft, user.name), user, f"announcement:{row.pk}:{user.pk}")
            for user in members
        ]
    )


def digest(user: User, news: Sequence[News], *, day: str) -> None:
    """Queue the daily letter. It names conversations of groups and quotes nobody; affinity
    spaces never appear in letters, which the office and mailboxes keep."""
    queue_letter(
        "community/emails/digest",
        to=user,
        context={
            "name": user.name,
            "news": news,
            "posts": sum(item.posts for item in news),
            "button_url": f"{settings.SITE_URL}{reverse('community:list')}",
            "button_label": _("Open your spaces"),
        },
        dedupe_key=f"community-digest:{user.pk}:{day}",
    )
