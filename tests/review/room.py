"""A submission with excerpts, and somebody who reads it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from certification.portfolio import services as portfolio
from certification.portfolio.models import Excerpt
from certification.review.models import Assignment, Submission
from certification.review.queries.reading import rubric_of
from certification.review.services import reading
from scip.accounts.models import Role, User
from tests import world
from tests.portfolio.test_excerpts import arrived, facts
from tests.review.desk import Walker, make_ready

VIEW = {
    "conclusion": "development",
    "strengths": "They wait until the ground holds.",
    "missing": "How sessions end.",
    "how": "Two talks about endings, by autumn.",
    "for_chair": "A second pair of eyes on case 1, please.",
}


@dataclass
class Room:
    """What was handed in, and the excerpts by their scope."""

    walker: Walker
    excerpt: Excerpt
    held_back: Excerpt

    @property
    def submission(self) -> Submission:
        return self.walker.submission

    @property
    def candidate(self) -> User:
        return self.walker.user

    def reader(self, name: str = "reader", seat: str = "reviewer", **values: Any) -> Assignment:
        """Somebody who reads; nothing ties them."""
        role = Role.CHAIR if seat == "chair" else Role.REVIEWER
        member = world.make_user(f"{name}@example.org", role, name=f"{name.capitalize()} Anyone")
        return self.seat(member, seat, **values)

    def seat(self, member: User, seat: str = "reviewer", **values: Any) -> Assignment:
        now = timezone.now()
        given = {
            "submission": self.submission,
            "member": member,
            "seat": seat,
            "state": "accepted",
            "answer_due_at": now + timedelta(days=5),
            "due_at": now + timedelta(days=18),
            "declared_at": now,
            "accepted_at": now,
        }
        return Assignment.objects.create(**given | values)


def make_room(number: int = 1) -> Room:
    """Handed in, with an excerpt for the committee and one for supervision alone."""
    walker = make_ready(number)
    user = walker.user
    shown = portfolio.hand_in(
        walker.candidacy,
        by=user,
        arrival=arrived(user),
        **facts(title="The silence", consent_scope="review"),
    )
    held_back = portfolio.hand_in(
        walker.candidacy,
        by=user,
        arrival=arrived(user),
        **facts(title="Between us", consent_scope="supervision"),
    )
    walker.hands_in()
    return Room(walker, shown, held_back)


def whole_lines(assignment: Assignment) -> dict[str, dict[str, str]]:
    """A word on every line that asks for one."""
    lines = rubric_of(assignment.submission.snapshot)
    return {
        line.code: {"shown": "clearly", "words": f"Seen: {line.code}"}
        for line in lines
        if line.is_asked
    }


def writes(assignment: Assignment, **values: str) -> Any:
    """Their whole view, as a draft."""
    row = reading.view_of(assignment)
    return reading.save_view(
        assignment,
        VIEW | values,
        whole_lines(assignment),
        revision=row.revision,
        by=assignment.member,
    )


def gives(assignment: Assignment, **values: str) -> Assignment:
    """Written and given."""
    writes(assignment, **values)
    return reading.give_view(assignment, by=assignment.member)
