"""A holder who is erased may have the name taken off the record that others verify."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.credentials.models import Certificate, Credential
from scip.credentials.services import revoke_credential


def take_down(holder: User, *, now: datetime) -> int:
    """Revoke the holder's credentials, take their name off and destroy the files; returns how many.

    Number, code, level and days stay: whoever holds a copy learns that it was issued and taken
    down at the holder's wish. In the caller's transaction; the files go once it commits.
    """
    # A name that is nobody's: it stands in the place of a heading on the page.
    nobody = _("Name taken down")
    credentials = list(Credential.objects.filter(user=holder).order_by("pk"))
    for credential in credentials:
        if credential.state in Credential.HELD:
            revoke_credential(
                credential,
                by=holder,
                reason=_("Taken down at the holder’s wish."),
                ground=Credential.Ground.WISH,
                now=now,
            )
        credential.holder_name = nobody
        credential.facts = {
            **credential.facts,
            "holder_name": nobody,
            "credentials_suffix": "",
            "taken_down": True,
        }
        credential.save(update_fields=["holder_name", "facts"])
    certificates = Certificate.objects.filter(credential__in=credentials)
    for row in certificates.exclude(document=""):
        transaction.on_commit(partial(row.document.storage.delete, str(row.document.name)))
    certificates.delete()
    return len(credentials)
