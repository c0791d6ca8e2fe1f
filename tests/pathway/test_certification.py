"""Level C on the home: its next step, its findings, its figures."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from certification.candidacy.services import (
    defer_retreat,
    return_retreat,
    take_leave,
    verify_retreat,
)
from certification.candidacy.services import equivalency as credit
from scip.policy.models import Edition
from tests import world
from tests.candidacy import walking

pytestmark = pytest.mark.django_db
HOME, COSTS = "/pathway/", "/pathway/costs/"


def text(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def home(as_user, applicant, edition):
    applicant.profession, applicant.country = "Psychologist", "PT"
    applicant.save()
    world.verify_prerequisites(applicant)
    walking.open_edition()
    client = as_user(applicant)
    return lambda: client.get(HOME)


def step(home) -> str:
    return home().context["step"].code


def test_whoever_has_nothing_to_do_with_it_sees_nothing_of_it(home, applicant):
    walking.complete(applicant, "A")
    assert home().context["evidence"].level_c is None
    assert "Registering for certification" not in text(home())


def test_with_level_b_the_way_on_is_shown_once_it_is_open(home, applicant):
    walking.complete(applicant, "A", "B")
    assert step(home) == "prepare_registration"
    assert "Registering for certification" in text(home())
    Edition.objects.update(applications_open_on=timezone.localdate() + timedelta(days=1))
    assert step(home) == "completed"


def test_everything_there_leads_to_the_button(home, applicant, staff):
    walking.ready(applicant, staff)
    assert step(home) == "register"


def test_the_fee_then_the_record(home, applicant, staff):
    candidacy = walking.waiting(applicant, staff)
    assert step(home) == "payment"
    world.Candidacy.objects.filter(pk=candidacy.pk).update(
        state="active", active_at=timezone.now(), edition=world.make_edition()
    )
    candidacy.charge.cancelled_at = timezone.now()
    candidacy.charge.save()
    assert step(home) == "find_supervisor"
    assert "Registering for certification" not in text(home())


def test_what_came_back_and_what_was_asked(home, applicant, staff):
    return_retreat(walking.send_retreat(applicant), by=staff, reason="Which days?")
    assert step(home) == "retreat_returned"
    credit.ask_question(walking.sent_case(applicant), question="Who?", by=staff)
    assert step(home) == "credit_question"


def test_nothing_is_asked_of_whoever_rests(home, applicant):
    candidacy = world.make_candidacy(applicant)
    today = timezone.localdate(timezone=applicant.zone)
    take_leave(candidacy, from_on=today, until_on=today + timedelta(days=9), by=applicant)
    assert step(home) == "on_leave"


def test_a_retreat_that_may_wait_stays_in_sight_once_registered(home, applicant, staff):
    candidacy = world.make_candidacy(applicant)
    assert "Still to bring for certification" in text(home())
    defer_retreat(candidacy, by=staff, reason="Booked for May.")
    assert "Booked for May." in text(home())
    verify_retreat(walking.send_retreat(applicant), by=staff)
    assert "Still to bring for certification" not in text(home())


def test_the_honest_total_goes_by_the_pinned_edition(as_user, applicant, home):
    world.make_candidacy(applicant)
    Edition.objects.create(
        name="Dearer edition",
        in_force_from=date(2026, 1, 1),
        review_fee_cents=100_000,
        supervision_fee_cents=20_000,
    )
    page = text(as_user(applicant).get(COSTS))
    assert "USD 500 paid" in page
    assert "USD 750 to come" in page
    assert "USD 1,800" in page
    assert "under which you registered" in page
    assert "USD 1,000" not in page


def test_the_home_asks_no_more_with_a_candidacy(home, applicant, django_assert_num_queries):
    walking.give_word(applicant)
    walking.send_retreat(applicant)
    home()
    with django_assert_num_queries(9):
        home()
