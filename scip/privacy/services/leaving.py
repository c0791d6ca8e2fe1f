"""What somebody has under way ends as if they had ended it: through the services of each part,
so that seats go to the next in line and whoever worked with them is told."""

from datetime import datetime

from django.db.models import Q

from certification.candidacy.models import Candidacy, EquivalencyCase
from certification.candidacy.services import registration
from certification.candidacy.services.equivalency import withdraw_case
from cohorts.models import Application
from cohorts.services.applications import withdraw_application
from scip.accounts.models import User
from supervision.models import Agreement, Introduction
from supervision.services import introductions
from supervision.services.losses import end_one

# Before a place: from then on stepping back is the person's own act, with its amounts.
UNDER_WAY = (
    Application.State.DRAFT,
    Application.State.SUBMITTED,
    Application.State.INFO_NEEDED,
    Application.State.WAITING_LIST,
    Application.State.OFFERED,
)


def leave_all(person: User, *, now: datetime) -> None:
    """End applications, requests and the way to certification, each in a transaction of its own.

    May run again. Raises Refusal when something can't end at this moment (money just arrived).
    """
    for application in Application.objects.filter(user=person, state__in=UNDER_WAY).order_by("pk"):
        withdraw_application(application, now=now)
    introductions_open = Introduction.objects.filter(
        candidacy__user=person, state__in=Introduction.OPEN
    )
    for introduction in introductions_open.order_by("pk"):
        introductions.withdraw(introduction, by=person, now=now)
    for candidacy in Candidacy.objects.filter(user=person, state__in=Candidacy.ALIVE):
        registration.withdraw(candidacy, by=person, now=now)
    over = Q(candidacy__user=person, state__in=Agreement.ALIVE)
    for pk in Agreement.objects.filter(over).order_by("pk").values_list("pk", flat=True):
        end_one(pk, now)
    for case in EquivalencyCase.objects.filter(user=person, state__in=EquivalencyCase.OPEN):
        withdraw_case(case, by=person, now=now)
