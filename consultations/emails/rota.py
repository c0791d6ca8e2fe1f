"""Letters about the case rota."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from consultations.models import Group, Presentation, Swap
from scip.accounts.models import User
from scip.mail.models import Letter
from scip.mail.services import queue_letter


def send(letter: str, to: User, group: Group, key: str, **context: Any) -> None:
    """Queue one letter that leads to the group's rota."""
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
    )


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
    send("presentation_near", presentation.enrolment.user, presentation.group, key, session=session)
    return True
