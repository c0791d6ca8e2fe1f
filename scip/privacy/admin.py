"""Requests to be erased, as the office sees them: who waits for what; letters are entered here."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from scip.access.admin import StaffModelAdmin
from scip.accounts.models import User
from scip.privacy import services
from scip.privacy.forms import LetterForm
from scip.privacy.models import ErasureRequest
from scip.privacy.queries.hindrances import hindrances
from scip.requirements import Refusal


class WaitFilter(admin.SimpleListFilter):
    """Requests by what they wait for."""

    title = _("waits for")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("day", _("its day")), ("person", _("something to be settled"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "day":
            return queryset.filter(state=ErasureRequest.State.ASKED, held_up_at=None)
        if self.value() == "person":
            return queryset.filter(state=ErasureRequest.State.ASKED, held_up_at__isnull=False)
        return queryset


@admin.register(ErasureRequest)
class ErasureRequestAdmin(StaffModelAdmin):
    """Read here. Nobody skips the wait: a request is carried out by itself when its days are over."""

    list_display = ("person", "state", "asked_at", "due_at", "waits_for", "is_by_letter")
    list_filter = ("state", WaitFilter)
    list_select_related = ("person", "asked_by")
    search_fields = ("person__name", "person__email")
    search_help_text = _("Name or e-mail address")
    ordering = ("due_at", "pk")
    change_list_template = "privacy/admin/erasurerequest_list.html"
    change_form_template = "privacy/admin/erasurerequest_change.html"
    fields: ClassVar[tuple[str, ...]] = (
        "person",
        "state",
        "asked_at",
        "asked_by",
        "letter_note",
        "takes_down_credentials",
        "due_at",
        "waits_for",
        "withdrawn_at",
        "carried_out_at",
    )

    @admin.display(description=_("waits for"))
    def waits_for(self, row: ErasureRequest) -> str:
        if row.state != ErasureRequest.State.ASKED:
            return ""
        if row.held_up_at is None:
            return str(_("its day"))
        return ", ".join(str(HELD_UP.get(code, code)) for code in row.held_up_by)

    @admin.display(description=_("by letter"), boolean=True)
    def is_by_letter(self, row: ErasureRequest) -> bool:
        return row.asked_by_id != row.person_id

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("enter/", view(self.enter_view), name="privacy_erasurerequest_enter"),
            path(
                "<int:pk>/take-back/",
                view(self.withdraw_view),
                name="privacy_erasurerequest_withdraw",
            ),
            *super().get_urls(),
        ]

    def acting(self, request: HttpRequest) -> User:
        """Whoever acts, if they are of the office; PermissionDenied else."""
        if not self.opens_for(request) or not isinstance(request.user, User):
            raise PermissionDenied
        return request.user

    def enter_view(self, request: HttpRequest) -> HttpResponseBase:
        """Enter a request that came by letter."""
        by = self.acting(request)
        form = LetterForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            address = form.cleaned_data.pop("address")
            person = User.objects.visible_to(by).filter(email__iexact=address).first()
            try:
                if person is None:
                    raise Refusal(
                        _("Nobody has an account with this address. Nothing was entered.")
                    )
                made = services.ask(person, by=by, **form.cleaned_data)
            except Refusal as refusal:
                form.add_error(None, str(refusal.sentence))
            else:
                messages.success(request, _("Entered. The person has a letter with the day."))
                return redirect("admin:privacy_erasurerequest_change", made.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Enter a request that came by letter"),
            "form": form,
        }
        return render(request, "privacy/admin/erasurerequest_enter.html", context)

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Take back what the office entered."""
        by = self.acting(request)
        row = get_object_or_404(ErasureRequest.objects.visible_to(by), pk=pk)

        @require_POST
        def act(_request: HttpRequest) -> HttpResponse:
            try:
                services.withdraw(row, by=by)
            except Refusal as refusal:
                messages.error(request, str(refusal.sentence))
            else:
                messages.success(request, _("Taken back. The person is told."))
            return redirect("admin:privacy_erasurerequest_change", pk)

        return act(request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The request with what stands in its way now."""
        row = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if row is not None and self.opens_for(request) and row.state == ErasureRequest.State.ASKED:
            shown = {
                "findings": hindrances(row.person),
                "is_due": row.due_at <= timezone.now(),
                "is_entered": row.asked_by_id != row.person_id,
            }
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))


HELD_UP = {
    "places": _("a place in a course"),
    "supervised": _("candidates in supervision"),
    "money": _("money"),
    "roles": _("a role"),
    "under_way": _("something under way"),
}
