"""Participant reports: read in every form, matched without guessing, saved once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cohorts.meeting_reports import (
    Known,
    Presence,
    Stay,
    Sureness,
    UnreadableReport,
    joined,
    match_people,
    minutes_in,
    presence,
    read_report,
)
from cohorts.models import Attendance, Enrolment
from cohorts.services.reports import packed, plan_marks, save_report, unpacked
from scip.audit.models import Entry
from tests.cohorts.meeting import FIRST, enrol, lead, make_running
from tests.world import make_user

LISBON = ZoneInfo("Europe/Lisbon")
END = FIRST + timedelta(minutes=180)
AROUND = (FIRST, END)

ZOOM = """\
Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants,
"812 3456 7890","Session 1","03/02/2027 05:55:11 PM","03/02/2027 09:02:00 PM","host@example.com","187","3",

Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent,In Waiting Room
"Ana (Ana Silva)","ANA@example.com","03/02/2027 06:10:00 PM","03/02/2027 07:00:00 PM","50","Yes","","No"
"Ana (Ana Silva)","ana@example.com","03/02/2027 07:05:00 PM","03/02/2027 09:01:00 PM","116","Yes","","No"
"Ana (Ana Silva)","ana@example.com","03/02/2027 05:58:00 PM","03/02/2027 06:10:00 PM","12","Yes","","Yes"
"iPhone","","03/02/2027 06:00:00 PM","03/02/2027 06:30:00 PM","30","Yes","","No"
"""
TEAMS = """\
1. Summary
Meeting title\tSession 1
Start time\t3/2/27, 5:55:12 PM

2. Participants
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole
Ana Silva\t3/2/27, 6:10:00 PM\t3/2/27, 9:01:00 PM\t2h 46m 0s\tana@example.com\tana@example.com\tAttendee

3. In-Meeting Activities
Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole
Ana Silva\t3/2/27, 6:10:00 PM\t3/2/27, 7:00:00 PM\t50m 0s\tana@example.com\tAttendee
Ana Silva\t3/2/27, 7:05:00 PM\t3/2/27, 9:01:00 PM\t1h 56m 0s\tana@example.com\tAttendee
"""


def read(text: str, encoding: str = "utf-8", zone: ZoneInfo = LISBON) -> list[Stay]:
    return read_report(text.encode(encoding), zone=zone, around=AROUND)


def stay(name="Ana Silva", email="", joined=0, left=180, minutes=0) -> Stay:
    """Joined and left in minutes from the beginning; None: only the total is known."""
    if joined is None:
        return Stay(name, email, None, None, minutes)
    moments = (FIRST + timedelta(minutes=joined), FIRST + timedelta(minutes=left))
    return Stay(name, email, *moments, left - joined)


# --- Reading ------------------------------------------------------------------------------


def test_zoom_with_its_head_and_without_the_waiting_room():
    stays = read(ZOOM)
    assert [row.email for row in stays] == ["ana@example.com", "ana@example.com", ""]
    assert stays[0].joined_at == datetime(2027, 3, 2, 18, 10, tzinfo=UTC)
    assert presence(stays[:2], *AROUND) == Presence(165, 10, 5)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_teams_takes_the_single_joins(encoding):
    stays = read(TEAMS, encoding)
    assert len(stays) == 2
    assert presence(stays, *AROUND) == Presence(165, 10, 5)


def test_the_session_decides_between_day_and_month():
    text = "Name,Join Time,Leave Time\nAna,02/03/2027 18:00:00,02/03/2027 21:00:00\n"
    assert read(text)[0].joined_at == FIRST


def test_the_zone_of_the_account_is_told_apart():
    text = "Name,Join Time,Leave Time\nAna,2027-03-02 13:00:00,2027-03-02 16:00:00\n"
    assert read(text, zone=ZoneInfo("America/New_York"))[0].joined_at == FIRST


def test_totals_without_moments():
    text = "Name (Original Name),User Email,Total Duration (Minutes),Guest\nAna,,170,No\n"
    assert presence(read(text), *AROUND) == Presence(170, 0, 10)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no participant report"),
        ("a,b\n1,2\n", "no participant report"),
        ("Name,Join Time,Leave Time\n", "nobody in it"),
        ("Name,Join Time,Leave Time\nAna,gestern,heute\n", "in English"),
        ("Name,Join Time,Leave Time\nAna,2027-03-09 18:00:00,2027-03-09 20:00:00\n", "another day"),
        ("Name,Duration\n" + "Ana,1\n" * 20_001, "more lines"),
        ("Name,Duration\nA\x00na,1\n", "no participant report"),
    ],
)
def test_what_is_no_report_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(UnreadableReport, match=sentence):
        read(text)


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(UnreadableReport):
        read_report(b"%PDF-1.7\xff\xfe\x00", zone=LISBON, around=AROUND)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("80", 80),
        ("2h 55m 3s", 175),
        ("45m 31s", 46),
        ("1h", 60),
        ("12 min", 12),
        ("", 0),
        ("x", 0),
    ],
)
def test_durations(text, minutes):
    assert minutes_in(text) == minutes


# --- How long -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stays", "expected"),
    [
        ([stay(joined=-10, left=200)], Presence(180, 0, 0)),
        ([stay(joined=0, left=90), stay(joined=30, left=120)], Presence(120, 0, 60)),
        ([stay(joined=20, left=60), stay(joined=100, left=180)], Presence(120, 20, 40)),
        ([stay(joined=-60, left=-5)], Presence(0, 0, 180)),
        ([], Presence(0, 0, 180)),
    ],
)
def test_time_within_the_session(stays, expected):
    assert presence(stays, *AROUND) == expected


# --- Who --------------------------------------------------------------------------------------

ANA = Known(1, "Ana Sílva", frozenset({"ana@example.com"}))
BO = Known(2, "Bo Chen", frozenset({"bo@example.com"}))
OTHER_ANA = Known(3, "Ana Silva", frozenset({"ana2@example.com"}))


@pytest.mark.parametrize(
    ("name", "email", "known", "sureness", "key"),
    [
        ("Whoever", "ana@example.com", [ANA, BO], Sureness.EMAIL, 1),
        ("silva ANA", "", [ANA, BO], Sureness.NAME, 1),
        ("iPad (Ana Silva)", "", [ANA, BO], Sureness.NAME, 1),
        ("Ana Silva", "", [ANA, OTHER_ANA], Sureness.UNSURE, None),
        ("Ana S.", "", [ANA, BO], Sureness.UNSURE, None),
        ("iPhone", "", [ANA, BO], Sureness.NOBODY, None),
    ],
)
def test_who_is_meant(name, email, known, sureness, key):
    (guest,) = match_people([stay(name, email)], known)
    assert (guest.sureness, guest.key) == (sureness, key)


def test_one_person_is_never_given_to_two_names():
    guests = match_people([stay("Ana Silva"), stay("Silva Ana (Ana)")], [ANA, BO])
    assert {guest.sureness for guest in guests} <= {Sureness.UNSURE, Sureness.NAME}
    by_name = [guest for guest in guests if guest.key == 1]
    assert not by_name


def test_an_address_and_the_same_name_by_telephone_are_one_person():
    guests = match_people([stay("Ana Silva", "ana@example.com"), stay("Ana Silva")], [ANA, BO])
    assert [guest.key for guest in guests] == [1, 1]


def test_the_report_of_another_meeting_is_not_asked_about_name_by_name():
    crowd = [stay(f"Somebody {number}") for number in range(501)]
    with pytest.raises(UnreadableReport, match="more people than any group"):
        joined([crowd[:300], crowd[300:]])
    assert len(joined([crowd[:500]])) == 500


def test_several_reports_together_have_a_longest_length():
    many = [stay("Ana Silva")] * 10_001
    with pytest.raises(UnreadableReport, match="more lines"):
        joined([many, many])
    assert len(joined([many])) == 10_001


def test_ten_thousand_lines_are_read_and_matched_at_once():
    rows = "".join(
        f"Person {n % 400},p{n % 400}@example.com,2027-03-02 18:{n % 60:02}:00,2027-03-02 20:00:00\n"
        for n in range(10_000)
    )
    stays = read("Name,Email,Join Time,Leave Time\n" + rows)
    known = [Known(n, f"Person {n}", frozenset({f"p{n}@example.com"})) for n in range(120)]
    guests = match_people(stays, known)
    assert len(guests) == 400
    assert sum(guest.sureness is Sureness.EMAIL for guest in guests) == 120


# --- Saving -----------------------------------------------------------------------------------


@pytest.fixture
def group(db):
    cohort = make_running()
    people = [
        enrol(make_user("ana@example.com", name="Ana Silva"), cohort),
        enrol(make_user("bo@example.com", name="Bo Chen"), cohort),
    ]
    return cohort.sessions.get(number=1), people, lead(cohort)


def marks() -> set[tuple[str, str, int, int]]:
    return set(
        Attendance.objects.values_list(
            "enrolment__user__name", "mark", "late_minutes", "early_minutes"
        )
    )


def test_marks_from_a_report_once_and_again(group):
    session, _people, leader = group
    stays = read(ZOOM)
    for expected in (2, 0):
        saved = save_report(
            session, stays, choices={}, replace_marks=False, others_absent=True, by=leader, now=END
        )
        assert saved.marks == expected
    assert marks() == {("Ana Silva", "present", 10, 5), ("Bo Chen", "absent", 0, 0)}


def test_a_mark_made_by_hand_stays_unless_it_is_to_be_replaced(group):
    session, (ana, _bo), leader = group
    Attendance.objects.create(enrolment=ana, session=session, mark="absent", marked_by=leader)
    args = {"choices": {}, "others_absent": False, "by": leader, "now": END}
    save_report(session, read(ZOOM), replace_marks=False, **args)
    assert marks() == {("Ana Silva", "absent", 0, 0)}
    save_report(session, read(ZOOM), replace_marks=True, **args)
    assert marks() == {("Ana Silva", "present", 10, 5)}


def test_a_mark_that_may_not_change_is_left_with_its_sentence_and_the_rest_is_saved(group):
    session, (ana, _bo), leader = group
    Enrolment.objects.filter(pk=ana.pk).update(state="completed")
    saved = save_report(
        session,
        read(ZOOM),
        choices={},
        replace_marks=True,
        others_absent=True,
        by=leader,
        now=END,
    )
    (sentence,) = saved.refusals
    assert sentence.startswith("Ana Silva: Ana Silva has completed this cohort")
    assert (saved.marks, marks()) == (1, {("Bo Chen", "absent", 0, 0)})
    assert Entry.objects.filter(action="attendance.marked").count() == 1


@pytest.mark.parametrize("people", [1, 3])
def test_saving_costs_one_entry_in_the_log_for_each_person_more(db, people):
    cohort = make_running()
    for number in range(people):
        enrol(make_user(f"p{number}@example.com", name=f"P {number}"), cohort)
    session, leader = cohort.sessions.select_related("cohort").get(number=1), lead(cohort)
    args = {"choices": {}, "replace_marks": False, "others_absent": True, "by": leader, "now": END}
    with CaptureQueriesContext(connection) as queries:
        assert save_report(session, [], **args).marks == people
    written = [row for row in queries if 'INTO "audit_entry"' in row["sql"]]
    assert (len(written), len(queries) - len(written)) == (people, 15)


def test_the_facilitator_says_who_the_telephone_was(group):
    session, (_ana, bo), leader = group
    plan = plan_marks(session, read(ZOOM))
    (place,) = [i for i, line in enumerate(plan.lines) if line.guest.name == "iPhone"]
    save_report(
        session,
        read(ZOOM),
        choices={place: bo.pk},
        replace_marks=False,
        others_absent=True,
        by=leader,
        now=END,
    )
    assert ("Bo Chen", "present", 0, 150) in marks()


def test_stays_travel_unchanged():
    stays = read(ZOOM)
    assert unpacked(packed(stays)) == stays


@pytest.mark.parametrize("people", [1, 3])
def test_the_plan_costs_the_same_for_any_group(django_assert_num_queries, db, people):
    cohort = make_running()
    for number in range(people):
        enrol(make_user(f"p{number}@example.com", name=f"P {number}"), cohort)
    session = cohort.sessions.select_related("cohort").get(number=1)
    with django_assert_num_queries(4):
        plan_marks(session, read(ZOOM))


# --- On the page ------------------------------------------------------------------------------


@pytest.fixture
def begun(db):
    """The same group, its first session begun yesterday."""
    from django.utils import timezone

    now = timezone.now().replace(second=0, microsecond=0)
    cohort = make_running(starts_on=(now - timedelta(days=1)).date())
    ana = enrol(make_user("ana@example.com", name="Ana Silva"), cohort)
    session = cohort.sessions.get(number=1)
    local = session.starts_at.astimezone(LISBON)
    text = (
        "Name,Email,Join Time,Leave Time\n"
        f"Ana,ana@example.com,{local:%Y-%m-%d %H:%M:%S},{local + timedelta(hours=3):%Y-%m-%d %H:%M:%S}\n"
        f"A. Sil,,{local:%Y-%m-%d %H:%M:%S},{local + timedelta(hours=1):%Y-%m-%d %H:%M:%S}\n"
    )
    address = reverse("facilitate:report", args=[cohort.pk, 1])
    return ana, lead(cohort), address, text


def upload(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("report.csv", text.encode(), "text/csv")


def test_upload_confirm_save(begun, as_user):
    ana, leader, address, text = begun
    client = as_user(leader)
    page = client.post(address, {"reports": upload(text), "zone": "Europe/Lisbon"})
    who = page.context["who"]
    assert not Attendance.objects.exists()
    form = {"report": who["report"].value(), "others_absent": "on"}
    asked = [name for name in who.fields if name.startswith("guest-")]
    missing = client.post(address, form)
    assert "Please say who this is." in missing.content.decode()
    done = client.post(address, form | dict.fromkeys(asked, "-"))
    assert done.url == reverse("facilitate:roster", args=[ana.cohort_id])
    assert marks() == {("Ana Silva", "present", 0, 0)}


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"zone": "Europe/Lisbon"}, "Please choose the report"),
        ({"reports": upload("no,report"), "zone": "Europe/Lisbon"}, "no participant report"),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field(begun, as_user, form, sentence):
    _ana, leader, address, _text = begun
    assert sentence in as_user(leader).post(address, form).content.decode()


def test_a_report_that_was_not_read_here_is_not_saved(begun, as_user):
    _ana, leader, address, _text = begun
    answer = as_user(leader).post(address, {"report": "forged:1:2", "others_absent": "on"})
    assert answer.url == address
    assert not Attendance.objects.exists()


def test_nobody_else_reads_reports(begun, as_user):
    ana, _leader, address, _text = begun
    other = lead(make_running(), "other-lead@example.com")
    assert as_user(other).get(address).status_code == 404
    assert as_user(ana.user).get(address).status_code == 403
