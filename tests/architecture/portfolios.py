"""Portfolios in the house: what each of the pair writes for themselves, and one case study that
the supervisor may read."""

from certification.portfolio import services
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
        things |= {
            "case_study": own,
            "shown_case_study": shown,
            "write_up": write_up,
            "client_label": label,
            "known_word": word,
            "client_session": session,
        }
