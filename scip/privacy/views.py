"""A person's own data: what we have, asking to be erased, changing one's mind."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scip.access import signed_in
from scip.accounts.models import User
from scip.credentials.models import Credential
from scip.policy.models import Edition
from scip.privacy import services
from scip.privacy.forms import EraseForm
from scip.privacy.models import ErasureRequest
from scip.privacy.queries.hindrances import hindrances
from scip.privacy.queries.picture import picture
from scip.requirements import Refusal


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
