"""Who may enter a group: Level A on record, or a place of it under way to apply with."""

from datetime import date

import pytest

from cohorts.models import Application, Cohort, Offer
from cohorts.queries.admission import assess
from cohorts.services.offers import accept_offer, offer_place
from cohorts.services.places import confirm_place
from scip.credentials.joint import record_equivalency
from scip.credentials.models import Credential, Level
from scip.credentials.services import record_completion
from scip.requirements import Refusal, Status
from tests import world
from tests.cohorts.admission import draft, make_applicant, pay, sent, soon

pytestmark = pytest.mark.django_db


@pytest.fixture
def group():
    return world.make_cohort(level=Level.B, title="Trauma in spring", capacity=2)


@pytest.fixture
def applicant():
    return make_applicant()


def level_a(application: Application) -> Status:
    return assess(application, now=soon())["level_a"].status


def complete(user) -> None:
    record_completion(
        user, level="A", basis="cohort", completed_on=date(2026, 5, 27), facts={}, by=None
    )


def test_without_level_a_nothing_is_sent(group, applicant):
    application = draft(group, applicant)
    assert level_a(application) is Status.OPEN
    with pytest.raises(Refusal):
        sent(group, make_applicant("other@example.com"))


def test_while_the_cohort_runs_one_may_apply_and_is_offered_nothing_yet(group, applicant, staff):
    cohort = world.make_cohort(state=Cohort.State.RUNNING, title="Cohort 7")
    world.make_enrolment(applicant, cohort)
    application = sent(group, applicant)
    assert level_a(application) is Status.WAITING
    with pytest.raises(Refusal, match="verified and valid"):
        offer_place(application, tier="standard", by=staff)
    complete(applicant)
    assert offer_place(application, tier="standard", by=staff).state == Offer.State.OPEN


def test_a_credit_for_an_earlier_format_is_enough(group, applicant, staff):
    record_equivalency(applicant, level="A", reason="SCIP 2.0", by=staff)
    assert level_a(sent(group, applicant)) is Status.MET


def test_level_a_is_not_asked_for_a_place_in_level_a(applicant):
    codes = [finding.code for finding in assess(draft(world.make_cohort(), applicant), now=soon())]
    assert "level_a" not in codes


def test_from_the_offer_to_a_confirmed_place_in_a_group(group, applicant, staff):
    complete(applicant)
    offer = offer_place(sent(group, applicant), tier="standard", by=staff)
    enrolment = accept_offer(offer, by=applicant)
    assert enrolment.charge.purpose == "tuition_level_b"
    pay(enrolment, staff)
    assert confirm_place(enrolment)
    assert not Credential.objects.exists()
