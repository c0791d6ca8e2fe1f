"""A season of groups and people who wish, for the tests of rounds."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from cohorts.models import Cohort
from cohorts.services.opening import generate_sessions
from consultations.models import Group, Preference, Round, Topic
from consultations.services import rounds
from consultations.services.wishes import save_wishes
from scip.accounts.models import User
from scip.credentials.models import Level
from scip.credentials.services import record_completion
from tests import world
from tests.cohorts.admission import make_applicant

# In the afternoon in Lisbon: nobody in Europe is kept from sleep by it.
AFTERNOON = datetime.min.replace(hour=15).time()


def make_group(name: str, **fields: Any) -> Group:
    """An open group with its sessions, Tuesdays at 15:00 in Lisbon; two seats, no minimum."""
    topic, _new = Topic.objects.get_or_create(name=name, slug=name.lower())
    minimum = fields.pop("minimum", 1)
    defaults = {
        "level": Level.B,
        "title": name,
        "slug": f"{name.lower()}-{Cohort.objects.count()}",
        "capacity": 2,
        "starts_at": AFTERNOON,
        "session_count": 10,
        "session_minutes": 120,
    }
    cohort = world.make_cohort(**defaults | fields)
    generate_sessions(cohort)
    return Group.objects.create(cohort=cohort, topic=topic, minimum=minimum)


def make_round(*groups: Group, by: User | None = None, **fields: Any) -> Round:
    """A round that takes wishes now."""
    now = timezone.now()
    defaults = {
        "name": "Spring groups",
        "opens_at": now - timedelta(days=1),
        "closes_at": now + timedelta(days=7),
        "lot": "spring",
    }
    round_ = Round.objects.create(**defaults | fields)
    round_.groups.set(groups)
    return rounds.open_round(round_, by=by, now=now) if by else round_


def make_wisher(name: str = "", **fields: Any) -> User:
    """Somebody who completed Level A and whose documents hold."""
    number = User.objects.count()
    name = name or f"Person {number}"
    user = make_applicant(f"wisher{number}@example.com", name=name, **fields)
    complete_level_a(user)
    return user


def complete_level_a(user: User) -> None:
    record_completion(
        user, level="A", basis="cohort", completed_on=date(2026, 5, 27), facts={}, by=None
    )


def wish(round_: Round, user: User, *groups: Group, **fields: Any) -> Preference:
    """Groups in their order, the dearest first; a second call replaces the first."""
    known = Preference.objects.filter(round=round_, user=user).first()
    given = {
        "revision": known.revision if known else 0,
        "ranks": {group.pk: number for number, group in enumerate(groups, start=1)},
        "attends_live": True,
    }
    return save_wishes(round_, user, **given | fields)


def close(round_: Round, by: User) -> Round:
    return rounds.close_round(round_, by=by)
