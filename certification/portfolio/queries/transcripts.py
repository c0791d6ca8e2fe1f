"""What the de-identification rules say about an excerpt: what was typed for it, and its transcript."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from certification.portfolio.models import Excerpt
from certification.portfolio.queries.noticed import Noticed, noticed_in_texts
from certification.portfolio.queries.portfolios import known_words
from scip.vault.errors import Destroyed
from scip.vault.inspection.check import TEXT
from scip.vault.models import StoredFile
from scip.vault.services import DAMAGES, open_stream

# So many bytes of a transcript are read: more than two hours of talk.
MOST_READ = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was noticed, and how much of the file was read for it: ``whole``, ``beginning``, ``none``
    (a document whose words we can't read) or empty, for a recording or where there is no file."""

    noticed: Noticed
    read: str


def looked_into(excerpt: Excerpt) -> Looked:
    """Reads title, note and a transcript in plain text by the rules and the portfolio's own words.
    One query and the file's first chunks; nothing of it is kept."""
    texts = [(_("Title"), excerpt.title), (_("What to listen for"), excerpt.note)]
    file = excerpt.document
    read = ""
    if file is not None and not excerpt.is_recording:
        words = words_of(file)
        read = "none"
        if words is not None:
            texts.append((_("Transcript"), words))
            read = "whole" if file.size <= MOST_READ else "beginning"
    return Looked(noticed=noticed_in_texts(texts, known_words(excerpt.portfolio)), read=read)


def words_of(file: StoredFile) -> str | None:
    """The beginning of a kept text; None for another kind of file, and for one that does not open."""
    if file.content_type != TEXT:
        return None
    try:
        beginning = b"".join(open_stream(file, 0, min(file.size, MOST_READ)))
    except (*DAMAGES, Destroyed):
        return None
    return beginning.decode("utf-8", errors="ignore")
