"""One relationship: its page, the text of the agreement, signing, ending."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scip.access import signed_in
from scip.accounts.models import User
from scip.pdf.agreements import render_agreement
from scip.pdf.papers import paper_for_country
from scip.requirements import Refusal
from supervision.forms.agreements import EndForm, SignForm, VersionForm
from supervision.models import Agreement, AgreementVersion, Introduction, Signature
from supervision.queries.agreements import (
    in_force,
    is_signed,
    other_of,
    side_of,
    text_hash,
    versions_of,
    with_people,
)
from supervision.queries.desks import relationship
from supervision.queries.handovers import packs_in
from supervision.queries.papers import paper_copy
from supervision.queries.recommendations import may_go_on
from supervision.queries.sessions import evidence_of, sessions_of
from supervision.requirements.ledger import meeting_finding
from supervision.services import agreements as services

State = Agreement.State


def person(request: HttpRequest) -> User:
    """The signed-in person (the access mark has made sure that there is one)."""
    user: User = request.user  # type: ignore[assignment]
    return user


def own_agreement(request: HttpRequest, pk: int) -> Agreement:
    """An agreement of which one is one of the two; 404 for everybody else, the office included."""
    return get_object_or_404(with_people(Agreement.objects.of_pair(request.user)), pk=pk)


def crumbs(agreement: Agreement, user: Any, here: str = "") -> list[dict[str, str]]:
    """Supervision / the other person / this page."""
    trail = [{"label": _("Supervision"), "url": reverse("supervision:home")}]
    page = {
        "label": str(other_of(agreement, user)),
        "url": reverse("supervision:agreement", args=[agreement.pk]),
    }
    return [*trail, page, {"label": here}] if here else [*trail, {"label": page["label"]}]


def done(request: HttpRequest, act: Callable[[], Any], said: str) -> bool:
    """Do it and say so, or say why not."""
    try:
        act()
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
        return False
    messages.success(request, said)
    return True


@require_safe
@signed_in
def agreement_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything between two people: the track, what waits, what comes next."""
    agreement = own_agreement(request, pk)
    user = person(request)
    now = timezone.now()
    rows = list(sessions_of(agreement, user))
    item = relationship(agreement, user, now=now)
    is_short = agreement.state == State.COMPLETED and not all(row.is_met for row in item.findings)
    # That more was asked for is the candidate's to tell; the two draft it together afterwards.
    is_further = agreement.candidacy.further_since is not None and (
        side_of(agreement, user) == Signature.Side.CANDIDATE
    )
    context = {
        "item": item,
        "is_short": is_short,
        "is_further": is_further,
        "may_go_on": (is_short or is_further) and may_go_on(agreement),
        "agreement": agreement,
        "sessions": rows,
        "breadcrumb": crumbs(agreement, user),
        "packs": packs_in(agreement, user)
        if side_of(agreement, user) == Signature.Side.SUPERVISOR
        else [],
        "is_supervisor": side_of(agreement, user) == Signature.Side.SUPERVISOR,
    }
    return render(request, "supervision/agreement_detail.html", context)


@require_POST
@signed_in
def agreement_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """From an accepted introduction to the draft of an agreement."""
    rows = Introduction.objects.visible_to(request.user)
    introduction = get_object_or_404(
        rows.select_related("candidacy__user", "supervisor__user"), pk=pk
    )
    try:
        agreement = services.draft_agreement(
            introduction.candidacy, introduction.supervisor, by=person(request)
        )
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
        return redirect("supervision:home")
    return redirect("supervision:agreement_text", agreement.pk)


@require_POST
@signed_in
def agreement_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft another agreement with somebody one walked the whole way with."""
    before = own_agreement(request, pk)
    try:
        agreement = services.draft_agreement(
            before.candidacy, before.supervisor, by=person(request)
        )
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
        return redirect("supervision:agreement", pk)
    return redirect("supervision:agreement_text", agreement.pk)


@require_safe
@signed_in
def agreement_text(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest text with its names, the form to sign it, and earlier versions."""
    return text_page(request, own_agreement(request, pk))


def text_page(
    request: HttpRequest, agreement: Agreement, form: SignForm | None = None
) -> HttpResponse:
    user = person(request)
    versions = versions_of(agreement)
    newest = versions[0] if versions else None
    side = side_of(agreement, user)
    may_sign = (
        newest is not None
        and agreement.state in Agreement.ALIVE
        and side not in {row.side for row in newest.signatures.all()}
    )
    before_meeting = awaits_meeting(agreement, newest) if may_sign and newest is not None else ""
    may_sign = may_sign and not before_meeting
    if may_sign and form is None and newest is not None:
        form = SignForm(name=user.name, initial={"text_sha256": text_hash(newest)})
    context = {
        "agreement": agreement,
        "newest": newest,
        "earlier": versions[1:],
        "in_force": in_force(versions),
        "is_signed": newest is not None and is_signed(newest),
        "sha256": text_hash(newest) if newest else "",
        "form": form if may_sign else None,
        "before_meeting": before_meeting,
        "is_alive": agreement.state in Agreement.ALIVE,
        "other": other_of(agreement, user),
        "breadcrumb": crumbs(agreement, user, _("Agreement")),
    }
    return render(request, "supervision/agreement_text.html", context)


def awaits_meeting(agreement: Agreement, version: AgreementVersion | None = None) -> str:
    """Why a final version (or, without one, the plan) has to wait; empty once the plan meeting is
    in the ledger."""
    if version is not None and version.kind != AgreementVersion.Kind.FINAL:
        return ""
    return str(meeting_finding(evidence_of(agreement.candidacy)).needed)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def agreement_propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the next version; it begins with the newest one."""
    agreement = own_agreement(request, pk)
    newest = agreement.versions.order_by("-number").first()
    edition = agreement.candidacy.edition
    standard = agreement.supervisor.rate_cents
    if standard is None:
        standard = edition.supervision_fee_cents if edition else 0
    form = VersionForm(
        request.POST or None,
        initial={name: getattr(newest, name) for name in VersionForm.Meta.fields} if newest else {},
        rate_cents=newest.rate_cents if newest else standard,
        currency=edition.currency if edition else "USD",
    )
    if request.method == "POST" and form.is_valid():
        said = _("Your text is with {name} now. Read it once more and sign it here.").format(
            name=other_of(agreement, request.user)
        )

        def propose() -> None:
            services.propose_version(agreement, by=person(request), **form.text)

        if done(request, propose, said):
            return redirect("supervision:agreement_text", pk)
    context = {
        "agreement": agreement,
        "form": form,
        "is_final": agreement.state != State.DRAFT,
        "newest": newest,
        "breadcrumb": crumbs(agreement, request.user, _("Write the agreement")),
    }
    return render(request, "supervision/agreement_propose.html", context)


@require_POST
@signed_in
def agreement_sign(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One's name under a version."""
    agreement = own_agreement(request, pk)
    version = get_object_or_404(agreement.versions, number=number)
    form = SignForm(request.POST, name=person(request).name)
    if not form.is_valid():
        return text_page(request, agreement, form)

    def sign() -> None:
        services.sign_version(version, by=person(request), **form.cleaned_data)

    done(request, sign, _("Signed. Your name stands under version {number}.").format(number=number))
    return redirect("supervision:agreement_text", pk)


@require_safe
@signed_in
def agreement_pdf(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A version as a PDF, with the names under it; for the two and the office."""
    agreement = get_object_or_404(with_people(Agreement.objects.visible_to(request.user)), pk=pk)
    version = get_object_or_404(
        AgreementVersion.objects.prefetch_related("signatures").filter(agreement=agreement),
        number=number,
    )
    content = render_agreement(
        paper_copy(agreement, version), paper_for_country(str(person(request).country or ""))
    )
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="supervision-agreement-{agreement.pk}-{number}.pdf"'
    )
    return response


@require_POST
@signed_in
def agreement_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a draft aside."""
    agreement = own_agreement(request, pk)

    def discard() -> None:
        services.discard_agreement(agreement, by=person(request))

    done(
        request,
        discard,
        _("The draft is put aside; {name} gets a letter.").format(
            name=other_of(agreement, request.user)
        ),
    )
    return redirect("supervision:home")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def agreement_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End an active agreement: why, for CMSC; kind words, for the other."""
    agreement = own_agreement(request, pk)
    form = EndForm(request.POST or None, instance=Agreement(pk=agreement.pk))
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data

        def end() -> None:
            services.end_agreement(
                agreement,
                by=person(request),
                reason=words["end_reason"],
                farewell=words["farewell"],
            )

        if done(
            request,
            end,
            _("The agreement has ended. Everything that was confirmed keeps counting."),
        ):
            return redirect("supervision:agreement", pk)
    context = {
        "agreement": agreement,
        "form": form,
        "other": other_of(agreement, request.user),
        "breadcrumb": crumbs(agreement, request.user, _("End the agreement")),
    }
    return render(request, "supervision/agreement_end.html", context)
