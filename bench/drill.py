"""Restore drill: dump a database, restore it elsewhere, compare every table, open the site on it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from scip.management.postgres import bundled_binaries

ROOT = Path(__file__).resolve().parent.parent

# Public pages, the log's chain, and nothing written: what must work before people are let in.
SMOKE = """
import sys
import django
django.setup()
from django.db import connection
from django.test import Client
from django.test.utils import setup_test_environment
from scip.audit.services import verify_chain
from scip.credentials.models import Credential
setup_test_environment()
pages = ["/healthz", "/cohorts/", "/verify/"]
pages += [f"/verify/{code}/" for code in Credential.objects.values_list("code", flat=True)[:2]]
answers = {page: Client().get(page).status_code for page in pages}
assert set(answers.values()) == {200}, answers
assert verify_chain().is_intact, verify_chain().problems[:3]
with connection.cursor() as cursor:
    cursor.execute("select count(*) from pg_constraint where not convalidated")
    assert cursor.fetchone() == (0,)
print(len(pages))
"""


@dataclass(frozen=True, slots=True)
class Drill:
    """What a drill found: tables compared, those that differ, whether the site opened."""

    tables: int
    rows: int
    differing: tuple[str, ...]
    is_smoke_free: bool
    said: str = ""

    @property
    def is_whole(self) -> bool:
        return self.tables > 0 and not self.differing and self.is_smoke_free


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is: the folder of its socket (or a host), its name and who asks."""

    host: str
    name: str
    user: str = "postgres"
    password: str = ""
    port: str = ""

    @classmethod
    def of(cls, parameters: dict[str, object]) -> "Address":
        """From what Django connects with (``connection.get_connection_params()``)."""
        given = {key: str(value) for key, value in parameters.items() if value}
        return cls(
            given["host"],
            given["dbname"],
            given.get("user", "postgres"),
            given.get("password", ""),
            given.get("port", ""),
        )

    def beside(self, name: str) -> "Address":
        """Another database of the same server."""
        return Address(self.host, name, self.user, self.password, self.port)

    @property
    def url(self) -> str:
        """As DATABASE_URL has it."""
        login = f"{quote(self.user)}:{quote(self.password)}" if self.password else quote(self.user)
        if self.host.startswith("/"):
            return f"postgres://{login}@/{self.name}?host={quote(self.host)}"
        return f"postgres://{login}@{self.host}:{self.port or 5432}/{self.name}"

    def connect(self) -> psycopg.Connection:
        """A connection of its own that commits each statement."""
        return psycopg.connect(
            host=self.host,
            dbname=self.name,
            user=self.user,
            password=self.password or None,
            port=self.port or None,
            autocommit=True,
        )


def restore_drill(source: Address, folder: Path, *, spoil: str = "") -> Drill:
    """Dump ``source``, restore it into a database beside it, compare, open the site, drop it.

    ``spoil`` is a statement run on the copy before comparing: the drill's control.
    """
    target = source.beside(f"{source.name[:40]}_restored")
    dump = folder / "drill.dump"
    with source.connect() as server:
        server.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(target.name)))
        server.execute(
            sql.SQL("create database {} template template0").format(sql.Identifier(target.name))
        )
    try:
        run("pg_dump", source, "--format=custom", f"--file={dump}")
        run("pg_restore", target, "--exit-on-error", "--no-owner", str(dump))
        if spoil:
            with target.connect() as copy:
                copy.execute(spoil)
        before, after = sums(source), sums(target)
        names = sorted(set(before) | set(after))
        differing = tuple(name for name in names if before.get(name) != after.get(name))
        smoke = open_site(target)
        return Drill(
            tables=len(before),
            rows=sum(count for count, _ in before.values()),
            differing=differing,
            is_smoke_free=smoke.returncode == 0,
            said=smoke.stderr[-500:],
        )
    finally:
        dump.unlink(missing_ok=True)
        with source.connect() as server:
            server.execute(
                sql.SQL("drop database if exists {} with (force)").format(
                    sql.Identifier(target.name)
                )
            )


def run(program: str, address: Address, *arguments: str) -> None:
    """One of PostgreSQL's own programs, on one database; raises CalledProcessError."""
    command = [str(bundled_binaries() / program), "-h", address.host, "-U", address.user]
    command += ["-p", address.port] if address.port else []
    environment = {"PATH": os.defpath, "PGPASSWORD": address.password, "LC_ALL": "C"}
    subprocess.run(
        [*command, "-d", address.name, *arguments],
        check=True,
        env=environment,
        capture_output=True,
    )


def sums(address: Address) -> dict[str, tuple[int, str]]:
    """Row count and checksum of every table and sequence, whatever order the rows lie in."""
    found: dict[str, tuple[int, str]] = {}
    with address.connect() as connection:
        tables = connection.execute(
            "select relname, relkind from pg_class join pg_namespace n on n.oid = relnamespace "
            "where nspname = 'public' and relkind in ('r', 'S') order by relname"
        ).fetchall()
        for name, kind in tables:
            columns = sql.SQL("last_value, is_called") if kind == "S" else sql.SQL("t.*")
            row = connection.execute(
                sql.SQL(
                    "select count(*), coalesce(encode(sha256(string_agg("
                    "sha256(convert_to(row({})::text, 'UTF8')), null "
                    "order by sha256(convert_to(row({})::text, 'UTF8')))), 'hex'), '') from {} t"
                ).format(columns, columns, sql.Identifier(name))
            ).fetchone()
            assert row is not None
            found[name] = (row[0], row[1])
    return found


def open_site(address: Address) -> subprocess.CompletedProcess[str]:
    """The smoke test, in a process of its own that knows only the restored database."""
    environment = os.environ | {
        "DATABASE_URL": address.url,
        "DJANGO_SETTINGS_MODULE": "scip.settings",
        "DEBUG": "1",
        "LOG_LEVEL": "ERROR",
    }
    return subprocess.run(
        [sys.executable, "-c", SMOKE],
        cwd=ROOT,
        env=environment,
        check=False,
        text=True,
        capture_output=True,
    )
