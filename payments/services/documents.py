"""Numbered documents: numbered with the fact, made into a PDF afterwards, sent with a letter."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import IO, Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.models import Adjustment, DocumentNumber, Invoice
from payments.models.documents import NumberedDocument
from payments.queries import edition_in_force
from scip.audit.services import record
from scip.background import enqueue
from scip.states import lock

logger = logging.getLogger(__name__)

# A document's task gets this long before the sweep takes over.
HEAD_START = timedelta(minutes=2)


def next_number(series: str, year: int) -> int:
    """The next number of a series in a year. Its row stays locked until the transaction ends,
    so numbers have no gaps and no doubles."""
    DocumentNumber.objects.bulk_create(
        [DocumentNumber(series=series, year=year)], ignore_conflicts=True
    )
    row = DocumentNumber.objects.select_for_update().get(series=series, year=year)
    row.last += 1
    row.save(update_fields=["last"])
    return row.last


def number[D: NumberedDocument](document: D, *, task: str, now: datetime) -> D:
    """Give an unsaved document its number, in the transaction of the fact it is about.

    Side effect on commit: ``task`` makes the PDF in a worker.
    """
    document.year = now.year
    document.number = next_number(document.SERIES, now.year)
    document.issued_at = now
    document.save(force_insert=True)
    enqueue(task, document.pk)
    return document


def keep(
    document: NumberedDocument,
    pdf: bytes,
    *,
    folder: str,
    send: Callable[[], None],
    now: datetime | None = None,
) -> bool:
    """Keep a document's PDF and ``send`` its letter; True if it was not made before.

    Safe to run twice and to be killed anywhere: the row is marked as made in the
    transaction that writes the letter, and a file left behind by a killed worker is
    replaced under the same name. One that was lost is put back without a second letter.
    """
    with transaction.atomic():
        locked = lock(document)
        if is_kept(locked):
            return False
        name = f"{folder}/{document.year}/{document.label}.pdf"
        storage = locked.document.storage
        if storage.exists(name):
            storage.delete(name)
        was_made = locked.made_at is not None
        locked.document.name = storage.save(name, ContentFile(pdf))
        if was_made:
            locked.save(update_fields=["document"])
            record("document.put_back", locked)
            return False
        locked.made_at = now or timezone.now()
        locked.save(update_fields=["document", "made_at"])
        send()
    return True


def is_kept(document: NumberedDocument) -> bool:
    """Was it made, and does its file lie in storage?"""
    name = document.document.name or ""
    return document.made_at is not None and document.document.storage.exists(name)


def read[D: NumberedDocument](document: D, render: Callable[[D], bytes], *, task: str) -> IO[bytes]:
    """The PDF of a document that was made. Where storage has lost its file, the same is drawn from
    the frozen facts: whoever asks does not have to wait for the office.

    Side effects then: an error in the log, and ``task`` puts the file back.
    """
    try:
        return document.document.open("rb")
    except FileNotFoundError:
        logger.exception("The file of %s is gone from storage; it is drawn anew.", document.label)
        enqueue(task, document.pk)
        return BytesIO(render(document))


def sweep(model: type[NumberedDocument], task: str, now: datetime | None = None) -> list[int]:
    """Have the documents made whose task was lost; returns their ids."""
    now = now or timezone.now()
    missing = model._default_manager.filter(made_at=None, issued_at__lte=now - HEAD_START)
    ids = list(missing.order_by("issued_at").values_list("pk", flat=True)[:200])
    for pk in ids:
        enqueue(task, pk)
    return ids


def letterhead(now: datetime) -> dict[str, Any]:
    """Who issues a document, as plain values; the name comes from the Edition in force."""
    return {
        "organisation": edition_in_force(now).organisation,
        "organisation_lines": ["SCIP Pathway", settings.SITE_URL.split("//", 1)[-1]],
    }


def adjustment_line(line: Adjustment, *, is_for_others: bool) -> dict[str, Any]:
    """An adjustment as a document shows it. Whoever pays for somebody else (an employer) reads
    the amount, never that the person has aid or why something was waived."""
    is_personal = line.kind not in {Adjustment.Kind.INSTALMENTS, Adjustment.Kind.MOVED}
    if is_for_others and is_personal:
        word = _("Taken off") if line.amount_cents < 0 else _("Added")
        return {"description": word, "amount_cents": line.amount_cents}
    return {
        "description": str(line.get_kind_display()).capitalize(),
        "amount_cents": line.amount_cents,
        "detail": line.reason,
    }


def billed_to(invoice: Invoice | None) -> list[str]:
    """The payer of an invoice line by line, as it stands on a letter; nobody without one."""
    if invoice is None:
        return []
    lines = [invoice.payer, invoice.attention, *invoice.address.splitlines()]
    lines += [invoice.country.name, invoice.tax_number]
    return [line.strip() for line in map(str, lines) if line.strip()]
