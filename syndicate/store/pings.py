"""Of which documents the WebSub hub has still to be told: noted before they are written, removed when the hub took it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from syndicate.store import schema as s


def note(connection: sa.Connection, topic: str, at: datetime) -> None:
    """The hub is to be told of this topic; one that waits already keeps its place."""
    table = s.pings
    if connection.execute(sa.select(table.c.topic).where(table.c.topic == topic)).first() is None:
        connection.execute(table.insert().values(topic=topic, since=at, reason=""))


def waiting(connection: sa.Connection, limit: int | None = None) -> list[str]:
    """The topics that wait, oldest first."""
    table = s.pings.c
    return [*connection.execute(sa.select(table.topic).order_by(table.since, table.topic).limit(limit)).scalars()]


def told(connection: sa.Connection, topics: Collection[str]) -> None:
    """The hub knows of these."""
    for topic in topics:
        connection.execute(s.pings.delete().where(s.pings.c.topic == topic))


def refused(connection: sa.Connection, topic: str, reason: str) -> None:
    """The hub did not take one, and why."""
    connection.execute(s.pings.update().where(s.pings.c.topic == topic).values(reason=reason))


def clear(connection: sa.Connection) -> None:
    """Nobody is to be told any more."""
    connection.execute(s.pings.delete())


def standing(connection: sa.Connection) -> tuple[int, datetime | None, str]:
    """How many topics wait, since when the oldest, and what was wrong with the last that failed ("" if none did)."""
    table = s.pings.c
    count, since = connection.execute(sa.select(sa.func.count(), sa.func.min(table.since))).one()
    reason = connection.execute(
        sa.select(table.reason).where(table.reason != "").order_by(table.since).limit(1)
    ).scalar()
    return count, since, reason or ""
