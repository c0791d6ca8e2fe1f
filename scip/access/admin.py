"""The one base of every admin page: who may look, narrowed to what they may see."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst

from scip.access.fields import office_field
from scip.access.paging import CappedPaginator

if TYPE_CHECKING:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class RowForm(forms.ModelForm[models.Model]):
    """One row of a list that is edited in place: its fields have no label beside them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}: {self.instance}"


class StaffModelAdmin(ModelAdmin):
    """Admin pages for people who hold one of ``roles`` (codes; by default the office).

    Deny by default: what a class does not open stays shut, and nothing is deleted here.
    Rows are narrowed by the model's ``visible_to``, so lists, search and pages agree with
    the rest of the site. State fields change through services only; a class that lets
    people edit rows sets ``may_add`` and ``may_change``.
    """

    roles: ClassVar[tuple[str, ...]] = ("staff",)
    may_add: ClassVar[bool] = False
    may_change: ClassVar[bool] = False
    list_per_page = 50
    show_full_result_count = False
    paginator = CappedPaginator

    def opens_for(self, request: HttpRequest) -> bool:
        """Does the person hold one of the roles today?"""
        user = request.user
        return user.is_authenticated and user.has_role(*self.roles)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.opens_for(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.opens_for(request)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return self.may_add and self.opens_for(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_change and self.opens_for(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, headed by what is in it."""
        heading = {"title": capfirst(str(self.opts.verbose_name_plural))}
        return super().changelist_view(request, heading | (extra_context or {}))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What the log says of this row: the admin's own history knows only the admin's edits."""
        shown = urlencode({"object_type__exact": self.opts.label_lower, "object_id": object_id})
        return HttpResponseRedirect(f"{reverse('admin:audit_entry_changelist')}?{shown}")

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Money as amounts, days and times in the browser's own fields."""
        return office_field(db_field) or super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Fields within a list are named for whoever hears them."""
        return super().get_changelist_form(request, form=RowForm, **kwargs)

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        """No more rows are read from a posted list than one page can show: Django's own bound
        is 2,000, and a made-up count keeps a worker busy for seconds."""
        most = max(self.list_per_page, self.list_max_show_all)
        return super().get_changelist_formset(request, max_num=most, absolute_max=most, **kwargs)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        narrowed = getattr(rows, "visible_to", None)
        return narrowed(request.user) if narrowed is not None else rows
