"""Materials: added as drafts, published, taken back, removed."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cohorts.models import Cohort, Session
from scip.audit.services import record
from scip.community.models import Material
from scip.requirements import Refusal
from scip.states import lock, move
from scip.vault.forms import EVIDENCE_BYTES
from scip.vault.inspection.check import DOCUMENTS, CheckedUpload
from scip.vault.services import destroy, store


def add_material(
    cohort: Cohort,
    *,
    title: str,
    note: str,
    session: Session | None,
    url: str,
    document: CheckedUpload | None,
    by: Any,
) -> Material:
    """Keep a file (sealed in the vault) or a link as a draft that only facilitators see.

    Raises Refusal unless it is exactly one of the two, and for a session of another cohort.
    """
    refuse_foreign(cohort, session)
    if bool(url) == bool(document):
        raise Refusal(_("Please give either a file or a link. Nothing you typed is lost."))
    with transaction.atomic():
        file = (
            store(
                document,
                owner=by,
                purpose="material",
                allowed=DOCUMENTS,
                max_bytes=EVIDENCE_BYTES,
            )
            if document
            else None
        )
        material = Material.objects.create(
            cohort=cohort,
            session=session,
            title=title,
            note=note,
            url=url,
            document=file,
            added_by=by,
        )
        record("material.added", material, by=by, cohort=cohort.pk)
    return material


def refuse_foreign(cohort: Cohort, session: Session | None) -> None:
    if session is not None and session.cohort_id != cohort.pk:
        raise Refusal(_("That session belongs to another group. Nothing was changed."))


def edit_material(
    material: Material, *, title: str, note: str, session: Session | None, by: Any
) -> Material:
    """Change the words around a material; its file or link stays what it is."""
    with transaction.atomic():
        material = lock(material)
        refuse_foreign(material.cohort, session)
        material.title, material.note, material.session = title, note, session
        material.save(update_fields=["title", "note", "session"])
        record("material.edited", material, by=by)
    return material


def publish_material(material: Material, *, by: Any) -> Material:
    """Let the group see it. Raises IllegalMove when it is published already."""
    with transaction.atomic():
        material = lock(material)
        move(material, Material.State.PUBLISHED, by=by)
    return material


def unpublish_material(material: Material, *, by: Any) -> Material:
    """Make it a draft again: only facilitators see it from now on."""
    with transaction.atomic():
        material = lock(material)
        move(material, Material.State.DRAFT, by=by)
    return material


def remove_material(material: Material, *, by: Any) -> None:
    """Remove a draft for good; its file is destroyed. Raises Refusal for a published one."""
    with transaction.atomic():
        material = lock(material)
        if material.state != Material.State.DRAFT:
            raise Refusal(_("People can see this one. Make it a draft first; nothing was changed."))
        record("material.removed", material, by=by, cohort=material.cohort_id)
        document = material.document
        material.delete()
        if document is not None:
            destroy(document)
