"""Taking a record along: as a table, or as a paper with a code that can be checked."""

from datetime import datetime

from django.db import transaction

from scip.accounts.models import User
from scip.audit.services import record as note
from scip.credentials.models import SealedDocument
from scip.credentials.sealing import seal
from scip.credentials.services import verify_url
from scip.pdf.papers import paper_for_country
from scip.pdf.records import Record, Sealing, render_record
from scip.spreadsheets import csv_lines
from supervision.queries.records import Scope, record_of


def table_of(record: Record) -> str:
    """The record as CSV; its hash stands on the paper."""
    return "".join(csv_lines(record.lines()))


@transaction.atomic
def export_table(scope: Scope, *, by: User, with_fees: bool = False) -> str:
    """The record as CSV, noted in the log with who took it."""
    table = table_of(record_of(scope, with_fees=with_fees))
    note("record.exported", scope.candidacy, by=by, subject=scope.candidacy.user, kind="csv")
    return table


@transaction.atomic
def export_paper(
    scope: Scope, *, by: User, with_fees: bool = False, now: datetime | None = None
) -> tuple[SealedDocument, bytes]:
    """The record as a PDF on the paper of one's country, with a code that `/verify/` knows.

    Noted in the log. Asked for again while nothing has changed, it is the same file.
    """
    record = record_of(scope, with_fees=with_fees)
    paper = paper_for_country(str(by.country or ""))

    def draw(row: SealedDocument) -> bytes:
        sealing = Sealing(row.code, verify_url(row.code), row.content_sha256, row.made_at)
        return render_record(record, sealing, paper)

    note("record.exported", scope.candidacy, by=by, subject=scope.candidacy.user, kind="pdf")
    return seal(
        SealedDocument.Kind.SUPERVISION_RECORD,
        person=scope.candidacy.user,
        content=table_of(record).encode(),
        draw=draw,
        by=by,
        extent=extent_of(scope),
        now=now,
    )


def extent_of(scope: Scope) -> str:
    """How much of the record a paper holds: whoever checks its code must not take a part for all."""
    if scope.is_candidate:
        return SealedDocument.Extent.WHOLE
    return SealedDocument.Extent.OFFICE if scope.is_office else SealedDocument.Extent.PAIR
