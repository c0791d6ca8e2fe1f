"""Planned sessions: in both calendars, moved, cancelled, brought to mind once."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from certification.candidacy.models import Leave
from scip.mail.models import Letter
from scip.pathway.services import renew_feed
from scip.requirements import Refusal
from supervision.models import Appointment, SupervisionSession
from supervision.services import agreements, sessions
from supervision.services import appointments as services
from supervision.services.recommendations import save_part, send_recommendation
from tests import world
from tests.races import tally
from tests.supervision.pair import Kind, at, confirmed, held, make_pair, walk

NOW = at(0)
State = Appointment.State
LETTER = {
    "outcome": "recommended",
    "key_elements": "Shame.",
    "assessment": "Steady.",
    "reflections": "Warm.",
}


@pytest.fixture
def pair(db):
    return make_pair()


def plan(pair, days=2, **fields):
    fields.setdefault("by", pair.guide)
    fields.setdefault("now", NOW)
    return services.plan_appointment(
        pair.agreement, **{"starts_at": at(days), "minutes": 60, "where": "The usual room"} | fields
    )


def test_both_get_a_letter_with_the_calendar_file(pair):
    plan(pair)
    letters = Letter.objects.filter(subject__startswith="Supervision with")
    assert {letter.to_address for letter in letters} == {pair.candidate.email, pair.guide.email}
    assert [item["name"] for item in letters[0].attachments] == ["supervision.ics"]


def test_the_feed_keeps_an_identity_and_counts_changes(pair, client):
    appointment = plan(pair)
    feed = renew_feed(pair.candidate)
    url = reverse("pathway:calendar", args=[feed.token])

    def event():
        calendar = Calendar.from_ical(client.get(url).content)
        return next(iter(calendar.walk("VEVENT")))

    first = event()
    assert str(first["summary"]) == "Supervision with Gita 1"
    assert first["dtstart"].dt == at(2)
    services.move_appointment(appointment, by=pair.candidate, starts_at=at(3), minutes=50, now=NOW)
    moved = event()
    assert (moved["uid"], moved["sequence"]) == (first["uid"], 1)
    assert moved["dtend"].dt - moved["dtstart"].dt == timedelta(minutes=50)
    services.cancel_appointment(appointment, by=pair.guide, now=NOW)
    gone = event()
    assert (str(gone["uid"]), gone["sequence"], gone["status"]) == (first["uid"], 2, "CANCELLED")


def test_the_feed_of_others_has_none_of_it(pair, client, stranger):
    plan(pair)
    second = make_pair(2)
    for person in (stranger, second.candidate, second.guide):
        url = reverse("pathway:calendar", args=[renew_feed(person).token])
        assert b"VEVENT" not in client.get(url).content


def test_reminders_go_once_for_each_date(pair):
    appointment = plan(pair)
    assert services.remind_appointments(at(0)) == 0
    assert services.remind_appointments(at(1, 12)) == 2
    assert services.remind_appointments(at(1, 13)) == 0
    services.move_appointment(
        appointment, by=pair.guide, starts_at=at(2, 15), minutes=60, now=at(1, 14)
    )
    assert services.remind_appointments(at(1, 16)) == 2


@pytest.mark.parametrize("reason", ["cancelled", "on leave", "ended"])
def test_nobody_is_reminded_of_what_rests(pair, reason):
    appointment = plan(pair)
    if reason == "cancelled":
        services.cancel_appointment(appointment, by=pair.guide, now=NOW)
    elif reason == "on leave":
        Leave.objects.create(candidacy=pair.candidacy, from_on=date(2026, 3, 1))
    else:
        agreements.end_agreement(pair.agreement, by=pair.guide, reason="Ends.", now=NOW)
        appointment.refresh_from_db()
        assert appointment.state == State.CANCELLED
    assert services.remind_appointments(at(1, 12)) == 0


def test_the_past_and_two_at_once_are_refused(pair, stranger):
    plan(pair)
    with pytest.raises(Refusal, match="has passed"):
        plan(pair, days=-1)
    with pytest.raises(Refusal, match="another supervision session planned"):
        plan(pair, starts_at=at(2) + timedelta(minutes=59))
    with pytest.raises(Refusal, match="another supervision session planned"):
        plan(make_pair(2, guide=pair.supervisor), starts_at=at(2) - timedelta(minutes=30))
    plan(pair, starts_at=at(2) + timedelta(minutes=60))
    with pytest.raises(Refusal, match="Only the two people"):
        plan(pair, days=9, by=stranger)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_moved", [False, True])
def test_two_candidates_who_choose_one_hour_at_once_and_one_is_told(is_moved):
    first = make_pair()
    second = make_pair(2, guide=first.supervisor)
    if is_moved:
        row = plan(second, days=5)

    def again():
        if is_moved:
            when = {"starts_at": at(2), "minutes": 60, "now": NOW}
            services.move_appointment(row, by=second.candidate, **when)
        else:
            plan(second, by=second.candidate)

    assert tally(lambda: plan(first, by=first.candidate), again) == {"done": 1, "refused": 1}
    assert Appointment.objects.filter(starts_at=at(2)).count() == 1


@pytest.mark.parametrize("way", ["sessions", "letter"])
def test_what_is_planned_beyond_the_end_is_cancelled_with_a_letter(pair, way):
    walk(pair, 9 if way == "sessions" else 10)
    if way == "letter":
        pair = going_on(pair)
    row = plan(pair, days=90, now=at(80))
    if way == "sessions":
        confirmed(pair, Kind.EXIT_INTERVIEW, at(64))
    else:
        letter = save_part(pair.agreement, by=pair.guide, now=at(81), **LETTER)
        send_recommendation(letter, by=pair.guide, now=at(82))
    row.refresh_from_db()
    assert (pair.again().agreement.state, row.state) == ("completed", State.CANCELLED)
    letters = Letter.objects.filter(dedupe_key__startswith=f"appointment:{row.pk}:1:cancelled")
    assert {item.to_address for item in letters} == {pair.candidate.email, pair.guide.email}
    assert "nothing more is planned here" in letters[0].text


def going_on(pair):
    """After a "not yet" with another agreement of the same two."""
    pair.again()
    parts = LETTER | {"outcome": "not_yet", "guidance": "More work with endings."}
    letter = save_part(pair.agreement, by=pair.guide, now=at(70), **parts)
    send_recommendation(letter, by=pair.guide, now=at(71))
    pair.agreement = world.make_agreement(pair.candidacy, pair.supervisor, signed_at=at(72))
    confirmed(pair, Kind.SUPERVISION, at(75))
    return pair


def test_a_cancelled_session_is_not_moved(pair):
    appointment = plan(pair)
    services.cancel_appointment(appointment, by=pair.guide, now=NOW)
    services.cancel_appointment(appointment, by=pair.guide, now=NOW)
    with pytest.raises(Refusal, match="not ahead any more"):
        services.move_appointment(appointment, by=pair.guide, starts_at=at(5), minutes=60, now=NOW)


def test_logging_it_makes_it_held_and_fills_the_form(pair, as_user):
    appointment = plan(pair)
    url = reverse("supervision:session_log", args=[pair.agreement.pk])
    form = as_user(pair.guide).get(url).context["form"]
    assert form["held_on"].value() == at(2).date()
    sessions.log_session(
        pair.agreement, held(Kind.ORIENTATION, at(2)), by=pair.guide, appointment=appointment
    )
    appointment.refresh_from_db()
    assert appointment.state == State.HELD


def test_the_day_that_is_typed_finds_the_appointment(as_user, db):
    """Two are past and not logged yet: whoever enters the first leaves the second as it is."""
    today = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0)
    pair = make_pair(signed_at=today - timedelta(days=20), final_at=None, plan_at=None)
    first, second = (
        plan(pair, starts_at=today - timedelta(days=days), now=today - timedelta(days=15))
        for days in (9, 2)
    )
    url = reverse("supervision:session_log", args=[pair.agreement.pk])
    client = as_user(pair.guide)
    data = {"kind": "orientation", "minutes": "60", "is_online": "1"}

    def post(moment):
        local = timezone.localtime(moment, timezone=pair.guide.zone)
        when = {"held_on": local.date().isoformat(), "starts_at": f"{local:%H:%M}"}
        return client.post(url, data | when)

    assert post(first.starts_at + timedelta(minutes=15)).status_code == 302
    session = SupervisionSession.objects.get()
    assert session.appointment == first
    second.refresh_from_db()
    assert second.state == State.PLANNED
    assert post(today - timedelta(days=6)).status_code == 302
    assert SupervisionSession.objects.get(appointment=None).kind == "orientation"
    # A second press: the hour is taken, and that is said.
    again = post(first.starts_at + timedelta(minutes=15))
    assert "holds one session at a time" in again.content.decode()


@pytest.mark.django_db(transaction=True)
def test_one_appointment_logged_by_both_at_once_is_one_session():
    pair = make_pair()
    row = plan(pair)

    def log_it(by, minutes):
        start = at(2) + timedelta(minutes=minutes)
        said = held(Kind.ORIENTATION, start, 50)
        sessions.log_session(pair.agreement, said, by=by, appointment=row)

    jobs = (lambda: log_it(pair.guide, 0), lambda: log_it(pair.candidate, 60))
    assert tally(*jobs) == {"done": 1, "refused": 1}
    assert SupervisionSession.objects.filter(appointment=row).count() == 1


def test_an_appointment_that_was_cancelled_meanwhile_is_said(pair):
    row = plan(pair)
    services.cancel_appointment(row, by=pair.candidate, now=NOW)
    with pytest.raises(Refusal, match="has just been cancelled"):
        sessions.log_session(
            pair.agreement, held(Kind.ORIENTATION, at(2)), by=pair.guide, appointment=row
        )


def test_planned_moved_and_cancelled_on_the_site(pair, as_user):
    client = as_user(pair.candidate)
    day = timezone.localdate() + timedelta(days=5)
    data = {"held_on": day.isoformat(), "starts_at": "18:00", "minutes": "60", "is_online": "1"}
    client.post(reverse("supervision:appointment_plan", args=[pair.agreement.pk]), data)
    row = Appointment.objects.get()
    assert timezone.localtime(row.starts_at, timezone=pair.candidate.zone).hour == 18
    client.post(
        reverse("supervision:appointment_move", args=[row.pk]), data | {"starts_at": "19:00"}
    )
    row.refresh_from_db()
    assert row.sequence == 1
    client.post(reverse("supervision:appointment_cancel", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == State.CANCELLED


def test_somebody_elses_appointment_is_not_there(pair, as_user, staff, stranger, facilitator):
    row = plan(pair)
    second = make_pair(2)
    for person in (staff, stranger, facilitator, second.candidate, second.guide):
        client = as_user(person)
        for name in ("move", "cancel"):
            url = reverse(f"supervision:appointment_{name}", args=[row.pk])
            assert client.post(url, {}).status_code == 404
