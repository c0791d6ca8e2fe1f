"""A person's payments, paying, documents; Stripe's webhook; the practice checkout."""

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import IO, Any

import stripe
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from payments import services
from payments.forms import InvoiceForm
from payments.gateway import checkout_policy, is_sandbox
from payments.models import Charge, Checkout, CreditNote, Invoice, Receipt
from payments.models.documents import NumberedDocument
from payments.queries import (
    Balance,
    edition_in_force,
    instalments_of,
    line_of,
    statement,
    statement_totals,
    with_lines,
)
from payments.sandbox import desk
from payments.services import credit_notes, invoices, receipts
from scip.access import public, signed_in
from scip.requirements import Refusal

type View = Callable[..., HttpResponseBase]

# At the practice checkout: what leaves the payer on its page, and the word that says so there.
STAYS = {
    "decline": (desk.decline, "declined"),
    "proof": (desk.ask_for_proof, "proof"),
    "run_out": (desk.run_out, "ended"),
}
# How often the page after the checkout looks again by itself.
LOOKS = 10


def leads_to_checkout(view: View) -> View:
    """The one page whose form may be redirected to the checkout's origin."""

    @wraps(view)
    def with_policy(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        allowed: View = csp_override(checkout_policy())(view)
        return allowed(request, *args, **kwargs)

    return with_policy


@signed_in
@require_GET
def charge_list(request: HttpRequest) -> HttpResponse:
    """My statement: every charge with its lines, what is paid and due, and the receipts."""
    lines = statement(request.user)  # type: ignore[arg-type]
    context = {"lines": lines, "totals": statement_totals(lines), "today": timezone.localdate()}
    return render(request, "payments/charge_list.html", context)


def visible_charge(request: HttpRequest, pk: int) -> Charge:
    """The charge if this person may see it (404 otherwise), with its sums."""
    charges = Charge.objects.visible_to(request.user).with_sums().select_related("user")
    return get_object_or_404(charges, pk=pk)


def standing(charge: Charge) -> dict[str, Any]:
    """What the pages about one charge show."""
    checkout = charge.checkouts.order_by("-pk").first()
    return {
        "charge": charge,
        "balance": services.Balance.of(charge),
        "checkout": checkout,
        "is_on_its_way": checkout is not None and checkout.state == Checkout.State.PENDING,
    }


@signed_in
@require_GET
@never_cache
@leads_to_checkout
def charge_pay(request: HttpRequest, pk: int) -> HttpResponse:
    """One charge: the amount line by line, the refund terms, the ways to pay."""
    charges = with_lines(Charge.objects.visible_to(request.user).select_related("user"))
    line = line_of(get_object_or_404(charges, pk=pk))
    charge = line.charge
    parts = instalments_of(charge)
    context = {
        "line": line,
        "charge": charge,
        "balance": line.balance,
        "is_on_its_way": line.is_on_its_way,
        "instalments": [(part, Balance.of(part)) for part in parts] if len(parts) > 1 else [],
        "invoices": charge.invoices.all(),
        "payment_instructions": edition_in_force(timezone.now()).payment_instructions,
        "is_late": charge.due_at < timezone.now(),
        "is_mine": charge.user_id == request.user.pk,
        "is_sandbox": is_sandbox(),
    }
    return render(request, "payments/charge_pay.html", context)


@signed_in
@require_POST
@leads_to_checkout
def charge_checkout(request: HttpRequest, pk: int) -> HttpResponse:
    """Go to the checkout for what is due."""
    charge = visible_charge(request, pk)
    try:
        address = services.start_checkout(
            charge,
            by=request.user,  # type: ignore[arg-type]
            success_url=request.build_absolute_uri(reverse("payments:returned", args=[pk])),
            cancel_url=request.build_absolute_uri(reverse("payments:pay", args=[pk])),
        )
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("payments:pay", pk)
    return redirect(address)


@signed_in
@require_http_methods(["GET", "POST"])
@never_cache
def charge_returned(request: HttpRequest, pk: int) -> HttpResponse:
    """Back from the checkout: how it stands. POST asks Stripe now instead of waiting."""
    charge = visible_charge(request, pk)
    looks = request.POST.get("looks", "0")
    if request.method == "POST":
        ask_about(charge)
        if not request.headers.get("HX-Request"):
            return redirect("payments:returned", pk)
    context = standing(visible_charge(request, pk))
    context["looks"] = int(looks) + 1 if looks.isdecimal() and len(looks) < 3 else LOOKS
    context["looks_again"] = context["looks"] < LOOKS
    page = "payments/charge_returned.html"
    return render(
        request, f"{page}#standing" if request.headers.get("HX-Request") else page, context
    )


def ask_about(charge: Charge) -> None:
    """See how the charge's checkout stands; if Stripe is away, later will do."""
    checkout = charge.checkouts.under_way().select_related("charge").first()
    if checkout is not None:
        try:
            services.ask_stripe(checkout)
        except stripe.StripeError:
            return


@signed_in
@require_GET
def receipt(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Download a receipt; only its owner and the office."""
    found = get_object_or_404(Receipt.objects.visible_to(request.user), pk=pk)
    return made_document(request, found, receipts.read)


@signed_in
@require_GET
def credit_note(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Download a credit note; only its owner and the office. A void one says that it is."""
    notes = CreditNote.objects.visible_to(request.user)
    found = get_object_or_404(notes, pk=pk)
    if found.void_at is not None:
        return pdf_response(BytesIO(credit_notes.render(found)), found.label)
    return made_document(request, found, credit_notes.read)


def made_document[D: NumberedDocument](
    request: HttpRequest, found: D, read: Callable[[D], IO[bytes]]
) -> HttpResponseBase:
    """A numbered document as it was made, or back to the statement while it is not."""
    if found.made_at is None:
        messages.info(request, _("This document is being prepared. Please try again in a minute."))
        return redirect("payments:list")
    return pdf_response(read(found), found.label)


def pdf_response(file: IO[bytes], label: str) -> FileResponse:
    """A PDF to be saved; no cache between us and the person keeps it."""
    response = FileResponse(
        file, as_attachment=True, filename=f"{label}.pdf", content_type="application/pdf"
    )
    response["Cache-Control"] = "private, no-store"
    return response


@signed_in
@require_http_methods(["GET", "POST"])
@never_cache
def invoice_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody else pays: who they are, then an invoice for them."""
    charge = visible_charge(request, pk)
    form = InvoiceForm(request.POST or None, initial={"country": charge.user.country})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.make_invoice(
                charge,
                payer=form.payer_facts,
                by=request.user,  # type: ignore[arg-type]
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            messages.success(
                request,
                _("The invoice for {payer} is ready below. Nothing was sent.").format(
                    payer=made.payer
                ),
            )
            return redirect(reverse("payments:pay", args=[pk]) + "#invoices")
    context = {"form": form, "charge": charge, "balance": Balance.of(charge)}
    return render(request, "payments/invoice_form.html", context)


@signed_in
@require_GET
def invoice(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Download a pro-forma invoice, drawn from its frozen facts."""
    invoices_of = Invoice.objects.visible_to(request.user).select_related("charge")
    found = get_object_or_404(invoices_of, pk=pk)
    return pdf_response(BytesIO(invoices.render(found)), found.label)


@public
@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Stripe's events: 200 once stored, 400 for what Stripe did not sign now."""
    try:
        services.receive_event(request.body, request.headers.get("Stripe-Signature", ""))
    except services.SignatureRefused:
        return HttpResponse(status=400)
    return HttpResponse(status=200)


@signed_in
@require_http_methods(["GET", "POST"])
@never_cache
def sandbox(request: HttpRequest, session_id: str) -> HttpResponse:
    """The practice checkout's page; does not exist where a Stripe key is set."""
    checkouts = Checkout.objects.visible_to(request.user).select_related("charge")
    if not is_sandbox():
        raise Http404
    checkout = get_object_or_404(checkouts, session_id=session_id)
    session = desk.look_at(session_id)
    if session is None:
        raise Http404
    act = request.POST.get("act", "")
    try:
        if act in {"pay", "slow", "slow_fails"}:
            desk.pay(session_id, slowly=act != "pay", in_vain=act == "slow_fails")
            return redirect(session["success_url"])
        if act in STAYS:
            stay, word = STAYS[act]
            stay(session_id)
            return redirect(f"{request.path}?{word}=1")
    except desk.CheckoutClosed as closed:
        session = closed.session
    return render(
        request,
        "payments/sandbox_checkout.html",
        {
            "session": session,
            "checkout": checkout,
            "declined": "declined" in request.GET,
            "asks_for_proof": "proof" in request.GET,
            "is_open": session["status"] == "open",
        },
    )
