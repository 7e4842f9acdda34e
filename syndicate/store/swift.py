"""One statement, again and again, each time in a transaction of its own, as quickly as SQLite can.

For the step between two mails to a server that is as fast as the disk: through the pool and a new transaction of SQLAlchemy's it
takes three times as long.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa

from syndicate.store.engine import Store


class Swift:
    """A statement on one kept connection. Its commits do not wait for the disk (see `Store.write`)."""

    def __init__(self, connection: sqlite3.Connection, statement: sa.Update, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        names = getattr(compiled, "positiontup", None) or ()
        self._connection, self._cursor, self._statement = connection, connection.cursor(), str(compiled)
        self._fixed = dict(compiled.params)
        self._ways = [(name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names]

    def run(self, values: Mapping[str, Any], rows: int) -> bool:
        """Change exactly so many rows, or nothing: then False, also where the database is in the way. Nothing is raised: the
        usual way, which is gone next, says it better.
        """
        given = {**self._fixed, **values}
        try:
            self._cursor.execute("BEGIN IMMEDIATE")
            self._cursor.execute(
                self._statement, [way(given[name]) if way else given[name] for name, way in self._ways]
            )
            if self._cursor.rowcount == rows:
                self._cursor.execute("COMMIT")
                return True
        except sqlite3.Error:
            pass
        with suppress(sqlite3.Error):
            self._connection.rollback()
        return False


@contextmanager
def swiftly(store: Store, statement: sa.Update) -> Iterator[Swift]:
    """The statement on a connection of an SQLite store, kept until the block ends."""
    kept = store.engine.raw_connection()
    try:
        connection = kept.dbapi_connection
        assert isinstance(connection, sqlite3.Connection)
        connection.execute("PRAGMA synchronous=NORMAL").close()
        kept.info["synchronous"] = "NORMAL"  # whoever has it next says what they want
        yield Swift(connection, statement, store.engine.dialect)
    finally:
        kept.close()
