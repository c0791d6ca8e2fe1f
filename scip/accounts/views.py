"""A person's own profile and evidence."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from scip.access import signed_in
from scip.accounts import services
from scip.accounts.forms import PrerequisiteForm, ProfileForm, form_for, proposed_zone
from scip.accounts.models import Prerequisite, User
from scip.accounts.queries import prerequisite_evidence
from scip.accounts.requirements import prerequisite_finding, prerequisite_findings
from scip.audit.services import record
from scip.requirements import Refusal
from scip.vault.errors import Refused
from scip.vault.serving import mint_token, serve

State = Prerequisite.State


def person(request: HttpRequest) -> User:
    """The signed-in person (the access mark has made sure that there is one)."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def next_page(request: HttpRequest) -> str:
    """Where the person was heading, if that is a page of ours; empty otherwise."""
    target = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else ""


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def profile_edit(request: HttpRequest) -> HttpResponse:
    """The profile; for somebody new, the first page after signing up."""
    user = person(request)
    is_new = not user.name
    form = ProfileForm(
        request.POST or None,
        instance=User.objects.visible_to(user).get(pk=user.pk),
        proposed_zone=proposed_zone(request),
    )
    if request.method == "POST" and form.is_valid():
        form.save()
        if is_new:
            messages.success(request, _("Thank you. Nice to have you here."))
            return redirect(next_page(request) or "pathway:home")
        messages.success(request, _("Your profile is saved."))
        return redirect(next_page(request) or "profile:edit")
    return render(
        request,
        "accounts/profile_edit.html",
        {
            "form": form,
            "is_new": is_new,
            "languages_hint": _("One is enough; up to four, the one you like best first."),
        },
    )


@signed_in
@require_GET
def prerequisite_list(request: HttpRequest) -> HttpResponse:
    """The four prerequisites as findings, each with its one action."""
    user = person(request)
    findings = prerequisite_findings(
        prerequisite_evidence([user.pk])[user.pk],
        as_of=timezone.localdate(timezone=user.zone),
        msc_due_on=None,
    )
    return render(request, "accounts/prerequisite_list.html", {"findings": findings})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def prerequisite_edit(request: HttpRequest, kind: str) -> HttpResponse:
    """One kind: what is on record, and the form to add, correct or renew it."""
    user = person(request)
    if kind not in Prerequisite.Kind:
        raise Http404
    rows = own_records(user, kind)
    form = bound_form(request, user, kind, rows)
    if request.method == "POST" and form.is_valid():
        try:
            services.submit_prerequisite(
                user, kind=kind, fields=form.facts, document=form.cleaned_data["document"]
            )
        except (Refusal, Refused) as refusal:
            form.add_error(None, str(getattr(refusal, "sentence", refusal)))
        else:
            messages.success(
                request, _("Thank you. It is with the office now; we write when it is checked.")
            )
            return redirect(next_page(request) or "profile:prerequisites")
    finding = prerequisite_finding(
        prerequisite_evidence([user.pk])[user.pk],
        Prerequisite.Kind(kind),
        as_of=timezone.localdate(timezone=user.zone),
    )
    context = {
        "form": form,
        "finding": finding,
        "kind": Prerequisite.Kind(kind),
        "rows": rows,
        "came_from": next_page(request),
    }
    return render(request, "accounts/prerequisite_edit.html", context)


def own_records(user: User, kind: str) -> list[Prerequisite]:
    """The person's current records of a kind, newest first."""
    return list(
        Prerequisite.objects.visible_to(user)
        .filter(user=user, kind=kind)
        .current()
        .select_related("document")
        .order_by("-pk")
    )


def bound_form(
    request: HttpRequest, user: User, kind: str, rows: list[Prerequisite]
) -> PrerequisiteForm:
    """The kind's form: a record that waits or came back is corrected, a verified one renewed."""
    latest = rows[0] if rows else None
    initial: dict[str, Any] = {}
    kept = None
    if latest is not None:
        names = services.FIELDS[kind]
        initial = {name: getattr(latest, name) for name in names}
        if latest.state == State.VERIFIED:
            initial.pop("expires_on", None)
        elif latest.document is not None and not latest.document.is_destroyed:
            kept = latest.document
    return form_for(kind)(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial=initial,
        today=timezone.localdate(timezone=user.zone),
        kept=kept,
    )


@signed_in
@require_POST
def prerequisite_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a record back that is not verified."""
    user = person(request)
    row = get_object_or_404(Prerequisite.objects.visible_to(user).filter(user=user), pk=pk)
    try:
        services.withdraw_prerequisite(row, by=user)
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, _("It is taken back, and the document is destroyed."))
    return redirect("profile:prerequisite", kind=row.kind)


@signed_in
@require_POST
def document_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Record who opens a document, then lead to it with a token that lasts two minutes."""
    user = person(request)
    rows = Prerequisite.objects.visible_to(user).select_related("document", "user")
    row = get_object_or_404(rows, pk=pk, document__destroyed_at=None, document__isnull=False)
    if row.document is None:
        raise Http404
    record("document.opened", row.document, by=user, subject=row.user, prerequisite=row.pk)
    return redirect("profile:document", pk=row.pk, token=mint_token(row.document, user))


@signed_in
@require_GET
def document(request: HttpRequest, pk: int, token: str) -> HttpResponseBase:
    """The document itself; pictures are shown, everything else is downloaded."""
    rows = Prerequisite.objects.visible_to(request.user).select_related("document")
    row = get_object_or_404(rows, pk=pk, document__isnull=False)
    if row.document is None:
        raise Http404
    is_picture = row.document.content_type.startswith("image/")
    return serve(request, row.document, token=token, as_attachment=not is_picture)
