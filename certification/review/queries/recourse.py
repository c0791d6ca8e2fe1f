"""An appeal in two sentences, for the candidate's own pages."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.review.models import Appeal, AppealOutcome, Decision
from certification.review.queries.appeals import (
    WORDS,
    appeal_of,
    appealable,
    overturned_for,
    refused_in_force,
    window_of,
)
from certification.review.requirements.appeals import last_day
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
        words = _("You can appeal against {answer} until the end of {day}.")
        return AppealCard(
            text=words.format(answer=answer.title, day=deadline(answer.window.last_on)),
            label=_("See how an appeal goes"),
            why=answer.window.why,
        )
    if appeal is not None and appeal.state == State.DECIDED and appeal.decided_at is not None:
        return AppealCard(
            text=_("A panel has answered your appeal on {day}.").format(day=day(appeal.decided_at)),
            label=_("Read the answer to your appeal"),
        )
    return None


def appeal_on_letter(candidacy: Candidacy) -> Appeal | None:
    """What was filed against the "not yet" in force and not taken back, or else the appeal that
    overturned an earlier one and still stands; None without either."""
    letter = refused_in_force([candidacy.pk]).get(candidacy.pk)
    if letter is None:
        return None
    rows = Appeal.objects.filter(
        recommendation=letter, state__in=(State.FILED, State.HEARING, State.DECIDED)
    )
    found = rows.defer(*WORDS).order_by("-created_at", "-pk").first()
    return found or overturned_for(candidacy)


def decision_card(
    decision: Decision, right: str, *, now: datetime | None = None
) -> AppealCard | None:
    """The same beside the committee's answer: where an appeal against it stands or how it ended,
    else the right to one in its words (``right``), or that its time is over; None where none was
    filed and none can be: the edition gives none, something newer is with the committee or was
    answered, or the registration is over."""
    now = now or timezone.now()
    candidacy = decision.submission.candidacy
    rows = Appeal.objects.filter(
        decision=decision, state__in=(State.FILED, State.HEARING, State.DECIDED)
    )
    appeal = rows.defer(*WORDS).order_by("-created_at", "-pk").first()
    if appeal is not None and appeal.decided_at is not None:
        words = _("A panel looked at this answer on {day}: {outcome}.")
        stands = _("What is written here about the next steps stays as it is.")
        return AppealCard(
            text=words.format(
                day=day(appeal.decided_at), outcome=AppealOutcome(appeal.outcome).label
            ),
            label=_("Read the answer to your appeal"),
            why=stands if appeal.outcome == AppealOutcome.UPHELD else "",
        )
    if appeal is not None:
        return live_card(appeal, now)
    answer = appealable(candidacy, now=now) if right and candidacy.is_registered else None
    if answer is None or answer.decision != decision.pk:
        return None
    window = answer.window
    if not window.is_open(now):
        words = _(
            "The time for an appeal ran until {day}. If something kept you from it, write to the "
            "office: it can give more time."
        )
        return AppealCard(text=words.format(day=deadline(window.last_on)), label="")
    return AppealCard(
        text=f"{right} {_('The last day for it is {day}.').format(day=deadline(window.last_on))}",
        label=_("How an appeal goes, and where yours stands"),
        why=window.why,
    )


def live_card(appeal: Appeal, now: datetime) -> AppealCard:
    """One that is being written, with its last day; one that waits for its answer, with that day."""
    if appeal.state == State.DRAFT or appeal.answer_by_at is None:
        window = window_of(appeal, now=now)
        until = deadline(window.last_on) if window is not None else last_day(appeal.until_at)
        over = _("You began an appeal, and the time for it ran until {day}. Your words are kept.")
        here = _("You are writing an appeal. It has to be filed by the end of {day}.")
        is_open = window is not None and window.is_open(now)
        return AppealCard(
            text=(here if is_open else over).format(day=until),
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
