"""From a draft to an open cohort."""

from datetime import date, time, timedelta

import pytest

from cohorts.models import Cohort, SkippedDay
from cohorts.services.opening import copy_cohort, draft_cohort, generate_sessions, open_cohort
from scip.audit.models import Entry
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests import world
from tests.cohorts.meeting import FIRST, STARTS_ON

pytestmark = pytest.mark.django_db
NOW = FIRST - timedelta(days=100)


def draft(edition, staff, **fields) -> Cohort:
    values = {
        "title": "Spring",
        "slug": "spring",
        "time_zone": "Europe/Lisbon",
        "starts_on": STARTS_ON,
        "starts_at": time(18),
        "capacity": 20,
        "join_url": "https://meet.example.org/spring",
        "applications_open_at": NOW,
        "applications_close_at": NOW + timedelta(days=60),
    }
    return draft_cohort(edition=edition, by=staff, **values | fields)


def test_opening_copies_prices_makes_sessions_and_publishes(edition, staff):
    edition.attendance_percent = 75
    edition.save()
    cohort = draft(edition, staff)
    SkippedDay.objects.create(cohort=cohort, day=date(2027, 3, 30))
    opened = open_cohort(cohort, by=staff, now=NOW)
    assert (opened.state, opened.opened_at, opened.attendance_percent) == ("open", NOW, 75)
    assert [(tier.kind, tier.amount_cents, tier.until) for tier in opened.tiers.all()] == [
        ("early_bird", 259_500, date(2027, 1, 1)),
        ("standard", 289_500, None),
        ("lend_a_hand", 319_500, None),
    ]
    sessions = list(opened.sessions.all())
    assert [session.number for session in sessions] == list(range(1, 13))
    assert sessions[0].starts_at == FIRST
    assert sessions[4].starts_at == world.utc(2027, 4, 6, 17)
    assert {session.minutes for session in sessions} == {180}
    assert Entry.objects.filter(action="cohort.open", actor_id=staff.pk).count() == 1


def test_what_the_office_changed_on_the_draft_is_kept(edition, staff):
    cohort = draft(edition, staff, attendance_percent=90)
    cohort.tiers.create(kind="standard", amount_cents=100_000)
    opened = open_cohort(cohort, by=staff, now=NOW)
    assert opened.attendance_percent == 90
    assert [tier.amount_cents for tier in opened.tiers.all()] == [100_000]


def test_level_b_takes_the_prices_of_level_b(edition, staff):
    cohort = draft(edition, staff, level="B", capacity=16)
    opened = open_cohort(cohort, by=staff, now=NOW)
    assert [tier.amount_cents for tier in opened.tiers.all()] == [129_500, 149_500]
    assert (opened.session_count, opened.sessions.count()) == (10, 10)
    assert {session.minutes for session in opened.sessions.all()} == {120}


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"join_url": ""}, "no link to meet"), ({"starts_on": date(2026, 1, 6)}, "in the past")],
)
def test_an_unready_draft_is_not_opened(edition, staff, fields, words):
    cohort = draft(edition, staff, **fields)
    with pytest.raises(Refusal, match=words):
        open_cohort(cohort, by=staff, now=NOW)
    cohort.refresh_from_db()
    assert (cohort.state, cohort.sessions.count(), cohort.tiers.count()) == ("draft", 0, 0)


@pytest.mark.parametrize("state", ["open", "running", "finished", "cancelled"])
def test_only_a_draft_opens(staff, state):
    cohort = world.make_cohort(state=state)
    with pytest.raises(IllegalMove):
        open_cohort(cohort, by=staff)
    assert cohort.sessions.count() == 0


def test_sessions_are_never_made_twice():
    cohort = world.make_cohort()
    first = generate_sessions(cohort)
    assert [session.uid for session in generate_sessions(cohort)] == [item.uid for item in first]


def test_a_copy_is_a_draft_a_year_later_on_the_same_weekday(facilitator, staff):
    cohort = world.make_cohort(starts_on=STARTS_ON)
    cohort.facilitators.add(facilitator)
    copy = copy_cohort(cohort, by=staff)
    again = copy_cohort(cohort, by=staff)
    assert (copy.state, copy.starts_on.weekday(), copy.starts_on.year) == ("draft", 1, 2028)
    assert copy.slug != again.slug
    assert list(copy.facilitators.all()) == [facilitator]
    assert [tier.amount_cents for tier in copy.tiers.all()] == [259_500, 289_500, 319_500]
    assert copy.sessions.count() == 0


def test_prices_without_a_standard_one_or_a_start_on_a_day_off_are_not_opened(edition, staff):
    cohort = draft(edition, staff)
    cohort.tiers.create(kind="lend_a_hand", amount_cents=300_000)
    with pytest.raises(Refusal, match="no standard one"):
        open_cohort(cohort, by=staff, now=NOW)
    cohort.tiers.create(kind="standard", amount_cents=200_000)
    cohort.skipped_days.create(day=cohort.starts_on)
    with pytest.raises(Refusal, match="one of the days off"):
        open_cohort(cohort, by=staff, now=NOW)
    cohort.skipped_days.all().delete()
    Cohort.objects.update(session_minutes=0)
    with pytest.raises(Refusal, match="how many minutes"):
        open_cohort(cohort, by=staff, now=NOW)
    Cohort.objects.update(session_minutes=180)
    assert open_cohort(cohort, by=staff, now=NOW).state == "open"
