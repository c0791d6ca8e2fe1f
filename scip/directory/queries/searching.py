"""Finding people in the directory: words, filters, pages that do not count what lies before them.

Words are looked for in two steps. First as they are spelled, each the beginning of a word of the
listing (full text). If nobody fits, what is alike in name or place is shown (trigrams), the closest
first; that is one page, because nobody turns pages of guesses.
"""

import base64
import binascii
import json
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.search import SearchQuery, TrigramWordSimilarity
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import Least
from django.utils import timezone

from scip.credentials.models import today
from scip.directory.models import Listing, ListingQuerySet
from scip.searching import LIKE, plain_text, transposed

PAGE = 25
WORDS_AT_MOST = 6
# A shorter word is alike to half of the dictionary.
LOOSE_FROM = 4
# Letters, their marks, and figures. No operator of the search language is one of them.
PARTS = frozenset({"Lu", "Ll", "Lt", "Lo", "Mn", "Mc", "Nd"})
FORWARD, BACK = "a", "b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody is looking for; everything empty shows everybody."""

    q: str = ""
    country: str = ""
    language: str = ""
    topic: str = ""
    online: bool = False
    in_person: bool = False
    accepting: bool = False

    def without(self, name: str) -> "Asked":
        """The same question without one filter."""
        return self.but(**{name: getattr(Asked(), name)})

    def but(self, **changes: Any) -> "Asked":
        """The same question with something else asked."""
        return replace(self, **changes)


class Row(NamedTuple):
    """What a list reads of a listing. Nothing beside it is asked of the database, least of all what
    its owner keeps back."""

    pk: int
    key: str
    name: str
    suffix: str
    city: str
    region: str
    country: str
    languages: list[str]
    topics: list[str]
    is_online: bool
    is_in_person: bool
    accepting: str
    accepting_until: datetime | None
    photo: str
    updated_at: datetime
    sort_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of listings, and the marks of the pages before and after it (empty at an end)."""

    rows: tuple[Row, ...]
    previous: str = ""
    next: str = ""
    is_alike: bool = False


def words_of(typed: str) -> list[str]:
    """The words of a question: runs of letters and figures, in small letters."""
    composed = unicodedata.normalize("NFKC", typed[:200]).lower()
    kept = (char if unicodedata.category(char) in PARTS else " " for char in composed)
    return "".join(kept).split()[:WORDS_AT_MOST]


class Beginnings(SearchQuery):
    """A full-text query for listings in which each word begins some word. The database builds it
    (migration 0001), after it has taken the accents away; of no word at all it finds nothing."""

    function = "directory_beginnings"

    def __init__(self, *words: str) -> None:
        super().__init__(" ".join(words))
        self.function = "directory_beginnings"


def public() -> ListingQuerySet:
    """What everybody sees, and nothing else: the same for the office and for oneself."""
    return public_on(today()).all()


@lru_cache(maxsize=1)
def public_on(_day: date) -> ListingQuerySet:
    """The question without its rows, put together once a day: it names the day."""
    return Listing.objects.visible_to(AnonymousUser())


def narrowed(rows: ListingQuerySet, asked: Asked, now: datetime) -> ListingQuerySet:
    """By the filters; words come later."""
    if asked.country:
        rows = rows.filter(country=asked.country)
    if asked.language:
        rows = rows.filter(languages__contains=[asked.language])
    if asked.topic:
        rows = rows.filter(topics__contains=[asked.topic])
    if asked.online:
        rows = rows.filter(is_online=True)
    if asked.in_person:
        rows = rows.filter(is_in_person=True)
    if asked.accepting:
        rows = rows.filter(accepting=Listing.Accepting.YES, accepting_until__gt=now)
    return rows


def spelled(rows: ListingQuerySet, words: list[str]) -> ListingQuerySet:
    """Listings in which every word begins some word."""
    return rows.filter(lexemes=Beginnings(*words))


def look(asked: Asked, mark: str = "", *, now: datetime | None = None) -> Found:
    """One page of who fits. Two queries at most, two more where nobody is spelled so.

    ``mark`` says where a page begins: after or before a name, not at a number of rows, so that
    nobody is skipped or seen twice while others come and go.
    """
    rows = narrowed(public(), asked, now or timezone.now())
    words = words_of(asked.q)
    if asked.q.strip() and not words:
        return Found(rows=())
    if not words:
        return page_of(rows, mark)
    found = page_of(spelled(rows, words), mark)
    if found.rows or mark:
        return found
    return Found(rows=tuple(alike(rows, words)), is_alike=True)


def page_of(rows: QuerySet[Listing], mark: str) -> Found:
    """The page at a mark, in the order of names. A mark that means nothing is the first page."""
    way, key = read_mark(mark)
    if way == BACK:
        found = read(beyond(rows, key, "<").order_by("-sort_name", "-id"), PAGE + 1)
        has_more, found = len(found) > PAGE, found[:PAGE][::-1]
        if not found:
            return page_of(rows, "")
        return Found(
            rows=tuple(found),
            previous=mark_of(BACK, found[0]) if has_more else "",
            next=mark_of(FORWARD, found[-1]),
        )
    if key:
        rows = beyond(rows, key, ">")
    found = read(rows.order_by("sort_name", "id"), PAGE + 1)
    has_more, found = len(found) > PAGE, found[:PAGE]
    return Found(
        rows=tuple(found),
        previous=mark_of(BACK, found[0]) if key and found else "",
        next=mark_of(FORWARD, found[-1]) if has_more else "",
    )


def read(rows: QuerySet[Listing], most: int) -> list[Row]:
    """The first rows, as lists read them. Objects of the model would cost as much as the query."""
    return [Row._make(values) for values in rows.values_list(*Row._fields)[:most]]


def beyond(rows: QuerySet[Listing], key: tuple[str, int] | None, side: str) -> QuerySet[Listing]:
    """Rows after (``>``) or before (``<``) a place in the order; one comparison of two columns,
    which the index answers without reading what lies before."""
    if key is None:
        return rows
    compare = TupleGreaterThan if side == ">" else TupleLessThan
    return rows.filter(compare(Tuple(F("sort_name"), F("id")), key))


def mark_of(way: str, row: Row | Listing) -> str:
    """Where the next page begins, as part of an address."""
    packed = json.dumps([row.sort_name, row.pk], ensure_ascii=False).encode()
    return way + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_mark(mark: str) -> tuple[str, tuple[str, int] | None]:
    """Direction and place; no place for anything that we did not write."""
    way, packed = mark[:1], mark[1:1200]
    try:
        body = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        name, pk = json.loads(body)
        str(name).encode()
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return "", None
    is_ours = isinstance(name, str) and isinstance(pk, int) and 0 < pk < 2**63
    if way not in {FORWARD, BACK} or not is_ours or "\0" in name:
        return "", None
    return way, (name, pk)


def alike(rows: ListingQuerySet, words: list[str]) -> list[Row]:
    """Listings in whose name or place every word is nearly found, the closest first."""
    likeness: list[Any] = []
    for word in words:
        plain = plain_text(Value(word))
        found = Q(short_text__contains=plain)
        if len(word) >= LOOSE_FROM:
            found |= Q(short_text__trigram_word_similar=plain)
            for slip in transposed(word):
                found |= Q(short_text__contains=slip)
        # A word may be spelled well, and found elsewhere than in name and place.
        found |= Q(lexemes=Beginnings(word))
        rows = rows.filter(found)
        likeness.append(TrigramWordSimilarity(plain, "short_text"))
    rank = Least(*likeness) if len(likeness) > 1 else likeness[0]
    closest = rows.annotate(rank=rank).order_by("-rank", "sort_name", "id")
    with transaction.atomic(), connection.cursor() as cursor:
        # The operator that the index serves reads its threshold from here.
        cursor.execute(
            "select set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(LIKE)]
        )
        return read(closest, PAGE)
