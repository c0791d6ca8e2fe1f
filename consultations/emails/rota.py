"""Letters about the case rota."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from cohorts.calendar_files import CONTENT_TYPE, sessions_calendar
from cohorts.models import Session
from cohorts.queries.guests import times_left
from consultations.models import Group, Presentation, Swap
from consultations.queries.groups import case_note
from scip.accounts.models import User
from scip.mail.models import Letter
from scip.mail.services import Attachment, queue_letter


def send(
    letter: str,
    to: User,
    group: Group,
    key: str,
    *,
    cases: Iterable[Session] = (),
    given_up: Iterable[Session] = (),
    **context: Any,
) -> None:
    """Queue one letter that leads to the group's rota; the calendar file says of ``cases`` that
    one brings one there, and takes the sentence away from sessions ``given_up``."""
    queue_letter(
        f"consultations/emails/{letter}",
        to=to,
        context={
            "name": to.name or _("colleague"),
            "group": group,
            "cohort": group.cohort,
            "button_url": settings.SITE_URL + reverse("consultations:rota", args=[group.pk]),
            "button_label": _("Open the rota"),
            **context,
        },
        dedupe_key=key,
        attachments=calendar_of(group, to, list(cases), list(given_up)),
    )


def calendar_of(
    group: Group, to: User, cases: Sequence[Session], given_up: Sequence[Session]
) -> tuple[Attachment, ...]:
    """The sessions as a calendar file; no file for a letter that changes no day."""
    if not cases:
        return ()
    sessions = [*cases, *given_up]
    for session in sessions:
        session.cohort = group.cohort
    content = sessions_calendar(
        sessions,
        name=group.cohort.title,
        with_join_link=True,
        notes=dict.fromkeys((session.pk for session in cases), case_note()),
        left=times_left(to),
    )
    return (Attachment(name="sessions.ics", content_type=CONTENT_TYPE, content=content),)


def rota_laid_out(group: Group, made: Iterable[Presentation], *, at: datetime) -> None:
    """When you bring a case: one letter to each person with all their sessions."""
    mine: dict[int, list[Presentation]] = defaultdict(list)
    for presentation in made:
        mine[presentation.enrolment_id].append(presentation)
    for enrolment_id, presentations in mine.items():
        send(
            "rota_laid_out",
            presentations[0].enrolment.user,
            group,
            f"rota:{group.pk}:{at:%Y%m%d%H%M%S%f}:{enrolment_id}",
            sessions=[presentation.session for presentation in presentations],
            cases=[presentation.session for presentation in presentations],
        )


def swap_asked(swap: Swap) -> None:
    """Somebody would like to exchange sessions with you."""
    send(
        "swap_asked",
        swap.asked.enrolment.user,
        swap.asked.group,
        f"swap:{swap.pk}:asked",
        asker=swap.offered.enrolment.user,
        theirs=swap.offered.session,
        yours=swap.asked.session,
    )


def swap_agreed(swap: Swap) -> None:
    """Both read their new session; call it before the places change hands."""
    pairs = ((swap.offered, swap.asked), (swap.asked, swap.offered))
    for mine, other in pairs:
        send(
            "swap_agreed",
            mine.enrolment.user,
            mine.group,
            f"swap:{swap.pk}:agreed:{mine.enrolment_id}",
            other=other.enrolment.user,
            yours=other.session,
            cases=[other.session],
            given_up=[mine.session],
        )


def swap_declined(swap: Swap) -> None:
    """The exchange is not possible this time; your session stays."""
    send(
        "swap_declined",
        swap.offered.enrolment.user,
        swap.offered.group,
        f"swap:{swap.pk}:declined",
        other=swap.asked.enrolment.user,
        yours=swap.offered.session,
    )


def presentation_near(presentation: Presentation) -> bool:
    """Your case is in a week; False if that letter was written before."""
    session = presentation.session
    key = f"case:{session.pk}:{session.sequence}:{presentation.enrolment_id}"
    if Letter.objects.filter(dedupe_key=key).exists():
        return False
    send(
        "presentation_near",
        presentation.enrolment.user,
        presentation.group,
        key,
        session=session,
        cases=[session],
    )
    return True
