"""Our signature over what a credential states.

The verification page says only what was issued: a row that somebody changed past our services no
longer agrees with the signature made on the day of issue, and the page says so.
"""

import base64
import binascii
import json

from scip.credentials.models import Credential
from scip.signing import is_ours, sign


def message_of(credential: Credential) -> bytes:
    """Everything that a paper of this credential states, in one order of bytes.

    Its standing is no part of it: that changes, by our services and with an entry in the log.
    """
    expires_on = credential.expires_on
    stated = {
        "number": credential.number,
        "code": credential.code,
        "kind": credential.kind,
        "holder_name": credential.holder_name,
        "issued_on": credential.issued_on.isoformat(),
        "expires_on": expires_on.isoformat() if expires_on else None,
        "facts": credential.facts,
    }
    return json.dumps(stated, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def seal(credential: Credential) -> None:
    """Sign what it states; for a row that is about to be saved. No side effect."""
    credential.seal = base64.b64encode(sign(message_of(credential))).decode()


def agrees(credential: Credential) -> bool:
    """Whether the row states what was signed. One whose name was taken down states nothing more."""
    if credential.is_taken_down:
        return credential.state not in (Credential.State.ACTIVE, Credential.State.SUSPENDED)
    try:
        signature = base64.b64decode(credential.seal, validate=True)
    except binascii.Error:
        return False
    return is_ours(message_of(credential), signature)
