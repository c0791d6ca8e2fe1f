"""A pack for the next supervisor, with the candidate's consent for as long as it stands."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Refusal
from scip.states import lock
from supervision.emails import handovers as emails
from supervision.models import Agreement, Handover, Supervisor
from supervision.queries.handovers import facts_of, next_agreements
from supervision.services.agreements import locked


@transaction.atomic
def hand_over(
    agreement: Agreement, supervisor: Supervisor, *, by: User, now: datetime | None = None
) -> Handover:
    """Give the next supervisor a copy of what this relationship left, as it is now.

    The candidate alone does that, and it is their consent. A second press returns the pack that
    stands. The supervisor gets a letter. Raises Refusal for anybody else and for a supervisor
    with whom the candidate has no agreement.
    """
    now = now or timezone.now()
    agreement = locked(agreement)
    if agreement.candidacy.user_id != by.pk:
        raise Refusal(_("Only the candidate decides what is passed on."))
    if supervisor.pk not in {row.supervisor_id for row in next_agreements(agreement)}:
        raise Refusal(
            _("A pack goes to somebody with whom you have an agreement, or are drafting one.")
        )
    standing = {"agreement": agreement, "to_supervisor": supervisor, "withdrawn_at": None}
    known = Handover.objects.filter(**standing).first()
    if known is not None:
        return known
    pack = Handover.objects.create(
        agreement=agreement,
        to_supervisor=supervisor,
        facts=facts_of(agreement),
        created_at=now,
        created_by=by,
        consented_at=now,
    )
    record("handover.given", pack, by=by, subject=by)
    emails.pack_given(pack)
    return pack


@transaction.atomic
def withdraw_handover(pack: Handover, *, by: User, now: datetime | None = None) -> Handover:
    """Take the consent back: the pack closes at once, and its copy is emptied.

    A second press is harmless. Raises Refusal for anybody but the candidate.
    """
    now = now or timezone.now()
    pack = lock(pack)
    if pack.agreement.candidacy.user_id != by.pk:
        raise Refusal(_("Only the candidate decides what is passed on."))
    if pack.withdrawn_at is None:
        pack.withdrawn_at, pack.facts = now, {}
        pack.save(update_fields=["withdrawn_at", "facts"])
        record("handover.withdrawn", pack, by=by, subject=by)
    return pack


@transaction.atomic
def open_handover(pack: Handover, *, by: User, now: datetime | None = None) -> Handover:
    """The next supervisor opens the pack; the candidate sees when they did first.

    Raises Refusal for anybody else, once the consent is taken back, and once the two of them are
    together no more.
    """
    now = now or timezone.now()
    pack = lock(pack)
    theirs = Handover.objects.visible_to(by).filter(to_supervisor__user=by)
    if not theirs.filter(pk=pack.pk).exists():
        raise Refusal(_("This pack is not open to you any more. The candidate can tell you more."))
    if pack.opened_at is None:
        pack.opened_at = now
        pack.save(update_fields=["opened_at"])
        record("handover.opened", pack, by=by, subject=pack.agreement.candidacy.user)
    return pack
