"""Two real connections at once: the chair, the same person, a release while somebody answers."""

import time

import pytest

from certification.review.models import Assignment, DeclaredTie, Tie
from certification.review.services import assigning, tying
from scip.accounts.models import Role, User
from scip.mail.models import Letter
from tests import world
from tests.races import tally
from tests.review.desk import make_ready

pytestmark = pytest.mark.django_db(transaction=True)


def handed_in():
    walker = make_ready()
    submission = walker.hands_in()
    return walker, submission, User.objects.get(email="office@example.com")


def test_two_colleagues_ask_two_chairs_at_once_and_one_is_asked() -> None:
    _walker, submission, office = handed_in()
    colleague = world.make_user("office9@example.com", Role.STAFF)
    one, two = (world.make_user(f"c{number}@example.org", Role.CHAIR) for number in (1, 2))
    outcomes = tally(
        lambda: assigning.ask(submission, one, seat="chair", by=office),
        lambda: assigning.ask(submission, two, seat="chair", by=colleague),
    )
    assert outcomes == {"done": 1, "refused": 1}
    assert Assignment.objects.get().seat == Assignment.Seat.CHAIR


def test_two_colleagues_ask_the_suggested_at_once_and_nobody_is_asked_twice() -> None:
    _walker, submission, office = handed_in()
    for number in range(4):
        world.make_user(f"r{number}@example.org", Role.REVIEWER)
    world.make_user("c1@example.org", Role.CHAIR)
    press = lambda: assigning.ask_suggested(submission, by=office)  # noqa: E731
    assert tally(press, press) == {"done": 1, "refused": 1}
    assert Assignment.objects.filter(seat="reviewer").count() == submission.edition.reviewers
    letters = Letter.objects.filter(dedupe_key__startswith="assignment:")
    assert letters.count() == Assignment.objects.count()


@pytest.mark.parametrize("round_", range(3))
def test_released_while_answering_it_is_released(round_: int) -> None:
    _walker, submission, office = handed_in()
    member = world.make_user("r1@example.org", Role.REVIEWER)
    row = assigning.ask(submission, member, seat="reviewer", by=office)
    tally(
        lambda: assigning.answer(row, ties=[], words="", by=member),
        lambda: assigning.release(row, reason="Somebody else reads it.", by=office),
    )
    assert Assignment.objects.get().state == Assignment.State.RELEASED


@pytest.mark.parametrize("head_start", [0, 0.02, 0.3])
def test_a_tie_taken_back_while_answering_stands_and_waits_for_a_word(head_start: float) -> None:
    """Whichever is first: an answer that comes alone has the lock before the other looks."""
    walker, submission, office = handed_in()
    member = world.make_user("r1@example.org", Role.REVIEWER)
    tie = DeclaredTie.objects.create(member=member, candidate=walker.user, kind=Tie.COLLEAGUE)
    row = assigning.ask(submission, member, seat="reviewer", by=office, reason="Nobody else.")

    def answers() -> None:
        time.sleep(head_start)
        assigning.answer(row, ties=[], words="", by=member)

    outcomes = tally(lambda: tying.take_back_tie(tie, reason="Over.", by=member), answers)
    assert outcomes == {"done": 1, "refused": 1}
    assert Assignment.objects.get().state == Assignment.State.DECLARED
    assert DeclaredTie.objects.exists()
