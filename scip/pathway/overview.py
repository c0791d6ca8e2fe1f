"""How the home says it: greeting, the figure, groups of findings, money."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.candidacy.models import Candidacy
from certification.candidacy.requirements.registration import RETREAT
from cohorts.models import Application, Enrolment
from scip.formats import day, moment, money
from scip.pathway.costs import is_begun, is_to_agree, to_come, to_supervisor
from scip.pathway.evidence import ApplicationFacts, Evidence, LevelC, OwedFacts, PlaceFacts
from scip.pathway.next_step import DOOR_OPENS
from scip.pathway.queries import Home, own_gate
from scip.requirements import Finding, Status
from supervision.requirements.ledger import PlannedFacts

App = Application.State


def greeting(name: str, local: datetime) -> str:
    """By the hour where the person is; without a name as kind."""
    if 5 <= local.hour < 12:
        words = (_("Good morning, {name}"), _("Good morning"))
    elif 12 <= local.hour < 18:
        words = (_("Good afternoon, {name}"), _("Good afternoon"))
    else:
        words = (_("Good evening, {name}"), _("Good evening"))
    return words[0].format(name=name) if name else words[1]


def levels(evidence: Evidence) -> list[dict[str, Any]]:
    """The three levels for the figure; exactly one is "now" unless all are done."""
    names = {
        "A": _("Learning cohort"),
        "B": _("Small-group consultations"),
        "C": _("Certification"),
    }
    found: list[dict[str, Any]] = []
    for letter, name in names.items():
        is_here = all(item["state"] == "done" for item in found)
        completed_on = evidence.completed.get(letter)
        level: dict[str, Any] = {"letter": letter, "name": name, "note": "", "percent": 0}
        if completed_on is not None:
            level |= {"state": "done", "percent": 100}
            level["note"] = _("Completed on {day}").format(day=day(completed_on))
        elif is_here:
            note, percent = whereabouts(evidence, letter)
            level |= {"state": "now", "note": note, "percent": percent}
        else:
            level["state"] = "ahead"
        found.append(level)
    return found


def whereabouts(evidence: Evidence, letter: str) -> tuple[str, int]:
    """Where somebody is within a level: a note, and how much of it is behind them in percent."""
    if letter == "C" and evidence.level_c is not None:
        return whereabouts_in_c(evidence.level_c)
    if letter == "C":
        return (_("Open to you next"), 0)
    evidence = evidence.of_level(letter)
    place = evidence.place_in(*Enrolment.TAKING_PART)
    if place is not None:
        if place.counted and place.total:
            note = _("{count} of {total} sessions").format(count=place.counted, total=place.total)
            return (note, max(place.counted * 100 // place.total, 4))
        return (place.cohort, 4)
    if evidence.place_in(Enrolment.State.AWAITING_PAYMENT):
        return (_("Place accepted, payment open"), 3)
    application = evidence.application_in(
        App.OFFERED, App.INFO_NEEDED, App.SUBMITTED, App.WAITING_LIST, App.DRAFT
    )
    notes = {
        App.OFFERED: _("A place is offered to you"),
        App.INFO_NEEDED: _("A question about your application"),
        App.SUBMITTED: _("Application with the office"),
        App.WAITING_LIST: _("On the waiting list"),
        App.DRAFT: _("Application begun"),
    }
    if application is not None:
        return (notes[App(application.state)], 2)
    return (_("This is where it begins") if letter == "A" else _("Open to you next"), 0)


def whereabouts_in_c(level: LevelC) -> tuple[str, int]:
    """The same for Level C, as far as registering goes."""
    notes = {
        Candidacy.State.AWAITING_PAYMENT: (_("Registration waits for its fee"), 3),
        Candidacy.State.ACTIVE: (_("Registered"), 4),
        Candidacy.State.ON_LEAVE: (_("On leave"), 4),
        Candidacy.State.PREPARING: (_("Registration being prepared"), 2),
    }
    if level.state:
        return notes[Candidacy.State(level.state)]
    return (_("Open to you next"), 0)


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that belong together. ``is_folded``: all met, so they may rest closed."""

    code: str
    title: str
    findings: tuple[Finding, ...]

    @property
    def is_folded(self) -> bool:
        return all(item.is_met for item in self.findings)

    @property
    def met(self) -> int:
        return sum(item.is_met for item in self.findings)


def groups(evidence: Evidence) -> tuple[Group, ...]:
    """Every requirement as it stands: what one brings, the application, taking part."""
    found = [
        Group("brings", _("What you bring to Level A"), evidence.prerequisites),
    ]
    found += [
        Group(
            f"application-{item.pk}",
            _("Your application for {cohort}").format(cohort=item.cohort),
            application_findings(item),
        )
        for item in evidence.applications
    ]
    for place in evidence.places:
        findings = place_findings(place, evidence)
        if findings:
            found.append(Group(f"place-{place.pk}", place.cohort, findings))
    if evidence.level_c is not None:
        found.append(certification_group(evidence.level_c))
    if evidence.supervision is not None:
        title = _("Supervision on the way to certification")
        found.append(Group("supervision", title, evidence.supervision.findings))
    return tuple(group for group in found if group.findings)


def certification_group(level: LevelC) -> Group:
    """What registering asks for; once registered, a retreat that the office let wait."""
    if not level.is_registered:
        return Group("certification", _("Registering for certification"), level.findings)
    owed = (item for item in level.findings if item.code == RETREAT)
    open_still = tuple(item for item in owed if item.status is not Status.MET)
    return Group("certification", _("Still to bring for certification"), open_still)


def application_findings(application: ApplicationFacts) -> tuple[Finding, ...]:
    """What an application still needs beside the prerequisites; nothing once it is decided."""
    if application.gate is None:
        return ()
    return tuple(
        replace(item, code=f"{item.code}-{application.pk}") for item in own_gate(application.gate)
    )


def place_findings(place: PlaceFacts, evidence: Evidence) -> tuple[Finding, ...]:
    """Attendance and completion of one confirmed place."""
    if place.attendance is None:
        return ()
    return (
        replace(place.attendance, code=f"attendance-{place.pk}"),
        completion_finding(place, evidence),
    )


def completion_finding(place: PlaceFacts, evidence: Evidence) -> Finding:
    """Where the outcome of a place stands; the rule itself is the finding of attendance."""
    completed_on = evidence.completed.get(place.level)
    recognition = next((item for item in evidence.recognitions if item.level == place.level), None)
    if completed_on is not None:
        return Finding(
            code=f"completion-{place.pk}",
            title=_("Completion"),
            status=Status.MET,
            found=_("On record: {title}.").format(title=recognition.title)
            if recognition
            else _("On record."),
            next_step=_("See how it can be verified") if recognition else "",
            url=reverse("credentials:verify", args=[recognition.code]) if recognition else "",
        )
    is_over = not place.coming and place.last_session_at is not None
    return Finding(
        code=f"completion-{place.pk}",
        title=_("Completion"),
        status=Status.WAITING
        if is_over and place.state == Enrolment.State.CONFIRMED
        else Status.LATER,
        waiting_for=_("the office") if is_over else "",
        needed=_("Decided once the last session is over, {when}.").format(
            when=moment(place.last_session_at)
        )
        if place.last_session_at
        else _("Decided once the last session is over."),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What was paid, what is owed, what is still to come; rows for the list of facts."""

    now: tuple[dict[str, Any], ...]
    ahead: tuple[dict[str, Any], ...]
    owed: tuple[OwedFacts, ...]


def money_of(home: Home) -> Money:
    """The honest account: amounts per currency so far, then the rest of the way at the figures
    of the Edition in force, with what goes to a supervisor directly kept apart."""
    charges = home.evidence.charges
    currencies = sorted({item.currency for item in charges})
    now: list[dict[str, Any]] = []
    for currency in currencies:
        mine = [item for item in charges if item.currency == currency]
        paid = sum(item.paid_cents - item.refunded_cents for item in mine)
        due = sum(item.due_cents for item in mine)
        now.append({"label": _("Paid to CMSC"), "value": money(paid, currency)})
        if due:
            now.append({"label": _("Owed now"), "value": money(due, currency)})
    return Money(
        now=tuple(now), ahead=tuple(ahead_of(home)), owed=tuple(c for c in charges if c.due_cents)
    )


def ahead_of(home: Home) -> list[dict[str, Any]]:
    """What the rest of the path costs at today's figures; nothing that is already charged."""
    edition = home.edition
    currency = edition.currency
    to_cmsc: list[tuple[str, int]] = []
    if home.tuition_is_open:
        to_cmsc.append((_("Level A, standard price"), home.standard_cents))
    if not is_begun(home, "B"):
        to_cmsc.append((_("Level B, standard price"), edition.level_b_standard_cents))
    to_cmsc += [
        (_("Level C: {fee}").format(fee=line.label), line.ahead_cents)
        for line in to_come(home, "C")
    ]
    directly = sum(line.ahead_cents for line in to_supervisor(home))
    rows: list[dict[str, Any]] = [
        {"label": label, "value": money(cents, currency)} for label, cents in to_cmsc
    ]
    if directly:
        rows.append(
            {
                "label": _("Level C: to your supervisor, directly"),
                "value": money(directly, currency),
                "note": supervision_note(home),
            }
        )
    total = sum(cents for _label, cents in to_cmsc) + directly
    if rows:
        rows.append(
            {"label": _("Together, still to come"), "value": money(total, currency), "total": True}
        )
    return rows


def supervision_note(home: Home) -> str:
    """How the figure for supervision comes about."""
    if not is_to_agree(home):
        return _("As you agreed, for the sessions that are still to be held.")
    found = home.evidence.supervision
    count = sum(found.ahead.values()) if found else home.level_c_edition.all_supervision_sessions
    return ngettext(
        "{count} session at the standard rate", "{count} sessions at the standard rate", count
    ).format(count=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A session to come. ``join_url`` is empty for places that are not confirmed yet; ``number``
    is 0 for a supervision session, which is known by whom one meets (``cohort``)."""

    cohort: str
    number: int
    title: str
    starts_at: datetime
    ends_at: datetime
    join_url: str
    is_now: bool
    url: str


def coming(
    evidence: Evidence,
    *,
    now: datetime,
    appointments: tuple[PlannedFacts, ...] = (),
    limit: int = 3,
) -> tuple[Coming, ...]:
    """The next sessions over all confirmed places and in supervision, soonest first.
    ``appointments`` are those that somebody has as a supervisor."""
    found = [
        Coming(
            cohort=place.cohort,
            number=session.number,
            title=session.title,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            join_url=place.join_url,
            is_now=session.starts_at - DOOR_OPENS <= now,
            url=reverse("enrolments:detail", args=[place.pk]),
        )
        for place in evidence.places
        if place.state == Enrolment.State.CONFIRMED
        for session in place.coming
    ]
    supervised = evidence.supervision.planned if evidence.supervision else ()
    found += [in_supervision(item, now=now) for item in (*supervised, *appointments)]
    found = [item for item in found if item.ends_at > now]
    return tuple(sorted(found, key=lambda item: item.starts_at)[:limit])


def in_supervision(item: PlannedFacts, *, now: datetime) -> Coming:
    """A planned supervision session; a place that is no address stands on its page."""
    return Coming(
        cohort=item.other,
        number=0,
        title=str(_("Supervision")),
        starts_at=item.starts_at,
        ends_at=item.ends_at,
        join_url=item.where if item.where.startswith("https://") else "",
        is_now=item.starts_at - DOOR_OPENS <= now,
        url=reverse("supervision:agreement", args=[item.agreement]),
    )
