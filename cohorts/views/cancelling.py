"""Giving up one's own place: what it means first, then one button."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cohorts.forms.cancelling import CancelPlaceForm
from cohorts.models import Enrolment
from cohorts.queries.cancelling import is_money_on_its_way, ways_in_words
from cohorts.services.cancellation import HELD, AmountChanged, cancel_place
from cohorts.views.enrolments import crumbs, my_enrolment
from payments.services import plan_cancellation
from scip.access import signed_in
from scip.requirements import Refusal


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """What comes back, by which way, and what happens to the place; asks once.

    The amount shown travels with the form: if it changed meanwhile, the page comes again
    with the new one and nothing is done.
    """
    enrolment = my_enrolment(request, pk)
    if enrolment.state not in HELD:
        messages.info(request, _("This place is closed already; here is where it stands."))
        return redirect("enrolments:detail", pk)
    form = CancelPlaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            cancel_place(
                enrolment,
                by=enrolment.user,
                expected_back_cents=form.cleaned_data["back"],
                reason=form.cleaned_data["reason"],
            )
        except AmountChanged as changed:
            messages.warning(request, str(changed.sentence))
        except Refusal as refusal:
            messages.error(request, str(refusal.sentence))
            return redirect("enrolments:detail", pk)
        else:
            messages.success(request, _("Your place is cancelled. A letter has the amounts."))
            return redirect("enrolments:detail", pk)
    return cancel_page(request, enrolment, form)


def cancel_page(request: HttpRequest, enrolment: Enrolment, form: CancelPlaceForm) -> HttpResponse:
    """The page as it stands now, whatever the form was opened with."""
    charge, now = enrolment.charge, timezone.now()
    plan = plan_cancellation(charge, now=now)
    return render(
        request,
        "cohorts/enrolment_cancel.html",
        {
            "enrolment": enrolment,
            "cohort": enrolment.cohort,
            "charge": charge,
            "plan": plan,
            "ways": ways_in_words(plan),
            "until": next((s.until for s in charge.terms.steps if now < s.until), None),
            "is_on_its_way": is_money_on_its_way(enrolment),
            "has_begun": enrolment.cohort.begins_at <= now,
            "form": form.showing(plan.back_cents),
            "breadcrumb": crumbs(enrolment, _("Cancel my place")),
        },
    )
