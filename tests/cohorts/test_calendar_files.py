"""Calendar files: golden bytes, and two foreign parsers that find the same instants."""

import base64
import uuid
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import ics
import pytest
import vobject
from django.urls import reverse

from cohorts.calendar_files import person_calendar, removing_calendar, sessions_calendar
from cohorts.emails.cancellation import calendar_given_up
from cohorts.models import Application, Cohort, Enrolment, Session
from cohorts.services.cancellation import cancel_cohort, close_application
from cohorts.services.opening import generate_sessions
from cohorts.services.places import tell_confirmed
from cohorts.services.reminders import queue_reminders
from cohorts.services.sessions import cancel_session, reschedule_session
from scip.mail.models import Letter
from scip.pathway.models import CalendarFeed
from scip.states import move
from tests import world
from tests.cohorts.meeting import enrol, lead, make_running

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).parent / "golden"
WRITTEN = datetime(2026, 9, 1, 12, tzinfo=UTC)


def both_changes() -> list[Session]:
    """Weekly in New York from 27 October 2026 to 16 March 2027, through both changes."""
    cohort = world.make_cohort(
        title="Autumn, naïve; café \\ cohort",
        time_zone="America/New_York",
        starts_on=date(2026, 10, 27),
        starts_at=time(12),
        session_count=21,
    )
    generate_sessions(cohort)
    for session in cohort.sessions.all():
        session.uid = uuid.UUID(int=session.number)
        session.changed_at = WRITTEN
        session.save(update_fields=["uid", "changed_at"])
    last = cohort.sessions.get(number=21)
    last.title = (
        "Ethics, limits, and what comes after; a long title that has to be folded twice over"
    )
    last.save(update_fields=["title"])
    return list(cohort.sessions.select_related("cohort"))


def by_vobject(content: bytes) -> list[tuple[str, datetime, datetime]]:
    calendar = vobject.readOne(content.decode())
    return sorted(
        (event.uid.value, event.dtstart.value, event.dtend.value) for event in calendar.vevent_list
    )


def by_ics(content: bytes) -> list[tuple[str, datetime, datetime]]:
    calendar = ics.Calendar(content.decode())
    return sorted(
        (event.uid, event.begin.datetime, event.end.datetime) for event in calendar.events
    )


def meant(sessions) -> list[tuple[str, datetime, datetime]]:
    return sorted((str(item.uid), item.starts_at, item.ends_at) for item in sessions)


def test_golden_file_of_a_series_through_both_changes():
    content = sessions_calendar(both_changes(), name="Autumn", left={}, with_join_link=True)
    assert content == (GOLDEN / "both_changes.ics").read_bytes()


def test_golden_file_without_links_and_with_a_cancelled_session(staff):
    sessions = both_changes()[:3]
    now = WRITTEN + timedelta(days=1)
    cancel_session(sessions[1], by=staff, now=now)
    moved_to = sessions[2].starts_at + timedelta(days=1)
    reschedule_session(sessions[2], starts_at=moved_to, by=staff, now=now)
    fresh = Session.objects.filter(pk__in=[item.pk for item in sessions]).select_related("cohort")
    content = sessions_calendar(fresh, name="Autumn", left={})
    assert content == (GOLDEN / "changed.ics").read_bytes()
    assert b"meet.example.org" not in content


def test_two_foreign_parsers_find_the_same_instants():
    sessions = both_changes()
    content = sessions_calendar(sessions, name="Autumn", left={}, with_join_link=True)
    assert by_vobject(content) == meant(sessions)
    assert by_ics(content) == meant(sessions)
    assert len({item.starts_at.hour for item in sessions}) == 2


def test_an_hour_off_would_be_found():
    sessions = both_changes()
    content = sessions_calendar(sessions, name="Autumn", left={})
    wrong = content.replace(b"DTSTART:20261103T170000Z", b"DTSTART:20261103T160000Z")
    assert by_vobject(wrong) != meant(sessions)
    assert by_ics(wrong) != meant(sessions)


def test_the_same_rows_give_the_same_bytes_and_no_zone_definitions():
    sessions = both_changes()
    once = sessions_calendar(sessions, name="Autumn", left={})
    again = sessions_calendar(
        list(Session.objects.select_related("cohort")), name="Autumn", left={}
    )
    assert once == again
    assert b"VTIMEZONE" not in once
    assert b"METHOD" not in once
    assert all(len(line) <= 75 for line in once.split(b"\r\n"))


def test_identity_stays_and_the_sequence_grows(staff):
    cohort = make_running(state=Cohort.State.OPEN)
    session = cohort.sessions.get(number=1)
    uid = session.uid
    later = session.starts_at + timedelta(hours=2)
    moved = reschedule_session(
        session, starts_at=later, by=staff, now=session.starts_at - timedelta(days=9)
    )
    assert (moved.uid, moved.sequence) == (uid, 1)
    assert moved.changed_at == later - timedelta(days=9, hours=2)


def test_a_person_sees_own_cohorts_with_the_link_and_unpaid_places_nothing(
    participant, stranger, django_assert_num_queries
):
    cohort = make_running()
    enrol(participant, cohort)
    enrol(stranger, cohort, state=Enrolment.State.AWAITING_PAYMENT, confirmed_at=None)
    with django_assert_num_queries(3):
        content = person_calendar(participant)
    assert by_vobject(content) == meant(cohort.sessions.all())
    assert content.count(b"https://meet.example.org/cohort") == 3 * 12
    assert b"VEVENT" not in person_calendar(stranger)


def test_a_facilitator_sees_the_cohorts_they_lead():
    cohort = make_running()
    leader = lead(cohort)
    make_running(title="Another")
    assert by_ics(person_calendar(leader)) == meant(cohort.sessions.all())


def test_golden_file_that_takes_a_given_up_session_and_a_cancelled_one_away(staff, settings):
    settings.DEFAULT_FROM_EMAIL = "SCIP Pathway <scip@example.org>"
    given_up, cancelled = both_changes()[:2]
    at = WRITTEN + timedelta(days=1)
    cancelled = cancel_session(cancelled, by=staff, now=at)
    content = removing_calendar([given_up], name="Autumn", left={}, at=at)
    assert content == (GOLDEN / "given_up.ics").read_bytes()
    of_all = removing_calendar([cancelled], name="Autumn", left={})
    assert f"SEQUENCE:{cancelled.sequence}\r\n".encode() in of_all
    for removed in (content, of_all):
        assert b"METHOD:CANCEL" in removed
        assert b"STATUS:CANCELLED" in removed
        assert b"meet.example.org" not in removed
    assert by_vobject(content) == by_ics(content) == meant([given_up])


def test_a_letter_takes_the_sessions_of_a_place_that_was_given_up_out_of_the_calendar(
    participant, staff
):
    cohort = make_running()
    place = enrol(participant, cohort)
    fourth = cohort.sessions.get(number=4)
    cancel_session(cohort.sessions.get(number=6), by=staff, now=fourth.starts_at - timedelta(1))
    shown = by_vobject(person_calendar(participant))
    (file,) = calendar_given_up(place, now=fourth.starts_at)
    content = file.content
    left = cohort.sessions.filter(number__gte=4).exclude(number=6)
    assert by_vobject(content) == meant(left)
    assert set(by_vobject(content)) < set(shown), "the same identities"
    assert content.count(b"SEQUENCE:1\r\n") == left.count() == 8
    assert calendar_given_up(place, now=cohort.sessions.get(number=12).ends_at) == []
    place.confirmed_at = None
    assert calendar_given_up(place, now=fourth.starts_at) == []


def numbers(content: bytes | str) -> set[int]:
    """The sequences that a file names."""
    raw = content if isinstance(content, str) else content.decode()
    return {int(line.split(":")[1]) for line in raw.splitlines() if line.startswith("SEQUENCE:")}


def files_of(user, since: int = 0) -> list[tuple[str, set[int]]]:
    """The calendar files of somebody's letters after a letter, with their sequences."""
    letters = Letter.objects.filter(to_user=user, pk__gt=since).order_by("pk")
    return [
        (file["name"], numbers(base64.b64decode(file["content"])))
        for letter in letters
        for file in letter.attachments
    ]


def leaves(place: Enrolment, *, now: datetime) -> set[int]:
    """The sequences of the file that takes the sessions away."""
    move(place, Enrolment.State.WITHDRAWN, by=place.user, now=now)
    move(place.application, Application.State.WITHDRAWN, by=place.user, now=now)
    (file,) = calendar_given_up(place, now=now)
    return numbers(file.content)


def test_whoever_comes_back_gets_numbers_beyond_those_that_took_the_sessions_away(
    participant, stranger, as_user, staff
):
    """RFC 5546, 2.1.5: calendars ignore a file with a lower one."""
    cohort = make_running()
    enrol(stranger, cohort)
    now = cohort.sessions.get(number=1).starts_at - timedelta(hours=20)
    assert leaves(enrol(participant, cohort), now=now) == {1}
    for taken_away, again in ((3, 2), (5, 4)):
        place = enrol(participant, cohort)
        here = Letter.objects.order_by("pk").last()
        tell_confirmed(place)
        queue_reminders(now)
        assert files_of(participant, here.pk if here else 0) == [
            ("sessions.ics", {again}),
            ("session.ics", {again}),
        ]
        assert numbers(person_calendar(participant)) == {again}
        page = as_user(participant).get(reverse("enrolments:calendar", args=[place.pk]))
        assert numbers(page.content) == {again}
        token = CalendarFeed.objects.update_or_create(user=participant)[0].token
        feed = as_user(participant).get(reverse("pathway:calendar", args=[token]))
        assert numbers(feed.content) == {again}
        assert leaves(place, now=now) == {taken_away}
    place = enrol(participant, cohort)
    session = cohort.sessions.get(number=1)
    here = Letter.objects.latest("pk").pk
    cancel_session(session, by=staff, now=now)
    assert files_of(participant, here) == [("session.ics", {7})]
    # Who never left has the session's own numbers.
    assert files_of(stranger)[-1] == ("session.ics", {1})
    assert numbers(person_calendar(stranger)) == {0, 1}


def test_a_cohort_that_is_cancelled_leaves_the_calendar_of_whoever_came_back(participant, staff):
    cohort = make_running(state=Cohort.State.OPEN)
    now = cohort.sessions.get(number=1).starts_at - timedelta(days=3)
    assert leaves(enrol(participant, cohort), now=now) == {1}
    place = enrol(participant, cohort)
    cancel_cohort(cohort, by=staff, reason="Too few of us.", now=now)
    close_application(place.application_id, now=now)
    assert files_of(participant) == [("sessions.ics", {3})]
