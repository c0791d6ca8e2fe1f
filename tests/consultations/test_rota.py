"""The case rota: fair, laid out by who leads, exchanged by two."""

import base64
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cohorts.models import Enrolment
from cohorts.services.sessions import cancel_session
from consultations.models import Group, Presentation, Swap, Topic
from consultations.planning import plan_rota
from consultations.services import rota
from scip.credentials.models import Level
from scip.mail.models import Letter
from scip.pathway.services import renew_feed
from scip.requirements import Refusal
from tests.cohorts.meeting import FIRST, enrol_new, lead, make_running
from tests.world import make_user

NOTE = "You bring a case to this session."
BEFORE = FIRST - timedelta(days=1)


def files_of(letter):
    return [base64.b64decode(item["content"]).decode() for item in letter.attachments]


# --- The rule -----------------------------------------------------------------------------


@given(
    people=st.integers(0, 20),
    sessions=st.integers(0, 12),
    per_session=st.integers(1, 4),
)
def test_the_rota_is_fair(people, sessions, per_session):
    places = plan_rota(range(people), range(sessions), per_session=per_session)
    counts = Counter(place.person for place in places)
    assert len({(place.session, place.slot) for place in places}) == len(places)
    assert len({(place.session, place.person) for place in places}) == len(places)
    if people and sessions:
        every = [counts[person] for person in range(people)]
        assert max(every) - min(every) <= 1
        assert min(every) >= 1


def test_who_presented_already_waits():
    places = plan_rota([1, 2, 3], [10], per_session=2, done=[1])
    assert [place.person for place in places] == [2, 3]


def test_the_rota_is_the_same_every_time():
    once, again = (plan_rota([3, 1, 2], [10, 11], per_session=2) for _time in range(2))
    assert once == again


# --- Laying it out ----------------------------------------------------------------------------


def make_group(people: int = 4, **fields):
    cohort = make_running(level=Level.B, session_count=10, session_minutes=120, **fields)
    topic, _new = Topic.objects.get_or_create(name="Trauma", slug="trauma")
    group = Group.objects.create(cohort=cohort, topic=topic)
    return group, enrol_new(cohort, people), lead(cohort)


@pytest.fixture
def group(db):
    return make_group()


def test_everybody_presents_and_reads_when(group):
    found, people, leader = group
    made = rota.lay_out_rota(found, by=leader, now=BEFORE)
    counts = Counter(row.enrolment_id for row in made)
    assert set(counts) == {person.pk for person in people}
    assert max(counts.values()) - min(counts.values()) <= 1
    assert not Presentation.objects.filter(session__number=1).exists()
    assert Letter.objects.count() == len(people)
    assert "Session 2" in Letter.objects.order_by("pk").first().text


def test_planning_again_keeps_what_was_presented(group):
    found, people, leader = group
    rota.lay_out_rota(found, by=leader, now=BEFORE)
    past = set(Presentation.objects.filter(session__number=2).values_list("pk", flat=True))
    Enrolment.objects.filter(pk=people[0].pk).update(state="withdrawn")
    rota.lay_out_rota(found, by=leader, now=FIRST + timedelta(days=8))
    assert past <= set(Presentation.objects.values_list("pk", flat=True))
    ahead = Presentation.objects.filter(session__number__gt=2)
    assert not ahead.filter(enrolment=people[0]).exists()


def test_only_who_leads_lays_it_out(group, staff):
    found, people, _leader = group
    for person in (people[0].user, staff):
        with pytest.raises(Refusal, match="Only the group's facilitators"):
            rota.lay_out_rota(found, by=person, now=BEFORE)


def test_nothing_ahead_nothing_to_lay_out(group):
    found, _people, leader = group
    with pytest.raises(Refusal, match="nothing to lay out"):
        rota.lay_out_rota(found, by=leader, now=FIRST + timedelta(days=200))


# --- Exchanging ---------------------------------------------------------------------------------


@pytest.fixture
def laid_out(group):
    found, people, leader = group
    rota.lay_out_rota(found, by=leader, now=BEFORE)
    first = Presentation.objects.filter(enrolment=people[0]).first()
    other = (
        Presentation.objects.exclude(session=first.session)
        .exclude(session__presentations__enrolment=people[0])
        .exclude(enrolment__presentations__session=first.session)
        .first()
    )
    assert other is not None
    return first, other


def test_two_people_exchange(laid_out):
    mine, theirs = laid_out
    owner, other = mine.enrolment, theirs.enrolment
    swap = rota.ask_to_swap(mine, theirs, by=owner.user, now=BEFORE)
    assert rota.ask_to_swap(mine, theirs, by=owner.user, now=BEFORE) == swap
    rota.agree_to_swap(swap, by=other.user, now=BEFORE)
    rota.agree_to_swap(swap, by=other.user, now=BEFORE)
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.enrolment, theirs.enrolment) == (other, owner)
    asked = Letter.objects.filter(dedupe_key__startswith=f"swap:{swap.pk}:")
    assert asked.count() == 3
    told = Letter.objects.get(dedupe_key=f"swap:{swap.pk}:agreed:{owner.pk}")
    (file,) = files_of(told)
    events = file.split("BEGIN:VEVENT")[1:]
    assert [NOTE in event for event in events] == [True, False]
    assert str(theirs.session.uid) in events[0]
    assert not files_of(asked.get(dedupe_key__endswith="asked"))


def test_declining_changes_nothing(laid_out):
    mine, theirs = laid_out
    swap = rota.ask_to_swap(mine, theirs, by=mine.enrolment.user, now=BEFORE)
    rota.decline_swap(swap, by=theirs.enrolment.user, now=BEFORE)
    rota.decline_swap(swap, by=theirs.enrolment.user, now=BEFORE)
    with pytest.raises(Refusal):
        rota.agree_to_swap(swap, by=theirs.enrolment.user, now=BEFORE)
    mine.refresh_from_db()
    assert mine.enrolment_id == swap.offered.enrolment_id


def test_a_question_can_be_taken_back_by_who_asked(laid_out):
    mine, theirs = laid_out
    swap = rota.ask_to_swap(mine, theirs, by=mine.enrolment.user, now=BEFORE)
    with pytest.raises(Refusal, match="Only the person who asked"):
        rota.withdraw_swap(swap, by=theirs.enrolment.user, now=BEFORE)
    rota.withdraw_swap(swap, by=mine.enrolment.user, now=BEFORE)
    rota.withdraw_swap(swap, by=mine.enrolment.user, now=BEFORE)
    with pytest.raises(Refusal):
        rota.agree_to_swap(swap, by=theirs.enrolment.user, now=BEFORE)


def test_what_cannot_be_exchanged(laid_out, group):
    mine, theirs = laid_out
    with pytest.raises(Refusal, match="session of your own"):
        rota.ask_to_swap(theirs, mine, by=mine.enrolment.user, now=BEFORE)
    with pytest.raises(Refusal, match="has begun"):
        rota.ask_to_swap(mine, theirs, by=mine.enrolment.user, now=theirs.session.starts_at)
    with pytest.raises(Refusal, match="different sessions"):
        rota.ask_to_swap(
            mine,
            Presentation.objects.filter(session=mine.session).exclude(pk=mine.pk).first(),
            by=mine.enrolment.user,
            now=BEFORE,
        )
    swap = rota.ask_to_swap(mine, theirs, by=mine.enrolment.user, now=BEFORE)
    with pytest.raises(Refusal, match="who was asked"):
        rota.agree_to_swap(swap, by=mine.enrolment.user, now=BEFORE)
    found, _people, leader = group
    rota.lay_out_rota(found, by=leader, now=BEFORE)
    with pytest.raises(Swap.DoesNotExist):
        swap.refresh_from_db()


@pytest.mark.django_db(transaction=True)
def test_agreeing_twice_at_once_exchanges_once():
    found, people, leader = make_group()
    rota.lay_out_rota(found, by=leader, now=BEFORE)
    rows = list(Presentation.objects.order_by("session__number", "slot"))
    mine = next(row for row in rows if row.enrolment == people[0])
    theirs = next(
        row
        for row in rows
        if row.session_id != mine.session_id
        and not Presentation.objects.filter(session=row.session, enrolment=people[0]).exists()
        and not Presentation.objects.filter(session=mine.session, enrolment=row.enrolment).exists()
    )
    swap = rota.ask_to_swap(mine, theirs, by=people[0].user, now=BEFORE)

    other = theirs.enrolment

    def agree(_number: int) -> None:
        try:
            rota.agree_to_swap(swap, by=other.user, now=BEFORE)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(agree, range(4)))
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.enrolment, theirs.enrolment) == (other, people[0])
    assert Letter.objects.filter(dedupe_key__contains=":agreed:").count() == 2


def test_a_case_is_announced_a_week_before_and_once(laid_out):
    soon = FIRST + timedelta(days=1)
    count = rota.remind_presenters(now=soon)
    assert count == Presentation.objects.filter(session__number=2).count() > 0
    assert rota.remind_presenters(now=soon) == 0
    letter = Letter.objects.filter(dedupe_key__startswith="case:").first()
    assert letter is not None
    assert NOTE in files_of(letter)[0]


# --- Pages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("people", [1, 3])
def test_the_rota_costs_the_same_for_any_group(db, as_user, people, django_assert_max_num_queries):
    found, enrolments, leader = make_group(people)
    rota.lay_out_rota(found, by=leader, now=BEFORE)
    client = as_user(enrolments[0].user)
    address = reverse("consultations:rota", args=[found.pk])
    client.get(address)
    with django_assert_max_num_queries(16):
        page = client.get(address)
    assert "You" in page.content.decode()


def test_laying_out_asking_and_answering_on_the_page(db, as_user):
    ahead = timezone.localdate() + timedelta(days=30)
    found, people, leader = make_group(starts_on=ahead)
    address = reverse("consultations:rota", args=[found.pk])
    done = as_user(leader).post(reverse("consultations:rota_plan", args=[found.pk]))
    assert done.url == address
    mine = Presentation.objects.filter(enrolment=people[0]).first()
    theirs = Presentation.objects.exclude(
        session__in=Presentation.objects.filter(enrolment=people[0]).values("session")
    ).first()
    form = {"offered": mine.pk, "asked": theirs.pk}
    as_user(people[0].user).post(reverse("consultations:swap_ask", args=[found.pk]), form)
    swap = Swap.objects.get()
    other = as_user(theirs.enrolment.user)
    assert "asks to exchange with you" in other.get(address).content.decode()
    other.post(reverse("consultations:swap_answer", args=[found.pk, swap.pk]), {"answer": "agree"})
    theirs.refresh_from_db()
    assert theirs.enrolment == people[0]


def test_only_what_can_be_exchanged_is_to_choose(db, as_user):
    ahead = timezone.localdate() + timedelta(days=30)
    found, people, leader = make_group(starts_on=ahead)
    rota.lay_out_rota(found, by=leader)
    people[3].state = "withdrawn"
    people[3].save(update_fields=["state"])
    page = as_user(people[0].user).get(reverse("consultations:rota", args=[found.pk]))
    form = page.context["form"]
    own = {row.session_id for row in form.fields["offered"].queryset}
    others = list(form.fields["asked"].queryset)
    assert others
    assert not own & {row.session_id for row in others}
    assert {row.enrolment_id for row in others} <= {people[1].pk, people[2].pk}
    assert f"Session {others[0].session.number}, " in page.content.decode()


def test_a_case_of_a_session_that_fell_out_is_not_forgotten(db, as_user):
    ahead = timezone.localdate() + timedelta(days=30)
    found, people, leader = make_group(starts_on=ahead)
    made = rota.lay_out_rota(found, by=leader)
    cancel_session(made[0].session, by=leader)
    client = as_user(people[0].user)
    address = reverse("consultations:rota", args=[found.pk])
    assert "does not take place" in client.get(address).content.decode()
    again = rota.lay_out_rota(found, by=leader)
    assert made[0].session_id not in {row.session_id for row in again}
    assert "does not take place" not in client.get(address).content.decode()


def test_strangers_find_no_rota(group, as_user):
    stranger = make_user("stranger@example.com")
    found = group[0]
    assert as_user(stranger).get(reverse("consultations:rota", args=[found.pk])).status_code == 404


def test_one_s_case_stands_in_one_s_own_calendar_only(laid_out, client):
    mine, theirs = laid_out
    feeds = {
        row.enrolment_id: client.get(
            reverse("pathway:calendar", args=[renew_feed(row.enrolment.user).token])
        ).content.decode()
        for row in (mine, theirs)
    }
    for row in (mine, theirs):
        cases = Presentation.objects.filter(enrolment=row.enrolment).count()
        assert feeds[row.enrolment_id].count("You bring a case to this session.") == cases
