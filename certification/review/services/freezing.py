"""Freezing: one copy of everything, with its hash, which nothing changes afterwards."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from certification.review.models import Dossier, Snapshot, Submission
from certification.review.models.snapshots import sha256_of
from certification.review.queries.contents import contents_of, recommendation_of
from certification.review.queries.snapshots import content_of, recommendation_in
from scip.accounts.models import User
from scip.audit.services import record
from scip.background import enqueue
from scip.requirements import Finding
from scip.states import lock
from scip.vault.services import destroy

__all__ = ["canonical", "content_of", "erase_snapshot", "freeze", "recommendation_in"]

# Makes the dossier of a snapshot.
TASK = "certification.review.make_dossier"


def canonical(values: Mapping[str, Any]) -> str:
    """JSON with one spelling: names in order, no spaces, signs as themselves. Its UTF-8 bytes are
    what is hashed."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def freeze(submission: Submission, findings: Sequence[Finding], *, now: datetime) -> Snapshot:
    """Copy a submission whose parts are all under their locks, and ask for its papers.

    Raises ValueError without a recommendation: the gate asks for one before.
    """
    letter, recommendation = letter_for(submission)
    content = contents_of(submission, findings, frozen_at=now)
    content["recommendation"] = {
        "supervisor": letter["supervisor"],
        "outcome": letter["outcome"],
        "sent_at": letter["sent_at"],
        "sha256": sha256_of(recommendation),
    }
    text = canonical(content)
    snapshot = Snapshot.objects.create(
        submission=submission,
        frozen_at=now,
        content=text,
        sha256=sha256_of(text),
        recommendation=recommendation,
        recommendation_sha256=sha256_of(recommendation),
    )
    ask_for_papers(snapshot, now=now)
    return snapshot


def ask_for_papers(snapshot: Snapshot, *, now: datetime) -> None:
    """A dossier for each audience, made in the background once this commits."""
    for audience in Dossier.Audience:
        dossier = Dossier.objects.create(snapshot=snapshot, audience=audience, requested_at=now)
        enqueue(TASK, dossier.pk)


def letter_for(submission: Submission) -> tuple[dict[str, Any], str]:
    """The recommendation that is frozen with a submission, and the text that is hashed.

    A resubmission carries over, byte for byte, what its first submission was frozen with
    (`requirements.resubmission`): nobody is asked for it again, so whatever a supervisor wrote
    meanwhile neither stands in its way nor takes its place. Raises ValueError without one.
    """
    if submission.follows is not None:
        earlier = submission.follows.snapshot
        return recommendation_in(earlier), earlier.recommendation
    letter = recommendation_of(submission.candidacy)
    if letter is None:
        raise ValueError("Nothing is frozen before the committee has a recommendation.")
    return letter, canonical(letter)


@transaction.atomic
def erase_snapshot(snapshot: Snapshot, *, by: User | None, now: datetime) -> None:
    """Blank what was frozen and destroy its papers, for good; number, day and hashes stay.

    The one change that the trigger allows, for erasing a person. A second call changes nothing.
    """
    row = lock(snapshot)
    if row.erased_at is not None:
        return
    for dossier in row.dossiers.select_related("document"):
        if dossier.document is not None:
            destroy(dossier.document, now=now)
    row.content, row.recommendation, row.erased_at = "", "", now
    row.save(update_fields=["content", "recommendation", "erased_at"])
    record("snapshot.erased", row, by=by, subject=row.submission.candidacy.user)
