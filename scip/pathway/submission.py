"""The final submission on a candidate's home, once the supervisor has recommended."""

from datetime import datetime

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from certification.review.models import Appeal, Question, Submission
from certification.review.requirements.submission import answer_day, fee_cents
from scip.credentials.wording import NOT_IN_FORCE
from scip.formats import deadline
from scip.pathway.evidence import Evidence, SubmissionFacts
from scip.pathway.steps import NextStep

State = Submission.State


def submission_facts(candidacy_pk: int) -> SubmissionFacts | None:
    """Where the newest submission stands; None without one. One query."""
    waiting = Question.objects.filter(
        assignment__submission=OuterRef("pk"), state=Question.State.SENT
    )
    appeals = Appeal.objects.filter(candidacy=OuterRef("candidacy"))
    rows = Submission.objects.filter(candidacy=candidacy_pk).annotate(
        is_asked=Exists(waiting), has_appeal=Exists(appeals)
    )
    row = rows.select_related("edition", "charge").order_by("-number").first()
    if row is None:
        return None
    return SubmissionFacts(
        state=row.state,
        is_held_up=row.held_up_at is not None,
        is_again=row.follows_id is not None,
        is_asked=row.is_asked,  # type: ignore[attr-defined]
        has_appeal=row.has_appeal  # type: ignore[attr-defined]
        or (row.state == State.DEVELOPMENT and row.edition.appeal_of_decisions),
        answer_by=answer_day(row.submitted_at, row.edition) if row.submitted_at else None,
        fee_ahead_cents=fee_ahead(row),
    )


def fee_ahead(row: Submission) -> int:
    """What the coming review costs, in cents: of a submission that is prepared, until it is
    charged, and of the resubmission that the committee asks for."""
    if row.state == State.DEVELOPMENT:
        return fee_cents(row.edition, is_again=True)
    is_charged = row.charge is not None and row.charge.cancelled_at is None
    if row.state != State.DRAFT or is_charged:
        return 0
    return fee_cents(row.edition, is_again=row.follows_id is not None)


def final_submission(evidence: Evidence, now: datetime) -> NextStep | None:
    """Recommended: bring it together; paid and held up: look again; handed over: wait, or
    answer what the committee asks."""
    found, supervision = evidence.submission, evidence.supervision
    if found is not None and found.state == State.SUBMITTED and found.is_asked:
        return NextStep(
            code="committee_asks",
            title=_("The committee has a question for you"),
            text=_("It says nothing about the answer to come. A few sentences are often enough."),
            url=reverse("submission:questions"),
            label=_("Read the question, and answer it"),
        )
    if found is not None and found.state == State.SUBMITTED and found.answer_by is not None:
        return NextStep(
            code="submitted",
            title=_("Your submission is with the committee"),
            text=_("You get their answer by {day}. There is nothing to do until then.").format(
                day=deadline(found.answer_by)
            ),
            url=reverse("submission:home"),
            label=_("See what you submitted"),
            is_waiting=True,
        )
    if found is not None and found.state == State.CERTIFIED:
        return certified(evidence)
    if found is not None and found.state == State.DEVELOPMENT:
        return NextStep(
            code="submission_answered",
            title=_("The committee has answered"),
            text=_(
                "Further development is needed. Its answer says what is there, what is missing, "
                "how you get there, and whom to ask."
            ),
            url=reverse("submission:home"),
            label=_("Read the answer"),
            other_url=reverse("supervision:home"),
            other_label=_("Open supervision"),
        )
    if supervision is None or not supervision.is_complete or not supervision.is_recommended:
        return None
    if found is not None and found.is_held_up:
        return NextStep(
            code="submission_held_up",
            title=_("Paid, and not yet with the committee"),
            text=_("Something was open when your fee arrived. The list says what; then submit."),
            url=reverse("submission:home"),
            label=_("See what is open"),
        )
    if found is not None and found.is_again:
        return NextStep(
            code="resubmission",
            title=_("Bring your resubmission together"),
            text=_("Only the committee’s points are asked. One page shows what is still open."),
            url=reverse("submission:home"),
            label=_("Open your resubmission"),
            other_url=reverse("supervision:home"),
            other_label=_("Open supervision"),
        )
    return NextStep(
        code="submission",
        title=_("Bring your final submission together"),
        text=_(
            "Your supervisor has recommended you. One page shows what the committee reads, what "
            "is still open, and has the button."
        )
        if supervision.overturned_at is None
        else _(
            "A panel’s answer stands in the place of a recommendation. One page shows what the "
            "committee reads, what is still open, and has the button."
        ),
        url=reverse("submission:home"),
        label=_("Open your submission"),
        other_url=reverse("portfolio:home"),
        other_label=_("Your portfolio"),
    )


def certified(evidence: Evidence) -> NextStep:
    """What the certification opens, while it stands; otherwise how it stands, and where to read
    why. Before its papers are drawn it stands."""
    known = next((item for item in evidence.recognitions if item.level == "C"), None)
    if known is not None and known.standing in NOT_IN_FORCE:
        return NextStep(
            code=f"certification_{known.standing}",
            title=str(NOT_IN_FORCE[known.standing]),
            text=_(
                "Its page says what happened and whom to write to. The directory doesn’t show "
                "your entry; what you wrote there is kept."
            ),
            url=reverse("credentials:holder", args=[known.code]),
            label=_("Open its page"),
            other_url=reverse("pages:contact"),
            other_label=_("Write to the office"),
        )
    return NextStep(
        code="certified",
        title=_("You are certified"),
        text=_(
            "Your certificate and letter stand below. In the directory people find you if you "
            "wish it: you decide what your entry says, and whether it is public."
        ),
        url=reverse("directory:mine"),
        label=_("Open your directory entry"),
        other_url=reverse("submission:home"),
        other_label=_("Read the committee’s answer"),
    )
