"""docker-compose.yml and Dockerfile, kept honest without an engine.

The very commands of the files run as plain processes, with the environment of the
files, against a PostgreSQL and a Redis that run with the files' own arguments.
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from django.conf import settings

from bench.players import BEHIND
from scip.management import processes
from scip.management.postgres import THROW_AWAY, Cluster
from scip.management.supervisor import COLLECT, ROOT, worker_command
from scip.vault import arrivals
from scip.vault.inspection.check import DOCUMENT_BYTES
from scip.vault.tasks import check_arrival
from tests.architecture.matrix import walk

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])((?:[^{}]|\{[^}]*\})*))?\}")

needs_redis = pytest.mark.skipif(
    which("redis-server") is None,
    reason="redis-server is not installed (.ci/run installs it)",
)


def filled_in(text: str, given: Mapping[str, str]) -> str:
    """Fill in ``${NAME:-default}`` and ``${NAME:?sentence}`` as compose does."""

    def value(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        if given.get(name):
            return given[name]
        if kind == "?":
            raise LookupError(f"{name}: {rest}")
        return rest or ""

    return VARIABLE.sub(value, text).replace("$$", "$")


def dockerfile_command() -> list[str]:
    line = next(line for line in DOCKERFILE.splitlines() if line.startswith("CMD "))
    command: list[str] = yaml.safe_load(line.removeprefix("CMD "))
    return command


def command_of(service: str) -> list[str]:
    command: list[str] = SERVICES[service].get("command") or dockerfile_command()
    return command


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ask(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


@dataclass
class Stack:
    """The services as plain processes."""

    folder: Path
    env: dict[str, str]
    port: int
    cluster: Cluster
    started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def run(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.started[name] = processes.spawn(command, env=self.env, cwd=ROOT, output=log)
        return self.started[name]

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def end(self, name: str) -> bool:
        return processes.end(self.started.pop(name), signal.SIGTERM, 20)

    def until(self, path: str, wanted: tuple[int, str]) -> None:
        deadline = time.monotonic() + 40
        while (found := ask(self.port, path)) != wanted:
            assert time.monotonic() < deadline, f"{path}: {found}\n{self.log('web')}"
            time.sleep(0.2)

    def until_logged(self, name: str, words: str) -> None:
        deadline = time.monotonic() + 40
        while words not in self.log(name):
            assert self.started[name].poll() is None, self.log(name)
            assert time.monotonic() < deadline, self.log(name)
            time.sleep(0.1)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    cluster = Cluster(folder / "pg", settings=THROW_AWAY, durable=False)
    cluster.start()
    port, redis_port = free_port(), free_port()
    declared = SERVICES["web"]["environment"]
    given = {
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "VAULT_KEYS": os.environ["VAULT_KEYS"],
        "SIGNING_CERT": os.environ["SIGNING_CERT"],
        "SIGNING_KEY": os.environ["SIGNING_KEY"],
        "POSTGRES_PASSWORD": "only/for:tests",
    }
    env = {name: filled_in(value, given) for name, value in declared.items()}
    # Only the addresses of the neighbours differ from the file.
    env["DATABASE_URL"] = cluster.url
    env["REDIS_URL"] = env["REDIS_URL"].replace("redis:6379", f"127.0.0.1:{redis_port}")
    env |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PORT": str(port),
        "WEB_WORKERS": "1",
        "DEMO_DATA": str(folder / "data"),
        "MEDIA_ROOT": str(folder / "data" / "files"),
        "STATIC_ROOT": str(folder / "collected"),
    }
    made = Stack(folder, env, port, cluster)
    redis = [
        *SERVICES["redis"]["command"],
        "--port",
        str(redis_port),
        "--bind",
        "127.0.0.1",
    ]
    made.run("redis", [*redis, "--dir", str(folder)])
    try:
        yield made
    finally:
        for name in list(made.started):
            made.end(name)
        cluster.destroy()


def test_missing_secrets_stop_the_start_with_a_sentence() -> None:
    for name in ("SECRET_KEY", "VAULT_KEYS"):
        with pytest.raises(LookupError, match=f"Set {name} in the file .env"):
            filled_in(SERVICES["web"]["environment"][name], {})


def test_every_variable_is_one_that_the_settings_read() -> None:
    read = (ROOT / "scip" / "settings.py").read_text()
    unknown = [
        name
        for service in OURS
        for name in SERVICES[service]["environment"]
        if not re.search(rf'env(?:\.\w+)?\(\s*"{name}"', read)
    ]
    assert unknown == []


def test_password_with_special_characters_has_to_be_quoted_by_the_operator() -> None:
    url = filled_in(
        SERVICES["web"]["environment"]["DATABASE_URL"],
        {"POSTGRES_PASSWORD": quote("a/b", safe="")},
    )
    assert url == "postgres://scip:a%2Fb@database:5432/scip"


def test_one_service_migrates_and_all_others_wait_for_it() -> None:
    migrating = [name for name in SERVICES if "migrate" in " ".join(command_of(name))]
    assert migrating == ["migrate"]
    waiting = {
        name
        for name in OURS
        if SERVICES[name]["depends_on"].get("migrate")
        == {"condition": "service_completed_successfully"}
    }
    assert waiting == set(OURS) - {"migrate"}
    assert OURS == ["beat", "checker", "media", "migrate", "web", "worker"]


def test_scalable_services_claim_no_name_and_no_port() -> None:
    for name in ("web", "worker"):
        assert not {"container_name", "ports"} & set(SERVICES[name])


def queues_of(command: list[str]) -> list[str]:
    return command[command.index("--queues") + 1].split(",")


def test_the_workers_take_every_queue_that_tasks_are_sent_to() -> None:
    """Each queue once, and the long checks of large files apart; in the demo the same."""
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    wanted = sorted(routed | {settings.CELERY_TASK_DEFAULT_QUEUE})
    assert sorted(queues_of(command_of("worker")) + queues_of(command_of("checker"))) == wanted
    assert queues_of(command_of("checker")) == ["arrivals"]
    demo = queues_of(worker_command()) + queues_of(worker_command("arrivals", 1))
    assert sorted(demo) == wanted


def test_the_worker_has_longer_to_end_than_a_task_may_take() -> None:
    grace = int(SERVICES["worker"]["stop_grace_period"].removesuffix("s"))
    assert grace > settings.CELERY_TASK_TIME_LIMIT
    longest = check_arrival.time_limit
    assert int(SERVICES["checker"]["stop_grace_period"].removesuffix("s")) > longest
    # Otherwise the broker would hand a check that still runs to a second worker.
    assert longest < 300
    assert 'visibility_timeout": 300' in (ROOT / "scip" / "settings.py").read_text()


def test_image_runs_unprivileged_and_installs_only_pinned_packages() -> None:
    assert re.search(r"^USER scip$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes -r requirements.lock" in DOCKERFILE
    sources = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE)
    assert [source for source in sources if not (ROOT / source).exists()] == []


LIGHTLY = """
import django
from django.core.management import call_command
from scip.management.migrating import light_states

django.setup()
with light_states():
    call_command("migrate", verbosity=0)
"""


def schema(cluster: Cluster, database: str) -> list[str]:
    """What a database is made of, line by line."""
    dump = [cluster.bin("pg_dump"), "--schema-only", cluster.url_for(database)]
    lines = subprocess.run(dump, capture_output=True, text=True, check=True).stdout.splitlines()
    # Each dump begins and ends with a word that was drawn for it.
    return [line for line in lines if not line.startswith("\\")]


@needs_redis
def test_the_stack_serves_works_and_plans(stack: Stack) -> None:
    migrate = stack.run("migrate", command_of("migrate"))
    assert migrate.wait(timeout=120) == 0, stack.log("migrate")
    del stack.started["migrate"]

    # What the demo and these tests stand on, migrated lightly, is the same to the letter.
    stack.cluster.create_database("light")
    env = {**stack.env, "DATABASE_URL": stack.cluster.url_for("light")}
    subprocess.run([sys.executable, "-c", LIGHTLY], env=env, cwd=ROOT, check=True, timeout=120)
    assert schema(stack.cluster, "light") == schema(stack.cluster, "scip")

    collect = stack.run("static", ["python", "manage.py", *COLLECT])
    assert collect.wait(timeout=120) == 0, stack.log("static")
    del stack.started["static"]

    stack.run("web", command_of("web"))
    stack.run("worker", command_of("worker"))
    beat = ["/tmp/beat", str(stack.folder / "beat")]
    stack.run("beat", [beat[1] if word == beat[0] else word for word in command_of("beat")])

    stack.until("/healthz", (200, "ok\n"))
    stack.until("/readyz", (200, "ready\n"))
    assert ask(stack.port, "/")[0] == 200
    check = re.search(r"CMD (\[.*healthcheck.*\])", DOCKERFILE)
    assert check is not None
    healthy = subprocess.run(yaml.safe_load(check[1]), env=stack.env, cwd=ROOT, check=False)
    assert healthy.returncode == 0
    stack.until_logged("worker", "ready.")
    stack.until_logged("beat", "beat: Starting")
    assert "mail" in stack.log("worker")


@needs_redis
def test_readiness_tells_which_part_fails_and_no_more(stack: Stack) -> None:
    if "web" not in stack.started:
        stack.run("web", command_of("web"))
    stack.until("/readyz", (200, "ready\n"))
    stack.end("redis")
    stack.until("/readyz", (503, "not ready: broker\n"))
    stack.cluster.stop()
    stack.until("/readyz", (503, "not ready: database, broker\n"))
    # The process itself is fine, so it must not be restarted for that.
    assert ask(stack.port, "/healthz") == (200, "ok\n")


@needs_redis
def test_workers_end_by_themselves_when_asked(stack: Stack) -> None:
    for name in ("beat", "web"):
        if name in stack.started:
            assert stack.end(name), f"{name} had to be killed:\n{stack.log(name)}"


def test_healthcheck_notices_a_site_that_is_down(stack: Stack) -> None:
    env = stack.env | {"PORT": str(free_port())}
    down = subprocess.run(
        [sys.executable, "-m", "scip.management.healthcheck"],
        env=env,
        cwd=ROOT,
        check=False,
    )
    assert down.returncode == 1


def test_recordings_have_workers_of_their_own():
    """What the proxy sends to them is every address that carries a part or a range, and no other."""
    proxy = COMPOSE["configs"]["proxy"]["content"]
    pattern = re.search(r"@recordings path_regexp (\S+)", proxy)
    assert pattern is not None
    carries = {
        place.name
        for place in walk()
        if re.search(pattern[1], "/" + re.sub(r"<int:\w+>", "1", str(place.route)))
    }
    assert carries == {
        "portfolio:arrival_begin",
        "portfolio:arrival",
        "portfolio:arrival_forget",
        "portfolio:excerpt_content",
        "review:excerpt_content",
        "privacy:export_content",
    }
    assert "name media" in proxy


def test_the_proxy_bounds_what_it_reads():
    """Each path has its own limit, above what the site takes there and not far above; and nobody
    holds a connection by sending slowly."""
    proxy = COMPOSE["configs"]["proxy"]["content"]
    recordings, _handle, rest = proxy.partition("handle {")
    limits = [re.search(r"max_size (\d+)(MiB|MB)", part) for part in (recordings, rest)]
    sizes = [int(found[1]) * {"MiB": 2**20, "MB": 10**6}[found[2]] for found in limits if found]
    assert len(sizes) == proxy.count("max_size") == 2
    assert arrivals.MAX_PART_BYTES < sizes[0] < 2 * arrivals.MAX_PART_BYTES
    assert DOCUMENT_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE < sizes[1] <= 25 * 10**6
    assert re.search(r"read_body \d+m", proxy)
    assert re.search(r"read_header \d+s", proxy)


# How the kernel weighs processes of one group by their niceness (sched_prio_to_weight).
WEIGHTS = {0: 1024, 5: 335, 10: 110, 15: 36, 19: 15}
ORDINARY = 1024


def test_pages_go_before_recordings():
    """Where the processor is short; and the bench measures the very weight."""
    behind = {name for name in SERVICES if "cpu_shares" in SERVICES[name]}
    assert behind == {"media", "checker"}
    assert SERVICES["media"]["cpu_shares"] == WEIGHTS[BEHIND]
    # A check that players hold up beyond its time keeps a recording waiting for the office.
    assert WEIGHTS[BEHIND] * 4 < SERVICES["checker"]["cpu_shares"] < ORDINARY
