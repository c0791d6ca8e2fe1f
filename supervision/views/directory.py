"""The public directory of supervisors: search, a page for each, their portraits."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from scip.access import public
from scip.accounts.languages import language_names
from scip.formats import money
from scip.policy.models import Edition
from scip.portraits import serve_portrait
from scip.publishing import data_block, meta_of, published
from supervision.forms.supervisors import DirectoryForm
from supervision.models import Supervisor
from supervision.queries.supervisors import PAGE, Asked, choices_in_directory, directory


@published
@require_safe
def supervisor_list(request: HttpRequest) -> HttpResponse:
    """Who supervises, narrowed by what somebody is looking for."""
    languages, countries = choices_in_directory(request.user)
    form = DirectoryForm(request.GET or None, languages=languages, countries=countries)
    asked = form.asked() if form.is_bound else Asked()
    rows = directory(request.user, asked)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    count = page.paginator.count
    context = {
        "meta": meta_of(
            request,
            _("Supervisors"),
            _(
                "Supervisors approved by CMSC for certification in self-compassion based "
                "psychotherapy: how they work, in which languages, where, and who has room."
            ),
        ),
        "form": form,
        "cards": [card_of(row) for row in page],
        "is_searched": asked != Asked(),
        "is_narrowed": replace(asked, q="") != Asked(),
        "count": ngettext("{count} supervisor", "{count} supervisors", count).format(count=count),
        "previous_url": page_url(request, page.previous_page_number())
        if page.has_previous()
        else "",
        "next_url": page_url(request, page.next_page_number()) if page.has_next() else "",
    }
    return render(request, "supervisors/supervisor_list.html", context)


def page_url(request: HttpRequest, number: int) -> str:
    """The same search, another page."""
    kept = [(name, value) for name, value in request.GET.items() if name != "page" and value]
    return f"?{urlencode([*kept, ('page', number)])}"


def card_of(supervisor: Supervisor) -> dict[str, Any]:
    """A supervisor with the words that pages show."""
    user = supervisor.user
    return {
        "supervisor": supervisor,
        "name": user.display_name or str(user),
        "languages": ", ".join(language_names(user.languages)),
        "place": ", ".join(part for part in (supervisor.place, user.country.name) if part),
        "photo_url": portrait_url(supervisor),
    }


def portrait_url(supervisor: Supervisor) -> str:
    """The portrait's address, another one for another picture; empty without one."""
    if not supervisor.photo:
        return ""
    version = urlencode({"v": f"{supervisor.updated_at:%Y%m%d%H%M%S}"})
    return f"{reverse('supervisors:photo', args=[supervisor.pk])}?{version}"


@published
@require_safe
def supervisor_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One supervisor: orientation, experience, how they work, and how to ask for a call."""
    rows = Supervisor.objects.visible_to(request.user).select_related("user")
    supervisor = get_object_or_404(rows, pk=pk)
    return render(request, "supervisors/supervisor_detail.html", detail_of(request, supervisor))


def detail_of(request: HttpRequest, supervisor: Supervisor) -> dict[str, Any]:
    """What a supervisor's page shows; the preview of one's own is the same page."""
    edition = Edition.objects.visible_to(request.user).in_force()
    rate = supervisor.rate_cents
    card = card_of(supervisor)
    return {
        **card,
        "card": card,
        "meta": meta_of(
            request,
            _("{name}, supervisor").format(name=card["name"]),
            supervisor.headline or _("A supervisor approved by CMSC."),
            structured_of(supervisor, card),
        ),
        "rate": money(edition.supervision_fee_cents if rate is None else rate, edition.currency),
        "is_standard_rate": rate is None or rate == edition.supervision_fee_cents,
        "is_oneself": supervisor.user_id == request.user.pk,
    }


def structured_of(supervisor: Supervisor, card: dict[str, Any]) -> Any:
    """The person for search engines; nothing of somebody who isn't in the directory."""
    if not supervisor.is_listed:
        return None
    person = {
        "@type": "Person",
        "name": card["name"],
        "description": supervisor.headline,
        "knowsLanguage": supervisor.user.languages,
        "url": settings.SITE_URL + reverse("supervisors:detail", args=[supervisor.pk]),
    }
    return data_block(person)


@public
@require_safe
def supervisor_photo(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The portrait, for whoever may see its page."""
    supervisor = get_object_or_404(Supervisor.objects.visible_to(request.user), pk=pk)
    return serve_portrait(supervisor.photo)
