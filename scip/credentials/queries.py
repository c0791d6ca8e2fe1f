"""What verifiers and pages ask."""

from scip.credentials.models import Credential, SealedDocument, normalise_code


def by_code(typed: str) -> Credential | None:
    """The credential under a code as somebody typed it, whatever its standing; None if unknown.

    Public: whoever has the code was shown the certificate. Codes can't be guessed (85 bits).
    """
    return Credential.objects.filter(code=normalise_code(typed)).first()


def sealed_by_code(typed: str) -> SealedDocument | None:
    """The sealed document under a code as somebody typed it; None if unknown.

    Public for the same reason: whoever has the code was shown the document.
    """
    return SealedDocument.objects.filter(code=normalise_code(typed)).first()
