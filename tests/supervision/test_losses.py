"""A supervisor is lost or silent: what was confirmed stays, the office answers for the rest."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.candidacy.models import Candidacy, Leave
from scip.console.queues import QUEUES
from scip.mail.models import Letter
from scip.requirements import Refusal
from supervision.models import Approval, SupervisionSession
from supervision.queries.sessions import evidence_of
from supervision.requirements.ledger import Phase, counted
from supervision.services import agreements
from supervision.services.losses import follow_losses, settle_unanswered
from tests.supervision.pair import Kind, at, log, make_pair, walk

WORDS = {"is_held": True, "reason": "Calendar entry and notes of that day."}


@pytest.fixture
def pair(db):
    return make_pair()


@pytest.fixture
def row(pair):
    """Logged by the candidate on day 8, after one session that was confirmed."""
    walk(pair, 1)
    return log(pair, Kind.CASE_REVIEW, at(8), by=pair.candidate)


def left(now):
    return list(SupervisionSession.objects.left_unanswered(now))


def lose(pair, on):
    Approval.objects.filter(supervisor=pair.supervisor).update(until_on=on.date())


def test_silence_is_what_the_edition_says(pair, row):
    due = row.logged_at + timedelta(days=21)
    assert left(due - timedelta(seconds=1)) == []
    assert left(due) == [row]
    pair.candidacy.edition.silent_supervisor_days = 30
    pair.candidacy.edition.save()
    assert left(due) == []


def test_leave_rests_the_clock_of_silence_and_not_the_loss(pair, row):
    Candidacy.objects.update(state="on_leave")
    assert left(at(60)) == []
    lose(pair, at(20))
    assert left(at(60)) == [row]


def rest(pair, from_on, until_on, ended_at=None):
    Leave.objects.create(
        candidacy=pair.candidacy,
        from_on=from_on.date(),
        until_on=until_on and until_on.date(),
        ended_at=ended_at,
    )


@pytest.mark.parametrize("is_early", [False, True])
def test_after_a_leave_silence_is_counted_from_the_return(pair, row, is_early):
    back = at(40).replace(hour=0)
    rest(pair, at(10), back, ended_at=at(40, 15) if is_early else None)
    due = (at(40, 15) if is_early else back) + timedelta(days=21)
    assert left(due - timedelta(minutes=1)) == []
    assert left(due) == [row]


def test_a_leave_before_the_entry_one_called_off_and_one_to_come_change_nothing(pair, row):
    due = row.logged_at + timedelta(days=21)
    rest(pair, at(1), at(3))
    rest(pair, at(20), at(20), ended_at=at(9, 15))
    rest(pair, at(200), None)
    rest(pair, at(100), at(120))
    assert left(due - timedelta(seconds=1)) == []
    assert left(due) == [row]


def test_with_the_approval_the_answer_goes_to_the_office(pair, row):
    lose(pair, at(10))
    assert left(at(9)) == []
    assert left(at(10)) == [row]


def test_ended_by_the_office_it_waits_there_ended_by_the_two_it_does_not(pair, row, staff):
    agreements.end_agreement(pair.agreement, by=pair.candidate, reason="Moving.", now=at(9))
    assert left(at(9)) == []
    type(pair.agreement).objects.update(ended_by=staff)
    assert left(at(9)) == [row]


def test_what_the_supervisor_logged_waits_for_the_candidate(pair):
    log(pair, Kind.ORIENTATION, at(1))
    lose(pair, at(10))
    assert left(at(60)) == []


def test_the_office_confirms_visibly_and_it_counts(pair, row, staff):
    lose(pair, at(10))
    settled = settle_unanswered(row, by=staff, now=at(12), **WORDS)
    assert (settled.state, settled.confirmed_by, settled.office_reason) == (
        "confirmed",
        staff,
        WORDS["reason"],
    )
    evidence = evidence_of(pair.candidacy)
    assert len(counted(evidence, Phase.ASSESSMENT, edition=pair.candidacy.edition)) == 2
    letters = Letter.objects.filter(dedupe_key__startswith=f"session:{row.pk}:settled")
    assert [letter.to_address for letter in letters] == [pair.candidate.email]
    assert WORDS["reason"] in letters[0].text


def test_set_aside_it_stays_on_record(pair, row, staff):
    lose(pair, at(10))
    settle_unanswered(row, by=staff, now=at(12), is_held=False, reason="It was another day.")
    row.refresh_from_db()
    assert (row.state, row.office_reason) == ("set_aside", "It was another day.")


def test_refused_for_others_without_reason_and_while_there_is_time(pair, row, staff):
    with pytest.raises(Refusal, match="does not wait for the office"):
        settle_unanswered(row, by=staff, now=at(12), **WORDS)
    lose(pair, at(10))
    for somebody in (pair.candidate, pair.guide):
        with pytest.raises(Refusal, match="The office decides"):
            settle_unanswered(row, by=somebody, now=at(12), **WORDS)
    with pytest.raises(Refusal, match="what your answer rests on"):
        settle_unanswered(row, by=staff, now=at(12), is_held=True, reason=" ")
    settle_unanswered(row, by=staff, now=at(12), **WORDS)
    with pytest.raises(Refusal, match="does not wait for the office"):
        settle_unanswered(row, by=staff, now=at(12), is_held=False, reason="Twice")


def test_the_candidate_is_told_once_what_stays(pair, row):
    assert follow_losses(at(9)) == 0
    lose(pair, at(10))
    for _twice in range(2):
        assert follow_losses(at(10)) == 2
    lost = Letter.objects.get(dedupe_key__startswith=f"agreement:{pair.agreement.pk}:lost")
    assert "Everything that was confirmed keeps counting" in lost.text
    assert lost.to_address == pair.candidate.email
    assert Letter.objects.filter(dedupe_key__contains=":with-office:").count() == 1


def test_the_office_finds_it_in_its_queue_and_settles_it(pair, row, staff, as_user):
    lose(pair, at(10))
    (queue,) = [item for item in QUEUES if item.code == "unanswered"]
    assert list(queue.rows(timezone.now())) == [row]
    client = as_user(staff)
    place = reverse("admin:supervision_supervisionsession_changelist")
    page = client.get(place, queue.filters)
    assert list(page.context["cl"].queryset) == [row]
    settle = reverse("admin:supervision_supervisionsession_settle", args=[row.pk])
    text = client.get(settle).content.decode()
    assert "The candidate’s sessions" in text
    assert "Orientation" in text
    client.post(settle, {"reason": "Her notes.", "stands": "1"})
    row.refresh_from_db()
    assert row.confirmed_by == staff
    page = as_user(pair.candidate).get(reverse("supervision:session", args=[row.pk]))
    assert "Confirmed by the office" in page.content.decode()


def test_before_its_time_the_page_says_so(pair, staff, as_user):
    row = log(pair, Kind.ORIENTATION, at(1))
    settle = reverse("admin:supervision_supervisionsession_settle", args=[row.pk])
    assert "can still answer" in as_user(staff).get(settle).content.decode()
