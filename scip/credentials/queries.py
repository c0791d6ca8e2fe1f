"""What verifiers and pages ask."""

from scip.credentials.models import Credential, normalise_code


def by_code(typed: str) -> Credential | None:
    """The credential under a code as somebody typed it, whatever its standing; None if unknown.

    Public: whoever has the code was shown the certificate. Codes can't be guessed (85 bits).
    """
    return Credential.objects.filter(code=normalise_code(typed)).first()
