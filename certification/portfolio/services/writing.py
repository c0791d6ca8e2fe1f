"""Beginning, saving, finishing and showing what somebody writes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.portfolio.models import CaseStudy, ClientLabel, WriteUp, Writing
from certification.portfolio.models.writing import Texts
from certification.portfolio.services.papers import let_go_of_paper
from certification.portfolio.services.portfolios import open_portfolio, writable
from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Refusal
from scip.states import lock

# Far beyond what an Edition asks for; a program that goes wrong is stopped here.
MOST_CASES, MOST_WRITE_UPS = 100, 60


class StaleWriting(Refusal):
    """Another window saved in between. Nothing was written; both texts are there."""


@transaction.atomic
def begin_case(
    candidacy: Candidacy,
    *,
    by: User,
    label: ClientLabel | None = None,
    now: datetime | None = None,
) -> CaseStudy:
    """An empty case study behind the last one. Raises Refusal for others, once the candidacy has
    ended, and for a label of another portfolio."""
    now = now or timezone.now()
    portfolio = writable(open_portfolio(candidacy, by=by, now=now), by=by)
    if label is not None and label.portfolio_id != portfolio.pk:
        raise Refusal(_("Choose one of your own labels."))
    last = portfolio.cases.aggregate(last=Max("number"))["last"] or 0
    if last >= MOST_CASES:
        raise Refusal(
            _("You have {count} case studies. Take out one that you don’t need first.").format(
                count=last
            )
        )
    return CaseStudy.objects.create(
        portfolio=portfolio, number=last + 1, label=label, created_at=now, saved_at=now
    )


@transaction.atomic
def begin_write_up(
    candidacy: Candidacy, kind: str, *, by: User, title: str = "", now: datetime | None = None
) -> WriteUp:
    """An empty write-up or reflection. Raises Refusal as `begin_case` does."""
    now = now or timezone.now()
    portfolio = writable(open_portfolio(candidacy, by=by, now=now), by=by)
    if portfolio.write_ups.count() >= MOST_WRITE_UPS:
        raise Refusal(_("There are very many write-ups here. Take out one you don’t need first."))
    return WriteUp.objects.create(
        portfolio=portfolio,
        kind=WriteUp.Kind(kind),
        title=title,
        created_at=now,
        saved_at=now,
    )


def values_of(writing: Texts) -> dict[str, Any]:
    """What a writing says, part by part, in the form in which values are compared and saved:
    texts, keys in order, the label's key."""
    values: dict[str, Any] = {}
    for name in writing.PARTS:
        if name == "competencies" and isinstance(writing, Writing):
            values[name] = sorted(row.pk for row in writing.competencies.all())
        elif name == "levels":
            values[name] = sorted(getattr(writing, name))
        else:
            values[name] = getattr(writing, name)
    if isinstance(writing, CaseStudy):
        values["label"] = writing.label_id
    return values


def fresh[W: Texts](writing: W) -> W:
    """The row under its lock. Raises Refusal when it was taken out in another window."""
    try:
        return lock(writing)
    except type(writing).DoesNotExist:
        raise Refusal(
            _("This was taken out in another window. What you typed stands on this page still.")
        ) from None


@transaction.atomic
def save_writing[W: Writing](
    writing: W,
    values: Mapping[str, Any],
    *,
    revision: int,
    by: User,
    now: datetime | None = None,
) -> W:
    """Keep what was typed (`values_of` says how values look) and return the fresh row.

    ``revision`` is the one the window began from. The same words again change nothing, whatever
    the revision. Raises StaleWriting when another window saved something else meanwhile, Refusal
    for others, for a foreign label and once the candidacy has ended; nothing is written then.
    """
    portfolio = writable(writing.portfolio, by=by)  # type: ignore[attr-defined]
    row = fresh(writing)
    changes = changes_to(row, values, revision=revision)
    label = changes.get("label")
    if label is not None and not portfolio.labels.filter(pk=label).exists():
        raise Refusal(_("Choose one of your own labels."))
    write_down(row, changes, now=now)
    return row


def changes_to(row: Texts, values: Mapping[str, Any], *, revision: int) -> dict[str, Any]:
    """The parts of ``values`` that say something new; ``row`` is under its lock. Raises
    StaleWriting where there are some and another window saved in between."""
    before = values_of(row)
    changes = {name: value for name, value in values.items() if value != before[name]}
    if changes and row.revision != revision:
        raise StaleWriting(_("This was changed in another window in the meantime."))
    return changes


def write_down(row: Texts, changes: Mapping[str, Any], *, now: datetime | None = None) -> None:
    """Save the changed parts of a row that is under its lock; nothing changed, nothing saved."""
    if not changes:
        return
    for name, value in changes.items():
        if name == "label":
            row.label_id = value  # type: ignore[attr-defined]
        elif name != "competencies":
            setattr(row, name, value)
    row.revision += 1
    row.saved_at = now or timezone.now()
    row.save()
    if "competencies" in changes and isinstance(row, Writing):
        row.competencies.set(changes["competencies"])


@transaction.atomic
def mark_done(writing: Writing, is_done: bool, *, by: User, now: datetime | None = None) -> None:
    """The candidate's own mark; nothing is asked of it, and it can be taken back."""
    writable(writing.portfolio, by=by)  # type: ignore[attr-defined]
    row = fresh(writing)
    row.done_at = (row.done_at or now or timezone.now()) if is_done else None
    row.save(update_fields=["done_at"])


@transaction.atomic
def show_case(case: CaseStudy, is_shown: bool, *, by: User, now: datetime | None = None) -> None:
    """Let the supervisor of today read it, or no longer. Side effect: a line in the log."""
    portfolio = writable(case.portfolio, by=by)
    row = fresh(case)
    if (row.shown_at is not None) == is_shown:
        return
    row.shown_at = (now or timezone.now()) if is_shown else None
    row.save(update_fields=["shown_at"])
    action = "casestudy.shown" if is_shown else "casestudy.hidden"
    record(action, row, by=by, subject=portfolio.candidacy.user)


@transaction.atomic
def remove_case(case: CaseStudy, *, by: User) -> None:
    """Take out a case study for good; the later ones move up. Raises Refusal for others."""
    portfolio = writable(case.portfolio, by=by)
    row = fresh(case)
    later = portfolio.cases.filter(number__gt=row.number)
    record("casestudy.removed", row, by=by, subject=portfolio.candidacy.user)
    row.delete()
    let_go_of_paper(portfolio)
    later.update(number=F("number") - 1)


@transaction.atomic
def remove_write_up(write_up: WriteUp, *, by: User) -> None:
    """Take out a write-up for good. Raises Refusal for others."""
    portfolio = writable(write_up.portfolio, by=by)
    record("writeup.removed", write_up, by=by, subject=portfolio.candidacy.user)
    fresh(write_up).delete()
