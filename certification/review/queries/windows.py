"""Which windows of a candidate are in question now: the answer they are about, and until when."""

from datetime import datetime

from certification.candidacy.models import Candidacy, WindowMove
from certification.candidacy.queries.windows import resubmission_window
from certification.candidacy.requirements.windows import Window
from certification.review.models import Appeal
from certification.review.queries.appeals import appealable, latest_refusal

Kind = WindowMove.Kind


def window_in_question(
    candidacy: Candidacy, kind: str, *, now: datetime
) -> tuple[datetime, Window] | None:
    """When the answer was told whose window of this ``kind`` could still matter, and the window;
    None without one: nothing was answered, a panel has it or has had it, something newer is with
    the committee, or the registration is over."""
    if not candidacy.is_registered:
        return None
    if kind == Kind.APPEAL:
        answer = appealable(candidacy, now=now)
        if answer is None or answer.is_answered or is_filed(candidacy):
            return None
        return answer.told_at, answer.window
    decision = latest_refusal(candidacy)
    if decision is None or decision.sent_at is None:
        return None
    edition = decision.submission.edition
    window = resubmission_window(candidacy, edition, told_at=decision.sent_at, now=now)
    return decision.sent_at, window


def is_filed(candidacy: Candidacy) -> bool:
    """Is an appeal with the office or a panel?"""
    states = (Appeal.State.FILED, Appeal.State.HEARING)
    return Appeal.objects.filter(candidacy=candidacy, state__in=states).exists()
