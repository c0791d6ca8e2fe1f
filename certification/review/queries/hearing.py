"""From what was frozen with an appeal to the chapters that its panel reads. Nothing else is looked
at, so that no later edit reaches them."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from certification.review.models.appeals import titled
from certification.review.queries.dossiers import retreat_words, said, supervision
from scip.pdf.dossiers import Chapter

type Values = Mapping[str, Any]


def chapters_of(content: Values) -> tuple[Chapter, ...]:
    """In the order of reading: the statement, the answer in question, the way so far."""
    found = (statement(content), not_yet(content), decision(content), facts(content))
    return (*(item for item in found if item is not None), supervision(content["supervision"]))


def statement(content: Values) -> Chapter:
    """The candidate's own words, and who brought them where it was the office. Where the office
    attached what they sent, it is named in its reader's language."""
    lead = _("Filed on {day}.").format(day=said(content["filed_at"]))
    # What was frozen before the office could file has no such line.
    if why := content.get("filed_by_office"):
        by_office = _("CMSC’s office filed it for the candidate, because: {why}").format(why=why)
        lead = f"{lead} {by_office}"
    words = content["statement"]
    if not words:
        titles = ", ".join(titled(row["title"]) for row in content["documents"])
        lead = f"{lead} {_('The statement is attached: {title}.').format(title=titles)}"
    heading = _("In {name}’s words").format(name=content["candidate"]["name"])
    return Chapter(
        name="statement",
        title=_("The statement"),
        lead=lead,
        parts=((heading, words),) if words else (),
    )


def parts_of(values: Values) -> tuple[tuple[str, str], ...]:
    """Texts with their headings."""
    return tuple(
        (item["label"][0].upper() + item["label"][1:], item["text"]) for item in values["parts"]
    )


def not_yet(content: Values) -> Chapter | None:
    """The supervisor's letter."""
    letter = content["not_yet"]
    if letter is None:
        return None
    return Chapter(
        name="not-yet",
        title=_("The “not yet”"),
        lead=_("{name} sent it on {day}. The candidate has read its last part only.").format(
            name=letter["supervisor"], day=said(letter["sent_at"])
        ),
        parts=parts_of(letter),
    )


def decision(content: Values) -> Chapter | None:
    """The committee's letter, with what it asks for."""
    letter = content["decision"]
    if letter is None:
        return None
    asks = tuple(
        (_("Point {number}").format(number=number), text)
        for number, text in enumerate(letter["asks"], start=1)
    )
    return Chapter(
        name="answer",
        title=_("The committee’s answer"),
        lead=_("Sent on {day}.").format(day=said(letter["sent_at"])),
        parts=(*(part for part in parts_of(letter) if part[1].strip()), *asks),
    )


def facts(content: Values) -> Chapter:
    """The way so far, and the figures that it is held to."""
    edition = content["edition"]
    rows = [
        (_("Registered"), said(content["candidate"]["registered_at"])),
        (_("Held to"), edition["name"]),
        *(
            (row["title"], f"{said(row['completed_on'])}, {row['basis']}")
            for row in content["levels"]
        ),
        (
            _("Sessions asked for"),
            _(
                "{assessment} of assessment, {supervision} of supervision, {closing} to close"
            ).format(
                assessment=edition["assessment_sessions"],
                supervision=edition["supervision_sessions"],
                closing=edition["closing_sessions"],
            ),
        ),
    ]
    if content["retreat"] is not None:
        rows.append((_("Silent retreat"), retreat_words(content["retreat"])))
    return Chapter(name="facts", title=_("The way so far"), facts=tuple(rows))
