"""From the first preparation to the registered candidacy, and leaving again.

Order of locks: person, candidacy, charge.
"""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.emails import registration as letters
from certification.candidacy.models import Attestation, Candidacy
from certification.candidacy.queries import edition_of
from certification.candidacy.queries.registration import GONE, registration_evidence
from certification.candidacy.requirements.registration import (
    AttestationFacts,
    holding_up_registration,
    registration_findings,
    sessions_finding,
)
from certification.candidacy.services.words import keep_word, refuse_impossible
from payments.models import Charge, Settlement
from payments.refund_terms import RefundTerms
from payments.services import balance, give_up_charge, open_charge
from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.background import enqueue
from scip.mail.services import queue_draft
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.states import lock, move

State = Candidacy.State
PURPOSE = "certification_registration"


@transaction.atomic
def begin(user: User, *, now: datetime | None = None) -> Candidacy:
    """The person's candidacy, made if there is none; a second call returns the same one."""
    user = lock(user)
    known = Candidacy.objects.filter(user=user).exclude(state__in=GONE).first()
    if known is not None:
        return known
    made = Candidacy.objects.create(user=user, created_at=now or timezone.now())
    record("candidacy.begun", made, by=user, subject=user)
    return made


def attest(
    user: User,
    *,
    client_sessions: int,
    clients: int,
    wording: str,
    name_typed: str,
    now: datetime | None = None,
) -> Attestation:
    """Keep somebody's word on their client sessions: a new row each time, the latest counts.

    ``wording`` is the sentence as it stood above the name. Raises Refusal for figures that
    cannot be, for an empty name, for figures below what the Edition asks for while a registration
    waits for its fee (it rests on them), and once the person is registered: what they attested
    then is part of the record.
    """
    refuse_impossible(client_sessions, clients, wording=wording, name_typed=name_typed)
    with transaction.atomic():
        candidacy = lock(begin(user, now=now))
        refuse_once_registered(candidacy)
        refuse_lower(candidacy, client_sessions, clients, now or timezone.now())
        return keep_word(
            candidacy,
            client_sessions=client_sessions,
            clients=clients,
            wording=wording,
            name_typed=name_typed,
            now=now,
        )


def refuse_once_registered(candidacy: Candidacy) -> None:
    """Raise Refusal where the registration is settled: its facts stay as they were."""
    if candidacy.state not in {State.PREPARING, State.AWAITING_PAYMENT}:
        raise Refusal(_("You are registered; what you attested to stays as it was that day."))


def refuse_lower(candidacy: Candidacy, client_sessions: int, clients: int, now: datetime) -> None:
    """Raise Refusal for figures that would not open the registration that waits for its fee."""
    if candidacy.state != State.AWAITING_PAYMENT:
        return
    edition = edition_of(candidacy, on=timezone.localdate(now, candidacy.user.zone))
    said = AttestationFacts(client_sessions=client_sessions, clients=clients, attested_at=now)
    if not sessions_finding(said, edition=edition).is_met:
        raise Refusal(
            _(
                "Your registration waits for its fee and rests on what you attested: at least "
                "{sessions} sessions with at least {clients} clients. If the figures are lower, take "
                "the registration back first; everything you prepared is kept, and nothing is owed."
            ).format(sessions=edition.client_sessions, clients=edition.clients)
        )


def fee_terms() -> RefundTerms:
    """`domain.md`, "Fees": certification fees are non-refundable. Said before paying."""
    return RefundTerms(
        (
            _("Certification fees are not refunded, whatever becomes of the path afterwards."),
            _("Until you pay, you can take the registration back at any time; nothing is lost."),
        )
    )


def register(candidacy: Candidacy, *, by: User, now: datetime | None = None) -> Candidacy:
    """Ask for the registration fee; once it is settled the candidacy is under way.

    The fee is that of the Edition in force; the time to pay is as long as an offer's there. A
    second click returns the same registration with its charge. Raises Refusal with what is
    still missing (judged where the person is), for somebody else's candidacy, and once it is
    registered already.
    """
    now = now or timezone.now()
    with transaction.atomic():
        user = lock(candidacy.user)
        candidacy = lock(candidacy)
        if candidacy.user_id != by.pk:
            raise Refusal(_("Only the person can register. Nothing was changed."))
        if candidacy.state == State.AWAITING_PAYMENT:
            return candidacy
        today = timezone.localdate(now, user.zone)
        edition = edition_of(candidacy, on=today)
        findings = registration_findings(
            registration_evidence(user, on=today), edition=edition, as_of=today
        )
        unmet = holding_up_registration(findings, edition=edition)
        if candidacy.state == State.PREPARING and unmet:
            raise Refusal(
                _(
                    "Something is still open before you can register: {titles}. "
                    "What you prepared is kept."
                ).format(titles=", ".join(str(item.title) for item in unmet)),
                unmet,
            )
        candidacy.charge = open_charge(
            user,
            purpose=PURPOSE,
            description=_("Registration for certification (SCIP-C)"),
            amount_cents=edition.registration_fee_cents,
            currency=edition.currency,
            due_at=now + timedelta(days=edition.offer_days),
            refund_terms=fee_terms(),
            now=now,
        )
        candidacy.save(update_fields=["charge"])
        move(candidacy, State.AWAITING_PAYMENT, by=by, now=now)
        return candidacy


def registration_paid(charge: Charge, settlement: Settlement) -> bool:
    """The fee is settled: pin the Edition in force on that day and begin.

    Returns False when the registration was taken back meanwhile: the person is told that the
    money is safe, and the caller flags it for the office. A second call changes nothing.
    Money that came back into an already cancelled charge that holds nothing needs neither.
    """
    with transaction.atomic():
        row = Candidacy.objects.filter(charge=charge).first()
        candidacy = lock(row) if row is not None else None
        if candidacy is not None and candidacy.charge_id == charge.pk:
            if candidacy.state == State.AWAITING_PAYMENT:
                start_candidacy(candidacy, at=settlement.settled_at)
                return True
            if candidacy.active_at is not None and candidacy.state != State.WITHDRAWN:
                return True
        if not balance(charge).held_cents:
            return True
        queue_draft(
            letters.paid_without_registration(charge.user),
            to=charge.user,
            dedupe_key=f"candidacy:paid-late:{charge.pk}",
        )
        return False


def start_candidacy(candidacy: Candidacy, *, at: datetime) -> None:
    """Pin and activate; ``candidacy`` is locked and waits for its payment."""
    # `domain.md`, policy "editions": held to the one in force when they registered.
    candidacy.edition = Edition.objects.in_force(at.astimezone(UTC).date())
    candidacy.save(update_fields=["edition"])
    move(candidacy, State.ACTIVE, by=None, now=at, data={"edition": candidacy.edition.pk})
    queue_draft(
        letters.registered(candidacy),
        to=candidacy.user,
        dedupe_key=f"candidacy:{candidacy.pk}:registered",
    )


def set_back(candidacy: Candidacy, *, by: User, now: datetime | None = None) -> Candidacy:
    """Take an unpaid registration back to its preparation; everything prepared is kept.

    By the person, or by the office (then a letter says so). The charge is cancelled; money
    that comes all the same is kept and flagged. A second call changes nothing. Raises Refusal
    once money has arrived, IllegalMove once it is registered.
    """
    with transaction.atomic():
        candidacy = lock(candidacy)
        if candidacy.state == State.PREPARING:
            return candidacy
        give_up_fee(candidacy, by=by, now=now)
        move(candidacy, State.PREPARING, by=by, now=now)
        if by.pk != candidacy.user_id:
            queue_draft(
                letters.set_back(candidacy),
                to=candidacy.user,
                dedupe_key=f"candidacy:set-back:{candidacy.charge_id}",
            )
        return candidacy


def give_up_fee(candidacy: Candidacy, *, by: User | None, now: datetime | None) -> None:
    """Cancel the unpaid charge of a registration that waits. Raises Refusal once money arrived."""
    if candidacy.state != State.AWAITING_PAYMENT or candidacy.charge is None:
        return
    give_up_charge(
        candidacy.charge,
        by=by,
        reason=_("The registration was taken back."),
        refused=_(
            "Money has arrived for this registration, so it is just being completed. Open the "
            "page again in a minute; if something is wrong, write to the office."
        ),
        now=now,
    )


def withdraw(
    candidacy: Candidacy, *, by: User, reason: str = "", now: datetime | None = None
) -> Candidacy:
    """Leave the way to certification; by the person alone. Facts stay on record.

    ``reason`` is the answer to the one question asked, for the office. The registration fee
    is not refunded; an unpaid charge is cancelled; supervision ends on commit. A second call changes nothing. Raises
    Refusal for somebody else's candidacy or when money has just arrived, IllegalMove once it
    is certified or closed.
    """
    with transaction.atomic():
        candidacy = lock(candidacy)
        if candidacy.user_id != by.pk:
            raise Refusal(_("Only the person can withdraw. Nothing was changed."))
        if candidacy.state == State.WITHDRAWN:
            return candidacy
        give_up_fee(candidacy, by=by, now=now)
        move(candidacy, State.WITHDRAWN, by=by, now=now, data={"reason": fingerprint(reason)})
        candidacy.close_reason = reason.strip()
        candidacy.save(update_fields=["close_reason"])
        candidacy.leaves.filter(ended_at=None).update(ended_at=now or timezone.now(), ended_by=by)
        queue_draft(
            letters.withdrawn(candidacy),
            to=candidacy.user,
            dedupe_key=f"candidacy:{candidacy.pk}:withdrawn",
        )
        # Agreements end with it: supervision stands above and is asked by the name of its task.
        enqueue("supervision.follow_losses")
        return candidacy
