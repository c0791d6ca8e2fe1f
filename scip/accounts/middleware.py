"""Second factor by role, and the viewer's time zone."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, available_timezones

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

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
            and user.roles
            and not request.path.startswith(reverse("account_login").removesuffix("login/"))
            and not Authenticator.objects.filter(
                user=user, type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
            ).exists()
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


class TimeZoneMiddleware:
    """Activates the signed-in person's zone, or the one a visitor's browser proposed."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            name = request.user.time_zone
        else:
            name = request.COOKIES.get("tz", "")
        zone = name if name in KNOWN_ZONES else "UTC"
        with timezone.override(ZoneInfo(zone)):
            return self.get_response(request)


KNOWN_ZONES = available_timezones()
