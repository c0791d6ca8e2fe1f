"""Final submissions in the house: a letter, a name, what was frozen and its dossiers."""

from django.utils import timezone

from certification.review.models import (
    ApplicationLetter,
    Dossier,
    NotToRead,
    Snapshot,
    Submission,
)
from certification.review.models.snapshots import sha256_of
from certification.review.queries.contents import contents_of
from certification.review.services.freezing import canonical
from tests.architecture.candidacies import file_of
from tests.architecture.places import PAIR, House, canary


def add_submissions(house: House) -> None:
    """One for each of the pair, still open, and frozen as if it had been handed over."""
    for whose in PAIR:
        things, user = house.things[whose], house.people[whose]
        candidacy = things["candidacy"]
        submission = Submission.objects.create(candidacy=candidacy, edition=candidacy.edition)
        ApplicationLetter.objects.create(submission=submission, path=canary(whose, "journal"))
        name = NotToRead.objects.create(
            submission=submission, name=canary(whose, "tie"), tie=NotToRead.Tie.FAMILY
        )
        told = {"supervisor": "S", "outcome": "recommended", "sent_at": None, "sha256": ""}
        content = contents_of(submission, (), frozen_at=timezone.now()) | {"recommendation": told}
        letter = canonical({"parts": [{"text": canary(whose, "recommendation")}]})
        snapshot = Snapshot.objects.create(
            submission=submission,
            content=canonical(content),
            sha256=sha256_of(canonical(content)),
            recommendation=letter,
            recommendation_sha256=sha256_of(letter),
        )
        made = {"step": "made", "made_at": timezone.now(), "sha256": "0" * 64}
        own = Dossier.objects.create(
            snapshot=snapshot, audience="candidate", document=file_of(user, "dossier"), **made
        )
        Dossier.objects.create(
            snapshot=snapshot,
            audience="committee",
            document=file_of(user, "dossier-committee"),
            **made,
        )
        # The address names the submission, the token its file.
        submission.document = own.document  # type: ignore[attr-defined]
        things |= {
            "submission": submission,
            "dossier_file": submission,
            "not_to_read": name,
            "submission_decision": {"pk": submission.pk, "verb": "put_back"},
            "dossier_act": {"pk": submission.pk, "dossier": own.pk},
        }
