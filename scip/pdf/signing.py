"""A document signed inside itself (PAdES): any reader of PDFs sees whether a byte was changed.

The field for it is part of the document from the first byte: it has words for a screen reader
and its place in the tags, without which a signature breaks PDF/UA. The signature is then added
behind the document, which stays as it was rendered.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import pydyf
from cryptography.hazmat.primitives import serialization
from django.utils.translation import gettext as _

from scip.signing import Identity, identity

# pyHanko is heavier than all the rest of a worker's start, so only who signs loads it.
if TYPE_CHECKING:
    from pyhanko.sign.signers import Signer

FIELD: Final = "Seal"
# What a signature takes beside its certificates, in bytes. Asking pyHanko to find out signs twice.
_BARE: Final = 3_000


def add_field(pdf: pydyf.PDF) -> None:
    """Give a finished, tagged document an empty signature field without a picture.

    The widget stands in a Form element of the structure tree and says what it is (`/TU`).
    """
    by_number = {found.number: found for found in pdf.objects}

    def at(reference: Any) -> Any:
        return by_number[int(bytes(reference).split()[0])]

    root = at(pdf.catalog["StructTreeRoot"])
    document = at(root["K"][0])
    numbers = at(root["ParentTree"])["Nums"]
    entry = max(numbers[::2]) + 1
    page = pdf.page_references[0]
    field = pydyf.Dictionary(
        {
            "Type": "/Annot",
            "Subtype": "/Widget",
            "FT": "/Sig",
            "T": pydyf.String(FIELD),
            "TU": pydyf.String(_("Digital signature of the organisation that issued this")),
            "Rect": pydyf.Array([0, 0, 0, 0]),
            # Printed, and locked: 4 + 128.
            "F": 132,
            "P": page,
            "StructParent": entry,
        }
    )
    pdf.add_object(field)
    form = pydyf.Dictionary(
        {
            "Type": "/StructElem",
            "S": "/Form",
            "P": document.reference,
            "Pg": page,
            "Alt": pydyf.String(_("Digital signature")),
            "K": pydyf.Dictionary({"Type": "/OBJR", "Obj": field.reference, "Pg": page}),
        }
    )
    pdf.add_object(form)
    document["K"].append(form.reference)
    numbers.extend([entry, form.reference])
    first_page = at(page)
    first_page["Annots"] = pydyf.Array([*first_page.get("Annots", []), field.reference])
    pdf.catalog["AcroForm"] = pydyf.Dictionary(
        {"Fields": pydyf.Array([field.reference]), "SigFlags": 3}
    )


def sign_pdf(pdf: bytes, *, reason: str) -> bytes:
    """The document with our signature in its empty field; nothing may be changed in it afterwards.

    ``pdf`` was rendered with `add_field`. The moment of signing stands in the signature, so
    signing the same document twice gives two files. Nothing is fetched.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        reason=reason,
    )
    ours = identity()
    certificates = sum(len(item.public_bytes(serialization.Encoding.DER)) for item in ours.chain)
    signer = PdfSigner(metadata, _signer(ours))

    def sign() -> bytes:
        signed = signer.sign_pdf(
            IncrementalPdfFileWriter(BytesIO(pdf)),
            existing_fields_only=True,
            # It stands in the file as hexadecimal digits.
            bytes_reserved=2 * (certificates + _BARE),
        )
        return bytes(signed.getbuffer())

    # pyHanko brings an event loop of its own, which a thread that has one already doesn't bear.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(sign).result()


@cache
def _signer(ours: Identity) -> Signer:
    """Our key as pyHanko asks it; its own signer reads and checks the key anew each time."""
    from asn1crypto.x509 import Certificate  # type: ignore[import-untyped]
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256
    from pyhanko.sign.signers import Signer
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    class OurSigner(Signer):
        async def async_sign_raw(
            self, data: bytes, digest_algorithm: str, dry_run: bool = False
        ) -> bytes:
            return ours.key.sign(data, PKCS1v15(), SHA256())

    chain = [Certificate.load(item.public_bytes(serialization.Encoding.DER)) for item in ours.chain]
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(chain)
    return OurSigner(signing_cert=chain[0], cert_registry=store)
