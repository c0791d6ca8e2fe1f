"""Answering an offer."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cohorts.models import Enrolment, Offer
from cohorts.queries.admission import missing_for_a_place, standing_sessions, tuition_terms
from cohorts.services.offers import accept_offer, decline_offer
from cohorts.views.applications import own_application
from scip.access import signed_in
from scip.requirements import Refusal


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def offer_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The offer with its price, what is included and the refund terms; yes or no."""
    newest = (
        Offer.objects.visible_to(request.user)
        .filter(application=pk, application__user=request.user.pk)
        .select_related("application")
        .order_by("-id")
    )
    if request.method == "POST":  # the service reads both anew, under their locks
        newest = newest.only("application__cohort", "application__user")
    offer = newest.first()
    if offer is None:
        return redirect("applications:detail", own_application(request, pk).pk)
    offer.application.user = request.user  # type: ignore[assignment]
    if request.method == "POST":
        return answer(request, offer)
    if offer.state != Offer.State.OPEN:
        return redirect("applications:detail", pk)
    application = offer.application
    context = {
        "application": application,
        "cohort": application.cohort,
        "offer": offer,
        "is_over": timezone.now() >= offer.expires_at,
        "refund_terms": tuition_terms(application.cohort).sentences,
        "unmet": missing_for_a_place(application, now=timezone.now()),
        "sessions": standing_sessions(application.cohort),
    }
    return render(request, "cohorts/offer_answer.html", context)


def answer(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Act on the button that was pressed."""
    application = offer.application
    person = application.user
    try:
        if "decline" in request.POST:
            decline_offer(offer, by=person)
            messages.success(request, _("Thank you for telling us. Somebody who waits is glad."))
            return redirect("applications:detail", application.pk)
        enrolment = accept_offer(offer, by=person)
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("applications:detail", application.pk)
    if enrolment.state == Enrolment.State.AWAITING_PAYMENT:
        messages.success(request, _("The place is yours. Pay here to make it firm."))
        return redirect("payments:pay", enrolment.charge_id)
    if enrolment.state in Enrolment.TAKING_PART:
        messages.success(
            request, _("Your place is confirmed. We look forward to having you with us.")
        )
    else:  # pressed again in an old tab, after the place was passed on
        messages.info(request, _("This place is no longer held; here is where it stands."))
    return redirect("applications:detail", application.pk)
