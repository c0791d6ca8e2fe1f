"""Facts beside the letter: what the house knows already, so that nobody has to look it up."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.candidacy.models import Candidacy, Retreat
from certification.portfolio.models import ClientSession
from scip.credentials.models import Completion
from scip.formats import day
from supervision.queries.sessions import evidence_of
from supervision.requirements.ledger import State


def letter_facts(candidacy: Candidacy) -> dict[str, list[str]]:
    """Sentences by part of the letter; five queries."""
    return {
        "path": path_facts(candidacy),
        "practice": practice_facts(candidacy),
        "growth": growth_facts(candidacy),
        "personal": personal_facts(candidacy),
    }


def path_facts(candidacy: Candidacy) -> list[str]:
    """Levels and registration with their days."""
    rows = Completion.objects.filter(user=candidacy.user).order_by("level")
    found = [
        _("{level}: {day}, {basis}").format(
            level=row.get_level_display(), day=day(row.completed_on), basis=row.get_basis_display()
        )
        for row in rows
    ]
    if candidacy.active_at is not None:
        found.append(_("Registered for Level C: {day}").format(day=day(candidacy.active_at)))
    return found


def practice_facts(candidacy: Candidacy) -> list[str]:
    """What was attested last, and what the log holds."""
    found = []
    word = candidacy.attestations.first()
    if word is not None:
        found.append(
            _("You attested to {sessions} sessions with {clients} clients on {day}.").format(
                sessions=word.client_sessions, clients=word.clients, day=day(word.attested_at)
            )
        )
    logged = ClientSession.objects.filter(portfolio__candidacy=candidacy).count()
    if logged:
        found.append(
            ngettext(
                "Your log holds {count} session.", "Your log holds {count} sessions.", logged
            ).format(count=logged)
        )
    return found


def growth_facts(candidacy: Candidacy) -> list[str]:
    """Sessions and supervisors, with first and last day."""
    sessions = [row for row in evidence_of(candidacy).sessions if row.state == State.CONFIRMED]
    if not sessions:
        return []
    names = sorted({row.supervisor for row in sessions})
    count = len(sessions)
    return [
        ngettext(
            "{count} session with {names}, from {first} to {last}.",
            "{count} sessions with {names}, from {first} to {last}.",
            count,
        ).format(
            count=count,
            names=", ".join(names),
            first=day(min(row.held_on for row in sessions)),
            last=day(max(row.held_on for row in sessions)),
        )
    ]


def personal_facts(candidacy: Candidacy) -> list[str]:
    """The retreat as it stands on record."""
    row = Retreat.objects.filter(user=candidacy.user).current().first()
    if row is None:
        return []
    return [
        ngettext(
            "{title}: {first} to {last}, {count} day, with {teachers}.",
            "{title}: {first} to {last}, {count} days, with {teachers}.",
            row.days,
        ).format(
            title=row.title,
            first=day(row.started_on),
            last=day(row.ended_on),
            count=row.days,
            teachers=row.teachers,
        )
    ]
