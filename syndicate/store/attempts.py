"""How often a form was sent from one place in one stretch of time. The place is a keyed hash: no address of any kind is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from syndicate.store import schema as s


def so_far(connection: sa.Connection, windows: Sequence[tuple[str, datetime]]) -> list[int]:
    """How many attempts each (who, beginning of the window) has made, in their order."""
    table = s.attempts.c
    found = []
    for who, window in windows:
        query = sa.select(table["count"]).where(table.who == who, table.window == window)
        found.append(connection.execute(query).scalar() or 0)
    return found


def add(connection: sa.Connection, windows: Sequence[tuple[str, datetime]]) -> list[int]:
    """Count one attempt more in each (who, beginning of the window); the new numbers, in their order."""
    table = s.attempts
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    found = []
    for who, window in windows:
        query = insert(table).values(who=who, window=window, count=1)
        more = query.on_conflict_do_update(
            index_elements=[table.c.who, table.c.window], set_={"count": table.c["count"] + 1}
        )
        found.append(int(connection.execute(more.returning(table.c["count"])).scalar_one()))
    return found


def drop(connection: sa.Connection, before: datetime) -> None:
    """Forget the windows that began before that moment."""
    connection.execute(s.attempts.delete().where(s.attempts.c.window < before))
