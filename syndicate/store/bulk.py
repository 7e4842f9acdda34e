"""Thousands of people in one transaction: looked up in one query, written as tuples, which costs half of what rows as dicts do.

Rows come sorted from whoever calls, so that each page of an index is touched once: at a million rows that halves the time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from syndicate.errors import DatabaseBusy
from syndicate.models import SubscriptionState, SuppressionKind
from syndicate.store import schema as s
from syndicate.store.schema.base import Instant

CACHE = 32 * 1024
"""KiB of the database's pages that SQLite keeps in memory for this connection (its own default is 2,000)."""

PATIENCE, PAUSE = 30.0, 0.05
"""Seconds to wait for others on PostgreSQL, in all and between two tries."""


class Known(NamedTuple):
    """What is known of an address: the person's id, how they read, and their standing on one list (None: not there)."""

    id: str
    languages: str
    state: SubscriptionState | None


LogLine = tuple[str, str, str, str, str]
"""A line for the consent log: keyed hash of the address, event, how, evidence, language (see `people.Consent`)."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What all rows of one writing share: the list and the time."""

    list: str
    now: datetime

    @property
    def stamp(self) -> int:
        """The time as the database keeps it."""
        stamp = Instant().process_bind_param(self.now, None)
        assert stamp is not None
        return stamp


def alone(connection: sa.Connection) -> None:
    """Until this transaction ends, nobody else adds people or changes where they stand, so that what is looked up stays true.

    Raises DatabaseBusy when others do not let go. SQLite has only one writer anyway; there, room for the indexes is made.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE}")
        return
    tables = ", ".join(table.name for table in (s.subscribers, s.subscriptions, s.suppressions))
    for _ in range(round(PATIENCE / PAUSE)):
        # All of them at once or none: who waits for one while holding another can be waited for in a circle.
        with suppress(sa.exc.OperationalError), connection.begin_nested():
            connection.exec_driver_sql(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE NOWAIT")
            return
        time.sleep(PAUSE)
    raise DatabaseBusy("Others write to the tables of people all the time. Nothing of this part was stored: try again.")


def known(connection: sa.Connection, keys: Collection[str], list: str) -> dict[str, Known]:
    """Who of these folded addresses is known, by address, with their standing on the list."""
    person, standing = s.subscribers.c, s.subscriptions.c
    here = sa.and_(standing.subscriber == person.id, standing.list == list)
    query = (
        sa.select(person.address_key, person.id, person.languages, standing.state)
        .select_from(s.subscribers.outerjoin(s.subscriptions, here))
        .where(person.address_key.in_(_values(connection, keys)))
    )
    return {row[0]: Known(row[1], row[2], row[3]) for row in connection.execute(query)}


def forbidden(
    connection: sa.Connection, hashes: Collection[str], list: str
) -> dict[str, dict[SuppressionKind, datetime]]:
    """What forbids mail on the list to the addresses with these hashes, and since when. Others are left out."""
    table = s.suppressions.c
    found: dict[str, dict[SuppressionKind, datetime]] = {}
    if connection.execute(sa.select(table.kind).limit(1)).first() is None:
        return found
    query = sa.select(table.address_hash, table.kind, table.at).where(
        table.list.in_(("", list)), table.address_hash.in_(_values(connection, hashes))
    )
    for hashed, kind, at in connection.execute(query):
        kinds = found.setdefault(hashed, {})
        kinds[kind] = max(at, kinds.get(kind, at))
    return found


def add(connection: sa.Connection, people: Sequence[tuple[str, str, str, str]], moment: Moment) -> None:
    """New people: each one's id, address, folded address and languages."""
    stamp = moment.stamp
    _insert(connection, s.subscribers, "id address address_key languages created", [(*one, stamp) for one in people])


def stand(connection: sa.Connection, standings: Sequence[tuple[str, SubscriptionState]], moment: Moment) -> None:
    """Where people stand who were not on the list: each one's id and state."""
    list, stamp = moment.list, moment.stamp
    rows = [(id, list, state, stamp) for id, state in standings]
    _insert(connection, s.subscriptions, "subscriber list state changed", rows)


def move(connection: sa.Connection, standings: Sequence[tuple[str, SubscriptionState]], moment: Moment) -> None:
    """Where people stand from now on who were on the list before: each one's id and state."""
    list, stamp = moment.list, moment.stamp
    rows = [(state, stamp, id, list) for id, state in standings]
    _many(connection, "UPDATE subscriptions SET state = ?, changed = ? WHERE subscriber = ? AND list = ?", rows)


def speak(connection: sa.Connection, languages: Sequence[tuple[str, str]]) -> None:
    """How people read from now on: each one's id and languages."""
    _many(connection, "UPDATE subscribers SET languages = ? WHERE id = ?", [(reads, id) for id, reads in languages])


def log(connection: sa.Connection, lines: Sequence[LogLine], moment: Moment) -> None:
    """Add to the consent log."""
    columns = "at list wording_version address_hash event how evidence language"
    stamp = moment.stamp
    _insert(connection, s.consent_log, columns, [(stamp, moment.list, "", *line) for line in lines])


def _insert(connection: sa.Connection, table: sa.Table, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
    names = columns.split()
    if connection.dialect.name == "postgresql" and rows:
        # COPY checks all that INSERT checks, and takes a third of the time.
        cursor: Any = connection.connection.cursor()
        with cursor, cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(names))
    _many(connection, f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", rows)  # noqa: S608


def _many(connection: sa.Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """One statement for each row. No value stands in the statement itself: it is written here, with `?` for each."""
    if rows:
        mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
        connection.exec_driver_sql(statement.replace("?", mark), list(rows))


def _values(connection: sa.Connection, values: Collection[str]) -> sa.Select[tuple[str]]:
    """The values as a table of one column, in one parameter: databases limit how many parameters a query has."""
    text = sa.literal(json.dumps(sorted(values)))
    if connection.dialect.name == "sqlite":
        return sa.select(sa.func.json_each(text).table_valued("value").c.value)
    made = sa.func.json_array_elements_text(sa.cast(text, sa.JSON)).table_valued("value")
    return sa.select(made.c.value)
