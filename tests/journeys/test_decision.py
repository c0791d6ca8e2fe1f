"""The decision at its writers' and its reader's windows: on a desk and on a phone."""

from typing import Any

import pytest

from certification.review.models import Ask, Decision, Response
from certification.review.services.resubmitting import save_response
from tests.review.committee import ASKS, Committee, development, make_committee

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def committee(site: str) -> Committee:
    return make_committee()


def test_written_read_by_a_second_and_answered(someone: Any, committee: Committee) -> None:
    chair = someone(committee.chair)
    page = f"/review/{committee.seat(committee.chair).pk}/decision/"
    chair.go(page)
    chair.look(closely=True)
    chair.keep("decision-empty")
    committee.writes(development(further_sessions=2))
    chair.go(page)
    chair.press("Save, and on to the second reader")
    chair.reads(ASKS[0])
    chair.look(closely=True)
    chair.keep("decision-propose")
    chair.page.get_by_label("Rea 1, who has read this submission").check()
    chair.press("Hand it over")
    chair.reads("With the second reader")

    reader = someone(committee.reviewers[1], **PHONE)
    reader.go(f"/review/{committee.seat(committee.reviewers[1]).pk}/decision/")
    reader.look(closely=True)
    reader.keep("decision-second")
    reader.press("Approve it")
    decision = Decision.objects.get()
    assert (decision.state, decision.approved_by) == ("approved", committee.reviewers[1])
    chair.go(page)
    chair.look(closely=True)
    chair.page.get_by_role("button", name="Send the letter").first.click()
    chair.page.get_by_role("dialog").get_by_role("button", name="Send the letter").click()
    chair.reads("The answer is on its way.")
    decision.refresh_from_db()
    assert (decision.state, decision.submission.state) == ("sent", "development")

    candidate = someone(committee.walker.user)
    candidate.go("/certification/submission/")
    candidate.look(closely=True)
    candidate.keep("answer")
    candidate.press("Begin my resubmission")
    candidate.look(closely=True)
    candidate.keep("resubmission")

    phone = someone(committee.walker.user, **PHONE)
    phone.go("/certification/submission/responses/")
    phone.look(closely=True)
    with phone.page.expect_navigation():
        phone.page.get_by_role("link", name="Write your answer").first.click()
    phone.page.locator("#id_text").fill("Two conversations; see case study 2.")
    phone.press("Save, and back to the points")
    phone.reads("1 of 2 points have your words.")
    phone.keep("responses")
    phone.go("/certification/submission/responses/2/")
    phone.look(closely=True)
    phone.keep("response")
    submission = committee.submission
    last = Ask.objects.get(decision__submission=submission.follows, number=2)
    save_response(submission, last, {"text": "Case 2."}, revision=0, by=committee.walker.user)
    phone.go("/certification/submission/")
    phone.look(closely=True)
    phone.keep("resubmission-phone")
    phone.reads("Further supervision sessions")
    kept = Response.objects.order_by("ask__number").values_list("submission", "text")
    assert list(kept) == [
        (submission.pk, "Two conversations; see case study 2."),
        (submission.pk, "Case 2."),
    ]
