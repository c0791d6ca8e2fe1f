"""Supervision in the house: the supervisor with each of the pair, and what is between them."""

from datetime import timedelta

from django.utils import timezone

from scip.credentials.models import SealedDocument
from supervision.models import (
    Agreement,
    Appointment,
    CaseMaterial,
    Competency,
    DevelopmentalLevel,
    FeePayment,
    Handover,
    MaterialOpening,
    Recommendation,
    SupervisionSession,
    Supervisor,
)
from supervision.services import notes
from tests import world
from tests.architecture.candidacies import file_of
from tests.architecture.places import PAIR, House, canary


def add_pairs(house: House) -> None:
    """An agreement with everything in it, for each of the pair."""
    for place, whose in enumerate(PAIR):
        add_pair(house, whose, place)
    house.common |= {
        "competency": Competency.objects.first(),
        "level": DevelopmentalLevel.objects.first(),
    }


def add_pair(house: House, whose: str, place: int) -> None:
    things = house.things[whose]
    guide, user = house.common["supervisor_page"], house.people[whose]
    signed_at = timezone.now() - timedelta(days=30)
    agreement: Agreement = world.make_agreement(things["candidacy"], guide, signed_at=signed_at)
    plan = agreement.plans.create(number=1, objectives=canary(whose, "between"))
    started_at = signed_at + timedelta(days=2, hours=2 * place)
    session = SupervisionSession.objects.create(
        agreement=agreement,
        candidacy=agreement.candidacy,
        supervisor=guide,
        kind="orientation",
        started_at=started_at,
        ends_at=started_at + timedelta(hours=1),
        focus=canary(whose, "between"),
        logged_by=guide.user,
    )
    material = CaseMaterial.objects.create(
        agreement=agreement,
        title=canary(whose, "between"),
        document=file_of(user, "case-material"),
        is_deidentified=True,
        handed_by=user,
    )
    MaterialOpening.objects.create(material=material, opened_by=guide.user)
    notes.give_feedback(agreement, canary(whose, "between"), by=guide.user, tell=False)
    private = notes.write_own(agreement, canary(whose, "private"), by=guide.user, session=session)
    journal = notes.write_own(agreement, canary(whose, "journal"), by=user)
    Recommendation.objects.create(agreement=agreement, key_elements=canary(whose, "private"))
    fee_block = agreement.fee_blocks.first()
    fee_payment = FeePayment.objects.create(
        block=fee_block,
        amount_cents=100,
        paid_on=signed_at.date(),
        note=canary(whose, "between"),
        said_by=user,
    )
    appointment = Appointment.objects.create(
        agreement=agreement,
        starts_at=timezone.now() + timedelta(days=3, hours=2 * place),
        where="https://meet.example.org/room",
        planned_by=user,
    )
    things |= {
        "agreement": agreement,
        "sealed_code": {"code": sealed(house, whose).code},
        "agreement_version": {"pk": agreement.pk, "number": 1},
        "letter_step": {"pk": agreement.pk, "step": "elements"},
        "fee_block": fee_block,
        "handover": pack_to(guide, agreement, canary(whose, "between")),
        "fee_payment": fee_payment,
        "plan_version": {"pk": agreement.pk, "number": plan.number},
        "supervision_session": session,
        "private_note": {"kind": "note", "pk": private.pk},
        "journal_entry": {"kind": "entry", "pk": journal.pk},
        "case_material": material,
        "case_file": material,
        "appointment": appointment,
    }


def sealed(house: House, whose: str) -> SealedDocument:
    """A record that left the house."""
    return SealedDocument.objects.create(
        kind="supervision_record",
        person=house.people[whose],
        holder_name=canary(whose, "name"),
        content_sha256="0" * 64,
        sha256="1" * 64,
        made_at=timezone.now(),
    )


def pack_to(guide: Supervisor, agreement: Agreement, words: str) -> Handover:
    """What was passed on to the supervisor; opened, so that its words are on the page."""
    feedback = [{"given_on": "2026-01-01", "text": words}]
    return Handover.objects.create(
        agreement=agreement,
        to_supervisor=guide,
        facts={"plan": None, "sessions": [], "feedback": feedback, "ratings": []},
        consented_at=timezone.now(),
        opened_at=timezone.now(),
    )
