"""What every page needs: the site's address, the demo bar, the roles for the menu."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``demo``, ``site_url`` and ``nav_roles`` (a set of role codes)."""
    user = getattr(request, "user", None)
    is_known = user is not None and user.is_authenticated
    return {
        "demo": settings.DEMO,
        "site_url": settings.SITE_URL,
        "nav_roles": user.roles if is_known and user is not None else frozenset(),
    }
