"""A certificate on paper, and the letter that goes with it: the facts they state, how they are set."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from scip.pdf.names import direction_of, fit_name, printable_name
from scip.pdf.papers import Paper, Sheet
from scip.pdf.qr import qr_drawing
from scip.pdf.stamps import placeholder

# What stays free left and right of the holder's name, in millimetres.
_NAME_MARGIN_MM: Final = 34.0
_NAME_PT: Final = (41.0, 25.0)
_SUFFIX_PT: Final = (14.0, 9.0)
_TITLE_PT: Final = (26.0, 18.0)


@dataclass(frozen=True, slots=True)
class BasisLine:
    """One fact a certificate rests on, as "Live sessions: 11 of 12"."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """Everything a certificate shows; the verification page has to show the same.

    `statement` is the sentence between name and title ("has attended … and is recognised as a").
    `verify_url` is the absolute address behind the QR code. Up to four `basis` lines fit.
    """

    organisation: str
    title: str
    holder_name: str
    credentials_suffix: str
    statement: str
    issued_on: date
    number: str
    code: str
    verify_url: str
    basis: tuple[BasisLine, ...]
    signatory_name: str
    signatory_title: str
    edition: str
    designation: str = ""
    """What its holder may put after their name; empty where there is none."""
    expires_on: date | None = None
    issued_anew_on: date | None = None
    """When it took the place of an earlier one, as after a change of name."""


def render_certificate(
    certificate: Certificate, paper: Paper, *, is_to_be_signed: bool = False
) -> bytes:
    """The certificate as a one-page landscape PDF; the same facts give the same bytes.

    ``is_to_be_signed`` leaves the field that `signing.sign_pdf` fills. Raises UnprintableName when
    name, suffix or title holds letters that no font of ours has, and ForbiddenFetch as `render`
    does.
    """
    # Loaded when something is drawn: WeasyPrint is half of a process's start.
    from scip.pdf.rendering import ART, QR, certificate_drawing, render

    sheet = Sheet(paper, landscape=True)
    width = sheet.width_mm - 2 * _NAME_MARGIN_MM
    suffix = certificate.credentials_suffix
    context = {
        "certificate": certificate,
        "name": fit_name(certificate.holder_name, width, *_NAME_PT),
        "suffix": fit_name(suffix, width, *_SUFFIX_PT) if suffix.strip() else None,
        "title": fit_name(certificate.title, width, *_TITLE_PT),
        "qr": placeholder(QR),
        "address": certificate.verify_url.removeprefix("https://").removeprefix("http://"),
    }
    return render(
        "pdf/certificate.html",
        context,
        paper=paper,
        landscape=True,
        style="pdf/_certificate.css",
        drawings={ART: certificate_drawing(sheet), QR: qr_drawing(certificate.verify_url)},
        is_to_be_signed=is_to_be_signed,
    )


def render_certification_letter(
    certificate: Certificate, paper: Paper, *, is_to_be_signed: bool = False
) -> bytes:
    """The formal letter to whoever was certified, upright; it states what the certificate states.

    Raises as `render_certificate` does.
    """
    from scip.pdf.rendering import QR, render

    name, suffix = printable_name(certificate.holder_name), certificate.credentials_suffix
    context = {
        "certificate": certificate,
        "name": name,
        "direction": direction_of(name),
        "suffix": printable_name(suffix) if suffix.strip() else "",
        "qr": placeholder(QR),
        "address": certificate.verify_url.removeprefix("https://").removeprefix("http://"),
    }
    return render(
        "pdf/certification_letter.html",
        context,
        paper=paper,
        drawings={QR: qr_drawing(certificate.verify_url)},
        is_to_be_signed=is_to_be_signed,
    )
