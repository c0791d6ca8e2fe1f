"""Drawing a dossier in the background: from the snapshot alone, kept in the vault, once."""

import hashlib
import io
import logging
from datetime import datetime

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.review.models import Dossier
from certification.review.queries.dossiers import printed
from certification.review.services.freezing import TASK, content_of, recommendation_in
from scip.accounts.models import User
from scip.audit.services import record
from scip.background import enqueue
from scip.pdf.dossiers import render_dossier
from scip.pdf.papers import paper_for_country
from scip.requirements import Refusal
from scip.states import lock
from scip.vault import drawing
from scip.vault.inspection.check import PDF, CheckedUpload
from scip.vault.services import destroy, seal

logger = logging.getLogger(__name__)


def make_dossier(pk: int, now: datetime | None = None) -> bool:
    """Draw one dossier and keep it; True if it was made now. Safe to run twice, or side by side.

    Each step is committed, so that the page can show it. Whoever is second finds the row begun
    and leaves it; killed in between, the sweep begins anew, and a file that nobody refers to is
    swept by the vault. What can't be drawn is noted for the office.
    """
    # Loaded by the worker that draws, not by every process at its start.
    from scip.pdf.rendering import ForbiddenFetch

    dossier = take_up(pk, now=now or timezone.now())
    if dossier is None:
        return False
    snapshot = dossier.snapshot
    is_whole = dossier.audience == Dossier.Audience.COMMITTEE
    user = snapshot.submission.candidacy.user
    try:
        content = content_of(snapshot)
        letter = recommendation_in(snapshot) if is_whole else None
        drawing.step(dossier, Dossier.Step.DRAWING)
        pdf = render_dossier(
            printed(content, sha256=snapshot.sha256, recommendation=letter),
            paper=paper_for_country(str(user.country or "")),
        )
    except (ValueError, ForbiddenFetch, SoftTimeLimitExceeded) as error:
        logger.exception("Dossier %s can't be drawn.", dossier.pk)
        drawing.give_up(dossier, type(error).__name__)
        return False
    drawing.step(dossier, Dossier.Step.KEEPING)
    return keep(dossier, pdf, now=now)


def take_up(pk: int, *, now: datetime) -> Dossier | None:
    """The row for whoever begins it; None where it is made, given up, or somebody is at it."""
    rows = Dossier.objects.to_make().select_related("snapshot__submission__candidacy__user")
    return drawing.take_up(rows, pk, now=now)


def keep(dossier: Dossier, pdf: bytes, *, now: datetime | None = None) -> bool:
    """Seal the file and say so on the row, in one transaction; False if another was faster or the
    submission was erased meanwhile. The file in whose place it comes is destroyed only now."""
    snapshot = dossier.snapshot
    owner = snapshot.submission.candidacy.user
    checked = CheckedUpload(
        name=name_of(dossier), content_type=PDF, size=len(pdf), stream=io.BytesIO(pdf)
    )
    # One purpose for each audience: the committee's copy has what its subject may not read.
    file = seal(checked, owner=owner, purpose=purpose_of(dossier))
    with transaction.atomic():
        erased = lock(snapshot).erased_at is not None
        row = lock(dossier)
        if row.made_at is not None or erased:
            return False
        former = row.document
        file.save(force_insert=True)
        row.document = file
        row.sha256 = hashlib.sha256(pdf).hexdigest()
        row.made_at, row.step = now or timezone.now(), Dossier.Step.MADE
        row.save(update_fields=["document", "sha256", "made_at", "step"])
        if former is not None:
            destroy(former)
        record("dossier.made", row, subject=owner, audience=row.audience)
    return True


def purpose_of(dossier: Dossier) -> str:
    """What its file is called in the vault."""
    if dossier.audience == Dossier.Audience.CANDIDATE:
        return Dossier.PURPOSE
    return f"{Dossier.PURPOSE}-{dossier.audience}"


def name_of(dossier: Dossier) -> str:
    return f"dossier-{dossier.snapshot.submission.number}.pdf"


def sweep(now: datetime | None = None, limit: int = 50) -> int:
    """Ask again for dossiers whose task was lost or whose worker died; returns how many."""
    now = now or timezone.now()
    return drawing.ask_again(Dossier.objects.to_make(), TASK, now=now, limit=limit)


@transaction.atomic
def try_again(dossier: Dossier, *, by: User) -> None:
    """The office asks for another try after what was wrong is mended, or for another file in the
    place of one that does not open: the same snapshot gives the same pages. The one there is stays
    until the other is made: with its key put back it may be whole. Made and whole, nothing changes.
    Raises Refusal for anybody else."""
    if not by.has_role("staff"):
        raise Refusal(_("The office asks for another try. Nothing was changed."))
    row = lock(dossier)
    if row.is_damaged and row.snapshot.erased_at is None:
        row.sha256, row.made_at = "", None
    if row.made_at is not None:
        return
    row.problem, row.begun_at, row.attempts, row.step = "", None, 0, Dossier.Step.WAITING
    row.requested_at = timezone.now()
    row.save(
        update_fields=[
            "problem",
            "begun_at",
            "attempts",
            "step",
            "requested_at",
            "sha256",
            "made_at",
        ]
    )
    record("dossier.tried_again", row, by=by, subject=row.snapshot.submission.candidacy.user)
    enqueue(TASK, row.pk)


@transaction.atomic
def open_dossier(dossier: Dossier, *, by: User) -> None:
    """Keep that somebody opens it; of the committee's copy nothing stands among the lines about the
    candidate, who never learns who reads. Raises Refusal while it is not made, and once it is
    gone."""
    file = dossier.document
    if file is None or file.is_destroyed or dossier.made_at is None:
        raise Refusal(_("It is still being made. Open the page again in a minute."))
    is_own = dossier.audience == Dossier.Audience.CANDIDATE
    subject = dossier.snapshot.submission.candidacy.user if is_own else None
    record("document.opened", file, by=by, subject=subject, dossier=dossier.pk)
