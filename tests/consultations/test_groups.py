"""Groups for visitors: themes with what is coming."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from consultations.models import Group, Topic
from scip.credentials.models import Level
from tests.world import make_cohort, make_enrolment, make_user

pytestmark = pytest.mark.django_db


def make_group(name: str, **fields) -> Group:
    topic, _new = Topic.objects.get_or_create(name=name, slug=name.lower())
    return Group.objects.create(cohort=make_cohort(level=Level.B, **fields), topic=topic)


def test_coming_groups_stand_under_their_theme(client):
    make_group("Trauma", title="Trauma in spring")
    make_group("Couples", title="A draft", state="draft")
    make_group("Anxiety", title="Long ago", starts_on=timezone.localdate() - timedelta(days=9))
    page = client.get(reverse("consultations:list")).content.decode()
    assert "Trauma in spring" in page
    assert "A draft" not in page
    assert "Long ago" not in page


def test_groups_are_not_listed_among_the_cohorts(client):
    make_group("Trauma", title="Trauma in spring")
    assert "Trauma in spring" not in client.get(reverse("cohorts:list")).content.decode()


def test_the_page_costs_the_same_for_any_number(client):
    counts = []
    for number in range(3):
        make_group(f"Theme{number}", title=f"Group {number}", slug=f"group-{number}")
        if number in (0, 2):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(reverse("consultations:list"))
            counts.append(len(queries))
    assert counts == [4, 4]


def test_the_database_knows_how_large_a_group_may_be():
    with pytest.raises(IntegrityError, match="group_has_at_most_16_seats"), transaction.atomic():
        make_group("Trauma", capacity=17)
    assert make_group("Couples", capacity=16).cohort.capacity == 16


def test_the_office_is_asked_about_groups_with_too_few_people():
    today = timezone.localdate()
    soon = make_group("Trauma", slug="soon", capacity=16)
    far = make_group("Couples", slug="far")
    enough = make_group("Anxiety", slug="enough")
    days = {soon: 7, far: 8, enough: 0}
    for group, ahead in days.items():
        Group.objects.filter(pk=group.pk).update(
            decides_on=today + timedelta(days=ahead), minimum=1
        )
    make_enrolment(make_user("p@example.com"), enough.cohort)
    assert list(Group.objects.to_decide(today)) == [soon]
