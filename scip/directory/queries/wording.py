"""Codes of a listing in words, for pages and for the search."""

from collections.abc import Iterable
from typing import Any

from django.utils import translation
from django_countries import countries

from scip.accounts.languages import language_names
from scip.directory.models import Listing, Population, Topic


def topic_names(codes: Iterable[str]) -> list[str]:
    """Themes in the order of the vocabulary; a code that is no longer part of it is left out."""
    chosen = set(codes)
    return [str(label) for code, label in Topic.choices if code in chosen]


def population_names(codes: Iterable[str]) -> list[str]:
    chosen = set(codes)
    return [str(label) for code, label in Population.choices if code in chosen]


def place_of(listing: Listing) -> str:
    """City, region, country: what of it is shown."""
    parts = (listing.city, listing.region, str(listing.country.name or ""))
    return ", ".join(part for part in parts if part)


def words_of(listing: Any) -> str:
    """Everything shown that a search may find beside the name, in the site's first language."""
    with translation.override("en"):
        parts = [
            listing.city,
            listing.region,
            str(countries.name(str(listing.country))) if listing.country else "",
            *language_names(listing.languages),
            *topic_names(listing.topics),
            *population_names(listing.populations),
        ]
    return " ".join(part for part in parts if part)
