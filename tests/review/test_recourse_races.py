"""Two real connections at once: the office and a candidate file, two colleagues give time."""

from datetime import UTC, timedelta

import pytest
from django.utils import timezone

from certification.candidacy.models import WindowMove
from certification.review import services
from certification.review.models import Appeal, Submission
from certification.review.services import appealing
from certification.review.services.more_time import give_more_time
from certification.review.services.on_behalf import open_for
from certification.review.services.resubmitting import begin_again
from scip.accounts.models import Role, User
from scip.mail.models import Letter
from tests import world
from tests.races import tally
from tests.review.committee import development, make_committee
from tests.review.hearings import WORDS, later, make_appellant
from tests.review.test_more_time import attested

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "Their letter came by post, a week late."


def test_the_office_and_the_candidate_at_once_make_one_appeal() -> None:
    carla = make_appellant()
    outcomes = tally(
        lambda: open_for(carla.candidacy, statement=WORDS, reason=WHY, by=carla.office),
        lambda: open_for(carla.candidacy, statement="Else.", reason=WHY, by=carla.office),
        lambda: appealing.begin(carla.candidacy, by=carla.user),
    )
    assert set(outcomes) <= {"done", "refused"}
    live = Appeal.objects.filter(state__in=Appeal.LIVE)
    assert live.count() == 1
    filed = Letter.objects.filter(to_user=carla.user, dedupe_key__contains=":filed")
    assert filed.count() == (live.get().state == "filed")


def test_two_colleagues_give_the_same_time_once() -> None:
    carla = make_appellant()
    other = world.make_user("second@example.com", Role.STAFF)
    last_on = timezone.now().astimezone(UTC).date() + timedelta(days=50)
    outcomes = tally(
        *(
            lambda by=by: give_more_time(
                carla.candidacy, "appeal", last_on=last_on, reason=WHY, by=by
            )
            for by in (carla.office, other)
        )
    )
    assert outcomes == {"done": 1, "refused": 1}
    assert WindowMove.objects.count() == 1
    assert Letter.objects.filter(dedupe_key__startswith="windowmove:").count() == 1


def test_more_time_to_resubmit_and_a_new_beginning_at_once_agree() -> None:
    committee = make_committee()
    committee.sends(development())
    candidacy, user = committee.walker.candidacy, committee.walker.user
    office = User.objects.get(email="office@example.com")
    begin_again(candidacy, by=user)
    late = later(400)
    last_on = late.astimezone(UTC).date() + timedelta(days=5)
    outcomes = tally(
        lambda: give_more_time(
            candidacy, "resubmission", last_on=last_on, reason=WHY, by=office, now=late
        ),
        lambda: begin_again(candidacy, by=user, now=late),
        lambda: begin_again(candidacy, by=user, now=late),
    )
    assert outcomes == {"done": 3}
    # Whichever was first, one is under way, and it follows the one that was answered.
    live = Submission.objects.filter(candidacy=candidacy).live().get()
    assert live.follows is not None
    assert live.follows.number == 1


def test_more_time_to_resubmit_and_a_new_submission_at_once_agree() -> None:
    committee = make_committee()
    committee.sends(development())
    candidacy, user = committee.walker.candidacy, committee.walker.user
    office = User.objects.get(email="office@example.com")
    begin_again(candidacy, by=user)
    late = later(400)
    whole = begin_again(candidacy, by=user, now=late)
    attested(committee, late)
    last_on = late.astimezone(UTC).date() + timedelta(days=5)
    outcomes = tally(
        lambda: give_more_time(
            candidacy, "resubmission", last_on=last_on, reason=WHY, by=office, now=late
        ),
        lambda: services.submit(whole, by=user, now=late),
    )
    live = Submission.objects.filter(candidacy=candidacy).live().get()
    if WindowMove.objects.exists():
        assert (live.state, live.charge) == ("draft", None)
        assert live.follows is not None
        assert live.follows.number == 1
    else:
        assert outcomes == {"done": 1, "refused": 1}
        assert (live, live.state) == (whole, "awaiting_payment")
