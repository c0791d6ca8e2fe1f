"""Who may supervise on a day, and the public directory."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import F, FloatField, Q, QuerySet, Value
from django.db.models.functions import Lower
from django_countries import countries

from scip.accounts.languages import NAMES, language_names
from scip.searching import LIKE, plain_text, plain_word, transposed
from supervision.models import Approval, Supervisor

PAGE = 20
WORDS_AT_MOST = 8
# A shorter word is alike to half of the dictionary.
LOOSE_FROM = 4
SHORT = ("user__name", "headline", "orientation", "place")
WHOLE = (*SHORT, "approach", "experience", "bio")


def approved_on(supervisor: Supervisor, day: date) -> bool:
    """Was CMSC's approval in force on this day? A session counts only if it was."""
    return Approval.objects.in_force(day).filter(supervisor=supervisor).exists()


def current_approval(supervisor: Supervisor, on: date) -> Approval | None:
    """The approval in force on a day, or the next one that begins after it."""
    rows = Approval.objects.filter(supervisor=supervisor).order_by("from_on")
    ahead = rows.filter(Q(until_on=None) | Q(until_on__gt=on))
    return ahead.exclude(until_on=F("from_on")).first()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody is looking for; everything empty shows everybody."""

    q: str = ""
    orientation: str = ""
    language: str = ""
    country: str = ""
    online: bool = False
    in_person: bool = False
    accepting: bool = False
    sliding_scale: bool = False


def directory(user: Any, asked: Asked, *, on: date | None = None) -> QuerySet[Supervisor]:
    """Who stands in the public directory and fits, best matches first, then who has room.

    Approved on the day and wishing to be shown, also for the office: what is seen here is
    what the public sees.
    """
    rows: QuerySet[Supervisor] = Supervisor.objects.visible_to(user).listed(on)
    rows = rows.select_related("user")
    if asked.language:
        rows = rows.filter(user__languages__contains=[asked.language])
    if asked.country:
        rows = rows.filter(user__country=asked.country)
    flags = {
        "is_online": asked.online,
        "is_in_person": asked.in_person,
        "is_accepting": asked.accepting,
        "has_sliding_scale": asked.sliding_scale,
    }
    rows = rows.filter(**{name: True for name, is_asked in flags.items() if is_asked})
    rows = matching(
        rows, asked.orientation, name="leaning", short=("orientation",), whole=("orientation",)
    )
    rows = matching(rows, asked.q, name="asked", short=SHORT, whole=WHOLE, with_places=True)
    rank = (
        TrigramWordSimilarity(plain_text(Value(asked.q)), plain_text("user__name"))
        if asked.q.strip()
        else Value(0.0, output_field=FloatField())
    )
    return rows.annotate(rank=rank).order_by("-rank", "-is_accepting", Lower("user__name"), "pk")


def matching(
    rows: QuerySet[Supervisor],
    words: str,
    *,
    name: str,
    short: tuple[str, ...],
    whole: tuple[str, ...],
    with_places: bool = False,
) -> QuerySet[Supervisor]:
    """Rows in which every word is found: as written anywhere in ``whole``, or nearly so in
    ``short`` (accents, a wrong letter and two changed round do not matter). ``with_places`` also takes the names
    of countries and languages; ``name`` keeps two searches of one query apart."""
    rows = rows.alias(**{f"{name}_text": plain_text(*whole), f"{name}_short": plain_text(*short)})
    for number, word in enumerate(words.split()[:WORDS_AT_MOST]):
        plain = plain_text(Value(word))
        found = Q(**{f"{name}_text__contains": plain})
        if len(word) >= LOOSE_FROM:
            alike = f"{name}_alike_{number}"
            rows = rows.alias(**{alike: TrigramWordSimilarity(plain, plain_text(*short))})
            found |= Q(**{f"{alike}__gte": LIKE})
            for slip in transposed(word):
                found |= Q(**{f"{name}_short__contains": slip})
        if with_places and len(word) >= LOOSE_FROM:
            found |= Q(user__country__in=countries_like(word))
            for code in languages_like(word):
                found |= Q(user__languages__contains=[code])
        rows = rows.filter(found)
    return rows


def countries_like(word: str) -> list[str]:
    """Codes of countries whose name begins a word so: ``portu`` finds Portugal."""
    return [code for code, name in countries if begins(str(name), word)]


def languages_like(word: str) -> list[str]:
    """Codes of languages whose name begins a word so."""
    return [code for code, name in NAMES.items() if begins(name, word)]


def begins(name: str, word: str) -> bool:
    return f" {plain_word(word)}" in f" {plain_word(name)}"


def choices_in_directory(
    user: Any, *, on: date | None = None
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Languages and countries that somebody in the directory has, by name; one query."""
    rows = Supervisor.objects.visible_to(user).listed(on)
    found = list(rows.order_by().values_list("user__country", "user__languages"))
    languages = {code for _country, codes in found for code in codes}
    places = {str(country) for country, _codes in found if country}
    return (
        sorted(zip(languages, language_names(list(languages)), strict=True), key=second),
        sorted(((code, str(countries.name(code))) for code in places), key=second),
    )


def second(pair: tuple[str, str]) -> str:
    return pair[1]
