"""The demo world: two years of a programme, told by calling the site's own services.

Everything happens in the order of time, each step at its moment in the past, up to the
present; then the site goes on by itself. See `stage` for how stories are told.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from cohorts.models import Application, Cohort
from scip.accounts.models import User
from scip.demo.clock import following
from scip.demo.people import DEMO_PEOPLE
from scip.demo.world import stories
from scip.demo.world.company import Company, office_opens
from scip.demo.world.press import Press
from scip.demo.world.stage import NobodyAtWork, Stage, no_savepoints
from scip.mail.models import Letter

# Letters of the last hours are really delivered once the demo runs.
FRESH = timedelta(hours=6)


def exists() -> bool:
    """Has this database a demo world already?"""
    return bool(User.objects.filter(email=DEMO_PEOPLE[0].email).exists())


def build(*, scale: int = 1, now: datetime | None = None, small: bool = False) -> str:
    """Make the world up to ``now`` and return one line about it; twice changes nothing.

    ``scale`` puts so many sets of cohorts beside each other (the demo people are in the
    first); ``small`` leaves out the people who only fill the lists. One transaction:
    all of it or nothing. Needs the rows of `install_pathway`.
    """
    present = now or timezone.now()
    if not exists():
        with Press(beside=not small) as press:
            stage = Stage(present=present, history_ends=present - FRESH, press=press)
            with NobodyAtWork(), following(stage.clock), transaction.atomic(), no_savepoints():
                company = Company(stage)
                stage.tell(office_opens(company))
                stage.tell(stories.two_years(company, scale=scale, small=small))
                stage.run()
    return (
        f"{User.objects.count()} people, {Cohort.objects.count()} cohorts, "
        f"{Application.objects.count()} applications, {Letter.objects.count()} letters"
    )
