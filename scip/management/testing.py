"""pytest plugin: a throw-away PostgreSQL server and an environment that nothing leaks into.

Loaded by ``-p scip.management.testing`` in pyproject.toml, hence before Django
reads its settings. Every run has a folder and a server of its own, so runs
beside each other never meet. With ``DATABASE_URL`` set, that server is used.
"""

import base64
import fcntl
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import IO

import pytest

from scip.management.postgres import THROW_AWAY, Cluster
from scip.management.supervisor import REAL_PARTS
from scip.signing import make_chain

PREFIX = "scip-test-"
ABANDONED_AFTER = 600
"""Seconds after which an unlocked folder of a killed run is swept; a new one is locked by then."""


class Workspace:
    """The folder, the server and the environment of one test run."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._lock: IO[str] | None = None
        self._cluster: Cluster | None = None

    def open(self) -> None:
        """Make the folder, start the server unless DATABASE_URL is set, fill os.environ."""
        sweep_abandoned()
        folder = self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        # Passable, so that root's server can run as another account without copies.
        folder.chmod(0o711)
        self._lock = _locked(folder)
        # A developer's shell must not send test letters, charge cards or fill buckets.
        for name in REAL_PARTS:
            os.environ.pop(name, None)
        # Browser journeys drive Playwright, whose event loop runs in the test's own thread.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        os.environ["SECRET_KEY"] = secrets.token_urlsafe(48)
        os.environ["VAULT_KEYS"] = base64.b64encode(secrets.token_bytes(32)).decode()
        chain, key = make_chain("Self-Compassion in Psychotherapy (test)")
        os.environ["SIGNING_CERT"], os.environ["SIGNING_KEY"] = chain, key
        os.environ["DEMO_DATA"] = str(folder / "data")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scip.settings")
        if not os.environ.get("DATABASE_URL"):
            cluster = self._cluster = Cluster(
                folder / "postgres", settings=THROW_AWAY, durable=False
            )
            cluster.start()
            os.environ["DATABASE_URL"] = cluster.url

    def close(self) -> None:
        """Stop the server and remove the folder."""
        if self._cluster is not None:
            self._cluster.destroy()
            self._cluster = None
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _locked(folder: Path) -> IO[str] | None:
    """Lock a run's folder; None when its run is alive."""
    lock = (folder / "run.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def sweep_abandoned() -> None:
    """Remove folders of our own runs that were killed before they could clean up."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                continue
            if time.time() - found.st_mtime < ABANDONED_AFTER:
                continue
            lock = _locked(folder)
        except FileNotFoundError:
            continue  # another run swept it first
        if lock is None:
            continue
        Cluster(folder / "postgres", durable=False).destroy_abandoned()
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()


workspace = Workspace()


# A wrapper runs before pytest-django's own (first-placed) hook, which reads the settings.
@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None]:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        workspace.open()
    else:
        # The controller's environment was inherited; files stay apart per worker.
        os.environ["DEMO_DATA"] = str(Path(os.environ["DEMO_DATA"]) / worker)
    try:
        return (yield)
    except BaseException:
        workspace.close()
        raise


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    from django.conf import settings

    # No collected manifest exists in a test run, and slow hashing would prove nothing.
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    workspace.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every reason for which something was skipped."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        if isinstance(report.longrepr, tuple):
            reasons[str(report.longrepr[2]).removeprefix("Skipped: ")] += 1
        elif getattr(report, "wasxfail", None) is not None:
            reasons[f"expected to fail: {report.wasxfail}"] += 1
    if not reasons:
        return
    terminalreporter.section("skipped, and why")
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count:4} × {reason}")
