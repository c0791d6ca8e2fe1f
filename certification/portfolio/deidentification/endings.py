"""Rules for scripts that set no space: what stands in the same word as a name or place tells it."""

from certification.portfolio.deidentification import vocabulary as known
from certification.portfolio.deidentification.reading import Kind, Reading, Why

type Found = tuple[int, int, Kind, Why]
# Longer runs without a space are looked at from their beginning, so far.
RUN = 200


def honorific(reading: Reading, place: int) -> Found | None:
    """A name with its honorific behind it, or before it, in the same word or in the next."""
    token = reading.tokens[place]
    after = reading.next_word(place, over="")
    if after is not None and (token.is_capitalised or not token.text.isascii()):
        follows = reading.tokens[after]
        if len(follows.text) <= 5 and follows.folded.startswith(known.HONORIFIC_WORDS):
            return token.start, token.end, Kind.NAME, Why.HONORIFIC
    if token.text.isascii():
        return None
    text = token.text[:RUN]
    reading.looks += len(known.HONORIFICS_AFTER) + len(known.HONORIFICS_BEFORE)
    for beginning in known.HONORIFICS_BEFORE:
        if text.startswith(beginning) and len(text) > len(beginning) + 1:
            return token.start + len(beginning), token.start + len(text), Kind.NAME, Why.HONORIFIC
    for ending in known.HONORIFICS_AFTER:
        at = text.find(ending, 1)
        if at > 0:
            start = max(at - (2 if ending in {"先生", "女士", "小姐", "太太"} else 4), 0)
            return token.start + start, token.start + at, Kind.NAME, Why.HONORIFIC
    return None


def place_ending(reading: Reading, place: int) -> Found | None:
    """``北京市``, ``서울대학교병원``: two signs or more before a word for a town or an institution."""
    token = reading.tokens[place]
    if token.text.isascii():
        return None
    text = token.text[:RUN]
    reading.looks += len(known.PLACE_ENDINGS)
    for ending in known.PLACE_ENDINGS:
        at = text.find(ending, 2)
        if at > 0 and text[at - 1] not in known.NO_PLACE_BEFORE:
            start = token.start + max(at - 6, 0)
            return start, token.start + at + len(ending), Kind.PLACE, Why.PLACE_WORD
    return None
