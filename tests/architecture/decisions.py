"""Answers of the committee: one that each of the pair got and answers now, one that is written."""

from datetime import timedelta

from django.utils import timezone

from certification.review.models import Ask, Assignment, Decision, Response, Submission
from payments.models import Charge
from tests.architecture.places import PAIR, House, canary


def add_decisions(house: House) -> None:
    """What is open of the pair follows an answer; whoever is in the chair writes another one."""
    for whose in PAIR:
        opened: Submission = house.things[whose]["submission"]
        answered = answered_before(house, whose, opened)
        Submission.objects.filter(pk=opened.pk).update(follows=answered)
        Response.objects.create(
            submission=opened,
            ask=Ask.objects.get(decision__submission=answered),
            text=canary(whose, "response"),
        )
        Decision.objects.create(submission=house.things[whose]["chairing"].submission)
        house.things[whose] |= {"answered": answered, "chaired": chaired(house, answered)}
    house.common["point"] = {"number": 1}


def chaired(house: House, answered: Submission) -> Assignment:
    """The seat of the chair who sent it."""
    now = timezone.now()
    return Assignment.objects.create(
        submission=answered,
        member=house.people["chair"],
        seat="chair",
        state="given",
        answer_due_at=now - timedelta(days=30),
        due_at=now - timedelta(days=12),
        declared_at=now - timedelta(days=35),
        given_at=now - timedelta(days=10),
    )


def answered_before(house: House, whose: str, opened: Submission) -> Submission:
    """The submission before, with its letter."""
    now = timezone.now()
    user, chair = house.people[whose], house.people["chair"]
    charge = Charge.objects.create(
        user=user,
        purpose="certification_review",
        description="Final review",
        amount_cents=75_000,
        due_at=now,
    )
    answered = Submission.objects.create(
        candidacy=opened.candidacy,
        number=0,
        edition=opened.edition,
        charge=charge,
        state="development",
        submitted_at=now - timedelta(days=40),
    )
    decision = Decision.objects.create(
        submission=answered,
        state="sent",
        outcome="development",
        strengths=canary(whose, "answer"),
        missing=canary(whose, "answer"),
        how=canary(whose, "answer"),
        by_when=now.date() + timedelta(days=90),
        contact_name="The office",
        contact_email="office@example.org",
        proposed_by=chair,
        approved_by=house.people["reviewer"],
        sent_at=now - timedelta(days=10),
    )
    Ask.objects.create(decision=decision, number=1, text=canary(whose, "point"))
    return answered
