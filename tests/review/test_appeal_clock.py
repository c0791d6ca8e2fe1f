"""What time does to appeals."""

from datetime import timedelta

import pytest

from certification.candidacy.models import Candidacy
from certification.review.models import DeclaredTie, PanelSeat
from certification.review.services import appeal_clock
from certification.review.tasks import follow_appeals
from scip.accounts.models import RoleGrant
from scip.mail.models import Letter
from supervision.services import recommendations
from tests.review.desk import RECOMMENDED
from tests.review.hearings import Appellant, gives, later, make_appellant, make_panel

pytestmark = pytest.mark.django_db


@pytest.fixture
def carla() -> Appellant:
    return make_appellant()


def keys() -> set[str]:
    """The letters about seats and days that the clock wrote."""
    rows = Letter.objects.filter(dedupe_key__regex=r":(soon|late):|:overdue$|no-longer$")
    return set(rows.values_list("dedupe_key", flat=True))


def test_whoever_was_asked_is_reminded_before_and_after_once_each(carla):
    carla.files()
    (seat,) = carla.asks(*make_panel(1))
    appeal_clock.follow(later(1))
    assert keys() == set()
    appeal_clock.follow(later(4))
    assert appeal_clock.follow(later(4)) == 0  # a second run says nothing again
    assert len(keys()) == 1
    appeal_clock.follow(later(7))
    assert {key.split(":")[3] for key in keys()} == {"soon", "late"}
    assert Letter.objects.filter(to_user=seat.member).count() == 3
    appeal_clock.follow(later(25))
    assert Letter.objects.filter(to_user=seat.member).count() == 3


def test_the_panel_is_reminded_of_its_day_and_the_office_told_after(carla):
    one, two = make_panel(2)
    first, second = carla.heard_by(one, two)
    gives(first, "upheld")
    appeal_clock.follow(later(29))
    assert {key.split(":")[1] for key in keys()} == {str(second.pk)}
    appeal_clock.follow(later(32.5))
    assert f"appeal:{carla.appeal.pk}:overdue" in keys()
    assert len(keys()) == 3
    appeal_clock.follow(later(60))
    assert len(keys()) == 3


def test_nobody_is_reminded_of_the_panels_day_before_it_is_complete(carla):
    carla.heard_by(*make_panel(1))
    appeal_clock.follow(later(29))
    assert keys() == set()


def test_a_role_that_ends_empties_the_seat_and_tells_both(carla):
    first, _second = carla.heard_by(*make_panel(2))
    RoleGrant.objects.filter(user=first.member).update(until=later(1).date())
    appeal_clock.follow(later(2))
    first.refresh_from_db()
    assert first.state == "released"
    assert f"panelseat:{first.pk}:no-longer" in keys()
    assert Letter.objects.filter(dedupe_key=f"panelseat:{first.pk}:released").exists()


def test_a_tie_that_comes_to_light_empties_the_seat(carla):
    first, second = carla.heard_by(*make_panel(2))
    gives(second, "upheld")
    for seat in (first, second):
        DeclaredTie.objects.create(member=seat.member, candidate=carla.user, kind="family")
    # A given answer does not count any more, either.
    assert appeal_clock.release_barred(later(0)) == 2
    assert set(PanelSeat.objects.values_list("state", flat=True)) == {"released"}
    assert appeal_clock.release_barred(later(0)) == 0


def test_a_later_letter_closes_the_appeal_and_lets_its_panel_go(carla):
    (seat,) = carla.heard_by(*make_panel(1))
    assert appeal_clock.close_overtaken(later(0)) == 0
    draft = recommendations.save_part(carla.pair.agreement, by=carla.guide, **RECOMMENDED)
    recommendations.send_recommendation(draft, by=carla.guide)
    appeal_clock.follow(later(0))
    assert carla.appeal.state == "withdrawn"
    seat.refresh_from_db()
    assert seat.state == "released"
    told = Letter.objects.filter(dedupe_key__startswith=f"appeal:{carla.appeal.pk}:superseded")
    assert told.count() == 3
    assert appeal_clock.follow(later(0)) == 0


def test_an_appeal_ends_with_the_registration(carla):
    (seat,) = carla.heard_by(*make_panel(1))
    Candidacy.objects.filter(pk=carla.candidacy.pk).update(state="withdrawn", withdrawn_at=later(0))
    follow_appeals()
    assert carla.appeal.state == "withdrawn"
    seat.refresh_from_db()
    assert (seat.state, seat.end_code, seat.end_reason) == ("released", "ended", "")
    assert seat.why_ended == "the candidate’s registration has come to an end"


def test_the_clock_costs_no_more_queries_for_more_seats(carla, django_assert_num_queries):
    carla.files()
    panel = make_panel(2)
    carla.asks(panel[0])
    with django_assert_num_queries(1):
        list(appeal_clock.reminders(later(4)))
    other = make_appellant(2)
    other.files()
    carla.asks(panel[1])
    other.asks(*panel)
    with django_assert_num_queries(1):
        assert len(list(appeal_clock.reminders(later(4)))) == 4
    assert later(4) - later(2) >= timedelta(days=1)
