"""All case studies as one PDF: asked for, drawn by a worker, fetched, let go."""

import io
import logging
from datetime import datetime, timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.portfolio.models import CasePaper, CaseStudy, Portfolio
from certification.portfolio.queries.papers import length_of, printed_case
from scip.accounts.models import User
from scip.audit.services import record
from scip.background import enqueue
from scip.pdf.case_studies import PrintedCase, render_case_studies
from scip.pdf.papers import paper_for_country
from scip.requirements import Refusal
from scip.states import lock
from scip.vault import drawing
from scip.vault.inspection.check import PDF
from scip.vault.models import Drawn, StoredFile
from scip.vault.services import delete_blobs, destroy, seal_copy

logger = logging.getLogger(__name__)

TASK = "portfolio.make_case_paper"
LONGEST = 2_500_000
"""Characters beyond which nobody tries: setting them would take longer than a task may."""
NAME = "case-studies.pdf"


class TooLong(Exception):
    """More than anybody tries to set."""


def with_words(portfolio: Portfolio) -> list[CaseStudy]:
    """The case studies in which something stands, in order; two queries."""
    rows = portfolio.cases.select_related("label").prefetch_related("competencies")
    return [case for case in rows.order_by("number") if case.standing != "empty"]


@transaction.atomic
def ask_for_paper(
    portfolio: Portfolio | None, *, by: User, now: datetime | None = None
) -> CasePaper:
    """Ask for a new one in place of the last; returns it, waiting for a worker. ``portfolio`` is
    None before its first entry.

    While one is being drawn a second call changes nothing and returns that one. Raises Refusal for
    others, and while no case study has a word. Side effect: work is enqueued on commit.
    """
    nothing = Refusal(_("There is nothing to print yet. Write a first part, then come back."))
    if portfolio is None:
        raise nothing
    if by.pk != portfolio.candidacy.user_id:
        raise Refusal(_("Only the person who writes here can ask for this. Nothing was changed."))
    lock(portfolio)
    known = CasePaper.objects.filter(portfolio=portfolio).first()
    if known is not None and known.is_under_way:
        return known
    if not with_words(portfolio):
        raise nothing
    let_go_of_paper(portfolio)
    paper = CasePaper.objects.create(portfolio=portfolio, requested_at=now or timezone.now())
    enqueue(TASK, paper.pk)
    return paper


def make_case_paper(pk: int, *, now: datetime | None = None, most: int = LONGEST) -> bool:
    """Draw it and keep it; True if it was made now. Safe to run twice, or side by side.

    Each step is committed, so that the page can show it. What can't be drawn (more than ``most``
    characters, or than the time of a task) is said on the page. Raises what the storage raises:
    then it is tried again, until `drawing.take_up` gives it up.
    """
    # Loaded by the worker that draws, not by every process at its start.
    from scip.pdf.rendering import ForbiddenFetch

    rows = CasePaper.objects.to_make().select_related("portfolio__candidacy__user")
    paper = drawing.take_up(
        rows.select_related("portfolio__candidacy__edition"), pk, now=now or timezone.now()
    )
    if paper is None:
        return False
    portfolio = paper.portfolio_id
    printed = [printed_case(case) for case in with_words(paper.portfolio)]
    try:
        if length_of(printed) > most:
            raise TooLong(f"More than {most} characters.")
        pdf = drawn(paper, printed)
    except (TooLong, SoftTimeLimitExceeded) as error:
        logger.warning("The case studies of portfolio %s are too long: %s", portfolio, error)
        drawing.give_up(paper, CasePaper.TOO_LONG)
        return False
    except (ValueError, ForbiddenFetch) as error:
        logger.exception("The case studies of portfolio %s can't be drawn.", portfolio)
        drawing.give_up(paper, type(error).__name__)
        return False
    drawing.step(paper, CasePaper.Step.KEEPING)
    return keep(paper, pdf, cases=len(printed), now=now)


def drawn(paper: CasePaper, printed: list[PrintedCase]) -> bytes:
    """The PDF, with the days of whoever wrote it. Raises ForbiddenFetch, and what drawing raises."""
    drawing.step(paper, CasePaper.Step.DRAWING)
    candidacy = paper.portfolio.candidacy
    # A worker has no visitor's zone: near midnight its day is another than the author's.
    with timezone.override(candidacy.user.zone):
        return render_case_studies(
            printed,
            author=str(candidacy.user),
            organisation=candidacy.edition.organisation if candidacy.edition else "",
            paper=paper_for_country(str(candidacy.user.country or "")),
        )


def keep(paper: CasePaper, pdf: bytes, *, cases: int, now: datetime | None = None) -> bool:
    """Seal the file and say so on the row; False if another was faster, or it is not asked for any
    more (taken out, erased)."""
    owner = paper.portfolio.candidacy.user
    file = seal_copy(io.BytesIO(pdf), owner=owner, name=NAME, kind=PDF)
    with transaction.atomic():
        is_there = lock(owner).is_active
        row = CasePaper.objects.select_for_update(no_key=True).filter(pk=paper.pk).first()
        if row is None or row.made_at is not None or not is_there:
            delete_blobs([file.storage_name])
            return False
        file.save(force_insert=True)
        row.document, row.cases = file, cases
        row.made_at, row.step = now or timezone.now(), CasePaper.Step.MADE
        row.save(update_fields=["document", "cases", "made_at", "step"])
    return True


@transaction.atomic
def open_paper(paper: CasePaper, *, by: User) -> StoredFile:
    """Keep that it is fetched; returns the sealed file. Raises Refusal while it is not made, and
    once it is gone."""
    file = paper.document
    if file is None or file.is_destroyed:
        raise Refusal(
            _("It is not made yet, or gone again. Look at the page, and ask for a new one.")
        )
    record("document.opened", file, by=by, subject=by, casepaper=paper.pk)
    return file


@transaction.atomic
def let_go_of_paper(portfolio: Portfolio) -> None:
    """Destroy the last one, key first; without one nothing happens."""
    let_go(CasePaper.objects.filter(portfolio=portfolio))


def let_go(papers: QuerySet[CasePaper]) -> int:
    """Destroy these, within the caller's transaction; how many."""
    found = list(papers.select_related("document"))
    for paper in found:
        if paper.document is not None:
            destroy(paper.document)
        paper.delete()
    return len(found)


def follow_papers(now: datetime | None = None) -> int:
    """Ask again for what was lost, and destroy copies whose days are over (beat); how many."""
    now = now or timezone.now()
    count = drawing.ask_again(CasePaper.objects.to_make(), TASK, now=now)
    old = CasePaper.objects.filter(requested_at__lt=now - timedelta(days=settings.DATA_EXPORT_DAYS))
    for paper in old.exclude(Drawn.TO_MAKE).select_related("portfolio")[:100]:
        with transaction.atomic():
            # Whoever asks anew holds the same lock: what took the old one's place stays.
            lock(paper.portfolio)
            count += let_go(old.filter(pk=paper.pk))
    return count
