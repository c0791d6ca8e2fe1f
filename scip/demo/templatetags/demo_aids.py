"""Aids that exist only while the demo runs."""

import time
from typing import Any

from allauth.account.internal.stagekit import get_pending_stage
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django import template
from django.http import HttpRequest

from scip.demo.people import BY_EMAIL

register = template.Library()


@register.inclusion_tag("demo/totp_hint.html", takes_context=True)
def totp_hint(context: Any) -> dict[str, str]:
    """The current code of the demo person who is just signing in (or asked once more).

    Empty for anybody else, also in the demo: somebody who made an own account there keeps
    their second factor to themselves.
    """
    request: HttpRequest = context["request"]
    stage = get_pending_stage(request)
    user = stage.login.user if stage is not None else request.user
    if getattr(user, "email", "") not in BY_EMAIL:
        return {"code": ""}
    factor = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if factor is None:
        return {"code": ""}
    counter = int(time.time()) // app_settings.TOTP_PERIOD
    return {"code": format_hotp_value(hotp_value(decrypt(factor.data["secret"]), counter))}
