"""Leave: rest begins, ends, and stops clocks."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from certification.candidacy.models import Candidacy, Leave
from certification.candidacy.queries.leaves import current_leave, is_resting
from certification.candidacy.services import end_leave, follow_leaves, take_leave, withdraw
from scip.mail.models import Letter
from scip.requirements import Refusal
from tests import world

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 3, 2, 12, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)


@pytest.fixture
def candidacy(participant, edition) -> Candidacy:
    return world.make_candidacy(participant)


def rest(candidacy, first=0, back=10, now=NOW) -> Leave:
    until = None if back is None else TODAY + back * DAY
    return take_leave(
        candidacy, from_on=TODAY + first * DAY, until_on=until, by=candidacy.user, now=now
    )


def state_of(candidacy) -> str:
    candidacy.refresh_from_db()
    return str(candidacy.state)


def test_a_leave_from_today_begins_at_once_and_ends_on_its_day(candidacy):
    registered_at = candidacy.active_at
    rest(candidacy)
    assert state_of(candidacy) == "on_leave"
    assert is_resting(candidacy, TODAY)
    assert is_resting(candidacy, TODAY + 9 * DAY)
    assert not is_resting(candidacy, TODAY + 10 * DAY)
    assert list(Candidacy.objects.resting(TODAY)) == [candidacy]
    assert follow_leaves(NOW + 9 * DAY) == 0
    assert follow_leaves(NOW + 10 * DAY) == 1
    assert follow_leaves(NOW + 10 * DAY) == 0
    assert state_of(candidacy) == "active"
    assert candidacy.active_at == registered_at
    kinds = [key.split(":")[-1] for key in Letter.objects.values_list("dedupe_key", flat=True)]
    assert sorted(kinds) == ["2027-03-12", "noted"]


def test_a_leave_that_lies_ahead_begins_with_the_sweep(candidacy):
    leave = rest(candidacy, first=3)
    assert state_of(candidacy) == "active"
    assert current_leave(candidacy, TODAY) == leave
    assert follow_leaves(NOW + 2 * DAY) == 0
    assert follow_leaves(NOW + 3 * DAY) == 1
    assert state_of(candidacy) == "on_leave"


def test_the_day_is_the_person_s(candidacy):
    candidacy.user.time_zone = "Pacific/Auckland"
    candidacy.user.save()
    rest(candidacy, first=1)
    # 12:00 UTC is already the next day there.
    assert state_of(candidacy) == "on_leave"


def test_an_open_leave_lasts_until_one_comes_back(candidacy):
    leave = rest(candidacy, back=None)
    assert follow_leaves(NOW + 500 * DAY) == 0
    end_leave(leave, by=candidacy.user, now=NOW + 500 * DAY)
    assert state_of(candidacy) == "active"
    leave.refresh_from_db()
    assert leave.until_on == TODAY + 500 * DAY
    end_leave(leave, by=candidacy.user, now=NOW + 600 * DAY)
    leave.refresh_from_db()
    assert leave.until_on == TODAY + 500 * DAY


def test_coming_back_early_frees_the_days_for_another_leave(candidacy):
    end_leave(rest(candidacy), by=candidacy.user, now=NOW + 2 * DAY)
    assert state_of(candidacy) == "active"
    again = rest(candidacy, first=2, back=8, now=NOW + 2 * DAY)
    assert state_of(candidacy) == "on_leave"
    assert again.from_on == TODAY + 2 * DAY


def test_a_leave_called_off_before_its_day_leaves_no_trace_in_the_days(candidacy):
    end_leave(rest(candidacy, first=3), by=candidacy.user, now=NOW)
    assert rest(candidacy, first=2, back=9).pk
    assert Leave.objects.count() == 2
    assert Letter.objects.filter(dedupe_key__contains=":back:").count() == 0


@pytest.mark.parametrize(("first", "back"), [(-1, 3), (2, 2), (3, 1)])
def test_days_that_cannot_be_are_refused(candidacy, first, back):
    with pytest.raises(Refusal):
        rest(candidacy, first=first, back=back)


@pytest.mark.parametrize(("first", "back"), [(0, 3), (9, 12), (2, 5), (0, None), (0, 40)])
def test_two_leaves_never_overlap(candidacy, first, back):
    rest(candidacy, first=2, back=10)
    with pytest.raises(Refusal):
        rest(candidacy, first=first, back=back)
    assert rest(candidacy, first=10, back=12).pk


def test_the_database_refuses_what_the_service_would(candidacy):
    rest(candidacy)
    with pytest.raises(DatabaseError), transaction.atomic():
        Leave.objects.create(candidacy=candidacy, from_on=TODAY + DAY, until_on=None)


def test_only_one_s_own_and_only_once_registered(candidacy, staff, applicant):
    with pytest.raises(Refusal):
        take_leave(candidacy, from_on=TODAY, until_on=None, by=staff, now=NOW)
    with pytest.raises(Refusal):
        end_leave(rest(candidacy), by=staff, now=NOW)
    with pytest.raises(Refusal):
        rest(world.make_candidacy(applicant, "preparing"))


def test_whoever_withdraws_on_leave_is_not_brought_back(candidacy):
    rest(candidacy)
    candidacy.refresh_from_db()
    withdraw(candidacy, by=candidacy.user)
    assert follow_leaves(NOW + 20 * DAY) == 0
    assert state_of(candidacy) == "withdrawn"
