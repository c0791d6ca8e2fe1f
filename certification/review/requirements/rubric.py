"""What a reader goes by: one line for each thing to look at, with the way to where it shows.

Pure: made from a snapshot's values alone, so that every reader of a submission has the same lines
whatever the site asks tomorrow. A resubmission is read again only in what was asked (`domain.md`,
"Decision"), and its lines are these points.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from scip.requirements import Finding, Status

type Values = Mapping[str, Any]

COMPETENCIES, REQUIREMENTS, QUESTIONS, POINTS = "competency", "requirement", "question", "point"
# Frozen findings are facts; a reader need not say anything about them.
FACTS = frozenset({REQUIREMENTS})
CERTIFIED, DEVELOPMENT = "certified", "development"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A place in the document."""

    name: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricLine:
    """One thing to look at. ``note`` is what is known of it already."""

    code: str
    title: str
    note: str = ""
    anchors: tuple[Anchor, ...] = ()

    @property
    def group(self) -> str:
        return self.code.split(":", 1)[0]

    @property
    def is_asked(self) -> bool:
        """Has a reader to say something about it?"""
        return self.group not in FACTS


def group_titles() -> dict[str, str]:
    """What the groups of lines are called, in their order."""
    return {
        POINTS: _("What was asked"),
        COMPETENCIES: _("Competencies"),
        QUESTIONS: _("Questions"),
        REQUIREMENTS: _("Requirements"),
    }


def rubric(content: Values) -> tuple[RubricLine, ...]:
    """The lines for what was frozen, in the order in which they are read."""
    if asks := content.get("asks"):
        return tuple(point(item) for item in asks)
    return (*competencies(content), *questions(), *requirements(content))


def point(ask: Values) -> RubricLine:
    """One point of the earlier letter, and the answer to it."""
    number = ask["number"]
    return RubricLine(
        code=f"{POINTS}:{number}",
        title=ask["text"],
        anchors=(Anchor(name=f"ask-{number}", label=_("The answer to it")),),
    )


def competencies(content: Values) -> Iterator[RubricLine]:
    """Each competency, with what its candidate says shows it and how both saw it last."""
    texts = {row["title"]: number for number, row in enumerate(content["write_ups"], start=1)}
    grown = {row["competency"]: row["steps"][-1] for row in content["supervision"]["growth"]}
    for number, row in enumerate(content["map"], start=1):
        last = grown.get(row["competency"])
        anchors = [
            *(
                Anchor(name=f"case-{case}", label=_("Case study {number}").format(number=case))
                for case in row["cases"]
            ),
            *(
                Anchor(name=f"text-{texts[title]}", label=title)
                for title in row["write_ups"]
                if title in texts
            ),
        ]
        if last is not None:
            anchors.append(Anchor(name="chapter-supervision", label=_("Growth")))
        yield RubricLine(
            code=f"{COMPETENCIES}:{number}",
            title=row["competency"],
            note=seen_last(last),
            anchors=tuple(anchors),
        )


def seen_last(step: Values | None) -> str:
    """The words of both for the latest occasion."""
    if step is None:
        return ""
    words = [
        template.format(word=step[side])
        for side, template in (
            ("by_supervisor", _("supervisor: {word}")),
            ("by_self", _("candidate: {word}")),
        )
        if step[side]
    ]
    return _("{when}: {words}").format(when=step["when"], words="; ".join(words)) if words else ""


def questions() -> tuple[RubricLine, ...]:
    """What no count answers. The first three are the field's three levels (`domain.md`)."""
    cases = Anchor(name="chapter-cases", label=_("Case studies"))
    letter = Anchor(name="chapter-letter", label=_("Letter of application"))
    rows = (
        ("presence", _("Is compassionate presence there: how the therapist is with themselves?")),
        ("alliance", _("Is a compassionate alliance there: acceptance, resonance, resources?")),
        ("interventions", _("Do clients come to be with themselves otherwise, at their own pace?")),
        ("readiness", _("Was the client ready each time, and was there waiting where they were not?")),
        ("ethics", _("Are ethics kept, and can nobody be recognised who did not agree to it?")),
        ("own_practice", _("Does the therapist’s own practice carry the work?")),
    )  # fmt: skip
    return tuple(
        RubricLine(
            code=f"{QUESTIONS}:{name}",
            title=title,
            anchors=(letter,) if name == "own_practice" else (cases,),
        )
        for name, title in rows
    )


def requirements(content: Values) -> Iterator[RubricLine]:
    """Each finding as it stood when it was submitted."""
    anchor = Anchor(name="chapter-findings", label=_("As it stood"))
    for row in content["findings"]:
        word = _("waived") if row["status"] == Status.WAIVED.value else _("met")
        note = " ".join(filter(None, (row["found"], row["waived_by"], row["waiver_reason"])))
        yield RubricLine(
            code=f"{REQUIREMENTS}:{row['code']}",
            title=row["title"],
            note=f"{word}. {note}".strip(),
            anchors=(anchor,),
        )


def view_findings(
    values: Values, shown: Mapping[str, str], lines: tuple[RubricLine, ...]
) -> tuple[Finding, ...]:
    """What a view needs before it can be given: a word on every line that asks for one ("I cannot
    tell" is one), a conclusion, what is strong, and for "further development" what is missing and
    how. ``shown`` has the word for each code."""
    silent = [line for line in lines if line.is_asked and not shown.get(line.code)]
    is_development = values["conclusion"] == DEVELOPMENT
    wanted = [
        ("strengths", _("What is strong"), True),
        ("missing", _("What is missing"), is_development),
        ("how", _("How, and by when"), is_development),
    ]
    rows = [
        Finding(
            code="lines",
            title=_("A word on every line"),
            status=Status.OPEN if silent else Status.MET,
            needed=_("Still open: {titles}. “I cannot tell” is a word, too.").format(
                titles="; ".join(line.title.rstrip("?") for line in silent)
            )
            if silent
            else "",
        ),
        Finding(
            code="conclusion",
            title=_("Your conclusion"),
            status=Status.MET if values["conclusion"] else Status.OPEN,
            needed="" if values["conclusion"] else _("Choose what you would answer."),
        ),
    ]
    rows += [
        Finding(
            code=name,
            title=title,
            status=Status.MET if values[name].strip() else Status.OPEN,
            needed="" if values[name].strip() else _("It is still empty."),
        )
        for name, title, is_wanted in wanted
        if is_wanted
    ]
    return tuple(rows)
