"""Does a label look like somebody's name?"""

from collections.abc import Collection

from certification.portfolio.deidentification.tokens import Sort, fold, tokens_of
from certification.portfolio.deidentification.vocabulary import words

PLAIN = words(
    "client clients patient patients case person couple family group teen adult child woman man "
    "klient klientin patientin fall person paar familie gruppe cliente clienta paciente caso pareja "
    "familia patiente cas couple famille groupe paziente coppia famiglia cliënt pacjent klientka "
    "клиент клиентка случай пара alpha beta gamma delta"
)


def looks_like_a_name(label: str, avoid: Collection[str] = ()) -> bool:
    """A word with a capital that is none of the usual ones, or one of ``avoid`` (folded)."""
    if any(word in fold(label).split() or fold(label) == word for word in avoid):
        return True
    return any(
        token.is_capitalised and not token.text.isupper() and token.folded not in PLAIN
        for token in tokens_of(label)
        if token.sort is Sort.WORD
    )
