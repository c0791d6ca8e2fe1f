"""Letters about introductions. None repeats what the two wrote, nor how to reach them."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from cohorts.calendar_files import CONTENT_TYPE
from scip.accounts.models import User
from scip.mail.services import Attachment, queue_letter
from supervision.emails.calls import call_calendar
from supervision.models import Introduction
from supervision.requirements.introductions import Patience


def page_of(introduction: Introduction) -> str:
    """The full address of the request's page."""
    return f"{settings.SITE_URL}{reverse('supervision:introduction', args=[introduction.pk])}"


def send(
    letter: str,
    introduction: Introduction,
    *,
    to: User,
    label: str,
    occasion: str = "",
    attachments: tuple[Attachment, ...] = (),
    **context: Any,
) -> None:
    """Queue one letter that leads to the request; ``occasion`` tells repeated ones apart."""
    queue_letter(
        f"supervision/emails/{letter}",
        to=to,
        context={
            "name": to.first_name or _("colleague"),
            "candidate": str(introduction.candidacy.user),
            "supervisor": str(introduction.supervisor),
            "button_url": page_of(introduction),
            "button_label": label,
            **context,
        },
        dedupe_key=f"introduction:{introduction.pk}:{letter}:{occasion or to.pk}",
        attachments=attachments,
    )


def introduction_asked(introduction: Introduction, due: Patience) -> None:
    """To the supervisor: somebody would like a call with you."""
    send(
        "introduction_asked",
        introduction,
        to=introduction.supervisor.user,
        label=_("Read it and answer"),
        lapses_at=due.lapses_at,
    )


def introduction_reminder(introduction: Introduction, due: Patience) -> None:
    """To the supervisor, once, halfway: somebody waits."""
    send(
        "introduction_reminder",
        introduction,
        to=introduction.supervisor.user,
        label=_("Read it and answer"),
        lapses_at=due.lapses_at,
    )


def introduction_accepted(introduction: Introduction) -> None:
    """To the candidate: yes, perhaps with times to choose from."""
    times = list(introduction.proposed_times)
    send(
        "introduction_accepted",
        introduction,
        to=introduction.candidacy.user,
        label=_("Choose a time") if times else _("Read the answer"),
        times=times,
    )


def introduction_times(introduction: Introduction, *, at: datetime) -> None:
    """To the candidate: other times for the call."""
    send(
        "introduction_times",
        introduction,
        to=introduction.candidacy.user,
        label=_("Choose a time"),
        occasion=at.isoformat(),
        times=list(introduction.proposed_times),
    )


def introduction_time_chosen(introduction: Introduction) -> None:
    """To both, with the call for their calendars."""
    candidate, supervisor = introduction.candidacy.user, introduction.supervisor.user
    for to, other in ((candidate, supervisor), (supervisor, candidate)):
        content = call_calendar(introduction, other=str(other), url=page_of(introduction))
        send(
            "introduction_time_chosen",
            introduction,
            to=to,
            label=_("How to reach each other"),
            other=str(other),
            starts_at=introduction.chosen_time,
            attachments=(Attachment("call.ics", CONTENT_TYPE, content),),
        )


def introduction_declined(introduction: Introduction) -> None:
    """To the candidate: not possible, and that there are others."""
    send(
        "introduction_declined",
        introduction,
        to=introduction.candidacy.user,
        label=_("Read the answer"),
    )


def introduction_withdrawn(introduction: Introduction) -> None:
    """To the supervisor: nothing is to be answered any more."""
    send(
        "introduction_withdrawn",
        introduction,
        to=introduction.supervisor.user,
        label=_("Your introductions"),
    )


def introduction_lapsed(introduction: Introduction) -> None:
    """To the candidate: no answer came, and the place is free for another request."""
    send(
        "introduction_lapsed",
        introduction,
        to=introduction.candidacy.user,
        label=_("See where it stands"),
    )
