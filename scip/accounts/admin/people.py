"""People: found by name or address; roles given and ended; never a password in sight."""

from typing import Any, ClassVar

from allauth.account.forms import ResetPasswordForm
from django.contrib import admin, messages
from django.contrib.admin.options import InlineModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from scip.access.admin import StaffModelAdmin
from scip.accounts import services
from scip.accounts.forms import RoleForm, SecondFactorForm
from scip.accounts.languages import language_names
from scip.accounts.models import Role, RoleGrant, User
from scip.audit.services import record
from scip.requirements import Refusal


class RoleFilter(admin.SimpleListFilter):
    """People who hold a role today."""

    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Role.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.value() not in Role:
            return queryset
        return queryset.holding(self.value())  # type: ignore[attr-defined, no-any-return]


class RoleGrantInline(admin.TabularInline[RoleGrant, User]):
    """The roles of a person, past ones too; changed on a page of their own."""

    model = RoleGrant
    fk_name = "user"
    fields = readonly_fields = ("role", "since", "until", "granted_by")
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_authenticated and request.user.has_role(Role.STAFF)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(StaffModelAdmin):
    """One person: the profile to read, roles and sign-in to help with."""

    list_display = ("name", "email", "country", "held_roles", "is_active", "joined_at")
    list_display_links = ("name", "email")
    list_filter = (RoleFilter, "is_active")
    search_fields = ("name", "email")
    search_help_text = _("Name or e-mail address")
    ordering = ("name", "pk")
    date_hierarchy = None
    change_form_template = "accounts/admin/user_change.html"
    inlines: ClassVar[tuple[type[InlineModelAdmin[Any, Any]], ...]] = (RoleGrantInline,)
    fields = (
        "email",
        "name",
        "credentials_suffix",
        "profession",
        "country",
        "time_zone",
        "spoken",
        "phone",
        "is_active",
        "joined_at",
        "last_login",
    )
    readonly_fields = ("spoken",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        held = Prefetch("role_grants", RoleGrant.objects.holding(), to_attr="held")
        rows: QuerySet[User] = super().get_queryset(request).prefetch_related(held)
        return rows

    @admin.display(description=_("roles"))
    def held_roles(self, user: User) -> str:
        held: list[RoleGrant] = getattr(user, "held", [])
        return ", ".join(str(grant.get_role_display()) for grant in held)

    @admin.display(description=_("languages"))
    def spoken(self, user: User) -> str:
        return ", ".join(language_names(user.languages))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/roles/", wrap(self.roles_view), name="accounts_user_roles"),
            path(
                "<int:pk>/password/",
                wrap(require_POST(self.password_view)),
                name="accounts_user_send_reset",
            ),
            path("<int:pk>/factor/", wrap(self.factor_view), name="accounts_user_factor"),
            *super().get_urls(),
        ]

    def acting(self, request: HttpRequest) -> User:
        """The person of the office who acts; PermissionDenied for anybody else."""
        if not self.opens_for(request) or not isinstance(request.user, User):
            raise PermissionDenied
        return request.user

    def roles_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Give a role, or end one; the person is signed out everywhere and told."""
        by = self.acting(request)
        user = get_object_or_404(User.objects.visible_to(by), pk=pk)
        held = RoleGrant.objects.holding().filter(user=user).order_by("since", "pk")
        form = RoleForm(request.POST if "give" in request.POST else None)
        if request.method == "POST":
            try:
                if "end" in request.POST:
                    grant = get_object_or_404(held, pk=as_number(request.POST["end"]))
                    services.end_role(grant, by=by)
                    messages.success(request, _("The role has ended. The person is told."))
                    return redirect("admin:accounts_user_roles", pk)
                if form.is_valid():
                    services.grant_role(user, form.cleaned_data["role"], by=by)
                    messages.success(request, _("The role is given. The person is told."))
                    return redirect("admin:accounts_user_roles", pk)
            except Refusal as refusal:
                messages.error(request, str(refusal.sentence))
                return redirect("admin:accounts_user_roles", pk)
        return self.page(
            request, user, "accounts/admin/user_roles.html", title=_("Roles"), form=form, held=held
        )

    def password_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Send the person the letter that leads to a new password; nobody sees or sets one."""
        by = self.acting(request)
        user = get_object_or_404(User.objects.visible_to(by), pk=pk)
        form = ResetPasswordForm({"email": user.email})
        if form.is_valid():
            form.save(request)
            record("password.reset_sent", user, by=by, subject=user)
            messages.success(request, _("The letter with the link is on its way."))
        return redirect("admin:accounts_user_change", pk)

    def factor_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Take away a lost second factor, with a note how the person was recognised."""
        by = self.acting(request)
        user = get_object_or_404(User.objects.visible_to(by), pk=pk)
        form = SecondFactorForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                services.reset_second_factor(user, by=by, reason=form.cleaned_data["reason"])
            except Refusal as refusal:
                messages.error(request, str(refusal.sentence))
            else:
                messages.success(request, _("It is taken away. The person is told."))
            return redirect("admin:accounts_user_change", pk)
        return self.page(
            request,
            user,
            "accounts/admin/user_factor.html",
            title=_("Take away the second factor"),
            form=form,
        )

    def page(self, request: HttpRequest, user: User, template: str, **context: Any) -> HttpResponse:
        return render(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "opts": self.model._meta,
                "original": user,
                **context,
            },
        )


def as_number(value: str) -> int:
    """A row's number from a form; 0 (which no row has) for anything else."""
    return int(value) if value.isdecimal() and len(value) < 19 else 0
