"""What an application needs, at sending, at the offer and at acceptance (`domain.md`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from cohorts.models import PriceTier
from payments.refund_terms import RefundStep, RefundTerms
from scip.accounts.requirements import PrerequisiteEvidence, prerequisite_findings
from scip.formats import day, moment, money
from scip.requirements import Assessment, Finding, Status

PREREQUISITES = frozenset({"standing", "msc", "insurance", "practice"})
# Without these no place is offered or accepted.
ENTRY = PREREQUISITES | {"level_a"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEvidence:
    """The chosen price as the cohort has it."""

    kind: str
    label: str
    amount_cents: int
    currency: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelAEvidence:
    """What is on record about Level A: the day it was completed (or credited), or the title of
    a cohort in which the person takes part now."""

    completed_on: date | None = None
    under_way: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryEvidence:
    """What a place depends on. ``level_a`` is None where it isn't asked."""

    prerequisites: PrerequisiteEvidence
    msc_due_on: date | None
    level_a: LevelAEvidence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionEvidence:
    """One application and its person, at one moment."""

    application_id: int
    entry: EntryEvidence
    missing_profile: tuple[str, ...]
    missing_words: tuple[str, ...]
    attends_live: bool
    price: PriceEvidence | None
    asks_for_aid: bool
    is_sent: bool
    is_accepting: bool
    opens_at: datetime
    closes_at: datetime

    def step_url(self, step: str) -> str:
        """Address of the form's step where something can be completed."""
        return reverse("applications:step", args=[self.application_id, step])


def admission_findings(evidence: AdmissionEvidence, *, as_of: datetime) -> Assessment:
    """Everything that an application needs, in the order of the form's steps.

    ``as_of`` decides whether documents are still valid (its UTC day). A deferred MSC
    programme is shown as owed later and holds nothing up.
    """
    return Assessment(
        (
            profile_finding(evidence),
            *entry_findings(evidence.entry, as_of=as_of),
            words_finding(evidence),
            live_finding(evidence),
            price_finding(evidence),
            *(() if evidence.is_sent else (window_finding(evidence, as_of),)),
        )
    )


def entry_findings(evidence: EntryEvidence, *, as_of: datetime) -> tuple[Finding, ...]:
    """The part of `admission_findings` that a place depends on."""
    return (
        *(() if evidence.level_a is None else (level_a_finding(evidence.level_a),)),
        *prerequisite_findings(
            evidence.prerequisites, as_of=as_of.date(), msc_due_on=evidence.msc_due_on
        ),
    )


def holding_up_sending(assessment: Assessment) -> tuple[Finding, ...]:
    """What keeps an application from being sent: only what the person can do themselves.

    Evidence that the office still has to look at holds nothing up.
    """
    return assessment.to_do


def holding_up_a_place(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What keeps a place from being offered or accepted: prerequisites must be verified
    and valid; a deferred one may follow later."""
    return tuple(
        finding
        for finding in findings
        if finding.code in ENTRY and finding.status in {Status.OPEN, Status.WAITING}
    )


def profile_finding(evidence: AdmissionEvidence) -> Finding:
    """Name, profession and country are known."""
    return Finding(
        code="profile",
        title=_("About you"),
        status=Status.OPEN if evidence.missing_profile else Status.MET,
        needed=_("Your name as it should stand on a certificate, your profession and country."),
        found=_("Still missing: {what}.").format(what=", ".join(evidence.missing_profile))
        if evidence.missing_profile
        else "",
        next_step=_("Complete your profile") if evidence.missing_profile else "",
        url=evidence.step_url("you"),
    )


def level_a_finding(level_a: LevelAEvidence) -> Finding:
    """Level B follows Level A, completed or credited for an earlier format (`domain.md`).

    While a cohort is under way one may apply; a place is offered once Level A is on record.
    """
    if level_a.completed_on:
        status, found, next_step = (
            Status.MET,
            _("On record since {day}.").format(day=day(level_a.completed_on)),
            "",
        )
    elif level_a.under_way:
        status, next_step = Status.WAITING, _("Nothing for you to do right now.")
        found = _("You take part in {cohort}.").format(cohort=level_a.under_way)
    else:
        status, found = Status.OPEN, _("There is no completed Level A on record for you.")
        next_step = _(
            "See the coming cohorts, or write to us if you took part in an earlier format"
        )
    return Finding(
        code="level_a",
        title=_("Level A"),
        status=status,
        needed=_("The learning cohort, completed, or an earlier format that we have credited."),
        found=found,
        next_step=next_step,
        url=reverse("cohorts:list") if status is Status.OPEN else "",
        waiting_for=_("the end of your cohort") if status is Status.WAITING else "",
    )


def words_finding(evidence: AdmissionEvidence) -> Finding:
    """The written parts are there; how long they are is left to the person."""
    return Finding(
        code="words",
        title=_("In your own words"),
        status=Status.OPEN if evidence.missing_words else Status.MET,
        needed=_("A few sentences to each question; no more is expected."),
        found=_("Still empty: {what}.").format(what=", ".join(evidence.missing_words))
        if evidence.missing_words
        else "",
        next_step=_("Write a few sentences") if evidence.missing_words else "",
        url=evidence.step_url("words"),
    )


def live_finding(evidence: AdmissionEvidence) -> Finding:
    """Learning happens live; recordings never count (`domain.md`, "Attendance")."""
    return Finding(
        code="live",
        title=_("You can be there live"),
        status=Status.MET if evidence.attends_live else Status.OPEN,
        needed=_("The sessions happen live and are not recorded."),
        next_step="" if evidence.attends_live else _("Look at the dates and confirm"),
        url=evidence.step_url("words"),
    )


def price_finding(evidence: AdmissionEvidence) -> Finding:
    """A price that holds today is chosen, or aid is asked for."""
    price = evidence.price
    # Once sent, the office and the offer decide about the price; it is no task any more.
    chosen = price is not None and (price.holds or evidence.is_sent)
    if price is not None and not chosen:
        found = _("The date for {tier} has passed while you were writing.").format(tier=price.label)
    elif price is not None:
        found = f"{price.label}, {money(price.amount_cents, price.currency)}"
    else:
        found = _("You asked for aid.") if evidence.asks_for_aid else ""
    met = chosen or (price is None and evidence.asks_for_aid)
    return Finding(
        code="price",
        title=_("Your price"),
        status=Status.MET if met else Status.OPEN,
        needed=_("One of the prices, or a request for a supported place or a scholarship."),
        found=found,
        next_step="" if met else _("Choose what fits"),
        url=evidence.step_url("price"),
    )


def window_finding(evidence: AdmissionEvidence, as_of: datetime) -> Finding:
    """The cohort takes applications now."""
    if evidence.is_accepting:
        found = _("Open until {when}.").format(when=moment(evidence.closes_at))
    elif as_of < evidence.opens_at:
        found = _("Opens {when}.").format(when=moment(evidence.opens_at))
    else:
        found = _("Applications for this cohort are closed.")
    return Finding(
        code="window",
        title=_("Application time"),
        status=Status.MET if evidence.is_accepting else Status.OPEN,
        found=found,
        next_step=""
        if evidence.is_accepting
        else _("Your draft stays with you. See which other cohorts are open."),
        url="" if evidence.is_accepting else reverse("cohorts:list"),
    )


def refund_terms(
    *, starts_at: datetime, zone: str, full_refund_days: int, half_refund_days: int
) -> RefundTerms:
    """Tuition refunds: all until so many days before the start, then half, then nothing.

    Days are counted back from the day of the first session, in the cohort's zone; a named
    day is included to its end.
    """
    info = ZoneInfo(zone)
    starts_on = starts_at.astimezone(info).date()
    full, half = (
        starts_on - timedelta(days=count) for count in (full_refund_days, half_refund_days)
    )
    sentences = [
        _("Until {day}, {count} days before the start, all of your tuition comes back.").format(
            day=day(full), count=full_refund_days
        )
    ]
    steps = [RefundStep(after(full, info), 100)]
    if half > full:
        sentences.append(
            _("Until {day}, {count} days before the start, half of it comes back.").format(
                day=day(half), count=half_refund_days
            )
        )
        steps.append(RefundStep(after(half, info), 50))
    sentences.append(
        _("After that the place cannot be given to somebody else, and tuition stays with us.")
    )
    return RefundTerms(tuple(sentences), tuple(steps))


def after(last: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day is over."""
    return datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone)


def tier_meaning(kind: str) -> str:
    """What a price means, in one sentence."""
    return {
        PriceTier.Kind.EARLY_BIRD: _(
            "For everyone whose complete application is sent by the date; it helps us plan."
        ),
        PriceTier.Kind.STANDARD: _("What a place costs."),
        PriceTier.Kind.LEND_A_HAND: _(
            "You pay a little more, and somebody who could not come otherwise can. "
            "It changes nothing else."
        ),
    }[PriceTier.Kind(kind)]
