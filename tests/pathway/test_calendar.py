"""The calendar's secret address: what it gives, to whom, and when it stops."""

from datetime import UTC

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar

from cohorts.models import Session
from scip.audit.models import Entry
from scip.pathway import services
from scip.pathway.models import CalendarFeed
from tests.pathway import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(participant):
    return rows.make_place(participant)


@pytest.fixture
def address(participant, place):
    return reverse("pathway:calendar", args=[services.renew_feed(participant).token])


def events(response):
    return Calendar.from_ical(response.content).walk("VEVENT")


def test_it_gives_the_sessions_as_instants_with_the_link(client, address, place):
    response = client.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    starts = [event.decoded("dtstart") for event in events(response)]
    assert starts == [
        session.starts_at.astimezone(UTC).replace(microsecond=0)
        for session in place.cohort.sessions.order_by("starts_at")
    ]
    assert place.cohort.join_url in response.content.decode()


def test_it_may_be_kept_by_nobody_but_the_asker(client, address):
    response = client.get(address)
    assert response["Cache-Control"] == "private, max-age=900"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Last-Modified"].endswith("GMT")


def test_an_unchanged_file_is_not_sent_again_and_a_changed_one_is(client, address, place):
    etag = client.get(address)["ETag"]
    again = client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    Session.objects.filter(cohort=place.cohort, number=1).update(state="cancelled")
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_a_place_that_is_given_up_shows_even_to_programs_that_ask_by_date(client, address, place):
    modified = client.get(address)["Last-Modified"]
    type(place).objects.update(state="withdrawn")
    response = client.get(address, headers={"If-Modified-Since": modified})
    assert (response.status_code, events(response)) == (200, [])


def test_an_unknown_address_is_404_and_guessing_ends(client):
    unknown = reverse("pathway:calendar", args=["nobody"])
    assert [client.get(unknown).status_code for _i in range(31)] == [404] * 30 + [429]


def test_a_renewed_address_ends_the_old_one(as_user, participant, address):
    client = as_user(participant)
    response = client.post(reverse("pathway:renew_calendar"))
    assert (response.status_code, response.url) == (302, "/pathway/#calendar")
    assert Client().get(address).status_code == 404
    new = CalendarFeed.objects.get(user=participant).token
    assert Client().get(reverse("pathway:calendar", args=[new])).status_code == 200
    assert list(Entry.objects.order_by("id").values_list("action", flat=True)) == [
        "calendar.made",
        "calendar.renewed",
    ]


def test_renewing_is_a_post_by_a_signed_in_person(as_user, client, participant):
    assert as_user(participant).get(reverse("pathway:renew_calendar")).status_code == 405
    response = client.post(reverse("pathway:renew_calendar"))
    assert response.url.startswith("/accounts/login/")
    assert not CalendarFeed.objects.exists()


def test_a_closed_account_has_no_calendar(client, participant, address):
    participant.is_active = False
    participant.save()
    assert client.get(address).status_code == 404


def test_an_unpaid_place_is_not_in_it(client, participant, address, place):
    type(place).objects.update(state="awaiting_payment")
    response = client.get(address)
    assert events(response) == []
    assert place.cohort.join_url not in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_same_queries_for_one_and_three_cohorts(client, participant, address, count):
    for _i in range(count - 1):
        rows.make_place(participant)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    assert len(queries) == 6, [query["sql"][:150] for query in queries]
