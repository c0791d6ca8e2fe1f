"""Several at once: real threads, each with a database connection of its own."""

import threading
from collections import Counter
from collections.abc import Callable

from django.db import DatabaseError, connection

from scip.requirements import Refusal


def at_once(*jobs: Callable[[], object]) -> list[Refusal | DatabaseError | None]:
    """Let all go at the same moment; what each was refused with, or None, in their order."""
    gate = threading.Barrier(len(jobs))
    results: list[Refusal | DatabaseError | None] = [None] * len(jobs)

    def run(number: int, job: Callable[[], object]) -> None:
        try:
            gate.wait()
            job()
        except (Refusal, DatabaseError) as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def tally(*jobs: Callable[[], object]) -> Counter[str]:
    """How many were done and refused; an error of the database by its name and words."""
    return Counter(
        "done"
        if error is None
        else "refused"
        if isinstance(error, Refusal)
        else f"{type(error).__name__}: {error}"
        for error in at_once(*jobs)
    )
