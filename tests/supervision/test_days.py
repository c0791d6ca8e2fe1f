"""Days at the edge of the calendar, and "today" where somebody lives."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from scip.requirements import Refusal
from supervision.forms.introductions import TimesForm
from supervision.forms.supervisors import EndForm, RenewalForm
from supervision.models import Appointment, SupervisionSession
from supervision.queries.fees import blocks_of
from supervision.services.fees import say_paid
from tests.supervision.pair import Kind, at, confirmed, make_pair

EDGES = [("0001-01-01", "00:00"), ("9999-12-31", "23:59")]
SAID = "Please look at the year"


@pytest.fixture(params=["Pacific/Auckland", "America/Los_Angeles"])
def pair(request, db):
    """Both on one side of UTC: the edge of the calendar lies on either."""
    pair = make_pair()
    for person in (pair.candidate, pair.guide):
        type(person).objects.filter(pk=person.pk).update(time_zone=request.param)
        person.refresh_from_db()
    return pair


@pytest.mark.parametrize(("day", "start"), EDGES)
def test_a_year_that_nobody_means_is_said_at_the_field(pair, staff, as_user, day, start):
    row = confirmed(pair, Kind.ORIENTATION, at(1))
    typed = {
        "held_on": day,
        "starts_at": start,
        "minutes": "60",
        "is_online": "1",
        "kind": "orientation",
        "reason": "A slip.",
    }
    key = pair.agreement.pk
    pages = [
        (pair.candidate, reverse("supervision:session_log", args=[key])),
        (pair.candidate, reverse("supervision:appointment_plan", args=[key])),
        (pair.candidate, reverse("supervision:session_correct", args=[row.pk])),
        (staff, f"/admin/supervision/agreement/{key}/log/"),
    ]
    for person, url in pages:
        answer = as_user(person).post(url, typed)
        assert answer.status_code == 200, url
        assert SAID in answer.content.decode(), url
    assert SupervisionSession.objects.get() == row
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(("day", "start"), EDGES)
def test_other_forms_with_days_say_it_too(day, start):
    for form in (
        EndForm({"on": day, "reason": "x"}),
        RenewalForm({"until_on": day}),
        TimesForm({"time_1": f"{day}T{start}"}),
    ):
        assert not form.is_valid()
        assert SAID in str(form.errors)


def test_paid_today_is_the_day_where_somebody_lives(pair):
    """Early morning in Auckland is the day before in UTC; late evening in California, the next."""
    zone = pair.candidate.zone
    is_east = zone.utcoffset(datetime(2026, 3, 5)) > timedelta(0)
    now = datetime(2026, 3, 5, 7 if is_east else 21, tzinfo=zone)
    block = blocks_of(pair.agreement, pair.candidate)[0].block
    assert now.astimezone(UTC).date() != now.date()

    def say(day):
        return say_paid(block, by=pair.candidate, amount_cents=100, paid_on=day, now=now)

    assert say(now.date()).pk
    with pytest.raises(Refusal, match="ahead"):
        say(now.date() + timedelta(days=1))
