"""Open Badges 3.0: a credential as a signed token that others can verify without us.

The token is a W3C Verifiable Credential secured as JWT (RS256). It names the vocabularies it is
written in; nobody, neither we nor a careful verifier, has to fetch them. The same credential gives
the same token as long as the key is the same, so asking again issues nothing new.
"""

import gzip
import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from scip.credentials.addresses import absolute
from scip.credentials.models import Credential
from scip.policy.models import Edition
from scip.signing import Identity, identity

ALGORITHM: Final = "RS256"
VOCABULARY: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
# The smallest list that the standard allows: in a crowd nobody is picked out by being asked about.
LISTED: Final = 131_072
PURPOSES: Final = ("revocation", "suspension")

type Json = dict[str, Any]

TYPES: Final[dict[str, str]] = {
    Credential.Kind.PRACTICING: "Certificate",
    Credential.Kind.INFORMED: "Certificate",
    Credential.Kind.CERTIFIED: "Certification",
}
MEANINGS: Final[dict[str, str | Promise]] = {
    Credential.Kind.PRACTICING: gettext_lazy(
        "For mental-health professionals who completed the live learning cohort of "
        "Self-Compassion in Psychotherapy."
    ),
    Credential.Kind.INFORMED: gettext_lazy(
        "For mental-health professionals who completed the learning cohort and the small-group "
        "consultations of Self-Compassion in Psychotherapy."
    ),
    Credential.Kind.CERTIFIED: gettext_lazy(
        "For mental-health professionals whose supervised practice and portfolio were reviewed and "
        "certified by the Certification Committee of Self-Compassion in Psychotherapy."
    ),
}


def badge(credential: Credential) -> str:
    """The credential as a compact JWT. The name is the one that its verification page shows."""
    key = signing_key(identity())
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": key_address(key)}
    return jwt.encode(header, claims(credential), key, algorithms=[ALGORITHM])


def claims(credential: Credential) -> Json:
    """What the token says: the credential itself, with the registered claims beside it."""
    address = absolute("badge", credential.code)
    begins = moment(credential.issued_on)
    said: Json = {
        "@context": list(VOCABULARY),
        "id": address,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": credential.facts["title"],
        "issuer": issuer_in(credential),
        "validFrom": iso(begins),
        "credentialSubject": subject(credential),
        "credentialStatus": [status_entry(credential, purpose) for purpose in PURPOSES],
        "evidence": [
            {
                "type": ["Evidence"],
                "id": absolute("verify", credential.code),
                "name": _("The page that says what it states and whether it stands"),
            }
        ],
        "iss": absolute("issuer"),
        "jti": address,
        "nbf": int(begins.timestamp()),
    }
    if credential.expires_on is not None:
        ends = moment(credential.expires_on, time(23, 59, 59))
        said |= {"validUntil": iso(ends), "exp": int(ends.timestamp())}
    return said


def subject(credential: Credential) -> Json:
    """Whom it is about, and for what. A hash of the e-mail address only if the holder wants it."""
    facts = credential.facts
    identifiers = [identified("name", credential.holder_name)]
    if credential.names_email:
        identifiers.append(hashed_email(credential.user.email, salt=credential.code))
    return {
        "type": ["AchievementSubject"],
        "identifier": identifiers,
        "achievement": {
            "id": f"{settings.SITE_URL}{reverse('pages:program')}#{credential.kind}",
            "type": ["Achievement"],
            "achievementType": TYPES[credential.kind],
            "name": facts["title"],
            "description": str(MEANINGS[credential.kind]),
            "criteria": {
                "id": f"{settings.SITE_URL}{reverse('pages:program')}",
                "narrative": "; ".join(f"{label}: {value}" for label, value in facts["basis"])
                or facts["statement"],
            },
        },
    }


def identified(kind: str, value: str) -> Json:
    return {
        "type": "IdentityObject",
        "hashed": False,
        "identityType": kind,
        "identityHash": value,
    }


def hashed_email(email: str, *, salt: str) -> Json:
    """The address as a salted hash: who knows it can compare, nobody can read it."""
    digest = hashlib.sha256((email.strip().lower() + salt).encode()).hexdigest()
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityType": "emailAddress",
        "identityHash": f"sha256${digest}",
        "salt": salt,
    }


def issuer_in(credential: Credential) -> Json:
    """Who issued it, under the name that the organisation had on that day."""
    return profile(credential.facts["organisation"])


def profile(organisation: str) -> Json:
    return {
        "id": absolute("issuer"),
        "type": ["Profile"],
        "name": organisation,
        "url": settings.SITE_URL,
    }


def issuer() -> Json:
    """The issuer's profile with its keys, as published."""
    return {
        "@context": list(VOCABULARY),
        **profile(Edition.objects.in_force().organisation),
        "jwks_uri": absolute("keys"),
    }


def key_set() -> list[Json]:
    """The public keys whose badges are ours, today's first (a JSON Web Key Set's list)."""
    return [published(key) for key in public_keys(identity())]


@cache
def public_keys(ours: Identity) -> tuple[RSAKey, ...]:
    return tuple(RSAKey.import_key(key) for key in ours.public_keys)


def published(key: RSAKey) -> Json:
    """A key as others may know it, under the address where it is found."""
    return {
        **key.as_dict(private=False),
        "kid": key_address(key),
        "alg": ALGORITHM,
        "use": "sig",
    }


def key_address(key: RSAKey) -> str:
    """The key's address is its name: whoever verifies a badge finds the key at once."""
    return absolute("key", key.thumbprint())


@cache
def signing_key(ours: Identity) -> RSAKey:
    return RSAKey.import_key(ours.key)


def is_badge_of(credential: Credential, token: str) -> bool:
    """Whether this is a badge that we signed about this credential, as it was issued."""
    for key in public_keys(identity()):
        try:
            found = jwt.decode(token.strip(), key, algorithms=[ALGORITHM])
        except (JoseError, ValueError):
            continue
        said, ours = dict(found.claims), claims(credential)
        # The holder may have wished for the hash of their address, or not, on that day.
        return said.get("jti") == ours["jti"] and _achieved(said) == _achieved(ours)
    return False


def _achieved(said: Json) -> object:
    about = said.get("credentialSubject")
    return about.get("achievement") if isinstance(about, dict) else None


def status_entry(credential: Credential, purpose: str) -> Json:
    """Where to ask whether it was revoked or suspended since."""
    address = absolute("status", purpose, credential.pk // LISTED)
    return {
        "id": f"{address}#{credential.pk % LISTED}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(credential.pk % LISTED),
        "statusListCredential": address,
    }


def status_list(purpose: str, number: int, pks: Iterable[int], now: datetime) -> str:
    """A signed list of bits, one for each credential: set for those in ``pks``.

    Credentials are known by their place in the list alone, so it gives away no code and no name.
    """
    bits = bytearray(LISTED // 8)
    for pk in pks:
        place = pk % LISTED
        bits[place // 8] |= 0x80 >> place % 8
    packed = urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=").decode()
    address = absolute("status", purpose, number)
    key = signing_key(identity())
    said: Json = {
        "@context": [VOCABULARY[0]],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": absolute("issuer"),
        "validFrom": iso(now),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": f"u{packed}",
        },
        "iss": absolute("issuer"),
        "jti": address,
        "sub": f"{address}#list",
        "nbf": int(now.timestamp()),
    }
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": key_address(key)}
    return jwt.encode(header, said, key, algorithms=[ALGORITHM])


def moment(day: date, at: time = time.min) -> datetime:
    return datetime.combine(day, at, tzinfo=UTC)


def iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
