"""What ties a reader to a candidate, and that nothing opens to whoever is barred."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from certification.review import services
from certification.review.models import Assignment, DeclaredTie, Tie
from certification.review.queries.conflicts import open_assignments, ties_of
from scip.accounts.models import Role, RoleGrant
from supervision.models import Recommendation
from tests import world
from tests.review.desk import Walker, make_ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def walker() -> Walker:
    return make_ready()


def reading(walker, member, **values):
    """An assignment that was accepted."""
    now = timezone.now()
    given = {
        "submission": walker.submission,
        "member": member,
        "seat": "reviewer",
        "state": "accepted",
        "answer_due_at": now + timedelta(days=5),
        "due_at": now + timedelta(days=18),
        "declared_at": now,
        "accepted_at": now,
    }
    return Assignment.objects.create(**given | values)


def test_a_supervisor_is_tied_by_everything_the_two_did(walker):
    stranger = world.make_user("far@example.org", Role.REVIEWER)
    found = ties_of(walker.user, [walker.guide, stranger, walker.user])
    assert found[walker.guide.pk] >= {Tie.SUPERVISED, Tie.AGREEMENT, Tie.RECOMMENDATION}
    assert found[stranger.pk] == frozenset()
    assert found[walker.user.pk] == {Tie.SELF}


@pytest.mark.parametrize(
    ("words", "tie"),
    [
        ({"name": "Somebody", "email": "far@example.org", "tie": "family"}, Tie.NAMED),
        ({"name": "Fara Way", "tie": "other"}, Tie.NAMED),
        ({"name": "fara way", "tie": "colleague"}, Tie.COLLEAGUE),
        # An address with which nobody signs in here does not hide who is meant.
        ({"name": "Fara Way", "email": "fara@clinic.example", "tie": "family"}, Tie.NAMED),
        ({"name": "Somebody", "email": "second@example.org", "tie": "family"}, Tie.NAMED),
        ({"name": "Somebody", "email": "typed@example.org", "tie": "family"}, None),
        ({"name": "Fara Way", "email": "another@example.org", "tie": "family"}, None),
    ],
)
def test_somebody_whom_the_candidate_names(walker, words, tie):
    reader = world.make_user("far@example.org", Role.REVIEWER, name="Fara Way")
    world.make_user("another@example.org", name="Fara Way")
    for email, verified in (("second@example.org", True), ("typed@example.org", False)):
        EmailAddress.objects.create(user=reader, email=email, verified=verified)
    row = reading(walker, reader)
    assert open_assignments(reader).get() == row
    services.name_not_to_read(walker.candidacy, by=walker.user, **words)
    assert ties_of(walker.user, [reader])[reader.pk] == ({tie} if tie else set())
    assert open_assignments(reader).exists() == (tie is None)


def test_what_may_be_allowed_opens_once_it_was_allowed(walker):
    reader = world.make_user("far@example.org", Role.REVIEWER)
    row = reading(walker, reader)
    DeclaredTie.objects.create(member=reader, candidate=walker.user, kind=Tie.COLLEAGUE)
    assert not open_assignments(reader).exists()
    Assignment.objects.filter(pk=row.pk).update(allowed_at=timezone.now())
    assert open_assignments(reader).get() == row
    DeclaredTie.objects.create(member=reader, candidate=walker.user, kind=Tie.FAMILY)
    assert not open_assignments(reader).exists()


def test_the_room_closes_with_the_seat_on_the_committee(walker):
    reader = world.make_user("far@example.org", Role.REVIEWER)
    reading(walker, reader)
    assert open_assignments(reader).exists()
    RoleGrant.objects.filter(user=reader).update(until=timezone.now().date())
    reader = type(reader).objects.get(pk=reader.pk)
    assert not open_assignments(reader).exists()


@pytest.mark.parametrize("state", ["asked", "declared", "declined", "released"])
def test_only_who_accepted_reads(walker, state):
    reader = world.make_user("far@example.org", Role.REVIEWER)
    reading(walker, reader, state=state)
    assert not open_assignments(reader).exists()


def test_a_supervisor_with_a_seat_reads_nothing_of_their_candidate(walker):
    guide = walker.guide
    RoleGrant.objects.create(user=guide, role=Role.REVIEWER)
    guide = type(guide).objects.get(pk=guide.pk)
    reading(walker, guide)
    assert not open_assignments(guide).exists()
    assert Recommendation.objects.filter(agreement__supervisor__user=guide).exists()


def test_many_people_cost_no_more_queries(walker, django_assert_num_queries):
    people = [world.make_user(f"r{number}@example.org", Role.REVIEWER) for number in range(4)]
    with django_assert_num_queries(7):
        ties_of(walker.user, people[:1])
    with django_assert_num_queries(7):
        ties_of(walker.user, people)
    services.name_not_to_read(walker.candidacy, name="Far Away", tie="family", by=walker.user)
    with django_assert_num_queries(8):
        ties_of(walker.user, people)
