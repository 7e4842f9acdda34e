"""Who an edition is for: those confirmed on its list, what forbids to mail them, and the rows that are written for them once.

Each function is one step inside the caller's transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from syndicate.models import MailStyle
from syndicate.store import schema as s
from syndicate.store.chunks import batched

CHUNK = 500


def freeze(
    connection: sa.Connection,
    edition: str,
    list: str,
    at: datetime,
    fitting: Mapping[tuple[str, MailStyle], str],
    barred: Iterable[str] = (),
) -> int:
    """Write the audience once: a queued row for everyone confirmed on the list, but for those `barred`; returns how many.

    `fitting` is the variant for each (languages, style of mail); whom none fits is left out. The ids begin with 64 random
    bits of the edition's and count on from there: nobody can guess one, and rows written one after the other lie side by side
    in the index. All in one statement: a row for each reader would go through Python twice.
    """
    people, rows = s.subscribers.c, s.deliveries
    kinds = {pair: sa.and_(people.languages == pair[0], people.mail == pair[1]) for pair in fitting}
    count = 0
    if fitting:
        variant = sa.case(*((kinds[pair], sa.literal(name)) for pair, name in fitting.items()))
        number = _hexadecimal(connection, sa.func.row_number().over(order_by=people.id))
        query = _on(list, sa.literal(secrets.token_hex(8)) + number, sa.literal(edition), people.id, variant,
            sa.literal("queued"), sa.literal(at, s.Instant), sa.literal(""), sa.literal(0),
        ).where(sa.or_(*kinds.values()))  # fmt: skip
        names = ["id", "edition", "subscriber", "variant", "state", "changed", "reason", "tries"]
        insert = rows.insert().from_select(names, query)
        count = connection.execute(insert, execution_options={"preserve_rowcount": True}).rowcount
    for chunk in batched(barred, CHUNK):
        theirs = sa.and_(rows.c.edition == edition, rows.c.subscriber.in_(chunk))
        count -= connection.execute(rows.delete().where(theirs)).rowcount
    connection.execute(s.editions.update().where(s.editions.c.id == edition).values(frozen=at, audience=count))
    return count


def _hexadecimal(connection: sa.Connection, number: sa.ColumnElement[int]) -> sa.ColumnElement[str]:
    """A number as eight hexadecimal digits."""
    if connection.dialect.name == "postgresql":
        return sa.func.lpad(sa.func.to_hex(number), 8, "0")
    return sa.func.printf("%08x", number, type_=sa.String)


def kinds(connection: sa.Connection) -> set[tuple[str, MailStyle]]:
    """Which (languages, style of mail) people have chosen, on whichever list."""
    people = s.subscribers.c
    return {(row[0], row[1]) for row in connection.execute(sa.select(people.languages, people.mail).distinct())}


def is_frozen(connection: sa.Connection, edition: str) -> bool:
    """Whether the edition's audience was written."""
    return connection.execute(sa.select(s.editions.c.frozen).where(s.editions.c.id == edition)).scalar() is not None


def audience_of(connection: sa.Connection, edition: str) -> int:
    """How many readers the audience had when it was frozen; 0 before."""
    return connection.execute(sa.select(s.editions.c.audience).where(s.editions.c.id == edition)).scalar() or 0


def readers(connection: sa.Connection, list: str) -> Iterator[tuple[str, str, str, MailStyle]]:
    """Everyone confirmed on a list as (id, folded address, languages, style of mail), streamed.

    In the order of ids, in which the ledger's rows are then written: an index takes rows in order much faster.
    """
    people = s.subscribers.c
    query = _on(list, people.id, people.address_key, people.languages, people.mail)
    for rows in connection.execute(query, execution_options={"yield_per": 2000}).partitions():
        for row in rows:
            yield row[0], row[1], row[2], row[3]


def _on(list: str, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """These columns of everyone confirmed on a list, in the order of their ids."""
    people, standing = s.subscribers.c, s.subscriptions.c
    return (
        sa.select(*columns)
        .join_from(s.subscribers, s.subscriptions, standing.subscriber == people.id)
        .where(standing.list == list, standing.state == "confirmed")
        .order_by(people.id)
    )


def suppressed_count(connection: sa.Connection, list: str, most: int | None = None) -> int:
    """How many suppressions bind a list: its own and the whole site's. With `most`, no more than so many are counted."""
    binding = sa.select(s.suppressions.c.list).where(_binding(list)).limit(most).subquery()
    return connection.execute(sa.select(sa.func.count()).select_from(binding)).scalar_one()


def suppressed_among(connection: sa.Connection, list: str, hashes: Collection[str] | None = None) -> set[str]:
    """Which of these keyed hashes of addresses must not be mailed on a list; without `hashes`, all that must not."""
    query = sa.select(s.suppressions.c.address_hash).where(_binding(list))
    if hashes is None:
        return set(connection.execute(query).scalars())
    found: set[str] = set()
    for chunk in batched(hashes, CHUNK):
        found.update(connection.execute(query.where(s.suppressions.c.address_hash.in_(chunk))).scalars())
    return found


def _binding(list: str) -> sa.ColumnElement[bool]:
    return s.suppressions.c.list.in_(["", list])
