"""A group with people in it, for the tests of its space."""

import uuid
from typing import Any

from cohorts.models import Cohort
from scip.accounts.models import Role, User
from scip.community.models import AffinitySpace, Post, Thread
from scip.community.services import reply, start_thread
from tests import world
from tests.cohorts.meeting import enrol, lead, make_running


def make_group(people: int = 2, **fields: Any) -> tuple[Cohort, User, list[User]]:
    """A running cohort, its facilitator, and participants with confirmed places."""
    cohort = make_running(**fields)
    start = User.objects.count()
    members = [
        world.make_user(f"member{start + number}@example.com", name=f"Member {number:02}")
        for number in range(people)
    ]
    for member in members:
        enrol(member, cohort)
    return cohort, lead(cohort, f"lead{start}@example.com"), members


def make_space(**fields: Any) -> AffinitySpace:
    """An affinity space with its host."""
    number = AffinitySpace.objects.count()
    host = world.make_user(f"host{number}@example.com", Role.FACILITATOR, name="Hana Host")
    defaults = {"name": f"Space {number}", "description": "For us.", "host": host}
    return AffinitySpace.objects.create(**defaults | fields)


def begin(space: Any, by: User, title: str = "A question", body: str = "How was it?", **when: Any):
    """A conversation as the form begins it."""
    return start_thread(space, title=title, body=body, by=by, token=uuid.uuid4(), **when)


def answer(thread: Thread, by: User, body: str = "It was good.", **when: Any) -> Post:
    """An answer as the form sends it."""
    return reply(thread, body=body, by=by, token=uuid.uuid4(), **when)
