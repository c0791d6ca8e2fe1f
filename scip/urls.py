"""All addresses of the site (the stable ones are listed in the README)."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from scip import health

urlpatterns = [
    path("", include("scip.pages.urls")),
    path("cohorts/", include("cohorts.urls.public")),
    path("consultations/", include("consultations.urls")),
    path("", include("scip.credentials.urls")),
    path("accounts/", include("allauth.urls")),
    path("profile/data/", include("scip.privacy.urls")),
    path("profile/", include("scip.accounts.urls")),
    path("", include("scip.pathway.urls")),
    path("applications/", include("cohorts.urls.applications")),
    path("enrolments/", include("cohorts.urls.enrolments")),
    path("facilitate/", include("cohorts.urls.facilitate")),
    path("groups/", include("scip.community.urls")),
    path("certification/submission/", include("certification.review.urls.submission")),
    path("certification/appeal/", include("certification.review.urls.appeals")),
    path("certification/", include("certification.candidacy.urls")),
    path("supervisors/", include("supervision.urls.directory")),
    path("directory/", include("scip.directory.urls")),
    path("supervision/", include("supervision.urls.supervision")),
    path("portfolio/", include("certification.portfolio.urls")),
    path("review/appeals/", include("certification.review.urls.hearing")),
    path("review/", include("certification.review.urls.reading")),
    path("payments/", include("payments.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("scip.demo.urls")))
if settings.DEMO or settings.DEBUG:
    from scip.styleguide import styleguide

    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))
