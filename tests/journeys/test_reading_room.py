"""The committee's reading room: from being asked to the views side by side."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from certification.portfolio.models import Opening
from certification.review.models import Assignment, Question, ReadingNotes, View
from certification.review.services import assigning, reading
from certification.review.services.dossiers import make_dossier
from scip.accounts.models import Role
from tests import world
from tests.review.room import Room, gives, make_room, whole_lines

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def room(site: str) -> Room:
    return make_room()


def test_asked_declared_read_and_given(someone: Any, room: Room) -> None:
    office = world.make_user("office@example.org", Role.STAFF)
    member = world.make_user("reader@example.org", Role.REVIEWER, name="Rea Anyone")
    gives(room.reader("other"), conclusion="certified")
    seat = assigning.ask(room.submission, member, seat="reviewer", by=office)
    for dossier in room.submission.snapshot.dossiers.all():
        make_dossier(dossier.pk)

    me = someone(member)
    page = me.page
    me.go("/review/")
    me.follow(f"Answer about {room.candidate}")
    me.reads("Gita 1")
    assert "Case study" not in page.content()
    me.look(closely=True)
    page.locator("#id_nothing").check()
    me.press("This is true; go on")
    me.reads("Letter of application")
    me.look(closely=True)

    page.locator("#id_notes").fill("Waits well.")
    expect(page.locator("#notes-state")).to_contain_text("Saved ")
    assert ReadingNotes.objects.get().notes == "Waits well."
    first = page.locator(".rubric-line").first
    first.get_by_label("clearly shown").check()
    first.locator("textarea").fill("Case 1, the long silence.")
    expect(page.locator("#view-state")).to_contain_text("Saved ")
    assert View.objects.get(assignment=seat).lines.get().words == "Case 1, the long silence."
    page.locator("#view summary", has_text="Questions").click()
    page.locator("#view").get_by_role("link", name="Case studies").first.click()
    expect(page.locator("#chapter-cases")).to_be_in_viewport()

    me.press("Save, and on to giving it", look=False)
    me.reads("Not quite yet")
    seat = Assignment.objects.get(pk=seat.pk)
    kept = View.objects.get(assignment=seat)
    reading.save_view(
        seat,
        {"conclusion": "development", "strengths": "Waiting.", "missing": "Ends.", "how": "Talk."},
        whole_lines(seat),
        revision=kept.revision,
        by=member,
    )
    me.go(f"/review/{seat.pk}/give/")
    me.press("Give my view")
    me.reads("Other Anyone")
    me.look(closely=True)
    me.go(f"/review/{seat.pk}/")
    page.get_by_role("button", name="Open: The silence").click()
    expect(page.locator("video")).to_be_visible()
    me.look(closely=True)
    assert Opening.objects.get().who == "a member of the committee"


def test_a_question_goes_through_the_chair(someone: Any, room: Room) -> None:
    seat, chair = room.reader(), room.reader("chair", "chair")
    me = someone(seat.member)
    me.go(f"/review/{seat.pk}/")
    me.page.locator("#id_text").fill("Who decided to end the sessions, and how?")
    me.press("Give it to the chair")
    me.reads("With the chair.")

    head = someone(chair.member, **PHONE)
    head.go(f"/review/{chair.pk}/")
    head.page.get_by_text("Pass it on", exact=True).click()
    head.look(closely=True)
    question = Question.objects.get()
    head.page.locator(f"#id_q{question.pk}-text").fill("How did the sessions come to an end?")
    head.press("Send it, without a name")

    candidate = someone(room.candidate, **PHONE)
    candidate.go("/certification/submission/questions/")
    candidate.reads("How did the sessions come to an end?")
    candidate.look(closely=True)
    assert "Reader" not in candidate.page.content()
    candidate.page.locator(f"#id_q{question.pk}-answer").fill("Together, over three sessions.")
    candidate.press("Send my answer")

    me.go(f"/review/{seat.pk}/")
    me.reads("Together, over three sessions.")
    assert Question.objects.get().answered_at > timezone.now() - timedelta(minutes=5)
