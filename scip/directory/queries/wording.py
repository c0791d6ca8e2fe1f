"""Codes of a listing in words, for pages and for the search."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils import translation
from django_countries import countries

from scip.accounts.languages import NAMES, language_names
from scip.directory.models import Population, Topic


@dataclass(frozen=True, slots=True)
class Names:
    """Every code with its name in one language of the site, each in the order of its vocabulary."""

    countries: Mapping[str, str]
    languages: Mapping[str, str]
    topics: Mapping[str, str]
    populations: Mapping[str, str]


@cache
def names_in(_language: str | None) -> Names:
    """Names in the language that is active: looked up once, lists have hundreds of them."""
    return Names(
        countries={code: str(name) for code, name in countries},
        languages=dict(zip(NAMES, language_names([*NAMES]), strict=True)),
        topics={str(code): str(label) for code, label in Topic.choices},
        populations={str(code): str(label) for code, label in Population.choices},
    )


def names() -> Names:
    """Names in the language of the page."""
    return names_in(translation.get_language())


def topic_names(codes: Iterable[str]) -> list[str]:
    """Themes in the order of the vocabulary; a code that is no longer part of it is left out."""
    return [label for code, label in names().topics.items() if code in codes]


def population_names(codes: Iterable[str]) -> list[str]:
    return [label for code, label in names().populations.items() if code in codes]


def tongue_names(codes: Iterable[str]) -> list[str]:
    """Languages in the order in which their owner named them."""
    known = names().languages
    return [known.get(code, code) for code in codes]


def country_name(country: Any) -> str:
    """The name of a country or of its code; empty for none."""
    return names().countries.get(str(country), "")


def place_of(city: str, region: str, country: str) -> str:
    """City, region and the country's name from its code: what of it is shown."""
    parts = (city, region, country_name(country))
    return ", ".join(part for part in parts if part)


def words_of(listing: Any) -> str:
    """Everything shown that a search may find beside the name, in the site's first language."""
    with translation.override("en"):
        parts = [
            listing.city,
            listing.region,
            country_name(listing.country),
            *tongue_names(listing.languages),
            *topic_names(listing.topics),
            *population_names(listing.populations),
        ]
    return " ".join(part for part in parts if part)
