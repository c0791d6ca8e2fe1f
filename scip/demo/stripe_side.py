"""The demo's desk at Stripe: refunds and disputes that start over there, by a click.

What the site makes of them is its own: it learns of them by signed events, as of real ones.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from payments.gateway import is_sandbox
from payments.models import Charge
from payments.sandbox import dashboard
from payments.sandbox.store import Refused
from scip.access import public
from scip.access.fields import MoneyField

PER_PAGE = 9
ACTS = ("refund", "dispute", "won", "lost")


class DeskForm(forms.Form):
    """What happens at Stripe to which payment or dispute."""

    act = forms.ChoiceField(choices=[(name, name) for name in ACTS])
    reference = forms.CharField(max_length=120)
    cents = MoneyField(label=gettext_lazy("Amount"), required=False)

    def carry_out(self) -> str:
        """Do it; returns what was done. Raises Refused as Stripe would."""
        reference = self.cleaned_data["reference"]
        match self.cleaned_data["act"]:
            case "refund":
                dashboard.refund(reference, self.cleaned_data["cents"])
                return _("Stripe sends the money back.")
            case "dispute":
                dashboard.dispute(reference)
                return _("The payer’s bank disputes the payment and holds the money.")
            case "won":
                dashboard.decide(reference, is_won=True)
                return _("The bank decided for us.")
        dashboard.decide(reference, is_won=False)
        return _("The bank decided for the payer.")


@public
@require_http_methods(["GET", "POST"])
@never_cache
def stripe_side(request: HttpRequest) -> HttpResponse:
    """What was paid at the practice checkout, with refunds and disputes to start there; does
    not exist where a Stripe key is set."""
    if not is_sandbox():
        raise Http404
    if request.method == "POST":
        act(request)
        return redirect(request.get_full_path())
    person = request.GET.get("person", "").strip().replace("\0", "")
    chosen = Charge.objects.filter(user__email__iexact=person) if person else None
    numbers = None if chosen is None else chosen.values_list("pk", flat=True)
    page = Paginator(dashboard.paid_intents(numbers), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": rows_of(page.object_list), "person": person}
    return render(request, "demo/stripe_side.html", context)


def act(request: HttpRequest) -> None:
    """Do what was pressed and say what to expect."""
    form = DeskForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("Please give an amount such as 250 or 250.50."))
        return
    try:
        done = form.carry_out()
    except Refused as refused:
        words = refused.answer.body["error"]["message"]
        messages.warning(request, _("Stripe would say: {words}").format(words=words))
        return
    messages.success(request, done + " " + _("The site learns of it in a few seconds."))


def rows_of(intents: Any) -> list[tuple[dashboard.Paid, Charge | None]]:
    """Each payment with the charge that it was for."""
    paid = dashboard.shown(intents)
    charges = Charge.objects.select_related("user").in_bulk([row.charge for row in paid])
    return [(row, charges.get(row.charge)) for row in paid]
