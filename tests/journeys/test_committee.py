"""A submission before the committee: asked, a tie, two views, an answer, once more, and certified."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from certification.review.models import Assignment, Decision, Submission
from certification.review.queries.reading import rubric_of
from certification.review.services import assigning, deciding, reading
from scip.accounts.models import Role, User
from scip.credentials.models import Completion, Credential
from scip.credentials.services import record_completion
from scip.mail.models import Letter
from tests import world
from tests.review.desk import Walker, make_ready

PHONE = {"viewport": {"width": 390, "height": 844}}
STRENGTHS = "An unhurried presence, and case studies that tell what went wrong."


@pytest.fixture
def walker(site: str) -> Walker:
    walker = make_ready()
    for level in ("A", "B"):
        record_completion(
            walker.user,
            level=level,
            basis=Completion.Basis.EQUIVALENCY,
            completed_on=timezone.now().date(),
            facts={},
            by=None,
        )
    walker.hands_in()
    return walker


def member(name: str, role: str = Role.REVIEWER) -> User:
    return world.make_user(f"{name.lower()}@committee.example", role, name=name)


def fill_lines(page: Page) -> None:
    """A word on every line of the rubric."""
    page.evaluate("document.querySelectorAll('#view details').forEach(item => item.open = true)")
    for radio in page.locator("#view .rubric-line input[value=clearly]").all():
        radio.check()


def reads_and_gives(row: Assignment, conclusion: str = "certified") -> None:
    """What the pages do, for a reader whose window nobody looks at."""
    if row.state == "asked":
        row = assigning.answer(row, ties=(), words="", by=row.member)
    lines = {
        line.code: {"shown": "clearly", "words": ""}
        for line in rubric_of(row.submission.snapshot)
        if line.is_asked
    }
    words = {"missing": "One more story.", "how": "Write it."} if conclusion != "certified" else {}
    values = {"conclusion": conclusion, "strengths": STRENGTHS, **words}
    reading.save_view(row, values, lines, revision=0, by=row.member)
    reading.give_view(row, by=row.member)


def test_from_the_asking_to_the_certification(
    someone: Any, walker: Walker, worker: Callable[[], None]
) -> None:
    staff = world.make_user("sam@office.example", Role.STAFF, name="Sam Office")
    rosa, kin, chiara = member("Rosa"), member("Kin"), member("Chiara", Role.CHAIR)
    first = walker.submission

    # The office asks everybody in one act, with the letter before its eyes.
    office = someone(staff)
    office.go(f"/admin/review/submission/{first.pk}/change/")
    office.follow("Ask the suggested people")
    office.press("Show the letter")
    office.press("Ask them and send the letters")
    office.reads("The letters are on their way")
    assert set(first.assignments.values_list("member", "state")) == {
        (rosa.pk, "asked"), (kin.pk, "asked"), (chiara.pk, "asked")
    }  # fmt: skip

    # A tie is told before anything opens, and nothing opens.
    relative = someone(kin, **PHONE)
    relative.go("/review/")
    relative.page.get_by_role("link", name=f"Answer about {walker.user}").click()
    relative.reads("What ties you")
    assert STRENGTHS not in relative.page.content()
    relative.page.get_by_label("family or close").check()
    relative.page.locator("#id_words").fill("We are cousins.")
    relative.press("This is true; go on")
    row = Assignment.objects.get(member=kin)
    assert row.state == "declined"
    relative.go(f"/review/{row.pk}/dossier/x/", status=404, look=False)
    tessa = member("Tessa")
    office.go(f"/admin/review/submission/{first.pk}/change/")
    office.follow("Ask the suggested people")
    office.press("Show the letter")
    office.press("Ask them and send the letters")
    assert Assignment.objects.get(member=tessa).state == "asked"

    # One reads alone, and gives a view.
    reader = someone(rosa)
    reader.go("/review/")
    reader.page.get_by_role("link", name=f"Answer about {walker.user}").click()
    reader.page.locator("[name=nothing]").check()
    reader.press("This is true; go on")
    reader.reads("Case studies")
    reader.reads("Presence before practice")
    reader.page.locator("#id_notes").fill("Look at the pauses again.")
    expect(reader.page.locator("#notes-state")).to_contain_text("Saved ")
    fill_lines(reader.page)
    reader.page.locator("#view [name=conclusion][value=development]").check()
    for name in ("strengths", "missing", "how"):
        reader.page.locator(f"#view [name={name}]").fill(f"{STRENGTHS} {name}.")
    reader.press("Save, and on to giving it")
    reader.look(closely=True)
    reader.press("Give my view")
    assert Assignment.objects.get(member=rosa).state == "given"
    reads_and_gives(Assignment.objects.get(member=tessa), "development")

    # The chair sees both side by side, writes, and a second pair of eyes reads it.
    chair = someone(chiara)
    seat = Assignment.objects.get(member=chiara)
    chair.go(f"/review/{seat.pk}/")
    chair.page.locator("[name=nothing]").check()
    chair.press("This is true; go on")
    chair.go(f"/review/{seat.pk}/views/")
    chair.reads("Tessa")
    chair.look(closely=True)
    chair.go(f"/review/{seat.pk}/decision/")
    chair.page.locator("[name=outcome][value=development]").check()
    chair.page.locator("[name=strengths]").fill(STRENGTHS)
    chair.press("Save, and on to the second reader")
    chair.reads("Not quite yet")
    chair.go(f"/review/{seat.pk}/decision/")
    chair.page.locator("[name=missing]").fill("How you end a practice that hurts.")
    chair.page.locator("[name=how]").fill("Two case studies about stopping.")
    chair.page.locator("[name=points]").fill(
        "Show one practice that you stopped.\nSay what told you."
    )
    day = (timezone.now() + timedelta(days=60)).date()
    chair.page.locator("[name=by_when]").fill(day.isoformat())
    chair.page.locator("[name=contact_name]").fill("Chiara Ponti")
    chair.page.locator("[name=contact_email]").fill("chiara@committee.example")
    chair.press("Save, and on to the second reader")
    chair.look(closely=True)
    chair.page.locator("select[name=second], [name=second]").first.evaluate(
        """(field, key) => {
          if (field.tagName === 'SELECT') field.value = key;
          else document.querySelector(`[name=second][value='${key}']`).checked = true;
        }""",
        str(rosa.pk),
    )
    chair.press("Hand it over")
    assert Decision.objects.get().state == "proposed"

    reader.go(f"/review/{Assignment.objects.get(member=rosa).pk}/decision/")
    reader.reads("How you end a practice that hurts.")
    reader.press("Approve it")
    chair.go(f"/review/{seat.pk}/decision/")
    chair.button("Send the letter").first.click()
    dialog = chair.page.get_by_role("dialog")
    chair.press("Send the letter", within=dialog)
    assert Submission.objects.get(pk=first.pk).state == "development"
    letter = Letter.objects.get(to_user=walker.user, dedupe_key__startswith="decision:")
    assert "How you end a practice that hurts." in letter.text
    assert "Rosa" not in letter.text + letter.html

    # The candidate reads it on a phone, and answers the points.
    me = someone(walker.user, **PHONE)
    me.go("/certification/submission/")
    me.reads("Two case studies about stopping.")
    for name in ("Rosa", "Tessa", "Kin"):
        assert name not in me.page.content()
    me.press("Begin my resubmission")
    second = Submission.objects.get(follows=first)
    me.look(closely=True)
    answer_points(me, second)
    me.go("/certification/submission/")
    me.press("Submit, and go to the payment")
    me.press("Pay USD 150", look=False)
    me.press("Pay", look=False)
    worker()
    second.refresh_from_db()
    assert second.state == "submitted"

    # The same readers, asked for these points alone; the office sends the letter.
    rows = assigning.ask_suggested(second, by=staff)
    assert {item.member_id for item in rows} >= {rosa.pk, tessa.pk}
    reader.go("/review/")
    for item in rows:
        row = assigning.answer(item, ties=(), words="", by=item.member)
        if row.seat == "reviewer":
            reads_and_gives(row)
    mine = Assignment.objects.get(submission=second, member=rosa)
    reader.go(f"/review/{mine.pk}/")
    reader.reads("Only these points are read again")
    values = {
        "outcome": "certified",
        "strengths": STRENGTHS,
        "contact_name": "Chiara Ponti",
        "contact_email": "chiara@committee.example",
    }
    decision = deciding.save_decision(second, values, (), revision=0, by=chiara)
    deciding.propose(decision, by=chiara, second=rosa)
    deciding.approve(decision, by=rosa)
    office.go(f"/admin/review/submission/{second.pk}/change/")
    office.follow("Send the committee’s answer")
    office.press("Send the letter")
    office.reads("Sent. What follows from it")
    worker()
    me.go("/certification/submission/")
    me.reads("You are certified")
    me.look(closely=True)
    credential = Credential.objects.get(user=walker.user, kind="certified")
    assert credential.standing() == "active"
    me.go("/pathway/")
    me.reads("Your next step")
    visitor = someone(None)
    visitor.go(f"/verify/{credential.code}/")
    visitor.reads(walker.user.name)


def answer_points(me: Any, submission: Submission) -> None:
    """A few words to each point, saved."""
    for ask in submission.follows.decision.asks.all():
        me.go(reverse("submission:response", args=[ask.number]))
        me.page.locator("[name=text]").fill(f"It shows in case study {ask.number}.")
        me.press("Save, and back to the points")
