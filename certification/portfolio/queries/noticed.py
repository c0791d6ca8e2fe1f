"""What the de-identification rules say about a writing, in words and with its surroundings."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certification.portfolio.deidentification import Hint, Kind, Why, notice
from certification.portfolio.models.writing import Texts
from certification.portfolio.queries.portfolios import Known

# So many different ones are listed at a time, each with so many places.
SHOWN, PASSAGES, AROUND = 30, 2, 48

KINDS: dict[Kind, Promise] = {
    Kind.NAME: _("Perhaps a name"),
    Kind.DATE: _("A date"),
    Kind.PLACE: _("Perhaps a place"),
    Kind.PHONE: _("Perhaps a phone number"),
    Kind.EMAIL: _("An e-mail address"),
    Kind.RECORD: _("Perhaps a record number"),
    Kind.POSTCODE: _("Perhaps a postcode"),
    Kind.LINK: _("A web address or account"),
}
REASONS: dict[Why, Promise] = {
    Why.AVOIDED: _("It is on your list of names to avoid."),
    Why.TITLE: _("It follows a title."),
    Why.RELATION: _("It follows a word for a relation."),
    Why.CALLED: _("It follows a word like “called”."),
    Why.TWO_CAPITALS: _("Two capitals side by side, inside a sentence."),
    Why.CAPITAL: _("A capital inside a sentence."),
    Why.HONORIFIC: _("A form of address follows it."),
    Why.DAY: _("The numbers could be a day. A season or an age says enough."),
    Why.MONTH: _("A day or year stands beside a month. A season says enough."),
    Why.PREPOSITION: _("It follows a word that places often follow."),
    Why.PLACE_WORD: _("It stands with a word for a street or an institution."),
    Why.DIGITS: _("So many digits in groups."),
    Why.ADDRESS: _("It has the form of an address."),
    Why.NUMBERED: _("It follows a word like “file” or “no.”"),
    Why.LONG_NUMBER: _("So many digits in a row."),
    Why.SHAPE: _("It has the form of a postcode."),
}

SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Passage:
    """A hint in the midst of its text."""

    part: str
    before: str
    marked: str
    after: str


@dataclass(slots=True)
class Group:
    """One word or number, however often it stands there."""

    kind: Kind
    why: Why
    text: str
    count: int = 0
    passages: list[Passage] = field(default_factory=list)

    @property
    def kind_words(self) -> Promise:
        return KINDS[self.kind]

    @property
    def reason(self) -> Promise:
        return REASONS[self.why]

    @property
    def is_avoided(self) -> bool:
        return self.why is Why.AVOIDED

    @property
    def is_name(self) -> bool:
        return self.kind is Kind.NAME


@dataclass(frozen=True, slots=True)
class Noticed:
    """Everything noticed in a writing; ``more`` different ones are not listed."""

    groups: tuple[Group, ...]
    more: int
    words: int

    @property
    def total(self) -> int:
        return len(self.groups) + self.more


def noticed_in(writing: Texts, known: Known) -> Noticed:
    """Reads the saved texts of a writing by the rules and the portfolio's own words. Pure."""
    return noticed_in_texts(list(texts_of(writing)), known)


def noticed_in_texts(texts: Sequence[tuple[str, str]], known: Known) -> Noticed:
    """The same for texts with the names of their parts."""
    groups: dict[tuple[str, str], Group] = {}
    for part, text in texts:
        for hint in notice(text, avoid=known.avoid, fine=known.fine):
            key = (hint.kind, hint.folded)
            group = groups.setdefault(key, Group(hint.kind, hint.why, hint.text))
            group.count += 1
            if len(group.passages) < PASSAGES:
                group.passages.append(passage_of(part, text, hint))
    found = list(groups.values())
    words = sum(count_words(text) for _part, text in texts)
    return Noticed(tuple(found[:SHOWN]), max(len(found) - SHOWN, 0), words)


def texts_of(writing: Texts) -> Iterable[tuple[str, str]]:
    """Each text with the name of its part."""
    for name in writing.TEXTS:
        label = writing._meta.get_field(name).verbose_name  # type: ignore[union-attr]
        yield str(label), getattr(writing, name)


def passage_of(part: str, text: str, hint: Hint) -> Passage:
    first, last = max(hint.start - AROUND, 0), min(hint.end + AROUND, len(text))
    return Passage(
        part=part,
        before=("…" if first else "") + text[first : hint.start],
        marked=text[hint.start : hint.end],
        after=text[hint.end : last] + ("…" if last < len(text) else ""),
    )


def count_words(text: str) -> int:
    """Words, as people count them; where no spaces are set two signs count as one word."""
    spaceless = len(SPACELESS.findall(text))
    return len(WORDS.findall(SPACELESS.sub(" ", text))) + (spaceless + 1) // 2
