"""What can go wrong in the vault.

``Refused`` speaks to the person who uploads; every other error speaks to the operator.
"""


class VaultError(Exception):
    """Base of everything the vault raises."""


class Refused(VaultError):
    """A file that the vault doesn't take.

    ``code`` is a stable word for tests and logs; ``message`` is a translated sentence that can be
    shown to the person as it is.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ScannerUnavailable(Refused):
    """The virus scanner is configured and gave no answer, so nothing is taken in."""


class TooLargeToScan(Refused):
    """The virus scanner answers, and takes no file of this size: a setting of its own."""


class Tampered(VaultError):
    """Stored bytes are not the bytes that were sealed: changed, moved, cut or extended."""


class BlobMissing(VaultError):
    """The row exists and its stored bytes don't."""


class Destroyed(VaultError):
    """The file was destroyed on purpose; its key no longer exists."""


class KeyMissing(VaultError):
    """A file was sealed under a key that VAULT_KEYS no longer names."""


class TokenRefused(VaultError):
    """An opening token that isn't for this person and this file."""


class TokenExpired(TokenRefused):
    """An opening token that was right and is too old."""


class NoRoom(VaultError):
    """The storage is full; nothing of what came was kept."""


class Misplaced(VaultError):
    """A part that doesn't go on where the file stands; ``received`` is the byte it has to start at."""

    def __init__(self, received: int) -> None:
        super().__init__(f"The next part starts at byte {received}.")
        self.received = received


class Damaged(VaultError):
    """A part whose bytes don't have the checksum it was sent with."""
