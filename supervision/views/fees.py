"""What the two pay each other for: blocks, “paid”, the other's answer."""

from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scip.access import signed_in
from supervision.forms.fees import NotSoForm, PaidForm
from supervision.models import Agreement, FeeBlock, FeePayment, Signature
from supervision.queries.agreements import other_of, side_of
from supervision.queries.fees import blocks_of, is_waiting, standing_blocks, total
from supervision.services import fees as services
from supervision.views.agreements import crumbs, done, own_agreement, person


@require_safe
@signed_in
def fees(request: HttpRequest, pk: int) -> HttpResponse:
    """All blocks with what was said of them."""
    return fees_page(request, own_agreement(request, pk))


def fees_page(
    request: HttpRequest, agreement: Agreement, *, problem: tuple[int, NotSoForm] | None = None
) -> HttpResponse:
    user = person(request)
    found = blocks_of(agreement, user)
    is_supervisor = side_of(agreement, user) == Signature.Side.SUPERVISOR
    mine = agreement.supervisor_wants_reminders
    theirs = agreement.candidate_wants_reminders
    context = {
        "agreement": agreement,
        "blocks": [
            (
                item,
                [(row, is_waiting(row) and row.said_by_id != user.pk) for row in item.payments],
            )
            for item in found
        ],
        "currency": found[0].currency if found else "",
        "agreed_cents": total(found, "amount_cents"),
        "confirmed_cents": total(found, "confirmed_cents"),
        "is_supervisor": is_supervisor,
        "i_want_reminders": mine if is_supervisor else theirs,
        "other_wants_reminders": theirs if is_supervisor else mine,
        "other": other_of(agreement, user),
        "problem_pk": problem[0] if problem else None,
        "problem_form": problem[1] if problem else NotSoForm(),
        "breadcrumb": crumbs(agreement, user, _("Fees")),
    }
    return render(request, "supervision/fees.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def fee_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Note a payment of a block."""
    rows = FeeBlock.objects.filter(agreement__in=Agreement.objects.of_pair(request.user))
    block = get_object_or_404(rows, pk=pk)
    agreement = own_agreement(request, block.agreement_id)
    found = standing_blocks(rows.filter(pk=pk))
    if not found:
        return redirect("supervision:fees", agreement.pk)
    standing = found[0]
    form = PaidForm(
        request.POST or None,
        initial={
            "amount": Decimal(standing.open_cents) / 100,
            "paid_on": timezone.localdate(),
        },
        currency=standing.currency,
    )
    if request.method == "POST" and form.is_valid():

        def note() -> None:
            services.say_paid(block, by=person(request), **form.words)

        said = _("Noted. {name} is asked whether it was so.")
        if done(request, note, said.format(name=other_of(agreement, request.user))):
            return redirect("supervision:fees", agreement.pk)
    context = {
        "form": form,
        "standing": standing,
        "is_supervisor": side_of(agreement, request.user) == Signature.Side.SUPERVISOR,
        "other": other_of(agreement, request.user),
        "breadcrumb": crumbs(agreement, request.user, _("Note a payment")),
    }
    return render(request, "supervision/fee_note.html", context)


@require_POST
@signed_in
def fee_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Yes, or “not so”."""
    rows = FeePayment.objects.filter(block__agreement__in=Agreement.objects.of_pair(request.user))
    payment = get_object_or_404(rows.select_related("block"), pk=pk)
    agreement = own_agreement(request, payment.block.agreement_id)
    is_received = request.POST.get("answer") == "yes"
    form = NotSoForm(request.POST)
    if not is_received and not form.is_valid():
        return fees_page(request, agreement, problem=(payment.pk, form))
    denial = "" if is_received else form.cleaned_data["denial"]

    def answer() -> None:
        services.answer_payment(payment, by=person(request), is_received=is_received, denial=denial)

    done(
        request,
        answer,
        _("Thank you. Both of you see it the same way now.")
        if is_received
        else _("Noted; the sum is open again. Talk about it together."),
    )
    return redirect("supervision:fees", agreement.pk)


@require_POST
@signed_in
def fee_reminders(request: HttpRequest, pk: int) -> HttpResponse:
    """Reminders, yes or no."""
    agreement = own_agreement(request, pk)
    is_wanted = request.POST.get("wanted") == "yes"

    user = person(request)
    is_candidate = side_of(agreement, user) == Signature.Side.CANDIDATE
    does_other = (
        agreement.supervisor_wants_reminders
        if is_candidate
        else agreement.candidate_wants_reminders
    )
    said = _("No reminders about fees.")
    if is_wanted:
        said = (
            _("Both of you want reminders now, so they come.")
            if does_other
            else _("Reminders come once both of you want them.")
        )

    def choose() -> None:
        services.want_reminders(agreement, by=user, is_wanted=is_wanted)

    done(request, choose, said)
    return redirect("supervision:fees", pk)
