"""The holder's own page of a credential: papers, badge, where to show it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from scip.access import signed_in
from scip.accounts.models import User
from scip.credentials import queries, services
from scip.credentials.forms import BadgeForm
from scip.credentials.models import Credential, normalise_code


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def holder(request: HttpRequest, code: str) -> HttpResponse:
    """What one's own credential offers; whether the badge holds a hash of the e-mail address."""
    if not isinstance(request.user, User):
        raise Http404
    own = Credential.objects.visible_to(request.user).filter(user=request.user)
    credential = get_object_or_404(
        own.select_related("user", "successor"), code=normalise_code(code)
    )
    form = BadgeForm(request.POST or None, initial={"names_email": credential.names_email})
    if request.method == "POST" and form.is_valid():
        services.name_email_in_badge(credential, form.cleaned_data["names_email"], by=request.user)
        messages.success(request, _("Saved. The badge you download from now on says so."))
        return redirect("credentials:holder", code=credential.code)
    hands_out = queries.hands_out_papers(credential)
    successor = getattr(credential, "successor", None)
    # What was replaced is not shown around any more: the new one is.
    is_shown = hands_out and successor is None
    standing = credential.standing()
    context = {
        "credential": credential,
        "standing": standing,
        "successor": successor,
        "hands_out": hands_out,
        "is_shown": is_shown,
        "papers": credential.certificates.order_by("kind", "paper"),
        # A profile goes on saying what was added to it: only what holds is offered for one.
        "linkedin": linkedin_address(credential) if is_shown and standing == "active" else "",
        "verify_url": services.verify_url(credential.code),
        "form": form,
    }
    return render(request, "credentials/holder.html", context)


def linkedin_address(credential: Credential) -> str:
    """Where LinkedIn offers to add it to one's profile, filled in; nothing is sent before a click
    there."""
    facts, issued = credential.facts, credential.issued_on
    query = {
        "startTask": "CERTIFICATION_NAME",
        "name": facts["title"],
        "organizationName": facts["organisation"],
        "issueYear": issued.year,
        "issueMonth": issued.month,
        "certId": credential.number,
        "certUrl": services.verify_url(credential.code),
    }
    if credential.expires_on is not None:
        query |= {
            "expirationYear": credential.expires_on.year,
            "expirationMonth": credential.expires_on.month,
        }
    return f"https://www.linkedin.com/profile/add?{urlencode(query)}"
