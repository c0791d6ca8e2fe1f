"""Cohorts: prepared as a draft, opened on a page that says what happens, then kept."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from cohorts.admin.pages import acting, page, refused
from cohorts.emails.cancellation import preview_cancelled
from cohorts.forms.cancelling import CancelCohortForm
from cohorts.forms.cohorts import CohortForm, NoteForm, SessionMoveForm
from cohorts.models import Cohort, Enrolment, PriceTier, Session, SkippedDay
from cohorts.queries.cancelling import plan_cohort_cancellation
from cohorts.services.cancellation import cancel_cohort
from cohorts.services.opening import copy_cohort, figures_of, open_cohort, planned_times
from cohorts.services.sessions import cancel_session, reschedule_session
from scip.access.admin import StaffModelAdmin
from scip.access.fields import office_field
from scip.accounts.models import Role
from scip.audit.services import record
from scip.formats import money
from scip.policy.models import Edition
from scip.requirements import Refusal

# Promised to people once the cohort is open; from then on they stay.
ONLY_IN_DRAFT = (
    "level",
    "slug",
    "edition",
    "time_zone",
    "starts_on",
    "starts_at",
    "session_count",
    "session_minutes",
    "attendance_percent",
    "present_percent",
    "offer_days",
    "waiting_list_offer_hours",
    "payment_hours",
    "last_session_to_join",
    "msc_required_for",
    "msc_due_on",
)


class CohortInline(admin.TabularInline[Any, Cohort]):
    """Rows of a cohort: the office looks, and edits while the cohort is a draft."""

    extra = 0
    max_num = 100

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """No more rows are read from a post than a cohort can have: Django's own bound is
        2,000, and a made-up count keeps a worker busy for many seconds."""
        return super().get_formset(request, obj, absolute_max=self.max_num, **kwargs)

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Prices as amounts, days in the browser's own field."""
        return office_field(db_field) or super().formfield_for_dbfield(db_field, request, **kwargs)

    def is_draft(self, request: HttpRequest, obj: Any) -> bool:
        is_office = request.user.is_authenticated and request.user.has_role(Role.STAFF)
        return is_office and (obj is None or obj.state == Cohort.State.DRAFT)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_authenticated and request.user.has_role(Role.STAFF)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_draft(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_draft(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_draft(request, obj)


class PriceTierInline(CohortInline):
    """Prices; without any, the Edition's are copied when the cohort opens."""

    model = PriceTier

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Once promised, the price is read, and then as it is written everywhere."""
        if self.is_draft(request, obj):
            return ("kind", "amount_cents", "currency", "until")
        return ("kind", "price", "until")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if self.is_draft(request, obj) else ("price",)

    @admin.display(description=_("price"))
    def price(self, tier: PriceTier) -> str:
        if tier.amount_cents is None:  # typed wrongly; the form says so at its field
            return ""
        return money(tier.amount_cents, tier.currency)


class SkippedDayInline(CohortInline):
    """Holidays: the series goes on a week later."""

    model = SkippedDay


class SessionInline(CohortInline):
    """Sessions: their titles are edited here, their times on a page of their own."""

    model = Session
    fields = ("number", "title", "starts_at", "ends_at", "state")
    readonly_fields = ("number", "starts_at", "ends_at", "state")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Cohort)
class CohortAdmin(StaffModelAdmin):
    """A cohort with its prices, holidays and sessions."""

    may_add = True
    may_change = True
    form = CohortForm
    list_display = ("title", "level", "state", "starts_on", "time_zone", "people", "capacity")
    list_filter = ("state", "level", "is_ce_approved")
    search_fields = ("title", "slug")
    search_help_text = _("Title")
    ordering = ("-starts_on", "pk")
    prepopulated_fields = {"slug": ("title",)}
    # A few names: boxes to tick, where Django's two lists can't be read aloud.
    formfield_overrides = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
    change_form_template = "cohorts/admin/cohort_change.html"
    inlines = (PriceTierInline, SkippedDayInline, SessionInline)
    readonly_fields = ("state", "opened_at", "cancelled_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cohort]:
        taking_part = Q(enrolments__state__in=Enrolment.TAKING_PART)
        rows: QuerySet[Cohort] = super().get_queryset(request)
        return rows.annotate(taking_part=Count("enrolments", filter=taking_part))

    @admin.display(description=_("people"))
    def people(self, cohort: Any) -> int:
        return int(cohort.taking_part)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        edition = Edition.objects.in_force()
        proposed = super().get_changeform_initial_data(request)
        return {**figures_of(edition), "edition": edition.pk, **proposed}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or obj.state == Cohort.State.DRAFT:
            return self.readonly_fields
        return (*self.readonly_fields, *ONLY_IN_DRAFT)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        is_draft = obj is None or obj.state == Cohort.State.DRAFT
        return dict(self.prepopulated_fields) if is_draft else {}

    def save_model(
        self, request: HttpRequest, obj: Cohort, form: ModelForm[Any], change: bool
    ) -> None:
        if change:
            # Only what was edited: the calendar may have moved the cohort's state meanwhile.
            columns = {field.name for field in Cohort._meta.concrete_fields}
            obj.save(update_fields=sorted(columns.intersection(form.changed_data)))
        else:
            super().save_model(request, obj, form, change)
        changed = ",".join(sorted(form.changed_data))
        record("cohort.edited", obj, by=request.user, fields=changed)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Facilitators are written only where this page changed them."""
        if not change or "facilitators" in form.changed_data:
            form.save_m2m()
        for formset in formsets:
            self.save_formset(request, form, formset, change=change)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/open/", wrap(self.open_view), name="cohorts_cohort_open"),
            path("<int:pk>/cancel/", wrap(self.cancel_view), name="cohorts_cohort_cancel"),
            path("<int:pk>/copy/", wrap(require_POST(self.copy_view)), name="cohorts_cohort_copy"),
            path(
                "<int:pk>/sessions/<int:number>/",
                wrap(self.session_view),
                name="cohorts_cohort_session",
            ),
            *super().get_urls(),
        ]

    def open_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Show dates and prices as they will be, then open."""
        by = acting(self, request)
        cohort = get_object_or_404(Cohort.objects.visible_to(by), pk=pk)
        if request.method == "POST":
            try:
                open_cohort(cohort, by=by)
                messages.success(request, _("The cohort is open; visitors see it now."))
            except Refusal as refusal:
                refused(request, refusal)
            return redirect("admin:cohorts_cohort_change", pk)
        return page(
            self,
            request,
            cohort,
            "cohorts/admin/cohort_open.html",
            title=_("Open this cohort"),
            times=planned_times(cohort),
            tiers=cohort.tiers.all(),
        )

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Show whom it concerns, how much goes back and the letter; then cancel."""
        by = acting(self, request)
        cohort = get_object_or_404(Cohort.objects.visible_to(by), pk=pk)
        form = CancelCohortForm(request.POST or None)
        draft = None
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            if "send" in request.POST:
                try:
                    cancel_cohort(cohort, by=by, reason=reason)
                    messages.success(request, _("The cohort is cancelled; everybody is told."))
                except Refusal as refusal:
                    refused(request, refusal)
                return redirect("admin:cohorts_cohort_change", pk)
            draft = preview_cancelled(cohort, by, reason)
        return page(
            self,
            request,
            cohort,
            "cohorts/admin/cohort_cancel.html",
            title=_("Cancel this cohort"),
            plan=plan_cohort_cancellation(cohort, now=timezone.now()),
            form=form,
            draft=draft,
        )

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """A draft like this one, a year later."""
        by = acting(self, request)
        copy = copy_cohort(get_object_or_404(Cohort.objects.visible_to(by), pk=pk), by=by)
        messages.success(request, _("This is the copy, as a draft: look at its dates first."))
        return redirect("admin:cohorts_cohort_change", copy.pk)

    def session_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponseBase:
        """Move a session, or say that it does not take place; everybody gets a letter."""
        by = acting(self, request)
        cohort = get_object_or_404(Cohort.objects.visible_to(by), pk=pk)
        session = get_object_or_404(Session.objects.filter(cohort=cohort), number=number)
        is_cancelling = "cancel" in request.POST
        move_form = SessionMoveForm(
            request.POST if request.method == "POST" and not is_cancelling else None,
            session=session,
        )
        note_form = NoteForm(request.POST if is_cancelling else None, prefix="cancel")
        form = note_form if is_cancelling else move_form
        if request.method == "POST" and form.is_valid():
            note = form.cleaned_data["note"]
            try:
                if is_cancelling:
                    cancel_session(session, by=by, note=note)
                else:
                    reschedule_session(session, starts_at=move_form.moment, by=by, note=note)
                messages.success(request, _("Done; everybody who takes part gets a letter."))
                return redirect("admin:cohorts_cohort_change", pk)
            except Refusal as refusal:
                refused(request, refusal)
        return page(
            self,
            request,
            cohort,
            "cohorts/admin/session_move.html",
            title=_("Session {number}").format(number=number),
            session=session,
            move_form=move_form,
            note_form=note_form,
        )
