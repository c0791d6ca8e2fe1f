"""Asking people to read, what they declare, what is allowed, and letting them go."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from certification.review import services as submissions
from certification.review.models import Assignment, DeclaredTie, Submission, Tie
from certification.review.queries.conflicts import open_assignments
from certification.review.requirements.submission import end_of
from certification.review.services import assigning
from scip.accounts.models import Role, RoleGrant, User
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
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


@pytest.fixture
def reader() -> User:
    return world.make_user("far@example.org", Role.REVIEWER, name="Fara Way")


def again(user: User) -> User:
    """The person as a new request sees them."""
    return User.objects.get(pk=user.pk)


def asks(walker, member, by, seat="reviewer", **values):
    return assigning.ask(walker.submission, member, seat=seat, by=by, **values)


def accepts(row, now=None):
    return assigning.answer(row, ties=[], words="", by=row.member, now=now)


def test_asking_gives_days_and_one_letter_and_opens_nothing(walker, office, reader):
    now = timezone.now()
    row = asks(walker, reader, office, now=now)
    edition = walker.submission.edition
    assert row.answer_due_at == end_of(now + timedelta(days=edition.reader_answer_days))
    submitted = walker.submission.submitted_at
    assert row.due_at == end_of(submitted + timedelta(days=edition.reading_days))
    assert asks(walker, reader, office) == row
    letter = Letter.objects.get(dedupe_key=f"assignment:{row.pk}:asked")
    assert letter.to_address == reader.email
    assert walker.user.name in letter.text
    assert not open_assignments(reader).exists()
    entry = Entry.objects.get(action="assignment.asked")
    assert entry.subject_id is None


def test_nothing_ties_them_and_it_opens(walker, office, reader):
    row = accepts(asks(walker, reader, office))
    assert row.state == Assignment.State.ACCEPTED
    assert open_assignments(reader).get() == row
    assert accepts(row) == row
    with pytest.raises(Refusal):
        assigning.answer(row, ties=[], words="", by=office)


def test_whoever_is_asked_late_has_as_long_to_read_as_to_answer(walker, office, reader):
    now = walker.submission.submitted_at + timedelta(days=17)
    row = asks(walker, reader, office, now=now)
    days = timedelta(days=walker.submission.edition.reader_answer_days)
    assert row.due_at == row.answer_due_at + days


def test_a_colleague_waits_for_a_word_and_reads_then(walker, office, reader):
    chair = world.make_user("lead@example.org", Role.CHAIR)
    lead = accepts(asks(walker, chair, office, seat="chair"))
    row = asks(walker, reader, office)
    row = assigning.answer(row, ties=["colleague"], words="The same clinic.", by=reader)
    assert row.state == Assignment.State.DECLARED
    assert DeclaredTie.objects.get().words == "The same clinic."
    assert not open_assignments(reader).exists()
    key = f"assignment:{row.pk}:declared"
    assert Letter.objects.filter(dedupe_key__startswith=key).count() == 2
    with pytest.raises(Refusal):
        assigning.allow(row, reason="Fine.", by=reader)
    with pytest.raises(Refusal):
        assigning.allow(row, reason=" ", by=chair)
    allowed = assigning.allow(row, reason="Years ago.", by=chair)
    assert allowed.state == Assignment.State.ACCEPTED
    assert allowed.allowed_by == chair
    assert open_assignments(reader).get() == row
    assert lead.seat == Assignment.Seat.CHAIR


def test_family_ends_it_and_is_kept(walker, office, reader):
    row = asks(walker, reader, office)
    row = assigning.answer(row, ties=["family"], words="", by=reader)
    assert row.state == Assignment.State.DECLINED
    assert DeclaredTie.objects.get().kind == Tie.FAMILY
    assert Letter.objects.filter(dedupe_key=f"assignment:{row.pk}:barred:office").exists()
    with pytest.raises(Refusal, match="rules it out"):
        asks(walker, reader, office, reason="Once more.")


def test_history_counts_beside_a_declaration_of_nothing(walker, office, reader):
    row = asks(walker, reader, office)
    cohort = world.make_cohort()
    cohort.facilitators.add(reader)
    world.make_enrolment(walker.user, cohort)
    row = accepts(row)
    assert row.state == Assignment.State.DECLARED
    assert not open_assignments(reader).exists()


@pytest.mark.parametrize("seat", Assignment.Seat.values)
def test_the_supervisor_is_refused_from_every_seat(walker, office, seat):
    for role in (Role.REVIEWER, Role.CHAIR):
        RoleGrant.objects.create(user=walker.guide, role=role, since=date(2020, 1, 1))
    with pytest.raises(Refusal, match="rules it out"):
        asks(walker, again(walker.guide), office, seat=seat, reason="Please.")
    assert not Assignment.objects.exists()


def test_no_seat_on_the_committee_or_a_term_that_ends_before(walker, office, reader):
    stranger = world.make_user("nobody@example.org")
    with pytest.raises(Refusal, match="hold no seat"):
        asks(walker, stranger, office)
    with pytest.raises(Refusal, match="role of a chair"):
        asks(walker, reader, office, seat="chair")
    RoleGrant.objects.filter(user=reader).update(until=timezone.now().date() + timedelta(days=9))
    with pytest.raises(Refusal, match="term is over"):
        asks(walker, reader, office)


def test_a_tie_that_may_be_allowed_asks_for_a_reason(walker, office, reader):
    DeclaredTie.objects.create(member=reader, candidate=walker.user, kind=Tie.COLLEAGUE)
    with pytest.raises(Refusal, match="in a sentence why"):
        asks(walker, reader, office)
    assert asks(walker, reader, office, reason="Nobody else reads Basque.").asked_reason


def test_more_reviewers_than_the_edition_asks_need_a_reason(walker, office):
    people = [world.make_user(f"r{number}@example.org", Role.REVIEWER) for number in range(3)]
    for member in people[:2]:
        asks(walker, member, office)
    with pytest.raises(Refusal, match="one more"):
        asks(walker, people[2], office)
    assert asks(walker, people[2], office, reason="She knows couples.")


def test_one_seat_each(walker, office):
    chair = world.make_user("lead@example.org", Role.CHAIR)
    asks(walker, chair, office, seat="chair")
    with pytest.raises(Refusal, match="seat in this submission already"):
        asks(walker, chair, office)
    other = world.make_user("lead2@example.org", Role.CHAIR)
    with pytest.raises(Refusal, match="seat already"):
        asks(walker, other, office, seat="chair", reason="Two are better.")


def test_only_the_office_and_this_chair_arrange(walker, office, reader):
    chair = world.make_user("lead@example.org", Role.CHAIR)
    for person in (walker.user, walker.guide, reader, chair):
        with pytest.raises(Refusal, match="arranged by"):
            asks(walker, reader, person)
    accepts(asks(walker, chair, office, seat="chair"))
    assert asks(walker, reader, chair).asked_by == chair
    RoleGrant.objects.create(user=walker.user, role=Role.STAFF)
    with pytest.raises(Refusal, match="arranged by"):
        asks(walker, reader, again(walker.user))


def test_declining_says_why_and_tells_the_office(walker, office, reader):
    row = asks(walker, reader, office)
    with pytest.raises(Refusal):
        assigning.decline(row, reason=" ", by=reader)
    with pytest.raises(Refusal):
        assigning.decline(row, reason="No.", by=office)
    row = assigning.decline(row, reason="I am on leave.", by=reader)
    assert row.state == Assignment.State.DECLINED
    assert assigning.decline(row, reason="Again.", by=reader).end_reason == "I am on leave."
    assert Letter.objects.filter(dedupe_key=f"assignment:{row.pk}:declined:office").count() == 1
    with pytest.raises(IllegalMove):
        accepts(row)
    with pytest.raises(Refusal, match="in a sentence why"):
        asks(walker, reader, office)
    assert asks(walker, reader, office, reason="She is back.").pk != row.pk


def test_released_reads_no_more(walker, office, reader):
    row = accepts(asks(walker, reader, office))
    with pytest.raises(Refusal):
        assigning.release(row, reason="", by=office)
    row = assigning.release(row, reason="The days were too few.", by=office)
    assert (row.state, row.released_by) == (Assignment.State.RELEASED, office)
    assert not open_assignments(reader).exists()
    letter = Letter.objects.get(dedupe_key=f"assignment:{row.pk}:released")
    assert "The days were too few." in letter.text
    assert assigning.release(row, reason="Again.", by=office).end_reason == row.end_reason


def test_a_reader_hands_back_what_they_accepted(walker, office, reader):
    row = accepts(asks(walker, reader, office))
    stranger = world.make_user("r9@example.org", Role.REVIEWER)
    with pytest.raises(Refusal):
        assigning.release(row, reason="Mine now.", by=stranger)
    row = assigning.release(row, reason="I am ill.", by=reader)
    assert Letter.objects.filter(dedupe_key=f"assignment:{row.pk}:released:office").exists()


def test_a_term_that_ended_opens_nothing(walker, office, reader):
    row = asks(walker, reader, office)
    RoleGrant.objects.filter(user=reader).update(until=timezone.now().date())
    with pytest.raises(Refusal, match="term on the committee is over"):
        assigning.answer(row, ties=[], words="", by=again(reader))


@pytest.mark.parametrize("state", ["declined", "released"])
@pytest.mark.parametrize("act", ["answer", "decline", "allow", "release"])
def test_what_ended_stays_ended(walker, office, reader, state, act):
    row = asks(walker, reader, office)
    Assignment.objects.filter(pk=row.pk).update(state=state)
    jobs = {
        "answer": lambda: assigning.answer(row, ties=[], words="", by=reader),
        "decline": lambda: assigning.decline(row, reason="No.", by=reader),
        "allow": lambda: assigning.allow(row, reason="Yes.", by=office),
        "release": lambda: assigning.release(row, reason="Enough.", by=office),
    }
    same = {("decline", "declined"), ("release", "released")}
    if (act, state) in same:
        assert jobs[act]().state == state
    else:
        with pytest.raises(Refusal):
            jobs[act]()
    assert Assignment.objects.get(pk=row.pk).state == state


def test_nobody_is_asked_before_it_is_with_the_committee(reader):
    walker = make_ready(2)
    office = world.make_user("office2@example.com", Role.STAFF)
    with pytest.raises(Refusal, match="not with the committee"):
        asks(walker, reader, office)
    submissions.name_not_to_read(
        walker.candidacy, name="Fara Way", tie="family", email=reader.email, by=walker.user
    )
    walker.hands_in()
    with pytest.raises(Refusal, match="rules it out"):
        asks(walker, reader, office, reason="All the same.")


def test_reminding_is_once_a_day(walker, office, reader):
    row = asks(walker, reader, office)
    assigning.remind(row, by=office)
    with pytest.raises(Refusal, match="today"):
        assigning.remind(row, by=office)
    later = timezone.now() + timedelta(days=2)
    assigning.remind(row, by=office, now=later)
    keys = Letter.objects.filter(dedupe_key__startswith=f"assignment:{row.pk}:nudge")
    assert keys.count() == 2


def test_nothing_is_opened_once_it_was_answered(walker, office, reader):
    other = world.make_user("r2@example.org", Role.REVIEWER)
    row, tied = asks(walker, reader, office), asks(walker, other, office)
    assigning.answer(tied, ties=["colleague"], words="", by=other)
    Submission.objects.update(state="development", development_at=timezone.now())
    with pytest.raises(Refusal, match="not with the committee any more"):
        accepts(row)
    with pytest.raises(Refusal, match="not with the committee any more"):
        assigning.allow(tied, reason="Fine.", by=office)


def test_time_is_given_within_the_term_and_never_into_the_past(walker, office, reader):
    row = asks(walker, reader, office)
    now = timezone.now()
    with pytest.raises(Refusal, match="has passed"):
        assigning.give_time(row, until=now - timedelta(days=1), by=office)
    with pytest.raises(Refusal, match="arranged by"):
        assigning.give_time(row, until=now + timedelta(days=9), by=reader)
    RoleGrant.objects.filter(user=reader).update(until=now.date() + timedelta(days=30))
    with pytest.raises(Refusal, match="term on the committee ends"):
        assigning.give_time(row, until=now + timedelta(days=40), by=office)
    moved = assigning.give_time(row, until=now + timedelta(days=25), by=office)
    assert (moved.answer_due_at, moved.due_at) == (now + timedelta(days=25),) * 2
    row = accepts(row)
    moved = assigning.give_time(row, until=now + timedelta(days=27), by=office)
    assert moved.due_at == now + timedelta(days=27)
    assert moved.answer_due_at == now + timedelta(days=25)
    row = assigning.release(row, reason="Enough.", by=office)
    with pytest.raises(Refusal, match="Nothing is waited for"):
        assigning.give_time(row, until=now + timedelta(days=20), by=office)


@pytest.mark.parametrize("state", ["declared", "given", "declined", "released"])
def test_nobody_is_reminded_who_is_not_waited_for(walker, office, reader, state):
    row = accepts(asks(walker, reader, office))
    Assignment.objects.filter(pk=row.pk).update(state=state)
    with pytest.raises(Refusal, match="no letter went"):
        assigning.remind(row, by=office)


def test_a_tie_that_turns_up_later_is_allowed_without_reading_anew(walker, office, reader):
    row = accepts(asks(walker, reader, office))
    with pytest.raises(Refusal, match="Nothing waits"):
        assigning.allow(row, reason="To be sure.", by=office)
    DeclaredTie.objects.create(member=reader, candidate=walker.user, kind=Tie.COLLEAGUE)
    assert not open_assignments(reader).exists()
    assigning.allow(row, reason="Since last week only.", by=office)
    assert open_assignments(reader).get() == row
