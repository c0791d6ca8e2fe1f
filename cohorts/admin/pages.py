"""What the office's own pages inside the admin have in common."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from scip.access.admin import StaffModelAdmin
from scip.accounts.models import User
from scip.requirements import Refusal


def acting(model_admin: StaffModelAdmin, request: HttpRequest) -> User:
    """The person of the office who acts; PermissionDenied for anybody else."""
    if not model_admin.opens_for(request) or not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def page(
    model_admin: StaffModelAdmin,
    request: HttpRequest,
    original: models.Model,
    template: str,
    **context: Any,
) -> HttpResponse:
    """A page about one row, dressed as the admin."""
    return render(
        request,
        template,
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.model._meta,
            "original": original,
            **context,
        },
    )


def refused(request: HttpRequest, refusal: Refusal) -> None:
    """Show why a service did not act."""
    messages.error(request, str(refusal.sentence))
