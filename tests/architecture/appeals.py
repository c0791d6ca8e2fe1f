"""An appeal of each of the pair, with a document, heard by the persona of the panel."""

from datetime import timedelta

from django.utils import timezone

from certification.review.models import Appeal, AppealDocument, PanelSeat, Recourse
from certification.review.models.snapshots import sha256_of
from certification.review.services.appealing import content_of_appeal
from certification.review.services.freezing import canonical
from tests.architecture.candidacies import file_of
from tests.architecture.places import PAIR, House, canary


def add_appeals(house: House) -> None:
    """With the panel, as if filed and accepted before; its answer is being written."""
    now = timezone.now()
    for whose in PAIR:
        things, user = house.things[whose], house.people[whose]
        appeal = Appeal.objects.create(
            candidacy=things["candidacy"],
            state="hearing",
            statement=canary(whose, "appeal"),
            until_at=now + timedelta(days=9),
            answer_by_at=now + timedelta(days=30),
            filed_at=now,
            hearing_at=now,
        )
        document = AppealDocument.objects.create(
            appeal=appeal, title=canary(whose, "paper"), file=file_of(user, "appeal")
        )
        content = canonical(content_of_appeal(appeal, filed_at=now))
        Appeal.objects.filter(pk=appeal.pk).update(content=content, sha256=sha256_of(content))
        seat = PanelSeat.objects.create(
            appeal=appeal,
            member=house.people["panel"],
            state="accepted",
            answer_due_at=now + timedelta(days=5),
            declared_at=now,
            accepted_at=now,
            reasons=canary(whose, "reasons"),
        )
        # The addresses name document and seat, the tokens their file.
        document.document = document.file  # type: ignore[attr-defined]
        seat.document, seat.paper = document.file, document  # type: ignore[attr-defined]
        things |= {
            "appeal": appeal,
            "appeal_paper": document,
            "appeal_file": document,
            "hearing": seat,
            "hearing_paper": {"pk": seat.pk, "document": document.pk},
            "hearing_file": seat,
            "appeal_decision": {"pk": appeal.pk, "verb": "release"},
            "recourse": Recourse.objects.get(pk=things["candidacy"].pk),
            "recourse_decision": {"pk": things["candidacy"].pk, "verb": "appeal_time"},
        }
