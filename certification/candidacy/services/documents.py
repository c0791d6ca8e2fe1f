"""Evidence of a candidacy in the vault: kept, kept on, destroyed."""

from datetime import datetime

from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.requirements import Refusal
from scip.vault import services as vault
from scip.vault.forms import EVIDENCE_BYTES
from scip.vault.inspection.check import DOCUMENTS, CheckedUpload, Upload
from scip.vault.models import StoredFile


def keep_document(
    document: Upload | CheckedUpload | StoredFile, *, owner: User, purpose: str
) -> StoredFile:
    """Seal an upload, or keep the file of a record that is being corrected.

    Raises vault.errors.Refused for a file that cannot be kept, Refusal for one that is
    somebody else's or was destroyed.
    """
    if not isinstance(document, StoredFile):
        return vault.store(
            document, owner=owner, purpose=purpose, allowed=DOCUMENTS, max_bytes=EVIDENCE_BYTES
        )
    document.refresh_from_db()
    if document.owner_id != owner.pk or document.is_destroyed:
        raise Refusal(_("That file cannot be used again. Please choose the document once more."))
    return document


def let_go(document: StoredFile | None, *, now: datetime | None = None) -> None:
    """Destroy a document that no record needs any more."""
    if document is not None:
        vault.destroy(document, now=now)
