"""``python -m bench``: every figure as a ratio beside its baseline from the same run."""

import os
import sys
import time
from pathlib import Path

from bench.ground import ground
from bench.report import Row, table, write

RESULTS = Path(__file__).resolve().parent / "results.json"


def measure(folder: Path) -> list[Row]:
    """All sections, in one process."""
    from django.conf import settings

    settings.ROOT_URLCONF = "bench.urls"
    from bench import (
        allocation,
        directory,
        documents,
        dossiers,
        pages,
        people,
        players,
        reports,
        roster,
        rush,
        vault,
        webhook,
        work,
    )

    edition = people.install()
    people.add_people()
    people.analyse()
    rows: list[Row] = []
    sections = {
        "pages": lambda: pages.page_rows(edition),
        "directory": directory.directory_rows,
        "webhook": webhook.webhook_rows,
        "vault": lambda: work.vault_rows(folder),
        "recordings": lambda: vault.recording_rows(folder),
        "players": players.player_rows,
        "seats": lambda: [*work.seat_rows(), *rush.reservation_rows()],
        "documents": documents.document_rows,
        "dossiers": dossiers.dossier_rows,
        "roster": roster.roster_rows,
        "reports": reports.report_rows,
        "allocation": allocation.allocation_rows,
    }
    chosen = sys.argv[1:] or list(sections)
    for name in chosen:
        started = time.perf_counter()
        rows += sections[name]()
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return rows


def main() -> int:
    """Print the table, write bench/results.json; 1 when a goal was missed."""
    os.environ["SITE_URL"] = "http://localhost:8000"
    with ground(static=True) as folder:
        rows = measure(folder)
    print(table(rows))
    write(rows, RESULTS)
    missed = [row.name for row in rows if row.is_met is False]
    print(f"\n{len(rows)} figures, {len(missed)} goals missed. Written to bench/{RESULTS.name}.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
