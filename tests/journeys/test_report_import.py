"""A Zoom report in two parts, the wrong file first: read, answered, saved once, read again."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cohorts.models import Attendance, Session
from tests import world
from tests.cohorts.meeting import enrol, lead
from tests.cohorts.test_facilitate import begun

HEAD = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),In Waiting Room\n"
NAMES = ["Amara Okonkwo-Lindqvist", "Tomás Herrera", "雪 Tanaka"]


def line(name: str, email: str, joins: datetime, leaves: datetime) -> str:
    form = "%m/%d/%Y %I:%M:%S %p"
    minutes = (leaves - joins) // timedelta(minutes=1)
    return f'"{name}","{email}",{joins.strftime(form)},{leaves.strftime(form)},{minutes},No\n'


def two_parts(session: Session, folder: Path) -> list[str]:
    """The meeting broke off after an hour and was started anew."""
    start, end = session.starts_at, session.ends_at
    broke = start + timedelta(hours=1)
    parts = {
        "first.csv": line("Amara", "p0@example.com", start, broke)
        + line("iPhone (Tomas Herrera)", "", start, broke)
        + line("Galaxy S24", "", start, broke),
        "second.csv": line("Amara", "p0@example.com", broke, end)
        + line("iPhone (Tomas Herrera)", "", broke, end),
    }
    for name, rows in parts.items():
        (folder / name).write_text(HEAD + rows)
    return [str(folder / name) for name in parts]


def test_two_parts_of_a_report_become_marks_on_the_roster(someone: Any, tmp_path: Path) -> None:
    cohort = begun(2, title="Spring cohort 2027")
    for index, name in enumerate(NAMES):
        enrol(world.make_user(f"p{index}@example.com", name=name), cohort)
    lena = someone(lead(cohort))
    page = lena.page
    lena.go(f"/facilitate/{cohort.pk}/sessions/1/")
    lena.follow("Take them from the report of Zoom or Teams")
    address = f"/facilitate/{cohort.pk}/sessions/1/report/"

    # The wrong file: said beside the field, nothing happens.
    wrong = tmp_path / "chat.csv"
    wrong.write_text("18:02:11 From Amara: hello\n")
    files = page.get_by_label("Participant report (CSV)")
    files.set_input_files(wrong)
    page.get_by_label("Times in the report are in").select_option("UTC")
    lena.press("Read the report")
    lena.reads("no participant report that is known here")

    parts = two_parts(cohort.sessions.get(number=1), tmp_path)
    for again in range(2):
        lena.go(address, look=not again)
        files.set_input_files(parts)
        page.get_by_label("Times in the report are in").select_option("UTC")
        lena.press("Read the report")
        lena.reads("Nothing is saved yet")
        lena.look(closely=not again)
        assert Attendance.objects.count() == (3 if again else 0)
        page.get_by_label("Who is Galaxy S24?").select_option(label="雪 Tanaka")
        lena.press("Save these marks")
        lena.at(f"/facilitate/{cohort.pk}/")
        lena.reads(f"Session 1: {0 if again else 3} marks saved from the report.")
    marks = Attendance.objects.order_by("enrolment").values_list("mark", "early_minutes")
    assert list(marks) == [("present", 0), ("present", 0), ("present", 120)]
    cell = page.locator("button[data-row='2'][data-column='0']")
    assert "too short to count" in (cell.get_attribute("aria-label") or "")
