"""From Level A into an open consultation group: found, applied for, paid, at home in it."""

from datetime import date
from typing import Any

import pytest

from cohorts.models import Application, Cohort, Enrolment
from cohorts.services.offers import offer_place
from cohorts.services.opening import generate_sessions
from consultations.models import Group, Topic
from consultations.services.rota import lay_out_rota
from payments.models import Payment
from scip.accounts.models import User
from scip.credentials.models import Level
from scip.credentials.services import record_completion
from tests import world
from tests.cohorts.admission import make_applicant
from tests.cohorts.meeting import enrol_new, lead


@pytest.fixture
def group(site: str) -> Group:
    """A group that takes applications and has three people already."""
    cohort = world.make_cohort(level=Level.B, title="Trauma in autumn", slug="trauma-autumn")
    generate_sessions(cohort)
    enrol_new(cohort, 3)
    topic = Topic.objects.create(name="Trauma", slug="trauma", description="Pacing and safety.")
    return Group.objects.create(cohort=cohort, topic=topic)


@pytest.fixture
def therapist(site: str) -> User:
    """Somebody with Level A on record and every document verified."""
    person = make_applicant("ines@example.com", name="Ines Duarte")
    record_completion(
        person, level="A", basis="cohort", completed_on=date(2026, 5, 27), facts={}, by=None
    )
    return person


def test_from_level_a_into_a_group_of_sixteen(
    someone: Any, worker: Any, group: Group, therapist: User, staff: User
) -> None:
    cohort: Cohort = group.cohort
    ines = someone(therapist)
    ines.go("/consultations/")
    ines.follow("Trauma in autumn")
    ines.press("Start an application")
    application = Application.objects.get(user=therapist)
    steps = f"/applications/{application.pk}"
    ines.at(f"{steps}/you/")
    ines.follow("Continue")
    ines.at(f"{steps}/prerequisites/")
    ines.follow("Continue")
    for name in ("motivation", "practice", "experience"):
        ines.page.locator(f"#id_{name}").fill("Working with shame, gently.")
    ines.field("I have looked at the dates").check()
    ines.press("Save and continue")
    ines.field("Standard").check()
    ines.press("Save and continue")
    ines.press("Send my application")
    ines.reads("Your application is with the office")

    application.refresh_from_db()
    offer_place(application, tier="standard", by=staff)
    ines.go(f"{steps}/offer/")
    ines.press("Accept, and go to the payment")
    place = Enrolment.objects.select_related("charge").get(user=therapist)
    # Until it is paid the group is not open to her.
    ines.go(f"/consultations/groups/{group.pk}/rota/", status=404, look=False)
    ines.go(f"/groups/{cohort.pk}/", status=404, look=False)
    pay = f"/payments/{place.charge_id}/"
    ines.go(pay)
    ines.press("Pay USD 2,895", look=False)
    ines.press("Pay", look=False)
    ines.at(f"{pay}returned/")
    worker()
    ines.go(f"{pay}returned/")
    ines.reads("Your payment has arrived")
    assert Payment.objects.get(charge=place.charge).amount_cents == 289_500
    place.refresh_from_db()
    assert place.state == Enrolment.State.CONFIRMED

    # Inside: her sessions, the rota with her case in it, and the group's space.
    lay_out_rota(group, by=lead(cohort))
    ines.go("/pathway/")
    ines.go(f"/enrolments/{place.pk}/")
    ines.reads("Trauma in autumn")
    ines.go(f"/consultations/groups/{group.pk}/rota/")
    ines.reads("You")
    ines.look(closely=True)
    ines.go(f"/groups/{cohort.pk}/")
    ines.reads("Trauma in autumn")


def test_without_level_a_the_group_says_what_comes_first(someone: Any, group: Group) -> None:
    """The page is open to everybody; what is missing is named with the way to it."""
    ana = someone(make_applicant("ana@example.com", name="Ana Ruiz"))
    ana.go(f"/cohorts/{group.cohort.slug}/")
    ana.reads("You have completed Level A")
    assert not Application.objects.filter(user__email="ana@example.com").exists()
