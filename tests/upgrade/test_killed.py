"""Killed in the middle of a migration: the database opens afterwards, and every row that was there is there.

A process of its own opens the old database, and is killed after so many steps of SQLite's machine, or before a statement on
PostgreSQL. SQLite gets a cache so small that it writes into its log long before it commits.
"""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import databases
import pytest
import sqlalchemy as sa
from postgres_server import PostgresServer
from road.road_site import REPOSITORY
from upgrade.unpack import VERSIONS, OldSite, unpack

from syndicate.store import Store
from syndicate.store.engine import REVISION
from syndicate.store.migrations import migrate

MIGRATING = """
import os, signal, sys
import sqlalchemy as sa
from syndicate.store import Store, migrations
url, at = sys.argv[1], int(sys.argv[2])
real, steps = migrations.migrate, 0
def step(*_):
    global steps
    steps += 1
    if steps == at:
        os.kill(os.getpid(), signal.SIGKILL)
def migrate(connection):
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size = 10")
        connection.connection.driver_connection.set_progress_handler(step, 50)
    else:
        sa.event.listen(connection, "before_cursor_execute", step)
    real(connection)
migrations.migrate = migrate
Store(url)
print(steps)
"""
"""Opens a database, and dies at a step of its migration; prints how many there were if it had fewer."""


def opened(url: str, at: int = 0) -> int:
    """How many steps the migration had; -1: it was killed at this one."""
    arguments = [sys.executable, "-c", MIGRATING, url, str(at)]
    done = subprocess.run(arguments, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return -1 if done.returncode else int(done.stdout)


def rows(site: OldSite) -> dict[str, list[dict[str, object]]]:
    """Every row, by table, but for the number of the schema."""
    return {table: rows for table, rows in site.rows().items() if table != "syndicate_schema"}


def schema(site: OldSite) -> int:
    return int(site.rows()["syndicate_schema"][0]["version_num"])


@cache
def steps(version: str) -> int:
    """How many steps it is from a version to this one."""
    with tempfile.TemporaryDirectory() as folder:
        return opened(f"sqlite:///{unpack(version, Path(folder) / 'site').database}")


def moments() -> Iterator[object]:
    for version in VERSIONS:
        for part in (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98, 0.999):
            sample = part in ((0.3, 0.98) if version == VERSIONS[0] else (0.6,))
            yield pytest.param(version, part, marks=() if sample else pytest.mark.slow)


@pytest.mark.parametrize(("version", "part"), [*moments()])
def test_sqlite_has_every_row_as_it_was_and_is_migrated_by_who_comes_next(
    tmp_path: Path, version: str, part: float
) -> None:
    old = unpack(version, tmp_path / "site")
    was, before = schema(old), rows(old)
    assert was < REVISION
    assert opened(f"sqlite:///{old.database}", round(steps(version) * part)) == -1
    log = old.database.with_name(f"{old.database.name}-wal")
    assert part < 0.3 or log.stat().st_size > 0, "it was killed with nothing written"
    assert (schema(old), rows(old)) == (was, before)
    Store(f"sqlite:///{old.database}").close()
    after = rows(old)
    assert schema(old) == REVISION
    assert sum(map(len, before.values())) > 300
    for table, there in before.items():
        names = there[0].keys() if there else ()
        kept = [{name: row[name] for name in names} for row in after[table]]
        assert sorted(kept, key=repr) == sorted(there, key=repr), table  # they may lie in another order
    with sqlite3.connect(old.database) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.fixture
def copied(postgres: PostgresServer, tmp_path: Path) -> Iterator[tuple[PostgresServer, str, str]]:
    """The server, an empty database of this test alone, and the name that its copy is to have."""
    name = databases.name_of(tmp_path)
    postgres.create(name, "template1")
    yield postgres, name, f"{name}copy"
    for one in (name, f"{name}copy"):
        postgres.drop(one)


@pytest.mark.on_postgresql
@pytest.mark.slow
@pytest.mark.parametrize("part", [0.3, 0.9])
def test_postgresql_has_every_row_as_it_was(
    copied: tuple[PostgresServer, str, str], tmp_path: Path, part: float
) -> None:
    server, name, copy = copied
    url = server.url(name)
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    before = moved(unpack(VERSIONS[0], tmp_path / "site"), engine)
    assert sum(map(len, before.values())) > 300
    many = opened(server.create(copy, name))
    assert many > 30
    assert opened(url, round(many * part)) == -1
    assert held(engine) == before
    Store(url).close()
    after = held(engine)
    for table, there in before.items():
        if table != "syndicate_schema":
            names = there[0].keys() if there else ()
            assert [{name: row[name] for name in names} for row in after[table]] == there, table


def moved(old: OldSite, engine: sa.Engine) -> dict[str, list[dict[str, object]]]:
    """Make the old version's tables on PostgreSQL, with its rows; what is in them then."""
    found = old.rows()
    with engine.begin() as connection:
        migrate(connection, str(schema(old)))
        tables = sa.MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if found[table.name] and table.name != "syndicate_schema":
                connection.execute(table.insert(), [plain(table, row) for row in found[table.name]])
    return held(engine)


def plain(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    """A row of SQLite's as PostgreSQL takes it."""
    made = dict(row)
    for column in table.c:
        if row[column.name] is not None and isinstance(column.type, sa.JSON):
            made[column.name] = json.loads(row[column.name])
        elif row[column.name] is not None and isinstance(column.type, sa.Boolean):
            made[column.name] = bool(row[column.name])
    return made


def held(engine: sa.Engine) -> dict[str, list[dict[str, object]]]:
    """Every row of every table, in an order of its own."""
    with engine.connect() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        return {
            table.name: sorted((dict(row) for row in connection.execute(table.select()).mappings()), key=str)
            for table in tables.sorted_tables
        }
