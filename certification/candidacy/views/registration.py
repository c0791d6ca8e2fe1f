"""One page from the first preparation to the registration fee."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from certification.candidacy import services
from certification.candidacy.forms.registration import ATTESTATION, AttestationForm, RetreatForm
from certification.candidacy.models import Candidacy, Retreat
from certification.candidacy.queries import Standing, current_candidacy, edition_of, standing_of
from certification.candidacy.requirements.registration import (
    holding_up_registration,
    registration_findings,
)
from scip.access import signed_in
from scip.accounts.models import User
from scip.accounts.queries import prerequisite_evidence
from scip.credentials.models import Completion
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.vault.errors import Refused
from scip.vault.models import StoredFile

State = Candidacy.State


def person(request: HttpRequest) -> User:
    """The signed-in person (the access mark has made sure that there is one)."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def sentence_of(error: Refusal | Refused) -> str:
    """What a refusal says, whichever floor it comes from."""
    return str(error.sentence if isinstance(error, Refusal) else error.message)


@signed_in
@never_cache
@require_GET
def register_page(request: HttpRequest) -> HttpResponse:
    """What registering asks for, with its forms; once registered, the certification record."""
    return page(request)


@signed_in
@require_POST
def attest(request: HttpRequest) -> HttpResponse:
    """Keep a new attestation."""
    user = person(request)
    form = AttestationForm(request.POST, name=user.name)
    if form.is_valid():
        try:
            services.attest(user, wording=str(ATTESTATION), **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            messages.success(request, _("Your word is kept, with the day and the sentence."))
            return redirect("certification:register")
    return page(request, attest_form=form)


@signed_in
@require_POST
def send_retreat(request: HttpRequest) -> HttpResponse:
    """Send the retreat to the office, or correct what waits there or came back."""
    user = person(request)
    form = RetreatForm(request.POST, request.FILES, kept=kept_of(current_retreat(user)))
    if form.is_valid():
        try:
            services.submit_retreat(user, fields=form.facts, document=form.cleaned_data["document"])
        except (Refusal, Refused) as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            messages.success(
                request, _("Thank you. It is with the office now; we write when it is checked.")
            )
            return redirect("certification:register")
    return page(request, retreat_form=form)


@signed_in
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Register: on to the fee."""
    user = person(request)
    candidacy = own_candidacy(user)
    try:
        candidacy = services.register(candidacy, by=user)
    except Refusal as refusal:
        messages.warning(request, sentence_of(refusal))
        return redirect("certification:register")
    if candidacy.charge is None:
        raise Http404
    return redirect("payments:pay", candidacy.charge.pk)


@signed_in
@require_POST
def set_back(request: HttpRequest) -> HttpResponse:
    """Put an unpaid registration back; everything prepared stays."""
    user = person(request)
    try:
        services.set_back(own_candidacy(user), by=user)
    except Refusal as refusal:
        messages.warning(request, sentence_of(refusal))
    else:
        messages.success(
            request, _("Nothing is owed any more. What you prepared is kept for whenever it suits.")
        )
    return redirect("certification:register")


@signed_in
@require_POST
def withdraw_retreat(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a retreat back that is not verified."""
    user = person(request)
    row = get_object_or_404(Retreat.objects.visible_to(user).filter(user=user), pk=pk)
    try:
        services.withdraw_retreat(row, by=user)
    except Refusal as refusal:
        messages.warning(request, sentence_of(refusal))
    else:
        messages.success(request, _("It is taken back, and the document is destroyed."))
    return redirect("certification:register")


def own_candidacy(user: User) -> Candidacy:
    """The person's candidacy that is alive; 404 if there is none."""
    rows = Candidacy.objects.visible_to(user).filter(user=user).alive()
    return get_object_or_404(rows.select_related("user", "charge", "edition"))


def current_retreat(user: User) -> Retreat | None:
    """The person's record that was neither replaced nor taken back."""
    rows = Retreat.objects.visible_to(user).filter(user=user).current()
    return rows.select_related("document").first()


def kept_of(retreat: Retreat | None) -> StoredFile | None:
    """The file of a record that is being corrected."""
    if retreat is None or retreat.document is None or retreat.document.is_destroyed:
        return None
    return retreat.document


def retreat_form_of(retreat: Retreat | None) -> RetreatForm | None:
    """The form for a retreat that can still be added or corrected."""
    if retreat is None:
        return RetreatForm(initial={"is_silent": True})
    if retreat.state == Retreat.State.VERIFIED:
        return None
    names = ("title", "teachers", "is_online", "place", "started_on", "ended_on", "is_silent")
    return RetreatForm(
        initial={name: getattr(retreat, name) for name in names}, kept=kept_of(retreat)
    )


def page(
    request: HttpRequest,
    *,
    attest_form: AttestationForm | None = None,
    retreat_form: RetreatForm | None = None,
) -> HttpResponse:
    """The registration page as it stands; a form that could not be taken is shown again."""
    user = person(request)
    today = timezone.localdate(timezone=user.zone)
    standing = standing_of(user, on=today)
    candidacy = current_candidacy(user)
    is_registered = standing.is_registered
    if is_registered and attest_form is None and retreat_form is None:
        return redirect("certification:record")
    edition = edition_of(candidacy, on=today)
    retreat = current_retreat(user)
    context = {
        "candidacy": candidacy,
        "charge": candidacy.charge if candidacy is not None else None,
        "is_registered": is_registered,
        "is_waiting": candidacy is not None and candidacy.state == State.AWAITING_PAYMENT,
        "edition": edition,
        "attestation": standing.attestation,
        "retreat": retreat,
        "attest_form": attest_form or AttestationForm(name=user.name),
        "wrong_form": next((form for form in (attest_form, retreat_form) if form), None),
        "retreat_form": retreat_form or retreat_form_of(retreat),
        "wording": ATTESTATION,
        "terms": services.fee_terms().sentences,
        "has_open_case": standing.has_open_case,
        **gate(user, standing, edition),
    }
    return render(request, "certification/register.html", context)


def gate(user: User, standing: Standing, edition: Edition) -> dict[str, Any]:
    """The findings, what is still in the way, and whether the button may show."""
    today = timezone.localdate(timezone=user.zone)
    completed = dict(
        Completion.objects.visible_to(user).filter(user=user).values_list("level", "completed_on")
    )
    evidence = standing.evidence(
        prerequisites=prerequisite_evidence([user.pk])[user.pk], completed=completed
    )
    findings = registration_findings(evidence, edition=edition, as_of=today)
    unmet = holding_up_registration(findings, edition=edition)
    return {
        "findings": findings,
        "unmet": unmet,
        "is_ready": not unmet,
        "has_levels": {"A", "B"} <= set(completed),
    }
