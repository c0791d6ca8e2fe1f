"""What nobody is left to answer or to write, as filters of the office's lists."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supervision.models import Agreement, SupervisionSession
from supervision.queries.recommendations import letters_left


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


class LetterFilter(admin.SimpleListFilter):
    """The queue: completed agreements whose letter to the committee does not come."""

    title = _("letter to the committee")
    parameter_name = "letter"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("left", _("does not come"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Agreement]) -> QuerySet[Agreement]:
        if self.value() != "left":
            return queryset
        return queryset.filter(pk__in=letters_left(timezone.now()).values("pk"))
