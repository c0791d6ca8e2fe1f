"""A credential under a new number: after a change of name, a correction, a renewal.

The paper that was handed out is never changed. The old number keeps its page, which leads to the
new one; the new page doesn't lead back, because a former name may be nobody's business.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.credentials.certified import last_day
from scip.credentials.models import Credential, new_code, today
from scip.credentials.services import next_number, put_on_record, refuse_own
from scip.credentials.wording import WORDING
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.states import lock, move

Anew = Credential.Anew


@transaction.atomic
def issue_anew(
    credential: Credential, *, reason: str, by: User, now: datetime | None = None
) -> Credential:
    """Issue it anew under a number and code of its own; returns the new one.

    ``reason`` is one of `Credential.Anew`. The name is the one in the holder's profile today; all
    else stays as it was granted, except that a renewal gives another period of the Edition in
    force, from the old last day or from today, whichever is later. Asked twice at once, the second
    raises IllegalMove. Raises Refusal for one's own, when nothing would change, or when there is
    nothing to renew. Side effects: the old one says “replaced”, new papers are made, a letter.
    """
    refuse_own(credential, by)
    now = now or timezone.now()
    user = lock(credential.user)
    credential = lock(credential)
    new = successor_of(credential, user, reason=reason, now=now)
    move(credential, Credential.State.REPLACED, by=by, now=now, data={"for": str(reason)})
    new.number = next_number(WORDING[credential.kind].series, today(now).year)
    put_on_record(new, by=by)
    return new


def successor_of(
    credential: Credential, user: User, *, reason: str, now: datetime, number: str = ""
) -> Credential:
    """What would take its place, not saved; raises Refusal when there is nothing to issue anew.

    For the preview, too: ``number`` then stands where the next of the series will.
    """
    day = today(now)
    expires_on = credential.expires_on
    if reason == Anew.RENEWAL:
        end = last_day(max(day, expires_on or day), Edition.objects.in_force(day))
        if expires_on is None or end is None:
            raise Refusal(_("It has no end, so there is nothing to renew. Nothing was changed."))
        expires_on = end
    elif user.display_name == credential.holder_name:
        raise Refusal(
            _(
                "The profile says {name}, and so does the certificate. Its holder changes the name "
                "in the profile first; nothing was changed."
            ).format(name=user.display_name)
        )
    facts: dict[str, Any] = {
        **credential.facts,
        "holder_name": user.name,
        "credentials_suffix": user.credentials_suffix,
        "issued_anew_on": day.isoformat(),
    }
    return Credential(
        user=user,
        kind=credential.kind,
        completion=credential.completion,
        code=new_code(),
        number=number,
        holder_name=user.display_name,
        issued_on=credential.issued_on,
        expires_on=expires_on,
        facts=facts,
        replaces=credential,
        issued_anew_for=reason,
        names_email=credential.names_email,
    )
