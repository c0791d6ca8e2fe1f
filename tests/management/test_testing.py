"""The test plugin: every run for itself, nothing left over, every skip explained."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scip.management import processes
from scip.management.supervisor import ROOT
from scip.management.testing import PREFIX

INNER = """
import os, time
import psycopg, pytest
from django.conf import settings

def test_server():
    assert settings.STRIPE_SECRET_KEY == ""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("create table mine (id int)")
        data = connection.execute("show data_directory").fetchone()[0]
        pid = open(data + "/postmaster.pid").readline().strip()
        print("SERVER", pid, os.environ["DEMO_DATA"], flush=True)
        if os.environ.get("LINGER"):
            time.sleep(60)

@pytest.mark.skip(reason="the moon is not full")
def test_never():
    pass
"""


def inner_run(folder: Path, **more: str) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    test = folder / "test_inner.py"
    test.write_text(INNER)
    dropped = {"DATABASE_URL", "DEMO_DATA", "PYTEST_CURRENT_TEST"}
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in dropped and not name.startswith("PYTEST_XDIST")
    }
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-c", str(ROOT / "pyproject.toml")]
    command += ["--rootdir", str(ROOT), "-p", "no:cacheprovider", str(test)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=env | {"STRIPE_SECRET_KEY": "sk_live_from_a_shell"} | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def server_line(text: str) -> tuple[int, Path]:
    found = re.search(r"SERVER (\d+) (\S+)", text)
    assert found is not None, text
    return int(found[1]), Path(found[2])


def test_runs_beside_each_other_never_meet_and_clean_up(tmp_path: Path) -> None:
    runs = [inner_run(tmp_path / name) for name in ("one", "two")]
    said = [run.communicate(timeout=120)[0] for run in runs]
    servers = [server_line(text) for text in said]
    assert [run.returncode for run in runs] == [0, 0], said
    assert len(set(servers)) == 2
    for pid, data in servers:
        assert not processes.is_alive(pid)
        assert not data.parent.exists()


def test_every_skip_is_named_with_its_reason(tmp_path: Path) -> None:
    said, _ = inner_run(tmp_path / "run").communicate(timeout=120)
    assert "skipped, and why" in said
    assert "1 × the moon is not full" in said
    assert said.rstrip().splitlines()[-1].startswith("1 passed, 1 skipped")


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux ends children of a killed process by itself"
)
def test_a_killed_run_leaves_no_server_and_its_folder_is_swept(tmp_path: Path) -> None:
    run = inner_run(tmp_path / "killed", LINGER="1")
    assert run.stdout is not None
    seen = ""
    while "SERVER" not in seen:
        line = run.stdout.readline()
        assert line, seen
        seen += line
    pid, data = server_line(seen)
    assert processes.is_alive(pid)
    run.kill()
    run.communicate()
    assert processes.wait_until_gone(pid, 10)

    folder = data.parent
    assert folder.name.startswith(PREFIX)
    assert folder.exists()
    long_ago = time.time() - 3600
    os.utime(folder, (long_ago, long_ago))
    inner_run(tmp_path / "next").communicate(timeout=120)
    assert not folder.exists()
