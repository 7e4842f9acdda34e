"""What links answered when they were asked last: nobody is asked again the same day for the same answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from syndicate.store.chunks import batched
from syndicate.store.schema.mail import checked_links

CHUNK = 500


@dataclass(frozen=True, slots=True)
class CheckedLink:
    """One answer: the HTTP `status` (None: nobody answered, and `reason` says why), and when it was."""

    url: str
    status: int | None
    reason: str
    at: datetime


def known(connection: sa.Connection, urls: Collection[str], since: datetime) -> dict[str, CheckedLink]:
    """What these addresses answered at or after that moment."""
    table, found = checked_links.c, {}
    for some in batched(sorted(urls), CHUNK):
        for row in connection.execute(sa.select(checked_links).where(table.url.in_(some), table.at >= since)):
            found[row.url] = CheckedLink(row.url, row.status, row.reason, row.at)
    return found


def save(connection: sa.Connection, links: Iterable[CheckedLink]) -> None:
    """Keep answers, each instead of the one before."""
    rows = [{"url": one.url, "status": one.status, "reason": one.reason, "at": one.at} for one in links]
    for some in batched([row["url"] for row in rows], CHUNK):
        connection.execute(checked_links.delete().where(checked_links.c.url.in_(some)))
    if rows:
        connection.execute(checked_links.insert(), rows)


def drop(connection: sa.Connection, before: datetime) -> None:
    """Forget what was answered before that moment."""
    connection.execute(checked_links.delete().where(checked_links.c.at < before))
