"""Many at once: real threads, each with a database connection of its own."""

import threading
from collections.abc import Callable, Sequence

from django.db import connection


def all_at_once[T](acts: Sequence[Callable[[], T]]) -> list[T]:
    """Run all, begun together; their results in order. The first exception is raised again."""
    gate = threading.Barrier(len(acts))
    results: dict[int, T] = {}
    failures: list[BaseException] = []

    def run(number: int, act: Callable[[], T]) -> None:
        try:
            connection.ensure_connection()
            gate.wait(timeout=60)
            results[number] = act()
        except BaseException as failure:  # noqa: BLE001 - raised again in the caller's thread
            failures.append(failure)
            gate.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number, act]) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [results[number] for number in range(len(acts))]
