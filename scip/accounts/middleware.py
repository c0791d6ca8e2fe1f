"""Second factor by role, and the viewer's time zone."""

import hashlib
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo, available_timezones

from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.forms import proposed_zone
from scip.accounts.models import User
from scip.accounts.queries import FACTORS

type GetResponse = Callable[[HttpRequest], HttpResponseBase]


class SecondFactorMiddleware:
    """People with a role see nothing but their account pages until a second factor is set up.

    Deny by default: a new role or a new page is covered without anybody remembering it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if (
            user.is_authenticated
            and not request.path.startswith(account_pages())
            and user.roles
            and not has_second_factor(user)
        ):
            messages.info(
                request,
                _(
                    "Your role opens other people's records, so it needs a second factor. "
                    "Set one up here; then everything is open to you."
                ),
            )
            return redirect("mfa_index")
        return self.get_response(request)


def account_pages() -> str:
    """Where allauth's pages begin: signing out and setting up a factor stay reachable."""
    return reverse("account_login").removesuffix("login/")


def has_second_factor(user: User) -> bool:
    """An authenticator app or a passkey; recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


class TimeZoneMiddleware:
    """Activates the signed-in person's zone, or the one a visitor's browser proposed."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        name = user.time_zone if user.is_authenticated else proposed_zone(request)
        zone = name if name in KNOWN_ZONES else "UTC"
        with timezone.override(ZoneInfo(zone)):
            return self.get_response(request)


KNOWN_ZONES = available_timezones()


class SessionActivityMiddleware:
    """Keeps allauth's list of one's own sessions current without a write on every page.

    allauth's own middleware updates the row on each request. Here it is touched when the
    address or the browser differs from last time, and otherwise every five minutes.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and request.session.session_key:
            note_activity(request)
        return self.get_response(request)


def note_activity(request: HttpRequest) -> None:
    """Touch the session's row if it is time; remembers the last time in the session."""
    whence = f"{get_client_ip(request)} {request.headers.get('User-Agent', '')}"
    mark = hashlib.sha256(whence.encode()).hexdigest()[:16]
    known, touched_at = request.session.get("activity", ["", 0])
    if known == mark and time.time() - touched_at < ACTIVITY_SECONDS:
        return
    UserSession.objects.create_from_request(request)
    request.session["activity"] = [mark, int(time.time())]


ACTIVITY_SECONDS = 300
