"""What everybody sees: the search, a page for each listing, portraits, the list for crawlers."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.sitemaps.views import sitemap as sitemap_view
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from scip.access import public
from scip.credentials.models import Credential
from scip.directory.cards import Card, card_of
from scip.directory.forms.visitors import LONGEST_QUESTION, SearchForm
from scip.directory.models import Listing, key_of
from scip.directory.queries.facets import QUESTIONS_AT_MOST, Facets, capped, facets_of
from scip.directory.queries.own import certification_of, licence_confirmed_on
from scip.directory.queries.searching import Asked, Found, look
from scip.directory.queries.searching import public as public_rows
from scip.directory.queries.wording import (
    names,
    population_names,
    topic_names,
)
from scip.pages.crawlers import OwnSitemap
from scip.portraits import serve_portrait
from scip.publishing import data_block, meta_of, published
from scip.unchanged import remembered


@published
@require_safe
def listing_list(request: HttpRequest) -> HttpResponseBase:
    """Who is certified and wishes to be found, narrowed by what somebody is looking for."""
    asked = SearchForm(request.GET).asked() if request.GET else Asked()
    now = timezone.now()
    found = look(asked, request.GET.get("page", ""), now=now)
    facets = facets_of(asked)
    cards = [card_of(row, now) for row in found.rows]
    says: dict[str, Any] = {
        "asked": asked,
        "cards": cards,
        "is_alike": found.is_alike,
        "count": count_of(total_of(found, facets)),
        "selects": selects_of(get_language(), asked, facets),
        "ticks": ticks_of(asked, facets),
        "chosen": chosen_of(asked),
        "previous_url": page_url(asked, found.previous),
        "next_url": page_url(asked, found.next),
    }
    return remembered(request, lambda: says, lambda: list_page(request, says))


def list_page(request: HttpRequest, says: dict[str, Any]) -> HttpResponse:
    """The page that says so, and what follows from it."""
    meta = meta_of(
        request,
        _("Find a certified psychotherapist"),
        _(
            "The public directory of Certified Self-Compassion-Based Psychotherapists (SCIP-C): "
            "by name, place, language and theme, online and in person."
        ),
        structured_list(tuple(says["cards"])),
    )
    context = {
        "meta": meta,
        "longest": LONGEST_QUESTION,
        "is_searched": says["asked"] != Asked(),
    }
    return render(request, "directory/listing_list.html", says | context)


def total_of(found: Found, facets: Facets) -> int:
    """How many fit. Where all of them stand on this page they are counted there: what was
    remembered may be minutes old, and says “0 people” above somebody who has just come."""
    here = len(found.rows)
    return max(facets.total, here) if found.previous or found.next else here


def count_of(total: int) -> str:
    return ngettext("{count} person", "{count} people", total).format(count=capped(total))


def query_of(asked: Asked) -> list[tuple[str, str]]:
    """The question as an address, empty parts left out and always in the same order."""
    texts = [(name, getattr(asked, name)) for name in ("q", "country", "language", "topic")]
    flags = [
        (name, "on" if getattr(asked, name) else "")
        for name in ("online", "in_person", "accepting")
    ]
    return [(name, value) for name, value in [*texts, *flags] if value]


def page_url(asked: Asked, mark: str) -> str:
    """The same search, another page; empty where there is none."""
    return f"?{urlencode([*query_of(asked), ('page', mark)])}" if mark else ""


@lru_cache(maxsize=QUESTIONS_AT_MOST)
def selects_of(_language: str | None, asked: Asked, facets: Facets) -> list[dict[str, Any]]:
    """The choices of a list with how many each would leave; those that would leave nobody are
    not offered, except the one that is chosen. Sorted once for each counting."""
    known: dict[str, tuple[str, Mapping[str, str]]] = {
        "country": (_("Country"), names().countries),
        "language": (_("Language"), names().languages),
        "topic": (_("Theme"), names().topics),
    }
    found = []
    for name, (label, words) in known.items():
        chosen = getattr(asked, name)
        counts = dict(facets.of(name))
        if chosen:
            counts.setdefault(chosen, 0)
        options = [
            (code, f"{words.get(code, code)} ({capped(count)})", code == chosen)
            for code, count in counts.items()
        ]
        options.sort(key=lambda option: option[1])
        found.append({"name": name, "label": label, "options": options})
    return found


def ticks_of(asked: Asked, facets: Facets) -> list[dict[str, Any]]:
    labels = {
        "online": _("Online"),
        "in_person": _("In person"),
        "accepting": _("Taking on clients"),
    }
    return [
        {
            "name": name,
            "label": f"{label} ({capped(facets.of(name).get('', 0))})",
            "is_chosen": getattr(asked, name),
        }
        for name, label in labels.items()
    ]


def chosen_of(asked: Asked) -> list[dict[str, str]]:
    """Each wish that narrows the list, with the address of the list without it."""
    words = {
        "country": names().countries.get(asked.country, ""),
        "language": names().languages.get(asked.language, ""),
        "topic": names().topics.get(asked.topic, ""),
        "online": _("online") if asked.online else "",
        "in_person": _("in person") if asked.in_person else "",
        "accepting": _("taking on clients") if asked.accepting else "",
    }
    return [
        {"label": label, "url": f"?{urlencode(query_of(asked.without(name)))}"}
        for name, label in words.items()
        if label
    ]


@lru_cache(maxsize=QUESTIONS_AT_MOST)
def structured_list(cards: tuple[Card, ...]) -> Any:
    """This page of the list for search engines: names and addresses. Written once for the same
    cards, as they are themselves."""
    if not cards:
        return None
    items = [
        {
            "@type": "ListItem",
            "position": place,
            "name": card.name,
            "url": settings.SITE_URL + card.url,
        }
        for place, card in enumerate(cards, start=1)
    ]
    return data_block({"@type": "ItemList", "itemListElement": items})


@published
@require_safe
def listing_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One person: what is certified since when, how to verify it, how to write to them."""
    rows = Listing.objects.visible_to(request.user).defer("words", "short_text", "lexemes")
    listing = get_object_or_404(rows.select_related("user"), key=key_of(slug))
    if slug != listing.slug:
        return redirect("directory:detail", slug=listing.slug, permanent=True)
    return render(request, "directory/listing_detail.html", detail_of(request, listing))


def detail_of(request: HttpRequest, listing: Listing) -> dict[str, Any]:
    """What a listing's page shows; its owner's preview is the same page."""
    now = timezone.now()
    credential = certification_of(listing.user)
    is_listed = listing.is_published and credential is not None
    card = card_of(listing, now)
    licence_on = licence_confirmed_on(listing.user_id) if listing.shows_licence else None
    structured = structured_person(listing, card, credential) if is_listed else None
    title = ", ".join(part for part in (listing.name, listing.suffix) if part)
    return {
        "meta": meta_of(request, title, description_of(card), structured),
        "listing": listing,
        "card": card,
        "credential": credential,
        "populations": ", ".join(population_names(listing.populations)),
        "website_host": (urlsplit(listing.website).hostname or "").removeprefix("www."),
        "licence_on": licence_on,
        "is_listed": is_listed,
        "is_oneself": listing.user_id == request.user.pk,
    }


def description_of(card: Card) -> str:
    parts = [_("Certified Self-Compassion-Based Psychotherapist (SCIP-C)"), card.place]
    return ", ".join(part for part in parts if part) + "."


def structured_person(listing: Listing, card: Card, credential: Credential | None) -> Any:
    """The person for search engines: what the page shows, and nothing beside it."""
    address = {
        "@type": "PostalAddress",
        "addressLocality": listing.city,
        "addressRegion": listing.region,
        "addressCountry": str(listing.country.code or ""),
    }
    person: dict[str, Any] = {
        "@type": "Person",
        "name": listing.name,
        "honorificSuffix": listing.suffix,
        "url": settings.SITE_URL + card.url,
        "knowsLanguage": listing.languages,
        "knowsAbout": topic_names(listing.topics),
        "sameAs": listing.website,
        "image": settings.SITE_URL + card.photo_url if card.photo_url else "",
        "address": {name: value for name, value in address.items() if value} if card.place else {},
    }
    if credential is not None:
        person["hasCredential"] = {
            "@type": "EducationalOccupationalCredential",
            "name": str(credential.facts.get("title") or credential.get_kind_display()),
            "identifier": credential.number,
            "dateCreated": credential.issued_on.isoformat(),
            "url": settings.SITE_URL + reverse("credentials:verify", args=[credential.code]),
        }
    return data_block({name: value for name, value in person.items() if value})


@public
@require_safe
def listing_photo(request: HttpRequest, key: str) -> HttpResponseBase:
    """The portrait, for whoever may see its page."""
    listing = get_object_or_404(Listing.objects.visible_to(request.user), key=key)
    return serve_portrait(listing.photo)


class ListingSitemap(OwnSitemap[Listing]):
    """Everybody in the directory. Pages of it are asked for by ``?p=``; the first says how far."""

    limit = 5000

    def items(self) -> Any:
        return public_rows().only("key", "name", "updated_at", "state").order_by("id")

    def location(self, item: Listing) -> str:
        return reverse("directory:detail", args=[item.slug])

    def lastmod(self, item: Listing) -> Any:
        return item.updated_at


@public
@require_safe
def sitemap(request: HttpRequest) -> HttpResponseBase:
    return sitemap_view(request, {"directory": ListingSitemap})
