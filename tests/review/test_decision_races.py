"""Two real connections at once: send, save and propose, approve and take back, begin again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certification.review.models import Ask, Assignment, Decision, Response, Submission
from certification.review.queries.decisions import counting_views
from certification.review.services import assigning, deciding, reading, tying
from certification.review.services.resubmitting import begin_again, save_response
from scip.accounts.models import Role
from scip.credentials.models import Completion, Credential
from scip.mail.models import Letter
from tests import world
from tests.races import tally
from tests.review.committee import ASKS, CERTIFIED, development, make_committee, seated
from tests.review.room import writes

pytestmark = pytest.mark.django_db(transaction=True)


def test_chair_and_office_send_at_once_and_one_letter_and_one_credential_follow() -> None:
    committee = make_committee()
    office = world.make_user("another-office@example.com", Role.STAFF)
    decision = committee.approves(CERTIFIED)
    jobs = [
        lambda: deciding.send_decision(decision, by=committee.chair),
        lambda: deciding.send_decision(decision, by=office),
        lambda: deciding.send_decision(decision, by=office),
    ]
    assert tally(*jobs) == {"done": 3}
    assert Letter.objects.filter(dedupe_key=f"decision:{decision.pk}:sent").count() == 1
    assert Credential.objects.filter(user=committee.walker.user, kind="certified").count() == 1
    assert Completion.objects.filter(user=committee.walker.user, level="C").count() == 1


@pytest.mark.parametrize("are_of_the_office", [False, True])
def test_two_who_decide_at_once_make_one_decision_of_one_of_them(are_of_the_office: bool) -> None:
    """The chair in two windows; without a chair, two of the office who write down what they heard."""
    committee = make_committee()
    submission, two = committee.submission, [committee.chair] * 2
    if are_of_the_office:
        submission.assignments.filter(seat="chair").delete()
        two = [world.make_user(f"{name}@example.com", Role.STAFF) for name in ("ada", "ben")]
    says = [(CERTIFIED, []), (development(), ASKS)]
    jobs = [
        lambda words=words, by=by: deciding.save_decision(submission, *words, revision=0, by=by)
        for words, by in zip(says, two, strict=True)
    ]
    assert tally(*jobs) == {"done": 1, "refused": 1}
    row = Decision.objects.get()
    words, points = says[row.outcome == "development"]
    assert (row.outcome, row.missing, row.revision) == (
        words["outcome"],
        words.get("missing", ""),
        1,
    )
    assert [ask.text for ask in row.asks.order_by("number")] == points


@pytest.mark.parametrize("round_", range(3))
def test_saving_while_it_is_proposed_is_in_the_letter_or_refused(round_: int) -> None:
    committee = make_committee()
    decision = committee.writes(CERTIFIED)
    save = lambda: deciding.save_decision(  # noqa: E731
        committee.submission, {"strengths": "Later."}, [], revision=1, by=committee.chair
    )
    found = tally(lambda: deciding.propose(decision, by=committee.chair), save)
    row = Decision.objects.get(pk=decision.pk)
    assert row.state == Decision.State.PROPOSED
    if found == {"done": 2}:
        assert (row.strengths, row.revision) == ("Later.", 2)
    else:
        assert found == {"done": 1, "refused": 1}
        assert (row.strengths, row.revision) == (CERTIFIED["strengths"], 1)


@pytest.mark.parametrize("round_", range(3))
def test_approved_while_the_chair_takes_it_back(round_: int) -> None:
    committee = make_committee()
    decision = committee.proposes(CERTIFIED)
    found = tally(
        lambda: deciding.approve(decision, by=committee.reviewers[0]),
        lambda: deciding.give_back(decision, reason="", by=committee.chair),
    )
    row = Decision.objects.get(pk=decision.pk)
    # Approved first, it is taken back all the same; taken back first, there is nothing to approve.
    assert row.state == Decision.State.DRAFT
    assert row.approved_by is None
    assert set(found) <= {"done", "refused"}


def test_sent_while_the_chair_takes_it_back_is_one_of_the_two() -> None:
    committee = make_committee()
    office = world.make_user("another-office@example.com", Role.STAFF)
    decision = committee.approves(development())
    assert tally(
        lambda: deciding.send_decision(decision, by=office),
        lambda: deciding.give_back(decision, reason="", by=committee.chair),
    ) == {"done": 1, "refused": 1}
    row = Decision.objects.get(pk=decision.pk)
    went = Letter.objects.filter(dedupe_key=f"decision:{decision.pk}:sent").count()
    is_sent = row.state == Decision.State.SENT
    assert went == int(is_sent)
    assert (committee.submission.state == Submission.State.DEVELOPMENT) == is_sent


@pytest.mark.parametrize("round_", range(3))
def test_a_silent_second_reader_approves_while_the_chair_releases_them(round_: int) -> None:
    committee = make_committee()
    second = world.make_user("second@example.org", Role.REVIEWER)
    seat = seated(committee.submission, second, "second")
    Assignment.objects.filter(pk=seat.pk).update(due_at=timezone.now() - timedelta(days=1))
    decision = committee.proposes(CERTIFIED)
    assert tally(
        lambda: deciding.approve(decision, by=second),
        lambda: assigning.release(seat, reason="Silent.", by=committee.chair),
    ) == {"done": 1, "refused": 1}
    row = Decision.objects.get(pk=decision.pk)
    seat.refresh_from_db()
    assert (row.state, seat.state) in {("approved", "given"), ("proposed", "released")}


@pytest.mark.parametrize("round_", range(3))
def test_a_tie_is_told_while_the_view_is_given(round_: int) -> None:
    committee = make_committee(views=1)
    reader = committee.reviewers[1]
    seat = committee.seat(reader)
    room = Assignment.objects.select_related("submission__candidacy__user").get(pk=seat.pk)
    writes(room)
    tally(
        lambda: reading.give_view(room, by=reader),
        lambda: tying.add_tie(seat, kind="family", words="Cousins.", by=reader),
    )
    seat.refresh_from_db()
    assert (seat.state, seat.end_code) == ("released", "tie")
    assert counting_views(committee.submission) == 1


def test_beginning_again_at_once_makes_one_resubmission_and_one_response() -> None:
    committee = make_committee()
    committee.sends(development())
    candidacy, user = committee.walker.candidacy, committee.walker.user
    press = lambda: begin_again(candidacy, by=user, now=timezone.now())  # noqa: E731
    assert tally(press, press, press) == {"done": 3}
    made = Submission.objects.get(number=2)
    ask = Ask.objects.get(number=1)
    jobs = [
        lambda: save_response(made, ask, {"text": "One."}, revision=0, by=user),
        lambda: save_response(made, ask, {"text": "Another."}, revision=0, by=user),
    ]
    assert tally(*jobs) == {"done": 1, "refused": 1}
    assert Response.objects.get().revision == 1
