"""The balanced suggestion: free of ties, least load, language, term; the same people again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certification.review.forms.assigning import SuggestedForm
from certification.review.models import Assignment, DeclaredTie, Submission, Tie
from certification.review.queries.suggesting import choices_for, suggest
from certification.review.services import assigning
from scip.accounts.models import Role, RoleGrant, User
from scip.requirements import Refusal
from tests import world
from tests.review.desk import Walker, make_ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def walker() -> Walker:
    walker = make_ready()
    walker.hands_in()
    return walker


@pytest.fixture
def office(walker: Walker) -> User:
    return User.objects.get(email="office@example.com")


def reader(number, *roles, **fields):
    return world.make_user(f"r{number}@example.org", *(roles or (Role.REVIEWER,)), **fields)


def people(found):
    return [(row.seat, row.member) for row in found]


def busy(member, count=1):
    """Reads so much elsewhere."""
    now = timezone.now()
    for _ in range(count):
        other = world.make_user(f"x{User.objects.count()}@example.org")
        candidacy = world.make_candidacy(other)
        submission = Submission.objects.create(
            candidacy=candidacy,
            edition=candidacy.edition,
            state="submitted",
            submitted_at=now,
            charge=candidacy.charge,
        )
        Assignment.objects.create(
            submission=submission,
            member=member,
            seat="reviewer",
            answer_due_at=now,
            due_at=now,
        )


def test_every_seat_is_filled_with_whoever_carries_least(walker):
    chair = reader(0, Role.CHAIR)
    a, b, c = reader(1), reader(2), reader(3)
    busy(a)
    assert people(suggest(walker.submission)) == [
        ("chair", chair),
        ("reviewer", b),
        ("reviewer", c),
    ]


def test_ties_and_short_terms_are_left_out(walker):
    a, b, c, d = (reader(number) for number in range(1, 5))
    DeclaredTie.objects.create(member=a, candidate=walker.user, kind=Tie.FAMILY)
    DeclaredTie.objects.create(member=b, candidate=walker.user, kind=Tie.COLLEAGUE)
    RoleGrant.objects.filter(user=c).update(until=timezone.now().date() + timedelta(days=3))
    assert people(suggest(walker.submission)) == [("reviewer", d)]
    ordered = choices_for(walker.submission, seat="reviewer")
    assert [row.member for row in ordered][:2] == [d, b]
    assert [row.is_barred for row in ordered] == [False, False, True, True]
    codes = {row.member: {item.code for item in row.findings if not item.is_met} for row in ordered}
    assert codes[a] == {"ties"}
    assert codes[c] == {"term"}


def test_a_shared_language_comes_before_what_was_long_ago(walker):
    User.objects.filter(pk=walker.user.pk).update(languages=["pt"])
    reader(1, languages=["en"])
    b = reader(2, languages=["pt", "en"])
    assert people(suggest(walker.submission))[0] == ("reviewer", b)


def test_who_may_lead_reads_only_where_nobody_else_is_free(walker):
    first, second = reader(1, Role.CHAIR), reader(2, Role.CHAIR)
    a = reader(3)
    assert people(suggest(walker.submission)) == [
        ("chair", first),
        ("reviewer", a),
        ("reviewer", second),
    ]


def test_seats_that_are_taken_are_not_filled_again(walker, office):
    a, b = reader(1), reader(2)
    assigning.ask(walker.submission, a, seat="reviewer", by=office)
    assert people(suggest(walker.submission)) == [("reviewer", b)]


def test_whoever_declined_is_not_suggested_again(walker, office):
    a = reader(1)
    row = assigning.ask(walker.submission, a, seat="reviewer", by=office)
    assigning.decline(row, reason="No time.", by=a)
    assert suggest(walker.submission) == ()


def test_a_resubmission_goes_to_the_same_people_first(walker):
    a, b, c = reader(1), reader(2), reader(3)
    old = walker.submission
    now = timezone.now()
    for member in (b, c):
        Assignment.objects.create(
            submission=old,
            member=member,
            seat="reviewer",
            state="given",
            declared_at=now,
            answer_due_at=now,
            due_at=now,
        )
    Submission.objects.filter(pk=old.pk).update(state="development")
    again = Submission.objects.create(
        candidacy=old.candidacy,
        number=2,
        edition=old.edition,
        follows=old,
        state="submitted",
        submitted_at=now,
        charge=walker.candidacy.charge,
    )
    assert people(suggest(again)) == [("reviewer", b), ("reviewer", c)]
    DeclaredTie.objects.create(member=b, candidate=walker.user, kind=Tie.FAMILY)
    assert people(suggest(again)) == [("reviewer", c), ("reviewer", a)]


def test_all_are_asked_in_one_act(walker, office):
    chair = reader(0, Role.CHAIR)
    a, b = reader(1), reader(2)
    made = assigning.ask_suggested(walker.submission, by=office)
    assert {row.member for row in made} == {chair, a, b}
    with pytest.raises(Refusal, match="Nobody could be suggested"):
        assigning.ask_suggested(walker.submission, by=office)
    with pytest.raises(Refusal, match="arranged by"):
        assigning.ask_suggested(walker.submission, by=walker.user)


def test_what_is_said_of_the_suggested_is_whole_sentences(walker):
    User.objects.filter(pk=walker.user.pk).update(languages=["pt"])
    walker.user.refresh_from_db()
    member = reader(1, name="Rea Anyone", languages=["pt"])
    busy(member)
    ((_key, label),) = SuggestedForm(suggest(walker.submission)).fields["people"].choices
    assert label == (
        "Reviewer – Rea Anyone: 1 now, asked 1 time in the last year. "
        "Shares a language with the candidate."
    )


def test_three_members_cost_what_one_does(walker, django_assert_max_num_queries):
    reader(1)
    with django_assert_max_num_queries(14):
        choices_for(walker.submission, seat="reviewer")
    reader(2)
    reader(3)
    with django_assert_max_num_queries(14):
        choices_for(walker.submission, seat="reviewer")
