"""The demo's processes: up together, revived when killed, gone when the demo ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from scip.management.healthcheck import answers
from scip.management.postgres import Cluster
from scip.management.supervisor import (
    MOST_DEATHS,
    REAL_PARTS,
    ROOT,
    Child,
    DemoError,
    Plan,
    Supervisor,
    code_print,
    environment,
)

pytestmark = [
    pytest.mark.xdist_group("supervisor"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(what: str, happens: Callable[[], object], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, f"waited {seconds} s for: {what}"
        time.sleep(0.1)


class Demo:
    """``manage.py demo`` on a folder of its own, seen from outside."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.said = data.parent / "said.txt"

    def command(self) -> subprocess.Popen[bytes]:
        env = {name: value for name, value in os.environ.items() if name not in REAL_PARTS}
        for name in (
            "DATABASE_URL",
            "SECRET_KEY",
            "VAULT_KEYS",
            "MAKELEVEL",
            "PYTEST_CURRENT_TEST",
        ):
            env.pop(name, None)
        env |= {"DEMO_DATA": str(self.data), "PORT": str(self.port), "DEMO_SCALE": "0"}
        with self.said.open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "manage.py", "demo"],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    def start(self) -> None:
        self.said.unlink(missing_ok=True)
        self.process = self.command()
        wait_for("the greeting", self.greeted, 90)
        wait_for("the worker's readiness", lambda: "ready." in self.log("worker"))
        wait_for("beat's start", lambda: "beat: Starting" in self.log("beat"))
        assert answers(self.port, f"http://localhost:{self.port}")

    def log(self, name: str) -> str:
        path = self.data / "logs" / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def greeted(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said.read_text()
        return "is ready" in self.said.read_text()

    def end(self, signum: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(signum)
        return self.process.wait(timeout=30)

    def pids(self, *words: str) -> set[int]:
        """Live processes of this demo whose command line has all the words."""
        found = set()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (entry / "environ").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue  # ended while we looked
            ours = f"DEMO_DATA={self.data}\0".encode() in environment + b"\0"
            database = str(Cluster(self.data / "postgres").base) in command
            server = self.server_data() in command
            if "Z" in state or not (ours or database or server):
                continue
            if all(word in command for word in words):
                found.add(int(entry.name))
        return found

    def server_data(self) -> str:
        cluster = Supervisor(Plan(self.data)).cluster
        cluster.base.mkdir(parents=True, exist_ok=True)
        cluster._prepare_places()
        return str(cluster._data)

    def database(self) -> "psycopg.Connection[tuple[object, ...]]":
        folder = Path(self.server_data()).parent / "socket"
        return psycopg.connect(f"postgresql://postgres@/scip?host={folder}", autocommit=True)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    made = Demo(tmp_path_factory.mktemp("demo") / "data")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.wait()
        wait_for("the end of everything", lambda: not made.pids())
    Supervisor(Plan(made.data)).reset()


@pytest.fixture
def running(demo: Demo) -> Demo:
    if demo.process is None or demo.process.poll() is not None:
        demo.start()
    return demo


def test_all_parts_run_and_can_be_told_apart(running: Demo) -> None:
    # The checks below count processes; here it shows that they'd be seen.
    assert running.pids("granian")
    assert running.pids("celery", "worker")
    assert running.pids("celery", "beat")
    assert running.pids("bin/postgres")
    said = running.said.read_text()
    assert f"http://localhost:{running.port}/" in said
    assert "applicant@example.org" in said


def test_a_second_demo_on_the_same_data_is_turned_away_kindly(running: Demo) -> None:
    before = running.pids()
    second = running.command()
    assert second.wait(timeout=30) == 1
    assert "A demo already runs on" in running.said.read_text()
    assert before <= running.pids()


PARTS = [
    ("celery", "--queues mail,bulk,pdf,default"),
    ("celery", "--queues arrivals"),
    ("celery", "beat"),
    ("granian",),
]


@pytest.mark.parametrize("words", PARTS)
def test_a_killed_part_is_started_again(running: Demo, words: tuple[str, ...]) -> None:
    before = running.pids(*words)
    # The lowest id is the parent, which is the one that the supervisor watches.
    os.kill(min(before), signal.SIGKILL)
    wait_for("another one", lambda: running.pids(*words) - before)
    wait_for("the rest of the old ones to end", lambda: not running.pids(*words) & before)
    wait_for(
        "the site to answer",
        lambda: answers(running.port, f"http://localhost:{running.port}"),
    )


def test_a_killed_database_is_started_again(running: Demo) -> None:
    before = running.pids("bin/postgres", "-D")
    os.kill(min(before), signal.SIGKILL)
    wait_for("another one", lambda: running.pids("bin/postgres", "-D") - before)

    def reachable() -> bool:
        try:
            running.database().close()
        except psycopg.OperationalError:
            return False
        return True

    wait_for("its answers", reachable)


def test_ctrl_c_leaves_no_process_and_the_next_start_keeps_the_data(
    running: Demo,
) -> None:
    with running.database() as connection:
        connection.execute("create table if not exists kept (word text)")
        connection.execute("insert into kept values ('here')")
    secrets = (running.data / "secrets.env").read_text()
    assert (running.data / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert running.end(signal.SIGINT) == 0
    assert running.pids() == set()
    started = time.monotonic()
    running.start()
    # Generous, since other work shares this machine; the real figure is a few seconds.
    assert time.monotonic() - started < 30
    with running.database() as connection:
        assert connection.execute("select word from kept").fetchall() == [("here",)]
    assert (running.data / "secrets.env").read_text() == secrets


def test_only_changed_code_prepares_the_database_again(running: Demo) -> None:
    note = "select shobj_description(oid, 'pg_database') from pg_database where datname = 'scip'"
    running.end(signal.SIGINT)
    (running.data / "logs" / "prepare.log").unlink(missing_ok=True)
    running.start()
    assert not (running.data / "logs" / "prepare.log").exists()
    with running.database() as connection:
        assert connection.execute(note).fetchone() == (code_print(),)
        connection.execute("comment on database scip is 'older code'")
    running.end(signal.SIGINT)
    running.start()
    assert (running.data / "logs" / "prepare.log").exists()
    with running.database() as connection:
        assert connection.execute(note).fetchone() == (code_print(),)


def test_a_changed_module_changes_the_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("scip", "tests"):
        (tmp_path / name / "deeper").mkdir(parents=True)
        (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / "requirements.lock").write_text("one==1\n")
    monkeypatch.setattr("scip.management.supervisor.ROOT", tmp_path)
    prints = [code_print()]
    (tmp_path / "scip" / "deeper" / "0002_more.py").write_text("more = 1\n")
    prints.append(code_print())
    (tmp_path / "requirements.lock").write_text("one==2\n")
    prints.append(code_print())
    assert len(set(prints)) == 3
    (tmp_path / "tests" / "deeper" / "test_it.py").write_text("")
    assert code_print() == prints[-1]


def test_children_may_keep_compiled_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("LANG", "C.UTF-8")
    env = environment(Plan(tmp_path), "postgresql:///scip")
    assert "PYTHONDONTWRITEBYTECODE" not in env
    assert env["LANG"] == "C.UTF-8"


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_other_ends_leave_no_process_either(running: Demo, signum: signal.Signals) -> None:
    assert running.end(signum) == 0
    assert running.pids() == set()


def test_kill_9_leaves_no_process(running: Demo) -> None:
    running.end(signal.SIGKILL)
    wait_for("the end of everything", lambda: not running.pids(), 20)


def test_gives_up_after_repeated_deaths() -> None:
    child = Child("worker", ())
    pauses = [child.note_death(float(moment)) for moment in range(MOST_DEATHS - 1)]
    assert pauses == sorted(pauses)
    with pytest.raises(DemoError, match="worker"):
        child.note_death(float(MOST_DEATHS))


def test_rare_deaths_never_end_the_demo() -> None:
    child = Child("worker", ())
    assert {child.note_death(hour * 3600.0) for hour in range(20)} == {0.2}


def test_reset_removes_only_what_the_demo_made(tmp_path: Path) -> None:
    plan = Plan(tmp_path)
    (tmp_path / "files").mkdir()
    (tmp_path / "secrets.env").write_text("SECRET_KEY=x\n")
    (tmp_path / "thesis.txt").write_text("twelve years of work")
    Supervisor(plan).reset()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "demo.lock",
        "thesis.txt",
    ]
