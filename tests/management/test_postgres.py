"""The embedded PostgreSQL server: it starts, keeps data, is alone on it, and never lingers."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import environ
import psycopg
import pytest

from scip.management import processes
from scip.management.postgres import THROW_AWAY, Cluster, ClusterBusyError, ClusterError

LINUX = sys.platform == "linux"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path / "pg", settings=THROW_AWAY)
    yield made
    made.stop()
    made.destroy_abandoned()


def test_keeps_data_over_a_restart(cluster: Cluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('here')")
    first = cluster.pid
    cluster.stop()
    assert first is not None
    assert not processes.is_alive(first)
    cluster.start()
    with psycopg.connect(cluster.url) as connection:
        assert connection.execute("select word from kept").fetchall() == [("here",)]
        found = connection.execute(
            "select datlocprovider, datlocale, current_setting('timezone'),"
            " current_setting('listen_addresses')"
            " from pg_database where datname = 'scip'"
        ).fetchone()
    assert found == ("b", "C.UTF-8", "UTC", "")


def test_a_note_stays_with_its_database(cluster: Cluster) -> None:
    cluster.start()
    assert cluster.note("scip") == ""
    cluster.set_note("scip", "it's 'noted'")
    cluster.stop()
    cluster.start()
    assert cluster.note("scip") == "it's 'noted'"
    with psycopg.connect(cluster.url_for("postgres"), autocommit=True) as connection:
        connection.execute("drop database scip")
    assert cluster.note("scip") == ""
    cluster.create_database("scip")
    assert cluster.note("scip") == ""


def test_url_means_the_same_to_django_and_libpq(cluster: Cluster) -> None:
    cluster.start()
    read = environ.Env.db_url_config(cluster.url)
    assert (read["NAME"], read["USER"]) == ("scip", "postgres")
    assert psycopg.conninfo.conninfo_to_dict(cluster.url)["host"] == read["OPTIONS"]["host"]


def test_programs_beside_the_server(cluster: Cluster) -> None:
    cluster.start()
    dump = subprocess.run(
        [cluster.bin("pg_dump"), cluster.url],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "PostgreSQL database dump complete" in dump.stdout


def test_two_owners_are_refused(cluster: Cluster) -> None:
    cluster.start()
    with pytest.raises(ClusterBusyError):
        Cluster(cluster.base).start()
    # The refusal must not have harmed the one that runs.
    psycopg.connect(cluster.url).close()


def test_says_what_the_server_said_when_it_does_not_start(tmp_path: Path) -> None:
    broken = Cluster(tmp_path / "pg", settings={"no_such_setting": "1"})
    with pytest.raises(ClusterError, match="no_such_setting"):
        broken.start()
    assert not broken.is_running()
    broken.destroy_abandoned()


def test_long_folder_names(tmp_path: Path) -> None:
    deep = Cluster(tmp_path / ("a" * 90) / "with a space" / "pg", durable=False)
    with deep:
        psycopg.connect(deep.url).close()
    deep.destroy_abandoned()


OWNER = """
import sys, time
from pathlib import Path
from scip.management.postgres import Cluster
cluster = Cluster(Path(sys.argv[1]))
cluster.start()
print(cluster.pid, flush=True)
time.sleep(60)
"""


def owner_of(folder: Path) -> tuple[subprocess.Popen[str], int]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    return owner, int(owner.stdout.readline())


@pytest.mark.skipif(not LINUX, reason="only Linux ends children of a killed process by itself")
def test_a_killed_owner_takes_the_server_along(cluster: Cluster) -> None:
    owner, server = owner_of(cluster.base)
    assert processes.is_alive(server)
    owner.kill()
    owner.wait()
    assert processes.wait_until_gone(server, 10)
    cluster.start()


def test_a_server_left_behind_is_stopped_by_the_next_start(cluster: Cluster) -> None:
    cluster.start()
    left = cluster.pid
    assert left is not None
    assert cluster._process is not None
    assert cluster._lock is not None
    # What a killed owner leaves where the kernel doesn't end its children: a running
    # server and a free lock.
    process, cluster._process = cluster._process, None
    cluster._lock.close()
    cluster._lock = None
    successor = Cluster(cluster.base)
    try:
        successor.start()
        assert successor.pid != left
        assert process.wait(timeout=15) == 0
    finally:
        successor.stop()


def test_a_reused_process_id_is_left_alone(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    pid_file = cluster._data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{cluster._data}\n")
    cluster._take_lock()
    cluster._stop_leftover()
    # Reaching this line is the point: this very process was named in the file.
    assert pid_file.exists()
