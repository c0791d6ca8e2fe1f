"""Evidence gathered in bulk, ready for the rules."""

from collections import defaultdict
from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _

from scip.accounts.models import Prerequisite
from scip.accounts.requirements import EvidencePiece, PrerequisiteEvidence
from scip.formats import day

# What counts as a second factor; recovery codes alone do not.
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
CURRENT = [Prerequisite.State.VERIFIED, Prerequisite.State.SUBMITTED, Prerequisite.State.RETURNED]


def prerequisite_evidence(user_ids: Iterable[int]) -> dict[int, PrerequisiteEvidence]:
    """Current records of these people, by person, in one query.

    Everybody asked for has an entry, empty where nothing was sent.
    """
    ids = list(user_ids)
    by_person: dict[int, dict[str, dict[str, EvidencePiece]]] = defaultdict(
        lambda: {state: {} for state in CURRENT}
    )
    rows = Prerequisite.objects.filter(user_id__in=ids, state__in=CURRENT).order_by("pk")
    for row in rows:
        by_person[row.user_id][row.state][row.kind] = EvidencePiece(
            description=describe(row),
            expires_on=row.expires_on,
            submitted_at=row.submitted_at,
            return_reason=row.return_reason,
        )
    return {
        pk: PrerequisiteEvidence(
            verified=by_person[pk][Prerequisite.State.VERIFIED],
            submitted=by_person[pk][Prerequisite.State.SUBMITTED],
            returned=by_person[pk][Prerequisite.State.RETURNED],
        )
        for pk in ids
    }


def describe(row: Prerequisite) -> str:
    """What a record says, in one line: "Licensed mental-health professional, PSY-1, Portugal"."""
    match row.kind:
        case Prerequisite.Kind.STANDING:
            parts = [row.get_standing_display(), row.number, row.jurisdiction, row.institution]
        case Prerequisite.Kind.MSC:
            parts = [row.get_msc_format_display(), row.teacher]
            if row.completed_on is not None:
                parts.append(_("completed on {day}").format(day=day(row.completed_on)))
        case Prerequisite.Kind.INSURANCE:
            parts = [row.insurer, row.number]
        case _practice:
            parts = [row.practice_setting]
    return ", ".join(part for part in parts if part)
