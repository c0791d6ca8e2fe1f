"""A person's home, and their calendar for programs that can't sign in."""

import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cohorts.calendar_files import CONTENT_TYPE, sessions_calendar
from cohorts.queries.guests import times_left
from cohorts.queries.roster import sessions_of_person
from consultations.queries.groups import calendar_notes
from scip.access import public, signed_in
from scip.accounts.context import places
from scip.accounts.models import Role, User
from scip.pathway import overview, services
from scip.pathway.costs import costs_of
from scip.pathway.models import CalendarFeed
from scip.pathway.next_step import next_step
from scip.pathway.queries import home_of
from scip.throttle import MINUTE, within
from supervision.calendar_files import appointment_events
from supervision.queries.appointments import appointments_of_person, given_by

# Calendar programs ask every few minutes; an hour-old file is still right for most of them.
FEED_SECONDS = 900
UNKNOWN_PER_MINUTE = 30


@signed_in
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where I am, what comes next, and everything that belongs to it."""
    user: User = request.user  # type: ignore[assignment]
    now = timezone.now()
    mine = home_of(user, now=now)
    evidence = mine.evidence
    # People who only work here get the doors to their work instead of an application to fill in.
    is_at_work = bool(user.roles) and not evidence.has_begun
    context = {
        "greeting": overview.greeting(user.first_name, timezone.localtime(now)),
        "home": mine,
        "evidence": evidence,
        "levels": overview.levels(evidence),
        "step": None if is_at_work else next_step(evidence, now=now),
        "is_at_work": is_at_work,
        "is_new": not evidence.has_begun,
        "may_facilitate": user.has_role(Role.FACILITATOR),
        "may_office": user.has_role(Role.STAFF, Role.AID),
        "groups": overview.groups(evidence),
        "coming": overview.coming(evidence, now=now, appointments=given_by(user, now=now)),
        "money": overview.money_of(mine),
        "feed": feed_addresses(mine.feed_token),
    }
    if evidence.supervision is not None:
        context["nav_roles"] = places(user, is_supervised=True)
    return render(request, "pathway/home.html", context)


@signed_in
@never_cache
@require_safe
def costs(request: HttpRequest) -> HttpResponse:
    """The honest total: paid, due and to come, with what goes to a supervisor kept apart."""
    user: User = request.user  # type: ignore[assignment]
    mine = home_of(user, now=timezone.now())
    is_pinned = mine.evidence.level_c is not None and mine.evidence.level_c.is_registered
    context = {
        "costs": costs_of(mine),
        "edition": mine.level_c_edition,
        "is_pinned": is_pinned,
        "breadcrumb": [
            {"label": _("My pathway"), "url": reverse("pathway:home")},
            {"label": _("What the whole path costs you")},
        ],
    }
    return render(request, "pathway/costs.html", context)


def feed_addresses(token: str) -> dict[str, str]:
    """The feed's address for copying and for opening in a calendar program; empty without one."""
    if not token:
        return {}
    url = settings.SITE_URL + reverse("pathway:calendar", args=[token])
    return {"url": url, "open_url": url.replace(urlsplit(url).scheme, "webcal", 1)}


@signed_in
@require_POST
def renew_calendar(request: HttpRequest) -> HttpResponse:
    """Make the calendar's address, or replace it."""
    user: User = request.user  # type: ignore[assignment]
    is_first = not CalendarFeed.objects.filter(user=user).exists()
    services.renew_feed(user)
    messages.success(
        request,
        _("Your calendar has its own address now. Copy it into your calendar program.")
        if is_first
        else _("Your calendar has a new address. The old one stopped working."),
    )
    return redirect(reverse("pathway:home") + "#calendar")


@public
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponseBase:
    """The person's sessions as a calendar file; whoever has the address may read it.

    An unknown or renewed address answers 404. Programs that keep an ETag get 304 as long as
    nothing changed. ``Last-Modified`` tells when a session last changed, and is never used to
    answer 304: a place that is given up changes the file, too.
    """
    feed = CalendarFeed.objects.select_related("user").filter(token=token).first()
    if feed is None or not feed.user.is_active:
        return refuse_unknown(request)
    sessions = list(sessions_of_person(feed.user))
    appointments = list(appointments_of_person(feed.user))
    content = sessions_calendar(
        sessions,
        name=_("SCIP sessions"),
        with_join_link=True,
        notes=calendar_notes(feed.user),
        left=times_left(feed.user),
        more=appointment_events(appointments, feed.user),
    )
    etag = quote_etag(hashlib.sha256(content).hexdigest()[:32])
    response = HttpResponse(content, content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = 'inline; filename="scip.ics"'
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(
        changed_at(
            feed,
            [item.changed_at for item in sessions] + [item.changed_at for item in appointments],
        ).timestamp()
    )
    response.headers["Cache-Control"] = f"private, max-age={FEED_SECONDS}"
    response.headers["X-Robots-Tag"] = "noindex"
    return get_conditional_response(request, etag=etag, response=response) or response


def changed_at(feed: CalendarFeed, moments: list[datetime]) -> datetime:
    """The newest change of the address or of a session."""
    return max([feed.renewed_at, *moments])


def refuse_unknown(request: HttpRequest) -> HttpResponse:
    """404, and 429 for an address that keeps guessing (30 a minute)."""
    visitor = f"calendar:{get_client_ip(request)}"
    if not within(visitor, limit=UNKNOWN_PER_MINUTE, seconds=MINUTE):
        return HttpResponse(_("Please try again in a minute."), status=429)
    raise Http404
