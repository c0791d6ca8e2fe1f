"""Pages of the office that are about more than one charge: what waits, a person's account,
the books with their export."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.exports import export_books
from payments.office_forms import PeriodForm
from payments.queries import says_how_to_pay, statement
from payments.reports import Period, account_of, cross_checks, trial_balance
from payments.waiting import BY_CODE, KINDS, matters
from scip.access.admin import StaffModelAdmin
from scip.accounts.models import User

PER_PAGE = 50


class BooksPages(StaffModelAdmin):
    """Registered with the charges, whose list links to them."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("waiting/", wrap(self.waiting_view), name="payments_charge_waiting"),
            path("books/", wrap(self.books_view), name="payments_charge_books"),
            path("account/<int:pk>/", wrap(self.account_view), name="payments_charge_account"),
            *super().get_urls(),
        ]

    def acting(self, request: HttpRequest) -> User:
        """The person of the office who reads; PermissionDenied for anybody else."""
        if not self.opens_for(request) or not isinstance(request.user, User):
            raise PermissionDenied
        return request.user

    def shell(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title}

    def waiting_view(self, request: HttpRequest) -> HttpResponse:
        """Everything that needs a look, one kind by ``?kind=``."""
        by, now = self.acting(request), timezone.now()
        found = matters(by, now=now)
        chosen = request.GET.get("kind", "")
        chosen = chosen if chosen in BY_CODE else ""
        shown = [item for item in found if chosen in ("", item.kind.code)]
        kinds = [(kind, sum(item.kind is kind for item in found)) for kind in KINDS]
        context = {
            **self.shell(request, _("Money: what needs a look")),
            "kinds": [(kind, count) for kind, count in kinds if count or kind.code == chosen],
            "chosen": BY_CODE.get(chosen),
            "total": len(found),
            "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
            "now": now,
            "says_how_to_pay": says_how_to_pay(now),
        }
        return render(request, "admin/payments/waiting.html", context)

    def account_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """All charges and all ledger lines of one person."""
        by = self.acting(request)
        person = get_object_or_404(User.objects.visible_to(by), pk=pk)
        lines, owed = account_of(person, by=by)
        context = {
            **self.shell(request, _("Statement of {name}").format(name=person)),
            "person": person,
            "charges": statement(person),
            "lines": lines,
            "owed": sorted(owed.items()),
        }
        return render(request, "admin/payments/account.html", context)

    def books_view(self, request: HttpRequest) -> HttpResponseBase:
        """The trial balance of a period; a POST downloads its lines (and is put on record)."""
        by = self.acting(request)
        is_download = request.method == "POST"
        data = request.POST if is_download else (request.GET or last_month())
        form = PeriodForm(data if {"first", "last"} <= data.keys() else last_month())
        period = None
        if form.is_valid():
            period = Period(**form.cleaned_data)
            if is_download:
                return export_books(period, by=by)
        context = {
            **self.shell(request, _("Books")),
            "form": form,
            "period": period,
            "trial": trial_balance(period, by=by) if period else None,
            "checks": cross_checks(),
            "zone": str(timezone.get_default_timezone()),
        }
        return render(request, "admin/payments/books.html", context)


def last_month() -> dict[str, Any]:
    """The last month that is over, for that is what bookkeeping asks for."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    last = today.replace(day=1) - timedelta(days=1)
    return {"first": last.replace(day=1).isoformat(), "last": last.isoformat()}
