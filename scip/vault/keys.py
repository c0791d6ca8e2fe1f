"""The keys that protect the keys.

Every file has a data key of its own. That key is stored only wrapped, under the newest key of
``settings.VAULT_KEYS``; older keys stay listed for as long as a file still needs them.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from scip.vault.errors import KeyMissing, Tampered

KEY_BYTES = 32
NONCE_BYTES = 12
_WRAP_LABEL = b"scip.vault.key.v1"
_ID_LABEL = b"scip.vault.key-id.v1"


@dataclass(frozen=True)
class WrappingKey:
    """One entry of VAULT_KEYS with the short hash that rows name it by."""

    key_id: str
    secret: bytes

    def __repr__(self) -> str:
        # The default repr of a dataclass would put the key into tracebacks and error reports.
        return f"WrappingKey({self.key_id})"


@dataclass(frozen=True)
class Keyring:
    """All wrapping keys, newest first."""

    keys: tuple[WrappingKey, ...]

    @property
    def newest(self) -> WrappingKey:
        """The key that new files are wrapped with."""
        return self.keys[0]

    def get(self, key_id: str) -> WrappingKey:
        """Return the key with this id; raises KeyMissing with a sentence for the operator."""
        for key in self.keys:
            if key.key_id == key_id:
                return key
        known = ", ".join(key.key_id for key in self.keys)
        raise KeyMissing(
            f"A stored file was sealed with the vault key {key_id}, which VAULT_KEYS does not contain "
            f"(it contains {known}). Add the older key back after the newest one, run "
            f"'manage.py rotate_vault_keys', and only then remove it."
        )


def key_id_of(secret: bytes) -> str:
    """Return the short hash that rows and error messages name a key by."""
    return hashlib.sha256(_ID_LABEL + secret).hexdigest()[:16]


@lru_cache(maxsize=8)
def _read(secrets: tuple[bytes, ...]) -> Keyring:
    if not secrets:
        raise ImproperlyConfigured(
            "Set VAULT_KEYS to at least one base64 key of 32 random bytes, newest first."
        )
    if any(len(secret) != KEY_BYTES for secret in secrets):
        raise ImproperlyConfigured(
            f"Each key in VAULT_KEYS has to be {KEY_BYTES} random bytes in base64."
        )
    if len(set(secrets)) != len(secrets):
        raise ImproperlyConfigured("VAULT_KEYS names the same key twice.")
    return Keyring(tuple(WrappingKey(key_id_of(secret), secret) for secret in secrets))


def keyring() -> Keyring:
    """Return the keys of ``settings.VAULT_KEYS``; raises ImproperlyConfigured when they can't be used."""
    secrets: Sequence[bytes] = settings.VAULT_KEYS
    return _read(tuple(secrets))


def new_data_key() -> bytes:
    """Return a fresh key for one file."""
    return AESGCM.generate_key(bit_length=KEY_BYTES * 8)


def _binding(file_id: UUID, key_id: str, chunk_size: int) -> bytes:
    return b"|".join((_WRAP_LABEL, file_id.bytes, key_id.encode(), str(chunk_size).encode()))


def wrap(data_key: bytes, *, file_id: UUID, chunk_size: int) -> tuple[bytes, str]:
    """Wrap a file's key under the newest wrapping key; returns the wrapped key and the wrapping key's id."""
    key = keyring().newest
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key.secret).encrypt(nonce, data_key, _binding(file_id, key.key_id, chunk_size))
    return nonce + sealed, key.key_id


def unwrap(wrapped: bytes, *, key_id: str, file_id: UUID, chunk_size: int) -> bytes:
    """Return a file's key.

    Raises KeyMissing when VAULT_KEYS lacks the wrapping key, and Tampered when the wrapped key was
    changed or belongs to another file.
    """
    key = keyring().get(key_id)
    nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
    try:
        return AESGCM(key.secret).decrypt(nonce, sealed, _binding(file_id, key_id, chunk_size))
    except (InvalidTag, ValueError) as error:
        raise Tampered(
            f"The wrapped key of file {file_id} does not open with the vault key {key_id}."
        ) from error
