"""Case material for a session: handed over here, or shown in person."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Refusal
from scip.vault.inspection.check import DOCUMENTS, CheckedUpload
from scip.vault.services import destroy, store
from supervision.emails import material as emails
from supervision.models import (
    Agreement,
    Appointment,
    CaseMaterial,
    MaterialOpening,
    Signature,
    SupervisionSession,
)
from supervision.queries.agreements import side_of
from supervision.services.agreements import locked

PURPOSE = "case-material"
# The vault's own limit for documents; recordings follow with the portfolio.
MATERIAL_BYTES = 20 * 1024 * 1024


@transaction.atomic
def hand_over(
    agreement: Agreement,
    *,
    by: User,
    title: str,
    note: str = "",
    document: CheckedUpload | None = None,
    is_deidentified: bool = False,
    session: SupervisionSession | None = None,
    appointment: Appointment | None = None,
    now: datetime | None = None,
) -> CaseMaterial:
    """The candidate hands a document over, or names what is shown in person (no document).

    It may be for a session of the ledger or for one that is planned (then it comes along when that
    one is logged). The supervisor gets a letter without title or content. Raises Refusal for
    anybody else, unless the agreement is active, for a session of another agreement, and for a
    document without the word that nobody can be recognised in it; the vault's Refused for a file
    it does not take.
    """
    agreement = locked(agreement)
    if side_of(agreement, by) != Signature.Side.CANDIDATE:
        raise Refusal(_("Case material comes from the candidate."))
    if agreement.state != Agreement.State.ACTIVE:
        raise Refusal(_("Material is handed over while the agreement is active."))
    occasion = session or appointment
    if occasion is not None and occasion.agreement_id != agreement.pk:
        raise Refusal(_("That session belongs to another agreement. Nothing was saved."))
    if appointment is not None:
        # Logged while the form stood open: it is the session now.
        session = SupervisionSession.objects.filter(appointment=appointment).first() or session
    if document is not None and not is_deidentified:
        raise Refusal(
            _(
                "Please make sure that nobody can be recognised in it and that your client has "
                "agreed, and say so with the tick. Nothing was saved."
            )
        )
    stored = None
    if document is not None:
        stored = store(
            document, owner=by, purpose=PURPOSE, allowed=DOCUMENTS, max_bytes=MATERIAL_BYTES
        )
    material = CaseMaterial.objects.create(
        agreement=agreement,
        session=session,
        appointment=appointment,
        title=title,
        note=note,
        document=stored,
        is_shown_in_person=stored is None,
        is_deidentified=is_deidentified,
        handed_by=by,
        handed_at=now or timezone.now(),
    )
    record("material.handed", material, by=by, subject=by)
    emails.material_handed(material)
    return material


@transaction.atomic
def open_material(material: CaseMaterial, *, by: User, now: datetime | None = None) -> None:
    """Keep that somebody opened the document; the candidate can see it. Raises Refusal when it
    was taken back."""
    if material.taken_back_at is not None or material.document is None:
        raise Refusal(_("This was taken back, so there is nothing to open."))
    MaterialOpening.objects.create(material=material, opened_by=by, opened_at=now or timezone.now())
    record(
        "document.opened",
        material.document,
        by=by,
        subject=material.handed_by,
        material=material.pk,
    )


@transaction.atomic
def take_back(material: CaseMaterial, *, by: User, now: datetime | None = None) -> None:
    """The candidate takes material back: its document is destroyed, the row says that there was
    one. Harmless when repeated; raises Refusal for anybody else."""
    now = now or timezone.now()
    if material.handed_by_id != by.pk:
        raise Refusal(_("Only the one who handed it over can take it back."))
    row = CaseMaterial.objects.select_for_update(no_key=True).get(pk=material.pk)
    if row.taken_back_at is not None:
        return
    let_go(row, now=now)
    record("material.taken_back", row, by=by, subject=by)


def let_go(row: CaseMaterial, *, now: datetime) -> None:
    """Destroy the document of material that the caller has locked; the row says that there was one."""
    row.taken_back_at = row.taken_back_at or now
    row.save(update_fields=["taken_back_at"])
    if row.document is not None:
        destroy(row.document, now=now)
