"""A consultation group in a real browser: found, rota laid out and exchanged, a report read."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cohorts.models import Attendance
from consultations.models import Group, Presentation, Topic
from scip.credentials.models import Level
from tests import world
from tests.cohorts.meeting import enrol, lead
from tests.cohorts.test_facilitate import begun

NAMES = ["Amara Okonkwo-Lindqvist", "Tomás Herrera", "雪 Tanaka", "Ines Duarte"]


def group_of_three(now_at: int = 2) -> tuple[Group, Any, list[Any]]:
    """A group at its second session."""
    cohort = begun(now_at, level=Level.B, title="Trauma, spring 2027")
    topic = Topic.objects.create(
        name="Trauma", slug="trauma", description="Pacing, safety and backdraft."
    )
    places = [
        enrol(world.make_user(f"p{index}@example.com", name=name), cohort)
        for index, name in enumerate(NAMES)
    ]
    return Group.objects.create(cohort=cohort, topic=topic), lead(cohort), places


def test_a_visitor_finds_the_group_under_its_theme(someone: Any) -> None:
    topic = Topic.objects.create(name="Trauma", slug="trauma", description="Pacing and safety.")
    cohort = world.make_cohort(level=Level.B, title="Trauma in autumn", slug="trauma-autumn")
    Group.objects.create(cohort=cohort, topic=topic)
    visitor = someone()
    visitor.go("/consultations/")
    visitor.reads("16 of 16 places left")
    visitor.look()
    visitor.follow("Trauma in autumn")
    visitor.reads("You have completed Level A")


def test_the_rota_is_laid_out_and_two_exchange(someone: Any) -> None:
    group, leader, places = group_of_three()
    lena = someone(leader)
    lena.go(f"/consultations/groups/{group.pk}/rota/")
    lena.press("Lay it out and send the letters")
    lena.reads("The rota is laid out; 4 people get a letter")
    mine = Presentation.objects.filter(enrolment=places[0]).first()
    assert mine is not None
    theirs = (
        Presentation.objects.exclude(session__presentations__enrolment=places[0])
        .exclude(enrolment__presentations__session=mine.session)
        .first()
    )
    assert theirs is not None
    amara = someone(places[0].user)
    amara.go(f"/consultations/groups/{group.pk}/rota/")
    amara.page.get_by_label("Your session").select_option(str(mine.pk))
    amara.page.get_by_label("You would like").select_option(str(theirs.pk))
    amara.press("Ask")
    amara.reads("is asked by letter")
    other = someone(theirs.enrolment.user)
    other.go(f"/consultations/groups/{group.pk}/rota/")
    other.reads("asks to exchange with you")
    other.press("Exchange")
    other.reads("Exchanged. Both of you get a letter.")
    theirs.refresh_from_db()
    assert theirs.enrolment == places[0]


def test_a_report_is_read_confirmed_and_saved(someone: Any, tmp_path: Path) -> None:
    group, leader, _places = group_of_three()
    session = group.cohort.sessions.get(number=1)
    start = session.starts_at.astimezone(ZoneInfo("Europe/Lisbon"))
    end = start + timedelta(minutes=session.minutes)
    report = tmp_path / "report.csv"
    report.write_text(
        "Name,Email,Join Time,Leave Time\n"
        f"Amara,p0@example.com,{start:%Y-%m-%d %H:%M:%S},{end:%Y-%m-%d %H:%M:%S}\n"
        f"Tomas Herrera,,{start:%Y-%m-%d %H:%M:%S},{end:%Y-%m-%d %H:%M:%S}\n"
        f"iPhone,,{start:%Y-%m-%d %H:%M:%S},{start + timedelta(minutes=30):%Y-%m-%d %H:%M:%S}\n"
    )
    lena = someone(leader)
    lena.go(f"/facilitate/{group.cohort_id}/sessions/1/")
    lena.follow("Take them from the report of Zoom or Teams")
    lena.page.get_by_label("Participant report (CSV)").set_input_files(report)
    lena.press("Read the report")
    lena.reads("Nothing is saved yet")
    assert not Attendance.objects.exists()
    lena.page.get_by_label("Who is iPhone?").select_option(label="雪 Tanaka")
    lena.press("Save these marks")
    lena.reads("Session 1: 4 marks saved from the report.")
    marks = Attendance.objects.order_by("enrolment").values_list("mark", "early_minutes")
    assert list(marks) == [
        ("present", 0),
        ("present", 0),
        ("present", session.minutes - 30),
        ("absent", 0),
    ]
