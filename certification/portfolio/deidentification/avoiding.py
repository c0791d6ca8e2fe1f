"""The portfolio's own list of names to avoid, found whatever their case and script."""

from collections.abc import Collection

from certification.portfolio.deidentification.tokens import Sort, Token, fold

# Names of more words than this are cut; longer lists than this are cut as well.
LONGEST, MOST = 6, 500


def is_spaceless(name: str) -> bool:
    """Written in a script that sets no spaces between words (Han, kana, Thai, Lao, Khmer …)."""
    return any(
        "\u0e00" <= sign <= "\u0eff" or "\u1000" <= sign <= "\u109f" for sign in name
    ) or any(
        "\u1780" <= sign <= "\u17ff" or "\u3040" <= sign <= "\u30ff" or "\u3400" <= sign <= "\u9fff"
        for sign in name
    )


class AvoidList:
    """Looks names up word by word: the work at a place does not grow with the list."""

    def __init__(self, names: Collection[str]) -> None:
        folded = [fold(name) for name in names][:MOST]
        self.spaceless = frozenset(name for name in folded if is_spaceless(name))
        self.phrases = {
            tuple(_words(name))[:LONGEST] for name in folded if name not in self.spaceless
        } - {()}
        self.firsts = {phrase[0] for phrase in self.phrases}
        self.longest = max((len(phrase) for phrase in self.phrases), default=0)

    def span(self, tokens: list[Token], place: int) -> tuple[int, int] | None:
        """Where a name that begins at this token starts and ends, the longest one; a genitive s
        belongs to it."""
        first = tokens[place]
        if first.sort is not Sort.WORD or not self.firsts:
            return None
        if first.folded not in self.firsts and first.folded.removesuffix("s") not in self.firsts:
            return None
        words: list[str] = []
        found = None
        for token in tokens[place : place + 2 * LONGEST]:
            if token.sort is Sort.WORD:
                words.append(token.folded)
                plain = (*words[:-1], words[-1].removesuffix("s"))
                if tuple(words) in self.phrases or plain in self.phrases:
                    found = (first.start, token.end)
                if len(words) >= self.longest:
                    break
            elif token.text not in {" ", "-", "'", "’", "."}:
                break
        return found

    def stretches(self, text: str) -> dict[int, int]:
        """Start → end of every name in a script without spaces, found inside longer runs."""
        found: dict[int, int] = {}
        for name in self.spaceless:
            at = text.find(name)
            while at >= 0:
                found[at] = max(at + len(name), found.get(at, 0))
                at = text.find(name, at + len(name))
        return found


def _words(name: str) -> list[str]:
    for sign in "-'’.":
        name = name.replace(sign, " ")
    return name.split()
