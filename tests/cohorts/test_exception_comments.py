"""A facilitator's word about a missed session: who says it, who reads it, when it is too late."""

from datetime import timedelta

import pytest
from django.urls import reverse

from cohorts.models import AbsenceException, ExceptionComment
from cohorts.services.exceptions import (
    comment_on_exception,
    decide_exception,
    request_exception,
    withdraw_exception,
)
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from tests.cohorts.meeting import FIRST, enrol, lead, make_running, mark

pytestmark = pytest.mark.django_db
AFTER = FIRST + timedelta(days=1)
WORD = "She stayed an hour longer the week before and told me beforehand."


@pytest.fixture
def exception(participant):
    place = enrol(participant, make_running())
    mark(place, 1, "absent")
    session = place.cohort.sessions.get(number=1)
    return request_exception(place, session, reason="Ill.", by=participant, now=AFTER)


@pytest.fixture
def leader(exception):
    return lead(exception.enrolment.cohort)


def page_of(exception) -> str:
    return reverse("facilitate:exception", args=[exception.pk])


def test_words_are_added_and_the_log_keeps_none_of_them(exception, leader):
    letters = Letter.objects.count()
    first = comment_on_exception(exception, text=f" {WORD} ", by=leader, now=AFTER)
    comment_on_exception(exception, text="And she called.", by=leader, now=AFTER)
    assert list(exception.comments.values_list("author", "text", "written_at")) == [
        (leader.pk, WORD, AFTER),
        (leader.pk, "And she called.", AFTER),
    ]
    entries = Entry.objects.filter(action="absenceexception.commented")
    assert {(row.actor_id, row.subject_id) for row in entries} == {
        (leader.pk, exception.enrolment.user_id)
    }
    assert first.text not in str(list(entries.values_list("data", flat=True)))
    assert Letter.objects.count() == letters


def test_the_same_word_twice_is_one(exception, leader):
    for _click in range(2):
        comment_on_exception(exception, text=WORD, by=leader)
    assert ExceptionComment.objects.count() == 1


def test_nobody_comments_on_their_own_absence_nor_without_words(exception, leader):
    with pytest.raises(Refusal, match="about you"):
        comment_on_exception(exception, text=WORD, by=exception.enrolment.user)
    with pytest.raises(Refusal, match="write a sentence"):
        comment_on_exception(exception, text="  ", by=leader)
    assert ExceptionComment.objects.count() == 0


@pytest.mark.parametrize("end", ["accepted", "declined", "withdrawn"])
def test_once_it_is_over_nothing_is_added(exception, leader, staff, end):
    if end == "withdrawn":
        withdraw_exception(exception, by=exception.enrolment.user)
    else:
        decide_exception(exception, is_accepted=end == "accepted", reason="R.", by=staff)
    with pytest.raises(Refusal, match="already"):
        comment_on_exception(exception, text=WORD, by=leader)
    assert ExceptionComment.objects.count() == 0


def test_the_office_decides_without_a_word(exception, leader, staff):
    assert decide_exception(exception, is_accepted=True, reason="R.", by=staff).state == "accepted"


def test_the_page_takes_a_word_and_the_desk_stops_asking(as_user, exception, leader):
    client = as_user(leader)
    desk = client.get("/facilitate/")
    assert (desk.context["waiting"], desk.context["others"]) == ([exception], [])
    assert page_of(exception) in desk.content.decode()
    answer = client.post(page_of(exception), {"text": WORD}, follow=True)
    assert WORD in answer.content.decode()
    desk = client.get("/facilitate/")
    assert (desk.context["waiting"], desk.context["others"]) == ([], [exception])
    empty = client.post(page_of(exception), {"text": ""})
    assert "text" in empty.context["form"].errors
    assert ExceptionComment.objects.count() == 1


def test_who_reads_it(as_user, exception, leader, staff, stranger):
    comment = comment_on_exception(exception, text=WORD, by=leader)
    person = exception.enrolment.user
    elsewhere = lead(make_running(), "other@example.com")
    seen = {
        user.email: list(ExceptionComment.objects.visible_to(user)) == [comment]
        for user in (leader, staff, person, stranger, elsewhere)
    }
    assert seen == {
        leader.email: True,
        staff.email: True,
        person.email: False,
        stranger.email: False,
        elsewhere.email: False,
    }
    own = as_user(person).get(reverse("enrolments:exception", args=[exception.enrolment_id, 1]))
    assert own.status_code == 200
    assert WORD not in own.content.decode()
    for name in ("change", "decide"):
        address = reverse(f"admin:cohorts_absenceexception_{name}", args=[exception.pk])
        page = as_user(staff).get(address).content.decode()
        assert (WORD in page, "Lena Lead" in page) == (True, True)


def test_the_page_is_for_whoever_leads_that_cohort(as_user, exception, leader, stranger, staff):
    elsewhere = lead(make_running(), "other@example.com")
    person = exception.enrolment.user
    answers = {
        user.email: as_user(user).post(page_of(exception), {"text": WORD}).status_code
        for user in (elsewhere, person, stranger, staff)
    }
    assert answers == {
        elsewhere.email: 404,
        person.email: 403,
        stranger.email: 403,
        staff.email: 403,
    }
    assert ExceptionComment.objects.count() == 0
    assert as_user(leader).get(page_of(exception)).status_code == 200


def test_a_facilitator_who_takes_part_does_not_read_about_themselves(as_user, leader, exception):
    place = enrol(leader, exception.enrolment.cohort)
    mark(place, 1, "absent")
    own = AbsenceException.objects.create(
        enrolment=place, session=exception.session, reason="Late train."
    )
    assert as_user(leader).get(page_of(own)).status_code == 404
    assert as_user(leader).get("/facilitate/").context["waiting"] == [exception]


def test_after_the_decision_the_page_has_no_form(as_user, exception, leader, staff):
    decide_exception(exception, is_accepted=True, reason="R.", by=staff)
    page = as_user(leader).get(page_of(exception))
    assert page.context["form"] is None
    assert "The office has decided" in page.content.decode()
    late = as_user(leader).post(page_of(exception), {"text": WORD}, follow=True)
    assert "was not added" in late.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_for_any_number_of_words(
    as_user, exception, leader, count, django_assert_num_queries
):
    for number in range(count):
        comment_on_exception(exception, text=f"{WORD} {number}", by=leader)
    client = as_user(leader)
    client.get(page_of(exception))
    with django_assert_num_queries(6):
        page = client.get(page_of(exception)).content.decode()
    assert page.count(WORD) == count
