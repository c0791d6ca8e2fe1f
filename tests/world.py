"""Builders for tests. Rows that have a service are made through it where that matters."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.candidacy.services.registration import PURPOSE, begin, fee_terms
from cohorts.models import Application, Cohort, Enrolment, Offer, PriceTier
from payments.models import Charge, Payment, Settlement
from payments.services import open_charge
from scip.accounts.models import Prerequisite, Role, RoleGrant, User
from scip.management.commands.install_pathway import starting_competencies, starting_levels
from scip.policy.models import Edition
from supervision.models import Agreement, Approval, Competency, DevelopmentalLevel, Plan, Supervisor
from supervision.queries.agreements import text_hash
from supervision.services import agreements, plans

PASSWORD = "self-compassion-tests"
FIRST_EDITION = 2_020_000
"""Its number, the same in every test: what was built once fits again (tests.remembered)."""


def make_edition(**fields: Any) -> Edition:
    """The first edition, with the programme's figures."""
    defaults = {"pk": FIRST_EDITION, "name": "First edition", "in_force_from": date(2020, 1, 1)}
    edition, _ = Edition.objects.get_or_create(
        in_force_from=defaults["in_force_from"], defaults=defaults | fields
    )
    return edition


def make_user(email: str, *roles: Role, **fields: Any) -> User:
    """A person with a verified address; with roles, a second factor too."""
    fields = {
        "name": email.split("@", maxsplit=1)[0].title(),
        "time_zone": "Europe/Lisbon",
    } | fields
    user = User.objects.create_user(email, PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    for role in roles:
        RoleGrant.objects.create(user=user, role=role, since=date(2020, 1, 1))
    if roles:
        TOTP.activate(user, generate_totp_secret())
    return user


def make_cohort(**fields: Any) -> Cohort:
    """A cohort that takes applications now and starts in 60 days, Tuesdays 18:00 in Lisbon."""
    edition = make_edition()
    starts_on = fields.pop("starts_on", timezone.localdate() + timedelta(days=60))
    number = Cohort.objects.count() + 1
    defaults: dict[str, Any] = {
        "title": f"Learning cohort {number}",
        "slug": f"cohort-{number}",
        "edition": edition,
        "state": Cohort.State.OPEN,
        "time_zone": "Europe/Lisbon",
        "starts_on": starts_on,
        "starts_at": time(18, 0),
        "session_count": edition.level_a_sessions,
        "session_minutes": edition.level_a_session_minutes,
        "capacity": 16 if fields.get("level") == "B" else 20,
        "join_url": "https://meet.example.org/cohort",
        "applications_open_at": timezone.now() - timedelta(days=30),
        "applications_close_at": timezone.now() + timedelta(days=30),
    }
    cohort = Cohort.objects.create(**defaults | fields)
    tiers = [
        (PriceTier.Kind.EARLY_BIRD, 259_500, timezone.localdate() + timedelta(days=10)),
        (PriceTier.Kind.STANDARD, 289_500, None),
        (PriceTier.Kind.LEND_A_HAND, 319_500, None),
    ]
    for kind, cents, until in tiers:
        PriceTier.objects.create(cohort=cohort, kind=kind, amount_cents=cents, until=until)
    return cohort


def verify_prerequisites(user: User, **changes: dict[str, Any]) -> None:
    """All four prerequisites on record and verified; ``changes`` by kind override fields,
    ``msc=None`` leaves that kind out."""
    today = timezone.localdate()
    rows: dict[str, dict[str, Any]] = {
        "standing": {
            "standing": "licensed",
            "number": "PSY-1",
            "jurisdiction": "Portugal",
            "expires_on": today + timedelta(days=700),
        },
        "msc": {
            "msc_format": "eight_week",
            "completed_on": today - timedelta(days=400),
            "teacher": "A. Teacher",
        },
        "insurance": {"insurer": "Care Mutual", "expires_on": today + timedelta(days=300)},
        "practice": {"practice_setting": "Private practice, ten clients a week"},
    }
    for kind, fields in rows.items():
        if kind in changes and changes[kind] is None:
            continue
        Prerequisite.objects.create(
            user=user,
            kind=kind,
            state=Prerequisite.State.VERIFIED,
            verified_at=timezone.now(),
            **fields | (changes.get(kind) or {}),
        )


def utc(*parts: int) -> datetime:
    """``utc(2027, 3, 2, 18)``."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def make_enrolment(user: User, cohort: Cohort, **fields: Any) -> Enrolment:
    """A confirmed place with everything it rests on: application, accepted offer, settled charge."""
    now = timezone.now()
    application = Application.objects.create(
        user=user, cohort=cohort, state="accepted", submitted_at=now, tier="standard"
    )
    offer = Offer.objects.create(
        application=application,
        tier="standard",
        list_cents=289_500,
        state="accepted",
        accepted_at=now,
        expires_at=now + timedelta(days=10),
    )
    charge = Charge.objects.create(
        user=user,
        purpose="tuition_level_a",
        description=f"Tuition, {cohort.title}",
        amount_cents=289_500,
        due_at=now + timedelta(days=10),
    )
    Payment.objects.create(
        charge=charge,
        amount_cents=289_500,
        currency="USD",
        method="bank",
        reference=f"transfer-{charge.pk}",
        received_at=now,
    )
    Settlement.objects.create(charge=charge, claimed_at=now, claimed_as="cohorts.enrolment")
    defaults: dict[str, Any] = {
        "state": "confirmed",
        "confirmed_at": now,
        "pay_by": offer.expires_at,
    }
    return Enrolment.objects.create(
        user=user,
        cohort=cohort,
        application=application,
        offer=offer,
        charge=charge,
        **defaults | fields,
    )


def make_candidacy(user: User, state: str = "active", **fields: Any) -> Candidacy:
    """A candidacy at this state, with its charge (settled once registered) and pinned Edition.

    What registering asks for is not checked here: tests/candidacy walks through the services.
    """
    edition, now = make_edition(), timezone.now()
    candidacy = begin(user)
    values: dict[str, Any] = {"state": state}
    if state != "preparing":
        charge = open_charge(
            user,
            purpose=PURPOSE,
            description="Registration for certification",
            amount_cents=edition.registration_fee_cents,
            currency=edition.currency,
            due_at=now + timedelta(days=10),
            refund_terms=fee_terms(),
        )
        values |= {"charge": charge, "awaiting_payment_at": now}
        if state != "awaiting_payment":
            Payment.objects.create(
                charge=charge,
                amount_cents=charge.amount_cents,
                currency=charge.currency,
                method="bank",
                reference=f"transfer-{charge.pk}",
                received_at=now,
            )
            Settlement.objects.create(
                charge=charge, claimed_at=now, claimed_as="candidacy.registration"
            )
            values |= {"edition": edition, "active_at": now}
    stamps = {"closed", "certified", "withdrawn"} & {state}
    values |= {f"{name}_at": now for name in stamps}
    if state == "closed":
        values["close_reason"] = "By agreement."
    Candidacy.objects.filter(pk=candidacy.pk).update(**values | fields)
    candidacy.refresh_from_db()
    return candidacy


def make_supervisor(
    user: User, *, from_on: date = date(2020, 1, 1), until_on: date | None = None, **fields: Any
) -> Supervisor:
    """A listed supervisor with CMSC's approval, the role and a second factor."""
    defaults: dict[str, Any] = {
        "headline": "Presence before technique",
        "orientation": "Compassion focused therapy, trauma",
        "bio": "Twenty years of practice.",
        "is_listed": True,
    }
    supervisor = Supervisor.objects.create(user=user, **defaults | fields)
    Approval.objects.create(supervisor=supervisor, from_on=from_on, until_on=until_on)
    if not RoleGrant.objects.filter(user=user, role=Role.SUPERVISOR).exists():
        RoleGrant.objects.create(user=user, role=Role.SUPERVISOR, since=from_on, until=until_on)
        user.__dict__.pop("roles", None)
    if not Authenticator.objects.filter(user=user).exists():
        TOTP.activate(user, generate_totp_secret())
    return supervisor


def make_framework(edition: Edition) -> None:
    """The competencies and words that a new site starts with."""
    if not Competency.objects.filter(edition=edition).exists():
        Competency.objects.bulk_create(starting_competencies(edition))
        DevelopmentalLevel.objects.bulk_create(starting_levels(edition))


def make_agreement(
    candidacy: Candidacy,
    supervisor: Supervisor,
    *,
    signed_at: datetime | None = None,
    final_at: datetime | None = None,
    plan_at: datetime | None = None,
    rate_cents: int = 18_000,
) -> Agreement:
    """An agreement with one text; signed by both at ``signed_at``, with a final version and a
    plan where their moments are given, without asking for an introduction or the plan meeting."""
    one, other = candidacy.user, supervisor.user
    make_framework(candidacy.edition)
    text = {
        "goals": "To stay present when shame is in the room.",
        "schedule": "Every second Tuesday, an hour, online.",
        "rate_cents": rate_cents,
        "payment_plan": "Each block before it begins.",
    }
    agreement = Agreement.objects.create(
        candidacy=candidacy, supervisor=supervisor, created_at=signed_at or timezone.now()
    )
    first = agreements.propose_version(agreement, by=other, **text, now=signed_at)
    for person in (one, other) if signed_at is not None else ():
        agreements.sign_version(
            first,
            by=person,
            name_typed=person.name,
            text_sha256=text_hash(first),
            now=signed_at,
        )
    agreement.refresh_from_db()
    if final_at is not None:
        sign_final(agreement, text | {"schedule": "Every Tuesday."}, at=final_at)
    if plan_at is not None:
        plan = plans.propose_plan(
            agreement,
            by=other,
            objectives="Slow down; name what happens.",
            focus=list(Competency.objects.filter(edition=candidacy.edition)[:2]),
            now=plan_at,
        )
        Plan.objects.filter(pk=plan.pk).update(candidate_agreed_at=plan_at)
    agreement.refresh_from_db()
    return agreement


def sign_final(agreement: Agreement, text: dict[str, Any], *, at: datetime) -> None:
    """A final version that both have signed, whatever the ledger says of the plan meeting."""
    version = agreements.propose_version(agreement, by=agreement.supervisor.user, **text, now=at)
    with transaction.atomic():
        for side, person in (
            ("candidate", agreement.candidacy.user),
            ("supervisor", agreement.supervisor.user),
        ):
            version.signatures.create(
                side=side,
                user=person,
                name_typed=person.name,
                text_sha256=text_hash(version),
                signed_at=at,
            )
        agreements.take_effect(agreement, version, at)
