"""From a snapshot's values to the chapters of its dossier; the same reading serves page and paper.

Pure: nothing but what was frozen is read, so that no later edit can reach a dossier.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.review.models import AppealOutcome
from scip.formats import day
from scip.pdf.dossiers import Chapter, Entry, PrintedDossier
from scip.pdf.records import Section

type Values = Mapping[str, Any]


def printed(
    content: Values, *, sha256: str, recommendation: Values | None = None
) -> PrintedDossier:
    """The dossier of a snapshot; ``recommendation`` only for the committee's copy."""
    with timezone.override(UTC):
        day_of_it = said(content["submission"]["frozen_at"])
    return PrintedDossier(
        title=_("Final submission {number}").format(number=content["submission"]["number"]),
        candidate=content["candidate"]["name"],
        organisation=content["edition"]["organisation"],
        note=_(
            "As it stood on {day}, when it was submitted. Nothing that was written later is "
            "in it. Clients stand here under labels."
        ).format(day=day_of_it),
        sha256=sha256,
        chapters=chapters(content, recommendation),
    )


def chapters(content: Values, recommendation: Values | None = None) -> tuple[Chapter, ...]:
    """Everything in the order of reading; a chapter with nothing in it is left out.

    Days are UTC for every reader, as in the findings, whose words were frozen: else one document
    names two days for the same thing.
    """
    with timezone.override(UTC):
        found = (
            summary(content),
            asked_again(content),
            letter(content),
            recommended(content, recommendation),
            findings(content),
            supervision(content["supervision"]),
            competencies(content),
            case_studies(content["cases"]),
            write_ups(content["write_ups"]),
            excerpts(content["excerpts"]),
        )
    return tuple(item for item in found if item is not None)


def said(value: str | None) -> str:
    """A kept day or moment as people read it."""
    if not value:
        return ""
    return day(datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value))


def summary(content: Values) -> Chapter:
    """The facts on one page."""
    edition = content["edition"]
    facts = [
        (_("Candidate"), content["candidate"]["name"]),
        (_("Registered"), said(content["candidate"]["registered_at"])),
        (_("Held to"), edition["name"]),
        *(
            (row["title"], f"{said(row['completed_on'])}, {row['basis']}")
            for row in content["levels"]
        ),
    ]
    if (word := content["attestation"]) is not None:
        words = _("{sessions} with {clients} clients, attested by {name} on {day}")
        facts.append(
            (
                _("Client sessions"),
                words.format(
                    sessions=word["client_sessions"],
                    clients=word["clients"],
                    name=word["name_typed"],
                    day=said(word["attested_at"]),
                ),
            )
        )
    if content["log"]["sessions"]:
        sessions, hours = content["log"]["sessions"], round(content["log"]["minutes"] / 60, 1)
        words = ngettext(
            "{count} session, {hours} hours", "{count} sessions, {hours} hours", sessions
        )
        facts.append((_("Of them logged"), words.format(count=sessions, hours=hours)))
    if (retreat := content["retreat"]) is not None:
        facts.append((_("Silent retreat"), retreat_words(retreat)))
    facts.append((_("Portfolio"), portfolio_words(content)))
    lead = _("Days are by UTC, so that everybody reads the same.")
    return Chapter(name="summary", title=_("Summary"), lead=lead, facts=tuple(facts))


def retreat_words(retreat: Values) -> str:
    """Title, days, place, teachers."""
    place = _("online") if retreat["is_online"] else retreat["place"]
    return ", ".join(
        item
        for item in (
            retreat["title"],
            f"{said(retreat['started_on'])} – {said(retreat['ended_on'])}",
            ngettext("{count} day", "{count} days", retreat["days"]).format(count=retreat["days"]),
            place,
            retreat["teachers"],
        )
        if item
    )


def portfolio_words(content: Values) -> str:
    """How much there is to read."""
    cases, texts, pieces = (len(content[name]) for name in ("cases", "write_ups", "excerpts"))
    clients = len({row["client"] for row in content["cases"] if row["client"]})
    words = ngettext("{count} case study", "{count} case studies", cases).format(count=cases)
    if clients:
        about_whom = ngettext("about {count} client", "about {count} clients", clients)
        words = f"{words} {about_whom.format(count=clients)}"
    rows = (
        (texts, ngettext("{count} longer text", "{count} longer texts", texts)),
        (pieces, ngettext("{count} excerpt", "{count} excerpts", pieces)),
    )
    return ", ".join([words, *(name.format(count=count) for count, name in rows if count)])


def asked_again(content: Values) -> Chapter | None:
    """Of a resubmission: each point of the committee with the candidate's answer."""
    rows = content.get("asks", ())
    if not rows:
        return None
    return Chapter(
        name="asked",
        title=_("What was asked, and the answers"),
        lead=_("Only these points are read again; the rest stands as it was, for reference."),
        parts=tuple(
            part
            for row in rows
            for part in (
                (_("Point {number}").format(number=row["number"]), row["text"]),
                (_("The answer to point {number}").format(number=row["number"]), row["response"]),
            )
        ),
    )


def letter(content: Values) -> Chapter:
    """The letter of application."""
    return Chapter(
        name="letter",
        title=_("Letter of application"),
        parts=tuple((item["label"], item["text"]) for item in content["letter"]),
    )


def recommended(content: Values, recommendation: Values | None) -> Chapter:
    """The supervisor's letter for the committee; for the candidate that it was sent."""
    told = content["recommendation"]
    if told["outcome"] == AppealOutcome.OVERTURNED:
        return panels_answer(told, recommendation)
    lead = _("{name} recommends; sent to the committee on {day}.").format(
        name=told["supervisor"], day=said(told["sent_at"])
    )
    if recommendation is None:
        return Chapter(
            name="recommendation",
            title=_("Recommendation"),
            lead=f"{lead} {_('The letter itself went to the committee alone.')}",
        )
    return Chapter(
        name="recommendation",
        title=_("Recommendation"),
        lead=lead,
        parts=tuple(
            (item["label"][0].upper() + item["label"][1:], item["text"])
            for item in recommendation["parts"]
        ),
    )


def panels_answer(told: Values, recommendation: Values | None) -> Chapter:
    """What an appeal panel answered, in the place of a recommendation; its reasons
    are in the committee's paper, and their candidate has them by letter."""
    words = recommendation["parts"] if recommendation is not None else ()
    return Chapter(
        name="recommendation",
        title=_("In the place of a recommendation"),
        lead=_(
            "The supervisor said “not yet”. An appeal panel overturned it on {day}; its answer "
            "counts as the recommendation."
        ).format(day=said(told["sent_at"])),
        parts=tuple((item["label"], item["text"]) for item in words),
    )


def findings(content: Values) -> Chapter:
    """What the edition asks, and what was there."""
    rows = tuple(
        (
            item["title"],
            _("waived") if item["status"] == "waived" else _("met"),
            " ".join(filter(None, (item["found"], item["waived_by"], item["waiver_reason"]))),
        )
        for item in content["findings"]
    )
    return Chapter(
        name="findings",
        title=_("What is asked, and what was there"),
        lead=_("By the {edition}.").format(edition=content["edition"]["name"]),
        tables=(
            Section(
                title=_("Findings"),
                columns=(_("Asked"), _("Stood"), _("Found")),
                rows=rows,
            ),
        ),
    )


def supervision(facts: Values) -> Chapter:
    """Sessions by phase, plans, and growth in the words of both."""
    sessions = tuple(
        Section(
            title=phase["title"],
            columns=(_("Session"), _("Held"), _("Minutes"), _("Supervisor"), _("Counts")),
            rows=tuple(
                (
                    item["title"],
                    said(item["held_on"]),
                    str(item["minutes"]),
                    item["supervisor"],
                    _("yes") if item["counts"] else _("no"),
                )
                for item in phase["sessions"]
            ),
        )
        for phase in facts["phases"]
    )
    growth = Section(
        title=_("Competencies over time"),
        columns=(_("Competency"), _("When"), _("Seen by the candidate"), _("By the supervisor")),
        rows=tuple(
            (item["competency"], row["when"], row["by_self"], row["by_supervisor"])
            for item in facts["growth"]
            for row in item["steps"]
        ),
        note=_("The words describe a development; they are no marks."),
    )
    return Chapter(
        name="supervision",
        title=_("Supervision"),
        parts=tuple(plan_part(item) for item in facts["plans"]),
        tables=(*sessions, *((growth,) if growth.rows else ())),
    )


def plan_part(plan: Values) -> tuple[str, str]:
    """One plan: its heading and its words."""
    title = _("Supervision plan {number}, with {name}, agreed on {day}").format(
        number=plan["number"], name=plan["supervisor"], day=said(plan["agreed_at"])
    )
    focus = _("In focus: {names}.").format(names="; ".join(plan["focus"]))
    return title, f"{plan['objectives']}\n{focus}" if plan["focus"] else plan["objectives"]


def competencies(content: Values) -> Chapter:
    """The map: which text shows what."""
    rows = tuple(
        (item["competency"], numbers(item["cases"]), "; ".join(item["write_ups"]))
        for item in content["map"]
    )
    return Chapter(
        name="competencies",
        title=_("Map of competencies"),
        tables=(
            Section(
                title=_("Shown in"),
                columns=(_("Competency"), _("Case studies"), _("Longer texts")),
                rows=rows,
            ),
        ),
    )


def numbers(found: Sequence[int]) -> str:
    return ", ".join(str(number) for number in found)


def case_studies(rows: Sequence[Values]) -> Chapter | None:
    """Each on a page of its own."""
    if not rows:
        return None
    return Chapter(
        name="cases",
        title=_("Case studies"),
        lead=ngettext("{count} case study.", "{count} case studies.", len(rows)).format(
            count=len(rows)
        ),
        entries=tuple(case_entry(row) for row in rows),
    )


def case_entry(row: Values) -> Entry:
    """One case study."""
    title = _("Case study {number}").format(number=row["number"])
    marks = []
    if row["levels"]:
        levels = "\n".join(item["title"] for item in row["levels"])
        marks.append((_("Where self-compassion came in"), levels))
    if row["competencies"]:
        marks.append((_("Competencies it shows"), "\n".join(row["competencies"])))
    return Entry(
        title=f"{title}, {row['client']}" if row["client"] else title,
        about=about(row),
        parts=(*((item["label"], item["text"]) for item in row["parts"]), *marks),
        name=f"case-{row['number']}",
    )


def about(row: Values) -> str:
    """Length and day of a text, and whether its writer calls it done."""
    words = ngettext("{count} word", "{count} words", row["words"]).format(count=row["words"])
    parts = [words, _("saved on {day}").format(day=said(row["saved_at"]))]
    if not row["is_done"]:
        parts.append(_("not marked as done"))
    return " · ".join(parts)


def write_ups(rows: Sequence[Values]) -> Chapter | None:
    """Longer texts."""
    if not rows:
        return None
    return Chapter(
        name="texts",
        title=_("Longer texts"),
        entries=tuple(
            Entry(
                title=row["title"],
                about=f"{row['kind']} · {about(row)}",
                parts=(
                    ("", row["text"]),
                    *(
                        ((_("Competencies it shows"), "\n".join(row["competencies"])),)
                        if row["competencies"]
                        else ()
                    ),
                ),
                name=f"text-{number}",
            )
            for number, row in enumerate(rows, start=1)
        ),
    )


def excerpts(rows: Sequence[Values]) -> Chapter | None:
    """What excerpts there are; those for supervision alone by that word only."""
    if not rows:
        return None
    return Chapter(
        name="excerpts",
        title=_("Excerpts of sessions"),
        lead=_("Recordings are opened on the site, never from a file like this one."),
        tables=(
            Section(
                title=_("Excerpts"),
                columns=(_("No."), _("Kind"), _("Belongs to"), _("What it is"), _("File")),
                rows=tuple(excerpt_row(row) for row in rows),
            ),
        ),
    )


def excerpt_row(row: Values) -> tuple[str, ...]:
    """One line."""
    case = _("case study {number}").format(number=row["case"]) if row["case"] else ""
    if "title" not in row:
        return (str(row["number"]), row["kind"], case, _("shown to the supervisor only"), "")
    if row["file"] is None:
        what = _("{title}; shown in person, seen by {name} on {day}").format(
            title=row["title"], name=row["seen_by"], day=said(row["seen_at"])
        )
        return (str(row["number"]), row["kind"], case, what, "")
    return (
        str(row["number"]),
        row["kind"],
        case,
        row["title"],
        f"SHA-256 {row['file']['sha256'][:16]}…",
    )
