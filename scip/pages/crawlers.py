"""What machines ask for: sitemap, robots.txt, security.txt."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as sitemap_view
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cohorts.models import Cohort
from scip.access import public
from supervision.models import Supervisor

PAGES = (
    "pages:home",
    "pages:program",
    "cohorts:list",
    "consultations:list",
    "pages:certification",
    "supervisors:list",
    "directory:list",
    "pages:fees",
    "pages:faculty",
    "pages:faq",
    "pages:interest",
    "pages:contact",
    "pages:privacy",
)
# Personal places: nothing to find there. Not a secret, and guarded by sign-in, not by this list.
CLOSED = (
    "accounts",
    "admin",
    "applications",
    "directory/mine",
    "enrolments",
    "facilitate",
    "payments",
    "profile",
    "supervision",
)
SECURITY_VALID = timedelta(days=180)


class OwnSitemap[Item](Sitemap[Item]):
    """Addresses follow SITE_URL, whatever host a crawler came by."""

    def get_protocol(self, protocol: str | None = None) -> str:
        return str(urlsplit(settings.SITE_URL).scheme)

    def get_domain(self, site: Any = None) -> str:
        return str(urlsplit(settings.SITE_URL).netloc)


class PageSitemap(OwnSitemap[str]):
    def items(self) -> tuple[str, ...]:
        return PAGES

    def location(self, item: str) -> str:
        return reverse(item)


class CohortSitemap(OwnSitemap[Cohort]):
    """Cohorts that the public may see."""

    def items(self) -> QuerySet[Cohort]:
        return Cohort.objects.published().order_by("starts_on", "id")

    def location(self, item: Cohort) -> str:
        return reverse("cohorts:detail", args=[item.slug])


class SupervisorSitemap(OwnSitemap[Supervisor]):
    """Supervisors in the public directory."""

    def items(self) -> QuerySet[Supervisor]:
        return Supervisor.objects.listed().order_by("id")

    def location(self, item: Supervisor) -> str:
        return reverse("supervisors:detail", args=[item.pk])

    def lastmod(self, item: Supervisor) -> datetime:
        return item.updated_at


SITEMAPS: dict[str, type[Sitemap[Any]] | Sitemap[Any]] = {
    "pages": PageSitemap,
    "cohorts": CohortSitemap,
    "supervisors": SupervisorSitemap,
}


@public
@require_safe
def sitemap(request: HttpRequest) -> HttpResponseBase:
    return sitemap_view(request, SITEMAPS)


@public
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        *(f"Disallow: /{place}/" for place in CLOSED),
        # The same people in another order; each of them stands in the directory's own list.
        "Disallow: /directory/?",
        f"Sitemap: {settings.SITE_URL}{reverse('directory:sitemap')}",
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
    ]
    return plain("\n".join(lines) + "\n")


@public
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9116: where to report a weakness. Its expiry moves along, a stale copy shows its age."""
    expires = (timezone.now() + SECURITY_VALID).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: mailto:{settings.STAFF_EMAIL}",
        f"Contact: {settings.SITE_URL}{reverse('pages:contact')}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    ]
    return plain("\n".join(lines) + "\n")


def plain(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
