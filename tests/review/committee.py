"""A committee around a submission that was handed in: who reads, what they gave, what is decided."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from certification.review.models import Assignment, Decision, Submission, View
from certification.review.services import deciding
from scip.accounts.models import Role, User
from scip.credentials.services import record_completion
from tests import world
from tests.remembered import remembered
from tests.review.desk import Walker, make_ready

WHOLE = {
    "strengths": "You wait until the ground holds.",
    "contact_name": "Ines at the office",
    "contact_email": "office@example.org",
}
CERTIFIED = WHOLE | {"outcome": "certified"}
ASKS = ["Show how you end a session.", "Show one case in which you waited."]


def development(**values: Any) -> dict[str, Any]:
    """What an answer of further development can't do without."""
    return (
        WHOLE
        | {
            "outcome": "development",
            "missing": "How sessions end.",
            "how": "Two conversations about endings.",
            "by_when": timezone.now().date() + timedelta(days=90),
            "further_sessions": 0,
        }
        | values
    )


@dataclass
class Committee:
    walker: Walker
    chair: User
    reviewers: list[User]

    @property
    def submission(self) -> Submission:
        rows = Submission.objects.select_related("candidacy__user", "edition", "charge")
        return rows.filter(candidacy=self.walker.candidacy).latest("number")

    @property
    def decision(self) -> Decision:
        return Decision.objects.get(submission=self.submission)

    def seat(self, member: User) -> Assignment:
        return Assignment.objects.get(submission=self.submission, member=member)

    def writes(self, values: dict[str, Any], asks: list[str] | None = None) -> Decision:
        known = Decision.objects.filter(submission=self.submission).first()
        return deciding.save_decision(
            self.submission,
            values,
            ASKS if asks is None and values["outcome"] == "development" else asks or [],
            revision=known.revision if known else 0,
            by=self.chair,
        )

    def proposes(self, values: dict[str, Any]) -> Decision:
        return deciding.propose(self.writes(values), by=self.chair)

    def approves(self, values: dict[str, Any]) -> Decision:
        return deciding.approve(self.proposes(values), by=self.reviewers[0])

    def sends(self, values: dict[str, Any]) -> Decision:
        return deciding.send_decision(self.approves(values), by=self.chair)


def seated(submission: Submission, member: User, seat: str, state: str = "accepted") -> Assignment:
    """Somebody whom nothing ties, after their declaration."""
    now = timezone.now()
    return Assignment.objects.create(
        submission=submission,
        member=member,
        seat=seat,
        state=state,
        answer_due_at=now + timedelta(days=5),
        due_at=now + timedelta(days=18),
        declared_at=now,
        accepted_at=now,
        given_at=now if state == "given" else None,
    )


def gave(submission: Submission, member: User, conclusion: str = "certified") -> Assignment:
    """A reviewer who gave their view."""
    seat = seated(submission, member, "reviewer", "given")
    View.objects.create(assignment=seat, conclusion=conclusion, strengths="Clear.", missing="–")
    return seat


@remembered
def make_committee(number: int = 1, *, views: int = 2, levels: bool = True) -> Committee:
    """Handed in; a chair, and so many reviewers who gave their view."""
    walker = make_ready(number)
    walker.hands_in()
    for level in "AB" if levels else "":
        record_completion(
            walker.user,
            level=level,
            basis="cohort",
            completed_on=date(2025, 5, 1),
            facts={},
            by=None,
        )
    chair = world.make_user(f"chair{number}@example.org", Role.CHAIR, name=f"Clea {number}")
    readers = [
        world.make_user(f"reader{number}{place}@example.org", Role.REVIEWER, name=f"Rea {place}")
        for place in range(max(views, 2))
    ]
    seated(walker.submission, chair, "chair")
    for place, reader in enumerate(readers):
        if place < views:
            gave(walker.submission, reader)
        else:
            seated(walker.submission, reader, "reviewer")
    return Committee(walker, chair, readers)
