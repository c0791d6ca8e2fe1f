"""The page on which somebody of the office opens one thing of a portfolio, and says why."""

import time

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from certification.candidacy.models import Candidacy
from certification.portfolio import services
from certification.portfolio.forms.office import OfficeAccessForm
from certification.portfolio.models import Excerpt
from certification.portfolio.queries.office import minutes_of, things_in
from certification.portfolio.services.office import LEAST_WORDS
from certification.portfolio.views.desk import person
from scip.access import role
from scip.accounts.models import Role
from scip.requirements import Refusal

BY_CODE = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]


def has_fresh_factor(request: HttpRequest) -> bool:
    """Was a second factor shown within the last minutes (allauth's REAUTHENTICATION_TIMEOUT)? A
    password alone does not do."""
    since = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, person(request))
    return any(item.get("method") == "mfa" and item["at"] > since for item in records)


def ask_for_factor(request: HttpRequest) -> HttpResponseBase:
    """Lead to the second factor and back; what was typed waits in the session."""
    by_code = is_mfa_enabled(person(request), types=BY_CODE)
    name = "mfa_reauthenticate" if by_code else "mfa_reauthenticate_webauthn"
    answer: HttpResponseBase = suspend_request(request, redirect_to=reverse(name))
    return answer


@role(Role.STAFF)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def office(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Choose one thing, say why, and open it for a short time; the candidate is told at once.

    Kinds, days and sizes stand here, never a title or a word.
    """
    rows = Candidacy.objects.visible_to(request.user).exclude(user=person(request))
    rows = rows.filter(portfolio__isnull=False).select_related("portfolio", "user", "edition")
    candidacy = get_object_or_404(rows, pk=pk)
    if not has_fresh_factor(request):
        return ask_for_factor(request)
    things = things_in(candidacy.portfolio)
    form = OfficeAccessForm(request.POST or None, things=things, least_words=LEAST_WORDS)
    if request.method == "POST" and form.is_valid():
        thing = form.cleaned_data["thing"]
        try:
            access = services.open_for_office(
                thing, by=person(request), reason=form.cleaned_data["reason"]
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            messages.success(
                request,
                _("Open for you: {what}. {who} has a letter about it.").format(
                    what=access.what, who=candidacy.user
                ),
            )
            is_excerpt = isinstance(thing, Excerpt)
            return redirect(f"portfolio:{'excerpt' if is_excerpt else 'case_read'}", thing.pk)
    return page(request, candidacy, form, is_empty=not things)


def page(
    request: HttpRequest, candidacy: Candidacy, form: OfficeAccessForm, *, is_empty: bool
) -> HttpResponse:
    portfolio = candidacy.portfolio
    earlier = portfolio.office_accesses.select_related("opened_by")
    context = {
        "candidacy": candidacy,
        "form": form,
        "minutes": minutes_of(portfolio),
        "is_empty": is_empty,
        "earlier": earlier,
    }
    return render(request, "portfolio/office.html", context)
