"""What the final submission asks for, as explainable findings.

`domain.md`, "Final submission": sessions by phase, plan and final agreement, the supervisor's
recommendation, the portfolio, the retreat, the client sessions attested once more, a letter of
application in named parts, the review fee. Supervision is judged by `supervision.requirements`
and the retreat by `certification.candidacy.requirements`; all figures come from the edition that
the candidate is held to.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.candidacy.models import Candidacy
from certification.candidacy.requirements.registration import (
    AttestationFacts,
    RegistrationEvidence,
    RetreatFacts,
    retreat_finding,
)
from certification.review.requirements.resubmission import AgainFacts, resubmission_findings
from scip.formats import day, moment, money
from scip.policy.models import Edition
from scip.requirements import Finding, Status
from supervision.requirements.ledger import LedgerEvidence, ledger_findings
from supervision.requirements.recommendations import Told, recommendation_finding

FEE, LEAVE = "review_fee", "leave"
# What somebody looks at beside the button; the rest is a matter of months.
OWN = frozenset({"application_letter", "attested_again", "responses"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioFacts:
    """What a portfolio adds up to: finished case studies and the clients they are about, texts,
    and excerpts that count."""

    cases_done: int = 0
    cases_begun: int = 0
    clients: int = 0
    write_ups: int = 0
    excerpts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeFacts:
    """The review fee: the charge's key once it was asked for, what is still due in cents, and
    whether what is owed is here and stayed here."""

    charge: int
    due_cents: int
    due_at: datetime
    is_paid: bool = False
    is_cancelled: bool = False

    @property
    def counts(self) -> bool:
        """Paid, for a submission that was not taken back meanwhile."""
        return self.is_paid and not self.is_cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionEvidence:
    """Everything the gate looks at for one candidate. ``attestation`` is the latest word,
    ``begun_at`` when this submission began (a word given earlier belongs to something else);
    ``missing_parts`` are names of parts that the letter of application still lacks."""

    state: str
    ledger: LedgerEvidence = field(default_factory=LedgerEvidence)
    told: Told | None = None
    # When a panel overturned the "not yet" that ``told`` is.
    overturned_at: datetime | None = None
    portfolio: PortfolioFacts = field(default_factory=PortfolioFacts)
    retreat: RetreatFacts | None = None
    attestation: AttestationFacts | None = None
    begun_at: datetime | None = None
    missing_parts: tuple[str | Promise, ...] = ()
    fee: FeeFacts | None = None
    # What a resubmission answers; None for a submission that is read as a whole.
    again: AgainFacts | None = None
    # A panel hears an appeal against the committee's last answer.
    is_before_panel: bool = False


def submission_findings(evidence: SubmissionEvidence, *, edition: Edition) -> tuple[Finding, ...]:
    """The whole gate, in the order of the page; the fee stands last and is asked last.

    A resubmission is asked only for what `requirements.resubmission` says.
    """
    if evidence.again is not None:
        return (
            *standing_findings(evidence),
            *panel_findings(evidence),
            *resubmission_findings(evidence.again),
            fee_finding(evidence.fee, edition=edition, is_again=True),
        )
    supervision = ledger_findings(evidence.ledger, edition=edition)
    is_complete = all(item.is_met for item in supervision)
    return (
        *standing_findings(evidence),
        *panel_findings(evidence),
        *(with_way(item) for item in supervision),
        recommended_finding(evidence, is_complete=is_complete),
        portfolio_finding(evidence.portfolio, edition=edition),
        retreat_finding(
            RegistrationEvidence(retreat=evidence.retreat), edition=edition, is_due=True
        ),
        attestation_finding(evidence, edition=edition),
        letter_finding(evidence.missing_parts),
        fee_finding(evidence.fee, edition=edition),
    )


def holding_up_submission(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What stands before the button: everything unmet but the fee, which the button asks for."""
    return tuple(item for item in findings if not item.is_met and item.code != FEE)


def with_way(finding: Finding) -> Finding:
    """A finding of supervision with the way to its desk."""
    if finding.is_met:
        return finding
    return replace(finding, next_step=_("Open supervision"), url=reverse("supervision:home"))


def recommended_finding(evidence: SubmissionEvidence, *, is_complete: bool) -> Finding:
    """The supervisor's recommendation, or the answer of a panel that overturned their "not yet"
    (`domain.md`, "Product defaults")."""
    finding = with_way(recommendation_finding(evidence.told, is_complete=is_complete))
    return in_its_place(finding, evidence.overturned_at)


def in_its_place(finding: Finding, overturned_at: datetime | None) -> Finding:
    """The finding of a recommendation, met by a panel's answer where one overturned the "not yet"."""
    if overturned_at is None or finding.is_met:
        return finding
    return replace(
        finding,
        status=Status.MET,
        found=_(
            "An appeal panel overturned the “not yet” on {day}; its answer stands here."
        ).format(day=day(overturned_at)),
        needed="",
        next_step="",
        url="",
    )


def standing_findings(evidence: SubmissionEvidence) -> tuple[Finding, ...]:
    """Is the registration under way? Said only where it is not."""
    if evidence.state == Candidacy.State.ACTIVE:
        return ()
    is_resting = evidence.state == Candidacy.State.ON_LEAVE
    return (
        Finding(
            code=LEAVE,
            title=_("Back from your leave") if is_resting else _("A registration under way"),
            status=Status.OPEN,
            needed=_(
                "While you are on leave no reminder goes out, and these days do not count towards "
                "the last days for a resubmission and for an appeal. Say that you are back, and go "
                "on here."
            )
            if is_resting
            else _("Your registration for certification is not under way. Write to the office."),
            next_step=_("Open your certification record"),
            url=reverse("certification:record"),
        ),
    )


def panel_findings(evidence: SubmissionEvidence) -> tuple[Finding, ...]:
    """Said only while a panel hears an appeal against the committee's last answer: what comes next
    depends on it, and one submission at a time is with the committee."""
    if not evidence.is_before_panel:
        return ()
    return (
        Finding(
            code="appeal",
            title=_("The answer to your appeal"),
            status=Status.WAITING,
            found=_(
                "A panel looks at the committee’s last answer now. If it does not stand, your "
                "submission goes back to the committee without a fee; otherwise you go on here. "
                "Everything you wrote is kept."
            ),
            waiting_for=_("the appeal panel"),
            next_step=_("Open your appeal"),
            url=reverse("appeal:home"),
        ),
    )


def portfolio_finding(facts: PortfolioFacts, *, edition: Edition) -> Finding:
    """Case studies against the edition. Few clients are a hint, never a gate (`domain.md`)."""
    needed = edition.case_studies
    is_met = facts.cases_done >= needed
    found = _("{done} of {needed} case studies are done.").format(
        done=facts.cases_done, needed=needed
    )
    if facts.write_ups or facts.excerpts:
        found += " " + _("With them go {texts} longer texts and {excerpts} excerpts.").format(
            texts=facts.write_ups, excerpts=facts.excerpts
        )
    asked = ""
    if not is_met:
        asked = ngettext(
            "{count} is still to be finished.",
            "{count} are still to be finished.",
            needed - facts.cases_done,
        ).format(count=needed - facts.cases_done)
    elif facts.clients < edition.clients:
        asked = ngettext(
            "They are about {count} client; most portfolios tell of {most} or more. It is only a "
            "thought, nothing stands in the way.",
            "They are about {count} clients; most portfolios tell of {most} or more. It is only a "
            "thought, nothing stands in the way.",
            facts.clients,
        ).format(count=facts.clients, most=edition.clients)
    return Finding(
        code="portfolio",
        title=_("Your portfolio"),
        status=Status.MET if is_met else Status.OPEN,
        needed=asked,
        found=found,
        next_step="" if is_met else _("Open your portfolio"),
        url=reverse("portfolio:home"),
    )


def attestation_finding(evidence: SubmissionEvidence, *, edition: Edition) -> Finding:
    """Client sessions counted again: the person's word of these weeks, not of registration."""
    word, begun_at = evidence.attestation, evidence.begun_at
    is_new = word is not None and begun_at is not None and word.attested_at >= begun_at
    is_enough = (
        word is not None
        and word.client_sessions >= edition.client_sessions
        and word.clients >= edition.clients
    )
    found = ""
    if word is not None:
        found = _("{sessions} sessions with {clients} clients, attested on {day}.").format(
            sessions=word.client_sessions, clients=word.clients, day=day(word.attested_at)
        )
    is_met = is_new and is_enough
    needed = _(
        "Your word on your figures as they are today: at least {sessions} sessions with at least "
        "{clients} different clients."
    ).format(sessions=edition.client_sessions, clients=edition.clients)
    return Finding(
        code="attested_again",
        title=_("Your client sessions, counted again"),
        status=Status.MET if is_met else Status.OPEN,
        needed="" if is_met else needed,
        found=found,
        next_step="" if is_met else _("Give your word once more"),
        url=f"{reverse('submission:home')}#attest",
    )


def letter_finding(missing: tuple[str | Promise, ...]) -> Finding:
    """The letter of application, with something in each of its parts."""
    return Finding(
        code="application_letter",
        title=_("Your letter of application"),
        status=Status.OPEN if missing else Status.MET,
        needed=_("Still empty: {parts}.").format(parts="; ".join(str(item) for item in missing))
        if missing
        else "",
        found="" if missing else _("Every part has something in it."),
        next_step=_("Write your letter") if missing else _("Read it once more"),
        url=reverse("submission:letter"),
    )


def fee_cents(edition: Edition, *, is_again: bool) -> int:
    """What a review costs: the whole, or of the points of a resubmission alone."""
    return edition.re_review_fee_cents if is_again else edition.review_fee_cents


def fee_finding(fee: FeeFacts | None, *, edition: Edition, is_again: bool = False) -> Finding:
    """The review fee: asked for by the button, and the last thing before the committee."""
    title = _("The re-review fee") if is_again else _("The review fee")
    price = money(fee_cents(edition, is_again=is_again), edition.currency)
    if fee is None or fee.is_cancelled:
        return Finding(
            code=FEE,
            title=title,
            status=Status.LATER,
            needed=_("{price}, asked for when you submit.").format(price=price),
        )
    if fee.counts:
        return Finding(code=FEE, title=title, status=Status.MET, found=_("It is paid."))
    return Finding(
        code=FEE,
        title=title,
        status=Status.OPEN,
        needed=_("{price}, due by {day}.").format(
            price=money(fee.due_cents, edition.currency), day=moment(fee.due_at)
        ),
        next_step=_("Go to payment"),
        url=reverse("payments:pay", args=[fee.charge]),
    )


def end_of_day(value: date) -> datetime:
    """The last minute of a day. Days of the committee are UTC's: what is due then is due on one day
    for everybody, and on the whole of it."""
    return datetime.combine(value, time(23, 59), UTC)


def end_of(value: datetime) -> datetime:
    """The last minute of a moment's day."""
    return end_of_day(value.astimezone(UTC).date())


def answer_by(submitted_at: datetime, edition: Edition) -> datetime:
    """Until when the committee answers, by the edition; a promise in days, never a deadline of
    the candidate's."""
    return end_of(submitted_at + timedelta(days=edition.review_days))


def answer_day(submitted_at: datetime, edition: Edition) -> date:
    """The last day of that promise in UTC: the same day for the candidate and the office."""
    return answer_by(submitted_at, edition).astimezone(UTC).date()
