"""A seat's time: how long it opens, when it ends, and who is told of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.review.models import Assignment, Submission
from certification.review.queries.conflicts import open_assignments
from certification.review.queries.reading import rooms_open_to
from certification.review.queries.suggesting import everybody_before, facts_of
from certification.review.services import assigning, deciding
from scip.accounts.models import Role, RoleGrant, User
from scip.accounts.services.access import set_term
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


def test_more_time_is_more_and_says_the_moment(committee, office):
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
    assert "08:59" in letter.text


def test_a_term_does_not_end_before_it_begins(office):
    begins = timezone.now().date() + 30 * DAY
    grant = RoleGrant.objects.create(user=member(), role=Role.CHAIR, since=begins)
    with pytest.raises(Refusal, match="after the day you chose"):
        set_term(grant, begins - DAY, by=office)
    assert set_term(grant, begins + DAY, by=office).until == begins + DAY
