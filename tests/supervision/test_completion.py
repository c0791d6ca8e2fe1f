"""When an agreement completes although the last missing session was held with somebody else, who
writes the letter then, and what the two pay each other for."""

import pytest

from scip.mail.models import Letter
from scip.requirements import Refusal
from supervision.models import Agreement
from supervision.queries.fees import blocks_of
from supervision.services import agreements, sessions
from supervision.services.losses import settle_unanswered
from supervision.services.recommendations import save_part, send_recommendation
from tests import world
from tests.supervision.pair import ALL, Kind, Pair, at, confirmed, held, log, make_pair, walk
from tests.supervision.test_recommendations import LETTER, NOT_YET

pytestmark = pytest.mark.django_db


def next_pair(pair, name="Lea", days=80):
    """The same candidate, from that day on with another supervisor."""
    guide = world.make_supervisor(world.make_user(f"{name}@example.com", name=name))
    agreement = world.make_agreement(pair.candidacy, guide, signed_at=at(days))
    return Pair(agreement, pair.candidacy, pair.candidate, guide, guide.user)


def handed_over(count=5):
    """Sessions of which the last is not answered, then everything else with another supervisor."""
    first = make_pair()
    walk(first, count - 1)
    row = log(first, ALL[count - 1], at(1 + 7 * (count - 1)), by=first.candidate)
    agreements.end_agreement(first.agreement, by=first.guide, reason="Moving.", now=at(40))
    return first, row, next_pair(first, days=41)


def told(pair):
    rows = Letter.objects.filter(dedupe_key__startswith=f"agreement:{pair.agreement.pk}:completed")
    return len(rows)


@pytest.mark.parametrize("is_by_office", [False, True])
def test_a_late_answer_about_an_earlier_agreement_completes_the_active_one(staff, is_by_office):
    first, row, second = handed_over()
    for place, kind in enumerate(ALL[5:]):
        confirmed(second, kind, at(42 + 7 * place))
    assert second.again().agreement.state == "active"
    if is_by_office:
        Agreement.objects.filter(pk=first.agreement.pk).update(ended_by=staff)
        settle_unanswered(row, by=staff, is_held=True, reason="Her notes.", now=at(90))
    else:
        sessions.confirm_session(row, by=first.guide, now=at(90))
    assert (first.again().agreement.state, second.again().agreement.state) == (
        "ended",
        "completed",
    )
    assert told(second) == 3
    assert save_part(second.agreement, by=second.guide, **LETTER).state == "draft"


def test_a_correction_in_an_earlier_agreement_completes_the_active_one(staff):
    first = make_pair()
    walk(first, 8)
    short = confirmed(first, Kind.PORTFOLIO_REVIEW, at(57), minutes=20)
    agreements.end_agreement(first.agreement, by=first.guide, reason="Moving.", now=at(60))
    second = next_pair(first, days=61)
    confirmed(second, Kind.EXIT_INTERVIEW, at(64))
    assert second.again().agreement.state == "active"
    right = sessions.correct_session(
        short,
        held(Kind.PORTFOLIO_REVIEW, at(57)),
        by=first.candidate,
        reason="It was an hour.",
        now=at(90),
    )
    settle_unanswered(right, by=staff, is_held=True, reason="Her calendar.", now=at(91))
    assert second.again().agreement.state == "completed"


def test_who_took_over_after_the_close_meets_the_person_before_the_agreement_completes():
    first, row, second = handed_over(count=10)
    sessions.confirm_session(row, by=first.guide, now=at(90))
    assert second.again().agreement.state == "active"
    confirmed(second, Kind.SUPERVISION, at(95))
    assert second.again().agreement.state == "completed"


def test_blocks_follow_a_session_with_somebody_else_that_is_confirmed_later():
    first, row, second = handed_over()

    def amounts():
        return [
            (item.block.phase, item.block.sessions)
            for item in blocks_of(second.agreement, second.candidate)
        ]

    assert amounts() == [("supervision", 4), ("closing", 2)]
    sessions.confirm_session(row, by=first.guide, now=at(50))
    assert amounts() == [("supervision", 3), ("closing", 2)]


def test_while_somebody_else_accompanies_the_candidate_nothing_is_written():
    first = make_pair()
    walk(first, 10)
    draft = save_part(first.again().agreement, by=first.guide, **LETTER)
    second = next_pair(first)
    for act in (
        lambda: save_part(first.agreement, by=first.guide, reflections="More."),
        lambda: send_recommendation(draft, by=first.guide, now=at(82)),
    ):
        with pytest.raises(Refusal, match="You accompany this person no more"):
            act()
    confirmed(second, Kind.SUPERVISION, at(85))
    assert second.again().agreement.state == "completed"
    with pytest.raises(Refusal, match="You accompany this person no more"):
        send_recommendation(draft, by=first.guide, now=at(86))
    accompanied = Agreement.objects.accompanied()
    assert list(accompanied) == [second.agreement]
    send_recommendation(save_part(second.agreement, by=second.guide, **LETTER), by=second.guide)


def test_the_first_may_write_again_once_the_other_has_ended():
    first = make_pair()
    walk(first, 10)
    second = next_pair(first)
    agreements.end_agreement(second.agreement, by=second.candidate, reason="No fit.", now=at(82))
    assert save_part(first.again().agreement, by=first.guide, **NOT_YET).state == "draft"
