"""What goes into each zip file of a copy, in which order, under which names."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.core.files.storage import Storage
from django.db.models import FileField, Model, QuerySet
from django.template.loader import render_to_string
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from payments.models import Invoice
from payments.services import invoices
from scip.accounts.models import User
from scip.pdf.agreements import render_agreement
from scip.pdf.papers import paper_for_country
from scip.privacy.archive.rows import (
    Owner,
    exported_entries,
    exported_rows,
    json_pieces,
    owner_of,
    title_of,
)
from scip.privacy.archive.zipping import Item
from scip.privacy.rules import Entry, table
from scip.privacy.wording import with_days
from scip.vault.errors import Destroyed, Tampered
from scip.vault.models import StoredFile
from scip.vault.services import DAMAGES, open_stream
from supervision.models import AgreementVersion
from supervision.queries.papers import paper_copy

logger = logging.getLogger(__name__)

PART_BYTES = 1024**3
"""Files are put into one zip file up to this size; a larger one gets a zip file of its own."""
WORDS_WEIGHT = 100_000
"""What a file of words counts in the progress beside the bytes of files."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A file of the archive and what it counts in the progress."""

    item: Item
    weight: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A JSON document of the archive, for its index."""

    path: str
    title: str
    count: int


def entry_of(model: type[Model]) -> Entry:
    return table().entries[model._meta.label]


def files_of(owner: Owner) -> QuerySet[Any]:
    """The sealed files that the person takes along: theirs, and none that is a copy itself."""
    keys = exported_rows(entry_of(StoredFile), owner).values("pk")
    rows = StoredFile.objects.readable().filter(pk__in=keys).exclude(purpose=StoredFile.COPY)
    return rows.order_by("created_at", "pk")


def plan(user: User, most: int = PART_BYTES) -> list[list[UUID]]:
    """Which sealed files go into which zip file, up to ``most`` bytes each. The first has the words,
    and perhaps nothing else."""
    parts: list[list[UUID]] = [[]]
    filled = 0
    for pk, size in files_of(owner_of(user)).values_list("pk", "size"):
        if parts[-1] and filled + size > most:
            parts.append([])
            filled = 0
        parts[-1].append(pk)
        filled += size
    return parts


def path_of(file: StoredFile) -> str:
    """Where a sealed file lies in the archive: by what it was handed in for, and when."""
    return f"{stem_of(file)}-{get_valid_filename(file.original_name or 'file')}"


def stem_of(file: StoredFile) -> str:
    """What of its path is still known once it was destroyed, and its name with it."""
    return f"files/{file.purpose}/{file.created_at:%Y-%m-%d}-{file.pk.hex[:8]}"


def first_part(user: User, parts: list[list[UUID]], lost: list[str]) -> Iterator[Weighed]:
    """All words, papers, the files of the first part, and the pages that explain it all. Paths of
    files that could not be read are put into ``lost``."""
    owner = owner_of(user)
    entries = exported_entries()
    counts = {entry.label: exported_rows(entry, owner).count() for entry in entries}
    filled = [entry for entry in entries if counts[entry.label]]
    for entry in filled:
        if entry.model is not StoredFile:
            yield words(path_of_words(entry), partial(json_pieces, entry, owner))
    written: list[str] = []
    for weighed in papers(owner, lost):
        written.append(weighed.item.path)
        yield weighed
    kept = dict.fromkeys(parts[0], "")
    here: list[str] = []
    for weighed in sealed(parts[0], lost, kept):
        here.append(folder(1, len(parts)) + weighed.item.path)
        yield weighed
    # At last, when it is known what there is: nothing leads to a file that is not in it. Of the
    # later parts it is known which one a file goes into, and they tell of themselves.
    there: list[str] = []
    for number, keys in enumerate(parts[1:], start=2):
        files = list(readable(keys))
        kept |= {file.pk: _("part {number}").format(number=number) for file in files}
        there += [folder(number, len(parts)) + path_of(file) for file in files]
    entry = entry_of(StoredFile)
    if entry in filled:
        yield words(path_of_words(entry), partial(json_pieces, entry, owner, kept))
    listed = [*written, *sorted(here), *sorted(there)]
    yield from explained(owner, filled, counts, files=listed, lost=lost, parts=len(parts))


def folder(number: int, count: int) -> str:
    """Beside a path, which zip file it is in, where there is more than one."""
    return "" if count == 1 else _("part {number}: ").format(number=number)


def further_part(
    user: User, number: int, parts: list[list[UUID]], lost: list[str]
) -> Iterator[Weighed]:
    """The files of a later part, their rows, and a page: what is in it, and what was to be and is
    not, because it was destroyed since the copy was begun or could not be read. Paths of the latter
    are put into ``lost``."""
    keys = parts[number - 1]
    kept = dict.fromkeys(keys, "")
    here: list[str] = []
    for weighed in sealed(keys, lost, kept):
        here.append(weighed.item.path)
        yield weighed
    entry, owner = entry_of(StoredFile), owner_of(user)
    path = path_of_words(entry).removesuffix(".json") + f".part-{number}.json"
    yield words(path, partial(json_pieces, entry, owner, kept, keys=keys))
    gone = StoredFile.objects.filter(pk__in=[pk for pk, where in kept.items() if not where])
    context = {
        "person": owner.user,
        "number": number,
        "parts": len(parts),
        "files": sorted(here),
        "lost": lost,
        "gone": [
            {"stem": stem_of(file), "at": file.destroyed_at}
            for file in gone.exclude(destroyed_at=None).order_by("created_at", "pk")
        ],
    }
    yield page(f"PART-{number}.txt", "privacy/archive/part.txt", context)


def readable(keys: list[UUID]) -> QuerySet[StoredFile]:
    """Those that were not destroyed, the oldest first."""
    return StoredFile.objects.readable().filter(pk__in=keys).order_by("created_at", "pk")


def words(path: str, pieces: Callable[[], Iterable[bytes]]) -> Weighed:
    return Weighed(Item(path, pieces), WORDS_WEIGHT)


def missing() -> Iterator[bytes]:
    """What stands in the place of a file that is gone."""
    sentence = _("This file could not be read when the copy was made. Please write to the office.")
    yield f"{sentence}\n".encode()


def broken_off() -> Iterator[bytes]:
    """What stands beside a file of which only the beginning could be read."""
    sentence = _(
        "Only the beginning of this file could be read when the copy was made: what we keep of it "
        "is damaged. Please write to the office."
    )
    yield f"{sentence}\n".encode()


def page(path: str, template: str, context: Mapping[str, Any]) -> Weighed:
    """A page that explains, as far as everything before it is known."""
    return words(path, partial(iter, [render_to_string(template, dict(context)).encode()]))


def path_of_words(entry: Entry) -> str:
    kind = table().kinds[entry.kind]
    return f"data/{kind.position:02}-{kind.key}/{entry.label}.json"


def explained(
    owner: Owner,
    entries: list[Entry],
    counts: Mapping[str, int],
    *,
    files: list[str],
    lost: list[str],
    parts: int,
) -> Iterator[Weighed]:
    """The two pages that say what lies where, in plain words."""
    found = table()
    sheets: dict[str, list[Sheet]] = {}
    for entry in entries:
        sheet = Sheet(path_of_words(entry), title_of(entry), counts[entry.label])
        sheets.setdefault(entry.kind, []).append(sheet)
    context = {
        "person": owner.user,
        "kinds": [
            {
                "kind": found.kinds[key],
                "lasts": with_days(found.kinds[key].lasts, found),
                "sheets": rows,
            }
            for key, rows in sheets.items()
        ],
        "files": files,
        "lost": lost,
        "parts": parts,
    }
    for path, template in (
        ("README.txt", "privacy/archive/readme.txt"),
        ("index.html", "privacy/archive/index.html"),
        ("style.css", "privacy/archive/style.css"),
    ):
        yield page(path, template, context)


def sealed(keys: list[UUID], lost: list[str], kept: dict[UUID, str]) -> Iterator[Weighed]:
    """Sealed files, opened piece by piece while the archive is made. One that is damaged, or whose
    key is missing, does not cost the others: a sentence stands in its place, or beside the
    beginning that could be read. (`open_stream` tells operator and office.) One that was destroyed
    meanwhile is none of theirs any more and left out. ``kept`` learns where each lies."""
    for file in readable(keys):
        path = path_of(file)
        try:
            content = open_stream(file)
            first = next(content, b"")
        except Destroyed:
            continue
        except DAMAGES:
            # Its bytes go before this row, which was read earlier, knows of it.
            if not readable([file.pk]).exists():
                continue
            logger.warning("A file is missing in a copy of somebody’s data: %s", file.pk)
            lost.append(path)
            kept[file.pk] = f"{path}.missing.txt"
            yield replace(words(kept[file.pk], missing), weight=file.size)
            continue
        count = len(lost)
        pieces = as_far_as_it_opens(chain((first,), content), path, lost)
        kept[file.pk] = path
        yield Weighed(Item(path, partial(iter, pieces), is_packed=False), file.size)
        # Whoever makes the archive has read it to its end by now.
        if len(lost) > count:
            yield words(f"{path}.damaged.txt", broken_off)


def as_far_as_it_opens(pieces: Iterable[bytes], path: str, lost: list[str]) -> Iterator[bytes]:
    """The pieces up to the first that is not as it was sealed; then ``path`` is in ``lost``."""
    try:
        yield from pieces
    except Tampered:
        lost.append(path)


def papers(owner: Owner, lost: list[str]) -> Iterator[Weighed]:
    """Certificates, receipts and credit notes as they were issued, the portrait, and what is drawn
    each time that somebody asks: invoices and signed agreements."""
    for entry in exported_entries():
        for field in entry.model._meta.concrete_fields:
            if isinstance(field, FileField) and field.name in entry.exported_fields:
                yield from plain_files(entry, field.name, owner, lost)
    invoice_keys = exported_rows(entry_of(Invoice), owner).values("pk")
    for invoice in Invoice.objects.filter(pk__in=invoice_keys).select_related("charge"):
        path = f"papers/invoice/{get_valid_filename(invoice.label)}.pdf"
        yield words(path, partial(drawn_invoice, invoice))
    version_keys = exported_rows(entry_of(AgreementVersion), owner).values("pk")
    versions = AgreementVersion.objects.filter(pk__in=version_keys, signatures__isnull=False)
    people = (
        "agreement__candidacy__user",
        "agreement__candidacy__edition",
        "agreement__supervisor__user",
    )
    for version in versions.distinct().select_related(*people).prefetch_related("signatures"):
        path = f"papers/agreement/{version.agreement_id}-{version.number}.pdf"
        yield words(path, partial(drawn_agreement, version, owner))


def drawn_invoice(invoice: Invoice) -> Iterator[bytes]:
    yield invoices.render(invoice)


def drawn_agreement(version: AgreementVersion, owner: Owner) -> Iterator[bytes]:
    paper = paper_for_country(str(owner.user.country or ""))
    yield render_agreement(paper_copy(version.agreement, version), paper)


def plain_files(entry: Entry, name: str, owner: Owner, lost: list[str]) -> Iterator[Weighed]:
    """The files of one field that lie in storage as they are. Of one that is gone the log alone
    tells: no list of the office has these."""
    storage = entry.model._meta.get_field(name).storage  # type: ignore[union-attr]
    names = exported_rows(entry, owner).exclude(**{name: ""}).values_list(name, flat=True)
    for stored in list(names):
        path = f"papers/{entry.model._meta.model_name}/{PurePath(stored).name}"
        if not storage.exists(stored):
            logger.error("A file is missing in storage, and in a copy of data: %s", stored)
            lost.append(path)
            yield words(f"{path}.missing.txt", missing)
            continue
        pieces = partial(chunks_of, storage, stored)
        yield Weighed(Item(path, pieces, is_packed=False), WORDS_WEIGHT)


def chunks_of(storage: Storage, name: str) -> Iterator[bytes]:
    """A plain file of a storage, piece by piece."""
    with storage.open(name) as file:
        yield from file.chunks()
