"""Somebody of the office whose own work is with the committee, or who appeals: nothing there
tells them who reads, who hears, or how far it has come."""

from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from certification.review.services import assigning
from scip.access.confidential import shown_to
from scip.accounts.models import Role, RoleGrant, User
from scip.audit.models import Entry
from scip.audit.services import record
from scip.mail.models import Letter
from supervision.services import introductions
from tests import world
from tests.privacy.exporting import copy_of, rows_of
from tests.review.committee import CERTIFIED, Committee, development, make_committee
from tests.review.hearings import gives, make_appellant, make_panel

pytestmark = pytest.mark.django_db


def at_the_office(user: User) -> User:
    """The same person, who works in the office, too."""
    RoleGrant.objects.create(user=user, role=Role.STAFF)
    TOTP.activate(user, generate_totp_secret())
    return User.objects.get(pk=user.pk)


def text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def names_in(words: str, *people: User) -> set[str]:
    return {row.name for row in people if row.name in words or row.email in words}


@pytest.fixture
def committee() -> Committee:
    return make_committee()


@pytest.fixture
def own(committee: Committee, as_user: Any) -> Client:
    """The candidate, signed in as somebody of the office."""
    client: Client = as_user(at_the_office(committee.walker.user))
    return client


# --- the pages of the office -----------------------------------------------------------


@pytest.mark.parametrize("verb", ["ask", "ask_suggested", "record_answer", "send_answer"])
@pytest.mark.parametrize("values", [{}, {"send": "1"}])
def test_a_refused_post_about_oneself_makes_no_form(
    own: Client, committee: Committee, verb: str, values: dict[str, str]
) -> None:
    committee.seat(committee.chair).delete()
    world.make_user("free@example.org", Role.REVIEWER, name="Fred Free")
    row = reverse("admin:review_submission_change", args=[committee.submission.pk])
    page = reverse("admin:review_submission_decide", args=[committee.submission.pk, verb])
    for response in (own.get(page), own.post(page, values)):
        assert (response.status_code, response["Location"]) == (302, row)
    shown = text(own.get(row))
    assert "This is about you" in shown
    assert not names_in(shown, committee.chair, *committee.reviewers)
    assert "Fred Free" not in shown


def test_no_button_and_no_filter_tells_of_a_letter_that_waits(
    own: Client, committee: Committee, as_user: Any
) -> None:
    committee.approves(development())
    row = reverse("admin:review_submission_change", args=[committee.submission.pk])
    page = reverse("admin:review_submission_decide", args=[committee.submission.pk, "send_answer"])
    found = reverse("admin:review_submission_changelist") + "?waits=letter"
    another = as_user(world.make_user("another@example.com", Role.STAFF))
    assert page in text(another.get(row))
    assert committee.walker.user.name in text(another.get(found))
    own = as_user(User.objects.get(pk=committee.walker.user.pk))
    assert page not in text(own.get(row))
    assert row not in text(own.get(found))


def test_whoever_appeals_does_not_read_who_hears_it(as_user: Any) -> None:
    one = make_appellant()
    panel = make_panel(2)
    one.heard_by(*panel)
    row = reverse("admin:review_appeal_change", args=[one.appeal.pk])
    listed = reverse("admin:review_appeal_changelist")
    colleague = as_user(one.office)
    for page in (row, listed):
        assert names_in(text(colleague.get(page)), *panel) == {item.name for item in panel}
    own = as_user(at_the_office(one.user))
    for page in (row, listed, f"{listed}?waits=office"):
        assert not names_in(text(own.get(page)), *panel)
    assert "This is your own appeal" in text(own.get(row))
    for verb in ("ask", "suggested", "remind", "release"):
        page = reverse("admin:review_appeal_decide", args=[one.appeal.pk, verb])
        assert page not in text(own.get(row))
        assert own.post(page, {"seat": "0"})["Location"] == row


def test_whoever_appeals_is_not_found_by_what_the_office_has_to_do(as_user: Any) -> None:
    one = make_appellant()
    one.files()
    row = reverse("admin:review_appeal_change", args=[one.appeal.pk])
    found = reverse("admin:review_appeal_changelist") + "?waits=office"
    assert row in text(as_user(one.office).get(found))
    assert row not in text(as_user(at_the_office(one.user)).get(found))


# --- outbox, log, and the page of a person ---------------------------------------------


def test_letters_about_ones_own_submission_are_a_colleagues_to_read(
    committee: Committee, as_user: Any
) -> None:
    staff = world.make_user("another@example.com", Role.STAFF)
    member = world.make_user("free@example.org", Role.REVIEWER, name="Fred Free")
    assigning.ask(committee.submission, member, seat="reviewer", by=staff, reason="One more.")
    committee.approves(development())
    mine = at_the_office(committee.walker.user)
    to_member = Letter.objects.get(to_user=member)
    listed = reverse("admin:mail_letter_changelist")
    page = reverse("admin:mail_letter_change", args=[to_member.pk])
    about_member = reverse("admin:person", args=[member.pk])
    readers = (member, committee.chair, *committee.reviewers)
    colleague, own = as_user(staff), as_user(mine)
    assert names_in(text(colleague.get(listed)), *readers) >= {member.name, committee.chair.name}
    assert colleague.get(page).status_code == 200
    assert to_member.subject in text(colleague.get(about_member))
    shown = text(own.get(listed))
    assert not names_in(shown, *readers)
    assert mine.email in shown  # letters to oneself are there
    assert own.get(page).status_code == 302
    assert to_member.subject not in text(own.get(about_member))


def test_the_log_of_ones_own_submission_is_a_colleagues_to_read(
    committee: Committee, as_user: Any
) -> None:
    staff = world.make_user("another@example.com", Role.STAFF)
    member = world.make_user("free@example.org", Role.REVIEWER, name="Fred Free")
    row = assigning.ask(committee.submission, member, seat="reviewer", by=staff, reason="More.")
    assigning.answer(row, ties=[], words="", by=member)
    record("document.opened", None, by=member, excerpt=4711)
    committee.sends(dict(CERTIFIED))
    mine = at_the_office(committee.walker.user)
    everything = set(Entry.objects.values_list("pk", flat=True))
    theirs = (member, committee.chair, *committee.reviewers)
    kept = everything - set(shown_to(mine, Entry.objects.all()).values_list("pk", flat=True))
    told = Entry.objects.filter(actor_id__in=[item.pk for item in theirs]).exclude(pk__in=kept)
    assert [item.action for item in told] == ["document.opened"]  # of somebody else's work
    assert not Entry.objects.filter(pk__in=kept, actor_id=mine.pk).exists()
    assert set(shown_to(staff, Entry.objects.all()).values_list("pk", flat=True)) == everything
    log = reverse("admin:audit_entry_changelist") + "?object_type__exact=review.assignment"
    about_me = reverse("admin:person", args=[mine.pk])
    assert "assignment.accepted" in text(as_user(staff).get(log))
    assert "assignment.accepted" not in text(as_user(mine).get(log))
    assert committee.chair.name in text(as_user(staff).get(about_me))
    assert committee.chair.name not in text(as_user(mine).get(about_me))


def test_letters_and_log_of_an_appeal_are_a_colleagues_to_read() -> None:
    one = make_appellant()
    panel = make_panel(2)
    for seat in one.heard_by(*panel):
        gives(seat, "upheld")
    mine = at_the_office(one.user)
    letters = shown_to(mine, Letter.objects.all())
    assert Letter.objects.filter(to_user__in=panel).exists()
    assert not letters.filter(to_user__in=panel).exists()
    assert letters.filter(to_user=mine, dedupe_key__startswith="appeal:").exists()
    actors = [item.pk for item in panel]
    assert Entry.objects.filter(actor_id__in=actors).exists()
    assert not shown_to(mine, Entry.objects.all()).filter(actor_id__in=actors).exists()


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_kept_back_is_asked_once(
    committee: Committee, django_assert_num_queries: Any, count: int
) -> None:
    for number in range(count):
        member = world.make_user(f"more{number}@example.org", Role.REVIEWER)
        assigning.ask(
            committee.submission, member, seat="reviewer", by=committee.chair, reason="More."
        )
    for rows in (Letter.objects.all(), Entry.objects.all()):
        with django_assert_num_queries(2):
            list(shown_to(committee.walker.user, rows))


# --- what a certified person takes along -----------------------------------------------


def test_a_copy_of_ones_data_names_nobody_who_answered(committee: Committee) -> None:
    """Not even a chair whom the certified person knows, as they asked them for supervision."""
    chair = committee.chair
    before = world.make_supervisor(chair)
    introductions.ask(
        committee.walker.candidacy, before, message="Could we talk?", by=committee.walker.user
    )
    committee.sends(dict(CERTIFIED))
    archive = copy_of(committee.walker.user)
    (asked,) = rows_of(archive, "supervision.Introduction")
    assert asked["supervisor_name"] == chair.name  # the two know each other
    (decision,) = rows_of(archive, "review.Decision")
    assert decision["outcome"] == "certified"
    assert not set(decision) & {"proposed_by", "approved_by", "sent_by"}
    (level,) = [row for row in rows_of(archive, "credentials.Completion") if row["level"] == "C"]
    assert level["recorded_by"] == "somebody else"
    acts = {row["action"]: row["actor_id"] for row in rows_of(archive, "audit.Entry")}
    assert acts["candidacy.certified"] == acts["credential.issued"] == "somebody else"
    assert acts["submission.certified"] == acts["decision.sent"] == "somebody else"
    assert chair.pk not in [row.get("actor_id") for row in rows_of(archive, "audit.Entry")]
    for label in ("review.Decision", "review.Submission", "audit.Entry", "credentials.Credential"):
        assert chair.name not in str(rows_of(archive, label)), label
