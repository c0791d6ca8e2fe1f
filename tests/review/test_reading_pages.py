"""The pages of the reading room: what stands on them, what happens to what was typed."""

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from certification.review.models import Assignment, Question, ReadingNotes, Submission, View
from certification.review.models.snapshots import sha256_of
from certification.review.queries.snapshots import content_of
from certification.review.services import reading
from certification.review.services.freezing import canonical
from scip.pathway.submission import submission_facts
from tests import world
from tests.review.room import Room, gives, make_room, writes

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    return make_room()


def page(client, name, *args):
    answer = client.get(reverse(f"review:{name}", args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_desk_says_what_waits_for_whom(room, as_user, django_assert_num_queries):
    seat, chair = room.reader(), room.reader("chair", "chair")
    asked = room.reader("asked", state="asked", declared_at=None)
    declared = room.reader("declared", state="declared")
    assert "Nothing to read at present" in page(
        as_user(world.make_user("new@example.org", "reviewer")), "desk"
    )
    assert "Please answer by" in page(as_user(asked.member), "desk")
    assert "Waits for you, due by" in page(as_user(seat.member), "desk")
    assert "You told of a tie" in page(as_user(declared.member), "desk")
    assert "0 of 2 views are there" in page(as_user(chair.member), "desk")
    reading.ask_candidate(seat, "Who?", by=seat.member)
    gives(seat)
    words = page(as_user(chair.member), "desk")
    assert "1 of 2 views are there" in words
    assert "1 question waits for you" in words
    assert "Now it is with the chair" in page(as_user(seat.member), "desk")


def test_a_desk_takes_the_same_queries_for_one_and_three(room, as_user, django_assert_num_queries):
    member = room.reader().member
    client = as_user(member)
    client.get("/review/")
    with django_assert_num_queries(6):
        client.get("/review/")
    for number in (2, 3):
        other = make_room(number)
        other.seat(member)
    with django_assert_num_queries(6):
        assert client.get("/review/").content.decode().count("Waits for you, due by") == 3


def test_others_have_no_desk(room, as_user):
    assert as_user(room.candidate).get("/review/").status_code == 403


def test_before_the_declaration_nothing_of_the_work_is_shown(room, as_user):
    asked = room.reader("asked", state="asked", declared_at=None)
    words = page(as_user(asked.member), "room", asked.pk)
    assert str(room.candidate) in words
    assert str(room.walker.guide) in words
    assert "From the first cohort" not in words
    assert "Presence before practice" not in words
    assert "Case 1" not in words


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "or say below that nothing does"),
        ({"ties": ["family"], "nothing": "on", "words": "Aunt"}, "whichever of the two is true"),
        ({"ties": ["colleague"]}, "Say in a sentence what it is"),
        ({"ties": ["recommendation"], "words": "x"}, "recommendation"),
    ],
)
def test_a_declaration_says_one_thing(room, as_user, data, told):
    asked = room.reader("asked", state="asked", declared_at=None)
    answer = as_user(asked.member).post(reverse("review:declare", args=[asked.pk]), data)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    asked.refresh_from_db()
    assert asked.state == "asked"


@pytest.mark.parametrize(
    ("data", "state", "told"),
    [
        ({"nothing": "on"}, "accepted", "From the first cohort"),
        ({"ties": ["colleague"], "words": "One team until May."}, "declared", "decides whether"),
        ({"ties": ["family"], "words": "My cousin."}, "declined", "Somebody else reads this one"),
    ],
)
def test_what_a_declaration_opens(room, as_user, data, state, told):
    asked = room.reader("asked", state="asked", declared_at=None)
    client = as_user(asked.member)
    answer = client.post(reverse("review:declare", args=[asked.pk]), data, follow=True)
    asked.refresh_from_db()
    assert asked.state == state
    words = answer.content.decode()
    assert told in words
    assert ("Presence before practice" in words) == (state == "accepted")


def test_somebody_declines_with_a_word(room, as_user):
    asked = room.reader("asked", state="asked", declared_at=None)
    client, where = as_user(asked.member), reverse("review:decline", args=[asked.pk])
    assert client.post(where, {"reason": ""}).status_code == 422
    assert client.post(where, {"reason": "Away until May."}).url == "/review/"
    asked.refresh_from_db()
    assert (asked.state, asked.end_reason) == ("declined", "Away until May.")
    assert "Presence before" not in page(client, "room", asked.pk)


def test_the_room_has_the_work_beside_the_rubric(room, as_user, django_assert_num_queries):
    seat = room.reader()
    client = as_user(seat.member)
    client.get(f"/review/{seat.pk}/")
    with django_assert_num_queries(12):
        words = client.get(f"/review/{seat.pk}/").content.decode()
    for text in (
        "From the first cohort",
        "Presence before practice",
        "Case 1: they waited together.",
        'id="case-2"',
        'name="shown-competency:6"',
        "The silence",
        "Are ethics kept",
    ):
        assert text in words, text
    assert "Between us" not in words
    for number in range(3):
        reading.ask_candidate(seat, f"Question {number}?", by=seat.member)
    with django_assert_num_queries(12):
        client.get(f"/review/{seat.pk}/")


def test_notes_save_themselves_and_two_windows_are_shown_side_by_side(room, as_user):
    seat = room.reader()
    client, where = as_user(seat.member), reverse("review:notes", args=[seat.pk])
    by_itself = {"X-Autosave": "1"}
    answer = client.post(where, {"notes": "One", "version": "0"}, headers=by_itself)
    assert answer.json() == {"version": 1}
    stale = {"notes": "Two", "version": "0", "base": "{}"}
    assert client.post(where, stale, headers=by_itself).status_code == 409
    answer = client.post(where, stale)
    assert answer.status_code == 409
    assert "One" in answer.content.decode()
    assert "Two" in answer.content.decode()
    assert client.post(where, {"notes": "Two", "version": "1"}).url.endswith("#notes")
    assert ReadingNotes.objects.get().notes == "Two"


def test_a_view_saves_itself_and_two_windows_are_shown_side_by_side(room, as_user):
    seat = room.reader()
    client, where = as_user(seat.member), reverse("review:view", args=[seat.pk])
    data = {"shown-competency:1": "clearly", "words-competency:1": "Here", "strengths": "Calm"}
    answer = client.post(where, data | {"version": "0"}, headers={"X-Autosave": "1"})
    assert answer.json() == {"version": 1}
    stale = data | {"shown-competency:1": "not_yet", "strengths": "Other", "version": "0"}
    assert client.post(where, stale, headers={"X-Autosave": "1"}).status_code == 409
    answer = client.post(where, stale)
    assert answer.status_code == 409
    words = answer.content.decode()
    assert "clearly shown" in words
    assert "not yet" in words
    choice = stale | {"choose-strengths": "other", "choose-shown-competency:1": "mine"}
    assert client.post(where, choice | {"version": "1"}).status_code == 302
    kept = View.objects.get()
    assert (kept.strengths, kept.lines.get().shown) == ("Calm", "not_yet")


def test_a_view_too_long_is_told_with_everything_still_there(room, as_user):
    seat = room.reader()
    client, where = as_user(seat.member), reverse("review:view", args=[seat.pk])
    long = {"strengths": "s" * 20_001, "missing": "Kept words", "version": "0"}
    answer = client.post(where, long)
    assert answer.status_code == 422
    assert "Kept words" in answer.content.decode()
    assert client.post(where, long, headers={"X-Autosave": "1"}).status_code == 422
    assert not View.objects.exists()


def test_a_view_is_read_once_more_and_given(room, as_user):
    seat, other = room.reader(), room.reader("other")
    client = as_user(seat.member)
    give = reverse("review:give", args=[seat.pk])
    assert "Not quite yet" in page(client, "give", seat.pk)
    assert client.post(give).url == give
    gives(other)
    views = reverse("review:views", args=[seat.pk])
    assert client.get(views).url == reverse("review:room", args=[seat.pk])
    writes(seat)
    assert "They wait until the ground holds." in page(client, "give", seat.pk)
    assert client.post(give).url == views
    words = page(client, "views", seat.pk)
    assert "Other Anyone" in words
    assert "Seen: question:ethics" in words
    assert "A second pair of eyes" not in words
    assert client.get(give).url == reverse("review:room", args=[seat.pk])
    words = page(client, "room", seat.pk)
    assert "Your view, as you gave it" in words
    assert f'data-autosave="/review/{seat.pk}/view/"' not in words


def test_the_chair_reads_the_views_at_once(room, as_user, django_assert_num_queries):
    chair = room.reader("chair", "chair")
    client = as_user(chair.member)
    assert "No view yet" in page(client, "views", chair.pk)
    gives(room.reader("one"))
    client.get(reverse("review:views", args=[chair.pk]))
    with django_assert_num_queries(7):
        words = page(client, "views", chair.pk)
    assert "A second pair of eyes" in words
    for name in ("two", "three"):
        gives(room.reader(name), conclusion="certified")
    with django_assert_num_queries(7):
        assert page(client, "views", chair.pk).count("certified</span>") == 2


def test_a_question_on_its_way_through_the_pages(room, as_user):
    seat, chair = room.reader(), room.reader("chair", "chair")
    client, head = as_user(seat.member), as_user(chair.member)
    ask = reverse("review:question_ask", args=[seat.pk])
    assert client.post(ask, {"text": " "}).status_code == 422
    assert client.post(ask, {"text": "Who ended it?"}).status_code == 302
    question = Question.objects.get()
    send = reverse("review:question_send", args=[chair.pk, question.pk])
    answer = head.post(send, {f"q{question.pk}-text": ""})
    assert answer.status_code == 422
    assert head.post(send, {f"q{question.pk}-text": "How did it end?"}).status_code == 302

    own = as_user(room.candidate)
    words = own.get("/certification/submission/questions/").content.decode()
    assert "How did it end?" in words
    assert "Who ended it?" not in words
    assert "Anyone" not in words
    reply = reverse("submission:question_answer", args=[question.pk])
    assert own.post(reply, {f"q{question.pk}-answer": ""}).status_code == 422
    assert own.post(reply, {f"q{question.pk}-answer": "Together."}).status_code == 302
    assert "Together." in page(client, "room", seat.pk)
    assert "a question for you" not in own.get("/certification/submission/").content.decode()


def test_the_candidate_is_led_to_a_question(room, as_user):
    seat, chair = room.reader(), room.reader("chair", "chair")
    own = as_user(room.candidate)
    assert "/submission/questions/" not in own.get("/certification/submission/").content.decode()
    question = reading.ask_candidate(seat, "Who?", by=seat.member)
    reading.send_question(question, "Who?", by=chair.member)
    words = own.get("/certification/submission/").content.decode()
    assert "The committee has a question for you" in words
    assert submission_facts(room.walker.candidacy.pk).is_asked
    assert "/certification/submission/questions/" in words


def test_a_question_of_another_answers_404(room, as_user):
    seat, chair = room.reader(), room.reader("chair", "chair")
    question = reading.ask_candidate(seat, "Who?", by=seat.member)
    where = reverse("submission:question_answer", args=[question.pk])
    # Not before it was passed on, and never for another.
    assert as_user(room.candidate).post(where, {}).status_code == 404
    reading.send_question(question, "Who?", by=chair.member)
    assert as_user(world.make_user("far@example.org")).post(where, {}).status_code == 404


def test_a_resubmission_shows_what_was_asked_first(room, as_user):
    seat = room.reader()
    snapshot = room.submission.snapshot
    content = content_of(snapshot)
    content["asks"] = [{"number": 1, "text": "How sessions end.", "response": "In three talks."}]
    refreeze(snapshot, canonical(content))
    words = page(as_user(seat.member), "room", seat.pk)
    assert words.index("In three talks.") < words.index("From the first cohort")
    assert 'name="shown-point:1"' in words
    assert 'name="shown-competency:1"' not in words


def refreeze(snapshot, text):
    """Another content under the same number; a trigger forbids it outside of tests."""
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(
            "update review_snapshot set content = %s, sha256 = %s where id = %s",
            [text, sha256_of(text), snapshot.pk],
        )
        cursor.execute("set local session_replication_role = origin")


def test_once_answered_the_room_says_so(room, as_user):
    seat = gives(room.reader())
    Submission.objects.update(state="certified", certified_at=timezone.now())
    words = page(as_user(seat.member), "room", seat.pk)
    assert "The committee has answered" in words
    assert "Presence before" not in words
    assert Assignment.objects.get(pk=seat.pk).state == "given"
