"""The admin site: the office's workplace."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _


class ConsoleSite(AdminSite):
    """Sign-in through the site's own pages (rate limits, second factor), never the admin's form."""

    site_header = _("SCIP Pathway office")
    site_title = _("SCIP Pathway office")
    index_title = _("What waits for you")

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:  # type: ignore[override]
        """Lead to the site's own sign-in; 403 for people whose roles do not open the office."""
        response: HttpResponseBase = secure_admin_login(super().login)(request, extra_context)
        return response

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:  # type: ignore[override]
        """The account pages' form asks again who is there, and ends other sessions."""
        return redirect("account_change_password")
