"""An empty database is filled from rows, in the schema that they were written in, and then brought to ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from syndicate.errors import StoreError, UsageError
from syndicate.store import walk
from syndicate.store.engine import REVISION, Store
from syndicate.store.migrations import migrate


class Filling:
    """A database that is being filled, in one transaction."""

    def __init__(self, connection: sa.Connection, schema: int) -> None:
        migrate(connection, str(schema))
        self.connection = connection
        self._tables = {table.name: table for table in walk.tables(connection)}

    def load(self, table: str, columns: Sequence[str], rows: Sequence[walk.Row]) -> None:
        """Add rows; raises StoreError for a table or column that this schema does not have."""
        its = self._tables.get(table)
        if its is None or not set(columns) <= set(walk.columns(its)):
            raise StoreError(f"The copy holds {table} in a form that its schema does not have. Take another one.")
        walk.load(self.connection, its, columns, rows)

    def finish(self) -> None:
        """Bring it to today's schema, once every row is there; raises StoreError where a row refers to one that is missing."""
        for table in self._tables.values():
            walk.numbered_on(self.connection, table)
        if self.connection.dialect.name == "sqlite":
            broken = self.connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise StoreError(f"The copy is not whole: a row of {broken[0]} refers to one that is missing.")
        migrate(self.connection)


def check(schema: int) -> None:
    """Raises StoreError for a schema that this program does not know."""
    if schema > REVISION:
        raise StoreError(
            f"The backup was made by a newer syndicate (schema {schema}; this one knows {REVISION}). "
            "Install the newer version, then restore."
        )


@contextmanager
def file(path: Path, schema: int) -> Iterator[Filling]:
    """Fill a new SQLite file. Until the block has ended it is worth nothing, so nothing is synced before."""
    engine = sa.create_engine(f"sqlite:///{path}")

    @sa.event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-16384"):
            connection.execute(f"PRAGMA {pragma}").close()

    @sa.event.listens_for(engine, "begin")
    def _(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            yield Filling(connection, schema)
    except sa.exc.DatabaseError as error:
        raise StoreError(f"The database cannot be written beside {path.parent}: {error.orig}. Free space.") from error
    finally:
        engine.dispose()


@contextmanager
def server(store: Store, schema: int) -> Iterator[Filling]:
    """Fill a database on a server, which must be empty: all of it is stored, or nothing. Raises UsageError where it is not."""
    with store.write() as connection:
        tables = walk.tables(connection)
        if any(walk.count(connection, table) for table in tables if table.name != "meta"):
            raise UsageError(
                "The database that SYNDICATE_DATABASE_URL names is not empty, and nothing in it was changed. Make a new one "
                "and name that; the old one stays as it is."
            )
        for table in reversed(tables):
            table.drop(connection)
        connection.exec_driver_sql("DELETE FROM syndicate_schema")
        yield Filling(connection, schema)
