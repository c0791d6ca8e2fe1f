"""After "further development needed": points, sessions, window, fee, and what is frozen."""

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from certification.candidacy.models import Candidacy
from certification.candidacy.requirements.windows import resubmission_granted
from certification.portfolio.services.writing import StaleWriting
from certification.review import services
from certification.review.emails.committee import asked
from certification.review.models import Ask, Assignment, Decision, Response, Submission
from certification.review.queries.submissions import evidence_of, submission_evidence
from certification.review.requirements.submission import submission_findings
from certification.review.services.deciding import send_decision
from certification.review.services.freezing import content_of
from certification.review.services.resubmitting import begin_again, save_response
from payments.models import Payment, Settlement
from payments.services import dispatch_settlement, record_offline_payment
from scip.accounts.models import Role, User
from scip.mail.models import Letter
from scip.policy.models import Edition
from scip.requirements import Refusal
from supervision.models import Agreement, Approval, Recommendation, SupervisionSession
from supervision.services.agreements import draft_agreement
from supervision.services.recommendations import save_part
from tests import world
from tests.pathway.rows import make_charge
from tests.review.committee import (
    ASKS,
    CERTIFIED,
    Committee,
    development,
    gave,
    make_committee,
    seated,
)
from tests.supervision.pair import Pair, confirmed

pytestmark = pytest.mark.django_db
State = Submission.State


def answered(number: int = 1, **values) -> Committee:
    """The committee asked for further development."""
    committee = make_committee(number)
    committee.sends(development(**values))
    return committee


def begins(committee: Committee, **when) -> Submission:
    return begin_again(committee.walker.candidacy, by=committee.walker.user, **when)


def says(committee: Committee, submission: Submission) -> None:
    for ask in Ask.objects.filter(decision__submission=submission.follows):
        said = {"text": f"To {ask.number}: see case 2."}
        save_response(submission, ask, said, revision=0, by=committee.walker.user)


def unmet(submission: Submission, **when) -> list[str]:
    evidence = evidence_of(submission.candidacy, submission, **when)
    findings = submission_findings(evidence, edition=submission.edition)
    return [item.code for item in findings if not item.is_met]


def test_only_what_was_asked_is_asked_and_frozen_with_its_answers(as_user) -> None:
    committee = answered()
    walker = committee.walker
    made = begins(committee)
    assert (made.number, made.follows.number) == (2, 1)
    assert begins(committee) == made
    assert made.letter.path == "From the first cohort to this page."
    assert unmet(made) == ["responses", "review_fee"]
    with pytest.raises(Refusal) as refusal:
        services.submit(made, by=walker.user)
    assert [item.code for item in refusal.value.findings] == ["responses"]
    says(committee, made)
    waiting = services.submit(made, by=walker.user)
    assert waiting.charge.amount_cents == 15_000
    walker.candidacy.refresh_from_db()
    office = User.objects.get(email="office@example.com")
    record_offline_payment(
        waiting.charge,
        method=Payment.Method.BANK,
        reference="a second transfer",
        amount_cents=15_000,
        received_at=timezone.now(),
        by=office,
    )
    dispatch_settlement(Settlement.objects.get(charge=waiting.charge).pk)
    handed = committee.submission
    assert (handed.number, handed.state) == (2, State.SUBMITTED)
    shown = as_user(walker.user).get("/certification/submission/").content.decode()
    letter = Letter.objects.get(dedupe_key=f"submission:{handed.pk}:submitted")
    for text in (shown, " ".join(letter.text.split())):
        assert "your answers to the points that" in text or "your answers to its points" in text
        assert "reads everything alone" not in text
    content = content_of(handed.snapshot)
    assert content["asks"] == [
        {"number": 1, "text": ASKS[0], "response": "To 1: see case 2."},
        {"number": 2, "text": ASKS[1], "response": "To 2: see case 2."},
    ]
    assert "asks" not in content_of(made.follows.snapshot)
    told = "only the points that the committee asked for are read again"
    asked_again = seated(
        handed, world.make_user("r9@example.org", Role.REVIEWER), "reviewer", "asked"
    )
    assert told in " ".join(asked(asked_again).text.split())
    page = as_user(asked_again.member).get(f"/review/{asked_again.pk}/")
    assert told in page.content.decode()
    whole = Assignment.objects.filter(submission=made.follows, seat="reviewer")[0]
    assert told not in " ".join(asked(whole).text.split())
    asked_again.delete()
    # The committee answers again, as often as it takes.
    seated(handed, committee.chair, "chair")
    for reader in committee.reviewers:
        gave(handed, reader)
    assert committee.sends(CERTIFIED).submission.state == State.CERTIFIED
    assert Candidacy.objects.get(pk=walker.candidacy.pk).state == Candidacy.State.CERTIFIED


def test_the_recommendation_carries_over_whatever_was_written_meanwhile() -> None:
    committee = answered()
    made = begins(committee)
    says(committee, made)
    # No letter that recommends is in force any more: its place was taken.
    Recommendation.objects.update(outcome="not_yet", guidance="Three more months.")
    services.submit(made, by=committee.walker.user)
    charge = committee.submission.charge
    office = User.objects.get(email="office@example.com")
    record_offline_payment(
        charge,
        method=Payment.Method.BANK,
        reference="a second transfer",
        amount_cents=charge.amount_cents,
        received_at=timezone.now(),
        by=office,
    )
    dispatch_settlement(Settlement.objects.get(charge=charge).pk)
    first, second = made.follows.snapshot, committee.submission.snapshot
    assert second.recommendation == first.recommendation
    assert second.recommendation_sha256 == first.recommendation_sha256
    assert second.is_true
    assert content_of(second)["recommendation"] == content_of(first)["recommendation"]


def test_words_for_every_point_count_and_blanks_do_not() -> None:
    committee = answered()
    made = begins(committee)
    first, second = Ask.objects.order_by("number")
    user = committee.walker.user
    save_response(made, first, {"text": "Done."}, revision=0, by=user)
    save_response(made, second, {"text": "  "}, revision=0, by=user)
    assert evidence_of(made.candidacy, made).again.unanswered == (2,)
    with pytest.raises(StaleWriting):
        save_response(made, first, {"text": "Another."}, revision=0, by=user)
    assert Response.objects.get(ask=first).text == "Done."


def test_who_may_not_answer_and_points_of_others() -> None:
    committee, other = answered(), answered(2)
    made, foreign = begins(committee), begins(other)
    theirs = Ask.objects.filter(decision__submission=foreign.follows).first()
    with pytest.raises(Refusal):
        save_response(made, theirs, {"text": "x"}, revision=0, by=committee.walker.user)
    own = Ask.objects.filter(decision__submission=made.follows).first()
    for person in (other.walker.user, committee.chair, committee.walker.guide):
        with pytest.raises(Refusal):
            save_response(made, own, {"text": "x"}, revision=0, by=person)
        with pytest.raises(Refusal):
            begin_again(committee.walker.candidacy, by=person)
    assert not Response.objects.exists()


def test_without_an_answer_nothing_is_resubmitted() -> None:
    committee = make_committee()
    assert begins(committee).number == 1  # it is with the committee still
    Submission.objects.update(state="closed", closed_at=timezone.now())
    with pytest.raises(Refusal):
        begins(committee)


def test_after_an_answer_no_other_door_begins_a_whole_submission() -> None:
    committee = answered()
    with pytest.raises(Refusal):
        services.begin(committee.walker.candidacy, by=committee.walker.user)
    assert Submission.objects.count() == 1


def test_after_the_window_a_new_submission_is_read_as_a_whole() -> None:
    committee = answered()
    decision = Decision.objects.get()
    edition = committee.submission.edition
    last = resubmission_granted(decision.sent_at, edition)
    late = decision.sent_at + timedelta(days=(last - decision.sent_at.date()).days + 1)
    in_time = begins(committee, now=late - timedelta(days=1))
    assert in_time.follows is not None
    says(committee, in_time)
    assert unmet(in_time, now=late - timedelta(days=1)) == ["review_fee"]
    assert unmet(in_time, now=late) == ["window", "review_fee"]
    with pytest.raises(Refusal) as refusal:
        services.submit(in_time, by=committee.walker.user, now=late)
    assert "full review fee" in str(refusal.value.findings[0].needed)
    whole = begins(committee, now=late)
    assert (whole.number, whole.follows, whole.state) == (3, None, State.DRAFT)
    assert whole.letter.path == "From the first cohort to this page."
    in_time.refresh_from_db()
    assert in_time.state == State.CLOSED
    assert "application_letter" not in unmet(whole)
    assert begins(committee, now=late) == whole


def test_pressed_in_time_is_in_time_however_long_the_fee_takes() -> None:
    committee = answered()
    made = begins(committee)
    says(committee, made)
    waiting = services.submit(made, by=committee.walker.user)
    assert unmet(waiting, now=timezone.now() + timedelta(days=800)) == ["review_fee"]
    assert begins(committee, now=timezone.now() + timedelta(days=800)) == waiting


@pytest.mark.parametrize(
    ("sent", "months", "last"),
    [
        ("2027-01-31", 1, "2027-02-28"),
        ("2027-03-15", 12, "2028-03-15"),
        ("2027-12-01", 1, "2028-01-01"),
    ],
)
def test_the_window_is_counted_in_calendar_months(sent: str, months: int, last: str) -> None:
    edition = Edition(resubmission_months=months)
    day = datetime.fromisoformat(f"{sent}T12:00:00+00:00")
    assert resubmission_granted(day, edition).isoformat() == last


def again_together(committee: Committee) -> Pair:
    """The same two, in force from a moment after the letter."""
    pair = committee.walker.pair
    agreement = draft_agreement(pair.candidacy, pair.supervisor, by=pair.candidate)
    since = Decision.objects.latest("sent_at").sent_at
    Agreement.objects.filter(pk=agreement.pk).update(state="active", active_at=since)
    return Pair(
        Agreement.objects.get(pk=agreement.pk),
        pair.candidacy,
        pair.candidate,
        pair.supervisor,
        pair.guide,
    )


def pair_of(committee: Committee) -> Pair:
    return committee.walker.pair


def open_again(as_user, pair: Pair) -> str | None:
    """With whom the candidate's desk offers to go on."""
    found = as_user(pair.candidate).get("/supervision/").context["open_again"]
    assert as_user(pair.guide).get("/supervision/").context["open_again"] is None
    return found and str(found.other)


def words_of(as_user, user: User) -> list[str]:
    """What stands below the agreement that is active."""
    items = as_user(user).get("/supervision/").context["relationships"]
    return [text for item in items if item.is_active for text in item.with_other]


def test_further_sessions_are_held_in_another_agreement_that_goes_on(as_user) -> None:
    committee = answered(further_sessions=2)
    made = begins(committee)
    says(committee, made)
    assert unmet(made) == ["further_sessions", "review_fee"]
    # The letter is of some weeks ago.
    since = timezone.now() - timedelta(days=40)
    Decision.objects.update(sent_at=since)
    Candidacy.objects.update(further_since=since)
    assert open_again(as_user, pair_of(committee)) == "Gita 1"
    pair = again_together(committee)
    assert open_again(as_user, pair) is None
    assert words_of(as_user, pair.candidate) == [
        "Sessions held here count for your resubmission; its page says how many it asks for"
    ]
    assert words_of(as_user, pair.guide) == []
    for place in range(2):
        assert evidence_of(made.candidacy, made).again.sessions_held == place
        began = since + timedelta(days=7 * (place + 1))
        confirmed(pair, SupervisionSession.Kind.SUPERVISION, began)
        assert pair.again().agreement.state == Agreement.State.ACTIVE
    assert unmet(made) == ["review_fee"]
    with pytest.raises(Refusal):  # the recommendation rests on the record and stays
        save_part(pair.agreement, by=pair.guide, outcome="recommended")


def is_handed_in(made: Submission) -> None:
    """The committee has it and reads."""
    Submission.objects.filter(pk=made.pk).update(
        state=State.SUBMITTED, charge=make_charge(made.user), submitted_at=timezone.now()
    )


def test_going_on_is_offered_with_whoever_may_supervise_and_until_it_is_handed_in(as_user) -> None:
    committee = answered(further_sessions=2)
    pair = pair_of(committee)
    client, offer = as_user(pair.candidate), "Go on with Gita 1"

    def desk() -> str:
        return client.get("/supervision/").content.decode()

    # Where the ledger is short as well, there is one offer, not two.
    Edition.objects.update(supervision_sessions=6)
    assert offer in desk()
    assert "Find somebody to walk on with" not in desk()
    Approval.objects.update(until_on=timezone.localdate())
    assert offer not in desk()
    assert "please ask somebody else" in desk()
    made = begins(committee)
    assert "Supervision is open to you again" in desk()
    is_handed_in(made)
    assert "Supervision is open to you again" not in desk()


def test_while_the_committee_reads_no_other_agreement_is_begun(as_user) -> None:
    committee = answered(further_sessions=2)
    pair = pair_of(committee)
    made = begins(committee)
    page = reverse("supervision:agreement", args=[pair.agreement.pk])
    press = reverse("supervision:agreement_again", args=[pair.agreement.pk])
    client = as_user(pair.candidate)
    assert press in client.get(page).content.decode()
    is_handed_in(made)
    assert press not in client.get(page).content.decode()
    waits = "Your submission is with the committee, and nothing waits for you until its answer"
    assert waits in client.post(press, follow=True).content.decode()
    # What lies with the committee is the candidate's to tell.
    answer = as_user(pair.guide).post(press, follow=True).content.decode()
    assert "There is nothing now that another agreement between you would be for." in answer
    assert not Agreement.objects.alive().exists()
    Submission.objects.filter(pk=made.pk).update(state=State.DEVELOPMENT)
    client.post(press)
    assert Agreement.objects.alive().count() == 1


def test_while_the_committee_reads_no_session_is_said_to_count(as_user) -> None:
    committee = answered(further_sessions=2)
    made = begins(committee)
    since = timezone.now() - timedelta(days=40)
    Decision.objects.update(sent_at=since)
    Candidacy.objects.update(further_since=since)
    pair = again_together(committee)
    assert len(words_of(as_user, pair.candidate)) == 1
    is_handed_in(made)
    assert words_of(as_user, pair.candidate) == []


def test_before_an_answer_the_two_have_nothing_to_go_on_for() -> None:
    committee = make_committee()
    pair = committee.walker.pair
    with pytest.raises(Refusal):
        draft_agreement(pair.candidacy, pair.supervisor, by=pair.candidate)


def test_evidence_takes_as_many_queries_for_one_as_for_three() -> None:
    rows = []
    for number in range(1, 4):
        committee = answered(number)
        rows.append(begins(committee))
    counts = []
    for some in (rows[:1], rows):
        with CaptureQueriesContext(connection) as found:
            submission_evidence([(row.candidacy, row) for row in some])
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_the_letter_is_there_on_paper_with_the_words_of_the_page(as_user) -> None:
    committee = make_committee()
    committee.approves(development(strengths="You wait until the ground holds. <b>Zoë</b>"))
    address = reverse("submission:answer_pdf", args=[committee.submission.pk])
    client, office = as_user(committee.walker.user), world.make_user("o@example.com", "staff")
    assert client.get(address).status_code == 404  # nothing before it was sent
    assert as_user(office).get(address).status_code == 404
    send_decision(committee.decision, by=committee.chair)
    for reader in (committee.walker.user, office):
        response = as_user(reader).get(address)
        assert response.headers["Content-Type"] == "application/pdf"
        assert "attachment" in response.headers["Content-Disposition"]
    printed = " ".join(
        " ".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages).split()
    )
    for words in (
        "<b>Zoë</b>",
        "How sessions end.",
        "Two conversations about endings.",
        *ASKS,
        "within 12 months of this letter",
        "Ines at the office",
        str(committee.walker.user),
    ):
        assert words in printed
    names = [committee.chair.name, *(row.name for row in committee.reviewers)]
    assert not any(name in printed for name in names)
    for stranger in (committee.reviewers[0], committee.walker.pair.guide):
        assert as_user(stranger).get(address).status_code == 404
