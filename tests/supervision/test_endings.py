"""Agreements that end with a fact: a supervisor declared lost, a registration that is over; and one
that begins anew after a "not yet"."""

from base64 import b64decode
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.candidacy.services import close_candidacy, withdraw
from scip.mail.models import Letter
from scip.requirements import Refusal
from supervision.models import Approval
from supervision.services import agreements
from supervision.services import sessions as ledger
from supervision.services.appointments import plan_appointment
from supervision.services.losses import follow_losses, settle_unanswered
from supervision.services.recommendations import save_part, send_recommendation
from supervision.services.supervisors import end_approval, renew
from tests import world
from tests.cohorts.test_offers import broker, queued  # noqa: F401
from tests.races import tally
from tests.supervision.pair import Kind, at, confirmed, log, make_pair, walk
from tests.supervision.test_recommendations import LETTER, NOT_YET

pytestmark = pytest.mark.django_db


def told(pair, key):
    rows = Letter.objects.filter(dedupe_key__startswith=f"agreement:{pair.agreement.pk}:{key}")
    return sorted(letter.to_address for letter in rows)


def declare_lost(pair, staff, now=None):
    """On the day before ``now``: that day still counts, the next one does not."""
    before = (now or timezone.now()) - timedelta(days=1)
    end_approval(pair.supervisor, reason="She has died.", by=staff, now=before)


def test_declared_lost_the_agreement_ends_and_sessions_stay(staff):
    pair = make_pair()
    first = confirmed(pair, Kind.ORIENTATION, at(1))
    waiting = log(pair, Kind.CASE_REVIEW, at(8), by=pair.candidate)
    declare_lost(pair, staff, now=at(20))
    assert follow_losses(at(20)) == 2
    assert follow_losses(at(20)) == 1  # the session still waits for the office
    pair.again()
    assert (pair.agreement.state, pair.agreement.ended_by) == ("ended", None)
    assert pair.agreement.end_reason
    assert told(pair, "lost") == [pair.candidate.email]
    assert told(pair, "ended") == []
    text = Letter.objects.get(dedupe_key__startswith=f"agreement:{pair.agreement.pk}:lost").text
    assert "Your agreement has ended with it" in text
    first.refresh_from_db()
    assert first.state == "confirmed"
    assert settle_unanswered(waiting, by=staff, is_held=True, reason="Notes.", now=at(21))


def test_ended_once_and_approved_anew_is_not_lost_when_that_runs_out(staff):
    pair = make_pair()
    declare_lost(pair, staff, now=at(10))
    renew(pair.supervisor, until_on=at(40).date(), by=staff, from_on=at(12).date(), now=at(11))
    follow_losses(at(41))
    assert pair.again().agreement.state == "active"


def test_after_the_registration_nothing_new_is_logged(staff):
    pair = make_pair()
    withdraw(pair.candidacy, by=pair.candidate)
    with pytest.raises(Refusal, match="registration for certification is over"):
        log(pair.again(), Kind.ORIENTATION, at(1))


def test_run_out_is_not_lost_and_renewed_goes_on(staff):
    pair = make_pair()
    Approval.objects.filter(supervisor=pair.supervisor).update(until_on=at(20).date())
    follow_losses(at(20))
    assert pair.again().agreement.state == "active"
    assert (
        "end this agreement"
        in Letter.objects.get(dedupe_key__startswith=f"agreement:{pair.agreement.pk}:lost").text
    )


def test_each_loss_has_its_letter_and_the_end_says_what_it_ends(staff):
    pair = make_pair()
    Approval.objects.filter(supervisor=pair.supervisor).update(until_on=at(20).date())
    for _twice in range(2):
        follow_losses(at(20))
    assert told(pair, "lost") == [pair.candidate.email]
    renew(
        pair.supervisor,
        from_on=at(25).date(),
        until_on=at(40).date(),
        by=staff,
        now=at(24),
    )
    follow_losses(at(24))
    assert len(told(pair, "lost")) == 1
    follow_losses(at(41))
    assert len(told(pair, "lost")) == 2
    renew(pair.supervisor, from_on=at(50).date(), until_on=None, by=staff, now=at(45))
    declare_lost(pair, staff, now=at(55))
    follow_losses(at(56))
    letters = Letter.objects.filter(dedupe_key__startswith=f"agreement:{pair.agreement.pk}:lost")
    assert len(letters) == 3
    assert sum("has ended with it" in letter.text for letter in letters) == 1


@pytest.mark.parametrize("how", ["ended", "lost"])
def test_what_was_planned_is_cancelled_by_letter_with_its_calendar_file(how, staff):
    pair = make_pair()
    planned = plan_appointment(
        pair.agreement, by=pair.guide, starts_at=at(40), minutes=60, now=at(10)
    )
    if how == "ended":
        agreements.end_agreement(pair.agreement, by=pair.candidate, reason="So.", now=at(20))
    else:
        declare_lost(pair, staff, now=at(20))
        follow_losses(at(20))
    planned.refresh_from_db()
    assert planned.state == "cancelled"
    letters = Letter.objects.filter(dedupe_key__startswith=f"appointment:{planned.pk}:1:cancelled")
    assert {row.to_address for row in letters} == {pair.candidate.email, pair.guide.email}
    for row in letters:
        assert "The agreement between you is over" in row.text
        assert "Every session that is asked for" not in row.text
        (file,) = row.attachments
        assert b"STATUS:CANCELLED" in b64decode(file["content"])


def test_ended_and_approved_again_ahead_nothing_ends(staff):
    pair = make_pair()
    declare_lost(pair, staff, now=at(20))
    renew(pair.supervisor, until_on=None, by=staff, from_on=at(25).date(), now=at(20))
    follow_losses(at(21))
    assert pair.again().agreement.state == "active"


def test_ending_an_approval_asks_for_it_at_once(
    staff, monkeypatch, django_capture_on_commit_callbacks
):
    pair = make_pair()
    with django_capture_on_commit_callbacks() as asked:
        declare_lost(pair, staff)
    assert len(asked) >= 1
    follow_losses()
    assert pair.again().agreement.state == "ended"


@pytest.mark.parametrize("how", ["withdrawn", "closed"])
def test_the_end_of_a_registration_asks_for_it_at_once(
    how,
    staff,
    broker,  # noqa: F811
    django_capture_on_commit_callbacks,
):
    pair = make_pair()
    with django_capture_on_commit_callbacks(execute=True):
        if how == "closed":
            close_candidacy(pair.candidacy, by=staff, reason="As you asked by telephone.")
        else:
            withdraw(pair.candidacy, by=pair.candidate)
    assert ("supervision.follow_losses", ()) in queued(broker)


@pytest.mark.parametrize("how", ["withdrawn", "closed"])
def test_with_the_registration_the_agreement_ends(how, staff):
    pair = make_pair()
    confirmed(pair, Kind.ORIENTATION, at(1))
    guide = world.make_supervisor(world.make_user("second@example.com"))
    draft = agreements.draft_agreement(pair.candidacy, guide, by=staff)
    if how == "closed":
        close_candidacy(pair.candidacy, by=staff, reason="As you asked by telephone.")
    else:
        withdraw(pair.candidacy, by=pair.candidate)
    assert follow_losses() >= 2
    pair.again()
    draft.refresh_from_db()
    assert (pair.agreement.state, draft.state) == ("ended", "discarded")
    assert told(pair, "over") == [pair.guide.email]
    put_aside = Letter.objects.get(dedupe_key__startswith=f"agreement:{draft.pk}:over")
    assert "that you were drafting together is put aside" in put_aside.text
    assert "ends with it" not in put_aside.text + put_aside.subject
    assert "stays on record" not in put_aside.text
    with pytest.raises(Refusal, match="logged while an agreement is active"):
        log(pair, Kind.CASE_REVIEW, at(8))


def test_a_silent_supervisor_reads_what_the_office_answered_and_a_lost_one_does_not(staff):
    pair = make_pair()
    row = log(pair, Kind.ORIENTATION, at(1), by=pair.candidate)
    settle_unanswered(row, by=staff, is_held=True, reason="Calendars.", now=at(30))
    letter = Letter.objects.get(dedupe_key__startswith=f"session:{row.pk}:settled-without")
    assert letter.to_address == pair.guide.email
    assert "Calendars." in letter.text
    row = log(pair, Kind.CASE_REVIEW, at(8), by=pair.candidate)
    Approval.objects.filter(supervisor=pair.supervisor).update(until_on=at(20).date())
    settle_unanswered(row, by=staff, is_held=True, reason="Calendars.", now=at(60))
    assert not Letter.objects.filter(
        dedupe_key__startswith=f"session:{row.pk}:settled-without"
    ).exists()


@pytest.fixture
def not_yet(db):
    pair = make_pair()
    walk(pair, 10)
    pair.again()
    draft = save_part(pair.agreement, by=pair.guide, now=at(80), **NOT_YET)
    send_recommendation(draft, by=pair.guide, now=at(80))
    return pair


def sign(pair, now):
    agreement = agreements.draft_agreement(pair.candidacy, pair.supervisor, by=pair.candidate)
    text = {"goals": "Endings.", "schedule": "Weekly.", "rate_cents": 0, "payment_plan": "None."}
    version = agreements.propose_version(agreement, by=pair.guide, now=now, **text)
    for user in (pair.candidate, pair.guide):
        agreements.sign_version(
            version,
            by=user,
            name_typed=user.name,
            text_sha256=agreements.text_hash(version),
            now=now,
        )
    agreement.refresh_from_db()
    return agreement


def test_after_not_yet_two_go_on_until_a_letter_recommends(not_yet):
    pair, before = not_yet, not_yet.agreement
    pair.agreement = sign(pair, at(90))
    assert (before.pk != pair.agreement.pk, pair.agreement.state) == (True, "active")
    confirmed(pair, Kind.SUPERVISION, at(92))
    confirmed(pair, Kind.SUPERVISION, at(99))
    assert pair.again().agreement.state == "active"
    again = save_part(pair.agreement, by=pair.guide, now=at(100), **NOT_YET)
    send_recommendation(again, by=pair.guide, now=at(100))
    confirmed(pair, Kind.SUPERVISION, at(106))
    assert pair.again().agreement.state == "active"
    letter = save_part(pair.agreement, by=pair.guide, now=at(110), **LETTER)
    send_recommendation(letter, by=pair.guide, now=at(110))
    assert pair.again().agreement.state == "completed"


def test_the_button_stands_with_both_after_not_yet_and_opens_one_draft(not_yet, as_user, stranger):
    pair = not_yet
    again = reverse("supervision:agreement_again", args=[pair.agreement.pk])
    pages = {
        pair.candidate: reverse("supervision:outcome", args=[pair.agreement.pk]),
        pair.guide: reverse("supervision:recommendation", args=[pair.agreement.pk]),
    }
    for user, page in pages.items():
        assert again in as_user(user).get(page).content.decode()
    assert as_user(stranger).post(again).status_code == 404
    first = as_user(pair.candidate).post(again).headers["Location"]
    assert as_user(pair.guide).post(again).headers["Location"] == first
    for user, page in pages.items():
        assert again not in as_user(user).get(page).content.decode()


def test_without_having_walked_the_way_it_is_refused(as_user, staff):
    pair = make_pair()
    agreements.end_agreement(pair.agreement, by=pair.candidate, reason="So.", now=timezone.now())
    again = reverse("supervision:agreement_again", args=[pair.agreement.pk])
    page = as_user(pair.candidate).post(again)
    assert page.headers["Location"] == reverse("supervision:agreement", args=[pair.agreement.pk])
    assert pair.candidacy.agreements.count() == 1


def test_after_the_whole_way_nothing_is_drafted_again_without_a_not_yet(as_user):
    pair = make_pair()
    walk(pair, 10)
    again = reverse("supervision:agreement_again", args=[pair.agreement.pk])
    as_user(pair.guide).post(again)
    assert pair.candidacy.agreements.count() == 1
    send_recommendation(save_part(pair.again().agreement, by=pair.guide, **LETTER), by=pair.guide)
    page = as_user(pair.candidate).post(again, follow=True)
    assert "nothing now that another agreement" in page.content.decode()
    assert pair.candidacy.agreements.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_session_logged_while_the_loss_is_declared_is_in_the_ledger_or_refused(staff):
    pair = make_pair()
    declare_lost(pair, staff, now=at(20))
    found = tally(
        lambda: follow_losses(at(20)),
        lambda: follow_losses(at(20)),
        lambda: ledger.log_session(
            pair.agreement,
            ledger.Held(kind=Kind.ORIENTATION, started_at=at(1), minutes=60),
            by=pair.candidate,
            now=at(20),
        ),
    )
    assert set(found) <= {"done", "refused"}
    assert pair.again().agreement.state == "ended"
    assert told(pair, "lost") == [pair.candidate.email]


def test_whoever_lost_their_supervisor_is_led_to_the_directory(db, as_user):
    pair = make_pair()
    walk(pair, 3)
    lead = "Find somebody to walk on with"
    assert lead not in as_user(pair.candidate).get("/supervision/").content.decode()
    agreements.end_agreement(pair.agreement, by=pair.guide, reason="Moving.", farewell="Thanks.")
    page = as_user(pair.candidate).get("/supervision/").content.decode()
    assert lead in page
    assert reverse("supervisors:list") in page
    assert lead not in as_user(pair.guide).get("/supervision/").content.decode()
    letter = Letter.objects.get(to_user=pair.candidate, subject__endswith="has ended")
    for text in (letter.text, letter.html):
        assert "It comes with you to another supervisor, whenever you are ready." in text
        assert "were together in supervision" in text
    other = world.make_supervisor(world.make_user("other@example.com", name="Olga"))
    world.make_agreement(pair.candidacy, other, signed_at=at(60))
    assert lead not in as_user(pair.candidate).get("/supervision/").content.decode()


def test_with_every_session_there_nobody_is_sent_to_look_for_more(db, as_user):
    pair = make_pair()
    walk(pair, 10)
    page = as_user(pair.candidate).get("/supervision/").content.decode()
    assert "Find somebody to walk on with" not in page
