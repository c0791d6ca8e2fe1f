"""Sessions that nobody is left to answer, as a filter of the office's list."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supervision.models import SupervisionSession


class UnansweredFilter(admin.SimpleListFilter):
    """The queue: logged by candidates whose supervisor is lost or silent."""

    title = _("answer")
    parameter_name = "unanswered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("left to the office"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[SupervisionSession]
    ) -> QuerySet[SupervisionSession]:
        if self.value() != "yes":
            return queryset
        waiting = SupervisionSession.objects.left_unanswered(timezone.now())
        return queryset.filter(pk__in=waiting.values("pk"))
