"""The joint certificate of Levels A and B, issued where both facts meet.

Either fact may come last: a late exception, a group that ends, an equivalency.
"""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.credentials.models import Completion, Credential, Level, today
from scip.credentials.services import issue_credential, record_completion
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.states import lock

# Levels that an earlier format of the programme can be credited for (`domain.md`).
CREDITABLE = (Level.A, Level.B)


@transaction.atomic
def issue_joint_credential(
    user: User, *, by: Any, issued_on: date | None = None
) -> Credential | None:
    """Issue the SCIP credential once Levels A and B are both on record; None until then.

    A second call returns the credential that is there; one that was revoked is not issued
    again by itself. ``issued_on`` defaults to today. Side effects as in `issue_credential`.
    Call it after every completion.
    """
    user = lock(user)
    issued = Credential.objects.filter(user=user, kind=Credential.Kind.INFORMED)
    known = issued.order_by("-pk").first()
    if known is not None:
        return known
    completions = {
        row.level: row for row in Completion.objects.filter(user=user, level__in=CREDITABLE)
    }
    if set(completions) != set(CREDITABLE):
        return None
    issued_on = issued_on or today()
    last = max(completions.values(), key=lambda row: (row.completed_on, row.pk))
    return issue_credential(
        last,
        kind=Credential.Kind.INFORMED,
        edition=Edition.objects.in_force(issued_on),
        lines=[line for level in CREDITABLE for line in lines_of(completions[level])],
        by=by,
        issued_on=issued_on,
    )


def lines_of(completion: Completion) -> list[tuple[str, str]]:
    """What the certificate says about one level: never more than is on record."""
    level = str(completion.get_level_display())
    if completion.basis == Completion.Basis.EQUIVALENCY:
        return [(level, _("Credited for an earlier format of the programme"))]
    facts = completion.facts
    day = date_format(completion.completed_on, "j F Y")
    lines = [(level, f"{facts['cohort_title']}, {day}" if "cohort_title" in facts else day)]
    if minutes := facts.get("contact_minutes_held"):
        hours, rest = divmod(minutes, 60)
        lines.append((_("Contact hours held"), f"{hours}:{rest:02}" if rest else str(hours)))
    return lines


@transaction.atomic
def record_equivalency(user: User, *, level: str, reason: str, by: User) -> Completion:
    """Credit somebody from an earlier format (SCIP 1.0 to 3.0) for Level A or B.

    The office has looked at participation, portfolio and supervision hours; ``reason`` says
    what it rests on. No certificate of that level alone is issued; the joint one is, when both
    levels are on record. Raises Refusal without a reason, for oneself, for another level, or
    when the level is on record already.
    """
    if not reason.strip():
        raise Refusal(_("Please write what the credit rests on; it stays on record."))
    if level not in CREDITABLE:
        raise Refusal(_("Only Levels A and B can be credited for an earlier format."))
    if by.pk == user.pk:
        raise Refusal(_("Somebody else of the office has to decide about your own credit."))
    user = lock(user)
    if Completion.objects.filter(user=user, level=level).exists():
        raise Refusal(
            _("{level} is on record for {name} already. Nothing was changed.").format(
                level=Level(level).label, name=user
            )
        )
    completion = record_completion(
        user,
        level=level,
        basis=Completion.Basis.EQUIVALENCY,
        completed_on=today(),
        facts={"reason": reason.strip()},
        by=by,
    )
    issue_joint_credential(user, by=by)
    return completion
