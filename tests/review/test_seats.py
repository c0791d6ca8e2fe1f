"""A seat's time: how long it opens, when it ends, and who is told of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.review.forms.assigning import AskForm
from certification.review.models import (
    Assignment,
    Decision,
    DeclaredTie,
    NotToRead,
    Submission,
    Tie,
)
from certification.review.queries import queue
from certification.review.queries.conflicts import open_assignments
from certification.review.queries.decisions import has_chair
from certification.review.queries.reading import chair_of, rooms_open_to
from certification.review.queries.suggesting import everybody_before, facts_of
from certification.review.services import assigning, deciding, reminding
from scip.accounts.models import Role, RoleGrant, User
from scip.accounts.services.access import set_term
from scip.formats import deadline
from scip.mail.models import Letter
from scip.requirements import Refusal
from tests import world
from tests.review.committee import CERTIFIED, Committee, make_committee, seated

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def committee() -> Committee:
    return make_committee()


@pytest.fixture
def office(committee: Committee) -> User:
    return User.objects.get(email="office@example.com")


def again(user: User) -> User:
    """The person as a new request sees them."""
    return User.objects.get(pk=user.pk)


def member(number: int = 7) -> User:
    return world.make_user(f"m{number}@example.org", Role.REVIEWER, name=f"Mo {number}")


def told(row: Assignment, what: str) -> int:
    """How many letters of one kind an assignment has brought its reader."""
    return Letter.objects.filter(dedupe_key=f"assignment:{row.pk}:{what}").count()


def test_the_chair_leads_nothing_once_only_the_role_of_a_reviewer_is_left(committee):
    chair = committee.chair
    RoleGrant.objects.create(user=chair, role=Role.REVIEWER, since=date(2020, 1, 1))
    assert open_assignments(again(chair)).exists()
    RoleGrant.objects.filter(user=chair, role=Role.CHAIR).update(
        since=date(2020, 1, 1), until=timezone.now().date()
    )
    assert not open_assignments(again(chair)).exists()
    assert not assigning.may_arrange(committee.submission, again(chair))


def test_whoever_gave_a_view_is_not_released_after_the_answer(committee, office):
    committee.sends(CERTIFIED)
    row = committee.seat(committee.reviewers[0])
    with pytest.raises(Refusal, match="not with the committee any more"):
        assigning.release(row, reason="Late.", by=office)
    row.refresh_from_db()
    assert row.state == Assignment.State.GIVEN


def test_whoever_read_before_a_release_had_a_part_in_the_answer(committee, office):
    reader = member()
    row = seated(committee.submission, reader, "reviewer")
    assigning.release(row, reason="Ill.", by=office)
    asked = assigning.ask(committee.submission, member(8), seat="reviewer", by=office, reason="x")
    assigning.release(asked, reason="Away.", by=office)
    following = Submission(candidacy=committee.walker.candidacy, follows=committee.submission)
    found = everybody_before(following)
    assert reader.pk in found
    assert asked.member_id not in found


def test_a_room_is_shut_in_the_moment_of_a_withdrawal(committee, office):
    reader = committee.reviewers[0]
    assert rooms_open_to(reader).exists()
    Candidacy.objects.filter(pk=committee.walker.candidacy.pk).update(
        state=Candidacy.State.WITHDRAWN
    )
    assert committee.submission.state == Submission.State.SUBMITTED
    assert not rooms_open_to(again(reader)).exists()
    with pytest.raises(Refusal, match="has ended"):
        assigning.ask(committee.submission, member(), seat="reviewer", by=office, reason="x")


@pytest.mark.parametrize("seat", ["chair", "second"])
def test_nobody_gives_a_view_of_their_own_after_reading_the_others(committee, office, seat):
    if seat == "chair":
        reader = committee.chair
        row = committee.seat(reader)
    else:
        reader = member()
        row = seated(committee.submission, reader, "second")
    assigning.release(row, reason="Somebody else.", by=office)
    with pytest.raises(Refusal, match="Others’ views were open"):
        assigning.ask(
            committee.submission, again(reader), seat="reviewer", by=office, reason="Please."
        )
    assert assigning.ask(
        committee.submission, again(reader), seat="second", by=office, reason="Please."
    )


def test_a_given_view_that_was_released_is_not_given_anew(committee, office):
    reader = committee.reviewers[0]
    assigning.release(committee.seat(reader), reason="Somebody else.", by=office)
    facts = facts_of(committee.submission, [reader], seat="reviewer")[reader.pk]
    assert facts.knows_views
    with pytest.raises(Refusal, match="Others’ views were open"):
        assigning.ask(committee.submission, reader, seat="reviewer", by=office, reason="Please.")


def test_whoever_never_read_may_be_asked_again(committee, office):
    reader = member()
    row = assigning.ask(committee.submission, reader, seat="second", by=office)
    assigning.decline(row, reason="Away until Monday.", by=reader)
    asked = assigning.ask(
        committee.submission, reader, seat="reviewer", by=office, reason="They are back."
    )
    assert asked.state == Assignment.State.ASKED


def test_whoever_is_still_asked_when_it_is_answered_gets_a_letter(committee, office):
    asked = assigning.ask(committee.submission, member(), seat="reviewer", by=office, reason="x")
    reading = seated(committee.submission, member(8), "reviewer")
    committee.sends(CERTIFIED)
    for row in (asked, reading):
        row.refresh_from_db()
        assert row.state == Assignment.State.RELEASED
        assert told(row, "released") == 1
    assert not told(committee.seat(committee.reviewers[0]), "released")


def test_whoever_waited_for_a_word_has_time_to_read_once_it_came(committee, office):
    reader = member()
    row = assigning.ask(committee.submission, reader, seat="reviewer", by=office, reason="x")
    row = assigning.answer(row, ties=["colleague"], words="One clinic.", by=reader)
    later = row.due_at + DAY
    row = assigning.allow(row, reason="Years ago.", by=office, now=later)
    row.refresh_from_db()
    assert row.due_at > later + DAY
    letter = Letter.objects.get(dedupe_key=f"assignment:{row.pk}:allowed")
    assert str(row.due_at.year) in letter.text
    assert f"{row.due_at.day} " in letter.text


def test_more_time_is_more_and_names_one_day_wherever_they_read(committee, office):
    reader = member()
    User.objects.filter(pk=reader.pk).update(time_zone="Asia/Tokyo")
    row = seated(committee.submission, reader, "reviewer")
    with pytest.raises(Refusal, match="later day"):
        assigning.give_time(row, until=row.due_at - DAY, by=office)
    until = datetime.combine(row.due_at.date() + 3 * DAY, datetime.min.time(), UTC) + timedelta(
        hours=23, minutes=59
    )
    assigning.give_time(row, until=until, by=office)
    letter = Letter.objects.get(dedupe_key__startswith=f"assignment:{row.pk}:time:")
    assert f"until {deadline(until)} for your part" in letter.text


def test_a_term_does_not_end_before_it_begins(office):
    begins = timezone.now().date() + 30 * DAY
    grant = RoleGrant.objects.create(user=member(), role=Role.CHAIR, since=begins)
    with pytest.raises(Refusal, match="after the day you chose"):
        set_term(grant, begins - DAY, by=office)
    assert set_term(grant, begins + DAY, by=office).until == begins + DAY


def proposed_to(committee: Committee, second: User) -> Assignment:
    """The decision waits for somebody who was asked to be its second reader."""
    deciding.propose(committee.writes(CERTIFIED), by=committee.chair, second=second)
    return committee.seat(second)


@pytest.mark.parametrize("end", ["declines", "barred", "hands back", "released", "swept"])
def test_the_chair_hears_that_nobody_reads_the_decision_any_more(committee, office, end):
    second = member()
    row = proposed_to(committee, second)
    assert not queue.without_second().exists()
    if end == "declines":
        assigning.decline(row, reason="Away.", by=second)
    elif end == "barred":
        assigning.answer(row, ties=["family"], words="", by=second)
    elif end == "hands back":
        row = assigning.answer(row, ties=[], words="", by=second)
        assigning.release(row, reason="Ill.", by=second)
    elif end == "released":
        assigning.release(row, reason="Silent.", by=office)
    else:
        RoleGrant.objects.filter(user=second).update(
            since=date(2020, 1, 1), until=timezone.now().date()
        )
        reminding.sweep_readers()
    letter = Letter.objects.get(dedupe_key=f"assignment:{row.pk}:second-lost")
    assert letter.to_address == committee.chair.email
    assert queue.without_second().get() == committee.submission
    found = queue.with_standing(Submission.objects.all(), office).get(pk=committee.submission.pk)
    assert "another second reader" in " ".join(str(item) for item in queue.waits_of(found))
    another = member(8)
    assigning.ask(committee.submission, another, seat="second", by=office)
    assert not queue.without_second().exists()


def test_a_chair_takes_a_silent_second_reader_back_and_chooses_another(as_user, committee):
    second, chair = member(), committee.chair
    row, lead = proposed_to(committee, second), committee.seat(chair)
    client = as_user(chair)
    form = client.get(f"/review/{lead.pk}/readers/").content.decode()
    assert f"/review/{lead.pk}/readers/{row.pk}/" in form
    assert 'name="allow"' not in form
    client.post(
        f"/review/{lead.pk}/readers/{row.pk}/",
        {f"reader-{row.pk}-reason": "Silent.", "release": "1"},
    )
    row.refresh_from_db()
    assert row.state == Assignment.State.RELEASED
    assert not Letter.objects.filter(dedupe_key__endswith="second-lost").exists()
    assert "Nobody reads it now" in client.get(f"/review/{lead.pk}/decision/").content.decode()
    deciding.give_back(committee.decision, reason="", by=chair)
    another = member(8)
    decision = deciding.propose(committee.decision, by=chair, second=another)
    assert decision.state == Decision.State.PROPOSED
    assert not queue.without_second().exists()


def test_the_office_offers_the_second_seat_while_a_decision_waits():
    assert "second" not in dict(AskForm([]).fields["seat"].choices)
    assert "second" in dict(AskForm([], asks_second=True).fields["seat"].choices)


def ties(committee: Committee, reader: User, how: str) -> None:
    """Something that may be allowed comes to light."""
    if how == "cohort":
        cohort = world.make_cohort()
        cohort.facilitators.add(reader)
        world.make_enrolment(committee.walker.user, cohort)
    elif how == "declared":
        DeclaredTie.objects.create(
            member=reader, candidate=committee.walker.user, kind=Tie.COLLEAGUE
        )
    elif how != "nothing":
        NotToRead.objects.create(
            submission=committee.submission,
            name=reader.name.upper() if how == "name" else "Somebody",
            email="" if how == "name" else reader.email,
            tie=NotToRead.Tie.COLLEAGUE,
        )


def test_a_tie_that_comes_to_light_later_is_told_once_and_reminds_nobody(committee, office):
    reader = member()
    row = seated(committee.submission, reader, "reviewer")
    Assignment.objects.filter(pk=row.pk).update(accepted_at=row.due_at - 18 * DAY)
    assert not queue.ties_to_allow().exists()
    ties(committee, reader, "cohort")
    assert not rooms_open_to(reader).exists()
    for _twice in range(2):
        reminding.sweep_readers()
    key = f"assignment:{row.pk}:later-tie"
    found = Letter.objects.filter(dedupe_key__startswith=key)
    assert sorted(item.dedupe_key for item in found) == [key, f"{key}:chair", f"{key}:office"]
    assert queue.ties_to_allow().get() == row
    reminders = Letter.objects.filter(dedupe_key__startswith=f"assignment:{row.pk}:part_")
    reminding.remind_readers(row.due_at + DAY)
    assert not reminders.exists()
    assigning.allow(row, reason="Years ago.", by=office)
    assert not queue.ties_to_allow().exists()
    reminding.remind_readers(row.due_at + DAY)
    assert reminders.exists()


@pytest.mark.parametrize("how", ["cohort", "declared", "name", "address", "nothing"])
def test_the_list_of_ties_knows_what_shuts_a_room(committee, how):
    reader = committee.reviewers[0]
    row = committee.seat(reader)
    ties(committee, reader, how)
    assert queue.ties_to_allow().filter(pk=row.pk).exists() == (how != "nothing")
    assert rooms_open_to(again(reader)).exists() == (how == "nothing")


def test_nobody_is_in_the_chair_whose_room_is_shut(committee, office):
    assert has_chair(committee.submission)
    ties(committee, committee.chair, "declared")
    assert chair_of(committee.submission) is None
    assert not has_chair(committee.submission)
    decision = deciding.save_decision(committee.submission, CERTIFIED, [], revision=0, by=office)
    assert decision.outcome == "certified"
