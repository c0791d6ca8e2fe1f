"""Everything that ``make demo`` runs, kept together by one process.

It starts PostgreSQL, prepares the database and the static files, then runs web,
worker and beat, starts again what dies, and ends all of it when it ends. It does
not use Django itself: the children read their settings from the environment made here.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from scip.embedded import embedded_secrets
from scip.management import processes
from scip.management.healthcheck import answers
from scip.management.postgres import Cluster, ClusterError

ROOT = Path(__file__).resolve().parent.parent.parent

REAL_PARTS = (
    "ALLOWED_HOSTS",
    "CLAMAV_SOCKET",
    "DEBUG",
    "DEFAULT_FROM_EMAIL",
    "DEMO",
    "EMAIL_URL",
    "MEDIA_ROOT",
    "REDIS_URL",
    "S3_BUCKET",
    "SECRET_KEY_FALLBACKS",
    "SENTRY_DSN",
    "SIGNING_CERT",
    "SIGNING_CERT_FALLBACKS",
    "SIGNING_KEY",
    "SITE_URL",
    "STAFF_EMAIL",
    "STATIC_ROOT",
    "STRIPE_API_BASE",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "TRUSTED_PROXY_COUNT",
)
"""Variables that switch a part to the real one.

The demo (and the tests) drop them: people with published passwords must never get into
a real database, and made-up letters must never reach a real mail server.
"""

PEOPLE = (
    ("applicant@example.org", "is applying; a document came back, a question waits"),
    ("participant@example.org", "is in week 7 of Level A, an exception asked for"),
    ("candidate@example.org", "in supervision: the third session waits for a yes"),
    ("graduate@example.org", "certified, and listed in the directory"),
    ("supervisor@example.org", "accompanies a candidate (Level C)"),
    ("supervisor2@example.org", "a second supervisor"),
    ("facilitator@example.org", "leads a cohort"),
    ("reviewer@example.org", "is reading a submission (Level C)"),
    ("chair@example.org", "chairs the committee; a question waits"),
    ("panel@example.org", "is asked to hear an appeal"),
    ("aid@example.org", "decides on a request for aid"),
    ("staff@example.org", "works at the office"),
)
PASSWORD = "self-compassion"  # noqa: S105 - published on purpose; exists only while the demo runs

# 500 pictures of flags come with the list of countries; no page shows one.
COLLECT = ("collectstatic", "--noinput", "--clear", "--verbosity", "0", "--ignore", "flags")

GRACE_SECONDS = 10.0
READY_SECONDS = 60.0
FREE_PORT_SECONDS = 8.0
DEATHS_WINDOW = 60.0
MOST_DEATHS = 6
LONGEST_PAUSE = 5.0

OWN_FOLDERS = ("broker", "files", "logs", "mail", "postgres", "static")
OWN_FILES = ("beat*", "children", "secrets.env", "seeded", "static.stamp")


class DemoError(RuntimeError):
    """The demo can't go on; the message tells the person what to do."""


class EndRequested(Exception):
    """A signal asked the demo to end."""


@dataclass(frozen=True)
class Plan:
    """What a person can choose about a demo."""

    data: Path
    port: int = 8000
    scale: int = 1

    @property
    def site_url(self) -> str:
        """The address to open."""
        return f"http://localhost:{self.port}"


def environment(plan: Plan, database_url: str) -> dict[str, str]:
    """Return the children's environment: production settings over embedded parts.

    Side effect: makes the data folder's secrets on first use.
    """
    # Without compiled modules, which some shells forbid, each of the six processes would spend
    # seconds on compiling the same ones.
    dropped = {*REAL_PARTS, "PYTHONDONTWRITEBYTECODE"}
    env = {name: value for name, value in os.environ.items() if name not in dropped}
    return {
        **env,
        **embedded_secrets(plan.data),
        "DATABASE_URL": database_url,
        "DEMO": "1",
        "DEMO_DATA": str(plan.data),
        "DEMO_SCALE": str(plan.scale),
        "DJANGO_SETTINGS_MODULE": "scip.settings",
        "PYTHONUNBUFFERED": "1",
        "SITE_URL": plan.site_url,
    }


def web_command(port: int, *, host: str = "127.0.0.1", workers: int = 2) -> list[str]:
    """Return the command that serves the site: one blocking thread a worker measured best."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host]
    command += [
        "--port",
        str(port),
        "--workers",
        str(workers),
        "--blocking-threads",
        "1",
    ]
    # Without respawning, one dead worker takes the whole server with it.
    command += ["--no-ws", "--respawn-failed-workers", "--workers-kill-timeout", "5"]
    return [*command, "scip.wsgi:application"]


CELERY = [sys.executable, "-m", "celery", "-A", "scip"]


def worker_command(queues: str = "mail,bulk,pdf,default", concurrency: int = 2) -> list[str]:
    """Return the command that does the background work of some queues."""
    command = [*CELERY, "worker", "--loglevel", "INFO", "--queues", queues]
    return [*command, "--concurrency", str(concurrency), "--without-gossip", "--without-mingle"]


def beat_command(data: Path) -> list[str]:
    """Return the command that plans background work; a process apart, so it never orphans one."""
    command = [*CELERY, "beat", "--loglevel", "INFO"]
    return [*command, "--schedule", str(data / "beat"), "--pidfile", ""]


@dataclass
class Child:
    """One process that is started again whenever it dies."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    restart_at: float = 0.0
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_DEATHS))

    def note_death(self, now: float) -> float:
        """Record a death and return the pause in seconds before the next start.

        Raises DemoError after MOST_DEATHS within DEATHS_WINDOW seconds.
        """
        self.deaths.append(now)
        recent = [moment for moment in self.deaths if now - moment < DEATHS_WINDOW]
        if len(recent) >= MOST_DEATHS:
            raise DemoError(
                f"The {self.name} process ended {len(recent)} times within a minute, "
                "so the demo stops. Its log says why."
            )
        pause: float = min(0.2 * 2 ** (len(recent) - 1), LONGEST_PAUSE)
        return pause


def code_print() -> str:
    """Fingerprint what prepares a database: our modules, the pinned packages, the interpreter."""
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    digest.update(sys.version.encode())
    for package in sorted(ROOT.glob("*/__init__.py")):
        if package.parent.name in {"bench", "tests"}:
            continue
        for path in sorted(package.parent.rglob("*.py")):
            found = path.stat()
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def say(line: str = "") -> None:
    """Print a line at once, also into a pipe."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


class Supervisor:
    """Runs one demo; ``run()`` returns when a signal ends it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.cluster = Cluster(plan.data / "postgres")
        self.children: list[Child] = []
        self.env: dict[str, str] = {}
        self._database = Child("database", ())
        self._ending = threading.Event()

    def run(self) -> int:
        """Start everything, watch over it, and end it. Returns the exit code."""
        with self._signals(), self._sole_owner():
            try:
                self._start()
                while True:
                    self._pause(0.25)
                    self._revive()
            except EndRequested:
                say("\nStopping. Everything is kept for the next start.")
                return 0
            finally:
                self._stop()

    def reset(self) -> None:
        """Remove this demo's data, and nothing else that lies in its folder."""
        with self._sole_owner():
            self._end_leftovers()
            self.cluster.destroy_abandoned()
            for name in OWN_FOLDERS:
                shutil.rmtree(self.plan.data / name, ignore_errors=True)
            for pattern in OWN_FILES:
                for path in self.plan.data.glob(pattern):
                    path.unlink()

    # -- being alone ------------------------------------------------------------

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(signum: int, frame: FrameType | None) -> None:
            self._ending.set()

        known = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {signum: signal.signal(signum, stop) for signum in known}
        try:
            yield
        finally:
            for signum, handler in before.items():
                signal.signal(signum, handler)

    @contextlib.contextmanager
    def _sole_owner(self) -> Iterator[None]:
        self.plan.data.mkdir(parents=True, exist_ok=True)
        with (self.plan.data / "demo.lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                where = lock.read().strip() or "another window"
                raise DemoError(
                    f"A demo already runs on {self.plan.data} ({where}). Use that one, stop it "
                    "with Ctrl-C, or give this one a folder and a port of its own: "
                    "make demo DEMO_DATA=.demo2 PORT=8001"
                ) from None
            lock.truncate(0)
            lock.write(self.plan.site_url)
            lock.flush()
            yield

    def _end_leftovers(self) -> None:
        """End children that outlived a killed supervisor (Linux ends them by itself, soon)."""
        note = self.plan.data / "children"
        if not note.exists():
            return
        for line in note.read_text().splitlines():
            number, _, command = line.partition(" ")
            pid = int(number)
            # The id may belong to another program by now; the command line tells.
            if processes.is_alive(pid) and command in processes.command_line(pid):
                os.kill(pid, signal.SIGTERM)
                processes.wait_until_gone(pid, GRACE_SECONDS)
                processes.kill_group(pid)
        note.unlink()

    def _check_port(self) -> None:
        deadline = time.monotonic() + FREE_PORT_SECONDS
        while True:
            with socket.socket() as probe:
                # The server shares its port between workers; without this a port in
                # TIME_WAIT would look taken.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", self.plan.port))
                except OSError as error:
                    if time.monotonic() > deadline:
                        raise DemoError(
                            f"Port {self.plan.port} is in use. Choose another: "
                            f"make demo PORT={self.plan.port + 1}"
                        ) from error
                else:
                    return
            self._pause(0.2)

    # -- starting ---------------------------------------------------------------

    def _start(self) -> None:
        started = time.monotonic()
        self._end_leftovers()
        self._check_port()
        # Collecting needs no database and compresses for a while, so it goes first and alongside.
        self.env = environment(self.plan, "")
        static = self._begin_static()
        try:
            say("Starting the database …")
            self.cluster.start()
            self.env = environment(self.plan, self.cluster.url)
            self._prepare()
            if static is not None:
                self._finish(static, "static")
                (self.plan.data / "static.stamp").write_text(self._static_print())
        except BaseException:
            if static is not None:
                processes.end(static, signal.SIGTERM, 2.0)
            raise
        # The site first: the others' loading would only slow it, and nobody waits for them.
        self._add(Child("web", web_command(self.plan.port)))
        self._wait_for_web()
        self._add(Child("worker", worker_command()))
        # A large file is looked at for minutes: nothing else waits for it.
        self._add(Child("checker", worker_command("arrivals", 1)))
        self._add(Child("beat", beat_command(self.plan.data)))
        self._greet(time.monotonic() - started)

    def _prepare(self) -> None:
        """Migrate and seed, unless this very code has already done so in this database."""
        marker = self.plan.data / "seeded"
        print_now = code_print()
        has_world = marker.exists() or not self.plan.scale
        if has_world and self.cluster.note("scip") == print_now:
            return
        say(
            "Bringing the database up to date …"
            if marker.exists()
            else "Preparing the demo world; the first start takes a little while …"
        )
        self._finish(self._begin("prepare", "prepare_demo"), "prepare")
        # In the database itself, so that the note can't outlive or belie what it tells.
        self.cluster.set_note("scip", print_now)

    def _log(self, name: str) -> Path:
        folder = self.plan.data / "logs"
        folder.mkdir(exist_ok=True)
        return folder / f"{name}.log"

    def _begin(self, log: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log(log).open("wb") as output:
            return processes.spawn(
                [sys.executable, "manage.py", *arguments],
                env=self.env,
                cwd=ROOT,
                output=output,
            )

    def _finish(self, child: subprocess.Popen[bytes], log: str) -> None:
        try:
            while child.poll() is None:
                self._pause(0.05)
        finally:
            if child.poll() is None:
                processes.end(child, signal.SIGTERM, 2.0)
        if child.returncode != 0:
            tail = "\n".join(self._log(log).read_text(errors="replace").splitlines()[-25:])
            raise DemoError(f"The demo could not be prepared:\n{tail}")

    def _static_print(self) -> str:
        """Fingerprint what collected static files depend on: ours, and the packages' versions."""
        digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
        for path in sorted((ROOT / "static").rglob("*")):
            if path.is_file():
                found = path.stat()
                digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
        return digest.hexdigest()

    def _begin_static(self) -> subprocess.Popen[bytes] | None:
        stamp = self.plan.data / "static.stamp"
        if stamp.exists() and stamp.read_text() == self._static_print():
            return None
        # Compressing takes longer than migrating, so both run beside each other.
        return self._begin("static", *COLLECT)

    def _add(self, child: Child) -> None:
        self.children.append(child)
        self._launch(child)

    def _launch(self, child: Child) -> None:
        mode = "ab" if child.deaths else "wb"
        with self._log(child.name).open(mode) as output:
            child.process = processes.spawn(child.command, env=self.env, cwd=ROOT, output=output)
        lines = [
            f"{each.process.pid} {' '.join(each.command[1:])}"
            for each in self.children
            if each.process is not None
        ]
        (self.plan.data / "children").write_text("\n".join(lines))

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(self.plan.port, self.plan.site_url):
            if time.monotonic() > deadline:
                raise DemoError(f"The site does not answer. See {self._log('web')}.")
            self._pause(0.1)
            self._revive()

    def _greet(self, seconds: float) -> None:
        width = max(len(email) for email, _ in PEOPLE)
        say()
        say(f"  SCIP Pathway is ready (after {seconds:.1f} s):  {self.plan.site_url}/")
        say(f"  Be any of these people with one click:      {self.plan.site_url}/demo/")
        say(f"  Every letter as it was sent:                {self.plan.site_url}/demo/outbox/")
        say()
        for email, what in PEOPLE:
            say(f"    {email:{width}}  {what}")
        say(f"    The password is the same for all: {PASSWORD}")
        say()
        say(f"  Data and logs are in {self.plan.data}. Ctrl-C stops everything.")

    # -- watching ---------------------------------------------------------------

    def _pause(self, seconds: float) -> None:
        if self._ending.wait(seconds):
            raise EndRequested

    def _revive(self) -> None:
        now = time.monotonic()
        if not self.cluster.is_running():
            say("The database ended; starting it again.")
            self._pause(self._database.note_death(now))
            self.cluster.stop()
            self.cluster.start()
        for child in self.children:
            if child.process is None:
                if now >= child.restart_at:
                    self._launch(child)
            elif child.process.poll() is not None:
                # Its own children (a pool, server processes) must not outlive it.
                processes.kill_group(child.process.pid)
                say(f"The {child.name} process ended ({child.process.returncode}); starting again.")
                child.process = None
                child.restart_at = now + child.note_death(now)

    def _stop(self) -> None:
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in running:
            processes.end(process, signal.SIGTERM, max(0.1, deadline - time.monotonic()))
        (self.plan.data / "children").unlink(missing_ok=True)
        # Last, so that a task in its final moments still reaches its database.
        self.cluster.stop()


def guarded(action: Callable[[], int]) -> int:
    """Run an action; turn what a person can mend into a sentence and exit code 1."""
    try:
        return action()
    except (DemoError, ClusterError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
