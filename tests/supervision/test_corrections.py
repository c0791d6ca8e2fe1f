"""Corrections: what they may not undo, and how two go on after one that takes something away."""

from dataclasses import replace

import pytest
from django.urls import reverse

from certification.candidacy.services.closing import close_candidacy
from scip.mail.models import Letter
from scip.requirements import Refusal
from supervision.models import Agreement, SupervisionSession
from supervision.queries.recommendations import may_go_on
from supervision.services import agreements, sessions
from supervision.services.losses import settle_unanswered
from supervision.services.recommendations import save_part, send_recommendation
from tests import world
from tests.supervision.pair import Kind, at, confirmed, held, log, make_pair, walk

LETTER = {
    "outcome": "recommended",
    "key_elements": "Shame.",
    "assessment": "Steady.",
    "reflections": "Warm.",
}


@pytest.fixture
def pair(db):
    return make_pair()


def correct(pair, row, kind, started_at, minutes=60, now=None, by=None):
    return sessions.correct_session(
        row,
        held(kind, started_at, minutes),
        by=by or pair.guide,
        reason="It was different.",
        now=now or at(100),
    )


def shorten_the_last(pair):
    """The exit interview was too short after all; both say so."""
    *_before, last = walk(pair, 10)
    row = correct(pair, last, Kind.EXIT_INTERVIEW, last.started_at, minutes=20)
    sessions.confirm_session(row, by=pair.candidate, now=at(101))
    return pair.again()


@pytest.mark.parametrize("how", ["ended", "completed"])
def test_a_correction_does_not_lead_past_the_end_of_the_agreement(pair, how):
    rows = walk(pair, 10 if how == "completed" else 4)
    if how == "ended":
        agreements.end_agreement(pair.agreement, by=pair.guide, reason="Moving.", now=at(40))
    with pytest.raises(Refusal, match="not in force at that time"):
        correct(pair, rows[3], Kind.SUPERVISION, at(90), by=pair.candidate)
    row = correct(pair, rows[3], Kind.SUPERVISION, rows[3].started_at, 50, by=pair.candidate)
    assert row.state == "logged"


def test_a_row_opens_no_phase_for_its_own_correction(pair):
    *_before, fifth = walk(pair, 8)
    with pytest.raises(Refusal, match="follow after 5 supervision sessions"):
        correct(pair, fifth, Kind.PORTFOLIO_REVIEW, fifth.started_at)
    confirmed(pair, Kind.SUPERVISION, at(49))
    assert correct(pair, fifth, Kind.PORTFOLIO_REVIEW, at(56)).kind == Kind.PORTFOLIO_REVIEW


def test_the_only_plan_meeting_does_not_open_supervision_for_itself(pair):
    *_before, third = walk(pair, 3)
    with pytest.raises(Refusal, match="Still missing: the session “Supervision plan meeting”"):
        correct(pair, third, Kind.SUPERVISION, at(25))


def test_after_a_correction_that_takes_something_away_two_can_go_on(pair, as_user, stranger):
    pair = shorten_the_last(pair)
    assert pair.agreement.state == Agreement.State.COMPLETED
    assert may_go_on(pair.agreement)
    for user in (pair.candidate, pair.guide):
        page = as_user(user).get(reverse("supervision:agreement", args=[pair.agreement.pk]))
        assert "What is missing can be held" in page.content.decode()
        assert "All sessions are there since" not in page.content.decode()
    again = reverse("supervision:agreement_again", args=[pair.agreement.pk])
    assert as_user(stranger).post(again).status_code == 404
    as_user(pair.candidate).post(again)
    assert Agreement.objects.filter(state="draft").count() == 1
    assert not may_go_on(pair.agreement)


def test_going_on_after_a_correction_completes_with_what_was_missing(pair):
    pair = shorten_the_last(pair)
    pair.agreement = world.make_agreement(pair.candidacy, pair.supervisor, signed_at=at(102))
    confirmed(pair, Kind.EXIT_INTERVIEW, at(110))
    assert pair.again().agreement.state == Agreement.State.COMPLETED


def test_a_completed_pair_without_a_gap_has_nothing_to_go_on_for(pair):
    walk(pair, 10)
    assert not may_go_on(pair.again().agreement)


def test_a_record_that_a_recommendation_rests_on_is_not_corrected(pair, as_user):
    *_before, ninth, last = walk(pair, 10)
    waiting = correct(pair, ninth, Kind.PORTFOLIO_REVIEW, ninth.started_at, 50)
    letter = save_part(pair.again().agreement, by=pair.guide, **LETTER)
    page = reverse("supervision:session", args=[last.pk])
    assert as_user(pair.candidate).get(page).context["may_correct"]
    send_recommendation(letter, by=pair.guide)
    assert not as_user(pair.candidate).get(page).context["may_correct"]
    with pytest.raises(Refusal, match="A recommendation rests on this record"):
        correct(pair, last, Kind.EXIT_INTERVIEW, last.started_at, 20)
    with pytest.raises(Refusal, match="A recommendation rests on this record"):
        sessions.confirm_session(waiting, by=pair.candidate)
    standing = SupervisionSession.objects.confirmed().filter(pk=ninth.pk)
    assert standing.exists()


def test_after_the_registration_nothing_is_corrected(pair, staff):
    (row,) = walk(pair, 1)
    close_candidacy(pair.candidacy, by=staff, reason="Idle.", now=at(50))
    with pytest.raises(Refusal, match="registration for certification is over"):
        correct(pair, row, Kind.ORIENTATION, row.started_at, 50, by=pair.candidate)
    with pytest.raises(Refusal, match="You accompany this person no more"):
        correct(pair, row, Kind.ORIENTATION, row.started_at, 50)


def test_a_former_supervisor_reads_the_same_whatever_came_since(pair, as_user, staff):
    """What they may do with their own entries must not tell that another wrote a letter."""
    *_before, last = walk(pair, 9)
    page = reverse("supervision:session", args=[last.pk])
    assert as_user(pair.guide).get(page).context["may_correct"]
    agreements.end_agreement(pair.agreement, by=pair.candidate, reason="Moving.", now=at(65))
    waiting = correct(pair, last, last.kind, last.started_at, 50, by=pair.candidate)
    said = []

    def asks():
        assert not as_user(pair.guide).get(page).context["may_correct"]
        with pytest.raises(Refusal) as caught:
            correct(pair, last, last.kind, last.started_at, 50)
        with pytest.raises(Refusal, match="the office looks at this correction") as answered:
            sessions.confirm_session(waiting, by=pair.guide)
        said.append((str(caught.value.sentence), str(answered.value.sentence)))

    asks()
    other = world.make_supervisor(world.make_user("other@example.com", name="Olga"))
    second = replace(pair, agreement=world.make_agreement(pair.candidacy, other, signed_at=at(70)))
    second.supervisor, second.guide = other, other.user
    confirmed(second, Kind.EXIT_INTERVIEW, at(75))
    letter = save_part(second.again().agreement, by=other.user, **LETTER)
    send_recommendation(letter, by=other.user)
    asks()
    assert said[0] == said[1]
    with pytest.raises(Refusal, match="A recommendation rests on this record"):
        settle_unanswered(waiting, by=staff, is_held=True, reason="Her notes.")
    settle_unanswered(waiting, by=staff, is_held=False, reason="It comes too late.")


def test_a_correction_after_the_end_is_the_offices_and_offers_the_former_one_no_yes(
    pair, as_user, staff
):
    *_before, last = walk(pair, 4)
    agreements.end_agreement(pair.agreement, by=pair.candidate, reason="Moving.", now=at(40))
    correct(pair, last, last.kind, last.started_at, 50, by=pair.candidate)
    row = SupervisionSession.objects.get(corrects=last)
    assert list(SupervisionSession.objects.left_unanswered(at(100))) == [row]
    letter = Letter.objects.get(dedupe_key__contains=f"session:{row.pk}:asked")
    assert "the office looks at it" in letter.text
    assert "One press" not in letter.text + letter.html
    desk = {
        who: as_user(who).get(reverse("supervision:home")) for who in (pair.candidate, pair.guide)
    }
    assert all(page.context["matters"] == [] for page in desk.values())
    for page in desk.values():
        assert "1 session is with the office" in page.content.decode()
    page = as_user(pair.guide).get(reverse("supervision:session", args=[row.pk]))
    text = page.content.decode()
    assert "the office looks at this correction" in text
    assert reverse("supervision:session_confirm", args=[row.pk]) not in text
    assert reverse("supervision:session_correct", args=[row.pk]) not in text
    assert reverse("supervision:session_dispute", args=[row.pk]) in text
    settle_unanswered(row, by=staff, is_held=True, reason="Her notes.", now=at(101))
    last.refresh_from_db()
    assert last.state == "replaced"
    told = Letter.objects.get(dedupe_key__contains=f"session:{row.pk}:settled-without")
    assert "corrected an entry" in told.text
    assert "for a long time" not in told.text


def test_the_form_of_a_correction_opens_for_nobody_who_can_send_none(pair, as_user):
    (row,) = walk(pair, 1)
    form = reverse("supervision:session_correct", args=[row.pk])
    assert as_user(pair.guide).get(form).status_code == 200
    open_row = log(pair, Kind.CASE_REVIEW, at(8), by=pair.candidate)
    page = reverse("supervision:session", args=[open_row.pk])
    offered = reverse("supervision:session_correct", args=[open_row.pk])
    assert offered in as_user(pair.guide).get(page).content.decode()
    agreements.end_agreement(pair.agreement, by=pair.candidate, reason="Moving.", now=at(40))
    client = as_user(pair.guide)
    answer = client.get(form, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("supervision:session", args=[row.pk])
    assert "You accompany this person no more" in answer.content.decode()
    text = client.get(page).content.decode()
    assert offered not in text
    assert "easily put right with a correction" not in text
    assert reverse("supervision:session_confirm", args=[open_row.pk]) in text


def test_a_former_supervisor_reads_of_an_entry_what_lies_in_itself(pair, as_user):
    """What else the candidate lacks today, or has found since, is not theirs."""
    walk(pair, 3)
    early = log(pair, Kind.SUPERVISION, at(25))
    brief = log(pair, Kind.SUPERVISION, at(30), minutes=20)
    # Without the plan meeting, supervision is not open any more.
    SupervisionSession.objects.filter(kind=Kind.PLAN_MEETING).update(state="replaced")

    def read(row):
        page = as_user(pair.guide).get(reverse("supervision:session", args=[row.pk]))
        return page.context["shortcoming"], page.context["finding"]

    assert "plan meeting" in read(early)[0]
    agreements.end_agreement(pair.agreement, by=pair.candidate, reason="Moving.", now=at(40))
    assert read(early) == ("", None)
    assert "It lasted 20 minutes" in read(brief)[0]


def test_the_two_hear_that_a_correction_left_their_ledger_short(pair):
    *_before, ninth, last = walk(pair, 10)
    fine = correct(pair, ninth, ninth.kind, ninth.started_at, 55)
    sessions.confirm_session(fine, by=pair.candidate, now=at(101))
    told = Letter.objects.filter(dedupe_key__contains=":short:")
    assert not told.exists(), "it counts as before"
    row = correct(pair, last, last.kind, last.started_at, 20)
    assert not told.exists(), "nothing is settled yet"
    sessions.confirm_session(row, by=pair.candidate, now=at(102))
    assert {letter.to_user for letter in told} == {pair.candidate, pair.guide}
    further = correct(pair, fine, fine.kind, fine.started_at, 58)
    sessions.confirm_session(further, by=pair.candidate, now=at(103))
    assert told.count() == 2, "what was short before is no news"
    for letter in told:
        for text in (letter.text, letter.html):
            assert "Closing: 1 of 2 sessions count." in text
            assert reverse("supervision:agreement", args=[pair.agreement.pk]) in text
    assert "your letter to the committee waits" in told.get(to_user=pair.guide).text


def test_a_short_ledger_is_told_to_whoever_accompanies_and_not_to_a_former_supervisor(pair, staff):
    walk(pair, 8)
    first = confirmed(pair, Kind.PORTFOLIO_REVIEW, at(57))
    agreements.end_agreement(pair.agreement, by=pair.guide, reason="Moving.", now=at(60))
    other = world.make_supervisor(world.make_user("other@example.com", name="Olga"))
    second = replace(pair, agreement=world.make_agreement(pair.candidacy, other, signed_at=at(61)))
    second.supervisor, second.guide = other, other.user
    confirmed(second, Kind.EXIT_INTERVIEW, at(64))
    assert second.again().agreement.state == Agreement.State.COMPLETED
    row = correct(pair, first, first.kind, first.started_at, 20, by=pair.candidate)
    settle_unanswered(row, by=staff, is_held=True, reason="Her calendar.", now=at(101))
    told = Letter.objects.filter(dedupe_key__contains=":short:")
    assert {letter.to_user for letter in told} == {pair.candidate, other.user}
