"""The admin site: the office's workplace."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from scip.accounts.middleware import has_second_factor
from scip.accounts.models import Role


class ConsoleSite(AdminSite):
    """Opens on what waits. Sign-in is the site's own (rate limits, second factor), never the
    admin's form; what somebody sees follows from their roles."""

    site_header = _("SCIP Pathway office")
    site_title = _("SCIP Pathway office")
    index_title = _("What waits for you")
    index_template = "console/index.html"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        from scip.console.exports import export_csv

        self.disable_action("delete_selected")
        self.add_action(export_csv, "export_csv")

    def has_permission(self, request: HttpRequest) -> bool:
        """The office and the people who decide on aid, each with a second factor set up.

        The middleware asks for the factor on every page; asking again here keeps the office
        shut even if a page were ever left out there. Answered once per request.
        """
        known: bool | None = getattr(request, "may_enter_office", None)
        if known is None:
            user = request.user
            known = (
                user.is_authenticated
                and user.has_role(Role.STAFF, Role.AID)
                and has_second_factor(user)
            )
            request.may_enter_office = known  # type: ignore[attr-defined]
        return known

    @method_decorator(never_cache)
    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:  # type: ignore[override]
        """Lead to the site's own sign-in; 403 for people whose roles do not open the office."""
        target = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
            target = reverse("admin:index")
        if self.has_permission(request):
            return redirect(target)
        if request.user.is_authenticated:
            raise PermissionDenied(
                _(
                    "These pages belong to the office. Nothing was changed. Your own are under My pathway."
                )
            )
        query = urlencode({REDIRECT_FIELD_NAME: target})
        return redirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:  # type: ignore[override]
        """Back to the public first page."""
        return LogoutView.as_view(next_page="/")(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:  # type: ignore[override]
        """The account pages' form asks again who is there, and ends other sessions."""
        return redirect("account_change_password")

    def get_urls(self) -> list[Any]:
        """The office's own pages stand beside the models' pages."""
        from scip.console import views

        own = [
            path("people/", self.admin_view(views.people), name="people"),
            path("person/<int:pk>/", self.admin_view(views.person), name="person"),
            path("files/", self.admin_view(views.files), name="files"),
            path("log/verify/", self.admin_view(views.verify_log), name="verify_log"),
        ]
        return own + super().get_urls()

    @method_decorator(never_cache)
    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """Work queues with counts and ages; figures for the office."""
        from payments.queries import says_how_to_pay
        from scip.console.charts import charts
        from scip.console.queues import waiting_for

        now = timezone.now()
        is_office = request.user.has_role(Role.STAFF)  # type: ignore[union-attr]
        context = {
            "queues": waiting_for(request.user, now=now),  # type: ignore[arg-type]
            "charts": charts(now=now) if is_office else [],
            "is_office": is_office,
            "says_how_to_pay": not is_office or says_how_to_pay(now),
        }
        return super().index(request, {**context, **(extra_context or {})})
