"""How much of the sending limits was used: kept beside the ledger, so that every process and every day counts on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from syndicate.store import schema as s


def read(connection: sa.Connection, transport: str) -> dict[str, tuple[datetime, int]]:
    """What was used: span → since when, how many mails. Whoever adds to it does so in a transaction that writes alone."""
    table = s.allowances
    query = sa.select(table.c.span, table.c.since, table.c.used).where(table.c.transport == transport)
    return {row.span: (row.since, row.used) for row in connection.execute(query)}


def write(connection: sa.Connection, transport: str, used: Mapping[str, tuple[datetime, int]]) -> None:
    """Keep what is used from now on; spans that are not named stay as they are."""
    table = s.allowances
    for span, (since, count) in used.items():
        same = sa.and_(table.c.transport == transport, table.c.span == span)
        values = {"since": since, "used": count}
        if connection.execute(table.update().where(same).values(values)).rowcount == 0:
            connection.execute(table.insert().values(transport=transport, span=span, **values))


def give_back(connection: sa.Connection, transport: str, count: int) -> None:
    """So many mails were definitely not taken: they count no more."""
    table = s.allowances
    less = sa.case((table.c.used > count, table.c.used - count), else_=0)
    connection.execute(table.update().where(table.c.transport == transport).values(used=less))
