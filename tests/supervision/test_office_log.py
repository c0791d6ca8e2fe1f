"""The office enters a session for two who can't: same rules, both told, one of them confirms."""

import pytest
from django.urls import reverse

from scip.mail.models import Letter
from scip.requirements import Refusal
from supervision.models import SupervisionSession
from supervision.queries.sessions import evidence_of
from supervision.requirements.ledger import Phase, counted
from supervision.services import sessions
from supervision.services.agreements import end_agreement
from supervision.services.recommendations import save_part, send_recommendation
from tests import world
from tests.races import tally
from tests.supervision.pair import Kind, at, confirmed, held, log, make_pair, walk
from tests.supervision.test_recommendations import NOT_YET

REASON = "Both wrote to us; her account is locked."


@pytest.fixture
def pair(db):
    return make_pair()


def entered(pair, staff, days=1, **fields):
    fields = {"by": staff, "reason": REASON, "now": at(30)} | fields
    return sessions.log_for_two(pair.agreement, held(Kind.ORIENTATION, at(days)), **fields)


def test_both_are_told_and_it_counts_once_one_of_them_confirms(pair, staff):
    row = entered(pair, staff)
    assert (row.state, row.logged_by, row.office_reason) == ("logged", staff, REASON)
    letters = Letter.objects.filter(dedupe_key__startswith=f"session:{row.pk}:by-office")
    assert {letter.to_address for letter in letters} == {pair.candidate.email, pair.guide.email}
    assert all(REASON in letter.text for letter in letters)
    edition = pair.candidacy.edition
    assert counted(evidence_of(pair.candidacy), Phase.ASSESSMENT, edition=edition) == []
    sessions.confirm_session(row, by=pair.candidate, now=at(31))
    assert len(counted(evidence_of(pair.candidacy), Phase.ASSESSMENT, edition=edition)) == 1


def test_the_supervisor_confirms_as_well_and_the_office_never(pair, staff):
    row = entered(pair, staff)
    with pytest.raises(Refusal, match="Only the two people"):
        sessions.confirm_session(row, by=staff)
    assert sessions.confirm_session(row, by=pair.guide).confirmed_by == pair.guide


def test_a_dispute_keeps_what_the_office_wrote_first(pair, staff):
    row = entered(pair, staff)
    sessions.dispute_session(row, by=pair.guide, reason="It was shorter.")
    settled = sessions.settle_dispute(row, by=staff, is_held=False, reason="We asked both.")
    assert settled.office_reason == f"{REASON}\n\nWe asked both."


def test_what_one_of_the_office_entered_a_colleague_confirms(pair, staff):
    row = entered(pair, staff)
    sessions.dispute_session(row, by=pair.guide, reason="It was shorter.")
    with pytest.raises(Refusal, match="a colleague says that it stands"):
        sessions.settle_dispute(row, by=staff, is_held=True, reason="We asked both.")
    row.refresh_from_db()
    assert (row.state, row.office_reason) == ("disputed", REASON)
    colleague = world.make_user("colleague@example.com", "staff")
    settled = sessions.settle_dispute(row, by=colleague, is_held=True, reason="We asked both.")
    assert settled.state == "confirmed"


def test_the_rules_of_the_pair_hold(pair, staff):
    log(pair, Kind.ORIENTATION, at(1))
    with pytest.raises(Refusal, match="holds one session at a time"):
        entered(pair, staff)
    with pytest.raises(Refusal, match="not over yet"):
        entered(pair, staff, days=40)
    with pytest.raises(Refusal, match="follow after"):
        sessions.log_for_two(
            pair.agreement, held(Kind.EXIT_INTERVIEW, at(9)), by=staff, reason=REASON, now=at(30)
        )
    assert SupervisionSession.objects.count() == 1


def test_refused_for_others_without_a_reason_and_for_oneself(pair, staff, stranger):
    for somebody in (pair.candidate, pair.guide, stranger):
        with pytest.raises(Refusal, match="The office does this"):
            entered(pair, somebody)
    with pytest.raises(Refusal, match="what the entry rests on"):
        entered(pair, staff, reason=" ")
    pair.candidacy.user = staff
    pair.candidacy.save(update_fields=["user"])
    with pytest.raises(Refusal, match="nobody for a session of their own"):
        entered(pair, staff)
    assert not SupervisionSession.objects.exists()


def test_after_the_end_only_what_was_held_before(pair, staff):
    end_agreement(pair.agreement, by=pair.candidate, reason="Moving.", now=at(10))
    with pytest.raises(Refusal, match="not in force at that time"):
        entered(pair, staff, days=11)
    assert entered(pair, staff, days=9).state == "logged"
    draft = make_pair(2, signed_at=None, final_at=None, plan_at=None)
    with pytest.raises(Refusal, match="not in force at that time"):
        entered(draft, staff)


def test_completed_it_stays_open_to_further_sessions_until_the_letter_is_sent(pair, staff):
    walk(pair, 10)
    letter = Letter.objects.filter(dedupe_key__contains=":completed:").first()
    assert "the office enters a further session for you" in letter.text

    def further(days):
        return sessions.log_for_two(
            pair.again().agreement,
            held(Kind.SUPERVISION, at(days)),
            by=staff,
            reason=REASON,
            now=at(120),
        )

    row = further(80)
    right = held(Kind.SUPERVISION, at(82))
    words = {"by": pair.candidate, "reason": "It was Thursday.", "now": at(120)}
    assert sessions.correct_session(row, right, **words).state == "logged"
    draft = save_part(pair.agreement, by=pair.guide, **NOT_YET)
    send_recommendation(draft, by=pair.guide, now=at(90))
    assert further(85).state == "logged"
    with pytest.raises(Refusal, match="not in force at that time"):
        further(91)


def test_the_page_enters_it_and_asks_nothing_about_what_was_said(pair, staff, as_user):
    url = reverse("admin:supervision_agreement_log", args=[pair.agreement.pk])
    client = as_user(staff)
    assert "focus" not in client.get(url).context["form"].fields
    sent = {"held_on": "2026-03-04", "starts_at": "10:00", "minutes": "60", "is_online": "1"}
    page = client.post(url, sent | {"kind": "orientation", "reason": REASON})
    row = SupervisionSession.objects.get()
    assert page.headers["Location"] == reverse(
        "admin:supervision_supervisionsession_change", args=[row.pk]
    )
    for person in (pair.candidate, pair.guide):
        text = as_user(person).get(reverse("supervision:session", args=[row.pk])).content.decode()
        assert "Entered by the office" in text
        assert REASON in text
        assert reverse("supervision:session_confirm", args=[row.pk]) in text
    refused = client.post(url, sent | {"kind": "orientation", "reason": REASON})
    assert "one session at a time" in refused.content.decode()


def test_only_the_office_opens_the_page(pair, stranger, facilitator, reviewer, supervisor, as_user):
    url = reverse("admin:supervision_agreement_log", args=[pair.agreement.pk])
    sent = {"held_on": "2026-03-04", "starts_at": "10:00", "minutes": "60", "reason": REASON}
    for user in (pair.candidate, pair.guide, stranger, facilitator, reviewer, supervisor):
        answer = as_user(user).post(url, sent | {"kind": "orientation"})
        # The admin's door, which leads to sign-in or refuses.
        assert answer.status_code in {302, 403}
        assert "/admin/supervision/" not in answer.headers.get("Location", "").partition("?")[0]
    assert not SupervisionSession.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_both_confirm_at_once_and_it_is_confirmed_once(staff):
    pair = make_pair()
    row = entered(pair, staff)
    found = tally(
        lambda: sessions.confirm_session(row, by=pair.candidate),
        lambda: sessions.confirm_session(row, by=pair.guide),
    )
    assert found == {"done": 2}
    row.refresh_from_db()
    assert row.state == "confirmed"
    assert row.confirmed_by in {pair.candidate, pair.guide}


@pytest.mark.django_db(transaction=True)
def test_the_office_and_the_supervisor_enter_the_same_hour_and_one_stands(staff):
    pair = make_pair()
    found = tally(lambda: entered(pair, staff), lambda: log(pair, Kind.ORIENTATION, at(1)))
    assert found == {"done": 1, "refused": 1}
    assert confirmed(pair, Kind.CASE_REVIEW, at(8)).state == "confirmed"
    assert SupervisionSession.objects.filter(kind=Kind.ORIENTATION).count() == 1
