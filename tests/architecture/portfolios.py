"""Portfolios in the house: what each of the pair writes for themselves, and one case study that
the supervisor may read."""

from typing import Any

from certification.portfolio import attesting, services
from certification.portfolio.models import Excerpt
from scip.vault import arrivals
from scip.vault.models import StoredFile
from tests.architecture.candidacies import file_of
from tests.architecture.places import PAIR, House, canary


def add_portfolios(house: House) -> None:
    """Two case studies, a write-up, a label, a word and a line of the log, for each."""
    for whose in PAIR:
        things, user = house.things[whose], house.people[whose]
        candidacy = things["candidacy"]
        label = services.add_label(candidacy, canary(whose, "between"), by=user)
        own = services.begin_case(candidacy, by=user)
        services.save_writing(own, {"happened": canary(whose, "journal")}, revision=0, by=user)
        shown = services.begin_case(candidacy, by=user, label=label)
        services.save_writing(shown, {"happened": canary(whose, "between")}, revision=0, by=user)
        services.show_case(shown, True, by=user)
        write_up = services.begin_write_up(candidacy, "reflection", by=user)
        services.save_writing(write_up, {"text": canary(whose, "journal")}, revision=0, by=user)
        word = services.remember_word(
            candidacy, canary(whose, "journal"), is_to_avoid=True, by=user
        )
        session = services.log_session(
            candidacy,
            label=label,
            held_on=own.created_at.date(),
            minutes=50,
            practice=canary(whose, "journal"),
            by=user,
        )
        paper = services.ask_for_paper(own.portfolio, by=user)
        paper.document, paper.made_at = file_of(user, StoredFile.COPY), paper.requested_at
        paper.begun_at = paper.requested_at
        paper.save(update_fields=["document", "made_at", "begun_at"])
        things |= {
            "case_paper": paper,
            "case_paper_file": paper,
            "case_study": own,
            "shown_case_study": shown,
            "write_up": write_up,
            "client_label": label,
            "known_word": word,
            "client_session": session,
            **excerpts(user, candidacy, shown, whose),
        }


def excerpts(user: Any, candidacy: Any, case: Any, whose: str) -> dict[str, Any]:
    """A recording that is kept, one shown in person, and one on its way in."""
    facts = {
        "title": canary(whose, "between"),
        "consent_on": case.created_at.date(),
        "consent_scope": Excerpt.Scope.REVIEW,
        "identity": Excerpt.Identity.REMOVED,
    }
    document = file_of(user, "excerpt")
    document.content_type = "audio/mp4"
    document.save(update_fields=["content_type"])
    kept = Excerpt.objects.create(
        portfolio=case.portfolio,
        case=case,
        kind=Excerpt.Kind.AUDIO,
        document=document,
        wording=attesting.wording(Excerpt.Identity.REMOVED),
        wording_version=attesting.VERSION,
        **facts,
    )
    services.open_excerpt(kept, by=user)
    return {
        "excerpt": kept,
        "excerpt_file": kept,
        "excerpt_in_person": services.hand_in(candidacy, by=user, kind="video", **facts),
        "arrival": arrivals.begin(
            user,
            purpose=Excerpt.PURPOSE,
            name=f"{canary(whose, 'journal')}.mp4",
            size=1000,
            allowed=["video/mp4"],
        ),
    }
