"""Somebody's portfolio as a board: what is there, what is empty, what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.candidacy.queries.registration import standing_of
from certification.candidacy.requirements.registration import retreat_finding
from certification.portfolio.models import (
    CaseStudy,
    ClientLabel,
    KnownWord,
    Portfolio,
    WriteUp,
)
from scip.accounts.requirements import PrerequisiteEvidence
from scip.policy.models import Edition
from scip.requirements import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Whose portfolio, under which Edition. ``portfolio`` is None before its first entry."""

    candidacy: Candidacy
    edition: Edition
    portfolio: Portfolio | None

    @property
    def is_open(self) -> bool:
        return self.candidacy.is_registered


def desk_of(user: Any) -> Desk | None:
    """The latest registration of somebody with its portfolio; None for whoever never
    registered. One query."""
    rows = Candidacy.objects.filter(user=user, active_at__isnull=False)
    candidacy = rows.select_related("portfolio", "edition", "user").order_by("-active_at").first()
    if candidacy is None or candidacy.edition is None:
        return None
    return Desk(
        candidacy=candidacy,
        edition=candidacy.edition,
        portfolio=getattr(candidacy, "portfolio", None),
    )


def cases_of(desk: Desk) -> list[CaseStudy]:
    """The case studies in order, with labels and competencies; two queries."""
    rows = CaseStudy.objects.written_by(desk.candidacy.user).filter(portfolio=desk.portfolio)
    return list(rows.select_related("label", "portfolio").prefetch_related("competencies"))


def write_ups_of(desk: Desk) -> list[WriteUp]:
    """Write-ups and reflections, the oldest first, with competencies; two queries."""
    rows = WriteUp.objects.visible_to(desk.candidacy.user).filter(portfolio=desk.portfolio)
    return list(rows.select_related("portfolio").prefetch_related("competencies"))


def retreat_of(desk: Desk) -> Finding:
    """How the silent retreat stands, by the same rule that the gate asks; one query."""
    user = desk.candidacy.user
    standing = standing_of(user, on=timezone.localdate(timezone=user.zone))
    evidence = standing.evidence(prerequisites=PrerequisiteEvidence(), completed={})
    return retreat_finding(evidence, edition=desk.edition)


def labels_of(desk: Desk) -> QuerySet[ClientLabel]:
    """The labels, each with how many case studies and sessions it stands for; one query."""
    rows: QuerySet[ClientLabel] = ClientLabel.objects.visible_to(desk.candidacy.user)
    return rows.filter(portfolio=desk.portfolio).annotate(
        case_count=Count("cases", distinct=True),
        session_count=Count("client_sessions", distinct=True),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the portfolio was told about words."""

    avoid: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()


def known_words(portfolio: Portfolio | None) -> Known:
    """Names to avoid and words that are fine; one query."""
    if portfolio is None:
        return Known()
    rows = list(KnownWord.objects.filter(portfolio=portfolio))
    return Known(
        avoid=tuple(row.folded for row in rows if row.is_to_avoid),
        fine=tuple(row.folded for row in rows if not row.is_to_avoid),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place on the strip of case studies."""

    number: int
    standing: str
    url: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The case studies counted against what the Edition asks for."""

    cases: Sequence[CaseStudy]
    needed: int
    labels_needed: int

    @property
    def done(self) -> int:
        return sum(case.is_done for case in self.cases)

    @property
    def started(self) -> int:
        return sum(case.standing == "started" for case in self.cases)

    @property
    def to_come(self) -> int:
        """How many have not been begun yet."""
        return max(self.needed - len(self.cases), 0)

    @property
    def labels(self) -> int:
        """Different clients in the case studies."""
        return len({case.label_id for case in self.cases} - {None})

    @property
    def has_few_labels(self) -> bool:
        """A hint, never a gate: fewer clients than are attested at registration."""
        return len(self.cases) >= self.labels_needed > self.labels

    @property
    def slots(self) -> list[Slot]:
        words = {
            "done": _("Case study {number}, done"),
            "started": _("Case study {number}, begun"),
            "empty": _("Case study {number}, still empty"),
        }
        there = [
            Slot(
                number=case.number,
                standing=case.standing,
                url=reverse("portfolio:case", args=[case.pk]),
                label=words[case.standing].format(number=case.number),
            )
            for case in self.cases
        ]
        return there + [
            Slot(number=number, standing="ahead")
            for number in range(len(there) + 1, self.needed + 1)
        ]


def board_of(cases: Sequence[CaseStudy], edition: Edition) -> Board:
    """The board of these case studies; asks nothing of the database."""
    return Board(cases=cases, needed=edition.case_studies, labels_needed=edition.clients)


def next_of(board: Board, gaps: Sequence[Any]) -> dict[str, str]:
    """The one next step: title, text, address and its button. Pure."""
    for case in board.cases:
        if case.is_done:
            continue
        names = case.empty_parts()[:3]
        return {
            "title": _("Go on with case study {number}").format(number=case.number),
            "text": _("Still empty: {parts}.").format(parts="; ".join(names))
            if names
            else _("Every part has something in it. Read it once more; when it says what you "
                   "mean, mark it as done."),
            "url": reverse("portfolio:case", args=[case.pk]),
            "label": _("Open it"),
        }  # fmt: skip
    if board.to_come:
        number = len(board.cases) + 1
        return {
            "title": _("Begin case study {number}").format(number=number)
            if board.cases
            else _("Begin with one client"),
            "text": _("{count} are still to come. One small moment from one session is enough "
                      "to start from.").format(count=board.to_come)
            if board.cases
            else _("Take somebody you remember well. The page asks you part by part, keeps "
                   "every word as you type, and nobody reads it before you say so."),
            "url": reverse("portfolio:case_new"),
            "label": _("Begin a case study"),
        }  # fmt: skip
    if gaps:
        return {
            "title": _("All case studies are done"),
            "text": _("Nothing shows these competencies yet: {names}.").format(
                names="; ".join(str(item.name) for item in gaps)
            ),
            "url": reverse("portfolio:map"),
            "label": _("Open the map"),
        }
    return {
        "title": _("Your case studies are complete"),
        "text": _("Every competency is shown somewhere. Read them all in one document."),
        "url": reverse("portfolio:cases_paper"),
        "label": _("As one PDF"),
    }


def shown_to(user: Any) -> list[CaseStudy]:
    """Case studies that candidates show to somebody as their supervisor of today; two queries."""
    rows = CaseStudy.objects.shown_to(user).filter(
        Q(portfolio__candidacy__state__in=Candidacy.REGISTERED)
    )
    return list(
        rows.select_related("label", "portfolio__candidacy__user")
        .prefetch_related("competencies")
        .order_by("portfolio__candidacy__user__name", "portfolio_id", "number")
    )
