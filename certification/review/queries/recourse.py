"""An appeal in two sentences, for the candidate's own pages."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.review.models import Appeal
from certification.review.queries.appeals import appeal_of, appealable, window_of
from scip.formats import day, deadline

State = Appeal.State


@dataclass(frozen=True, slots=True)
class AppealCard:
    """What a page says of it, and how its link is called."""

    text: str
    label: str
    why: str = ""


def appeal_card(candidacy: Candidacy, *, now: datetime | None = None) -> AppealCard | None:
    """The appeal that is under way, else one that may be begun, else the last that was answered;
    None without any."""
    now = now or timezone.now()
    appeal = appeal_of(candidacy)
    if appeal is not None and appeal.state in Appeal.LIVE:
        return live_card(appeal, now)
    answer = appealable(candidacy, now=now)
    if candidacy.is_registered and answer is not None and answer.is_open(now):
        words = _("You can appeal against {answer} until the end of {day} (UTC).")
        return AppealCard(
            text=words.format(answer=answer.title, day=day(answer.window.last_on)),
            label=_("See how an appeal goes"),
            why=answer.window.why,
        )
    if appeal is not None and appeal.state == State.DECIDED and appeal.decided_at is not None:
        return AppealCard(
            text=_("A panel has answered your appeal on {day}.").format(day=day(appeal.decided_at)),
            label=_("Read the answer to your appeal"),
        )
    return None


def live_card(appeal: Appeal, now: datetime) -> AppealCard:
    """One that is being written, with its last day; one that waits for its answer, with that day."""
    if appeal.state == State.DRAFT or appeal.answer_by_at is None:
        window = window_of(appeal, now=now)
        until = window.last_on if window is not None else appeal.until_at
        over = _("You began an appeal, and the time for it ran until {day}. Your words are kept.")
        here = _("You are writing an appeal. It has to be filed by the end of {day} (UTC).")
        is_open = window is not None and window.is_open(now)
        return AppealCard(
            text=(here if is_open else over).format(day=day(until)),
            label=_("Open your appeal"),
            why=window.why if window is not None else "",
        )
    words = (
        _("Your appeal is with the office, which asks its panel. You get the answer by {day}.")
        if appeal.state == State.FILED
        else _("Your appeal is being heard. You get the answer by {day}.")
    )
    return AppealCard(
        text=words.format(day=deadline(appeal.answer_by_at)),
        label=_("See where your appeal stands"),
    )
