"""The process guide: what Level C asks, step by step, with the figures of one Edition."""

from dataclasses import dataclass
from datetime import date

from scip.pdf.papers import Paper


@dataclass(frozen=True, slots=True)
class GuideFigures:
    """The counts and fees that the guide quotes; fees in integer cents of `currency`.

    They are read from an Edition, so that the guide never says anything else than the rules do.
    """

    edition: str
    effective_on: date
    currency: str
    level_a_sessions: int
    level_a_hours: int
    level_b_sessions: int
    level_b_hours: int
    attendance_percent: int
    integrated_sessions: int
    integrated_clients: int
    retreat_days_min: int
    retreat_days_max: int
    assessment_sessions: int
    supervision_sessions: int
    closing_sessions: int
    session_minutes_min: int
    case_studies: int
    reviewers: int
    review_days: int
    resubmission_months: int
    appeal_days: int
    appeal_panel: int
    excerpt_days: int
    registration_fee_cents: int
    session_fee_cents: int
    review_fee_cents: int
    rereview_fee_cents: int

    @property
    def total_sessions(self) -> int:
        """Supervision sessions from orientation to exit interview."""
        return self.assessment_sessions + self.supervision_sessions + self.closing_sessions

    @property
    def first_supervision_session(self) -> int:
        """The number of the session after the assessment."""
        return self.assessment_sessions + 1

    @property
    def last_supervision_session(self) -> int:
        """The number of the last session before the closing ones."""
        return self.assessment_sessions + self.supervision_sessions

    @property
    def assessment_fee_cents(self) -> int:
        """The first block, paid to the supervisor."""
        return self.assessment_sessions * self.session_fee_cents

    @property
    def supervision_fee_cents(self) -> int:
        """The middle block, paid to the supervisor."""
        return self.supervision_sessions * self.session_fee_cents

    @property
    def closing_fee_cents(self) -> int:
        """The last block, paid to the supervisor."""
        return self.closing_sessions * self.session_fee_cents

    @property
    def supervisor_cents(self) -> int:
        """What goes to the supervisor in all."""
        return self.total_sessions * self.session_fee_cents

    @property
    def organisation_cents(self) -> int:
        """What goes to the organisation in all, without a second review."""
        return self.registration_fee_cents + self.review_fee_cents

    @property
    def total_cents(self) -> int:
        """What a candidate pays for certification at the standard rate."""
        return self.organisation_cents + self.supervisor_cents


def render_process_guide(
    figures: GuideFigures,
    *,
    organisation: str,
    contact: str,
    paper: Paper,
) -> bytes:
    """The guide as an upright PDF of a few pages, with contents and page numbers.

    `contact` is the address a reader may write to. Raises ForbiddenFetch as `render` does.
    """
    # Loaded when something is drawn: WeasyPrint is half of a process's start.
    from scip.pdf.rendering import render

    context = {"edition": figures, "organisation": organisation, "contact": contact}
    return render("pdf/process_guide.html", context, paper=paper)
