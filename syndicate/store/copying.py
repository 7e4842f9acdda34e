"""A whole database into another one, SQLite or PostgreSQL: every row, in one transaction, counted on both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from syndicate.errors import StoreError, UsageError
from syndicate.store import walk
from syndicate.store.engine import Store

Told = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Counted:
    """A table, and how many rows it has on both sides after the copying."""

    table: str
    there: int
    here: int


def copy(source: Store, target: Store, told: Told) -> list[Counted]:
    """Copy everything into an empty database; returns the counts, which are equal.

    Raises UsageError when something is in the target already, StoreError when a count is not the same; then it holds nothing.
    """
    with source.read() as reading, target.write() as writing:
        tables = {table.name: table for table in walk.tables(writing)}
        if full := next((name for name, table in tables.items() if walk.count(writing, table)), None):
            raise UsageError(
                f"{target.name} is not empty: it has rows in {full}. Nothing was copied. Name an empty database, which "
                "`createdb` makes, or a file that is not there yet."
            )
        sources = walk.tables(reading)
        counts, done = {table.name: walk.count(reading, table) for table in sources}, 0
        for table in sources:
            for rows in walk.rows(reading, table):
                done += _load(writing, tables[table.name], walk.columns(table), rows)
                told(done, sum(counts.values()), table.name)
            walk.numbered_on(writing, tables[table.name])
        found = [Counted(name, there, walk.count(writing, tables[name])) for name, there in counts.items()]
        if wrong := next((one for one in found if one.here != one.there), None):
            raise StoreError(
                f"{wrong.table} has {wrong.there} rows in {source.name} and {wrong.here} in the copy. Nothing was kept of it."
            )
        return found


def _load(connection: sa.Connection, table: sa.Table, names: list[str], rows: list[walk.Row]) -> int:
    walk.load(connection, table, names, rows)
    return len(rows)
