"""Somebody on the way into Level C, through the services."""

from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from certification.candidacy.models import Candidacy, EquivalencyCase, Retreat
from certification.candidacy.services import attest, begin, register, submit_retreat, verify_retreat
from certification.candidacy.services import equivalency as cases
from payments.services import record_payment
from scip.accounts.models import User
from scip.credentials.models import Completion
from scip.policy.models import Edition
from tests import world
from tests.vault.samples import simple_pdf

SENTENCE = "The two figures above are true."


def open_edition(**fields: Any) -> Edition:
    """The first edition, with applications open since last month."""
    edition = world.make_edition()
    values = {"applications_open_on": timezone.localdate() - timedelta(days=30)} | fields
    Edition.objects.filter(pk=edition.pk).update(**values)
    edition.refresh_from_db()
    return edition


def paper(name: str = "retreat.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, simple_pdf())


def complete(user: User, *levels: str) -> None:
    for level in levels:
        Completion.objects.create(
            user=user, level=level, basis="cohort", completed_on=date(2026, 3, 1), facts={}
        )


def stay(**fields: Any) -> dict[str, Any]:
    """A silent retreat of four days, last spring."""
    return {
        "title": "Silent MSC retreat",
        "teachers": "Christine and Michael",
        "is_online": False,
        "place": "Lisbon",
        "started_on": date(2026, 4, 2),
        "ended_on": date(2026, 4, 5),
        "is_silent": True,
    } | fields


def give_word(user: User, sessions: int = 24, clients: int = 4) -> None:
    attest(
        user,
        client_sessions=sessions,
        clients=clients,
        wording=SENTENCE,
        name_typed=user.name,
    )


def send_retreat(user: User, **fields: Any) -> Retreat:
    return submit_retreat(user, fields=stay(**fields), document=paper())


def ready(user: User, staff: User) -> Candidacy:
    """Everything is there; only the button was not pressed."""
    open_edition()
    if not user.prerequisites.exists():
        world.verify_prerequisites(user)
    complete(user, "A", "B")
    give_word(user)
    verify_retreat(send_retreat(user), by=staff)
    return begin(user)


def waiting(user: User, staff: User) -> Candidacy:
    """Registered, the fee not paid yet."""
    return register(ready(user, staff), by=user)


def pay(candidacy: Candidacy, cents: int | None = None, reference: str = "T-1") -> None:
    """Money arrives by transfer; what follows a commit happens where the test lets it."""
    charge = candidacy.charge
    assert charge is not None
    record_payment(
        charge,
        amount_cents=cents or charge.amount_cents,
        currency=charge.currency,
        method="bank",
        reference=reference,
        received_at=timezone.now(),
    )


def sent_case(user: User, *levels: str) -> EquivalencyCase:
    """A request with one entry for each level, with the office."""
    case = cases.begin_case(user, format="scip_2")
    case = cases.save_case(case, format="scip_2", statement="I trained in Berlin.", by=user)
    for level in levels or ("A",):
        cases.add_item(
            case,
            fields={
                "level": level,
                "kind": "participation",
                "title": f"Course {level}",
                "year": 2019,
                "hours": 36,
            },
            document=paper(f"course-{level}.pdf"),
            by=user,
        )
    return cases.submit_case(case, by=user)
