"""The office's pages about completions, credentials and their certificates."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from scip.access.admin import StaffModelAdmin
from scip.accounts.admin.deciding import DecidingAdmin
from scip.accounts.models import User
from scip.credentials import services
from scip.credentials.acts import ACTS
from scip.credentials.joint import CREDITABLE, record_equivalency
from scip.credentials.models import Certificate, Completion, Credential, today
from scip.credentials.proof import agrees
from scip.requirements import Refusal


class CreditForm(forms.Form):
    """Level A or B, credited for an earlier format of the programme."""

    level = forms.ChoiceField(
        label=_("Level"), choices=[(level.value, level.label) for level in CREDITABLE]
    )
    reason = forms.CharField(
        label=_("What it rests on"),
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Earlier participation, portfolio, hours of supervision; it stays on record."),
    )


class StandingFilter(admin.SimpleListFilter):
    """Active, expired, suspended, revoked, replaced."""

    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        states = [(str(value), str(label)) for value, label in Credential.State.choices]
        return [*states, ("expired", _t("expired"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "active":
                return queryset.in_force(today())  # type: ignore[attr-defined, no-any-return]
            case "expired":
                return queryset.expired(today())  # type: ignore[attr-defined, no-any-return]
            case value if value in Credential.State.values:
                return queryset.filter(state=value)
        return queryset


@admin.register(Credential)
class CredentialAdmin(DecidingAdmin):
    """Recognitions under their numbers; every act in two steps, with the letter shown first."""

    decisions = ACTS

    change_form_template = "credentials/admin/credential_change.html"
    list_display = ("number", "holder_name", "kind", "issued_on", "expires_on", "stands", "papers")
    list_filter = ("kind", StandingFilter, "issued_on")
    search_fields = ("number", "code", "holder_name", "user__email", "user__name")
    search_help_text = _("Number, code, name or e-mail address")
    ordering = ("-id",)
    fields = (
        "number",
        "code",
        "holder_name",
        "user",
        "kind",
        "completion",
        "issued_on",
        "expires_on",
        "stands",
        "suspended_at",
        "suspended_by",
        "suspension_ground",
        "suspension_reason",
        "revoked_at",
        "revoked_by",
        "revocation_ground",
        "revocation_reason",
        "appeal_contact",
        "replaces",
        "issued_anew_for",
        "replaced_at",
        "replaced_by",
        "is_as_sealed",
    )
    readonly_fields = ("number", "code", "stands", "is_as_sealed")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        made = Count("certificates", filter=Q(certificates__made_at__isnull=False))
        rows: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = rows.annotate(made=made, wanted=Count("certificates"))
        return counted

    @admin.display(description=_("state"), ordering="state")
    def stands(self, credential: Credential) -> str:
        """As it stands today: what has run out is not called active."""
        if credential.standing() == "expired":
            return _t("expired")
        return credential.get_state_display()

    @admin.display(description=_("certificates"))
    def papers(self, credential: Any) -> str:
        return _t("{made} of {wanted} made").format(made=credential.made, wanted=credential.wanted)

    @admin.display(description=_("states what was sealed"), boolean=True)
    def is_as_sealed(self, credential: Credential) -> bool:
        return agrees(credential)

    def intro(self, row: Any) -> str:
        """Which one, and whose."""
        return f"{row.number} · {row.holder_name}"


@admin.register(Certificate)
class CertificateAdmin(StaffModelAdmin):
    """The PDFs. One that can't be made says why; after mending, it is tried again."""

    list_display = ("credential", "holder", "kind", "paper", "requested_at", "made_at", "problem")
    list_filter = (("made_at", admin.EmptyFieldListFilter), "kind", "paper", "requested_at")
    search_fields = ("credential__number", "credential__holder_name", "credential__code")
    list_select_related = ("credential",)
    ordering = ("-requested_at", "-id")
    actions = ("try_again",)
    fields = (
        "credential",
        "kind",
        "paper",
        "requested_at",
        "made_at",
        "sha256",
        "problem",
        "verify",
    )
    readonly_fields = ("verify",)

    @admin.display(description=_("holder"))
    def holder(self, certificate: Certificate) -> str:
        return certificate.credential.holder_name

    @admin.display(description=_("verification"))
    def verify(self, certificate: Certificate) -> SafeString:
        url = services.verify_url(certificate.credential.code)
        return format_html('<a href="{}">{}</a>', url, url)

    @admin.action(description=_("Try again to make them"), permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Ask for the chosen ones that are not made yet; made ones stay as they are."""
        waiting = list(queryset.filter(made_at=None).select_related("credential__user"))
        for certificate in waiting:
            services.try_again(certificate, by=request.user)
        messages.success(
            request, _t("{count} certificates are being made.").format(count=len(waiting))
        )


@admin.register(Completion)
class CompletionAdmin(StaffModelAdmin):
    """Facts on record, to read. They are written by the cohort's outcome or an equivalency."""

    list_display = ("user", "level", "basis", "completed_on", "recorded_at")
    list_filter = ("level", "basis", "completed_on")
    search_fields = ("user__name", "user__email")
    list_select_related = ("user",)
    ordering = ("-id",)
    fields = ("user", "level", "basis", "completed_on", "facts", "recorded_at", "recorded_by")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("credit/<int:pk>/", wrap(self.credit_view), name="credentials_completion_credit"),
            *super().get_urls(),
        ]

    def credit_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Credit a person for an earlier format; the joint certificate may follow at once."""
        if not self.opens_for(request) or not isinstance(request.user, User):
            raise PermissionDenied
        person = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
        form = CreditForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                record_equivalency(person, by=request.user, **form.cleaned_data)
            except Refusal as refusal:
                form.add_error(None, str(refusal.sentence))
            else:
                messages.success(request, _t("The credit is on record."))
                return redirect("admin:person", pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _t("Credit an earlier format"),
            "person": person,
            "known": Completion.objects.filter(user=person).order_by("level"),
            "form": form,
        }
        return render(request, "credentials/admin/completion_credit.html", context)
