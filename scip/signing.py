"""The key that vouches for what we issue: papers, badges and the facts behind them.

One RSA key with its certificate chain. Its public half lets anybody check a paper or a badge
without us; on our own pages it shows that a credential's facts are those that were issued.

``python -m scip.signing`` makes a chain of one's own, for whoever has none from an authority.
"""

import base64
import binascii
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

BITS = 2048
BEGIN = "-----BEGIN"


class WrongIdentity(ValueError):
    """A certificate or key that can't sign; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The key, and its certificate followed by those who issued it."""

    key: rsa.RSAPrivateKey
    chain: tuple[x509.Certificate, ...]
    former: tuple[x509.Certificate, ...] = ()
    """Certificates of keys used before: what they signed stays good."""

    @property
    def public_keys(self) -> list[rsa.RSAPublicKey]:
        """Every key whose signatures count, today's first."""
        former = (item.public_key() for item in self.former)
        return [
            self.key.public_key(),
            *(key for key in former if isinstance(key, rsa.RSAPublicKey)),
        ]


def pem_of(value: str) -> bytes:
    """The PEM behind a variable's value: itself, its base64, or the file of that name.

    Raises WrongIdentity when it is none of these.
    """
    if BEGIN in value:
        return value.replace("\\n", "\n").encode()
    try:
        text = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        text = b""
    if BEGIN.encode() in text:
        return text
    path = Path(value)
    try:
        text = path.read_bytes()
    except (OSError, ValueError) as error:
        raise WrongIdentity("it is neither PEM, nor PEM in base64, nor a file here.") from error
    if BEGIN.encode() not in text:
        raise WrongIdentity("the file holds no PEM.")
    return text


@cache
def identity_of(cert: str, key: str, former: tuple[str, ...] = ()) -> Identity:
    """The identity in these values (see `pem_of`); raises WrongIdentity with a sentence.

    The first certificate has to be that of the key; the key has to be RSA, because every
    verifier of badges reads RS256.
    """
    try:
        chain = x509.load_pem_x509_certificates(pem_of(cert))
        private = serialization.load_pem_private_key(pem_of(key), password=None)
        earlier = [x509.load_pem_x509_certificates(pem_of(value))[0] for value in former]
    except WrongIdentity:
        raise
    except (ValueError, TypeError) as error:
        raise WrongIdentity("it can't be read as an unencrypted PEM.") from error
    if not isinstance(private, rsa.RSAPrivateKey) or private.key_size < BITS:
        raise WrongIdentity(f"the key has to be RSA with at least {BITS} bits.")
    if chain[0].public_key() != private.public_key():
        raise WrongIdentity("the first certificate belongs to another key.")
    if not all(isinstance(item.public_key(), rsa.RSAPublicKey) for item in earlier):
        raise WrongIdentity("a former certificate is not for an RSA key.")
    return Identity(private, tuple(chain), tuple(earlier))


def identity() -> Identity:
    """The identity of this installation, from the settings."""
    from django.conf import settings

    return identity_of(
        settings.SIGNING_CERT, settings.SIGNING_KEY, tuple(settings.SIGNING_CERT_FALLBACKS)
    )


def sign(message: bytes) -> bytes:
    """Our signature (RSA PKCS #1 v1.5, SHA-256): the same message gives the same bytes."""
    return identity().key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def is_ours(message: bytes, signature: bytes) -> bool:
    """Whether today's key or a former one signed the message."""
    return any(_verifies(key, message, signature) for key in identity().public_keys)


def _verifies(key: rsa.RSAPublicKey, message: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def make_chain(organisation: str, *, years: int = 20) -> tuple[str, str]:
    """A certificate chain of our own and the signer's key, both as PEM.

    An authority of its own (its key is forgotten at once) vouches for one signer. Readers of PDFs
    show such a signature as unchanged, and its signer as unknown to them until somebody trusts it.
    """
    now = datetime.now(UTC)
    ends = now + timedelta(days=365 * years)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65_537, BITS)
    root_name = _name(organisation, f"{organisation} Authority")
    root = (
        _draft(root_name, root_name, root_key.public_key(), now, ends, uses=("certificates",))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    signer = (
        _draft(
            _name(organisation, organisation),
            root_name,
            key.public_key(),
            now,
            ends,
            uses=("documents",),
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    chain = signer.public_bytes(pem) + root.public_bytes(pem)
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return chain.decode(), secret.decode()


def _name(organisation: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, common[:64]),
        ]
    )


def _draft(
    subject: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    begins: datetime,
    ends: datetime,
    *,
    uses: Sequence[str],
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins - timedelta(days=1))
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature="documents" in uses,
                content_commitment="documents" in uses,
                key_cert_sign="certificates" in uses,
                crl_sign="certificates" in uses,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )


def in_one_line(pem: str) -> str:
    """PEM as base64, for files of variables that know no second line."""
    return base64.b64encode(pem.encode()).decode()


def main() -> None:
    """Print SIGNING_CERT and SIGNING_KEY for a file of variables; with ``--pem`` one PEM of both."""
    words = [word for word in sys.argv[1:] if word != "--pem"]
    chain, key = make_chain(" ".join(words) or "Self-Compassion in Psychotherapy")
    if "--pem" in sys.argv:
        sys.stdout.write(chain + key)
        return
    sys.stdout.write(f"SIGNING_CERT={in_one_line(chain)}\nSIGNING_KEY={in_one_line(key)}\n")


if __name__ == "__main__":
    main()
