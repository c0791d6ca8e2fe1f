"""The case rota as a rule: everybody brings a case before anybody brings a second one.

Pure: numbers in, places out, the same every time.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """One case: whose, in which session, as the how-manieth (from 1)."""

    session: int
    slot: int
    person: int


def plan_rota(
    people: Sequence[int], sessions: Sequence[int], *, per_session: int, done: Sequence[int] = ()
) -> list[Place]:
    """Who presents when, from the first of ``sessions`` to the last.

    ``done`` are people who presented already, once for each time. Counts differ by at most one
    wherever the numbers allow it; nobody presents twice in a session. A session gets more
    than ``per_session`` cases only where otherwise somebody would get none.
    """
    if not people or not sessions:
        return []
    waiting = sum(person not in done for person in people)
    slots = max(per_session, -(-waiting // len(sessions)))
    slots = min(slots, len(people))
    counts = {person: sum(person == other for other in done) for person in people}
    order = {person: place for place, person in enumerate(people)}
    last: dict[int, int] = dict.fromkeys(people, -1)
    places: list[Place] = []
    for position, session in enumerate(sessions):
        # Fewest cases first, then whoever waits longest, then the group's own order.
        chosen = sorted(people, key=lambda who: (counts[who], last[who], order[who]))[:slots]
        for slot, person in enumerate(chosen, start=1):
            places.append(Place(session, slot, person))
            counts[person] += 1
            last[person] = position
    return places
