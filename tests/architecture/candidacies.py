"""What somebody brings on the way into Level C: a retreat, a request for credit, a leave."""

from datetime import date, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from certification.candidacy.models import EquivalencyCase, EquivalencyItem, Leave, Retreat
from scip.accounts.models import User
from scip.vault.models import StoredFile
from scip.vault.services import store
from tests.architecture.places import PAIR, House, canary
from tests.vault.samples import simple_pdf


def add_candidacies(house: House) -> None:
    """For each of the pair, who have a candidacy already."""
    for whose in PAIR:
        things, user = house.things[whose], house.people[whose]
        retreat = Retreat.objects.create(
            user=user,
            title=canary(whose, "retreat"),
            teachers="Both",
            started_on=date(2026, 4, 2),
            ended_on=date(2026, 4, 5),
            document=file_of(user, "retreat"),
        )
        case = EquivalencyCase.objects.create(
            user=user,
            format="scip_2",
            statement=canary(whose, "credit"),
            state="submitted",
            submitted_at=timezone.now(),
        )
        item = EquivalencyItem.objects.create(
            case=case,
            level="B",
            kind="portfolio",
            title=canary(whose, "credit"),
            year=2020,
            document=file_of(user, "equivalency"),
        )
        leave = Leave.objects.create(
            candidacy=things["candidacy"],
            from_on=timezone.localdate() + timedelta(days=30),
            reason=canary(whose, "rest"),
        )
        things |= {
            "retreat": retreat,
            "retreat_file": retreat,
            "retreat_decision": {"pk": retreat.pk, "verb": "verify"},
            "credit_case": case,
            "case_decision": {"pk": case.pk, "verb": "ask"},
            "credit_item": item,
            "item_file": item,
            "rest": leave,
            "candidacy_decision": {"pk": things["candidacy"].pk, "verb": "defer"},
        }


def file_of(user: User, purpose: str) -> StoredFile:
    """A small document in the vault."""
    return store(
        SimpleUploadedFile("paper.pdf", simple_pdf()),
        owner=user,
        purpose=purpose,
        allowed={"application/pdf"},
        max_bytes=1_000_000,
    )
