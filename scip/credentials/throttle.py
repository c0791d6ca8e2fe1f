"""Unknown codes can be asked for a while, not forever."""

from allauth.core.internal.httpkit import get_client_ip
from django.http import HttpRequest

from scip.throttle import MINUTE, within

UNKNOWN_PER_MINUTE = 30


def may_ask(request: HttpRequest) -> bool:
    """Count an unknown code for this visitor's address; False beyond 30 a minute."""
    return within(f"verify:{get_client_ip(request)}", limit=UNKNOWN_PER_MINUTE, seconds=MINUTE)
