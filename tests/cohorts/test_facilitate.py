"""The facilitator's pages: access, presses with and without htmx, minutes, CSV."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cohorts.models import AbsenceException, Attendance, Cohort
from consultations.models import Group, Presentation, Topic
from scip.accounts.models import Role
from tests import world
from tests.cohorts.meeting import enrol, enrol_new, lead, make_running, mark

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def begun(sessions: int, **fields) -> Cohort:
    """A cohort whose newest begun session runs right now."""
    start = timezone.now() - timedelta(weeks=sessions - 1, minutes=30)
    return make_running(time_zone="UTC", starts_on=start.date(), starts_at=start.time(), **fields)


def press(client, cohort, enrolment, number: int, value: str, **headers):
    return client.post(
        reverse("facilitate:mark", args=[cohort.pk]),
        {"mark": f"{enrolment.pk}:{number}:{value}"},
        **headers,
    )


PAGES = {
    "roster": lambda cohort: reverse("facilitate:roster", args=[cohort.pk]),
    "session": lambda cohort: reverse("facilitate:session", args=[cohort.pk, 1]),
    "csv": lambda cohort: reverse("facilitate:roster_csv", args=[cohort.pk]),
}


@pytest.mark.parametrize("page", list(PAGES))
def test_only_this_cohort_s_facilitators_get_in(page, as_user, participant, staff):
    cohort = begun(2)
    enrol(participant, cohort)
    leader, other = lead(cohort), lead(begun(2), "other@example.com")
    url = PAGES[page](cohort)
    status = {
        user.email: as_user(user).get(url).status_code
        for user in (leader, other, participant, staff)
    }
    assert status == {
        leader.email: 200,
        other.email: 404,
        participant.email: 403,
        staff.email: 403,
    }


def test_posts_are_guarded_too(as_user, participant):
    cohort = begun(1)
    enrolment = enrol(participant, cohort)
    other = lead(begun(1), "other@example.com")
    assert press(as_user(other), cohort, enrolment, 1, "present").status_code == 404
    assert press(as_user(participant), cohort, enrolment, 1, "present").status_code == 403
    everyone = reverse("facilitate:everyone", args=[cohort.pk])
    assert as_user(other).post(everyone, {"session": 1}).status_code == 404
    assert as_user(lead(cohort)).get(everyone).status_code == 405
    assert Attendance.objects.count() == 0


def test_somebody_of_another_cohort_can_t_be_marked_through_mine(as_user):
    mine, other = begun(1), begun(1)
    (enrolment,) = enrol_new(other)
    assert press(as_user(lead(mine)), mine, enrolment, 1, "present").status_code == 404
    assert Attendance.objects.count() == 0


@pytest.mark.parametrize("people", [1, 3])
def test_the_roster_is_constant_in_queries(people, as_user, django_assert_num_queries):
    cohort = begun(7)
    for enrolment in enrol_new(cohort, people):
        for number in range(1, 7):
            mark(enrolment, number, "absent" if number == 2 else "present")
        AbsenceException.objects.create(
            enrolment=enrolment,
            session=cohort.sessions.get(number=2),
            reason="Ill.",
            state="accepted",
            decision_reason="Made up.",
        )
    client = as_user(lead(cohort))
    url = reverse("facilitate:roster", args=[cohort.pk])
    client.get(url)
    # 4 for session, person, roles and second factor; the cohort; 4 for the roster.
    with django_assert_num_queries(9):
        page = client.get(url).content.decode()
    assert page.count("data-roster-cell") == 12 * people
    assert page.count("cell-excused") == people + 1  # and once in the legend


def test_a_press_works_without_a_script_and_a_double_tap_is_one_mark(as_user):
    cohort = begun(1)
    (enrolment,) = enrol_new(cohort)
    client = as_user(lead(cohort))
    for _tap in range(2):
        answer = press(client, cohort, enrolment, 1, "present")
        assert answer.status_code == 302
    assert list(Attendance.objects.values_list("mark")) == [("present",)]


def test_a_press_with_htmx_brings_the_row_and_the_list_back(as_user):
    cohort = begun(2)
    first, second = enrol_new(cohort, 2)
    client = as_user(lead(cohort))
    answer = press(client, cohort, second, 1, "absent", **HTMX)
    page = answer.content.decode()
    assert answer["HX-Retarget"] == f"#person-{second.pk}"
    assert page.strip().startswith(f'<tr id="person-{second.pk}">')
    assert f"person-{first.pk}" not in page
    assert "0 of 1" in page
    assert page.count("1 more absence possible") == 2
    assert 'id="roster-watch" hx-swap-oob="true"' in page
    assert f'value="{second.pk}:1:"' in page
    assert 'data-row="1"' in page


def test_a_session_ahead_is_refused_kindly(as_user):
    cohort = begun(1)
    (enrolment,) = enrol_new(cohort)
    client = as_user(lead(cohort))
    page = press(client, cohort, enrolment, 2, "present", **HTMX).content.decode()
    assert "This session is still ahead." in page
    url = reverse("facilitate:mark", args=[cohort.pk])
    answer = client.post(url, {"mark": f"{enrolment.pk}:2:present"}, follow=True)
    assert "This session is still ahead." in answer.content.decode()
    assert Attendance.objects.count() == 0


@pytest.mark.parametrize("value", ["", "x", "1:1:maybe", "1:1", "9" * 30 + ":1:present"])
def test_a_press_that_can_t_be_read_changes_nothing(as_user, value):
    cohort = begun(1)
    enrol_new(cohort)
    url = reverse("facilitate:mark", args=[cohort.pk])
    answer = as_user(lead(cohort)).post(url, {"mark": value}, follow=True)
    assert "could not be read" in answer.content.decode()
    assert Attendance.objects.count() == 0


def test_everyone_is_here(as_user):
    cohort = begun(3)
    enrol_new(cohort, 3)
    client = as_user(lead(cohort))
    url = reverse("facilitate:everyone", args=[cohort.pk])
    page = client.post(url, {"session": 3}, follow=True).content.decode()
    assert "Session 3: 3 people marked present." in page
    assert Attendance.objects.filter(session__number=3, mark="present").count() == 3
    assert client.post(url, {"session": "no"}).status_code == 404


def opened(client, url: str) -> dict[str, str]:
    """What the page of a session would send back untouched."""
    page = client.get(url)
    names = {
        name: str(bound.value())
        for form in page.context["forms"]
        for bound in form
        for name in (bound.html_name, bound.html_initial_name)
    }
    assert all(f'name="{name}"' in page.content.decode() for name in names)
    return names


def test_saving_an_old_page_of_a_session_keeps_what_a_colleague_marked(as_user):
    cohort = begun(1)
    first, second = enrol_new(cohort, 2)
    client = as_user(lead(cohort))
    url = reverse("facilitate:session", args=[cohort.pk, 1])
    data = opened(client, url)
    mark(first, 1, "present", late_minutes=5)
    assert client.post(url, data | {f"p{second.pk}-mark": "absent"}).status_code == 302
    rows = Attendance.objects.order_by("enrolment_id")
    assert list(rows.values_list("enrolment_id", "mark", "late_minutes")) == [
        (first.pk, "present", 5),
        (second.pk, "absent", 0),
    ]


def test_minutes_are_saved_and_only_changes_are_written(as_user):
    cohort = begun(1)
    first, _second = enrol_new(cohort, 2)
    mark(first, 1)
    client = as_user(lead(cohort))
    url = reverse("facilitate:session", args=[cohort.pk, 1])
    data = opened(client, url) | {
        f"p{first.pk}-late_minutes": "40",
        f"p{first.pk}-early_minutes": "",
    }
    assert client.post(url, data).status_code == 302
    assert list(Attendance.objects.values_list("enrolment_id", "late_minutes")) == [(first.pk, 40)]
    page = client.get(reverse("facilitate:roster", args=[cohort.pk])).content.decode()
    assert "there for part of it, too short to count" in page
    refused = client.post(url, data | {f"p{first.pk}-late_minutes": "400"})
    assert "lasted 180 minutes" in refused.content.decode()
    assert Attendance.objects.get().late_minutes == 40


def test_the_page_of_a_session_ahead_says_so(as_user):
    cohort = begun(1)
    page = as_user(lead(cohort)).get(reverse("facilitate:session", args=[cohort.pk, 5]))
    assert "still ahead" in page.content.decode()
    assert b"Save this session" not in page.content


def test_the_csv_defuses_formulas(as_user):
    cohort = begun(1)
    person = world.make_user("sum@example.com", name='=HYPERLINK("x")')
    mark(enrol(person, cohort), 1)
    answer = as_user(lead(cohort)).get(reverse("facilitate:roster_csv", args=[cohort.pk]))
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert len(rows) == 2
    assert rows[1][:3] == ['\'=HYPERLINK("x")', "sum@example.com", "present"]
    assert rows[1][-3:] == ["1", "10", "2 more absences are possible."]


@pytest.mark.parametrize("people", [1, 3])
def test_home_shows_what_comes_next_in_constant_queries(people, as_user, django_assert_num_queries):
    cohort = begun(2)
    leader = lead(cohort)
    for enrolment in enrol_new(cohort, people):
        mark(enrolment, 1, "absent")
        AbsenceException.objects.create(
            enrolment=enrolment, session=cohort.sessions.get(number=1), reason="I was ill."
        )
    client = as_user(leader)
    client.get("/facilitate/")
    with django_assert_num_queries(10):
        page = client.get("/facilitate/").content.decode()
    assert page.count("1 more absence possible") == people
    assert page.count("I was ill.") == people
    assert "https://meet.example.org/cohort" in page


def test_names_are_escaped(as_user):
    cohort = begun(1)
    enrol(world.make_user("x@example.com", name="<script>alert(1)</script>"), cohort)
    page = as_user(lead(cohort)).get(reverse("facilitate:roster", args=[cohort.pk]))
    assert b"<script>alert" not in page.content


@pytest.mark.parametrize(("people", "sessions"), [(16, 10), (120, 12)])
def test_the_roster_takes_the_same_queries_for_a_group_and_for_a_large_cohort(
    people, sessions, as_user, django_assert_num_queries
):
    cohort = begun(sessions, session_count=sessions, capacity=people)
    places = enrol_new(cohort, people)
    Attendance.objects.bulk_create(
        Attendance(enrolment=place, session=session, mark="present")
        for place in places
        for session in cohort.sessions.all()
    )
    client = as_user(lead(cohort))
    url = reverse("facilitate:roster", args=[cohort.pk])
    client.get(url)
    with django_assert_num_queries(9):
        page = client.get(url).content.decode()
    assert page.count("data-roster-cell") == people * sessions


@pytest.mark.parametrize("groups", [1, 3])
def test_home_names_who_brings_a_case_in_constant_queries(
    groups, as_user, django_assert_num_queries
):
    leader = world.make_user("lead@example.com", Role.FACILITATOR, name="Lena Lead")
    topic = Topic.objects.create(name="Trauma", slug="trauma", description="Pacing.")
    for number in range(groups):
        cohort = begun(2, level="B", title=f"Trauma {number}")
        cohort.facilitators.add(leader)
        group = Group.objects.create(cohort=cohort, topic=topic)
        person = world.make_user(f"case{number}@example.com", name=f"Case {number}")
        Presentation.objects.create(
            group=group,
            session=cohort.sessions.get(number=2),
            enrolment=enrol(person, cohort),
            slot=1,
        )
    client = as_user(leader)
    client.get("/facilitate/")
    with django_assert_num_queries(12):
        page = client.get("/facilitate/").content.decode()
    for number in range(groups):
        assert f"<bdi>Case {number}</bdi>" in page
    assert page.count(">The rota<") == groups
