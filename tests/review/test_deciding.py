"""The decision: written whole, read by a second, sent once, with everything that follows."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.portfolio.services.writing import StaleWriting
from certification.review.models import Assignment, Decision, DeclaredTie, Submission
from certification.review.services import deciding
from scip.accounts.models import Role
from scip.audit.models import Entry
from scip.credentials.models import Credential
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests import world
from tests.review.committee import (
    ASKS,
    CERTIFIED,
    Committee,
    development,
    make_committee,
    seated,
)

pytestmark = pytest.mark.django_db
State = Decision.State


@pytest.fixture
def committee() -> Committee:
    return make_committee()


def letter_to(committee: Committee) -> Letter:
    return Letter.objects.get(dedupe_key=f"decision:{committee.decision.pk}:sent")


def test_certified_is_one_step_with_letter_record_and_credential(committee: Committee) -> None:
    sent = committee.sends(CERTIFIED)
    assert sent.state == State.SENT
    submission = committee.submission
    assert submission.state == Submission.State.CERTIFIED
    assert submission.candidacy.state == Candidacy.State.CERTIFIED
    credential = Credential.objects.get(user=committee.walker.user, kind="certified")
    assert credential.facts["reference"] == f"decision:{sent.pk}"
    # The rules stand on every paper in a line of their own, so they are not named here again.
    assert credential.facts["basis"] == [
        ["Supervision sessions", "10"],
        ["Case studies", "2"],
        ["Silent retreat", "4 days"],
    ]
    letter = letter_to(committee)
    assert letter.to_address == committee.walker.user.email
    assert "You wait until the ground holds." in letter.text
    assert "Ines at the office" in letter.text
    assert committee.seat(committee.chair).state == Assignment.State.GIVEN
    rules = sent.rules
    assert rules["snapshot"] == submission.snapshot.sha256
    assert rules["views"] == 2
    assert rules["edition"]["reviewers"] == 2
    assert {item["code"] for item in rules["findings"]} >= {"portfolio", "recommendation"}
    # What somebody typed stays where it can be erased.
    assert {key for item in rules["findings"] for key in item} == {"code", "status"}
    assert "Silent days by the sea" not in str(rules)


def test_further_development_says_what_how_by_when_and_opens_supervision(
    committee: Committee,
) -> None:
    sent = committee.sends(development(further_sessions=2))
    assert committee.submission.state == Submission.State.DEVELOPMENT
    candidacy = Candidacy.objects.get(pk=committee.walker.candidacy.pk)
    assert candidacy.state == Candidacy.State.ACTIVE
    assert candidacy.further_since == sent.sent_at
    assert not Credential.objects.filter(kind="certified").exists()
    text = letter_to(committee).text
    for words in (
        "You wait until the ground holds.",
        "How sessions end.",
        "Two conversations about endings.",
        "1. Show how you end a session.",
        "2 further supervision sessions come first",
        "USD 150",
        "You can resubmit until",
        "Ines at the office",
    ):
        assert words in text
    assert "appeal" not in text


def test_the_right_of_appeal_stands_in_the_letter_where_the_edition_gives_it(
    committee: Committee,
) -> None:
    edition = committee.submission.edition
    edition.appeal_of_decisions = True
    edition.save()
    committee.sends(development())
    assert "you can appeal within 30 days" in letter_to(committee).text


def test_no_name_of_the_committee_reaches_the_candidate(committee: Committee) -> None:
    committee.sends(CERTIFIED)
    names = {str(committee.chair), *map(str, committee.reviewers)}
    mine = Letter.objects.filter(to_user=committee.walker.user)
    for words in (f"{row.subject} {row.text} {row.html}" for row in mine):
        assert not any(name in words for name in names)
    about = Entry.objects.filter(
        subject_id=committee.walker.user.pk, action__startswith="assignment"
    )
    assert not about.exists()


@pytest.mark.parametrize(
    "name", ["strengths", "missing", "how", "by_when", "contact_name", "contact_email"]
)
def test_a_letter_that_lacks_something_goes_nowhere(committee: Committee, name: str) -> None:
    values = development() | {name: None if name == "by_when" else " "}
    with pytest.raises(Refusal) as refusal:
        committee.proposes(values)
    assert [item.code for item in refusal.value.findings] == ["letter"]
    assert committee.decision.state == State.DRAFT


def test_points_belong_to_further_development(committee: Committee) -> None:
    decision = committee.writes(development(), asks=["  ", ""])
    assert decision.points == ""
    with pytest.raises(Refusal) as refusal:
        deciding.propose(decision, by=committee.chair)
    assert "What a resubmission has to show" in str(refusal.value.findings[0].needed)


@pytest.mark.parametrize("days", [-1, 0, 400])
def test_the_day_lies_ahead_and_within_the_time(committee: Committee, days: int) -> None:
    with pytest.raises(Refusal) as refusal:
        committee.proposes(development(by_when=timezone.now().date() + timedelta(days=days)))
    assert [item.code for item in refusal.value.findings] == ["by_when"]


def test_every_reviewer_of_the_edition_gave_their_view_before() -> None:
    committee = make_committee(views=1)
    with pytest.raises(Refusal) as refusal:
        committee.proposes(CERTIFIED)
    assert [item.code for item in refusal.value.findings] == ["quorum"]


def test_a_view_of_somebody_who_turns_out_to_be_tied_counts_no_more(committee: Committee) -> None:
    decision = committee.approves(CERTIFIED)
    DeclaredTie.objects.create(
        member=committee.reviewers[1], candidate=committee.walker.user, kind="family"
    )
    with pytest.raises(Refusal):
        deciding.send_decision(decision, by=committee.chair)
    assert committee.submission.state == Submission.State.SUBMITTED
    assert not Letter.objects.filter(dedupe_key=f"decision:{decision.pk}:sent").exists()


@pytest.mark.parametrize("kind", ["family", "colleague"])
@pytest.mark.parametrize("signed", ["approved_by", "proposed_by"])
def test_a_letter_waits_once_whoever_signed_it_is_tied(
    committee: Committee, signed: str, kind: str
) -> None:
    second = world.make_user("second@example.org", Role.REVIEWER)
    seat = seated(committee.submission, second, "second")
    decision = deciding.approve(committee.proposes(CERTIFIED), by=second)
    tied = getattr(decision, signed)
    DeclaredTie.objects.create(member=tied, candidate=committee.walker.user, kind=kind)
    office = world.make_user("another-office@example.com", Role.STAFF)
    with pytest.raises(Refusal) as refusal:
        deciding.send_decision(decision, by=office)
    assert [item.code for item in refusal.value.findings] == ["second_reader"]
    assert committee.submission.state == Submission.State.SUBMITTED
    # A tie that may be allowed, and was, is none.
    if kind == "colleague":
        seats = Assignment.objects.filter(pk__in=[seat.pk, committee.seat(committee.chair).pk])
        seats.update(allowed_at=timezone.now(), allowed_by=office, allowed_reason="Years ago.")
        assert deciding.send_decision(decision, by=office).state == State.SENT


def test_two_windows_never_write_over_each_other(committee: Committee) -> None:
    submission, chair = committee.submission, committee.chair
    first = deciding.save_decision(submission, {"strengths": "One."}, ASKS, revision=0, by=chair)
    again = deciding.save_decision(submission, {"strengths": "One."}, ASKS, revision=0, by=chair)
    assert again.revision == first.revision == 1
    for values, asks in (({"strengths": "Two."}, ASKS), ({"strengths": "One."}, ["Another."])):
        with pytest.raises(StaleWriting):
            deciding.save_decision(submission, values, asks, revision=0, by=chair)
    assert [ask.text for ask in committee.decision.asks.all()] == ASKS
    deciding.save_decision(submission, {}, ["Another."], revision=1, by=chair)
    assert [ask.text for ask in committee.decision.asks.all()] == ["Another."]
    assert committee.decision.revision == 2


def test_who_may_not_write_propose_approve_or_send(committee: Committee) -> None:
    office = world.make_user("another-office@example.com", Role.STAFF)
    stranger = world.make_user("far@example.org", Role.REVIEWER, Role.CHAIR)
    candidate = committee.walker.user
    for person in (*committee.reviewers, stranger, candidate, office, committee.walker.guide):
        with pytest.raises(Refusal):
            deciding.save_decision(committee.submission, {}, [], revision=0, by=person)
    decision = committee.writes(CERTIFIED)
    for person in (committee.reviewers[0], stranger, candidate, office):
        with pytest.raises(Refusal):
            deciding.propose(decision, by=person)
    decision = deciding.propose(decision, by=committee.chair)
    for person in (committee.chair, stranger, candidate, office, committee.walker.guide):
        with pytest.raises(Refusal):
            deciding.approve(decision, by=person)
        with pytest.raises(Refusal):
            deciding.give_back(decision, reason="", by=person) if person != committee.chair else (
                deciding.send_decision(decision, by=person)
            )
    decision = deciding.approve(decision, by=committee.reviewers[1])
    for person in (committee.reviewers[0], stranger, candidate):
        with pytest.raises(Refusal):
            deciding.send_decision(decision, by=person)
    assert deciding.send_decision(decision, by=office).state == State.SENT


def test_the_one_who_wrote_it_never_approves_it_even_from_another_seat(
    committee: Committee,
) -> None:
    decision = committee.proposes(CERTIFIED)
    Assignment.objects.filter(member=committee.chair).update(seat="reviewer", state="given")
    with pytest.raises(Refusal):
        deciding.approve(decision, by=committee.chair)
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(
            state="approved", approved_by=committee.chair
        )


def test_a_second_reader_is_asked_and_reads_after_a_declaration(committee: Committee) -> None:
    member = world.make_user("second@example.org", Role.REVIEWER)
    decision = deciding.propose(committee.writes(CERTIFIED), by=committee.chair, second=member)
    seat = committee.seat(member)
    assert (seat.seat, seat.state) == ("second", "asked")
    with pytest.raises(Refusal):
        deciding.approve(decision, by=member)
    Assignment.objects.filter(pk=seat.pk).update(state="accepted", declared_at=timezone.now())
    deciding.approve(decision, by=member)
    assert committee.seat(member).state == Assignment.State.GIVEN
    assert committee.decision.approved_by == member


def test_somebody_who_is_tied_is_never_the_second_reader(committee: Committee) -> None:
    with pytest.raises(Refusal):
        deciding.propose(
            committee.writes(CERTIFIED), by=committee.chair, second=committee.walker.guide
        )
    assert committee.decision.state == State.DRAFT
    decision = committee.proposes(CERTIFIED)
    DeclaredTie.objects.create(
        member=committee.reviewers[0], candidate=committee.walker.user, kind="payment"
    )
    with pytest.raises(Refusal):
        deciding.approve(decision, by=committee.reviewers[0])


def test_given_back_with_a_reason_it_is_read_anew(committee: Committee) -> None:
    decision = committee.proposes(CERTIFIED)
    reader = committee.reviewers[0]
    back = deciding.give_back(decision, reason="Say more about the retreat.", by=reader)
    assert (back.state, back.returned_reason) == (State.DRAFT, "Say more about the retreat.")
    told = Letter.objects.get(dedupe_key__contains=":returned:")
    assert told.to_user == committee.chair
    assert "Say more" not in told.text
    decision = committee.approves(CERTIFIED | {"strengths": "More."})
    assert decision.returned_reason == ""
    mine = deciding.give_back(decision, reason="", by=committee.chair)
    assert (mine.state, mine.approved_by, mine.approved_at) == (State.DRAFT, None, None)
    with pytest.raises(Refusal):
        deciding.send_decision(mine, by=committee.chair)


def test_what_was_proposed_or_sent_is_not_written_on(committee: Committee) -> None:
    decision = committee.proposes(CERTIFIED)
    with pytest.raises(Refusal):
        committee.writes(CERTIFIED | {"strengths": "Another."})
    assert deciding.propose(decision, by=committee.chair).state == State.PROPOSED
    deciding.approve(decision, by=committee.reviewers[0])
    sent = deciding.send_decision(decision, by=committee.chair)
    assert deciding.send_decision(decision, by=committee.chair) == sent
    with pytest.raises(IllegalMove):
        deciding.give_back(sent, reason="Late.", by=committee.chair)
    with pytest.raises(IllegalMove):
        deciding.approve(sent, by=committee.reviewers[0])
    with pytest.raises(Refusal):
        committee.writes(CERTIFIED | {"strengths": "Another."})
    assert Letter.objects.filter(dedupe_key=f"decision:{sent.pk}:sent").count() == 1


def test_nothing_is_sent_after_the_registration_ended(committee: Committee) -> None:
    decision = committee.approves(CERTIFIED)
    Candidacy.objects.update(state="withdrawn", withdrawn_at=timezone.now())
    with pytest.raises(Refusal):
        deciding.send_decision(decision, by=committee.chair)


def test_good_news_reaches_somebody_on_leave(committee: Committee) -> None:
    decision = committee.approves(CERTIFIED)
    Candidacy.objects.update(state="on_leave")
    deciding.send_decision(decision, by=committee.chair)
    assert committee.submission.candidacy.state == Candidacy.State.CERTIFIED


def test_without_the_earlier_levels_nothing_is_half_done() -> None:
    committee = make_committee(levels=False)
    decision = committee.approves(CERTIFIED)
    with pytest.raises(Refusal):
        deciding.send_decision(decision, by=committee.chair)
    assert committee.decision.state == State.APPROVED
    assert committee.submission.state == Submission.State.SUBMITTED


def test_whoever_still_reads_is_released_with_the_answer(committee: Committee) -> None:
    third = world.make_user("third@example.org", Role.REVIEWER)
    seated(committee.submission, third, "reviewer")
    committee.sends(CERTIFIED)
    assert committee.seat(third).state == Assignment.State.RELEASED


def test_the_office_writes_down_a_decision_only_while_nobody_is_in_the_chair(
    committee: Committee,
) -> None:
    office = world.make_user("another-office@example.com", Role.STAFF)
    Assignment.objects.filter(member=committee.chair).update(state="released")
    decision = deciding.save_decision(committee.submission, CERTIFIED, [], revision=0, by=office)
    decision = deciding.propose(decision, by=office)
    with pytest.raises(Refusal):
        deciding.approve(decision, by=office)
    deciding.approve(decision, by=committee.reviewers[0])
    assert deciding.send_decision(decision, by=office).state == State.SENT
