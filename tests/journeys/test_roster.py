"""The facilitator's roster and the participant's cohort in a real browser."""

from typing import Any

from playwright.sync_api import expect

from cohorts.models import AbsenceException, Attendance
from scip.accounts.models import User
from tests import world
from tests.cohorts.meeting import enrol, lead, mark
from tests.cohorts.test_facilitate import begun

NAMES = ["Amara Okonkwo-Lindqvist", "Tomás Herrera", "雪 Tanaka", "Leyla Şahin"]


def people() -> tuple[Any, User, list[Any]]:
    """A cohort at its seventh session, four people, one at risk, one with an exception."""
    cohort = begun(7, title="Spring cohort 2027")
    places = [
        enrol(world.make_user(f"p{index}@example.com", name=name), cohort)
        for index, name in enumerate(NAMES)
    ]
    for index, place in enumerate(places):
        for number in range(1, 7):
            mark(
                place,
                number,
                "absent" if (index, number) in {(1, 2), (1, 4), (2, 3)} else "present",
            )
    places[3].attendances.filter(session__number=5).update(late_minutes=60)
    AbsenceException.objects.create(
        enrolment=places[2],
        session=cohort.sessions.get(number=3),
        reason="I was ill.",
        state="accepted",
        decision_reason="Good work.",
    )
    return cohort, lead(cohort), places


def test_marking_by_tap_and_by_keyboard(someone: Any) -> None:
    cohort, leader, _places = people()
    lena = someone(leader)
    page = lena.page
    lena.go("/facilitate/")
    lena.reads("needs all remaining")
    lena.go(f"/facilitate/{cohort.pk}/")
    cell = "button[data-row='{}'][data-column='6']"
    # Two quick taps in different rows: neither is lost.
    page.locator(cell.format(0)).click()
    page.locator(cell.format(1)).click()
    expect(page.locator(cell.format(0))).to_have_class("cell cell-present is-today")
    expect(page.locator(cell.format(1))).to_have_class("cell cell-present is-today")
    page.locator(cell.format(1)).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator(cell.format(2))).to_have_class("cell cell-present is-today")
    expect(page.locator(cell.format(2))).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator(cell.format(2))).to_have_class("cell cell-absent is-today")
    lena.at(f"/facilitate/{cohort.pk}/")
    assert Attendance.objects.filter(session__number=7).count() == 3
    page.get_by_role("button", name="Everyone is here in session 7").click()
    lena.reads("Session 7: 1 person marked present.")
    lena.look()
    page.get_by_role("link", name="Session 7,").click()
    page.wait_for_url("**/sessions/7/")
    lena.look()
    page.get_by_label("Minutes late").first.fill("50")
    lena.press("Save this session")
    lena.reads("Session 7 is saved.")
    assert Attendance.objects.filter(session__number=7, late_minutes=50).count() == 1


def test_the_roster_on_a_narrow_phone(someone: Any) -> None:
    cohort, leader, _places = people()
    lena = someone(leader, viewport={"width": 320, "height": 700})
    page = lena.page
    for path in ("", f"{cohort.pk}/", f"{cohort.pk}/sessions/7/"):
        lena.go(f"/facilitate/{path}", look=False)
        lena.look(closely=True)
    lena.go(f"/facilitate/{cohort.pk}/", look=False)
    page.locator("button[data-row='0'][data-column='6']").click()
    expect(page.locator("button[data-row='0'][data-column='6']")).to_have_class(
        "cell cell-present is-today"
    )
    name = page.get_by_role("rowheader", name=NAMES[0]).bounding_box()
    region = page.locator(".table-scroll").bounding_box()
    assert name is not None
    assert region is not None
    # The name stays in sight although the grid has scrolled to session 7.
    assert abs(name["x"] - region["x"]) < 4


def test_the_roster_without_scripts(someone: Any) -> None:
    cohort, leader, _places = people()
    lena = someone(leader, java_script_enabled=False)
    lena.go(f"/facilitate/{cohort.pk}/")
    lena.page.locator("button[data-row='0'][data-column='6']").click()
    expect(lena.page.locator("button[data-row='0'][data-column='6']")).to_have_class(
        "cell cell-present is-today"
    )


def test_a_participant_asks_and_the_office_decides(someone: Any, staff: User) -> None:
    _cohort, _leader, places = people()
    place = places[1]
    tomas = someone(place.user, viewport={"width": 390, "height": 800})
    tomas.go(f"/enrolments/{place.pk}/")
    tomas.reads("You have 4 of the 10 sessions needed.")
    tomas.follow("Ask for an exception for session 2")
    tomas.field("Why you could not be there").fill("My child was ill.")
    tomas.press("Send the request")
    tomas.reads("Your request is with the office.")
    request = AbsenceException.objects.get(enrolment=place)
    assert request.state == "requested"
    office = someone(staff)
    office.go(f"/admin/cohorts/absenceexception/{request.pk}/change/")
    office.follow("Agree on work or decide")
    office.reads("My child was ill.")
    office.page.locator("form:has([name=accept]) textarea").fill("Of course.")
    office.press("The session counts")
    request.refresh_from_db()
    assert (request.state, request.decision_reason) == ("accepted", "Of course.")
    tomas.go(f"/enrolments/{place.pk}/")
    tomas.reads("You have 5 of the 10 sessions needed.")
