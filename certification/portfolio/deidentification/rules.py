"""The rules. Each stands on one token and looks at a bounded number around it."""

from collections.abc import Callable, Collection, Iterator

from certification.portfolio.deidentification import vocabulary as known
from certification.portfolio.deidentification.avoiding import AvoidList
from certification.portfolio.deidentification.endings import honorific, place_ending
from certification.portfolio.deidentification.reading import Hint, Kind, Reading, Why
from certification.portfolio.deidentification.tokens import Sort, Token, fold

# How far a rule looks from where it stands, in tokens.
REACH = 24
NUMBER_SIGNS = frozenset(".-/()‐‑–")
DATE_SIGNS = frozenset("./-‐‑–")
EMAIL_SIGNS = frozenset("._%+-")
NO_NAME = known.TITLES | known.RELATIONS | known.PROGRAMME
NO_PLACE = known.TITLES | known.MONTHS | known.PROGRAMME
NO_CAPITAL = NO_NAME.union(
    known.MONTHS,
    known.PLACE_WORDS,
    known.CALLED,
    known.DATE_LINKS,
    known.RECORD_WORDS,
    known.PHONE_WORDS,
)
NAME_LINKS = frozenset("-'’‐‑")


type Found = tuple[int, int, Kind, Why]
type Rule = Callable[["Reading", int], Found | None]


def notice(
    text: str, *, avoid: Collection[str] = (), fine: Collection[str] = ()
) -> tuple[Hint, ...]:
    """What could tell who somebody is, in the order of the text, without overlaps.

    ``avoid``: names that are always told, whatever their case. ``fine``: words that were said to
    be harmless; the list of names to avoid outweighs them. Side effects: none.
    """
    return hints_in(Reading(text), avoid=avoid, fine=fine)


def hints_in(
    reading: Reading, *, avoid: Collection[str] = (), fine: Collection[str] = ()
) -> tuple[Hint, ...]:
    """As `notice`, over a reading whose looks can be counted afterwards."""
    harmless = frozenset(fold(word) for word in fine)
    avoided = AvoidList(avoid)
    reading.proper = proper_words(reading)
    found: list[Hint] = []
    covered = 0
    inside = avoided.stretches(reading.text)
    place = 0
    while (token := reading.at(place)) is not None:
        if token.start >= covered:
            for start, end, kind, why in _asked(reading, place, avoided, inside):
                hint = Hint(start, end, kind, why, reading.text[start:end])
                if why is Why.AVOIDED or hint.folded not in harmless:
                    found.append(hint)
                    covered = end
                    break
        # Where no space is set, one token may hold several names of the list.
        for start in range(max(token.start, covered), token.end) if inside else ():
            if start >= covered and start in inside:
                covered = inside[start]
                text = reading.text[start:covered]
                found.append(Hint(start, covered, Kind.NAME, Why.AVOIDED, text))
        place += 1
    return tuple(found)


def _asked(
    reading: Reading, place: int, avoided: AvoidList, inside: dict[int, int]
) -> Iterator[Found]:
    """What the rules say at a place, the surest first."""
    token = reading.tokens[place]
    address = email(reading, place) if token.sort in {Sort.WORD, Sort.NUMBER} else None
    if address is not None:
        yield address
    span = avoided.span(reading.tokens, place)
    if span is not None:
        yield (*span, Kind.NAME, Why.AVOIDED)
    for start in range(token.start, token.end) if inside else ():
        if start in inside:
            yield start, inside[start], Kind.NAME, Why.AVOIDED
    for rule in () if is_plain(reading, token) else RULES[token.sort]:
        found = rule(reading, place)
        if found is not None:
            yield found


def is_plain(reading: Reading, token: Token) -> bool:
    """A small word that no rule begins at: most of every text."""
    if token.sort is not Sort.WORD:
        return token.sort is Sort.SPACE
    reading.looks += 1
    text = token.text
    follows = reading.text[token.end : token.end + 1]
    return (
        text.isascii()
        and text.islower()
        and not follows.isdecimal()
        and token.folded not in SPEAKING
    )


# --- Addresses and numbers -----------------------------------------------------------------------


def email(reading: Reading, place: int) -> Found | None:
    """``local@domain``: asked at the first token of the local part."""
    token = reading.tokens[place]
    follows = reading.text[token.end : token.end + 1]
    if follows in {"", " "} or reading.sort(place - 1) in {Sort.WORD, Sort.NUMBER}:
        return None
    end = place
    while end - place < REACH and (
        reading.sort(end) in {Sort.WORD, Sort.NUMBER} or reading.sign(end) in EMAIL_SIGNS
    ):
        end += 1
    if reading.sign(end) not in {"@", "＠"} or end == place:
        return None
    last, cursor = 0, end + 1
    while cursor - end < REACH:
        piece = reading.at(cursor)
        if piece is None:
            break
        if piece.sort in {Sort.WORD, Sort.NUMBER}:
            last = cursor
        elif piece.text not in {".", "-", "_"}:
            break
        cursor += 1
    if not last:
        return None
    return _found(reading, place, last, Kind.EMAIL, Why.ADDRESS)


def numbers(reading: Reading, place: int) -> Found | None:
    """A date in digits, a telephone number, a postcode or a long number."""
    if reading.sign(place - 1) == "." and reading.sort(place - 2) is Sort.NUMBER:
        return None
    run = _run(reading, place)
    return (
        _digit_date(reading, run)
        or _record(reading, place, run, known.RECORD_WORDS - known.ANY_NUMBER)
        or _phone(reading, place, run)
        or _record(reading, place, run, known.ANY_NUMBER, known.RECORD_ENDINGS)
        or _long_number(reading, place)
    )


def phone_from_sign(reading: Reading, place: int) -> Found | None:
    """``+`` or ``(`` before the digits."""
    if reading.sign(place) not in {"+", "(", "＋"}:
        return None
    first = place + 1 if reading.sort(place + 1) is Sort.NUMBER else place + 2
    if reading.sort(first) is not Sort.NUMBER:
        return None
    run = _run(reading, first)
    if 7 <= _digits(run) <= 16 and (len(run) > 1 or reading.sign(place) == "+"):
        return reading.tokens[place].start, run[-1].end, Kind.PHONE, Why.DIGITS
    return None


def _run(reading: Reading, place: int) -> list[Token]:
    """Numbers from here on, with at most two signs or spaces between them."""
    run: list[Token] = []
    between = 0
    for cursor in range(place, place + REACH):
        token = reading.at(cursor)
        if token is None:
            break
        if token.sort is Sort.NUMBER:
            run.append(token)
            between = 0
        elif between < 2 and (
            token.text in NUMBER_SIGNS or (token.sort is Sort.SPACE and len(token.text) == 1)
        ):
            between += 1
        else:
            break
    return run


def _digits(run: list[Token]) -> int:
    return sum(len(token.text) for token in run)


def _digit_date(reading: Reading, run: list[Token]) -> Found | None:
    """Three numbers with the same sign between them that could be a day, or 年月日."""
    if len(run) < 3 or any(len(token.text) > 4 for token in run[:3]):
        return None
    first, second, third = run[:3]
    between = {reading.text[first.end : second.start], reading.text[second.end : third.start]}
    signs = {item.strip() for item in between}
    if len(signs) != 1 or not signs <= DATE_SIGNS:
        return None
    values = sorted((int(token.text) for token in (first, second, third)), reverse=True)
    is_day = values[2] <= 12 and values[1] <= 31 and values[2] > 0
    if is_day and (values[0] <= 99 or 1000 <= values[0] <= 2999):
        return first.start, third.end, Kind.DATE, Why.DAY
    return None


def _phone(reading: Reading, place: int, run: list[Token]) -> Found | None:
    total = _digits(run)
    if not 7 <= total <= 16:
        return None
    is_said = is_said_before(reading, place, known.PHONE_WORDS, known.PHONE_ENDINGS)
    begins_so = int(run[0].text[0]) == 0
    grouped = len(run) > 1 and total >= 8
    if is_said or (begins_so and (len(run) > 1 or total >= 9)) or grouped:
        return run[0].start, run[-1].end, Kind.PHONE, Why.DIGITS
    return None


def _long_number(reading: Reading, place: int) -> Found | None:
    token = reading.tokens[place]
    if reading.sign(place - 1) == "〒":
        end = place + 2 if reading.sort(place + 2) is Sort.NUMBER else place
        return _found(reading, place, end, Kind.POSTCODE, Why.SHAPE)
    if len(token.text) == 5:
        return token.start, token.end, Kind.POSTCODE, Why.SHAPE
    if len(token.text) >= 6 and reading.sort(place + 1) is not Sort.WORD:
        return token.start, token.end, Kind.RECORD, Why.LONG_NUMBER
    if len(token.text) == 4 and reading.sort(place + 1) is Sort.SPACE:
        after = reading.at(place + 2)
        if after and len(after.text) == 2 and after.text.isascii() and after.text.isupper():
            return token.start, after.end, Kind.POSTCODE, Why.SHAPE
    return None


def _record(
    reading: Reading,
    place: int,
    run: list[Token],
    before: frozenset[str],
    endings: tuple[str, ...] = (),
) -> Found | None:
    """A number of three digits or more after "file", "MRN", "Nr." …"""
    if len(run[0].text) < 3 or not is_said_before(reading, place, before, endings):
        return None
    return run[0].start, run[-1].end, Kind.RECORD, Why.NUMBERED


def is_said_before(
    reading: Reading, place: int, before: frozenset[str], endings: tuple[str, ...]
) -> bool:
    """Does one of these words stand before, or does what is joined to the digits end so?"""
    last = reading.at(place - 1)
    is_joined = last is not None and last.sort is Sort.WORD and last.text.endswith(endings)
    return is_joined or reading.word_before(place) in before


def mixed(reading: Reading, place: int) -> Found | None:
    """Letters and digits without a gap: postcodes by their shape, else a record number."""
    if reading.sort(place - 1) in {Sort.WORD, Sort.NUMBER}:
        return None
    shape, end = _shape(reading, place)
    if not {"A", "9"} <= set(shape):
        return None
    if reading.sort(end) is Sort.SPACE:
        after, after_end = _shape(reading, end + 1)
        is_uk = after == "9AA" and shape in {"A9", "A99", "AA9", "AA99", "A9A", "AA9A"}
        if is_uk or (after == "9A9" and shape == "A9A"):
            return _found(reading, place, after_end - 1, Kind.POSTCODE, Why.SHAPE)
    if len(shape) >= 5 and shape.count("9") >= 3:
        return _found(reading, place, end - 1, Kind.RECORD, Why.LONG_NUMBER)
    return None


def numbered(reading: Reading, place: int) -> Found | None:
    """``A-1023``, ``KL/20231``: a few capitals, a sign, and digits."""
    token, number = reading.tokens[place], reading.at(place + 2)
    if not token.text.isupper() or len(token.text) > 4 or reading.sign(place + 1) not in {"-", "/"}:
        return None
    if number is None or number.sort is not Sort.NUMBER or len(number.text) < 4:
        return None
    return _found(reading, place, place + 2, Kind.RECORD, Why.LONG_NUMBER)


def _shape(reading: Reading, place: int) -> tuple[str, int]:
    """Capitals as A, other letters as a, digits as 9; and where it ends. Eight tokens at most."""
    shape, end = "", place
    while end - place < 8 and reading.sort(end) in {Sort.WORD, Sort.NUMBER} and len(shape) < 40:
        text = reading.tokens[end].text[:40]
        shape += "".join("9" if s.isdecimal() else "A" if s.isupper() else "a" for s in text)
        end += 1
    return shape, end


# --- Days, names, places -------------------------------------------------------------------------


def day_and_month(reading: Reading, place: int) -> Found | None:
    """``3 May``, ``3. Mai 2024``, ``3 de mayo``, ``5月3日``: asked at the number."""
    token = reading.tokens[place]
    if len(token.text) > 4:
        return None
    after = reading.at(place + 1)
    if after and after.sort is Sort.WORD and after.text[0] in "年月日년월일":
        end = place + 1
        while end - place < 6 and reading.sort(end + 1) in {Sort.NUMBER, Sort.WORD}:
            if reading.sort(end + 1) is Sort.WORD and reading.tokens[end + 1].text[0] not in (
                "年月日년월일"
            ):
                break
            end += 1
        last = reading.tokens[end]
        stop = last.start + 1 if last.sort is Sort.WORD else last.end
        return token.start, stop, Kind.DATE, Why.DAY
    cursor: int | None = place
    if after and after.sort is Sort.WORD and after.folded in known.DATE_LINKS:
        cursor = place + 1
    for _step in range(3):
        cursor = reading.next_word(cursor) if cursor is not None else None
        if cursor is None:
            return None
        word = reading.tokens[cursor].folded
        if word in known.MONTHS:
            return _with_year(reading, place, cursor)
        if word not in known.DATE_LINKS:
            return None
    return None


def month_and_day(reading: Reading, place: int) -> Found | None:
    """``May 3``, ``March 2024``: a month with a number after it."""
    if reading.tokens[place].folded not in known.MONTHS:
        return None
    cursor = place + 1
    if reading.sign(cursor) == ".":
        cursor += 1
    if reading.sort(cursor) is Sort.SPACE and reading.sort(cursor + 1) is Sort.NUMBER:
        return _with_year(reading, place, cursor + 1)
    return None


def _with_year(reading: Reading, first: int, last: int) -> Found:
    """The year goes along where it follows."""
    cursor = last + 1
    if reading.sign(cursor) in {",", "."}:
        cursor += 1
    if reading.sort(cursor) is Sort.SPACE and reading.sort(cursor + 1) is Sort.NUMBER:
        if len(reading.tokens[cursor + 1].text) == 4:
            last = cursor + 1
    return _found(reading, first, last, Kind.DATE, Why.MONTH)


BEFORE_NAMES = (
    (Why.TITLE, known.TITLES),
    (Why.RELATION, known.RELATIONS),
    (Why.CALLED, known.CALLED),
)


def name_after(reading: Reading, place: int) -> Found | None:
    """After a title, a relation or "called"; asked at that word."""
    word = reading.tokens[place].folded
    why = next((why for why, words in BEFORE_NAMES if word in words), None)
    if why is None:
        return None
    # A dot belongs to a title that is cut short; after other words it ends the sentence.
    is_short = why is Why.TITLE and len(word) <= 5
    after = reading.next_word(place, over=".," if is_short else ",")
    if after is None:
        return None
    token = reading.tokens[after]
    is_caseless = token.text[0].lower() == token.text[0].upper()
    if token.is_capitalised or (is_caseless and why in {Why.TITLE, Why.CALLED}):
        if token.folded in NO_NAME:
            return None
        last = _name_end(reading, after)
        return reading.tokens[after].start, reading.tokens[last].end, Kind.NAME, why
    return None


def two_capitals(reading: Reading, place: int) -> Found | None:
    """Two words with capitals side by side in the middle of a sentence: first and last name."""
    token = reading.tokens[place]
    if not token.is_capitalised or token.text.isupper() or token.folded in known.PROGRAMME:
        return None
    last = _name_end(reading, place)
    words = [item for item in reading.tokens[place : last + 1] if item.sort is Sort.WORD]
    if len(words) < 2 or reading.begins_a_sentence(place):
        return None
    if any(item.folded in known.PROGRAMME or item.folded in known.MONTHS for item in words):
        return None
    return _found(reading, place, last, Kind.NAME, Why.TWO_CAPITALS)


def proper_words(reading: Reading) -> frozenset[str]:
    """Words with a capital inside a sentence that nowhere stand without one. None in a text whose
    language gives every noun a capital. One pass."""
    proper, small, count, of_nouns = set(), set(), 0, 0
    for place, token in enumerate(reading.tokens):
        reading.looks += 1
        if token.sort is not Sort.WORD:
            continue
        count += 1
        folded = token.folded
        of_nouns += folded in known.ALL_NOUNS_CAPITAL
        if not token.is_capitalised:
            small.add(folded)
        elif not token.text.isupper() and not reading.begins_a_sentence(place):
            proper.add(folded)
    if of_nouns * 15 > count:
        return frozenset()
    return frozenset(proper - small - NO_CAPITAL)


def one_capital(reading: Reading, place: int) -> Found | None:
    """A word that carries a capital inside sentences: perhaps somebody's first name."""
    token = reading.tokens[place]
    if not token.is_capitalised or token.folded not in reading.proper:
        return None
    return _found(reading, place, place, Kind.NAME, Why.CAPITAL)


def link(reading: Reading, place: int) -> Found | None:
    """``www.…``, ``https://…``, ``@somebody``: up to the next space."""
    token = reading.tokens[place]
    follows = reading.text[token.end : token.end + 3]
    is_account = token.text in {"@", "＠"} and reading.sort(place + 1) is Sort.WORD
    is_address = token.folded in WEB and (follows.startswith(".") or follows == "://")
    if reading.sort(place - 1) in {Sort.WORD, Sort.NUMBER} or not (is_account or is_address):
        return None
    last, cursor = place, place + 1
    while cursor - place < REACH and (piece := reading.at(cursor)) and piece.sort is not Sort.SPACE:
        last = cursor if piece.sort in {Sort.WORD, Sort.NUMBER} else last
        cursor += 1
    return _found(reading, place, last, Kind.LINK, Why.ADDRESS) if last > place else None


def _name_end(reading: Reading, place: int) -> int:
    """The last token of a name that begins here: up to four capitalised words."""
    last, count = place, 1
    while count < 4:
        gap = reading.at(last + 1)
        if gap is None or not (gap.text in NAME_LINKS or gap.text == " "):
            break
        after = reading.at(last + 2)
        if after is None or not after.is_capitalised:
            break
        last, count = last + 2, count + 1
    return last


def place_name(reading: Reading, place: int) -> Found | None:
    """A capital after "in", "from", "nach" …, or beside "street", "hospital", "Klinik" …"""
    token = reading.tokens[place]
    if not token.is_capitalised or token.folded in NO_PLACE:
        return None
    last = _name_end(reading, place)
    after = reading.next_word(last)
    if token.folded in known.PLACE_WORDS:
        is_named = last > place and not reading.begins_a_sentence(place)
        return _found(reading, place, last, Kind.PLACE, Why.PLACE_WORD) if is_named else None
    names = reading.tokens[place : last + 1]
    if any(item.folded in known.PLACE_WORDS for item in names):
        return _found(reading, place, last, Kind.PLACE, Why.PLACE_WORD)
    if after is not None and reading.tokens[after].folded in known.PLACE_WORDS:
        return _found(reading, place, after, Kind.PLACE, Why.PLACE_WORD)
    is_led = reading.word_before(place) in known.PLACE_BEFORE and not token.text.isupper()
    if is_led and not reading.begins_a_sentence(place):
        return _found(reading, place, last, Kind.PLACE, Why.PREPOSITION)
    return None


def _found(reading: Reading, first: int, last: int, kind: Kind, why: Why) -> Found:
    return reading.tokens[first].start, reading.tokens[last].end, kind, why


WEB = frozenset({"www", "http", "https"})
SPEAKING = known.TITLES | known.RELATIONS | known.CALLED | known.MONTHS | WEB
RULES: dict[Sort, tuple[Rule, ...]] = {
    Sort.WORD: (
        link,
        mixed,
        numbered,
        month_and_day,
        name_after,
        place_name,
        honorific,
        two_capitals,
        one_capital,
        place_ending,
    ),
    Sort.NUMBER: (mixed, day_and_month, numbers),
    Sort.SPACE: (),
    Sort.SIGN: (phone_from_sign, link),
}
