"""Stories told side by side, in the order in which things happened."""

import heapq
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from celery import Celery
from celery._state import get_current_app
from django.db import connection
from django.db.models import Max

from scip.demo.clock import Clock
from scip.demo.world.press import Press
from scip.mail.models import Letter
from scip.mail.services import file_as_sent
from scip.requirements import Refusal

# A story yields the moment at which it wants to go on. What lies after the world's present
# never happens: there the story rests, and the site and its people take over.
type Story = Iterator[datetime]


class Stage:
    """Runs stories up to the present. ``history_ends`` parts letters that were sent long ago
    from those that the worker is to deliver; ``press`` renders what they order."""

    def __init__(self, *, present: datetime, history_ends: datetime, press: Press) -> None:
        self.present = present
        self.history_ends = history_ends
        self.clock = Clock(present)
        self.press = press
        press.clock = self.clock
        self._waiting: list[tuple[datetime, int, Story]] = []
        self._order = itertools.count()
        self._letters_before = newest_letter()

    @property
    def now(self) -> datetime:
        """The moment at which the world stands just now."""
        return self.clock.now

    def tell(self, story: Story) -> None:
        """Begin a story; it goes on when its moment comes."""
        self._put_back(story)

    def run(self) -> None:
        """Tell all stories to the present. What a service refuses ends the seeding: a world
        that breaks the rules is a mistake in its stories."""
        while self._waiting and self._waiting[0][0] <= self.present:
            moment, _number, story = heapq.heappop(self._waiting)
            self.clock.now = moment
            try:
                self._put_back(story)
            except Refusal as refusal:
                refusal.add_note(f"in the story {story} at {moment}")
                raise
            self._file_letters(moment)
        # The last hours' letters wait for the worker, whatever is delivered now.
        self._letters_before = newest_letter()
        self.take_delivery()
        self.clock.now = self.present

    def take_delivery(self) -> None:
        """Have the papers here that were ordered, each as if it came at its moment."""
        now = self.now
        for moment in self.press.deliveries():
            self._file_letters(moment)
        self.clock.now = now

    def _put_back(self, story: Story) -> None:
        moment = next(story, None)
        if moment is not None:
            # Somebody who is late to their own next step takes it now.
            heapq.heappush(self._waiting, (moment, next(self._order), story))

    def _file_letters(self, moment: datetime) -> None:
        if moment < self.history_ends:
            file_as_sent(self._letters_before, at=moment)


def newest_letter() -> int:
    return Letter.objects.aggregate(newest=Max("pk"))["newest"] or 0


class Nobody(Celery):
    """Hears of every task; to write a thousand messages that nobody reads takes its time too."""

    def send_task(self, *args: Any, **kwargs: Any) -> Any:
        return None


class NobodyAtWork:
    """While the world is made, no task reaches a worker: what is left to do at the end is
    found by the sweeps, as after a crash."""

    def __enter__(self) -> None:
        self._real = get_current_app()
        Nobody("scip.demo").set_current()

    def __exit__(self, *exc_info: object) -> None:
        self._real.set_current()


@contextmanager
def no_savepoints() -> Iterator[None]:
    """Let the services' transactions be parts of the one around them, without a savepoint each.

    Savepoints are nearly a quarter of all statements while the world is made, and only serve to go
    on after a refusal. Here a refusal ends all: the next statement after one is refused too.
    """
    connection.features.uses_savepoints = False
    try:
        yield
    finally:
        del connection.features.uses_savepoints
