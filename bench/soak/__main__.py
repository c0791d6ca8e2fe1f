"""``python -m bench.soak [small] [check …]``: the long checks; 1 when one is missed or proves nothing.

``small`` runs every check at a size of seconds, to see that the checks themselves work.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.ground import ground
from bench.soak.outcome import Outcome, table

type Checks = dict[str, Callable[[], Outcome | list[Outcome]]]

# These ask for whole pages, which name their style sheets by the collected files.
PAGES = {"load", "signin", "reservations"}


def checks(folder: Path, *, small: bool) -> Checks:
    """By name, in the order in which they run; the restore drill comes last, over what all left."""
    from bench.soak import (
        certificates,
        life,
        load,
        log,
        outbox,
        reminders,
        seats,
        signin,
        stripe,
    )

    if small:
        return {
            "life": lambda: life.check_life_cycle(steps=150),
            "supervision": lambda: life.check_supervision(steps=150),
            "log": lambda: log.check_log(times=14, length=15),
            "seats": lambda: seats.check_seats(takers=24, seats=4, rounds=2),
            "reservations": lambda: seats.check_reservations(12, 10, rounds=1),
            "stripe": lambda: [
                stripe.check_sequences(more=5, every_nth=37),
                stripe.check_copies(copies=20),
                stripe.check_replays(charges=4),
                stripe.check_kills(wanted=6),
            ],
            "signin": lambda: [
                signin.check_sign_in(guesses=20),
                signin.check_timing(tries=12, limit=0.8),
            ],
            "certificates": lambda: certificates.check_certificates(rounds=1),
            "forgeries": lambda: certificates.check_forgeries(flips=20, badges=20),
            "outbox": lambda: outbox.check_outbox(letters=200, kills=1),
            "reminders": lambda: reminders.check_reminders(folder, 1_000, 20, share=0.0),
            "load": lambda: load.check_load(seconds=4),
            "restore": lambda: life.check_restore(folder),
        }
    return {
        "life": life.check_life_cycle,
        "supervision": life.check_supervision,
        "log": log.check_log,
        "seats": seats.check_seats,
        "reservations": seats.check_reservations,
        "stripe": lambda: [
            stripe.check_sequences(),
            stripe.check_copies(),
            stripe.check_replays(),
            stripe.check_kills(),
        ],
        "signin": lambda: [signin.check_sign_in(), signin.check_timing()],
        "certificates": certificates.check_certificates,
        "forgeries": certificates.check_forgeries,
        "outbox": outbox.check_outbox,
        "reminders": lambda: reminders.check_reminders(folder),
        "load": load.check_load,
        "restore": lambda: life.check_restore(folder),
    }


def main() -> int:
    """Run what was asked for (all by default), print the table."""
    arguments = sys.argv[1:]
    small = "small" in arguments
    wanted = [name for name in arguments if name != "small"]
    outcomes: list[Outcome] = []
    started = time.monotonic()
    with ground(static=not wanted or bool(PAGES & set(wanted))) as folder:
        from django.conf import settings

        from bench import people
        from bench.soak import outbox

        # Hashing a password slowly proves nothing in any of these checks.
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        settings.ALLOWED_HOSTS = ["*"]
        people.install()
        for name, check in checks(folder, small=small).items():
            if wanted and name not in wanted:
                continue
            found = check()
            outbox.forget_tasks()
            fresh = found if isinstance(found, list) else [found]
            outcomes += fresh
            print(table(fresh), file=sys.stderr, flush=True)
    missed = [item.name for item in outcomes if not item.is_sound]
    print(table(outcomes))
    minutes = (time.monotonic() - started) / 60
    print(f"\n{len(outcomes)} checks, {len(missed)} missed, {minutes:.1f} minutes.")
    return 1 if missed or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
