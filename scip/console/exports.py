"""Every table that the office would copy into a spreadsheet, as CSV.

One action for all lists of the admin: what is exported is what the list shows, row by row,
never more. Each export is recorded, with how many rows it held.
"""

from datetime import date, datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import (
    display_for_field,
    display_for_value,
    label_for_field,
    lookup_field,
)
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _

from scip.audit.services import record
from scip.spreadsheets import csv_response

# Never leaves by a spreadsheet, whatever a list shows.
CONFIDENTIAL = frozenset({"statement", "need_statement", "document", "password", "token"})


def columns_of(modeladmin: Any, request: HttpRequest) -> list[str]:
    """The list's columns that may leave the house."""
    shown = modeladmin.get_list_display(request)
    return [name for name in shown if isinstance(name, str) and name not in CONFIDENTIAL]


def cell_of(name: str, row: Any, modeladmin: Any) -> str:
    """What the list shows in this column, as text."""
    try:
        field, _attribute, value = lookup_field(name, row, modeladmin)
    except ObjectDoesNotExist:
        return ""
    if value is None:
        return ""
    if isinstance(value, datetime):
        # A spreadsheet sorts this, whatever the page shows; the offset says which zone.
        return timezone.localtime(value).isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if field is None or field.many_to_many:
        return (
            strip_tags(display_for_value(value, "")) if not isinstance(value, bool) else str(value)
        )
    if field.is_relation:
        return str(getattr(row, field.name) or "")
    if isinstance(value, bool):
        return str(value)
    return str(display_for_field(value, field, ""))


@admin.action(description=_("Export as CSV"), permissions=["view"])
def export_csv(
    modeladmin: Any, request: HttpRequest, queryset: QuerySet[Any]
) -> StreamingHttpResponse:
    """Download the chosen rows with the columns that the list shows."""
    names = columns_of(modeladmin, request)
    rows = list(queryset)
    record(
        "table.exported",
        by=request.user,
        table=modeladmin.model._meta.label_lower,
        rows=len(rows),
    )
    head = [label_for_field(name, modeladmin.model, modeladmin) for name in names]
    body = ([cell_of(name, row, modeladmin) for name in names] for row in rows)
    return csv_response([head, *body], modeladmin.model._meta.model_name)
