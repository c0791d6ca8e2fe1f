"""What a rule sees and says: a text as tokens, and hints about stretches of it."""

from dataclasses import dataclass
from enum import StrEnum

from certification.portfolio.deidentification.tokens import Sort, Token, fold, tokens_of

SENTENCE_ENDS = frozenset('.!?…:;"“”„«»¿¡()[]-–—•*。！？।؟')


class Kind(StrEnum):
    """What a hint is about."""

    NAME = "name"
    DATE = "date"
    PLACE = "place"
    PHONE = "phone"
    EMAIL = "email"
    RECORD = "record"
    POSTCODE = "postcode"
    LINK = "link"


class Why(StrEnum):
    """What made a rule stop here."""

    AVOIDED = "avoided"
    TITLE = "title"
    RELATION = "relation"
    CALLED = "called"
    TWO_CAPITALS = "two_capitals"
    CAPITAL = "capital"
    HONORIFIC = "honorific"
    DAY = "day"
    MONTH = "month"
    PREPOSITION = "preposition"
    PLACE_WORD = "place_word"
    DIGITS = "digits"
    ADDRESS = "address"
    NUMBERED = "numbered"
    LONG_NUMBER = "long_number"
    SHAPE = "shape"


@dataclass(frozen=True, slots=True)
class Hint:
    """A stretch of the text, by characters, and why somebody should look at it."""

    start: int
    end: int
    kind: Kind
    why: Why
    text: str

    @property
    def folded(self) -> str:
        return fold(self.text)


class Reading:
    """A text as tokens, with a count of the looks that rules took at them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.looks = 0
        # Filled by the rules before they begin: words that carry a capital inside sentences.
        self.proper: frozenset[str] = frozenset()

    def at(self, place: int) -> Token | None:
        """The token at a place, or None beyond either end."""
        self.looks += 1
        return self.tokens[place] if 0 <= place < len(self.tokens) else None

    def sort(self, place: int) -> Sort | None:
        token = self.at(place)
        return token.sort if token else None

    def sign(self, place: int) -> str:
        token = self.at(place)
        return token.text if token and token.sort is Sort.SIGN else ""

    def next_word(self, place: int, over: str = ".:'’,") -> int | None:
        """The place of the word after this one, over one of these signs and a single space."""
        place += 1
        if self.sign(place) in {*over}:
            place += 1
        token = self.at(place)
        if token and token.sort is Sort.SPACE and "\n" not in token.text:
            place += 1
        return place if self.sort(place) is Sort.WORD else None

    def begins_a_sentence(self, place: int) -> bool:
        place -= 1
        while (token := self.at(place)) and token.sort is Sort.SPACE:
            if "\n" in token.text:
                return True
            place -= 1
        return token is None or token.text in SENTENCE_ENDS

    def word_before(self, place: int) -> str:
        """The folded word before, over one space and perhaps a dot; empty if there is none."""
        if self.sort(place - 1) is not Sort.SPACE:
            return ""
        place -= 2
        if self.sign(place) in {".", ":", "#", "№", ","}:
            place -= 1
        token = self.at(place)
        return token.folded if token and token.sort is Sort.WORD else ""
