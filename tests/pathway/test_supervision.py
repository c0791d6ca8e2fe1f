"""Supervision on a candidate's home: the ledger's findings and the step that comes next."""

from datetime import timedelta

import pytest
from django.utils import timezone

from supervision.models import Appointment
from supervision.services import sessions
from tests import world
from tests.supervision.pair import Kind, at, log, make_pair, walk

HOME = "/pathway/"


def home(as_user, person):
    """The home of somebody with a whole profile and all prerequisites."""
    if not person.profession:
        person.profession, person.country = "Psychologist", "PT"
        person.save(update_fields=["profession", "country"])
        world.verify_prerequisites(person)
    return as_user(person).get(HOME).context


def findings(context):
    group = next(item for item in context["groups"] if item.code == "supervision")
    return {item.code: item.status.value for item in group.findings}


def test_a_registered_candidate_without_a_supervisor_is_led_to_one(db, as_user):
    world.make_edition()
    candidacy = world.make_candidacy(world.make_user("candidate@example.com"))
    context = home(as_user, candidacy.user)
    assert context["step"].code == "find_supervisor"
    assert set(findings(context).values()) == {"later"}


def test_a_session_that_waits_for_a_yes_comes_first(db, as_user):
    pair = make_pair()
    row = log(pair, Kind.ORIENTATION, at(1))
    context = home(as_user, pair.candidate)
    assert context["step"].code == "confirm_session"
    assert context["step"].url == f"/supervision/sessions/{row.pk}/"
    assert findings(context)["ledger-assessment"] == "waiting"
    sessions.confirm_session(row, by=pair.candidate)
    context = home(as_user, pair.candidate)
    assert context["step"].title == "Next in supervision: Case & practice review"


def test_with_all_ten_the_home_says_so(db, as_user):
    pair = make_pair()
    walk(pair, 10)
    context = home(as_user, pair.candidate)
    found = findings(context)
    assert found.pop("recommendation") == "waiting"
    assert set(found.values()) == {"met"}
    assert context["step"].code == "registered"


def test_what_a_supervisor_knows_is_not_on_their_own_home(db, as_user):
    pair = make_pair()
    log(pair, Kind.ORIENTATION, at(1), by=pair.candidate)
    context = home(as_user, pair.guide)
    assert [item.code for item in context["groups"] if item.code == "supervision"] == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_home_takes_at_most_ten_queries_for_its_facts(
    db, as_user, count, django_assert_max_num_queries
):
    pair = make_pair()
    walk(pair, count)
    client = as_user(pair.candidate)
    client.get(HOME)
    # Two of these are the session and the person.
    with django_assert_max_num_queries(12):
        client.get(HOME)


def test_a_candidates_home_asks_ten_times_with_one_and_with_three_sessions(
    db, as_user, django_assert_num_queries
):
    pair = make_pair()
    walk(pair, 1)
    home(as_user, pair.candidate)
    client = as_user(pair.candidate)
    client.get(HOME)
    with django_assert_num_queries(10):
        client.get(HOME)
    for number in (2, 3):
        log(pair, Kind.CASE_REVIEW, at(number))
    with django_assert_num_queries(10):
        client.get(HOME)


def plan(pair, days, where="https://meet.example.org/room"):
    return Appointment.objects.create(
        agreement=pair.agreement,
        starts_at=timezone.now() + timedelta(days=days),
        where=where,
        planned_by=pair.guide,
    )


def test_planned_sessions_stand_under_coming_up_with_both(db, as_user, stranger):
    pair = make_pair()
    walk(pair, 1)
    plan(pair, 3)
    plan(pair, 10, where="Room 2")
    plan(pair, -1)
    seen = {
        user: [(item.cohort, item.number, item.join_url) for item in home(as_user, user)["coming"]]
        for user in (pair.candidate, pair.guide, stranger)
    }
    link = "https://meet.example.org/room"
    assert seen[pair.candidate] == [(str(pair.guide), 0, link), (str(pair.guide), 0, "")]
    assert seen[pair.guide] == [(str(pair.candidate), 0, link), (str(pair.candidate), 0, "")]
    assert seen[stranger] == []


def test_the_desk_is_in_the_menu_of_both_and_of_nobody_else(db, as_user, stranger):
    pair = make_pair()
    menus = {
        user: [place["url"] for place in home(as_user, user)["nav_roles"]]
        for user in (pair.candidate, pair.guide, stranger)
    }
    assert menus == {pair.candidate: ["/supervision/"], pair.guide: ["/supervision/"], stranger: []}
