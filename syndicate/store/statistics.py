"""What a report counts: who joined and left as hashes in the order of time, editions with their states, sizes of feeds."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

import sqlalchemy as sa

from syndicate.store import schema as s

JOINED = ("confirmed",)
LEFT = ("left", "removed", "complained", "forgotten")
"""The lines of the consent log by which somebody joined a list, and by which they left it."""


def lists(connection: sa.Connection) -> list[str]:
    """Every list that the consent log knows of."""
    table = s.consent_log.c
    query = sa.select(table.list).where(table.list != "").distinct().order_by(table.list)
    return list(connection.execute(query).scalars())


def beginning(connection: sa.Connection, list: str) -> datetime | None:
    """When the consent log of a list begins."""
    table = s.consent_log.c
    return connection.execute(sa.select(sa.func.min(table.at)).where(table.list == list)).scalar()


def happened(connection: sa.Connection, list: str, events: Collection[str]) -> Iterator[tuple[datetime, str]]:
    """Who did one of these things on a list, and when: keyed hashes, streamed, the oldest first."""
    table = s.consent_log.c
    query = (
        sa.select(table.at, table.address_hash)
        .where(table.list == list, table.event.in_(events))
        .order_by(table.at, table.id)
    )
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        yield row[0], row[1]


def sizes(connection: sa.Connection) -> dict[str, int]:
    """How many posts each feed holds."""
    table = s.feed_posts.c
    query = sa.select(table.feed, sa.func.count()).where(table.withdrawn.is_(None)).group_by(table.feed)
    return {row[0]: row[1] for row in connection.execute(query)}
