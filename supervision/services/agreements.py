"""An agreement from its first draft to its end. One function per verb."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from scip.accounts.models import Role, User
from scip.audit.services import record
from scip.requirements import Refusal
from scip.states import lock, move
from supervision.emails import agreements as emails
from supervision.emails import appointments as appointment_emails
from supervision.emails import plans as plan_emails
from supervision.models import (
    Agreement,
    AgreementVersion,
    Appointment,
    Approval,
    Introduction,
    Signature,
    SupervisionSession,
    Supervisor,
)
from supervision.queries.agreements import (
    BOTH,
    other_of,
    side_of,
    text_hash,
    versions_of,
)
from supervision.queries.reading import read_now
from supervision.queries.recommendations import is_open_again, may_go_on
from supervision.queries.sessions import evidence_of
from supervision.requirements.ledger import meeting_finding, missing
from supervision.services.fee_blocks import open_blocks

State = Agreement.State
Kind = AgreementVersion.Kind
TEXT_FIELDS = ("goals", "schedule", "rate_cents", "payment_plan")


def locked(agreement: Agreement) -> Agreement:
    """The agreement fresh and under its lock, its candidacy locked before it: everything that
    touches the two takes them in this order. Use inside a transaction."""
    candidacy = lock(agreement.candidacy)
    fresh = lock(agreement)
    fresh.candidacy = candidacy
    return fresh


def refuse_strangers(agreement: Agreement, by: User) -> str:
    """The side of ``by``; raises Refusal for somebody who is not one of the two."""
    side = side_of(agreement, by)
    if not side:
        raise Refusal(_("Only the two people of this agreement can do that."))
    return side


@transaction.atomic
def draft_agreement(
    candidacy: Candidacy,
    supervisor: Supervisor,
    *,
    by: User,
    now: datetime | None = None,
) -> Agreement:
    """Open the draft of an agreement; a second call returns the one that is alive.

    The two people may once their introduction was accepted, the office at any time (both then
    hear of it). Raises Refusal without an accepted introduction, after the whole way while nothing
    is open again or the committee reads, without a registration under way, without CMSC's approval
    of the supervisor today, and for an agreement with oneself.
    """
    now = now or timezone.now()
    candidacy = lock(candidacy)
    pair = Agreement.objects.filter(candidacy=candidacy, supervisor=supervisor)
    known = pair.alive().first()
    if known is not None:
        return known
    if not by.has_role(Role.STAFF):
        if by.pk not in {candidacy.user_id, supervisor.user_id}:
            raise Refusal(_("Only the two people of this agreement can do that."))
        met = Introduction.objects.filter(
            candidacy=candidacy, supervisor=supervisor, state=Introduction.State.ACCEPTED
        )
        # Two who walked the whole way once may go on, whoever introduced them.
        walked = pair.filter(state=State.COMPLETED).last()
        if walked and not (may_go_on(walked) or (met.exists() and is_open_again(candidacy))):
            raise Refusal(nothing_open(candidacy, by))
        if walked is None and not met.exists():
            raise Refusal(
                _(
                    "An agreement follows an introduction that was accepted. Please get to know first."
                )
            )
    if candidacy.user_id == supervisor.user_id:
        raise Refusal(_("Nobody supervises themselves."))
    refuse_unready(candidacy, supervisor, now)
    agreement = Agreement.objects.create(candidacy=candidacy, supervisor=supervisor, created_at=now)
    record("agreement.drafted", agreement, by=by, subject=candidacy.user)
    emails.agreement_begun(agreement, by=by)
    return agreement


def nothing_open(candidacy: Candidacy, by: User) -> str:
    """Why two who walked the whole way make no other agreement now. That something lies with the
    committee is the candidate's to tell."""
    if by.pk == candidacy.user_id and read_now({candidacy.pk}):
        return _(
            "Your submission is with the committee, and nothing waits for you until its answer comes. "
            "If it asks for further sessions, another agreement can begin then."
        )
    return _(
        "There is nothing now that another agreement between you would be for. Your page "
        "says what comes next, and the office helps where that is not enough."
    )


def refuse_unready(candidacy: Candidacy, supervisor: Supervisor, now: datetime) -> None:
    """Raise Refusal unless the candidate is registered and the supervisor approved today."""
    if not candidacy.is_registered:
        raise Refusal(_("An agreement needs a registration for certification that is under way."))
    if not Approval.objects.in_force(now.date()).filter(supervisor=supervisor).exists():
        raise Refusal(
            _(
                "CMSC’s approval of {name} is not in force today, so no agreement can begin. "
                "The office helps: nothing is lost."
            ).format(name=supervisor)
        )


@transaction.atomic
def propose_version(
    agreement: Agreement,
    *,
    by: User,
    goals: str,
    schedule: str,
    rate_cents: int,
    payment_plan: str,
    now: datetime | None = None,
) -> AgreementVersion:
    """Put a new text before the other; earlier ones stay. The same text again changes nothing.

    ``rate_cents`` is for one session, in the edition's currency. Before the agreement is active
    it is a first version, afterwards a final one (`domain.md`: signed at session 3). The other
    gets a letter. Raises Refusal for strangers and once the agreement is over.
    """
    now = now or timezone.now()
    agreement = locked(agreement)
    refuse_strangers(agreement, by)
    if agreement.state not in Agreement.ALIVE:
        raise Refusal(_("This agreement is over; its text stays as it is."))
    fields = {
        "goals": goals,
        "schedule": schedule,
        "rate_cents": rate_cents,
        "payment_plan": payment_plan,
    }
    kind = Kind.FIRST if agreement.state == State.DRAFT else Kind.FINAL
    latest = agreement.versions.order_by("-number").first()
    is_same = latest is not None and all(
        getattr(latest, name) == fields[name] for name in TEXT_FIELDS
    )
    if latest is not None and is_same and latest.kind == kind:
        return latest
    edition = agreement.candidacy.edition
    version = AgreementVersion.objects.create(
        agreement=agreement,
        number=latest.number + 1 if latest else 1,
        kind=kind,
        currency=edition.currency if edition else "USD",
        drafted_by=by,
        drafted_at=now,
        **fields,
    )
    record(
        "agreement.proposed",
        agreement,
        by=by,
        subject=agreement.audit_subject,
        version=version.number,
    )
    emails.version_proposed(version, to=other_of(agreement, by), by=by)
    return version


@transaction.atomic
def sign_version(
    version: AgreementVersion,
    *,
    by: User,
    name_typed: str,
    text_sha256: str,
    now: datetime | None = None,
) -> Signature:
    """Sign the newest version with one's typed name. A second click changes nothing.

    ``text_sha256`` is the hash of the text that stood above the name: another text is not
    signed. With the second signature a first version makes the agreement active and opens the
    assessment, a final one is in force; both people and CMSC hear of it by letter. Raises
    Refusal for strangers, an older version, another text, an ended agreement, a final version
    before the plan meeting is logged, and where the candidate has another active agreement or
    the supervisor no approval today.
    """
    now = now or timezone.now()
    agreement = locked(version.agreement)
    side = refuse_strangers(agreement, by)
    known = version.signatures.filter(side=side).first()
    if known is not None:
        return known
    versions = versions_of(agreement)
    if agreement.state not in Agreement.ALIVE:
        raise Refusal(_("This agreement is over and can't be signed any more."))
    if versions[0].pk != version.pk or text_hash(versions[0]) != text_sha256:
        raise Refusal(
            _("The text has changed since you opened it. Nothing was signed; please read it again.")
        )
    refuse_unready(agreement.candidacy, agreement.supervisor, now)
    refuse_another(agreement)
    if version.kind == Kind.FINAL:
        refuse_before_meeting(agreement)
    signature = Signature.objects.create(
        version=version,
        side=side,
        user=by,
        name_typed=name_typed,
        text_sha256=text_sha256,
        signed_at=now,
    )
    record(
        "agreement.signed",
        agreement,
        by=by,
        subject=agreement.audit_subject,
        version=version.number,
    )
    if set(version.signatures.values_list("side", flat=True)) >= BOTH:
        take_effect(agreement, version, now)
    else:
        emails.signature_awaited(version, to=other_of(agreement, by), by=by)
    return signature


def refuse_before_meeting(agreement: Agreement) -> None:
    """Raise Refusal while nobody has logged the plan meeting (`domain.md`, session 3). Another
    supervisor goes on from the one that the candidate held before."""
    finding = meeting_finding(evidence_of(agreement.candidacy))
    if not finding.is_met:
        raise Refusal(str(finding.needed), (finding,))


def refuse_another(agreement: Agreement) -> None:
    """Raise Refusal where the candidate has another active agreement; the candidacy is locked,
    so two can't become active at once (a unique constraint stands behind it)."""
    other = (
        Agreement.objects.filter(candidacy=agreement.candidacy, state=State.ACTIVE)
        .exclude(pk=agreement.pk)
        .select_related("supervisor__user")
        .first()
    )
    if other is not None:
        raise Refusal(
            _(
                "There is an active agreement with {name} already. One at a time: it ends first, "
                "and everything that was confirmed keeps counting."
            ).format(name=other.supervisor)
        )


def take_effect(agreement: Agreement, version: AgreementVersion, now: datetime) -> None:
    """Both have signed: the agreement is active, or its final text in force; CMSC is told."""
    if agreement.state == State.DRAFT:
        move(agreement, State.ACTIVE, by=None, now=now, data={"version": version.number})
        open_blocks(agreement, version, now=now)
        emails.assessment_opened(version)
    else:
        record(
            "agreement.final", agreement, subject=agreement.audit_subject, version=version.number
        )
        open_blocks(agreement, version, now=now)
        emails.final_in_force(version)
        tell_when_assessed(agreement)


def assessment_gaps(agreement: Agreement) -> list[str]:
    """What still stands between this candidate and supervision, by name; empty once it is open."""
    edition = agreement.candidacy.edition
    if edition is None:
        return []
    evidence = evidence_of(agreement.candidacy)
    return missing(evidence, edition=edition, states=[SupervisionSession.State.CONFIRMED])


def tell_when_assessed(agreement: Agreement) -> None:
    """CMSC hears once that a candidate's assessment is complete, with the step that completes it."""
    if not assessment_gaps(agreement):
        plan_emails.assessment_completed(agreement)


@transaction.atomic
def discard_agreement(agreement: Agreement, *, by: User, now: datetime | None = None) -> Agreement:
    """Put a draft aside, by either or the office; the other hears of it. Harmless when repeated."""
    agreement = locked(agreement)
    if not by.has_role(Role.STAFF):
        refuse_strangers(agreement, by)
    if agreement.state == State.DISCARDED:
        return agreement
    move(agreement, State.DISCARDED, by=by, now=now)
    emails.draft_discarded(agreement, by=by)
    return agreement


@transaction.atomic
def end_agreement(
    agreement: Agreement,
    *,
    by: User,
    reason: str,
    farewell: str = "",
    now: datetime | None = None,
) -> Agreement:
    """End an active agreement, by either of the two or the office.

    ``reason`` goes to CMSC alone, ``farewell`` (kind words) to the other. Planned sessions are
    cancelled, what is confirmed keeps counting, what waits can still be confirmed. Letters to
    the other and to CMSC. Raises Refusal for strangers and without a reason, IllegalMove
    unless it is active; ended by the same person already, it changes nothing.
    """
    now = now or timezone.now()
    agreement = locked(agreement)
    if not by.has_role(Role.STAFF):
        refuse_strangers(agreement, by)
    if agreement.state == State.ENDED and agreement.ended_by_id == by.pk:
        return agreement
    if not reason.strip():
        raise Refusal(_("Please tell CMSC in a few words why; nobody else reads it."))
    close_down(agreement, by=by, reason=reason, farewell=farewell, now=now)
    emails.agreement_ended(agreement, by=by)
    return agreement


def close_down(
    agreement: Agreement, *, by: User | None, reason: str, now: datetime, farewell: str = ""
) -> None:
    """Move a locked active agreement to its end and cancel what was planned, by letter to both."""
    move(agreement, State.ENDED, by=by, now=now)
    agreement.end_reason, agreement.farewell = reason.strip(), farewell.strip()
    agreement.save(update_fields=["end_reason", "farewell"])
    cancel_ahead(agreement, by=by, now=now)


def cancel_ahead(agreement: Agreement, *, by: User | None, now: datetime) -> None:
    """Cancel what a locked agreement has planned after ``now``; both get a letter with the calendar
    file for each: whoever has it in a calendar would be there."""
    for row in Appointment.objects.filter(agreement=agreement).ahead().filter(starts_at__gt=now):
        appointment = lock(row)
        appointment.agreement = agreement
        appointment.sequence += 1
        appointment.save(update_fields=["sequence"])
        move(appointment, Appointment.State.CANCELLED, by=by, now=now)
        appointment_emails.appointment_cancelled(appointment, by=by)


def complete_agreement(agreement: Agreement, *, now: datetime) -> None:
    """A locked active agreement asks for no more: what was planned beyond is cancelled, by letter."""
    move(agreement, State.COMPLETED, by=None, now=now)
    cancel_ahead(agreement, by=None, now=now)
