"""Asking for a brief call: limits, answers, times, silence, races, and who sees what."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from django.utils import timezone

from certification.candidacy.models import Candidacy, Leave
from scip.accounts.models import User
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from supervision.models import Approval, Introduction
from supervision.queries.introductions import introductions_for
from supervision.services import introductions as services
from supervision.services import supervisors as office
from tests import world
from tests.races import tally

State = Introduction.State
DAY = timedelta(days=1)
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def candidate(db: None) -> User:
    return world.make_user(
        "cleo@example.com", name="Cleo Candidate", time_zone="America/Toronto", phone="+1 555 0100"
    )


@pytest.fixture
def candidacy(candidate: User) -> Candidacy:
    return world.make_candidacy(candidate)


@pytest.fixture
def suna(db: None):
    user = world.make_user(
        "suna@example.com", name="Suna Supervisor", time_zone="Europe/Warsaw", phone="+48 22 111"
    )
    return world.make_supervisor(user)


def others(count: int):
    return [
        world.make_supervisor(world.make_user(f"other{n}@example.com", name=f"Other {n}"))
        for n in range(1, count + 1)
    ]


def asked(candidacy, supervisor, *, now=None, message="Could we talk?"):
    return services.ask(candidacy, supervisor, message=message, by=candidacy.user, now=now)


def letters_to(user) -> list[str]:
    return list(
        Letter.objects.filter(to_user=user).order_by("pk").values_list("subject", flat=True)
    )


# --- Asking --------------------------------------------------------------------------------------


def test_asking_tells_the_supervisor_without_the_words(candidacy, suna):
    row = asked(candidacy, suna, message="A secret hope")
    letter = Letter.objects.get(to_user=suna.user)
    assert letter.subject == "Cleo Candidate asks you for a brief call"
    for text in (letter.text, letter.html):
        assert "A secret hope" not in text
        assert "cleo@example.com" not in text
        assert f"/supervision/introductions/{row.pk}/" in text
    assert asked(candidacy, suna) == row, "a second press returns what waits"
    assert Letter.objects.filter(to_user=suna.user).count() == 1


def test_a_fourth_request_is_refused_by_the_names_that_wait(candidacy, suna):
    for other in others(3):
        asked(candidacy, other)
    with pytest.raises(Refusal, match=r"Other 3, Other 2 and Other 1"):
        asked(candidacy, suna)
    services.withdraw(Introduction.objects.open().latest("pk"), by=candidacy.user)
    assert asked(candidacy, suna).state == State.SENT


@pytest.mark.parametrize("state", ["preparing", "awaiting_payment", "on_leave", "closed"])
def test_only_somebody_registered_and_not_on_leave_asks(candidate, suna, state):
    candidacy = world.make_candidacy(candidate, state)
    with pytest.raises(Refusal):
        asked(candidacy, suna)
    assert not Introduction.objects.exists()


@pytest.mark.parametrize(
    "changes", [{"is_accepting": False}, {"is_listed": False}], ids=["no room", "not listed"]
)
def test_a_supervisor_without_room_or_page_is_not_asked(candidacy, suna, changes):
    type(suna).objects.filter(pk=suna.pk).update(**changes)
    with pytest.raises(Refusal, match="taking on candidates"):
        asked(candidacy, suna)


def test_nobody_asks_in_anothers_name_or_oneself(candidacy, suna, stranger):
    with pytest.raises(Refusal):
        services.ask(candidacy, suna, message="x", by=stranger)
    own = world.make_supervisor(candidacy.user)
    with pytest.raises(Refusal, match="your own page"):
        asked(candidacy, own)


# --- Answering -----------------------------------------------------------------------------------


def test_yes_with_times_then_one_is_chosen_and_both_get_the_call(candidacy, suna):
    row = asked(candidacy, suna, now=NOW)
    times = [NOW + 3 * DAY, NOW + 2 * DAY]
    row = services.accept(row, by=suna.user, answer="Gladly.", times=times, now=NOW + DAY)
    assert row.state == State.ACCEPTED
    assert row.proposed_times == sorted(times)
    assert services.accept(row, by=suna.user, answer="Twice", now=NOW + DAY).answer == "Gladly."
    letter = Letter.objects.get(to_user=candidacy.user, subject__contains="says yes")
    assert "Gladly." not in letter.text
    assert "Wednesday 3 March 2027, 07:00, Toronto time" in letter.text
    with pytest.raises(Refusal):
        services.choose_time(row, by=candidacy.user, time=NOW + 4 * DAY, now=NOW + DAY)
    row = services.choose_time(row, by=candidacy.user, time=times[0], now=NOW + DAY)
    again = services.choose_time(row, by=candidacy.user, time=times[0], now=NOW + DAY)
    assert again.chosen_time == times[0]
    with pytest.raises(Refusal, match="chosen already"):
        services.choose_time(row, by=candidacy.user, time=times[1], now=NOW + DAY)
    calls = Letter.objects.filter(subject__startswith="Your call with")
    assert {letter.to_user_id for letter in calls} == {candidacy.user_id, suna.user_id}
    for letter in calls:
        event = vobject.readOne(call_of(letter)).vevent
        assert event.dtstart.value == times[0]
        assert event.dtend.value > event.dtstart.value
        other = suna.user if letter.to_user_id == candidacy.user_id else candidacy.user
        assert str(other) in event.summary.value


def call_of(letter) -> str:
    import base64

    (item,) = letter.attachments
    return base64.b64decode(item["content"]).decode()


def test_a_time_that_passed_is_no_choice_any_more(candidacy, suna):
    row = asked(candidacy, suna, now=NOW)
    row = services.accept(row, by=suna.user, answer="Yes", times=[NOW + DAY], now=NOW)
    with pytest.raises(Refusal, match="isn’t offered any more"):
        services.choose_time(row, by=candidacy.user, time=NOW + DAY, now=NOW + 2 * DAY)
    row = services.propose_times(row, by=suna.user, times=[NOW + 5 * DAY], now=NOW + 2 * DAY)
    assert row.proposed_times == [NOW + 5 * DAY]
    assert "Suna Supervisor proposes times for your call" in letters_to(candidacy.user)


@pytest.mark.parametrize(
    "times",
    [[NOW - DAY], [NOW + n * DAY for n in range(1, 7)]],
    ids=["in the past", "more than five"],
)
def test_times_that_cannot_be_offered_change_nothing(candidacy, suna, times):
    row = asked(candidacy, suna, now=NOW)
    with pytest.raises(Refusal):
        services.accept(row, by=suna.user, answer="Yes", times=times, now=NOW)
    row.refresh_from_db()
    assert row.state == State.SENT


def test_times_are_proposed_only_between_yes_and_choice(candidacy, suna):
    row = asked(candidacy, suna, now=NOW)
    with pytest.raises(Refusal):
        services.propose_times(row, by=suna.user, times=[NOW + DAY], now=NOW)
    row = services.accept(row, by=suna.user, answer="Yes", now=NOW)
    with pytest.raises(Refusal, match="at least one"):
        services.propose_times(row, by=suna.user, times=[], now=NOW)
    row = services.propose_times(row, by=suna.user, times=[NOW + DAY], now=NOW)
    services.choose_time(row, by=candidacy.user, time=NOW + DAY, now=NOW)
    with pytest.raises(Refusal):
        services.propose_times(row, by=suna.user, times=[NOW + 2 * DAY], now=NOW)


def test_a_kind_no_needs_words_and_frees_the_place(candidacy, suna):
    row = asked(candidacy, suna)
    with pytest.raises(Refusal, match="a few words"):
        services.decline(row, by=suna.user, answer="  ")
    row = services.decline(row, by=suna.user, answer="Not this year.")
    assert row.state == State.DECLINED
    letter = Letter.objects.get(to_user=candidacy.user, subject__startswith="An answer from")
    assert "Not this year." not in letter.text
    assert asked(candidacy, suna).pk != row.pk, "one may ask again later"


def test_nobody_else_answers_withdraws_or_chooses(candidacy, suna, stranger, staff):
    row = asked(candidacy, suna, now=NOW)
    for by in (stranger, staff, candidacy.user):
        with pytest.raises(Refusal):
            services.accept(row, by=by, answer="Yes", now=NOW)
        with pytest.raises(Refusal):
            services.decline(row, by=by, answer="No", now=NOW)
    for by in (stranger, staff, suna.user):
        with pytest.raises(Refusal):
            services.withdraw(row, by=by, now=NOW)
        with pytest.raises(Refusal):
            services.choose_time(row, by=by, time=NOW + DAY, now=NOW)
    row.refresh_from_db()
    assert row.state == State.SENT


ACTS = {
    "accept": lambda row, c, s: services.accept(row, by=s.user, answer="Yes"),
    "decline": lambda row, c, s: services.decline(row, by=s.user, answer="No"),
    "withdraw": lambda row, c, s: services.withdraw(row, by=c.user),
}


@pytest.mark.parametrize("state", ["accepted", "declined", "withdrawn", "lapsed"])
@pytest.mark.parametrize("act", ACTS)
def test_what_is_answered_stays_answered(candidacy, suna, state, act):
    row = Introduction.objects.create(
        candidacy=candidacy, supervisor=suna, message="m", state=state, answer="first"
    )
    same = {"accept": "accepted", "decline": "declined", "withdraw": "withdrawn"}[act] == state
    if same:
        ACTS[act](row, candidacy, suna)
    else:
        with pytest.raises(IllegalMove):
            ACTS[act](row, candidacy, suna)
    row.refresh_from_db()
    assert (row.state, row.answer) == (state, "first")


def test_without_approval_a_yes_is_refused_but_a_no_is_not(candidacy, suna):
    row = asked(candidacy, suna)
    Approval.objects.filter(supervisor=suna).update(until_on=date(2021, 1, 1))
    with pytest.raises(Refusal, match="approval"):
        services.accept(row, by=suna.user, answer="Yes")
    assert services.decline(row, by=suna.user, answer="No").state == State.DECLINED


# --- Silence -------------------------------------------------------------------------------------


def test_silence_is_remembered_once_and_then_lapses(candidacy, suna):
    row = asked(candidacy, suna, now=NOW)
    days = candidacy.edition.silent_supervisor_days
    assert services.lapse_silent(NOW + (days // 2 - 1) * DAY) == 0
    assert len(letters_to(suna.user)) == 1
    for _twice in range(2):
        assert services.lapse_silent(NOW + (days // 2 + 1) * DAY) == 0
    assert letters_to(suna.user)[1:] == ["Cleo Candidate still waits for a word from you"]
    assert services.lapse_silent(NOW + days * DAY - timedelta(seconds=1)) == 0
    assert services.lapse_silent(NOW + days * DAY) == 1
    row.refresh_from_db()
    assert row.state == State.LAPSED
    assert "No answer came from Suna Supervisor" in letters_to(candidacy.user)
    assert services.lapse_silent(NOW + days * DAY) == 0


def test_leave_stops_the_clock(candidacy, suna):
    row = asked(candidacy, suna, now=NOW)
    days = candidacy.edition.silent_supervisor_days
    leave = Leave.objects.create(candidacy=candidacy, from_on=NOW.date())
    assert services.lapse_silent(NOW + (days + 30) * DAY) == 0
    back = NOW + (days + 30) * DAY
    Leave.objects.filter(pk=leave.pk).update(ended_at=back, until_on=back.date())
    assert services.lapse_silent(back + DAY) == 0
    assert services.lapse_silent(back + days * DAY) == 1
    row.refresh_from_db()
    assert row.state == State.LAPSED


def test_an_ended_approval_lapses_what_waits_with_its_last_day(candidacy, suna, staff):
    row = asked(candidacy, suna)
    office.end_approval(suna, reason="By her own wish.", by=staff)
    office.follow_calendar(timezone.now() + DAY)
    row.refresh_from_db()
    assert row.state == State.LAPSED


def test_a_candidate_who_stopped_leaves_nothing_to_answer(candidacy, suna):
    row = asked(candidacy, suna)
    Candidacy.objects.filter(pk=candidacy.pk).update(
        state="closed", closed_at=timezone.now(), close_reason="x"
    )
    services.lapse_silent()
    row.refresh_from_db()
    assert row.state == State.WITHDRAWN


# --- Races ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_request_too_many_from_two_tabs_is_refused(candidate):
    candidacy = world.make_candidacy(candidate)
    first, second, *rest = others(4)
    for supervisor in rest:
        asked(candidacy, supervisor)
    outcomes = tally(*[lambda s=s: asked(candidacy, s) for s in (first, second)])
    assert outcomes == {"done": 1, "refused": 1}
    assert Introduction.objects.open().count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_double_press_is_one_request(candidate):
    candidacy = world.make_candidacy(candidate)
    (supervisor,) = others(1)
    assert tally(*[lambda: asked(candidacy, supervisor)] * 3) == {"done": 3}
    assert Introduction.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_yes_and_taking_back_at_once_have_one_outcome(candidate):
    candidacy = world.make_candidacy(candidate)
    for supervisor in others(3):
        row = asked(candidacy, supervisor)
        outcomes = tally(
            *[
                lambda row=row, s=supervisor: services.accept(row, by=s.user, answer="Yes"),
                lambda row=row: services.withdraw(row, by=candidate),
            ]
        )
        assert outcomes == {"done": 1, "refused": 1}
        row.refresh_from_db()
        told = Letter.objects.filter(dedupe_key__startswith=f"introduction:{row.pk}:")
        kinds = {letter.dedupe_key.split(":")[2] for letter in told}
        assert kinds == {"introduction_asked", f"introduction_{row.state}"}


# --- Pages ---------------------------------------------------------------------------------------


def test_the_whole_way_on_the_pages(candidacy, suna, as_user):
    cleo, her = as_user(candidacy.user), as_user(suna.user)
    page = cleo.get(f"/supervisors/{suna.pk}/ask/").content.decode()
    assert 'name="message"' in page
    sent = cleo.post(f"/supervisors/{suna.pk}/ask/", {"message": "Hello <b>there</b>"})
    row = Introduction.objects.get()
    assert sent["Location"] == f"/supervision/introductions/{row.pk}/"
    page = her.get(sent["Location"]).content.decode()
    assert "Hello &lt;b&gt;there&lt;/b&gt;" in page
    assert candidacy.user.email not in page
    assert candidacy.user.phone not in page
    zone = ZoneInfo("Europe/Warsaw")
    local = (timezone.now() + 3 * DAY).astimezone(zone).replace(second=0, microsecond=0)
    typed = {"answer": "Gladly", "time_1": local.strftime("%Y-%m-%dT%H:%M")}
    done = her.post(f"/supervision/introductions/{row.pk}/accept/", typed)
    assert done.status_code == 302
    row.refresh_from_db()
    assert row.proposed_times == [local]
    page = her.get(sent["Location"]).content.decode()
    assert "Warsaw time (for Cleo Candidate: " in page, "everybody’s own zone first"
    page = cleo.get(sent["Location"]).content.decode()
    assert "Toronto time (for Suna Supervisor: " in page
    assert suna.user.email in page
    assert suna.user.phone in page
    chosen = {"time": row.proposed_times[0].isoformat()}
    assert cleo.post(f"/supervision/introductions/{row.pk}/choose/", chosen).status_code == 302
    row.refresh_from_db()
    assert row.chosen_time == local
    assert candidacy.user.email in her.get(sent["Location"]).content.decode()


@pytest.mark.parametrize("state", ["sent", "declined", "withdrawn", "lapsed"])
def test_without_a_yes_nobody_sees_how_to_reach_the_other(candidacy, suna, as_user, state):
    row = Introduction.objects.create(
        candidacy=candidacy, supervisor=suna, message="m", state=state, answer="a"
    )
    for user, other in ((candidacy.user, suna.user), (suna.user, candidacy.user)):
        for path in (f"/supervision/introductions/{row.pk}/", "/supervision/introductions/"):
            page = as_user(user).get(path).content.decode()
            assert other.email not in page
            assert other.phone not in page


@pytest.mark.parametrize(
    "persona", ["stranger", "participant", "staff", "facilitator", "supervisor", "reviewer"]
)
def test_to_everybody_else_a_request_is_not_there(candidacy, suna, as_user, persona, request):
    row = asked(candidacy, suna)
    client = as_user(request.getfixturevalue(persona))
    assert client.get(f"/supervision/introductions/{row.pk}/").status_code == 404
    for act in ("accept", "decline", "times", "choose", "withdraw"):
        path = f"/supervision/introductions/{row.pk}/{act}/"
        assert client.post(path, {"answer": "x"}).status_code == 404
    assert not introductions_for(request.getfixturevalue(persona))
    row.refresh_from_db()
    assert row.state == State.SENT


def test_the_list_takes_the_same_queries_for_one_and_three(
    candidacy, suna, as_user, django_assert_num_queries
):
    client = as_user(candidacy.user)
    client.get("/supervision/introductions/")  # the first page of a session notes who is there
    asked(candidacy, suna)
    with django_assert_num_queries(QUERIES_OF_LIST):
        client.get("/supervision/introductions/")
    for other in others(2):
        asked(candidacy, other)
    with django_assert_num_queries(QUERIES_OF_LIST):
        page = client.get("/supervision/introductions/")
    assert len(page.context["introductions"].asked) == 3


QUERIES_OF_LIST = 4


def test_what_stands_in_the_way_is_said_and_typed_words_stay(candidate, suna, as_user):
    client = as_user(candidate)
    path = f"/supervisors/{suna.pk}/ask/"
    page = client.get(path).content.decode()
    assert "Register for certification first" in page
    assert 'name="message"' not in page
    assert client.post(path, {"message": "My words"}).status_code == 200
    assert not Introduction.objects.exists()
    candidacy = world.make_candidacy(candidate)
    empty = client.post(path, {"message": "  "}).content.decode()
    assert "There are no words here yet." in empty
    for other in others(3):
        asked(candidacy, other)
    page = client.post(path, {"message": "My words"}).content.decode()
    assert "My words" in page
    assert "Other 1" in page


def test_an_answer_that_needs_another_look_keeps_its_words(candidacy, suna, as_user):
    row = asked(candidacy, suna)
    her = as_user(suna.user)
    path = f"/supervision/introductions/{row.pk}"
    typed = {"answer": "With care", "time_1": "2020-01-01T10:00", "time_2": "soon"}
    page = her.post(f"{path}/accept/", typed).content.decode()
    assert "With care" in page
    assert "This time has passed" in page
    assert "2020-01-01T10:00" in page
    assert "the clock has no such moment" in page
    page = her.post(f"{path}/decline/", {"answer": " "}).content.decode()
    assert "There are no words here yet." in page
    row.refresh_from_db()
    assert row.state == State.SENT


def test_answering_what_was_taken_back_says_so(candidacy, suna, as_user):
    row = asked(candidacy, suna)
    services.withdraw(row, by=candidacy.user)
    her = as_user(suna.user)
    answer = her.post(f"/supervision/introductions/{row.pk}/accept/", {"answer": "x"}, follow=True)
    assert "taken back" in answer.content.decode()
    row.refresh_from_db()
    assert row.state == State.WITHDRAWN
