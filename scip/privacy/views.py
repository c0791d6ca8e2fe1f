"""A person's own data: what we have, a copy to take along, asking to be erased, changing one's mind."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scip.access import signed_in
from scip.accounts.models import User
from scip.credentials.models import Credential
from scip.policy.models import Edition
from scip.privacy import services
from scip.privacy.forms import EraseForm
from scip.privacy.models import DataExport, ErasureRequest, ExportPart
from scip.privacy.queries.hindrances import hindrances
from scip.privacy.queries.picture import picture
from scip.privacy.services import exports
from scip.requirements import Refusal
from scip.vault.serving import mint_token, serve


def person(request: HttpRequest) -> User:
    """The signed-in person (the access mark has made sure that there is one)."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def open_request(user: User) -> ErasureRequest | None:
    """The person's own request that waits, if there is one."""
    return ErasureRequest.objects.visible_to(user).open().filter(person=user).first()


@signed_in
@never_cache
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """What we have about the person, by kind, and what they can do about it."""
    user = person(request)
    waiting = open_request(user)
    context = {
        "kinds": picture(user),
        "erasure": waiting,
        **copy_of(user),
        "findings": hindrances(user).unmet if waiting and waiting.held_up_at else (),
    }
    return render(request, "privacy/data.html", context)


@signed_in
@never_cache
@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """What goes, what stays and why, what stands in the way; POST asks for it."""
    user = person(request)
    if open_request(user) is not None:
        return redirect("privacy:data")
    form = EraseForm(
        request.POST if request.method == "POST" else None,
        address=user.email,
        has_certificates=Credential.objects.visible_to(user).filter(user=user).exists(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.ask(user, by=user, takes_down_credentials=form.takes_down)
        except Refusal as refusal:
            messages.error(request, str(refusal.sentence))
        else:
            messages.success(request, _("We heard you. A letter with the day is on its way."))
            return redirect("privacy:data")
    found = hindrances(user)
    context = {
        "form": form,
        "kinds": picture(user),
        "findings": found,
        "is_free": found.is_met,
        "days": Edition.objects.in_force().erasure_grace_days,
    }
    return render(request, "privacy/erase.html", context)


@signed_in
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The person changes their mind."""
    user = person(request)
    rows = ErasureRequest.objects.visible_to(user).filter(person=user)
    try:
        services.withdraw(get_object_or_404(rows, pk=pk), by=user)
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, _("Nothing will be erased. Everything is as it was."))
    return redirect("privacy:data")


def copy_of(user: User) -> dict[str, Any]:
    """What the section about a copy shows: the person's latest, its zip files, and when they can
    ask for another (up to four queries)."""
    rows = DataExport.objects.visible_to(user).filter(person=user)
    export = rows.order_by("-asked_at", "-pk").first()
    parts = ExportPart.objects.none()
    if export is not None and export.can_be_fetched():
        parts = export.parts.filter(archive__destroyed_at=None).order_by("number")
    found = list(parts.select_related("archive"))
    return {
        "export": export,
        "parts": found,
        "lost": sum(part.lost for part in found),
        "export_days": settings.DATA_EXPORT_DAYS,
        "again_at": exports.ask_again_at(user) if export is not None else None,
        "most_in_a_day": exports.MOST_IN_A_DAY,
    }


@signed_in
@never_cache
@require_safe
def export_state(request: HttpRequest) -> HttpResponse:
    """The section of the page alone, which looks again by itself while a copy is being made."""
    return render(request, "privacy/_export.html", copy_of(person(request)))


@require_POST
@signed_in
@reauthentication_required
def export_ask(request: HttpRequest) -> HttpResponse:
    """Ask for a copy."""
    try:
        exports.ask(person(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    return redirect(reverse("privacy:data") + "#copy")


@require_POST
@signed_in
@reauthentication_required
def export_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin again after a copy could not be made."""
    user = person(request)
    export = get_object_or_404(DataExport.objects.visible_to(user), pk=pk)
    try:
        exports.retry(export, by=user)
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    return redirect(reverse("privacy:data") + "#copy")


def part_of(user: User, pk: int, number: int) -> ExportPart:
    """One zip file of the person's own; 404 otherwise."""
    rows = ExportPart.objects.filter(export__in=DataExport.objects.visible_to(user))
    found = rows.select_related("archive", "export__person")
    return get_object_or_404(found, export=pk, number=number)


@require_POST
@signed_in
@reauthentication_required
def export_open(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Keep that it is fetched, then hand it over."""
    user = person(request)
    part = part_of(user, pk, number)
    try:
        archive = exports.open_part(part, by=user)
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
        return redirect(reverse("privacy:data") + "#copy")
    return redirect("privacy:export_content", pk, number, mint_token(archive, user))


@require_safe
@signed_in
def export_content(request: HttpRequest, pk: int, number: int, token: str) -> HttpResponseBase:
    """The zip file, opened while it is sent."""
    part = part_of(person(request), pk, number)
    if part.archive is None or not part.export.can_be_fetched():
        raise Http404
    return serve(request, part.archive, token=token)
