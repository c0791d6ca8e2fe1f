"""A participant's pages."""

import pytest
from django.urls import reverse

from cohorts.models import AbsenceException, Enrolment
from tests.cohorts.meeting import enrol, lead, mark
from tests.cohorts.test_facilitate import begun

pytestmark = pytest.mark.django_db
LINK = b"https://meet.example.org/cohort"


def pages(enrolment) -> dict[str, str]:
    return {
        "detail": reverse("enrolments:detail", args=[enrolment.pk]),
        "calendar": reverse("enrolments:calendar", args=[enrolment.pk]),
        "exception": reverse("enrolments:exception", args=[enrolment.pk, 1]),
    }


@pytest.mark.parametrize("page", ["detail", "calendar", "exception"])
def test_only_one_s_own(page, as_user, participant, stranger, staff):
    cohort = begun(2)
    enrolment = enrol(participant, cohort)
    url = pages(enrolment)[page]
    status = {
        user.email: as_user(user).get(url).status_code
        for user in (participant, stranger, staff, lead(cohort))
    }
    assert status == {
        participant.email: 200,
        stranger.email: 404,
        staff.email: 404,
        "lead@example.com": 404,
    }


def test_the_link_to_join_is_for_confirmed_places_only(as_user, participant, stranger):
    cohort = begun(2)
    mine = enrol(participant, cohort)
    unpaid = enrol(stranger, cohort, state=Enrolment.State.AWAITING_PAYMENT, confirmed_at=None)
    for page in ("detail", "calendar"):
        assert LINK in as_user(participant).get(pages(mine)[page]).content
        assert LINK not in as_user(stranger).get(pages(unpaid)[page]).content


def test_marks_and_where_one_stands(as_user, participant, django_assert_num_queries):
    cohort = begun(3)
    enrolment = enrol(participant, cohort)
    mark(enrolment, 1)
    mark(enrolment, 2, "absent")
    client = as_user(participant)
    client.get(pages(enrolment)["detail"])
    with django_assert_num_queries(9):
        page = client.get(pages(enrolment)["detail"]).content.decode()
    assert "You have 1 of the 10 sessions needed." in page
    assert "1 more absence is possible." in page
    assert page.count("Ask for an exception") == 1


def test_asking_for_an_exception_and_handing_in_work(as_user, participant, staff):
    cohort = begun(2)
    enrolment = enrol(participant, cohort)
    mark(enrolment, 1, "absent")
    client, url = as_user(participant), pages(enrolment)["exception"]
    empty = client.post(url, {"reason": ""})
    assert b"error-summary" in empty.content
    for _click in range(2):
        client.post(url, {"reason": "My child was ill."})
    exception = AbsenceException.objects.get()
    assert (exception.state, exception.reason) == ("requested", "My child was ill.")
    AbsenceException.objects.update(state="make_up_agreed", make_up_task="Write a page.")
    assert b"Write a page." in client.get(url).content
    client.post(url, {"work": "A page."})
    exception.refresh_from_db()
    assert (exception.state, exception.make_up_work) == ("made_up", "A page.")


def test_withdrawing_a_request(as_user, participant, stranger):
    cohort = begun(2)
    enrolment = enrol(participant, cohort)
    mark(enrolment, 1, "absent")
    client = as_user(participant)
    client.post(pages(enrolment)["exception"], {"reason": "Ill."})
    url = reverse("enrolments:withdraw", args=[enrolment.pk, 1])
    assert as_user(stranger).post(url).status_code == 404
    assert client.get(url).status_code == 405
    client.post(url)
    assert AbsenceException.objects.get().state == "withdrawn"
    client.post(url)
    assert AbsenceException.objects.count() == 1


def test_a_session_ahead_can_t_be_asked_for(as_user, participant):
    cohort = begun(2)
    enrolment = enrol(participant, cohort)
    url = reverse("enrolments:exception", args=[enrolment.pk, 9])
    page = as_user(participant).post(url, {"reason": "Holiday."}).content.decode()
    assert "still ahead" in page
    assert "Holiday." in page
    assert AbsenceException.objects.count() == 0
