"""What readers write: kept as typed, given once, seen by others only then; questions by the chair."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certification.portfolio.services.writing import StaleWriting
from certification.review.models import Assignment, Question, ReadingNotes, Submission, View
from certification.review.queries.reading import (
    may_see_views,
    questions_in,
    questions_to,
    rubric_of,
    views_of,
)
from certification.review.requirements.rubric import rubric
from certification.review.services import reading
from scip.accounts.models import Role
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests import world
from tests.races import at_once, tally
from tests.review.room import VIEW, Room, gives, make_room, whole_lines, writes

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    return make_room()


def saves(seat, values=None, lines=None, revision=0, by=None):
    return reading.save_view(
        seat, values or {}, lines or {}, revision=revision, by=by or seat.member
    )


# The rubric


def test_the_rubric_comes_from_what_was_frozen(room):
    lines = rubric_of(room.submission.snapshot)
    codes = [line.code for line in lines]
    assert len(codes) == len(set(codes))
    assert [line.group for line in lines if line.group == "competency"] == ["competency"] * 6
    assert [code for code in codes if code.startswith("question:")] == [
        "question:presence",
        "question:alliance",
        "question:interventions",
        "question:readiness",
        "question:ethics",
        "question:own_practice",
    ]
    frozen = {line.title: line for line in lines if line.group == "requirement"}
    assert frozen["Your portfolio"].note.startswith("met. 2 of 2 case studies are done.")
    assert not frozen["Your portfolio"].is_asked


def test_anchors_lead_to_what_shows_a_competency():
    content = {
        "map": [{"competency": "Presence", "cases": [2], "write_ups": ["On waiting", "Gone"]}],
        "write_ups": [{"title": "On waiting"}],
        "supervision": {
            "growth": [
                {
                    "competency": "Presence",
                    "steps": [
                        {"when": "Session 2", "by_self": "growing", "by_supervisor": ""},
                        {"when": "Session 8", "by_self": "steady", "by_supervisor": "embodied"},
                    ],
                }
            ]
        },
        "findings": [],
    }
    line = rubric(content)[0]
    assert [item.name for item in line.anchors] == ["case-2", "text-1", "chapter-supervision"]
    assert line.note == "Session 8: supervisor: embodied; candidate: steady"


def test_a_resubmission_is_read_in_what_was_asked_alone():
    asks = [{"number": 1, "text": "How sessions end.", "response": "In three talks."}]
    lines = rubric({"asks": asks, "map": [], "findings": []})
    assert [(line.code, line.title) for line in lines] == [("point:1", "How sessions end.")]
    assert [item.name for item in lines[0].anchors] == ["ask-1"]
    assert lines[0].is_asked


# Notes and views


def test_notes_are_kept_and_two_windows_never_write_over_each_other(room):
    seat = room.reader()
    row = reading.save_notes(seat, {"notes": "One"}, revision=0, by=seat.member)
    assert (row.notes, row.revision) == ("One", 1)
    with pytest.raises(StaleWriting):
        reading.save_notes(seat, {"notes": "Other"}, revision=0, by=seat.member)
    again = reading.save_notes(seat, {"notes": "One"}, revision=0, by=seat.member)
    assert (ReadingNotes.objects.get().notes, again.revision) == ("One", 1)


def test_a_view_is_kept_line_by_line(room):
    seat = room.reader()
    code = rubric_of(room.submission.snapshot)[0].code
    row = saves(
        seat,
        {"strengths": "Waits."},
        {code: {"shown": "partly", "words": "Case 1"}, "competency:99": {"shown": "clearly"}},
    )
    assert [(line.code, line.shown) for line in row.lines.all()] == [(code, "partly")]
    assert (row.strengths, row.revision) == ("Waits.", 1)
    row = saves(seat, {}, {code: {"shown": "clearly", "words": "Case 1"}}, revision=1)
    assert (row.revision, row.lines.get().shown) == (2, "clearly")
    with pytest.raises(StaleWriting):
        saves(seat, {}, {code: {"shown": "not_yet", "words": ""}}, revision=1)
    same = saves(seat, {"strengths": "Waits."}, {code: {"shown": "clearly", "words": "Case 1"}})
    assert (same.revision, View.objects.get().lines.get().shown) == (2, "clearly")


@pytest.mark.parametrize("missing", ["conclusion", "strengths", "missing", "how"])
def test_a_view_is_not_given_before_it_is_whole(room, missing):
    seat = room.reader()
    writes(seat, **{missing: ""})
    with pytest.raises(Refusal) as refusal:
        reading.give_view(seat, by=seat.member)
    assert [item.code for item in refusal.value.findings] == [missing]
    seat.refresh_from_db()
    assert seat.state == "accepted"


def test_every_line_that_asks_wants_a_word(room):
    seat = room.reader()
    lines = whole_lines(seat)
    silent = lines.pop("question:ethics")
    saves(seat, VIEW, lines)
    with pytest.raises(Refusal) as refusal:
        reading.give_view(seat, by=seat.member)
    assert [item.code for item in refusal.value.findings] == ["lines"]
    assert "Are ethics kept" in str(refusal.value)
    saves(seat, {}, {"question:ethics": silent | {"shown": "unsaid"}}, revision=1)
    assert reading.give_view(seat, by=seat.member).state == "given"


def test_certified_needs_no_word_of_what_is_missing(room):
    seat = room.reader()
    writes(seat, conclusion="certified", missing="", how="")
    assert reading.give_view(seat, by=seat.member).state == "given"


def test_a_given_view_stays_as_it_is(room):
    seat = gives(room.reader())
    with pytest.raises(Refusal, match="gave your view already"):
        saves(seat, {"strengths": "Other"}, revision=1)
    with pytest.raises(Refusal):
        reading.give_view(seat, by=seat.member)
    assert View.objects.get().strengths == VIEW["strengths"]
    # The notes stay the reader's own.
    reading.save_notes(seat, {"notes": "Later"}, revision=0, by=seat.member)


@pytest.mark.parametrize("seat", ["chair", "second"])
def test_who_answers_gives_no_view(room, seat):
    row = room.reader("other", seat)
    with pytest.raises(Refusal, match="The reviewers give views"):
        saves(row, VIEW)
    with pytest.raises(Refusal):
        reading.give_view(row, by=row.member)
    assert not View.objects.exists()


@pytest.mark.parametrize("state", ["asked", "declared", "declined", "released"])
def test_nothing_is_written_in_a_room_that_is_not_open(room, state):
    seat = room.reader(state=state)
    for act in (
        lambda: saves(seat, VIEW),
        lambda: reading.save_notes(seat, {"notes": "N"}, revision=0, by=seat.member),
        lambda: reading.give_view(seat, by=seat.member),
        lambda: reading.ask_candidate(seat, "Who?", by=seat.member),
    ):
        with pytest.raises(Refusal, match="not open to you"):
            act()
    assert not View.objects.exists()
    assert not Question.objects.exists()


def test_nobody_writes_in_anothers_place(room):
    seat, other = room.reader(), room.reader("other")
    for by in (other.member, room.candidate):
        with pytest.raises(Refusal):
            saves(seat, VIEW, by=by)
        with pytest.raises(Refusal):
            reading.give_view(seat, by=by)


def test_an_answered_submission_is_shut(room):
    seat = gives(room.reader())
    Submission.objects.filter(pk=seat.submission_id).update(
        state="development", development_at=timezone.now()
    )
    with pytest.raises(Refusal):
        reading.save_notes(seat, {"notes": "N"}, revision=0, by=seat.member)


def test_views_open_in_the_order_in_which_they_were_given(room, django_assert_num_queries):
    late, early = room.reader("late"), room.reader("early")
    room.reader("silent")
    chair, second = room.reader("chair", "chair"), room.reader("second", "second")
    assert [may_see_views(seat) for seat in (late, chair, second)] == [False, True, True]
    assert views_of(room.submission) == ()
    gives(early)
    Assignment.objects.filter(pk=early.pk).update(given_at=timezone.now() - timedelta(days=1))
    late = gives(late)
    assert may_see_views(late)
    submission = room.submission
    with django_assert_num_queries(2):
        found = views_of(submission)
        assert [str(item.member) for item in found] == ["Early Anyone", "Late Anyone"]
        assert found[0].lines["question:ethics"].words == "Seen: question:ethics"
        assert found[0].view.strengths == VIEW["strengths"]


def test_the_chair_is_told_of_each_view_once(room):
    chair = room.reader("chair", "chair")
    gives(room.reader())
    letter = Letter.objects.get(to_address=chair.member.email)
    assert letter.subject == "A reviewer has given their view"
    assert str(room.candidate) in letter.text
    assert VIEW["strengths"] not in letter.text + letter.html


# Questions


def test_a_question_goes_through_the_chair_without_a_name(room):
    seat, chair, other = room.reader(), room.reader("chair", "chair"), room.reader("other")
    question = reading.ask_candidate(seat, " Who ended it? ", by=seat.member)
    assert (question.state, question.text) == ("asked", "Who ended it?")
    assert Letter.objects.get(to_address=chair.member.email).subject.startswith("A question")
    assert not questions_to(room.submission)
    assert list(questions_in(other)) == []
    assert list(questions_in(seat)) == list(questions_in(chair)) == [question]

    question = reading.send_question(question, "How did it end?", by=chair.member)
    told = Letter.objects.get(to_address=room.candidate.email, subject__contains="question")
    assert "Anyone" not in told.text + told.html
    assert "How did it end?" not in told.text
    assert [row.sent_text for row in questions_to(room.submission)] == ["How did it end?"]
    assert list(questions_in(other)) == [question]

    question = reading.answer_question(question, "Together.", by=room.candidate)
    assert (question.state, question.answer) == ("answered", "Together.")
    answered = Letter.objects.filter(subject="The candidate has answered")
    people = {seat.member.email, chair.member.email, other.member.email}
    assert {letter.to_address for letter in answered} == people
    assert all("Together." not in letter.text for letter in answered)


def test_a_question_is_kept_back_with_a_reason(room):
    seat, chair = room.reader(), room.reader("chair", "chair")
    question = reading.ask_candidate(seat, "What did the client earn?", by=seat.member)
    with pytest.raises(Refusal):
        reading.withhold_question(question, "  ", by=chair.member)
    reading.withhold_question(question, "It has no bearing.", by=chair.member)
    assert not questions_to(room.submission)
    assert Letter.objects.get(to_address=seat.member.email).subject.endswith("not passed on")
    with pytest.raises(IllegalMove):
        reading.send_question(question, "What?", by=chair.member)


def test_only_the_chair_of_this_submission_passes_on(room):
    seat, chair = room.reader(), room.reader("chair", "chair")
    question = reading.ask_candidate(seat, "Who?", by=seat.member)
    stranger = world.make_user("far@example.org", Role.CHAIR)
    office = world.make_user("office@example.org", Role.STAFF)
    for by in (seat.member, stranger, office, room.candidate):
        with pytest.raises(Refusal):
            reading.send_question(question, "Who?", by=by)
        with pytest.raises(Refusal):
            reading.withhold_question(question, "Why", by=by)
    reading.send_question(question, "Who?", by=chair.member)
    for by in (seat.member, chair.member, office):
        with pytest.raises(Refusal):
            reading.answer_question(question, "I", by=by)
    with pytest.raises(IllegalMove):
        reading.send_question(question, "Who then?", by=chair.member)
    reading.answer_question(question, "My client.", by=room.candidate)
    with pytest.raises(IllegalMove):
        reading.answer_question(question, "Or I.", by=room.candidate)
    assert Question.objects.get().answer == "My client."


def test_without_a_chair_the_office_hears_of_a_question(room, settings):
    seat = room.reader()
    reading.ask_candidate(seat, "Who?", by=seat.member)
    letter = Letter.objects.get(to_address=settings.STAFF_EMAIL, subject__contains="question")
    assert str(room.candidate) in letter.text
    assert "Who?" not in letter.text
    assert seat.member.name not in letter.text + letter.html


def test_questions_end_with_the_answer_of_the_committee(room):
    seat, chair = room.reader(), room.reader("chair", "chair")
    question = reading.ask_candidate(seat, "Who?", by=seat.member)
    question = reading.send_question(question, "Who?", by=chair.member)
    Submission.objects.filter(pk=seat.submission_id).update(
        state="certified", certified_at=timezone.now()
    )
    with pytest.raises(Refusal, match="need not be answered"):
        reading.answer_question(question, "I", by=room.candidate)


def test_a_reader_asks_only_so_much(room):
    seat = room.reader()
    for number in range(reading.MOST_QUESTIONS):
        reading.ask_candidate(seat, f"Question {number}", by=seat.member)
    with pytest.raises(Refusal, match="a great deal"):
        reading.ask_candidate(seat, "One more", by=seat.member)


@pytest.mark.django_db(transaction=True)
def test_two_windows_that_give_at_once_give_once(room):
    seat = room.reader()
    room.reader("chair", "chair")
    writes(seat)

    def give():
        return reading.give_view(seat, by=seat.member)

    assert tally(give, give) == {"done": 1, "refused": 1}
    assert Letter.objects.filter(subject="A reviewer has given their view").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_view_saved_while_it_is_given_changes_nothing_afterwards(room):
    seat = room.reader()
    writes(seat)
    at_once(
        lambda: reading.give_view(seat, by=seat.member),
        lambda: saves(seat, {"strengths": "Changed."}, revision=1),
    )
    seat.refresh_from_db()
    kept = View.objects.get()
    assert seat.state == "given"
    # Before or after, never in between: what was saved later was refused.
    assert (kept.strengths, kept.revision) in {(VIEW["strengths"], 1), ("Changed.", 2)}
    with pytest.raises(Refusal):
        saves(seat, {"strengths": "Later."}, revision=kept.revision)
