"""The tables as plain rows, parents first: what a backup, and a copy of the database, are made of.

A row is a tuple of what JSON knows: texts, numbers, true, false and null. Times are milliseconds, JSON columns are the text
that stands in the database. So the same rows go into SQLite and PostgreSQL, and nothing of them changes on the way. The
tables are read from the database itself, so that one of an older schema can be walked, too. Others' tables are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from syndicate.store.schema import metadata

CHUNK = 500
"""How many rows are read at a time, at most."""

Row = tuple[Any, ...]
Table = sa.Table


def tables(connection: sa.Connection) -> list[sa.Table]:
    """Our tables in the database, as they are there, each after those that it refers to."""
    found, ours = sa.MetaData(), set(metadata.tables)
    found.reflect(connection, only=lambda name, _: name in ours)
    return [table for table in found.sorted_tables if table.name in ours]


def columns(table: sa.Table) -> list[str]:
    """The names of a table's columns, in the order of `rows`."""
    return [column.name for column in table.columns]


def count(connection: sa.Connection, table: sa.Table) -> int:
    """How many rows a table has."""
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def rows(connection: sa.Connection, table: sa.Table, size: int = CHUNK) -> Iterator[list[Row]]:
    """All rows of a table, streamed, at most `size` at a time."""
    plain = [sa.cast(one, sa.Text).label(one.name) if _json(one) else one for one in table.columns]
    found = connection.execution_options(yield_per=size).execute(sa.select(*plain))
    for part in found.partitions():
        yield [tuple(row) for row in part]


def load(connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Add rows as `rows` gave them, with the values of the columns `names`."""
    if not rows:
        return
    quote = connection.dialect.identifier_preparer.quote
    into = f"{quote(table.name)} ({', '.join(map(quote, names))})"
    if connection.dialect.name == "postgresql":
        cursor: Any = connection.connection.cursor()
        with cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(names))
    connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", [*rows])  # noqa: S608


def numbered_on(connection: sa.Connection, table: sa.Table) -> None:
    """After `load`: rows that the database numbers itself are numbered on from the last one (PostgreSQL)."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key.columns:
        name = connection.execute(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name))).scalar()
        if name:
            last = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(name, last, False)))


def _json(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.JSON)
