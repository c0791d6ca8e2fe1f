"""A listing in the words of a page, put together and drawn once for all who read it.

Both are remembered by everything that they say. A listing that says something else is another
card, so nothing here can be out of date.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlencode

from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from scip.directory.models import Listing, slug_of, takes_clients
from scip.directory.queries.searching import Row
from scip.directory.queries.wording import place_of, tongue_names, topic_names
from scip.formats import initials

REMEMBERED = 4096


class Accepting(NamedTuple):
    """Whether somebody takes on clients: the kind of the tag, and its words."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A listing in the words that lists show; what is not shown is empty."""

    url: str
    name: str
    suffix: str
    initials: str
    place: str
    languages: str
    topics: str
    meeting: str
    accepting: Accepting | None
    photo_url: str

    @property
    def facts(self) -> str:
        """Place, way of meeting and languages in one line."""
        return " · ".join(part for part in (self.place, self.meeting, self.languages) if part)


def card_of(listing: Listing | Row, now: datetime) -> Card:
    """The card of a listing as it stands at a moment, in the language of the page."""
    return composed(
        get_language(),
        key=listing.key,
        name=listing.name,
        suffix=listing.suffix,
        place=(listing.city, listing.region, str(listing.country)),
        languages=tuple(listing.languages),
        topics=tuple(listing.topics),
        meets=(listing.is_online, listing.is_in_person),
        accepting=listing.accepting,
        is_taking=takes_clients(listing.accepting, listing.accepting_until, now),
        photo_url=portrait_url(listing),
    )


@lru_cache(maxsize=REMEMBERED)
def composed(
    _language: str | None,
    *,
    key: str,
    name: str,
    suffix: str,
    place: tuple[str, str, str],
    languages: tuple[str, ...],
    topics: tuple[str, ...],
    meets: tuple[bool, bool],
    accepting: str,
    is_taking: bool,
    photo_url: str,
) -> Card:
    """The words for these facts. ``meets``: online, in person."""
    return Card(
        url=reverse("directory:detail", args=[slug_of(name, key)]),
        name=name,
        suffix=suffix,
        initials=initials(name),
        place=place_of(*place),
        languages=", ".join(tongue_names(languages)),
        topics=", ".join(topic_names(topics)),
        meeting=meeting_of(*meets),
        accepting=accepting_of(accepting, is_taking=is_taking),
        photo_url=photo_url,
    )


@lru_cache(maxsize=REMEMBERED)
def drawn(card: Card, _language: str | None) -> SafeString:
    """The card as a list shows it, in HTML. The language is part of the key: so are its labels."""
    return mark_safe(get_template("directory/_card.html").render({"card": card}))


def meeting_of(online: bool, in_person: bool) -> str:
    if online and in_person:
        return _("online and in person")
    if online:
        return _("online")
    return _("in person") if in_person else ""


def accepting_of(said: str, *, is_taking: bool) -> Accepting | None:
    """Whether somebody takes on clients, as far as it is known. “Yes” is believed for a while."""
    if not said:
        return None
    if said == Listing.Accepting.NO:
        return Accepting("later", _("no room at the moment"))
    if is_taking:
        return Accepting("met", _("taking on clients"))
    return Accepting("later", _("taking on clients: not confirmed lately"))


def portrait_url(listing: Listing | Row) -> str:
    """The portrait's address, another one for another picture; empty without one."""
    if not listing.photo:
        return ""
    version = urlencode({"v": f"{listing.updated_at:%Y%m%d%H%M%S}"})
    return f"{reverse('directory:photo', args=[listing.key])}?{version}"
