"""Ten thousand letters, while workers are killed and tasks vanish with their broker."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from bench.soak.outcome import Outcome
from scip.background import enqueue
from scip.mail import services
from scip.mail.models import Letter

LETTERS = 10_000
KILLS = 4
WORKER = ["-m", "celery", "-A", "scip", "worker", "--pool", "prefork", "--concurrency", "2"]
QUEUES = ["--queues", "mail,bulk,pdf,default", "--loglevel", "ERROR"]
QUIET = ["--without-gossip", "--without-mingle"]


def check_outbox(letters: int = LETTERS, kills: int = KILLS, limit: float = 900) -> Outcome:
    """Every letter arrives, none twice, though workers die with ``kill -9`` and tasks are lost."""
    started = time.monotonic()
    write_letters("soak", letters)
    lost_tasks, share = 0, letters // (kills + 1)
    for number in range(kills):
        hand_over("soak", range(number * share, (number + 1) * share))
        worker = start_worker()
        try:
            wait_for(lambda goal=number * share + share // 2: sent("soak") >= goal, 120)
        finally:
            kill_hard(worker)
        lost_tasks += lose_broker()
    hand_over("soak", range(kills * share, letters))
    worker = start_worker()
    try:
        wait_for(broker_is_empty, 180)
        time.sleep(2)
        before_sweep = letters - sent("soak")
        while sent("soak") < letters and time.monotonic() - started < limit:
            services.sweep(limit=1000)
    finally:
        kill_hard(worker)
    names, copies = arrived("soak")
    return Outcome(
        name="outbox",
        figure=f"{letters} letters, {kills} × kill -9 and a lost broker: 0 lost, 0 twice",
        found=f"{letters - names} lost, {copies} twice ({lost_tasks} tasks vanished)",
        is_met=names == letters and copies == 0 and sent("soak") == letters,
        control=f"before the sweep {before_sweep} letters lay there without a task",
        control_failed=before_sweep > 0,
        seconds=time.monotonic() - started,
    )


def write_letters(key: str, count: int) -> None:
    """Letters in the outbox, due now."""
    Letter.objects.bulk_create(
        [
            Letter(
                dedupe_key=f"{key}:{number}",
                to_address=f"person{number}@example.com",
                subject=f"Letter {number}",
                text="Your place is held.\n",
                html="<p>Your place is held.</p>",
                due_at=timezone.now(),
            )
            for number in range(count)
        ],
        batch_size=1000,
    )


def hand_over(key: str, numbers: range) -> None:
    """A task for each of these letters, as a commit enqueues them."""
    for number in numbers:
        enqueue(services.DELIVER, f"{key}:{number}")


def sent(key: str) -> int:
    return Letter.objects.filter(dedupe_key__startswith=f"{key}:", sent_at__isnull=False).count()


def arrived(key: str) -> tuple[int, int]:
    """How many different letters lie in the mail folder, and how many copies too many.

    The folder keeps one file per Message-ID, as a mailbox recognises a second copy by it; a letter
    written twice would be a second file for the same recipient.
    """
    wanted = {
        f"letter-{pk}"
        for pk in Letter.objects.filter(dedupe_key__startswith=f"{key}:").values_list(
            "pk", flat=True
        )
    }
    files = [
        path for path in mail_folder().glob("letter-*.eml") if path.name.split("@")[0] in wanted
    ]
    recipients = Counter(str(message_from_bytes(path.read_bytes())["To"]) for path in files)
    return len(files), sum(count - 1 for count in recipients.values())


def mail_folder() -> Path:
    return Path(settings.MAILERS["default"]["OPTIONS"]["folder"])


def start_worker(**environment: str) -> subprocess.Popen[bytes]:
    """A worker in a process group of its own, with this process's environment and more."""
    return subprocess.Popen(
        [sys.executable, *WORKER, *QUEUES, *QUIET],
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_hard(worker: subprocess.Popen[bytes]) -> None:
    """``kill -9`` for the worker and its children, at whatever line they are."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def messages() -> Path:
    return Path(settings.BROKER_FOLDER) / "messages"


def lose_broker() -> int:
    """A quarter of the waiting tasks vanish, as with a broker that died; how many."""
    waiting = sorted(messages().glob("*.mail.msg"))[::4]
    for path in waiting:
        path.unlink(missing_ok=True)
    return len(waiting)


def broker_is_empty() -> bool:
    return not any(messages().glob("*.msg"))


def wait_for(holds: Callable[[], bool], seconds: float) -> bool:
    """Look again until it holds; False when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.2)
    return False


def forget_tasks() -> None:
    """Take the tasks that a check left out of the broker, so that the next one starts empty."""
    for path in messages().glob("*"):
        path.unlink(missing_ok=True)
