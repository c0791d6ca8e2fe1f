"""Two people in supervision at their phones: draft, sign, log, confirm, plan, and how one grows."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from supervision.models import (
    Agreement,
    Competency,
    DevelopmentalLevel,
    Introduction,
    PrivateNote,
    SupervisionSession,
)
from supervision.services.ratings import Touched, rate
from tests import world
from tests.supervision.pair import Kind, Pair, confirmed, log, make_pair

PHONE = {"viewport": {"width": 390, "height": 844}}
# Every touch of the screen, kept over the pages of one window.
COUNT_TAPS = """addEventListener('pointerdown', (event) => {
  if (event.isTrusted) sessionStorage.taps = Number(sessionStorage.taps || 0) + 1; }, true)"""
TEXT = {
    "Goals": "To stay present when shame is in the room.",
    "Schedule": "Every second Tuesday, an hour, online.",
    "Payment": "Each block before it begins.",
}


@pytest.fixture
def two(site: str) -> Pair:
    """A call was accepted; nothing is drafted yet."""
    world.make_edition()
    candidate = world.make_user("carla@example.com", name="Carla Candidate")
    candidacy = world.make_candidacy(candidate)
    world.make_framework(candidacy.edition)
    guide = world.make_supervisor(world.make_user("gita@example.com", name="Gita Guide"))
    Introduction.objects.create(
        candidacy=candidacy, supervisor=guide, message="Hello", state="accepted"
    )
    return Pair(Agreement(), candidacy, candidate, guide, guide.user)


def sign(visitor: Any, name: str) -> None:
    visitor.page.get_by_label("Your full name").fill(name)
    visitor.press("Sign this version")


def test_from_a_first_draft_to_the_plan(someone: Any, two: Pair) -> None:
    gita, carla = someone(two.guide, **PHONE), someone(two.candidate, **PHONE)

    gita.go("/supervision/")
    gita.press("Draft the agreement")
    gita.follow("Write the first text")
    for label, text in TEXT.items():
        gita.field(label).fill(text)
    assert gita.field("Rate for a session").input_value() == "180"
    gita.press("Put it before the other")
    sign(gita, "Gita Guide")

    carla.go("/supervision/")
    carla.reads("Read and sign version 1 of your agreement with Gita Guide")
    carla.page.get_by_role("link", name="Read it").first.click()
    carla.look(closely=True)
    sign(carla, "Carla Candidate")
    carla.reads("Version 1 is signed by both and holds.")
    agreement = Agreement.objects.get()
    assert agreement.state == Agreement.State.ACTIVE
    # They met last week: the agreement was signed then.
    Agreement.objects.update(active_at=timezone.now() - timedelta(days=7))

    carla.go(f"/supervision/agreements/{agreement.pk}/log/")
    carla.field("Focus").fill("Arriving")
    carla.press("Log it")
    carla.reads("is asked to confirm it")
    gita.go("/supervision/")
    gita.page.get_by_role("link", name="Look at it").first.click()
    gita.look()
    gita.press("Yes, confirm it")
    assert SupervisionSession.objects.get().state == SupervisionSession.State.CONFIRMED

    # Plan and final version are agreed once the plan meeting is in the ledger.
    two.agreement = agreement
    log(two, Kind.PLAN_MEETING, timezone.now() - timedelta(days=3))
    pair = f"/supervision/agreements/{agreement.pk}/"
    gita.go(pair)
    gita.follow("Supervision plan")
    gita.follow("Write the plan")
    gita.field("Learning objectives").fill("Slow down; name what happens.")
    gita.page.get_by_label("Therapeutic presence").check()
    gita.press("Put it before the other")
    carla.go("/supervision/")
    carla.page.get_by_role("link", name="Read it").first.click()
    carla.press("I agree to this plan")
    carla.reads("agreed by both")
    gita.go(pair + "text/")
    gita.follow("Write another version")
    gita.field("Schedule").fill("Every Tuesday.")
    gita.press("Put it before the other")
    sign(gita, "Gita Guide")
    carla.go(pair + "text/")
    sign(carla, "Carla Candidate")
    carla.go(pair)
    carla.look(closely=True)


def test_logging_a_session_takes_six_taps(someone: Any, site: str) -> None:
    """From the desk to a saved session with two competencies, a focus and feedback: one tap to
    open the form, two words, two fields to write in, one to save. Day, start, minutes and kind
    stand there already."""
    now = timezone.now()
    moments = {name: now - timedelta(days=60) for name in ("signed_at", "final_at", "plan_at")}
    pair = make_pair(**moments)
    gita = someone(pair.guide, **PHONE)
    gita.context.add_init_script(COUNT_TAPS)
    gita.go("/supervision/", look=False)
    gita.page.evaluate("sessionStorage.taps = 0")
    page = gita.page
    with page.expect_navigation():
        page.get_by_role("link", name="Log a session with Carla 1").click()
    presence = page.get_by_role("group", name="Therapeutic presence")
    presence.get_by_role("radio", name="growing").check()
    page.get_by_role("group", name="Meeting the inner critic").get_by_role(
        "radio", name="steady"
    ).check()
    page.get_by_label("Focus").click()
    page.keyboard.type("Pacing with shame")
    page.get_by_label("Feedback for the candidate").click()
    page.keyboard.type("You slowed down exactly when it was needed.")
    with page.expect_navigation():
        page.get_by_role("button", name="Log it").click()
    assert page.evaluate("Number(sessionStorage.taps)") == 6
    gita.reads("Logged. Carla 1 is asked to confirm it.")
    row = SupervisionSession.objects.get()
    assert (row.kind, row.minutes, row.ratings.count()) == (Kind.ORIENTATION, 60, 2)
    gita.look()


def test_the_form_the_picture_and_private_notes(someone: Any, site: str) -> None:
    now = timezone.now()
    moments = {name: now - timedelta(days=60) for name in ("signed_at", "final_at", "plan_at")}
    pair = make_pair(**moments)
    gita, carla = someone(pair.guide, **PHONE), someone(pair.candidate, **PHONE)
    base = f"/supervision/agreements/{pair.agreement.pk}/"
    for kind, days, word in (
        (Kind.ORIENTATION, 50, "beginning"),
        (Kind.CASE_REVIEW, 40, "growing"),
        (Kind.PLAN_MEETING, 30, "steady"),
    ):
        row = confirmed(pair, kind, now - timedelta(days=days))
        rated(pair, row, word)
    gita.go(base + "log/")
    gita.look(closely=True)
    gita.page.get_by_label("Private notes").fill("kanariprivate")
    gita.press("Log it")
    carla.go(base + "growth/")
    carla.look(closely=True)
    carla.page.get_by_role("group", name="Therapeutic alliance").get_by_role(
        "radio", name="growing"
    ).check()
    carla.press("Save how I see it")
    carla.page.get_by_text("In words: Alliance").click()
    carla.reads("growing")
    carla.go(base + "words/")
    carla.go(base + "material/")
    carla.field("What it is").fill("Transcript, third session")
    carla.page.get_by_label("I show it in person").check()
    carla.press("Hand it over")
    carla.go(base + "appointments/")
    carla.go(base + "end/")
    gita.go(base + "words/")
    gita.reads("kanariprivate")
    assert PrivateNote.objects.count() == 1


def rated(pair: Pair, row: SupervisionSession, word: str) -> None:
    touched = Touched(
        competency=Competency.objects.get(number=3),
        level=DevelopmentalLevel.objects.get(word=word),
        sentence="Tended the strain.",
    )
    rate(pair.agreement, (touched,), by=pair.guide, session=row)
