"""The sweep over everybody who reads: the same number of queries however many there are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from certification.review.models import Assignment, DeclaredTie, NotToRead, Submission, Tie
from certification.review.queries.conflicts import ties_between, ties_of
from certification.review.services import reminding
from scip.accounts.models import Role, User
from tests import world

pytestmark = pytest.mark.django_db


def read(number: int) -> Assignment:
    """A submission with the committee, and two people who read it; one is named by the candidate
    as a colleague of somebody else."""
    candidacy = world.make_candidacy(world.make_user(f"c{number}@example.com"))
    now = timezone.now()
    submission = Submission.objects.create(
        candidacy=candidacy,
        edition=candidacy.edition,
        charge=candidacy.charge,
        state="submitted",
        submitted_at=now,
    )
    NotToRead.objects.create(submission=submission, name="Nobody here", tie="family")
    for place in range(2):
        member = world.make_user(f"m{number}{place}@example.org", Role.REVIEWER)
        row = Assignment.objects.create(
            submission=submission,
            member=member,
            seat="reviewer",
            state="accepted",
            declared_at=now,
            accepted_at=now,
            answer_due_at=now,
            due_at=now,
        )
    return row


@pytest.mark.parametrize("count", [1, 3])
def test_the_sweep_asks_no_more_for_three_submissions(count):
    for number in range(count):
        read(number)
    with CaptureQueriesContext(connection) as queries:
        assert reminding.sweep_readers() == 0
    assert len(queries) == 12


def test_ties_of_many_pairs_are_those_of_each():
    rows = [read(number) for number in range(2)]
    pairs = [(row.submission.user, row.member) for row in rows]
    (one, first), (other, second) = pairs
    DeclaredTie.objects.create(member=first, candidate=one, kind=Tie.FAMILY)
    # The same member beside the other candidate, of whom nobody asks here, and whom they know.
    DeclaredTie.objects.create(member=first, candidate=other, kind=Tie.COLLEAGUE)
    NotToRead.objects.create(
        submission=rows[1].submission, name="", email=second.email, tie="colleague"
    )
    cohort = world.make_cohort()
    cohort.facilitators.add(first)
    world.make_enrolment(one, cohort)
    found = ties_between(pairs)
    assert found == {
        (one.pk, first.pk): {Tie.FAMILY, Tie.FACILITATED},
        (other.pk, second.pk): {Tie.COLLEAGUE},
    }
    for candidate, member in pairs:
        assert ties_of(candidate, [member]) == {member.pk: found[candidate.pk, member.pk]}
    assert ties_between([(one, one)]) == {(one.pk, one.pk): {Tie.SELF}}
    assert ties_between([]) == {}
    assert ties_of(User.objects.get(pk=one.pk), []) == {}
