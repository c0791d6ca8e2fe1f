"""Excerpts: handed in, marked with what they show, confirmed as seen, removed."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.portfolio import attesting, emails
from certification.portfolio.models import CaseStudy, DeletionReceipt, Excerpt
from certification.portfolio.services.portfolios import open_portfolio, writable
from certification.portfolio.services.retention import let_go
from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Refusal
from scip.states import lock
from scip.vault import arrivals
from scip.vault.inspection.check import DOCUMENT_BYTES, PDF, RECORDINGS, TEXT, CheckedUpload
from scip.vault.models import Arrival, StoredFile
from scip.vault.services import store
from supervision.models import Agreement, Competency

KINDS_TAKEN = RECORDINGS | {PDF, TEXT}
MOST_EXCERPTS = 100


def kind_of(file: StoredFile) -> Excerpt.Kind:
    """What a kept file is. Phones write sound into the container of films and call it .m4a."""
    if file.content_type not in RECORDINGS:
        return Excerpt.Kind.TRANSCRIPT
    is_sound = file.content_type.startswith("audio/") or file.original_name.lower().endswith(".m4a")
    return Excerpt.Kind.AUDIO if is_sound else Excerpt.Kind.VIDEO


@transaction.atomic
def hand_in(
    candidacy: Candidacy,
    *,
    by: User,
    title: str,
    consent_on: date,
    consent_scope: str,
    identity: str,
    case: CaseStudy | None = None,
    note: str = "",
    arrival: Arrival | None = None,
    document: CheckedUpload | None = None,
    kind: str = "",
    competencies: Iterable[Competency] = (),
    now: datetime | None = None,
) -> Excerpt:
    """An excerpt with a large file that arrived, a small document, or (with ``kind``) shown in person.

    Side effect of the last: a letter asks the supervisor of today to say that they saw it. Raises
    Refusal for anybody but the candidate, once the candidacy has ended, for a case study of another
    portfolio, a file that is not checked yet or taken already, and without any of the three.
    """
    now = now or timezone.now()
    portfolio = writable(open_portfolio(candidacy, by=by, now=now), by=by)
    if case is not None and case.portfolio_id != portfolio.pk:
        raise Refusal(_("Choose one of your own case studies."))
    if portfolio.excerpts.filter(removed_at=None).count() >= MOST_EXCERPTS:
        raise Refusal(_("There are very many excerpts here. Remove one you don’t need first."))
    file = None
    if arrival is not None:
        if arrival.owner_id != by.pk or arrival.purpose != Excerpt.PURPOSE:
            raise Refusal(_("This file is not here. Please choose it again."))
        file = arrivals.take(arrival)
    elif document is not None:
        file = store(
            document,
            owner=by,
            purpose=Excerpt.PURPOSE,
            allowed=KINDS_TAKEN,
            max_bytes=DOCUMENT_BYTES,
        )
    elif kind not in Excerpt.Kind.values:
        raise Refusal(_("Please choose a file, or say that you show it in person."))
    excerpt = Excerpt.objects.create(
        portfolio=portfolio,
        case=case,
        kind=kind_of(file) if file is not None else kind,
        title=title,
        note=note,
        document=file,
        is_shown_in_person=file is None,
        consent_on=consent_on,
        consent_scope=consent_scope,
        identity=identity,
        wording=attesting.wording(identity),
        wording_version=attesting.VERSION,
        attested_at=now,
    )
    excerpt.competencies.set(competencies)
    record("excerpt.handed_in", excerpt, by=by, subject=by, wording=attesting.VERSION)
    if excerpt.is_shown_in_person:
        today = Agreement.objects.accompanied().filter(candidacy=candidacy)
        for supervisor in User.objects.filter(pk__in=today.values("supervisor__user")):
            emails.shown_in_person(excerpt, supervisor)
    return excerpt


@transaction.atomic
def mark_excerpt(
    excerpt: Excerpt,
    competencies: Iterable[Competency],
    *,
    by: User,
    title: str = "",
    note: str | None = None,
) -> None:
    """Say which competencies it shows, and (where given) what it is called and what to listen for.
    Raises Refusal for anybody but the candidate, once the candidacy has ended, and for one that was
    removed."""
    writable(excerpt.portfolio, by=by)
    row = lock(excerpt)
    if row.removed_at is not None:
        raise Refusal(_("This excerpt was removed, so it shows nothing any more."))
    row.title = title or row.title
    row.note = row.note if note is None else note
    row.save(update_fields=["title", "note"])
    row.competencies.set(competencies)


@transaction.atomic
def confirm_seen(excerpt: Excerpt, *, by: User, now: datetime | None = None) -> None:
    """The supervisor says that they were shown it in person. Harmless when repeated; raises Refusal
    for anybody else, and for an excerpt that is kept here."""
    row = lock(excerpt)
    if not Excerpt.objects.shown_to(by).filter(pk=row.pk).exists():
        raise Refusal(_("Only the supervisor of today can say that they saw it."))
    if not row.is_shown_in_person:
        raise Refusal(_("This excerpt is kept here, so there is nothing to confirm."))
    if row.seen_at is not None:
        return
    row.seen_at, row.seen_by = now or timezone.now(), by
    row.save(update_fields=["seen_at", "seen_by"])
    record("excerpt.seen", row, by=by, subject=row.portfolio.candidacy.user)


@transaction.atomic
def remove_excerpt(excerpt: Excerpt, *, by: User, now: datetime | None = None) -> None:
    """The candidate removes it: its file is destroyed with a receipt, a line stays. Also once the candidacy has
    ended, for a client may take their consent back at any time. Harmless when repeated; raises
    Refusal for anybody else."""
    if excerpt.portfolio.candidacy.user_id != by.pk:
        raise Refusal(_("A portfolio belongs to the candidate alone."))
    row = lock(excerpt)
    if row.removed_at is not None:
        return
    let_go(row, cause=DeletionReceipt.Cause.REMOVED, by=by, now=now or timezone.now())
