"""The framework of an edition, and how two people saw one person grow in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from scip.formats import day
from scip.policy.models import Edition
from supervision.models import Agreement, Competency, DevelopmentalLevel, Rating

# The picture's own units; the browser scales it.
WIDTH, LEFT, RIGHT, TOP, STEP = 320, 74, 12, 14, 26


@dataclass(frozen=True, slots=True)
class Framework:
    """The competencies and words that a candidate of an edition is seen by."""

    competencies: tuple[Competency, ...]
    levels: tuple[DevelopmentalLevel, ...]


def framework_of(edition: Edition) -> Framework:
    """The framework of an edition, or of the newest one before it that has one; two queries."""
    before = Edition.objects.filter(in_force_from__lte=edition.in_force_from)
    competencies = list(
        Competency.objects.filter(edition__in=before)
        .select_related("edition")
        .order_by("-edition__in_force_from", "number")
    )
    levels = list(
        DevelopmentalLevel.objects.filter(edition__in=before)
        .select_related("edition")
        .order_by("-edition__in_force_from", "position")
    )
    return Framework(
        competencies=tuple(
            row for row in competencies if row.edition_id == competencies[0].edition_id
        ),
        levels=tuple(row for row in levels if row.edition_id == levels[0].edition_id),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A session, or a day on which the candidate looked back."""

    key: str
    at: datetime
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A rating as it is drawn and as it is read."""

    x: float
    y: float
    word: str
    label: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One occasion in the table behind the picture: the word of each side, or nothing."""

    label: str
    by_self: Dot | None
    by_supervisor: Dot | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One competency over time, seen by both sides."""

    competency: Competency
    by_self: tuple[Dot, ...]
    by_supervisor: tuple[Dot, ...]
    rows: tuple[Row, ...]

    @property
    def self_line(self) -> str:
        return line(self.by_self)

    @property
    def supervisor_line(self) -> str:
        return line(self.by_supervisor)

    @property
    def summary(self) -> str:
        """The picture in a sentence, for whoever does not see it."""
        said = []
        for who, dots in (
            (_("candidate"), self.by_self),
            (_("supervisor"), self.by_supervisor),
        ):
            if len(dots) > 1:
                said.append(
                    _("{who}: from {first} to {last}").format(
                        who=who, first=dots[0].word, last=dots[-1].word
                    )
                )
            elif dots:
                said.append(_("{who}: {word}").format(who=who, word=dots[0].word))
        return "; ".join(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """A horizontal line of the picture, with its word."""

    y: float
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """All competencies of an agreement, from baseline to exit."""

    curves: tuple[Curve, ...]
    guides: tuple[Guide, ...]
    occasions: tuple[Occasion, ...]
    width: int = WIDTH
    left: int = LEFT

    @property
    def right(self) -> int:
        return self.width - RIGHT

    @property
    def height(self) -> int:
        return TOP * 2 + STEP * max(len(self.guides) - 1, 0)


def line(dots: Sequence[Dot]) -> str:
    """The points of a polyline."""
    return " ".join(f"{dot.x:g},{dot.y:g}" for dot in dots)


def trajectory_of(
    agreement: Agreement, framework: Framework, *, is_former: bool = False
) -> Trajectory:
    """How both saw the candidate in this agreement; one query. ``is_former`` as in `ratings_of`."""
    return trajectory_from(list(ratings_of([agreement], is_former=is_former)), framework)


def ratings_of(agreements: Iterable[Agreement], *, is_former: bool = False) -> QuerySet[Rating]:
    """Every rating in some agreements, in their order. ``is_former``: a former supervisor looks,
    to whom the candidate's own view is closed."""
    rows = Rating.objects.filter(agreement__in=list(agreements))
    if is_former:
        rows = rows.filter(side=Rating.Side.SUPERVISOR)
    return rows.select_related("session", "level").order_by("rated_at", "pk")


def trajectory_from(ratings: Sequence[Rating], framework: Framework) -> Trajectory:
    """The picture of one agreement's ratings in their order. The latest rating of an occasion,
    side and competency counts."""
    occasions = occasions_of(ratings)
    latest = {(key_of(row), row.side, row.competency_id): row for row in ratings}
    words = {level.pk: number for number, level in enumerate(framework.levels)}

    def dots(competency: Competency, side: str) -> tuple[tuple[str, Dot], ...]:
        found = []
        for place, item in enumerate(occasions):
            row = latest.get((item.key, side, competency.pk))
            if row is not None and row.level_id in words:
                dot = Dot(
                    x=place_of(place, len(occasions)),
                    y=height_of(words[row.level_id], framework),
                    word=row.level.word,
                    label=item.label,
                    sentence=row.sentence,
                )
                found.append((item.key, dot))
        return tuple(found)

    curves = []
    for competency in framework.competencies:
        by_self = dots(competency, Rating.Side.SELF)
        by_supervisor = dots(competency, Rating.Side.SUPERVISOR)
        mine, theirs = dict(by_self), dict(by_supervisor)
        curves.append(
            Curve(
                competency=competency,
                by_self=tuple(dot for _key, dot in by_self),
                by_supervisor=tuple(dot for _key, dot in by_supervisor),
                rows=tuple(
                    Row(
                        label=item.label,
                        by_self=mine.get(item.key),
                        by_supervisor=theirs.get(item.key),
                    )
                    for item in occasions
                    if item.key in mine or item.key in theirs
                ),
            )
        )
    guides = tuple(
        Guide(y=height_of(number, framework), word=level.word)
        for number, level in enumerate(framework.levels)
    )
    return Trajectory(curves=tuple(curves), guides=guides, occasions=occasions)


def key_of(rating: Rating) -> str:
    """What belongs together: a session, or a day without one."""
    if rating.session_id is not None:
        return f"session-{rating.session_id}"
    return f"day-{rating.rated_at:%Y-%m-%d}"


def occasions_of(ratings: Sequence[Rating]) -> tuple[Occasion, ...]:
    """Sessions and days in their order."""
    found: dict[str, Occasion] = {}
    for rating in ratings:
        at = rating.session.started_at if rating.session else rating.rated_at
        label = f"{rating.session.get_kind_display()}, {day(at)}" if rating.session else day(at)
        found[key_of(rating)] = Occasion(key=key_of(rating), at=at, label=label)
    return tuple(sorted(found.values(), key=lambda item: (item.at, item.key)))


def place_of(place: int, count: int) -> float:
    """Occasions stand at even distances; a single one in the middle."""
    span = WIDTH - LEFT - RIGHT - 12
    return round(LEFT + 6 + (span * place / (count - 1) if count > 1 else span / 2), 1)


def height_of(number: int, framework: Framework) -> float:
    """Higher words stand higher."""
    return TOP + STEP * (len(framework.levels) - 1 - number)
