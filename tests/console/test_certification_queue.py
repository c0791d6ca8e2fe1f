"""The certification queue of the office: who reads, who is waited for, what can be done; and
nothing that somebody wrote."""

from datetime import timedelta
from html import unescape

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from certification.review.models import (
    Assignment,
    Decision,
    DeclaredTie,
    Question,
    ReadingNotes,
    Submission,
    Tie,
    View,
)
from certification.review.services import assigning, tying
from scip.accounts.models import Role, RoleGrant, User
from scip.console.queues import waiting_for
from scip.credentials.models import Credential
from scip.mail.models import Letter
from scip.requirements import Refusal
from tests import world
from tests.review.committee import CERTIFIED, make_committee, seated
from tests.review.desk import LETTER, RECOMMENDED, Walker, make_ready

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LIST = "/admin/review/submission/"
READERS = "/admin/review/assignment/"
COMMITTEE = "/admin/review/submission/committee/"
SECRET = "only for those who read it"


@pytest.fixture
def walker() -> Walker:
    walker = make_ready()
    walker.hands_in()
    return walker


@pytest.fixture
def client(as_user, staff):
    return as_user(staff)


def text(response) -> str:
    return " ".join(unescape(strip_tags(response.content.decode())).split())


def reader(number: int, *roles: Role, **fields) -> User:
    return world.make_user(f"r{number}@example.org", *(roles or (Role.REVIEWER,)), **fields)


def asked(walker, staff, member, seat="reviewer", **values):
    return assigning.ask(walker.submission, member, seat=seat, by=staff, **values)


def accepted(walker, staff, member, seat="reviewer"):
    row = asked(walker, staff, member, seat)
    return assigning.answer(row, ties=[], words="", by=member)


def page_of(walker) -> str:
    return reverse("admin:review_submission_change", args=[walker.submission.pk])


def decide(row, verb) -> str:
    return reverse(f"admin:review_{row._meta.model_name}_decide", args=[row.pk, verb])


def more_submissions(number: int) -> None:
    """So many more with the committee, each with somebody asked."""
    now = timezone.now()
    member = reader(900)
    for index in range(number):
        candidacy = world.make_candidacy(world.make_user(f"many{index}@example.com"))
        row = Submission.objects.create(
            candidacy=candidacy,
            edition=candidacy.edition,
            charge=candidacy.charge,
            state="submitted",
            submitted_at=now,
        )
        Assignment.objects.create(
            submission=row, member=member, seat="reviewer", answer_due_at=now, due_at=now
        )


def test_the_list_asks_no_more_for_many(walker, client, staff):
    asked(walker, staff, reader(1))

    def count(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    first = {address: count(address) for address in (LIST, READERS)}
    more_submissions(24)
    assert {address: count(address) for address in (LIST, READERS)} == first
    assert max(first.values()) <= 8


def test_the_list_says_who_reads_and_who_is_waited_for(walker, client, staff):
    shown = text(client.get(LIST))
    assert "0 of 2 reviewers, no chair yet" in shown
    assert "The office: asks people to read" in shown
    accepted(walker, staff, reader(1, Role.CHAIR), "chair")
    accepted(walker, staff, reader(2, name="Ruth Reader"))
    asked(walker, staff, reader(3, name="Anton Asked"))
    shown = text(client.get(LIST))
    assert "1 of 2 reviewers, a chair" in shown
    assert "Ruth Reader: reads; Anton Asked: answers" in shown
    Assignment.objects.update(answer_due_at=timezone.now() - DAY, due_at=timezone.now() - DAY)
    assert "Ruth Reader: reads, overdue; Anton Asked: answers, overdue" in text(client.get(LIST))


def test_a_tie_that_came_to_light_later_is_named_and_found(walker, client, staff):
    row = accepted(walker, staff, reader(2, name="Ruth Reader"))
    assert "tie of Ruth" not in text(client.get(LIST))
    found = client.get(LIST, {"waits": "tie"})
    assert not found.context["cl"].result_list
    DeclaredTie.objects.create(member=row.member, candidate=walker.user, kind=Tie.COLLEAGUE)
    shown = text(client.get(LIST))
    assert "The chair or the office: looks at a tie of Ruth Reader" in shown
    assert "Ruth Reader: reads" not in shown
    found = client.get(LIST, {"waits": "tie"})
    assert list(found.context["cl"].result_list) == [walker.submission]
    assigning.allow(row, reason="Years ago.", by=staff)
    assert "Ruth Reader: reads" in text(client.get(LIST))


def test_a_letter_that_came_back_without_a_chair_is_the_offices(client, as_user, staff):
    committee = make_committee()
    second = committee.reviewers[0]
    assigning.release(committee.seat(committee.chair), reason="Ill.", by=staff)
    url = decide(committee.submission, "record_answer")
    values = CERTIFIED | {"further_sessions": "0", "second": str(second.pk), "send": "1"}
    client.post(url, values)
    assert committee.decision.state == Decision.State.PROPOSED
    back = reverse("review:decision_give_back", args=[committee.seat(second).pk])
    as_user(second).post(back, {"reason": "Say more about the retreat."})
    assert committee.decision.state == Decision.State.DRAFT
    letter = Letter.objects.get(dedupe_key__contains=":returned:")
    assert "Write it down anew" in letter.text
    assert "retreat" not in letter.text
    assert "The office: writes the letter anew" in text(client.get(LIST))
    found = {item.code: item for item in waiting_for(staff, now=timezone.now())}["letters_back"]
    assert found.count.number == 1
    assert len(client.get(found.url).context["cl"].result_list) == 1
    again = client.get(url)
    assert "Say more about the retreat." in text(again)
    assert CERTIFIED["strengths"] in text(again)
    # Handed to a second reader again, or with a chair in the seat, nothing waits for the office.
    seated(committee.submission, reader(9, Role.CHAIR), "chair")
    assert {item.code: item for item in waiting_for(staff, now=timezone.now())}[
        "letters_back"
    ].count.number == 0


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        ("draft", "The chair: writes the decision"),
        ("proposed", "The second reader: reads the decision"),
        ("approved", "The chair or the office: sends the letter"),
    ],
)
def test_after_the_views_it_is_the_chairs(walker, client, staff, decision, words):
    chair, second = reader(1, Role.CHAIR), reader(4)
    accepted(walker, staff, chair, "chair")
    for number in (2, 3):
        accepted(walker, staff, reader(number))
    Assignment.objects.filter(seat="reviewer").update(state="given", given_at=timezone.now())
    Decision.objects.create(
        submission=walker.submission,
        state=decision,
        outcome="certified",
        strengths=SECRET,
        contact_name="Ada",
        proposed_by=chair,
        approved_by=second,
    )
    shown = text(client.get(LIST))
    assert words in shown
    assert SECRET not in shown + text(client.get(page_of(walker)))


def test_the_page_shows_readers_ties_clock_and_history(walker, client, staff):
    free, tied = reader(1, name="Fia Free"), reader(2, name="Tom Tied")
    DeclaredTie.objects.create(member=tied, candidate=walker.user, kind=Tie.FAMILY)
    accepted(walker, staff, free)
    shown = text(client.get(page_of(walker)))
    assert "Barred by a tie: family or close" in shown
    assert "Fia Free reviewer reading" in shown
    assert "Fia Free was asked (reviewer)" in shown
    assert "paid, frozen and handed over" in shown
    assert "The committee answers by" in shown


def test_nothing_that_somebody_wrote_is_on_the_offices_pages(walker, client, staff):
    row = accepted(walker, staff, reader(1))
    ReadingNotes.objects.create(assignment=row, notes=SECRET)
    View.objects.create(assignment=row, strengths=SECRET, for_chair=SECRET)
    Question.objects.create(assignment=row, text=SECRET)
    pages = [page_of(walker), LIST, READERS, f"{READERS}{row.pk}/change/", COMMITTEE]
    shown = " ".join(text(client.get(page)) for page in pages)
    for words in (SECRET, *LETTER.values(), RECOMMENDED["key_elements"], "they waited together"):
        assert words not in shown
    assert "Whoever takes the chair: passes a question on; nobody can until then" in shown


def test_a_question_waits_for_a_chair_whose_room_is_open(walker, client, staff):
    row = accepted(walker, staff, reader(1))
    Question.objects.create(assignment=row, text=SECRET)
    chair = accepted(walker, staff, reader(2, Role.CHAIR), "chair")
    for page in (LIST, page_of(walker)):
        assert "The chair: passes a question on" in text(client.get(page))
    tie = DeclaredTie.objects.create(member=chair.member, candidate=walker.user, kind=Tie.COLLEAGUE)
    for page in (LIST, page_of(walker)):
        assert "Whoever takes the chair: passes a question on" in text(client.get(page))
    tie.delete()
    Assignment.objects.filter(pk=row.pk).update(state="given", given_at=timezone.now())
    accepted(walker, staff, reader(3))
    Assignment.objects.filter(seat="reviewer").update(state="given", given_at=timezone.now())
    assert "The chair: writes the decision" in text(client.get(LIST))
    DeclaredTie.objects.create(member=chair.member, candidate=walker.user, kind=Tie.COLLEAGUE)
    assert "The chair: writes the decision" not in text(client.get(LIST))


def test_whoever_waits_for_a_word_on_a_tie_is_not_reminded(walker, client, staff):
    row = accepted(walker, staff, reader(1))
    page = f"{READERS}{row.pk}/change/"
    assert decide(row, "remind") in client.get(page).content.decode()
    DeclaredTie.objects.create(member=row.member, candidate=walker.user, kind=Tie.COLLEAGUE)
    assert decide(row, "remind") not in client.get(page).content.decode()
    with pytest.raises(Refusal, match="wait for a word on a tie"):
        assigning.remind(row, by=staff)
    assert not Letter.objects.filter(dedupe_key__contains=":nudge:").exists()
    assigning.allow(row, reason="Years ago.", by=staff)
    assert decide(row, "remind") in client.get(page).content.decode()


def test_a_tie_told_later_and_taken_back_stands_in_the_history(walker, client, staff):
    row = accepted(walker, staff, reader(1, name="Ruth Reader"))
    assert "told of another tie" not in text(client.get(page_of(walker)))
    tying.add_tie(row, kind="family", words=SECRET, by=row.member)
    Submission.objects.update(state="closed", closed_at=timezone.now())
    tie = DeclaredTie.objects.get()
    tying.take_back_tie(tie, reason=SECRET, by=row.member)
    shown = text(client.get(page_of(walker)))
    assert "Ruth Reader told of another tie (reviewer)" in shown
    assert "Ruth Reader took a tie back (reviewer)" in shown
    assert SECRET not in shown


def test_the_suggested_are_asked_in_one_act_after_the_letter(walker, client):
    for number, role in enumerate((Role.CHAIR, Role.REVIEWER, Role.REVIEWER)):
        reader(number, role)
    url = decide(walker.submission, "ask_suggested")
    assert "reads least" in text(client.get(url))
    people = [str(user.pk) for user in User.objects.filter(email__startswith="r")]
    shown = text(client.post(url, {"people": people, "show": "1"}))
    assert "has handed over a final submission" in shown
    assert not Assignment.objects.exists()
    page = client.get(url).content.decode()
    assert "/js/site" in page  # a press counts once there
    client.post(url, {"people": people, "send": "1"})
    assert "was done already" in text(client.post(url, {"people": people, "send": "1"}))
    assert Assignment.objects.count() == 3
    assert Letter.objects.filter(dedupe_key__endswith=":asked").count() == 3
    assert client.get(url).status_code == 302


def test_whoever_is_not_ticked_is_not_asked(walker, client):
    one, _other = reader(1), reader(2)
    url = decide(walker.submission, "ask_suggested")
    client.post(url, {"people": [str(one.pk)], "send": "1"})
    assert Assignment.objects.get().member == one


def test_somebody_else_with_a_reason_and_the_barred_never(walker, client):
    tied, colleague = reader(1), reader(2)
    DeclaredTie.objects.create(member=tied, candidate=walker.user, kind=Tie.FAMILY)
    DeclaredTie.objects.create(member=colleague, candidate=walker.user, kind=Tie.COLLEAGUE)
    url = decide(walker.submission, "ask")
    values = {"seat": "reviewer", "member": str(tied.pk), "reason": "Please."}
    assert "can’t be asked for this" in text(client.post(url, values | {"send": "1"}))
    values |= {"member": str(colleague.pk), "reason": ""}
    assert "in a sentence why" in text(client.post(url, values | {"send": "1"}))
    client.post(url, values | {"reason": "Reads Basque.", "send": "1"})
    row = Assignment.objects.get()
    assert (row.member, row.asked_reason) == (colleague, "Reads Basque.")


def test_reminded_allowed_given_time_and_released(walker, client, staff):
    member = reader(1)
    row = asked(walker, staff, member)
    client.post(decide(row, "remind"), {"send": "1"})
    assert Letter.objects.filter(dedupe_key__contains=":nudge:").count() == 1
    assert "reminder today" in text(client.post(decide(row, "remind"), {"send": "1"}))
    assigning.answer(row, ties=["colleague"], words="One clinic.", by=member)
    assert "One clinic." in text(client.get(f"{READERS}{row.pk}/change/"))
    client.post(decide(row, "allow"), {"reason": "Long ago.", "send": "1"})
    row.refresh_from_db()
    assert (row.state, row.allowed_by) == (Assignment.State.ACCEPTED, staff)
    late = timezone.now().date() + 25 * DAY
    page = client.post(decide(row, "give_time"), {"until": late.isoformat(), "show": "1"})
    assert "You have until" in text(page)
    client.post(decide(row, "give_time"), {"until": late.isoformat(), "send": "1"})
    row.refresh_from_db()
    assert row.due_at.date() == late
    client.post(decide(row, "release"), {"reason": "Too much.", "send": "1"})
    row.refresh_from_db()
    assert row.state == Assignment.State.RELEASED
    assert Letter.objects.filter(dedupe_key=f"assignment:{row.pk}:released").exists()


def test_a_colleague_learns_nothing_of_who_reads_their_own(as_user, walker, staff):
    member = reader(1, name="Ruth Reader")
    row = accepted(walker, staff, member)
    RoleGrant.objects.create(user=walker.user, role=Role.STAFF)
    TOTP.activate(walker.user, generate_totp_secret())
    own = as_user(User.objects.get(pk=walker.user.pk))
    shown = text(own.get(LIST)) + text(own.get(page_of(walker))) + text(own.get(READERS))
    assert "Carla 1" in shown
    assert "Ruth Reader" not in shown
    assert "1 of 2 reviewers" not in shown
    assert own.get(f"{READERS}{row.pk}/change/").status_code == 302
    assert own.get(decide(row, "release")).status_code == 404
    assert own.get(decide(walker.submission, "ask")).status_code == 302


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.CHAIR, Role.SUPERVISOR, Role.PANEL, Role.AID])
def test_only_the_office_opens_these_pages(as_user, walker, staff, role):
    row = asked(walker, staff, reader(1))
    other = as_user(world.make_user("other@example.org", role))
    pages = [LIST, READERS, COMMITTEE, decide(row, "release"), decide(walker.submission, "ask")]
    assert {other.get(page, follow=True).status_code for page in pages} == {403}


def test_queues_of_the_first_page_lead_to_their_rows(walker, client, staff):
    now = timezone.now()

    def counts():
        found = waiting_for(staff, now=now + 40 * DAY)
        return {item.code: item.count.number for item in found}, {
            item.code: item.url for item in found
        }

    assert counts()[0]["submissions"] == 1
    accepted(walker, staff, reader(1, Role.CHAIR), "chair")
    row = accepted(walker, staff, reader(2))
    asked(walker, staff, reader(3))
    tied = asked(walker, staff, reader(4), reason="One more.")
    assigning.answer(tied, ties=["colleague"], words="", by=tied.member)
    Question.objects.create(assignment=row, text=SECRET)
    Decision.objects.create(
        submission=walker.submission,
        state="approved",
        outcome="certified",
        strengths=SECRET,
        contact_name="Ada",
        proposed_by=staff,
        approved_by=row.member,
        approved_at=now,
    )
    found, urls = counts()
    expected = {
        "submissions": 0,
        "readers": 1,
        "ties": 1,
        "views": 2,
        "reader_questions": 1,
        "decisions": 1,
    }
    assert {code: found[code] for code in expected} == expected
    Assignment.objects.update(answer_due_at=now - DAY, due_at=now - DAY)
    for code, number in expected.items():
        rows = client.get(urls[code]).context["cl"].result_list
        assert len(rows) == number, code


def test_the_committee_with_terms_and_load(walker, client, staff):
    member = reader(1, name="Ruth Reader")
    asked(walker, staff, member)
    world.make_user("p@example.org", Role.PANEL, name="Pia Panel")
    shown = text(client.get(COMMITTEE))
    assert "Ruth Reader Certification Committee" in shown
    assert "Pia Panel Appeal panel" in shown
    grant = RoleGrant.objects.get(user=member)
    url = reverse("admin:review_term", args=[grant.pk])
    today = timezone.now().date()
    assert "not to come" in text(client.post(url, {"until": today.isoformat()}))
    later = today + 100 * DAY
    assert client.post(url, {"until": later.isoformat()}).status_code == 302
    grant.refresh_from_db()
    assert grant.until == later
    client.post(url, {"until": ""})
    grant.refresh_from_db()
    assert grant.until is None


def test_nobody_sets_their_own_term_nor_that_of_another_role(client, staff):
    other = world.make_user("f@example.org", Role.FACILITATOR)
    grant = RoleGrant.objects.get(user=other)
    assert client.get(reverse("admin:review_term", args=[grant.pk])).status_code == 404
    own = RoleGrant.objects.create(user=staff, role=Role.REVIEWER)
    later = timezone.now().date() + 9 * DAY
    page = client.post(reverse("admin:review_term", args=[own.pk]), {"until": later.isoformat()})
    assert page.status_code == 200
    own.refresh_from_db()
    assert own.until is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_committees_page_asks_the_same_for_one_and_three(client, count):
    for number in range(count):
        reader(number)
    client.get(COMMITTEE)
    with CaptureQueriesContext(connection) as queries:
        client.get(COMMITTEE)
    assert len(queries) == 8, [query["sql"][:120] for query in queries]


def test_a_certified_submission_leads_to_its_certification(client, staff):
    committee = make_committee(7)
    page = f"{LIST}{committee.submission.pk}/change/"
    assert ">The certification<" not in client.get(page).content.decode()
    committee.sends(CERTIFIED)
    made = Credential.objects.get(user=committee.walker.user, kind="certified")
    link = f'<a href="/admin/credentials/credential/{made.pk}/change/">The certification<'
    assert link in client.get(page).content.decode()
