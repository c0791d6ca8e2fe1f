"""Second factor by role, and the viewer's time zone."""

import hashlib
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo, available_timezones

from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
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
    """Keeps allauth's list of one's own sessions current, and ends what has lasted long enough.

    allauth's own middleware updates the row on each request. Here it is touched when the
    address or the browser differs from last time, and otherwise every five minutes.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        was_in = request.user.is_authenticated
        if was_in and request.session.session_key:
            if has_lasted(request):
                logout(request)
                messages.info(
                    request, _("You were signed in for a long time. Please sign in again.")
                )
            else:
                note_activity(request)
        response = self.get_response(request)
        if was_in and not request.user.is_authenticated:
            # Whoever presses "back" on a shared machine sees no page of who left.
            response.headers["Clear-Site-Data"] = '"cache"'
        return response


def has_lasted(request: HttpRequest) -> bool:
    """Was the sign-in longer ago than a session may last? One from before this was noted begins
    to count now.

    It ends when a page is opened, where nothing typed is lost. What a page sends meanwhile (a
    draft that saves itself, a part of an upload) has a day more.
    """
    began_at = request.session.setdefault("signed_in_at", int(time.time()))
    longest = settings.SESSION_LONGEST + (0 if opens_a_page(request) else GRACE_SECONDS)
    return bool(time.time() - began_at > longest)


def opens_a_page(request: HttpRequest) -> bool:
    """Does the browser ask for a whole page? Old ones don't say; scripts of ours do."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return request.method == "GET" and mode == "navigate" and "HX-Request" not in request.headers


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
GRACE_SECONDS = 24 * 3600
