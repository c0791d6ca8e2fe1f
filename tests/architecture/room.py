"""A submission with the committee, read by the personas of reviewer and chair; a question of it.

Those of the pair are still open, so somebody else has handed in what the pair wrote.
"""

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from certification.portfolio.models import Excerpt, OfficeAccess, Portfolio
from certification.review.models import (
    Assignment,
    DeclaredTie,
    Dossier,
    FrozenAccess,
    Question,
    Snapshot,
    Submission,
)
from certification.review.models.snapshots import sha256_of
from certification.review.services.freezing import canonical
from payments.models import Charge
from tests import world
from tests.architecture.candidacies import file_of
from tests.architecture.places import PAIR, House, canary


def add_rooms(house: House) -> None:
    """A room for each of the pair's words, with everything that can be done in it."""
    for whose in PAIR:
        submission = handed_in(house, whose)
        paper = file_of(submission.user, "dossier-committee")
        Dossier.objects.create(
            snapshot=submission.snapshot,
            audience="committee",
            document=paper,
            step="made",
            made_at=timezone.now(),
            sha256="0" * 64,
        )
        seat = seated(house, submission, "reviewer")
        chair = seated(house, submission, "chair")
        excerpt = Excerpt.objects.get(portfolio__candidacy=submission.candidacy)
        question = Question.objects.create(assignment=seat, text=canary(whose, "question"))
        # The address names the seat, the token its file.
        seat.document, seat.recording = paper, excerpt  # type: ignore[attr-defined]
        house.things[whose] |= {
            "reading": seat,
            # About somebody else: beside this candidate it would shut the room.
            "told_tie": DeclaredTie.objects.create(
                member=seat.member,
                candidate=world.make_user(f"told-of-{whose}@example.com"),
                kind="colleague",
            ),
            "chairing": chair,
            "reading_file": seat,
            "reading_excerpt": {"pk": seat.pk, "excerpt": excerpt.pk},
            "reading_excerpt_file": seat,
            "reading_reader": {"pk": chair.pk, "other": seat.pk},
            "reading_question": {"pk": chair.pk, "question": question.pk},
            "question_to_me": Question.objects.create(
                assignment=house.things[whose]["asked_reader"],
                text="Who?",
                state="sent",
                sent_text=canary(whose, "question"),
                sent_at=timezone.now(),
            ),
        }


def add_openings(house: House) -> None:
    """What somebody handed in, and an excerpt of theirs, opened by the office with a reason: both
    acts run, and are those of the persona of the office alone."""
    now = timezone.now()
    for whose in PAIR:
        submission = handed_in(house, whose, name="opened-of")
        excerpt = Excerpt.objects.get(portfolio__candidacy=submission.candidacy)
        dossier = Dossier.objects.create(
            snapshot=submission.snapshot,
            audience="candidate",
            document=file_of(submission.user, "dossier"),
            step="made",
            made_at=now,
            sha256="0" * 64,
        )
        act = {
            "portfolio": excerpt.portfolio,
            "what": "One thing",
            "opened_by": house.people["staff"],
            "reason": "A complaint has to be answered.",
            "until_at": now + timedelta(hours=1),
        }
        FrozenAccess.objects.create(
            access=OfficeAccess.objects.create(**act), snapshot=submission.snapshot
        )
        OfficeAccess.objects.create(**act, excerpt=excerpt)
        submission.document = dossier.document  # type: ignore[attr-defined]
        house.things[whose] |= {
            "opened": submission,
            "opened_file": submission,
            "opened_excerpt": excerpt,
            "opened_excerpt_file": excerpt,
        }


def seated(house: House, submission: Submission, name: str) -> Assignment:
    """One of the personas, after their declaration; the seat is called as they are."""
    now = timezone.now()
    return Assignment.objects.create(
        submission=submission,
        member=house.people[name],
        seat=name,
        state="accepted",
        answer_due_at=now + timedelta(days=5),
        due_at=now + timedelta(days=18),
        declared_at=now,
        accepted_at=now,
    )


def handed_in(house: House, whose: str, *, name: str = "handed-in") -> Submission:
    """What one of the pair wrote, in the hands of the committee."""
    user = world.make_user(f"{name}-{whose}@example.com", name="Somebody who handed in")
    candidacy = world.make_candidacy(user)
    charge = Charge.objects.create(
        user=user,
        purpose="review",
        description="Final review",
        amount_cents=75_000,
        due_at=timezone.now() + timedelta(days=10),
    )
    submission = Submission.objects.create(
        candidacy=candidacy,
        edition=candidacy.edition,
        charge=charge,
        state="submitted",
        submitted_at=timezone.now(),
    )
    document = file_of(user, "excerpt")
    document.content_type = "audio/mp4"
    document.save(update_fields=["content_type"])
    excerpt = Excerpt.objects.create(
        portfolio=Portfolio.objects.create(candidacy=candidacy),
        kind="audio",
        document=document,
        title=canary(whose, "between"),
        consent_on=timezone.localdate(),
        consent_scope="review",
        identity="removed",
        wording="So it is.",
        wording_version=1,
    )
    source = house.things[whose]["submission"].snapshot
    content: dict[str, Any] = json.loads(source.content)
    row = {"number": 1, "kind": "sound recording", "case": None, "scope": "review"}
    held = {"id": str(document.pk), "excerpt": excerpt.pk, "sha256": document.sha256}
    content["excerpts"] = [row | {"title": excerpt.title, "file": held}]
    told = {"label": "assessment", "text": canary(whose, "private")}
    letter = canonical({"parts": [told]})
    Snapshot.objects.create(
        submission=submission,
        content=canonical(content),
        sha256=sha256_of(canonical(content)),
        recommendation=letter,
        recommendation_sha256=sha256_of(letter),
    )
    return submission
