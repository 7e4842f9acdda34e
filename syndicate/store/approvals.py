"""Who approved which edition. An approval holds for exactly the bytes that were looked at: one of other bytes counts no more."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from syndicate.store.schema.mail import approvals, editions


def of(connection: sa.Connection, edition: str, digest: str) -> dict[str, datetime]:
    """Who approved an edition with this digest, and when: 'terminal', or keyed hashes of operators' addresses."""
    table = approvals.c
    query = sa.select(table.who, table.at).where(table.edition == edition, table.digest == digest)
    return {row.who: row.at for row in connection.execute(query.order_by(table.at, table.who))}


def given(connection: sa.Connection) -> dict[str, set[str]]:
    """Who approved each edition that is a draft still, as it is now: edition → who."""
    table, found = approvals.c, dict[str, set[str]]()
    open_ = sa.and_(editions.c.id == table.edition, editions.c.digest == table.digest, editions.c.state == "draft")
    for row in connection.execute(sa.select(table.edition, table.who).join(editions, open_)):
        found.setdefault(row.edition, set()).add(row.who)
    return found


def give(connection: sa.Connection, edition: str, who: str, digest: str, at: datetime) -> None:
    """Write down that somebody approved an edition, in the place of what they approved of it before."""
    mine = sa.and_(approvals.c.edition == edition, approvals.c.who == who)
    connection.execute(approvals.delete().where(mine))
    connection.execute(approvals.insert().values(edition=edition, who=who, digest=digest, at=at))
