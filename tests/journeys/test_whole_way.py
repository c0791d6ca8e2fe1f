"""The whole of supervision on two phones: registered, agreed, ten sessions, plan, close, letter.

Each kind of step is walked once; the sessions between them come from the services.
"""

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from certification.candidacy.models import Candidacy
from supervision.models import (
    Agreement,
    Introduction,
    Plan,
    Recommendation,
    Signature,
    SupervisionSession,
)
from supervision.services import sessions
from tests import world
from tests.candidacy import walking
from tests.journeys.visitor import PHONE as WIDTH
from tests.supervision.pair import Kind, Pair, confirmed

PHONE = {"viewport": {"width": WIDTH, "height": 844}}
NAMES = {"gita": "Gita Guide", "ana": "Ana Applicant"}
TEXT = {
    "Goals": "To stay present when shame is in the room.",
    "Schedule": "Every second Tuesday, an hour, online.",
    "Payment": "Each block before it begins.",
}


def test_from_the_registration_to_the_recommendation(
    someone: Any, worker: Any, site: str, applicant: Any, staff: Any
) -> None:
    applicant.profession, applicant.country = "Psychologist", "PT"
    applicant.save()
    walking.ready(applicant, staff)
    guide = world.make_supervisor(world.make_user("gita@example.com", name=NAMES["gita"]))
    ana, gita = someone(applicant, **PHONE), someone(guide.user, **PHONE)

    ana.go("/pathway/")
    ana.follow("Read and register")
    ana.press("Register, and go to the payment")
    ana.press("Pay USD 500", look=False)
    ana.press("Pay", look=False)
    worker()
    candidacy = Candidacy.objects.get()
    assert candidacy.state == "active"
    assert candidacy.edition is not None
    world.make_framework(candidacy.edition)

    # The two have met in a call; `test_introduction` walks it.
    Introduction.objects.create(
        candidacy=candidacy, supervisor=guide, message="Hello", state="accepted"
    )
    pair = Pair(agreed(ana, gita), candidacy, applicant, guide, guide.user)
    page = f"/supervision/agreements/{pair.agreement.pk}/"

    log_on(ana, page, days=35, kind="Orientation")
    gita.go("/supervision/")
    gita.page.get_by_role("link", name="Look at it").first.click()
    gita.look()
    gita.press("Yes, confirm it")
    confirmed(pair, Kind.CASE_REVIEW, ago(28))
    log_on(gita, page, days=21, kind="Supervision plan meeting")
    meeting = SupervisionSession.objects.get(kind=Kind.PLAN_MEETING)
    sessions.confirm_session(meeting, by=applicant)
    planned(ana, gita, page)

    for days in (18, 16, 14, 12, 10):
        confirmed(pair, Kind.SUPERVISION, ago(days))
    confirmed(pair, Kind.PORTFOLIO_REVIEW, ago(4))
    log_on(gita, page, days=2, kind="Exit interview")
    ana.go("/supervision/")
    ana.page.get_by_role("link", name="Look at it").first.click()
    ana.press("Yes, confirm it")
    ana.reads("All sessions are there since")
    assert pair.again().agreement.state == Agreement.State.COMPLETED

    recommended(ana, gita, page)


def ago(days: int) -> Any:
    """Nine in the morning, UTC, some days ago."""
    return timezone.now().replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=days)


def sign(visitor: Any, name: str) -> None:
    visitor.page.get_by_label("Your full name").fill(name)
    visitor.press("Sign this version")


def agreed(ana: Any, gita: Any) -> Agreement:
    """A first version, drafted by one and signed by both; it was signed forty days ago."""
    gita.go("/supervision/")
    gita.press("Draft the agreement")
    gita.follow("Write the first text")
    for label, text in TEXT.items():
        gita.field(label).fill(text)
    gita.press("Put it before the other")
    sign(gita, NAMES["gita"])
    ana.go("/supervision/")
    ana.page.get_by_role("link", name="Read it").first.click()
    sign(ana, NAMES["ana"])
    ana.reads("Version 1 is signed by both and holds.")
    Agreement.objects.update(active_at=ago(40))
    return Agreement.objects.get()


def log_on(visitor: Any, page: str, *, days: int, kind: str) -> None:
    """The form after a session, for one that was held some days ago."""
    visitor.go(page)
    visitor.follow("Log a session")
    visitor.field("Day").fill(ago(days).date().isoformat())
    visitor.page.locator("#id_starts_at").fill("09:00")
    visitor.page.locator("#id_kind").select_option(label=kind)
    visitor.field("Focus").fill("Arriving")
    visitor.press("Log it")
    visitor.reads("is asked to confirm it")


def planned(ana: Any, gita: Any, page: str) -> None:
    """The plan, agreed by both, and the final version, signed by both; it was twenty days ago."""
    gita.go(page)
    gita.follow("Supervision plan")
    gita.follow("Write the plan")
    gita.field("Learning objectives").fill("Slow down; name what happens.")
    gita.page.get_by_label("Therapeutic presence").check()
    gita.press("Put it before the other")
    ana.go("/supervision/")
    ana.page.get_by_role("link", name="Read it").first.click()
    ana.press("I agree to this plan")
    ana.reads("agreed by both")
    gita.go(f"{page}text/")
    gita.follow("Write another version")
    gita.press("Put it before the other")
    sign(gita, NAMES["gita"])
    ana.go(f"{page}text/")
    sign(ana, NAMES["ana"])
    with transaction.atomic(), connection.cursor() as cursor:
        # The day of a signature never changes; only here weeks pass within a minute.
        cursor.execute("set local session_replication_role = replica")
        Signature.objects.update(signed_at=ago(20))
    Plan.objects.update(candidate_agreed_at=ago(20), supervisor_agreed_at=ago(20))


def recommended(ana: Any, gita: Any, page: str) -> None:
    """The letter, part by part; the candidate reads its outcome and nothing of its text."""
    gita.go("/supervision/")
    gita.page.get_by_role("link", name="Write it").first.click()
    gita.look()
    gita.follow("Begin the letter")
    gita.page.locator("input[name=outcome][value=recommended]").check()
    for label, text in (
        ("Key elements and focus of the supervision", "Shame, endings, one’s own pace."),
        ("Competence and readiness", "Attuned and honest."),
        ("Final reflections", "A pleasure to walk with."),
    ):
        gita.press("Save and go on")
        gita.page.get_by_label(label).fill(text)
    gita.press("Save and go on")
    gita.page.get_by_role("button", name="Send it to the committee").click()
    gita.press("Send the letter")
    gita.reads("with the committee")
    assert Recommendation.objects.get().state == "sent"
    ana.go(page)
    ana.follow("Recommendation")
    ana.look(closely=True)
    assert "Attuned and honest" not in ana.page.content()
    ana.go("/supervision/")
