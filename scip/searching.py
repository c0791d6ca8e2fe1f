"""Text as the search indexes have it: small letters without accents."""

import unicodedata
from typing import Any

from django.db.models import Func, TextField

# Share of a word's trigrams that has to be there; one wrong letter in seven still passes.
LIKE = 0.45


def plain_text(*parts: Any) -> Any:
    """Texts joined as the search index has them: small letters without accents."""
    return Func(
        *parts,
        template="scip_plain(%(expressions)s)",
        arg_joiner=" || ' ' || ",
        output_field=TextField(),
    )


def transposed(word: str) -> list[str]:
    """A word with each two neighbouring letters changed round, plain: ``lveine`` among them for
    ``levine``. Trigrams alone miss that slip in short words."""
    plain = plain_word(word)
    return [
        plain[:place] + plain[place + 1] + plain[place] + plain[place + 2 :]
        for place in range(len(plain) - 1)
        if plain[place] != plain[place + 1]
    ]


def plain_word(word: str) -> str:
    """The same for a word in Python, for lists that are not in the database (countries)."""
    spelled = unicodedata.normalize("NFKD", word.lower())
    return "".join(char for char in spelled if not unicodedata.combining(char))
