"""The pages of a decision: the chair's, the second reader's, the candidate's."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from certification.review.emails.decisions import decision_letter
from certification.review.models import (
    Assignment,
    Decision,
    DeclaredTie,
    Response,
    Submission,
)
from certification.review.services import deciding
from scip.accounts.models import Role, RoleGrant, User
from scip.credentials.models import Credential
from scip.credentials.services import revoke_credential, suspend_credential
from scip.credentials.wording import NOT_IN_FORCE
from scip.mail.models import Letter
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
HOME = reverse("submission:home")
POINTS = "\n".join(["", *ASKS, "  "])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def typed(**values: Any) -> dict[str, Any]:
    """What the chair types."""
    return development() | {"points": POINTS, "version": "0", "base": "{}"} | values


def at(name: str, committee: Committee, member: Any) -> str:
    seat = Assignment.objects.get(submission=committee.submission, member=member)
    return reverse(f"review:{name}", args=[seat.pk])


def test_from_the_views_to_the_letter(as_user: Any) -> None:
    committee = make_committee()
    chair: Client = as_user(committee.chair)
    page = at("decision", committee, committee.chair)
    shown = text(chair.get(page))
    assert "2 of 2 views are there." in shown
    assert "Clear." in shown
    assert not Decision.objects.exists()  # looking writes nothing
    answer = chair.post(page, typed(then="propose"))
    propose = at("decision_propose", committee, committee.chair)
    assert answer["Location"] == propose
    assert committee.decision.points == "\n".join(ASKS)
    shown = text(chair.get(propose))
    assert "1. Show how you end a session." in shown
    assert f"{committee.reviewers[1]}, who has read this submission" in shown
    answer = chair.post(propose, {"second": committee.reviewers[1].pk})
    assert committee.decision.state == "proposed"
    assert "With the second reader" in text(chair.get(page))

    reader: Client = as_user(committee.reviewers[1])
    here = at("decision", committee, committee.reviewers[1])
    assert "Your second look" in text(reader.get(here))
    back = at("decision_give_back", committee, committee.reviewers[1])
    assert reader.post(back, {"reason": ""}).status_code == 422
    reader.post(back, {"reason": "Say when."})
    assert "Say when." in text(chair.get(page))
    assert "Say when." not in text(reader.get(here))
    chair.post(propose, {"second": committee.reviewers[1].pk})
    reader.post(at("decision_approve", committee, committee.reviewers[1]))
    shown = text(chair.get(page))
    assert "Send the letter" in shown
    assert "USD 150" in shown
    assert chair.post(at("decision_send", committee, committee.chair))["Location"] == reverse(
        "review:desk"
    )
    assert committee.submission.state == Submission.State.DEVELOPMENT
    # A step back in the browser leads to where it says what happened, and to nothing that was read.
    room = at("room", committee, committee.chair)
    assert chair.get(page)["Location"] == room
    assert "The committee has answered" in text(chair.get(room))
    # Another window, where the letter was still to be sent, or to be read as the second.
    assert chair.post(at("decision_send", committee, committee.chair))["Location"] == room
    assert "ended already, so nothing was done twice" in text(chair.get(room))
    late = reader.post(at("decision_approve", committee, committee.reviewers[1]))
    assert late["Location"] == at("room", committee, committee.reviewers[1])
    assert chair.get(propose)["Location"] == room
    assert as_user(world.make_user("far@example.org", Role.CHAIR)).get(page).status_code == 404


def test_no_letter_is_shown_before_there_is_a_decision(as_user: Any) -> None:
    committee = make_committee()
    chair: Client = as_user(committee.chair)
    page = at("decision", committee, committee.chair)
    propose = at("decision_propose", committee, committee.chair)
    chair.post(page, typed(outcome="", then="propose"))
    shown = text(chair.get(propose))
    assert "No decision yet" in shown
    assert "further development is needed" not in shown
    chair.post(page, typed(then="propose", version="1"))
    assert "further development is needed" in text(chair.get(propose))


def test_two_windows_of_the_chair(as_user: Any) -> None:
    committee = make_committee()
    chair: Client = as_user(committee.chair)
    page = at("decision", committee, committee.chair)
    by_itself = {"HTTP_X_AUTOSAVE": "1"}
    assert chair.post(page, typed(), **by_itself).json() == {"version": 1}  # type: ignore[arg-type]
    other = typed(strengths="Another.", by_when="", points="One.")
    assert chair.post(page, other, **by_itself).status_code == 409  # type: ignore[arg-type]
    both = chair.post(page, other)
    assert both.status_code == 409
    assert "You wait until the ground holds." in text(both)
    assert "Another." in text(both)
    assert committee.decision.strengths == "You wait until the ground holds."
    wrong = chair.post(page, typed(contact_email="nobody", version="1"))
    assert wrong.status_code == 422
    assert "You wait until the ground holds." in text(wrong)


def test_who_gets_nowhere_near_a_decision(as_user: Any) -> None:
    committee = make_committee()
    asked = world.make_user("asked@example.org", Role.REVIEWER)
    seat = seated(committee.submission, asked, "reviewer")
    committee.approves(CERTIFIED)
    pages = [("decision", "get")] + [
        (f"decision_{name}", "post") for name in ("propose", "approve", "give_back", "send")
    ]
    office = world.make_user("another-office@example.com", Role.STAFF)
    stranger = world.make_user("far@example.org", Role.REVIEWER, Role.CHAIR)
    chair = committee.seat(committee.chair)
    for name, verb in pages:
        own = reverse(f"review:{name}", args=[seat.pk])
        # Whoever has not given their own view sees nothing of the answer.
        assert getattr(as_user(asked), verb)(own).status_code == 404
        theirs = reverse(f"review:{name}", args=[chair.pk])
        for person in (committee.walker.user, committee.walker.guide, office, stranger, asked):
            assert getattr(as_user(person), verb)(theirs).status_code == 404
    reader = as_user(committee.reviewers[0])
    for name in ("decision_propose", "decision_send"):
        assert reader.post(at(name, committee, committee.reviewers[0])).status_code == 404
    assert committee.decision.state == "approved"


def test_a_reviewer_reads_nothing_of_a_draft(as_user: Any) -> None:
    committee = make_committee()
    committee.writes(CERTIFIED)
    shown = text(
        as_user(committee.reviewers[0]).get(at("decision", committee, committee.reviewers[0]))
    )
    assert "The chair is writing" in shown
    assert "You wait until the ground holds." not in shown


def test_the_candidate_reads_the_answer_once_it_was_sent(as_user: Any) -> None:
    committee = make_committee()
    client: Client = as_user(committee.walker.user)
    answer = reverse("submission:answer", args=[committee.submission.pk])
    decision = committee.approves(development())
    assert "With the committee" not in text(client.get(HOME))
    assert "Your submission is with the committee" in text(client.get(HOME))
    assert client.get(answer).status_code == 404
    deciding.send_decision(decision, by=committee.chair)
    for page in (HOME, answer):
        shown = text(client.get(page))
        for words in ("You wait until the ground holds.", "How sessions end.", ASKS[1],
                      "Ines at the office", "Begin my resubmission"):  # fmt: skip
            assert words in shown
        assert str(committee.chair) not in shown
        assert str(committee.reviewers[0]) not in shown
    assert as_user(committee.chair).get(answer).status_code == 404


def pdf_of(client: Client, address: str) -> str:
    """The words of a paper."""
    answer = client.get(address)
    assert answer["Content-Type"] == "application/pdf"
    return " ".join(PdfReader(BytesIO(answer.content)).pages[0].extract_text().split())


def test_the_chair_keeps_the_letter_on_paper_as_the_candidate_has_it(as_user: Any) -> None:
    committee = make_committee()
    chair: Client = as_user(committee.chair)
    letter = at("decision_pdf", committee, committee.chair)
    decision = committee.approves(development())
    assert chair.get(letter).status_code == 404
    assert letter not in text(chair.get(reverse("review:desk")))
    deciding.send_decision(decision, by=committee.chair)
    for page in (reverse("review:desk"), at("room", committee, committee.chair)):
        assert letter in text(chair.get(page))
    theirs = reverse("submission:answer_pdf", args=[committee.submission.pk])
    words = pdf_of(chair, letter)
    assert "You wait until the ground holds." in words
    assert words == pdf_of(as_user(committee.walker.user), theirs)
    office = world.make_user("another-office@example.com", Role.STAFF)
    for person in (*committee.reviewers, committee.walker.user, committee.walker.guide, office):
        assert as_user(person).get(letter).status_code == 404
    assert (
        as_user(committee.reviewers[0])
        .get(at("decision_pdf", committee, committee.reviewers[0]))
        .status_code
        == 404
    )
    tie = DeclaredTie.objects.create(
        member=committee.chair, candidate=committee.walker.user, kind="family"
    )
    assert chair.get(letter).status_code == 404
    tie.delete()
    RoleGrant.objects.filter(user=committee.chair).update(
        until=timezone.localdate() - timedelta(days=1)
    )
    assert as_user(User.objects.get(pk=committee.chair.pk)).get(letter).status_code == 404


def test_certified_says_so(as_user: Any) -> None:
    committee = make_committee()
    committee.sends(CERTIFIED)
    client: Client = as_user(committee.walker.user)
    assert "You are certified" in text(client.get(HOME))
    assert client.get(reverse("pathway:home")).status_code == 200


@pytest.mark.parametrize("standing", ["suspended", "revoked"])
def test_the_answer_of_a_certification_that_is_not_in_force_says_so(
    as_user: Any, standing: str
) -> None:
    committee = make_committee()
    committee.sends(CERTIFIED)
    credential = Credential.objects.get(user=committee.walker.user, kind="certified")
    act = {"suspended": suspend_credential, "revoked": revoke_credential}[standing]
    office = world.make_user("another-office@example.com", Role.STAFF)
    act(credential, by=office, reason="A question.")
    shown = text(as_user(committee.walker.user).get(HOME))
    assert "<h1>The committee’s answer</h1>" in shown
    assert str(NOT_IN_FORCE[standing]) in shown
    assert reverse("credentials:holder", args=[credential.code]) in shown
    assert "Open my pathway" not in shown


@pytest.mark.parametrize("values", [CERTIFIED, development()])
def test_a_letter_without_a_contact_names_nobody(values: dict[str, Any]) -> None:
    committee = make_committee()
    decision = committee.writes(values)
    said = f"{decision.contact_name} answers"
    assert said in decision_letter(decision).text
    decision.contact_name = ""
    letter = decision_letter(decision)
    assert " answers" not in letter.text
    assert " answers" not in letter.html


def test_a_resubmission_from_page_to_page(as_user: Any) -> None:
    committee = make_committee()
    committee.sends(development())
    client: Client = as_user(committee.walker.user)
    assert client.get(reverse("submission:responses")).status_code == 404
    client.post(reverse("submission:begin_again"))
    shown = text(client.get(HOME))
    assert "Your resubmission" in shown
    assert "USD 150" in shown
    assert "Your client sessions, counted again" not in shown
    one = reverse("submission:response", args=[1])
    assert ASKS[0] in text(client.get(one))
    by_itself = {"HTTP_X_AUTOSAVE": "1"}
    saved = client.post(one, {"text": "Two talks in Porto.", "version": "0"}, **by_itself)  # type: ignore[arg-type]
    assert saved.json() == {"version": 1}
    assert "<mark>Porto" in text(client.get(reverse("submission:response_noticed", args=[1])))
    both = client.post(one, {"text": "Another.", "version": "0"})
    assert both.status_code == 409
    assert "Two talks in Porto." in text(both)
    client.post(one, {"text": "Two talks in Porto.", "version": "1", "fine": "Porto"})
    answer = client.post(
        reverse("submission:response", args=[2]),
        {"text": "Case 2.", "version": "0", "then": "home"},
    )
    assert answer["Location"] == reverse("submission:responses")
    assert "2 of 2 points have your words." in text(client.get(answer["Location"]))
    assert client.get(reverse("submission:response", args=[3])).status_code == 404
    for person in (committee.chair, committee.walker.guide):
        assert as_user(person).get(one).status_code == 404
    assert Response.objects.count() == 2
    paid = client.post(reverse("submission:confirm"))
    assert paid["Location"].startswith("/payments/")


def test_after_the_window_the_page_leads_to_a_whole_submission(as_user: Any) -> None:
    committee = make_committee()
    committee.sends(development())
    Decision.objects.update(sent_at=timezone.now() - timedelta(days=400))
    client: Client = as_user(committee.walker.user)
    assert "Begin a new submission" in text(client.get(HOME))
    client.post(reverse("submission:begin_again"))
    shown = text(client.get(HOME))
    assert "Your final submission" in shown
    assert "USD 750" in shown


@pytest.mark.parametrize("count", [1, 3])
def test_the_chairs_page_asks_as_often_for_three_points(
    as_user: Any, django_assert_max_num_queries: Any, count: int
) -> None:
    committee = make_committee()
    committee.writes(development(), asks=[f"Point {number}." for number in range(count)])
    client: Client = as_user(committee.chair)
    page = at("decision", committee, committee.chair)
    client.get(page)
    with django_assert_max_num_queries(40):
        client.get(page)


def office_page(verb: str, committee: Committee) -> str:
    return reverse("admin:review_submission_decide", args=[committee.submission.pk, verb])


def test_the_office_sends_what_a_second_reader_approved(as_user: Any) -> None:
    committee = make_committee()
    office: Client = as_user(world.make_user("another-office@example.com", Role.STAFF))
    row = reverse("admin:review_submission_change", args=[committee.submission.pk])
    page = office_page("send_answer", committee)
    committee.proposes(development())
    assert page not in text(office.get(row))
    assert office.post(page, {"send": "1"}).status_code == 200
    assert committee.submission.state == Submission.State.SUBMITTED
    deciding.approve(committee.decision, by=committee.reviewers[0])
    assert page in text(office.get(row))
    assert "Show how you end a session." in text(office.get(page))
    assert committee.submission.state == Submission.State.SUBMITTED  # looking sends nothing
    assert office.post(page, {"send": "1"})["Location"] == row
    assert committee.submission.state == Submission.State.DEVELOPMENT
    assert "the letter was sent" in text(office.get(row))


def test_the_office_writes_down_a_decision_while_nobody_is_in_the_chair(as_user: Any) -> None:
    committee = make_committee()
    office: Client = as_user(world.make_user("another-office@example.com", Role.STAFF))
    page = office_page("record_answer", committee)
    row = reverse("admin:review_submission_change", args=[committee.submission.pk])
    assert office.get(page)["Location"] == row
    Assignment.objects.filter(member=committee.chair).update(state="released")
    shown = text(office.get(page))
    assert "who has read this submission" in shown
    words = typed(second=committee.reviewers[0].pk)
    shown = text(office.post(page, words))
    assert "1. Show how you end a session." in shown
    lacking = office.post(page, words | {"missing": "", "send": "1"})
    assert "Still empty: What is missing" in text(lacking)
    assert not Decision.objects.exists()  # kept as a whole, or not at all
    assert office.post(page, words | {"send": "1"})["Location"] == row
    assert committee.decision.state == "proposed"
    assert committee.decision.strengths == "You wait until the ground holds."


def test_the_office_never_writes_over_what_a_chair_began(as_user: Any) -> None:
    committee = make_committee()
    office: Client = as_user(world.make_user("another-office@example.com", Role.STAFF))
    page = office_page("record_answer", committee)
    committee.writes(CERTIFIED | {"strengths": "The chair’s own draft."})
    Assignment.objects.filter(member=committee.chair).update(state="released")
    words = typed(second=committee.reviewers[0].pk)
    for response in (office.get(page), office.post(page, words | {"send": "1"})):
        shown = text(response)
        assert "Ask another member to take the chair" in shown
        assert "The chair’s own draft." not in shown
        assert 'name="strengths"' not in shown
    assert committee.decision.state == "draft"
    assert committee.decision.strengths == "The chair’s own draft."


@pytest.mark.parametrize("is_of_office", [True, False])
def test_the_office_takes_back_what_no_second_reader_will_read(
    as_user: Any, is_of_office: bool
) -> None:
    committee = make_committee()
    office: Client = as_user(world.make_user("another-office@example.com", Role.STAFF))
    page = office_page("take_back_answer", committee)
    row = reverse("admin:review_submission_change", args=[committee.submission.pk])
    words = typed(second=committee.reviewers[0].pk) | {"send": "1"}
    chairs = Assignment.objects.filter(member=committee.chair)
    if is_of_office:
        chairs.update(state="released")
        office.post(office_page("record_answer", committee), words)
    else:
        committee.proposes(development())
        assert page not in text(office.get(row))
        assert office.post(page, {"send": "1"}).status_code != 500
        assert committee.decision.state == "proposed"  # its chair does it
        chairs.update(state="released")
    assert committee.decision.state == "proposed"
    colleague: Client = as_user(world.make_user("third-office@example.com", Role.STAFF))
    assert page in text(colleague.get(row))
    assert colleague.post(page, {"send": "1"})["Location"] == row
    assert committee.decision.state == "draft"
    assert Letter.objects.filter(dedupe_key__contains=":taken-back:").count() == 1
    colleague.post(office_page("record_answer", committee), words | {"strengths": "Anew."})
    assert (committee.decision.strengths == "Anew.") == is_of_office
