"""What every page needs: the site's address, the demo bar, a role's places for the menu."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from scip.accounts.models import Role


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``demo``, ``site_url`` and ``nav_roles`` (label and url of each place)."""
    user = getattr(request, "user", None)
    is_known = user is not None and user.is_authenticated
    return {
        "demo": settings.DEMO,
        "site_url": settings.SITE_URL,
        "nav_roles": places(user, is_supervised=is_at_supervision(request)) if is_known else [],
    }


def is_at_supervision(request: HttpRequest) -> bool:
    """Whoever is there has the place in the menu; asking whether somebody is a candidate would
    cost every page a query."""
    return request.path.startswith("/supervision/")


def places(user: Any, *, is_supervised: bool = False) -> list[dict[str, str]]:
    """The pages that a person's roles open, in the order of the menu; ``is_supervised`` adds a
    candidate's desk."""
    found = []
    if is_supervised or user.has_role(Role.SUPERVISOR):
        found.append({"label": _("Supervision"), "url": "/supervision/"})
    if user.has_role(Role.FACILITATOR):
        found.append({"label": _("Facilitate"), "url": "/facilitate/"})
    if user.has_role(Role.REVIEWER, Role.CHAIR):
        found.append({"label": _("Review"), "url": "/review/"})
    if user.has_role(Role.PANEL):
        found.append({"label": _("Appeals"), "url": "/review/appeals/"})
    if user.is_staff:
        found.append({"label": _("Office"), "url": "/admin/"})
    return found
