"""The three marks, kept on the view function so that a test can walk the URLconf."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required, login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

type View = Callable[..., HttpResponseBase]

MARK = "access_mark"


def mark_of(view: Callable[..., Any]) -> tuple[str, ...] | None:
    """The view's mark: ``("public",)``, ``("signed_in",)``, ``("role", …)`` or None."""
    mark: tuple[str, ...] | None = getattr(view, MARK, None)
    return mark


def public(view: View) -> View:
    """Anyone may open this page."""
    marked = login_not_required(view)
    setattr(marked, MARK, ("public",))
    return marked


def signed_in(view: View) -> View:
    """Any signed-in person may open this page; strangers are led to sign-in."""
    marked = login_required(view)
    setattr(marked, MARK, ("signed_in",))
    return marked


def role(*roles: str) -> Callable[[View], View]:
    """Only people who hold one of these roles today; others get 403 with a sentence.

    Anonymous visitors are led to sign-in first.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_role(*roles):  # type: ignore[union-attr]
                raise PermissionDenied(
                    _(
                        "This page belongs to people with another role. Nothing was changed. "
                        "If you think you should have it, write to the office."
                    )
                )
            return view(request, *args, **kwargs)

        marked = login_required(guarded)
        setattr(marked, MARK, ("role", *roles))
        return marked

    return decorate
