"""sitemap.xml, robots.txt and security.txt."""

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

from django.test import Client
from django.urls import resolve
from django.utils import timezone

from cohorts.models import Cohort
from tests.world import make_cohort


def locations(client: Client) -> list[str]:
    response = client.get("/sitemap.xml")
    assert response.headers["Content-Type"] == "application/xml"
    root = ET.fromstring(response.content)
    return [
        item.text or "" for item in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    ]


def test_the_sitemap_lists_pages_and_published_cohorts_only(client: Client, edition) -> None:
    make_cohort(slug="open-one")
    make_cohort(slug="draft-one", state=Cohort.State.DRAFT)
    make_cohort(slug="cancelled-one", state=Cohort.State.CANCELLED)
    make_cohort(slug="finished-one", state=Cohort.State.FINISHED, starts_on=date(2020, 1, 7))
    found = locations(client)
    cohorts = sorted(item for item in found if "-one" in item)
    assert [item.rsplit("/", 2)[1] for item in cohorts] == ["finished-one", "open-one"]
    assert len(found) == 13 + 2


def test_every_address_of_the_sitemap_answers_and_is_ours(client: Client, edition) -> None:
    from django.conf import settings

    make_cohort(slug="open-one")
    for address in locations(client):
        assert address.startswith(settings.SITE_URL + "/")
        assert client.get(address.removeprefix(settings.SITE_URL)).status_code == 200


def test_robots_points_to_the_sitemap_and_closes_personal_places(client: Client, settings) -> None:
    settings.SITE_URL = "https://scip.example.org"
    response = client.get("/robots.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = response.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert lines[-1] == "Sitemap: https://scip.example.org/sitemap.xml"
    assert "Disallow: /admin/" in lines
    assert "Disallow: /" not in lines


def test_security_txt_has_what_its_standard_asks(client: Client, settings) -> None:
    settings.STAFF_EMAIL = "office@example.org"
    settings.SITE_URL = "https://scip.example.org"
    lines = client.get("/.well-known/security.txt").content.decode().splitlines()
    fields = [line.split(": ", 1) for line in lines]
    assert ["Contact", "mailto:office@example.org"] in fields
    assert ["Canonical", "https://scip.example.org/.well-known/security.txt"] in fields
    expires = [value for name, value in fields if name == "Expires"]
    assert len(expires) == 1
    at = datetime.strptime(expires[0], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(days=170) < at - timezone.now() < timedelta(days=365)


def test_none_of_them_needs_an_account() -> None:
    for path in ("/sitemap.xml", "/robots.txt", "/.well-known/security.txt"):
        assert resolve(path).func.access_mark == ("public",)
