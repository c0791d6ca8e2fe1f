"""The ledger in the database: logged by either, confirmed by the other, nothing overwritten."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from scip.formats import zone_name
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from supervision.models import (
    Agreement,
    Approval,
    Competency,
    DevelopmentalLevel,
    Feedback,
    JournalEntry,
    PrivateNote,
    SupervisionSession,
)
from supervision.queries.sessions import evidence_of
from supervision.requirements.ledger import counts, ledger_findings
from supervision.services import agreements, sessions
from supervision.services.ratings import Touched
from supervision.services.sessions import Words
from tests import world
from tests.supervision.pair import ALL, at, confirmed, held, log, make_pair, walk

Kind = SupervisionSession.Kind
State = SupervisionSession.State


@pytest.fixture
def pair(db):
    return make_pair()


def together(*jobs):
    """Run these at once on connections of their own; what each came to, in order."""

    def run(job):
        try:
            return job()
        except (Refusal, DatabaseError) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


# --- Logging ------------------------------------------------------------------------------------


def test_either_logs_and_the_other_confirms(pair):
    one = log(pair, Kind.ORIENTATION, at(1))
    other = log(pair, Kind.CASE_REVIEW, at(8), by=pair.candidate)
    for row, author, confirming in (
        (one, pair.guide, pair.candidate),
        (other, pair.candidate, pair.guide),
    ):
        with pytest.raises(Refusal, match="the other one of you confirms"):
            sessions.confirm_session(row, by=author)
        done = sessions.confirm_session(row, by=confirming)
        assert (done.state, done.confirmed_by) == (State.CONFIRMED, confirming)
        assert sessions.confirm_session(row, by=confirming).confirmed_at == done.confirmed_at
    asked = Letter.objects.filter(subject__contains="logged a session")
    assert [letter.to_address for letter in asked.order_by("pk")] == [
        pair.candidate.email,
        pair.guide.email,
    ]


def test_a_letter_never_says_what_a_session_was_about(pair):
    secret = "Scham nach dem Unfall"
    sessions.log_session(
        pair.agreement,
        held(Kind.ORIENTATION, at(1), focus=secret),
        by=pair.guide,
        words=Words(feedback="kanarifeedback", own="kanariown"),
    )
    for letter in Letter.objects.all():
        for word in (secret, "kanari"):
            assert word not in letter.subject + letter.text + letter.html


def test_words_go_where_they_belong(pair):
    competency = Competency.objects.first()
    word = DevelopmentalLevel.objects.first()
    touched = (Touched(competency=competency, level=word, sentence="Stays with it."),)
    by_guide = log(
        pair, Kind.ORIENTATION, at(1), words=Words(touched=touched, feedback="Warm.", own="Hm.")
    )
    by_candidate = log(
        pair,
        Kind.CASE_REVIEW,
        at(8),
        by=pair.candidate,
        words=Words(touched=touched, feedback="Not mine to give", own="Dear diary"),
    )
    assert [row.side for row in by_guide.ratings.all()] == ["supervisor"]
    assert [row.side for row in by_candidate.ratings.all()] == ["self"]
    assert [row.text for row in Feedback.objects.all()] == ["Warm."]
    assert [(row.author, row.text) for row in PrivateNote.objects.all()] == [(pair.guide, "Hm.")]
    assert [row.text for row in JournalEntry.objects.all()] == ["Dear diary"]


def test_a_phase_that_is_not_open_is_explained_and_nothing_is_saved(db):
    pair = make_pair(final_at=None, plan_at=None)
    with pytest.raises(Refusal, match="Supervision begins once the sessions") as caught:
        log(pair, Kind.SUPERVISION, at(30))
    assert "the final version of the agreement, signed by both, the plan" in str(
        caught.value.sentence
    )
    with pytest.raises(Refusal, match="follow after 5 supervision sessions"):
        log(pair, Kind.EXIT_INTERVIEW, at(30))
    with pytest.raises(Refusal, match="both of you have signed"):
        log(pair, Kind.ORIENTATION, at(-3))
    assert not SupervisionSession.objects.exists()


def test_the_future_and_strangers_are_refused(pair, stranger, staff):
    with pytest.raises(Refusal, match="not over yet"):
        log(pair, Kind.ORIENTATION, at(1), now=at(1))
    for person in (stranger, staff):
        with pytest.raises(Refusal, match="Only the two people"):
            log(pair, Kind.ORIENTATION, at(1), by=person)


def test_an_overlap_is_refused_in_a_sentence(pair):
    second = make_pair(2, guide=pair.supervisor)
    log(pair, Kind.ORIENTATION, at(1))
    with pytest.raises(Refusal, match="one person holds one session at a time"):
        log(second, Kind.ORIENTATION, at(1) + timedelta(minutes=59))
    log(second, Kind.ORIENTATION, at(1) + timedelta(minutes=60))


def test_another_broken_rule_is_not_taken_for_an_overlap(pair):
    with pytest.raises(IntegrityError), sessions.one_at_a_time():
        SupervisionSession.objects.create(
            agreement=pair.agreement,
            candidacy=pair.candidacy,
            supervisor=pair.supervisor,
            kind=Kind.ORIENTATION,
            started_at=at(1),
            ends_at=at(1),
        )


def test_a_short_session_and_one_without_approval_stay_and_do_not_count(pair):
    short = confirmed(pair, Kind.ORIENTATION, at(1), minutes=30)
    Approval.objects.update(until_on=at(5).date())
    late = confirmed(pair, Kind.CASE_REVIEW, at(8))
    evidence = evidence_of(pair.candidacy)
    by_pk = {item.pk: item for item in evidence.sessions}
    found = [
        counts(by_pk[row.pk], evidence, edition=pair.candidacy.edition).found
        for row in (short, late)
    ]
    assert found[0].startswith("It lasted 30 minutes")
    assert found[1].startswith("CMSC’s approval of Gita 1")


def test_ten_sessions_complete_the_agreement_and_cmsc_hears(pair, settings):
    walk(pair, 9)
    assert pair.again().agreement.state == Agreement.State.ACTIVE
    confirmed(pair, ALL[9], at(80))
    assert pair.again().agreement.state == Agreement.State.COMPLETED
    office = Letter.objects.filter(to_address=settings.STAFF_EMAIL).latest("pk")
    assert "have completed the supervision sessions" in office.text


def test_the_ledger_goes_on_with_another_supervisor(pair):
    walk(pair, 5)
    agreements.end_agreement(pair.agreement, by=pair.guide, reason="I move away.")
    other = world.make_supervisor(world.make_user("other@example.com", name="Olga"))
    second = world.make_agreement(pair.candidacy, other, signed_at=at(60))
    row = sessions.log_session(second, held(Kind.SUPERVISION, at(61)), by=other.user)
    sessions.confirm_session(row, by=pair.candidate)
    found = ledger_findings(evidence_of(pair.candidacy), edition=pair.candidacy.edition)
    assert found[2].found == "3 of 5 sessions count."


# --- Seeing it differently, correcting -----------------------------------------------------------


def test_the_office_mediates(pair, staff, settings, stranger):
    row = log(pair, Kind.ORIENTATION, at(1))
    with pytest.raises(Refusal, match="in a sentence"):
        sessions.dispute_session(row, by=pair.candidate, reason=" ")
    row = sessions.dispute_session(row, by=pair.candidate, reason="We only spoke briefly.")
    asked = Letter.objects.get(
        to_address=settings.STAFF_EMAIL, text__contains="We only spoke briefly."
    )
    # Whoever logged it reads the words, too: the letter must not say that nobody else does.
    assert "nobody else" not in asked.text + asked.html
    assert "to you and to the other of the two" in asked.text
    with pytest.raises(IllegalMove, match="under discussion"):
        sessions.confirm_session(row, by=pair.candidate)
    for person in (pair.candidate, pair.guide, stranger):
        with pytest.raises(Refusal, match="The office decides"):
            sessions.settle_dispute(row, by=person, is_held=True, reason="So it was.")
    row = sessions.settle_dispute(row, by=staff, is_held=False, reason="Both agree it was a call.")
    assert row.state == State.SET_ASIDE
    with pytest.raises(IllegalMove):
        sessions.settle_dispute(row, by=staff, is_held=True, reason="Again")
    told = Letter.objects.filter(subject="The office has looked at a session with you")
    assert told.count() == 2
    assert "Both agree it was a call." in told.first().text


def test_a_correction_takes_the_place_of_what_it_corrects(pair):
    first = confirmed(pair, Kind.ORIENTATION, at(1))
    longer = held(Kind.ORIENTATION, at(1), minutes=75)
    with pytest.raises(Refusal, match="what is corrected"):
        sessions.correct_session(first, longer, by=pair.candidate, reason="")
    second = sessions.correct_session(first, longer, by=pair.candidate, reason="We stayed on.")
    assert Letter.objects.filter(
        to_user=pair.guide, subject=f"{pair.candidate} corrected an entry; was it so?"
    ).exists()
    first.refresh_from_db()
    assert (first.state, second.state) == (State.CONFIRMED, State.LOGGED)
    with pytest.raises(Refusal, match="waits already"):
        sessions.correct_session(first, longer, by=pair.guide, reason="Again")
    sessions.confirm_session(second, by=pair.guide)
    first.refresh_from_db()
    assert first.state == State.REPLACED
    assert [item.minutes for item in evidence_of(pair.candidacy).sessions] == [75]


def test_a_waiting_entry_can_be_corrected_by_the_other(pair):
    row = log(pair, Kind.ORIENTATION, at(1))
    better = sessions.correct_session(
        row, held(Kind.ORIENTATION, at(1, 11)), by=pair.candidate, reason="An hour later."
    )
    with pytest.raises(Refusal, match="A correction of this session waits"):
        sessions.confirm_session(row, by=pair.candidate)
    sessions.confirm_session(better, by=pair.guide)
    row.refresh_from_db()
    assert row.state == State.REPLACED


def test_a_correction_may_not_slip_into_anothers_hour(pair):
    second = make_pair(2, guide=pair.supervisor)
    log(second, Kind.ORIENTATION, at(1, 14))
    first = confirmed(pair, Kind.ORIENTATION, at(1))
    moved = sessions.correct_session(
        first, held(Kind.ORIENTATION, at(1, 14)), by=pair.guide, reason="In the afternoon."
    )
    with pytest.raises(Refusal, match="one person holds one session"):
        sessions.confirm_session(moved, by=pair.candidate)
    first.refresh_from_db()
    assert first.state == State.CONFIRMED


def test_what_is_written_stays_as_it_was_written(pair):
    row = confirmed(pair, Kind.ORIENTATION, at(1))
    with pytest.raises(DatabaseError, match="stays as it was written"), transaction.atomic():
        SupervisionSession.objects.filter(pk=row.pk).update(ends_at=at(1, 18))


@pytest.mark.parametrize("verb", ["confirm", "dispute", "withdraw", "correct"])
def test_a_row_that_was_taken_back_is_over(pair, verb):
    row = log(pair, Kind.ORIENTATION, at(1))
    sessions.withdraw_session(row, by=pair.guide)
    act = {
        "confirm": lambda: sessions.confirm_session(row, by=pair.candidate),
        "dispute": lambda: sessions.dispute_session(row, by=pair.candidate, reason="No"),
        "withdraw": lambda: sessions.withdraw_session(row, by=pair.candidate),
        "correct": lambda: sessions.correct_session(
            row, held(Kind.ORIENTATION, at(2)), by=pair.guide, reason="No"
        ),
    }[verb]
    with pytest.raises(Refusal):
        act()
    row.refresh_from_db()
    assert row.state == State.WITHDRAWN


# --- Races --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_confirmed_and_disputed_at_once_ends_in_one_state():
    pair = make_pair()
    row = log(pair, Kind.ORIENTATION, at(1))
    found = together(
        lambda: sessions.confirm_session(row, by=pair.candidate).state,
        lambda: sessions.dispute_session(row, by=pair.candidate, reason="No").state,
    )
    row.refresh_from_db()
    assert sum(isinstance(item, Refusal) for item in found) == 1
    assert row.state in found


@pytest.mark.django_db(transaction=True)
def test_overlapping_sessions_logged_at_once_leave_one():
    one = make_pair()
    two = make_pair(2, guide=one.supervisor)
    found = together(
        lambda: log(one, Kind.ORIENTATION, at(1)).pk,
        lambda: log(two, Kind.ORIENTATION, at(1) + timedelta(minutes=30)).pk,
    )
    assert SupervisionSession.objects.count() == 1
    assert [type(item) for item in found if not isinstance(item, int)] == [Refusal]


@pytest.mark.django_db(transaction=True)
def test_logging_while_the_agreement_ends_is_either_before_or_after():
    pair = make_pair()
    found = together(
        lambda: log(pair, Kind.ORIENTATION, at(1)).pk,
        lambda: agreements.end_agreement(pair.agreement, by=pair.candidate, reason="No").state,
    )
    assert pair.again().agreement.state == Agreement.State.ENDED
    is_logged = SupervisionSession.objects.exists()
    assert isinstance(found[0], int) is is_logged
    assert is_logged or isinstance(found[0], Refusal)


# --- Pages --------------------------------------------------------------------------------------


def log_data(**fields):
    started_at = timezone.localtime(at(1), timezone=None)
    return {
        "held_on": started_at.date().isoformat(),
        "starts_at": "10:00",
        "minutes": "60",
        "is_online": "1",
        "kind": Kind.ORIENTATION,
        "focus": "Arriving",
    } | fields


def test_logging_and_confirming_on_the_site(pair, as_user):
    competency, level = Competency.objects.first(), DevelopmentalLevel.objects.last()
    guide, candidate = as_user(pair.guide), as_user(pair.candidate)
    url = reverse("supervision:session_log", args=[pair.agreement.pk])
    assert guide.get(url).context["form"]["kind"].value() == Kind.ORIENTATION
    answer = guide.post(
        url,
        log_data(
            **{
                f"level_{competency.pk}": level.pk,
                f"sentence_{competency.pk}": "Steady.",
                "feedback": "Warm and clear.",
                "own": "kanariprivate",
            }
        ),
    )
    assert answer.status_code == 302
    row = SupervisionSession.objects.get()
    page = candidate.get(reverse("supervision:session", args=[row.pk]))
    assert "Warm and clear." in page.content.decode()
    assert "kanariprivate" not in page.content.decode()
    assert (
        "kanariprivate" in guide.get(reverse("supervision:session", args=[row.pk])).content.decode()
    )
    candidate.post(reverse("supervision:session_confirm", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == State.CONFIRMED


def test_what_was_typed_is_kept_when_the_ledger_refuses(pair, as_user):
    url = reverse("supervision:session_log", args=[pair.agreement.pk])
    page = as_user(pair.guide).post(
        url, log_data(kind=Kind.EXIT_INTERVIEW, feedback="A long feedback")
    )
    assert page.status_code == 200
    text = page.content.decode()
    assert "A long feedback" in text
    assert "follow after 5 supervision sessions" in text


@pytest.mark.parametrize("verb", ["", "_confirm", "_dispute", "_withdraw", "_correct"])
def test_an_entry_is_for_its_two_people(
    pair, as_user, staff, stranger, facilitator, reviewer, verb
):
    row = log(pair, Kind.ORIENTATION, at(1))
    url = reverse(f"supervision:session{verb}", args=[row.pk])
    other = make_pair(2)
    for person in (staff, stranger, facilitator, reviewer, other.candidate, other.guide):
        client = as_user(person)
        assert client.post(url, {"reason": "x"}).status_code in {404, 405}
        assert client.get(url).status_code in {404, 405}
    row.refresh_from_db()
    assert row.state == State.LOGGED


def test_the_office_settles_in_the_admin(pair, as_user, staff):
    row = log(
        pair, Kind.ORIENTATION, at(1), words=Words(feedback="kanarifeedback", own="kanariown")
    )
    sessions.dispute_session(row, by=pair.candidate, reason="Shorter, I think.")
    client = as_user(staff)
    for name in ("change", "settle"):
        url = reverse(f"admin:supervision_supervisionsession_{name}", args=[row.pk])
        page = client.get(url)
        assert "Shorter, I think." in page.content.decode()
        assert "kanari" not in page.content.decode()
    client.post(url, {"reason": "Both remember an hour.", "stands": "x"})
    row.refresh_from_db()
    assert (row.state, row.office_reason) == (State.CONFIRMED, "Both remember an hour.")


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_of_a_pair_takes_the_same_queries(
    pair, as_user, count, django_assert_max_num_queries, django_assert_num_queries
):
    walk(pair, count)
    client = as_user(pair.guide)
    url = reverse("supervision:agreement", args=[pair.agreement.pk])
    client.get(url)
    with django_assert_num_queries(PAIR_QUERIES):
        client.get(url)


PAIR_QUERIES = 16


def test_a_session_that_will_not_count_says_so_before_anybody_confirms_it(db, as_user):
    pair = make_pair()
    client = as_user(pair.guide)
    form = {
        "held_on": "2026-03-10",
        "starts_at": "10:00",
        "minutes": "30",
        "kind": Kind.ORIENTATION,
        "is_online": "1",
    }
    page = client.get(f"/supervision/agreements/{pair.agreement.pk}/log/").content.decode()
    assert f"In {zone_name(pair.guide.time_zone)}." in page
    url = f"/supervision/agreements/{pair.agreement.pk}/log/"
    page = client.post(url, form, follow=True).content.decode()
    assert "A session counts from 45 minutes on" in page
    row = SupervisionSession.objects.get()
    page = as_user(pair.candidate).get(f"/supervision/sessions/{row.pk}/").content.decode()
    assert "would not count" in page
    assert "It lasted 30 minutes; a session counts from 45 minutes on." in page
    sessions.withdraw_session(row, by=pair.guide)
    page = client.post(url, form | {"minutes": "60"}, follow=True).content.decode()
    assert "A session counts from 45 minutes on" not in page
    row = SupervisionSession.objects.get(state="logged")
    page = as_user(pair.candidate).get(f"/supervision/sessions/{row.pk}/").content.decode()
    assert "would not count" not in page
