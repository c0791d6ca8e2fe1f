"""Small real documents that stand for evidence: made once, kept sealed for each person."""

import io
from datetime import date
from functools import cache
from typing import Any

from django.core.files.base import ContentFile
from django.template.loader import render_to_string

from scip.accounts.models import Prerequisite
from scip.pdf.rendering import render_html
from scip.vault.forms import EVIDENCE_BYTES
from scip.vault.inspection.check import DOCUMENTS, CheckedUpload, check

NAMES = {
    Prerequisite.Kind.STANDING: "licence.pdf",
    Prerequisite.Kind.MSC: "msc-completion.pdf",
    Prerequisite.Kind.INSURANCE: "insurance.pdf",
    Prerequisite.Kind.PRACTICE: "letter-from-my-practice.pdf",
}


@cache
def paper(kind: str) -> bytes:
    """A page of this kind as PDF, checked like every upload."""
    label = str(Prerequisite.Kind(kind).label)
    content = render_html(render_to_string("pdf/sample_paper.html", {"label": label}))
    upload = ContentFile(content, name=NAMES[Prerequisite.Kind(kind)])
    check(upload, allowed=DOCUMENTS, max_bytes=EVIDENCE_BYTES)
    return content


def document(kind: str) -> CheckedUpload:
    """The page as an upload that has passed the check."""
    content = paper(kind)
    return CheckedUpload(
        io.BytesIO(content),
        NAMES[Prerequisite.Kind(kind)],
        "application/pdf",
        len(content),
    )


def facts(kind: str, *, country: str, expires_on: date, completed_on: date) -> dict[str, Any]:
    """What a record of this kind says."""
    match kind:
        case Prerequisite.Kind.STANDING:
            return {
                "standing": Prerequisite.Standing.LICENSED,
                "number": f"{country}-{expires_on:%y%j}-{completed_on:%j}",
                "jurisdiction": "National register",
                "expires_on": expires_on,
            }
        case Prerequisite.Kind.MSC:
            return {
                "msc_format": Prerequisite.MscFormat.EIGHT_WEEK,
                "completed_on": completed_on,
                "teacher": "Christine and Michael, MSC teachers",
            }
        case Prerequisite.Kind.INSURANCE:
            return {
                "insurer": "Mutual of the Caring Professions",
                "number": f"P{completed_on:%Y%j}",
                "expires_on": expires_on,
            }
    return {"practice_setting": "Private practice, about twelve clients a week"}
