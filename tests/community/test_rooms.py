"""Who is in, what people share, affinity spaces, the daily letter."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from scip.audit.models import Entry
from scip.community.models import (
    AffinityMember,
    AffinitySpace,
    DigestChoice,
    Sharing,
    Thread,
    members_of,
    spaces_of,
)
from scip.community.services import (
    choose_letters,
    hide_post,
    join_space,
    mark_read,
    send_digests,
    take_back_post,
)
from scip.mail.models import Letter
from scip.requirements import Refusal
from tests.cohorts.meeting import enrol
from tests.community.rooms import answer, begin, make_group, make_space
from tests.world import utc

pytestmark = pytest.mark.django_db
MORNING = utc(2027, 3, 10, 9)  # 09:00 in Lisbon


def pages_of(cohort: Any) -> list[str]:
    names = ("home", "people", "threads", "new", "materials", "announcements")
    return [reverse(f"community:{name}", args=[cohort.pk]) for name in names]


@pytest.mark.parametrize("state", ["awaiting_payment", "lapsed", "withdrawn"])
def test_only_people_with_a_place_come_in(state, as_user, stranger, staff):
    cohort, leader, (ana, ben) = make_group()
    _other, other_leader, (carla, _dan) = make_group()
    ben.enrolments.update(state=state)
    found = {
        user.email: {as_user(user).get(url).status_code for url in pages_of(cohort)}
        for user in (ana, leader, ben, stranger, staff, other_leader, carla)
    }
    assert found.pop(ana.email) == {200}
    assert found.pop(leader.email) == {200}
    assert set(map(frozenset, found.values())) == {frozenset({404})}


@pytest.mark.parametrize("state", ["confirmed", "completed", "not_completed"])
def test_whoever_took_part_stays_in(state):
    cohort, _leader, (ana, _ben) = make_group()
    ana.enrolments.update(state=state)
    assert list(spaces_of(ana)) == [cohort]
    assert ana in members_of(cohort)


def test_leaving_ends_access_in_the_same_moment(as_user):
    cohort, leader, (ana, _ben) = make_group()
    thread = begin(cohort, ana)
    client, faculty = as_user(ana), as_user(leader)
    url = reverse("community:thread", args=[thread.pk])
    assert (client.get(url).status_code, faculty.get(url).status_code) == (200, 200)
    ana.enrolments.update(state="withdrawn")
    cohort.facilitators.remove(leader)
    assert (client.get(url).status_code, faculty.get(url).status_code) == (404, 404)
    assert client.post(url, {"body": "Still here."}).status_code == 404
    assert thread.posts.count() == 1


def test_a_facilitator_whose_role_ended_is_out():
    cohort, leader, _people = make_group()
    leader.role_grants.update(until=timezone.now().date() - timedelta(days=1))
    fresh = type(leader).objects.get(pk=leader.pk)
    assert not spaces_of(fresh).exists()
    assert fresh not in members_of(cohort)


def test_people_share_what_they_chose_and_nothing_else(as_user):
    cohort, _leader, (ana, ben) = make_group()
    other, *_rest = make_group()
    enrol(ana, other)
    for field, value in {"profession": "Counsellor", "country": "PT"}.items():
        setattr(ana, field, value)
    ana.save()
    url = reverse("community:people", args=[cohort.pk])

    def seen() -> tuple[bool, ...]:
        page = as_user(ben).get(url).content.decode()
        return tuple(word in page for word in ("Member 00", "Counsellor", "Portugal", ana.email))

    assert seen() == (True, False, False, False)
    for level, expected in {
        "work": (True, True, True, False),
        "email": (True, True, True, True),
        "name": (True, False, False, False),
    }.items():
        assert as_user(ana).post(url, {"level": level}).status_code == 302
        assert seen() == expected
    assert as_user(ana).post(url, {"level": "phone"}).status_code == 200
    # In her other group nothing was chosen.
    assert list(Sharing.objects.values_list("cohort_id", "level")) == [(cohort.pk, "name")]
    assert Entry.objects.filter(action="sharing.chosen", subject_id=ana.pk).count() == 3


def test_a_nameless_member_is_not_named_by_the_address(as_user):
    cohort, _leader, (ana, ben) = make_group()
    type(ana).objects.filter(pk=ana.pk).update(name="")
    thread = begin(cohort, ana)
    for url in (*pages_of(cohort), reverse("community:thread", args=[thread.pk])):
        assert ana.email not in as_user(ben).get(url).content.decode()


@pytest.mark.parametrize("people", [1, 3])
def test_people_and_spaces_are_constant_in_queries(people, as_user, django_assert_num_queries):
    cohort, _leader, members = make_group(people)
    for _number in range(people):
        make_space()
        other, *_rest = make_group(0)
        enrol(members[0], other)
    client = as_user(members[0])
    asked = {reverse("community:people", args=[cohort.pk]): 8, reverse("community:list"): 6}
    for url, queries in asked.items():
        client.get(url)
        with django_assert_num_queries(queries):
            assert client.get(url).status_code == 200


# --- Affinity spaces ---------------------------------------------------------------------------


def test_joining_is_for_people_of_the_groups_and_private(as_user, stranger, staff):
    _cohort, leader, (ana, ben) = make_group()
    space = make_space(name="Kanari space")
    page = reverse("community:affinity", args=[space.pk])
    join = reverse("community:join", args=[space.pk])
    for user in (stranger, staff):
        shown = as_user(user).get(page)
        assert (user == staff) or shown.status_code == 404
        assert as_user(user).post(join).status_code == 404
    before = Entry.objects.count()
    for _press in range(2):
        assert as_user(ana).post(join).status_code == 302
    assert list(AffinityMember.objects.values_list("user_id")) == [(ana.pk,)]
    # The log tells neither who nor where.
    (entry,) = Entry.objects.order_by("pk")[before:]
    assert (entry.action, entry.actor_id, entry.subject_id, entry.object_id, entry.data) == (
        "affinity.joined", None, None, "", {},
    )  # fmt: skip
    inside = {
        user.email: ana.name in as_user(user).get(page).content.decode()
        for user in (ana, space.host, ben, leader)
    }
    assert inside == {
        ana.email: True,
        space.host.email: True,
        ben.email: False,
        leader.email: False,
    }


def test_the_office_names_spaces_and_sees_nobody(as_user, staff):
    cohort, _leader, (ana, _ben) = make_group()
    host = make_space().host
    client = as_user(staff)
    add = reverse("admin:community_affinityspace_add")
    data = {"name": "Kanari", "description": "For us.", "host": host.pk, "is_open": "on"}
    assert client.post(add, data).status_code == 302
    space = AffinitySpace.objects.get(name="Kanari")
    join_space(space, by=ana)
    thread = begin(space, ana, "Secret title", "Secret words.")
    change = reverse("admin:community_affinityspace_change", args=[space.pk])
    person = reverse("admin:person", args=[ana.pk])
    for url in (change, person, reverse("admin:audit_entry_changelist"), "/admin/"):
        page = client.get(url).content.decode()
        assert "Secret" not in page
        assert url == person or ana.name not in page
        assert url != person or "Kanari" not in page
    assert client.get(reverse("community:thread", args=[thread.pk])).status_code == 404
    assert client.get(reverse("community:affinity_threads", args=[space.pk])).status_code == 404
    # A participant is no host.
    refused = client.post(add, data | {"name": "Other", "host": ana.pk})
    assert refused.status_code == 200
    assert cohort.pk


def test_taking_back_and_hiding_there_name_no_member_in_the_log():
    _cohort, _leader, (ana, _ben) = make_group()
    space = make_space()
    join_space(space, by=ana)
    thread = begin(space, ana)
    post = thread.posts.get()
    hide_post(post, reason="Too much.", by=space.host)
    take_back_post(post, by=ana)
    entries = Entry.objects.filter(object_type="community.post")
    assert list(entries.values_list("action", "actor_id", "subject_id")) == [
        ("post.hidden", space.host.pk, None)
    ]
    assert not Entry.objects.filter(actor_id=ana.pk).exists()


def test_leaving_a_space_ends_access_and_takes_the_name_off(as_user):
    _cohort, _leader, (ana, ben) = make_group()
    space = make_space()
    for user in (ana, ben):
        join_space(space, by=user)
    thread = begin(space, ana)
    url = reverse("community:thread", args=[thread.pk])
    assert "Member 00" in as_user(ben).get(url).content.decode()
    assert as_user(ana).post(reverse("community:leave", args=[space.pk])).status_code == 302
    assert as_user(ana).get(url).status_code == 404
    page = as_user(ben).get(url).content.decode()
    assert "Member 00" not in page
    assert "Somebody who has left" in page
    # Whoever is no participant any more is out as well.
    ben.enrolments.update(state="withdrawn")
    assert as_user(ben).get(url).status_code == 404


def test_whose_group_has_ended_is_not_listed_and_keeps_what_they_wrote(as_user):
    cohort, _leader, (ana, ben) = make_group()
    _other, guide, (carla,) = make_group(people=1)
    space = make_space()
    for user in (ana, ben, carla, guide):
        join_space(space, by=user)
    url = reverse("community:thread", args=[begin(space, ana).pk])
    page = reverse("community:affinity", args=[space.pk])

    def listed() -> list[str]:
        return as_user(carla).get(page).context["members"]

    everybody = [user.display_name for user in (ana, ben, carla, guide)]
    assert listed() == everybody
    cohort.enrolments.update(state="withdrawn")
    assert listed() == everybody[2:]
    thread = as_user(carla).get(url).content.decode()
    assert "How was it?" in thread
    assert ana.display_name not in thread
    # With another group they are back, without joining anew.
    ana.enrolments.update(state="confirmed")
    assert listed() == [ana.display_name, *everybody[2:]]
    assert ana.display_name in as_user(carla).get(url).content.decode()
    type(cohort).objects.filter(pk=cohort.pk).update(state="cancelled")
    assert listed() == everybody[2:]


def test_whose_last_group_has_ended_can_leave_and_is_not_in_again(as_user, stranger):
    cohort, _leader, (ana, ben) = make_group()
    space, other = make_space(name="Kanari"), make_space()
    for user in (ana, ben):
        join_space(space, by=user)
    client, listing = as_user(ana), reverse("community:list")
    leave = reverse("community:leave", args=[space.pk])
    assert client.get(listing).context["resting"] == []
    cohort.enrolments.update(state="withdrawn")
    page = client.get(listing)
    assert page.context["resting"] == [space]
    assert leave in page.content.decode()
    # The name stands there, and nothing else of it opens.
    assert client.get(reverse("community:affinity", args=[space.pk])).status_code == 404
    assert client.post(reverse("community:leave", args=[other.pk])).status_code == 404
    assert as_user(stranger).post(leave).status_code == 404
    assert client.post(leave).url == listing
    assert list(space.members.values_list("user_id", flat=True)) == [ben.pk]
    assert client.get(listing).context["resting"] == []
    cohort.enrolments.update(state="confirmed")
    assert list(AffinitySpace.objects.entered_by(ana)) == []
    assert list(AffinitySpace.objects.entered_by(ben)) == [space]


def test_a_closed_space_takes_nobody_and_keeps_its_members(as_user):
    _cohort, _leader, (ana, ben) = make_group()
    space = make_space()
    join_space(space, by=ana)
    AffinitySpace.objects.update(is_open=False)
    page = reverse("community:affinity", args=[space.pk])
    assert (as_user(ana).get(page).status_code, as_user(ben).get(page).status_code) == (200, 404)
    with pytest.raises(Refusal):
        join_space(space, by=ben)


# --- The daily letter --------------------------------------------------------------------------


def told(now: datetime) -> list[str]:
    """Who gets a letter at this moment."""
    before = set(Letter.objects.values_list("pk", flat=True))
    send_digests(now=now)
    fresh = Letter.objects.exclude(pk__in=before).order_by("to_address")
    return list(fresh.values_list("to_address", flat=True))


def test_the_letter_comes_once_a_day_and_tells_what_is_new(settings):
    cohort, leader, (ana, ben) = make_group()
    thread = begin(cohort, ana, "Breathing", now=MORNING - timedelta(hours=2))
    assert told(MORNING) == sorted([leader.email, ben.email]), "never for one's own"
    letter = Letter.objects.get(to_user=ben)
    assert letter.subject == "1 new post in your groups"
    assert "Breathing" in letter.text
    assert "How was it?" not in letter.text
    assert f"Open your spaces:\n{settings.SITE_URL}/groups/\n" in letter.text
    for later in (0, 10, 600):
        assert told(MORNING + timedelta(minutes=later)) == []
    answer(thread, ben, now=MORNING + timedelta(hours=1))
    assert told(MORNING + timedelta(hours=5)) == [ana.email], "her first of the day"
    next_day = MORNING + timedelta(days=1)
    assert told(next_day) == [leader.email]
    assert told(next_day + timedelta(days=1)) == [], "nothing new, no letter"


def test_nobody_is_woken():
    cohort, _leader, (ana, ben) = make_group()
    type(ben).objects.filter(pk=ben.pk).update(time_zone="America/Los_Angeles")
    begin(cohort, ana, now=MORNING - timedelta(hours=2))
    assert ben.email not in told(MORNING)
    assert told(MORNING + timedelta(hours=8)) == [ben.email]


def test_letters_respect_choice_reading_hiding_and_leaving():
    cohort, leader, (ana, ben, carla, dan) = make_group(4)
    thread = begin(cohort, ana, now=MORNING - timedelta(hours=2))
    choose_letters(frequency="none", by=ben, now=MORNING - timedelta(days=3))
    mark_read(thread.posts.get(), by=carla)
    dan.enrolments.update(state="withdrawn")
    assert told(MORNING) == [leader.email]
    choose_letters(frequency="daily", by=ben, now=MORNING)
    assert told(MORNING + timedelta(days=1)) == [], "coming back starts from then"
    other = begin(cohort, ana, now=MORNING + timedelta(days=1))
    hide_post(other.posts.get(), reason="x", by=leader)
    assert told(MORNING + timedelta(days=2)) == []


def test_affinity_spaces_write_no_letters():
    _cohort, _leader, (ana, ben) = make_group()
    space = make_space()
    for user in (ana, ben):
        join_space(space, by=user)
    begin(space, ana, now=MORNING - timedelta(hours=2))
    assert told(MORNING) == []


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_write_one_letter():
    cohort, _leader, (ana, _ben) = make_group()
    begin(cohort, ana, now=MORNING - timedelta(hours=2))
    gate = threading.Barrier(2)

    def run():
        gate.wait(timeout=10)
        send_digests(now=MORNING)
        connection.close()

    threads = [threading.Thread(target=run) for _number in range(2)]
    for item in threads:
        item.start()
    for item in threads:
        item.join()
    assert Letter.objects.count() == 2  # the facilitator and the other participant
    assert DigestChoice.objects.count() == 2


@pytest.mark.parametrize("people", [1, 3])
def test_planning_letters_is_constant_in_queries(people, django_assert_num_queries):
    from scip.community.queries.digests import digests_due

    cohort, _leader, members = make_group(people)
    for member in members:
        begin(cohort, member, now=MORNING - timedelta(hours=2))
    with django_assert_num_queries(6):
        due = digests_due(MORNING, until=MORNING, hour=7)
    assert len(due) == (1 if people == 1 else 4)


def test_the_choice_of_letters_is_kept_by_the_page(as_user):
    _cohort, _leader, (ana, _ben) = make_group()
    url = reverse("community:letters")
    as_user(ana).post(url, {"frequency": "none"})
    page = as_user(ana).get(reverse("community:list"))
    assert page.context["letters"].initial == {"frequency": "none"}
    as_user(ana).post(url, {"frequency": "hourly"})
    assert DigestChoice.objects.get(user=ana).frequency == "none"


def test_threads_belong_to_one_space():
    from django.db import IntegrityError, transaction

    cohort, _leader, (ana, _ben) = make_group()
    for fields in ({}, {"cohort": cohort, "affinity": make_space()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Thread.objects.create(title="x", author=ana, **fields)


def test_links_lead_there_from_the_place_and_the_roster(as_user):
    cohort, leader, (ana, _ben) = make_group()
    space = reverse("community:home", args=[cohort.pk])
    place = reverse("enrolments:detail", args=[ana.enrolments.get().pk])
    assert f'href="{space}"' in as_user(ana).get(place).content.decode()
    roster = reverse("facilitate:roster", args=[cohort.pk])
    assert f'href="{space}"' in as_user(leader).get(roster).content.decode()
