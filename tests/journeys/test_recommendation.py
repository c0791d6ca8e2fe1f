"""At the end of supervision, on a phone: the letter in parts, its outcome, and what was paid."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from supervision.models import FeePayment, Recommendation
from tests.supervision.pair import ALL, Pair, confirmed, make_pair

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def complete(site: str) -> Pair:
    """All ten sessions are confirmed; nothing is noted as paid, nothing written."""
    start = timezone.now() - timedelta(days=120)
    plan = start + timedelta(days=21)
    pair = make_pair(signed_at=start, final_at=plan, plan_at=plan)
    for place, kind in enumerate(ALL):
        confirmed(pair, kind, start + timedelta(days=1 + 7 * place))
    return pair.again()


def test_from_the_last_session_to_the_outcome(someone: Any, complete: Pair) -> None:
    guide, candidate = someone(complete.guide, **PHONE), someone(complete.candidate, **PHONE)
    page = f"/supervision/agreements/{complete.agreement.pk}/"

    guide.go("/supervision/")
    guide.reads("Write to the committee about Carla 1")
    guide.page.get_by_role("link", name="Write it").first.click()
    guide.look(closely=True)
    guide.follow("Begin the letter")
    guide.look(closely=True)
    guide.page.get_by_label("Not yet, and I say what would help").check()
    for label, text in (
        ("Key elements and focus of the supervision", "Shame, endings, the therapist’s own pace."),
        ("Competence and readiness", "Attuned and honest; endings still hurry."),
        ("Final reflections", "A pleasure to walk with."),
        ("What would help next", "Three more sessions on endings; write to me when you like."),
    ):
        guide.press("Save and go on")
        guide.page.get_by_label(label).fill(text)
    guide.press("Save and go on")
    guide.reads("never this text")
    guide.look(closely=True)
    guide.page.get_by_role("button", name="Send it to the committee").click()
    guide.page.get_by_role("button", name="Send the letter").click()
    guide.reads("with the committee")
    assert Recommendation.objects.get().state == "sent"

    candidate.go(page)
    candidate.follow("Recommendation")
    candidate.reads("Three more sessions on endings")
    candidate.reads("right to appeal within 30 days")
    candidate.look(closely=True)
    assert "endings still hurry" not in candidate.page.content()

    candidate.go(f"{page}fees/")
    candidate.look(closely=True)
    candidate.page.get_by_role("link", name="Note a payment").first.click()
    candidate.look(closely=True)
    candidate.press("Note it")
    guide.go(f"{page}fees/")
    guide.look(closely=True)
    guide.press("Yes, received")
    guide.reads("USD 540 of USD 1,800 paid.")
    assert FeePayment.objects.get().confirmed_by == complete.guide
