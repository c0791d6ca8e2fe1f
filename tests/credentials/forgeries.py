"""Changed papers and badges, and what foreign verifiers say of them."""

import base64
import json
import random
import re
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier

from scip.credentials import badges
from scip.credentials.models import Credential
from scip.pdf.certificates import BasisLine, Certificate, render_certificate
from scip.pdf.papers import Paper
from scip.pdf.signing import sign_pdf
from scip.signing import identity, make_chain

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_chain, OTHER_KEY = make_chain("Another house")


def pem() -> bytes:
    """Our public key, as somebody else holds it."""
    key = identity().key.public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def unverified(token: str) -> dict[str, Any]:
    said: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return said


def foreign_verifiers_accept(token: str) -> bool:
    """A library of others for badges, and one for tokens: does one of them accept it?"""
    return badges_library_accepts(token) or tokens_library_accepts(token)


def badges_library_accepts(token: str) -> bool:
    try:
        OB3Verifier(pem()).verify(token)
    except OB3VerificationError:
        return False
    return True


def tokens_library_accepts(token: str) -> bool:
    try:
        jwt.decode(token, pem(), algorithms=["RS256"], options={"require": ["iss", "jti", "nbf"]})
    except jwt.InvalidTokenError:
        return False
    return True


def changed_badges(token: str, count: int) -> Iterator[str]:
    """The token with one letter, one claim, its way of signing or its signer changed."""
    chance = random.Random(11)
    header, payload, signature = token.split(".")
    said = unverified(token)
    for number in range(count):
        match number % 5:
            case 0:
                # Not the last letter of a part: some of its bits mean nothing.
                part = chance.choice([header, payload, signature])
                place = chance.randrange(len(part) - 1)
                other = chance.choice([item for item in LETTERS if item != part[place]])
                yield token.replace(part, part[:place] + other + part[place + 1 :], 1)
            case 1:
                key = chance.choice([key for key in said if isinstance(said[key], str)])
                yield f"{header}.{packed(said | {key: f'{said[key]}.{number}'})}.{signature}"
            case 2:
                bare = packed({"alg": chance.choice(["none", "None", "NONE", ""])})
                yield f"{bare}.{packed(said | {'exp': 4_000_000_000 + number})}."
            case 3:
                yield jwt.encode(said | {"nonce": number}, "x" * 64, algorithm="HS256")
            case _:
                yield jwt.encode(said | {"nonce": number}, OTHER_KEY, algorithm="RS256")


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def accepted_badges(count: int) -> tuple[int, bool]:
    """How many changed badges anybody accepts, we included; and whether the original is."""
    credential = Credential(
        pk=1,
        kind=Credential.Kind.CERTIFIED,
        code="7KQ2M9XD4HTB7KQ2M",
        number="SCIP-C-2027-000123",
        holder_name="Amara Okonkwo-Lindqvist",
        issued_on=date(2026, 6, 1),
        facts={
            "title": "Certified Self-Compassion-Based Psychotherapist",
            "organisation": "Center for Mindful Self-Compassion",
            "statement": "is a",
            "basis": [["Silent retreat", "5 days"]],
        },
    )
    token = badges.badge(credential)
    wrong = sum(
        foreign_verifiers_accept(item) or badges.is_badge_of(credential, item)
        for item in changed_badges(token, count)
    )
    return wrong, badges_library_accepts(token) and tokens_library_accepts(token)


def flipped(content: bytes, place: int) -> bytes:
    """The file with one bit changed."""
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def covered(content: bytes) -> list[int]:
    """Every byte under the signature."""
    found = re.search(rb"/ByteRange\s*\[(\d+) (\d+) (\d+) (\d+)\s*\]", content)
    assert found
    start, length, second, rest = map(int, found.groups())
    return [*range(start, start + length), *range(second, second + rest)]


def pdfsig(content: bytes, folder: Path) -> str:
    """What poppler says of the signatures in it."""
    file = folder / "signed.pdf"
    file.write_bytes(content)
    found = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, check=False)
    return found.stdout.decode(errors="replace")


def is_whole(content: bytes, folder: Path) -> bool:
    """Poppler finds a valid signature over the whole file."""
    said = pdfsig(content, folder)
    return "Signature is Valid" in said and "Total document signed" in said


def accepted_papers(count: int) -> tuple[int, bool]:
    """How many papers with one changed bit poppler accepts; and whether the original is."""
    facts = Certificate(
        organisation="Center for Mindful Self-Compassion",
        title="Practicing Self-Compassion Therapist",
        holder_name="Plato",
        credentials_suffix="",
        statement="is a",
        issued_on=date(2027, 6, 1),
        number="PSCT-2027-000123",
        code="7KQ2M9XD4HTB7KQ2M",
        verify_url="https://scip.example.org/verify/7KQ2M9XD4HTB7KQ2M/",
        basis=(BasisLine("Contact hours", "36"),),
        signatory_name="",
        signatory_title="Professional Training",
        edition="2027",
    )
    signed = sign_pdf(render_certificate(facts, Paper.A4, is_to_be_signed=True), reason="Issued")
    places = random.Random(7).sample(covered(signed), count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wrong = sum(is_whole(flipped(signed, place), folder) for place in places)
        return wrong, is_whole(signed, folder)
