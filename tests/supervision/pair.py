"""Two people in supervision, at the points of the way that tests begin from."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from certification.candidacy.models import Candidacy
from scip.accounts.models import User
from supervision.models import Agreement, SupervisionSession, Supervisor
from supervision.services import sessions
from supervision.services.sessions import Held
from tests import world
from tests.remembered import remembered
from tests.world import utc

# A Tuesday; everything else is counted in days from here.
START = utc(2026, 3, 3, 9)
Kind = SupervisionSession.Kind
ASSESSMENT = (Kind.ORIENTATION, Kind.CASE_REVIEW, Kind.PLAN_MEETING)
ALL = (*ASSESSMENT, *[Kind.SUPERVISION] * 5, Kind.PORTFOLIO_REVIEW, Kind.EXIT_INTERVIEW)


@dataclass
class Pair:
    agreement: Agreement
    candidacy: Candidacy
    candidate: User
    supervisor: Supervisor
    guide: User

    def again(self) -> "Pair":
        self.agreement.refresh_from_db()
        return self


@remembered
def make_pair(number: int = 1, *, guide: Supervisor | None = None, **moments: Any) -> Pair:
    """Signed at START, final version and plan after the third session; override by keyword."""
    world.make_edition()
    candidate = world.make_user(f"candidate{number}@example.com", name=f"Carla {number}")
    candidacy = world.make_candidacy(candidate)
    if guide is None:
        guide = world.make_supervisor(
            world.make_user(f"guide{number}@example.com", name=f"Gita {number}")
        )
    moments = {
        "signed_at": START,
        "final_at": START + timedelta(days=21),
        "plan_at": START + timedelta(days=21),
    } | moments
    agreement = world.make_agreement(candidacy, guide, **moments)
    return Pair(agreement, candidacy, candidate, guide, guide.user)


def at(days: int, hour: int = 10) -> datetime:
    return START.replace(hour=hour) + timedelta(days=days)


def held(kind: str, started_at: datetime, minutes: int = 60, **fields: Any) -> Held:
    return Held(kind=kind, started_at=started_at, minutes=minutes, **fields)


def log(pair: Pair, kind: str, started_at: datetime, minutes: int = 60, **fields: Any) -> Any:
    """Logged by the supervisor, an hour after its end unless ``by`` and ``now`` say otherwise."""
    fields.setdefault("by", pair.guide)
    fields.setdefault("now", started_at + timedelta(minutes=minutes, hours=1))
    return sessions.log_session(pair.agreement, held(kind, started_at, minutes), **fields)


def confirmed(pair: Pair, kind: str, started_at: datetime, minutes: int = 60) -> Any:
    """Logged by the supervisor and confirmed by the candidate."""
    row = log(pair, kind, started_at, minutes)
    return sessions.confirm_session(row, by=pair.candidate, now=started_at + timedelta(days=1))


@remembered
def walk(pair: Pair, count: int) -> list[Any]:
    """The first ``count`` sessions of the ten, confirmed, a week apart."""
    return [confirmed(pair, kind, at(1 + 7 * place)) for place, kind in enumerate(ALL[:count])]
