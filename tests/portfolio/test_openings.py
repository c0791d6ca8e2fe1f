"""Every reading of a case study leaves a line that its candidate sees."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.portfolio import services
from certification.portfolio.models import CaseStudy, Opening
from certification.portfolio.queries.openings import ONE_READING, is_being_read
from scip.audit.models import Entry
from tests import world
from tests.portfolio.desk import Author, make_author

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(db: None) -> Author:
    return make_author()


@pytest.fixture
def guide(author: Author) -> Any:
    supervisor = world.make_supervisor(world.make_user("guide@example.com", name="Gita"))
    world.make_agreement(author.candidacy, supervisor, signed_at=timezone.now() - timedelta(days=3))
    return supervisor.user


def shown(author: Author, **values: str) -> CaseStudy:
    row = author.case("Client A", **{"happened": "So it went", **values})
    services.show_case(row, True, by=author.user)
    return row


def test_one_reading_is_one_line(author, guide):
    row, now = shown(author), timezone.now()
    for minutes in (0, 20, 100):
        services.read_case(row, by=guide, now=now + timedelta(minutes=minutes))
    assert Opening.objects.count() == 1
    later = now + ONE_READING + timedelta(minutes=1)
    assert not is_being_read(row, guide, now=later)
    services.read_case(row, by=guide, now=later)
    assert Opening.objects.count() == 2
    assert Entry.objects.filter(action="casestudy.read").count() == 2


def test_ones_own_reading_leaves_no_line(author, as_user):
    row = shown(author)
    client = as_user(author.user)
    client.post(reverse("portfolio:case_open", args=[row.pk]))
    assert (
        "So it went" in client.get(reverse("portfolio:case_read", args=[row.pk])).content.decode()
    )
    assert not Opening.objects.exists()


@pytest.mark.parametrize("name", ["case_read", "case", "openings"])
def test_the_candidate_sees_who_read_it(author, guide, as_user, name):
    row = shown(author)
    address = reverse(f"portfolio:{name}", args=[] if name == "openings" else [row.pk])
    client = as_user(author.user)
    assert "Gita" not in client.get(address).content.decode()
    as_user(guide).post(reverse("portfolio:case_open", args=[row.pk]))
    assert "Gita" in client.get(address).content.decode()


def test_nobody_sees_the_openings_of_another(author, guide, as_user):
    services.read_case(shown(author), by=guide)
    other = make_author(2)
    for user in (guide, other.user, world.make_user("office@example.com", "staff")):
        assert not Opening.objects.visible_to(user).exists()
        assert (
            "Case study 1" not in as_user(user).get(reverse("portfolio:openings")).content.decode()
        )


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same(author, guide, as_user, count, django_assert_num_queries):
    for number in range(count):
        services.read_case(shown(author, practice=str(number)), by=guide)
    client = as_user(author.user)
    client.get(reverse("portfolio:openings"))
    with django_assert_num_queries(6):
        client.get(reverse("portfolio:openings"))


def test_the_list_is_paged(author, guide, as_user, monkeypatch):
    monkeypatch.setattr("certification.portfolio.views.traces.PAGE", 1)
    for number in range(2):
        services.read_case(shown(author, practice=str(number)), by=guide)
    page = as_user(author.user).get(reverse("portfolio:openings"))
    assert len(page.context["openings"]) == 1
    assert page.context["next_url"] == "?page=2"
