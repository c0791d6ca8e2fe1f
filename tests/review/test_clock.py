"""What time does to readers: reminders before and after, the office, terms that end, closings."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.review.models import Assignment, DeclaredTie, Submission, Tie
from certification.review.queries.conflicts import open_assignments
from certification.review.services import assigning, following, reminding
from certification.review.tasks import follow_readers
from scip.accounts.models import Role, RoleGrant, User
from scip.mail.models import Letter
from scip.schedule import SCHEDULE
from tests import world
from tests.review.desk import Walker, make_ready

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def walker() -> Walker:
    walker = make_ready()
    walker.hands_in()
    return walker


@pytest.fixture
def office(walker: Walker) -> User:
    return User.objects.get(email="office@example.com")


def asked(walker, office, number=1, **values):
    reader = world.make_user(f"r{number}@example.org", Role.REVIEWER)
    return assigning.ask(walker.submission, reader, seat="reviewer", by=office, **values)


def accepted(walker, office, number=1, **values):
    row = asked(walker, office, number)
    return assigning.answer(row, ties=[], words="", by=row.member, **values)


def stages(row: Assignment) -> Counter[str]:
    """The letters of one assignment by stage; the office's marked."""
    keys = Letter.objects.filter(dedupe_key__startswith=f"assignment:{row.pk}:")
    parts = [key.split(":") for key in keys.values_list("dedupe_key", flat=True)]
    return Counter(
        part[2] + ("+office" if part[-1] == "office" else "")
        for part in parts
        if part[2] != "asked"
    )


def test_an_answer_is_asked_for_before_its_day_after_it_and_then_the_office_hears(walker, office):
    row = asked(walker, office)
    assert reminding.remind_readers(row.answer_due_at - 3 * DAY) == 0
    walked = {-DAY: "answer_soon", DAY: "answer_late", 3 * DAY: "answer_late+office"}
    for span, stage in walked.items():
        for _twice in range(2):
            reminding.remind_readers(row.answer_due_at + span)
        assert stages(row)[stage] == 1
    assert sum(stages(row).values()) == 3
    assert reminding.remind_readers(row.answer_due_at + 20 * DAY) == 0
    letter = Letter.objects.get(
        dedupe_key__startswith=f"assignment:{row.pk}:answer_late", to_user=None
    )
    assert letter.to_address != row.member.email


def test_a_part_likewise(walker, office):
    row = accepted(walker, office)
    for span in (-3 * DAY, -DAY, DAY, 3 * DAY):
        reminding.remind_readers(row.due_at + span)
    assert stages(row) == {"part_soon": 1, "part_late": 1, "part_late+office": 1}


def test_nobody_is_reminded_who_has_just_been_asked(walker, office):
    edition = walker.submission.edition
    edition.reader_answer_days = 1
    edition.save()
    row = asked(walker, office)
    assert reminding.remind_readers(timezone.now()) == 0
    assert stages(row) == {}


@pytest.mark.parametrize("state", ["given", "declined", "released", "declared"])
def test_nobody_is_reminded_of_what_is_done_or_waits_for_others(walker, office, state):
    row = accepted(walker, office)
    Assignment.objects.filter(pk=row.pk).update(state=state)
    assert reminding.remind_readers(row.due_at + DAY) == 0


def test_a_day_that_moved_brings_its_reminder_again(walker, office):
    row = accepted(walker, office)
    reminding.remind_readers(row.due_at - DAY)
    Assignment.objects.filter(pk=row.pk).update(due_at=row.due_at + 10 * DAY)
    reminding.remind_readers(row.due_at + 9 * DAY)
    assert stages(row)["part_soon"] == 2


def test_the_office_hears_once_of_seats_that_stay_empty(walker, office):
    submission = walker.submission
    days = timedelta(days=submission.edition.reader_answer_days)
    assert reminding.tell_of_empty_seats(submission.submitted_at + days - DAY) == 0
    asked(walker, office)
    late = submission.submitted_at + days + DAY
    assert reminding.tell_of_empty_seats(late) == 1
    assert reminding.tell_of_empty_seats(late + DAY) == 0
    letter = Letter.objects.get(dedupe_key=f"submission:{submission.pk}:seats:office")
    assert "2 of its seats are empty" in letter.text


def test_all_seats_taken_tells_nothing(walker, office):
    asked(walker, office, 1)
    asked(walker, office, 2)
    chair = world.make_user("lead@example.org", Role.CHAIR)
    assigning.ask(walker.submission, chair, seat="chair", by=office)
    assert reminding.tell_of_empty_seats(timezone.now() + 30 * DAY) == 0


@pytest.mark.parametrize("is_accepted", [True, False])
def test_a_term_that_ends_takes_it_back(walker, office, is_accepted):
    row = (accepted if is_accepted else asked)(walker, office)
    assert reminding.sweep_readers() == 0
    RoleGrant.objects.filter(user=row.member).update(until=timezone.now().date())
    assert reminding.sweep_readers() == 1
    assert reminding.sweep_readers() == 0
    row.refresh_from_db()
    assert row.state == Assignment.State.RELEASED
    assert stages(row) == {"released": 1, "released+office": 1}
    # A code, not words in the worker's language; rows from before keep their words.
    assert (row.end_code, row.end_reason) == ("term", "")
    letter = Letter.objects.get(dedupe_key=f"assignment:{row.pk}:released")
    assert "the term on the committee is over." in letter.text
    assert Assignment(end_reason="Kept from before.").why_ended == "Kept from before."


def test_a_view_that_was_given_in_its_term_stays(walker, office):
    row = accepted(walker, office)
    Assignment.objects.filter(pk=row.pk).update(state="given")
    RoleGrant.objects.filter(user=row.member).update(until=timezone.now().date())
    assert reminding.sweep_readers() == 0
    DeclaredTie.objects.create(member=row.member, candidate=walker.user, kind=Tie.FAMILY)
    assert reminding.sweep_readers() == 1


def test_a_tie_that_bars_later_takes_it_back(walker, office):
    row, other = accepted(walker, office, 1), accepted(walker, office, 2)
    DeclaredTie.objects.create(member=row.member, candidate=walker.user, kind=Tie.PAYMENT)
    assert reminding.sweep_readers() == 1
    assert not open_assignments(row.member).exists()
    assert open_assignments(other.member).get() == other


def test_a_question_that_came_too_late_is_taken_back(walker, office):
    row, reading = asked(walker, office, 1), accepted(walker, office, 2)
    Submission.objects.update(state="development", development_at=timezone.now())
    assert reminding.sweep_readers() == 1
    row.refresh_from_db()
    reading.refresh_from_db()
    assert (row.state, reading.state) == ("released", "accepted")
    assert stages(row) == {"released": 1}


@pytest.mark.parametrize("ended", ["withdrawn", "closed"])
def test_a_registration_that_ends_closes_what_is_with_the_committee(walker, office, ended):
    row = accepted(walker, office)
    assert following.close_ended() == 0
    values = {"close_reason": "By agreement."} if ended == "closed" else {}
    Candidacy.objects.update(state=ended, **{f"{ended}_at": timezone.now()}, **values)
    assert following.close_ended() == 1
    assert following.close_ended() == 0
    row.refresh_from_db()
    assert walker.submission.state == Submission.State.CLOSED
    assert row.state == Assignment.State.RELEASED
    letter = Letter.objects.get(dedupe_key=f"assignment:{row.pk}:released")
    assert letter.to_address == row.member.email
    assert not open_assignments(row.member).exists()
    assert not Letter.objects.filter(to_user=walker.user, text__contains=row.member.name).exists()


def test_a_leave_closes_nothing(walker, office):
    accepted(walker, office)
    Candidacy.objects.update(state="on_leave")
    assert following.close_ended() == 0


def test_the_clock_is_wound(walker, office):
    assert any(entry["task"] == "certification.review.follow_readers" for entry in entries())
    follow_readers()


def entries():
    return [entry if isinstance(entry, dict) else {"task": entry[0]} for entry in SCHEDULE.values()]


def test_a_sweep_asks_the_same_for_one_reader_and_for_three(
    walker, office, django_assert_num_queries
):
    asked(walker, office, 1)
    with django_assert_num_queries(11):
        reminding.sweep_readers()
    asked(walker, office, 2)
    asked(walker, office, 3, reason="One more.")
    with django_assert_num_queries(11):
        reminding.sweep_readers()
