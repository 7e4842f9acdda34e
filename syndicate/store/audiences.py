"""Who an edition is for: those confirmed on its list, what forbids to mail them, and the rows that are written for them once.

Each function is one step inside the caller's transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from syndicate.models import MailStyle
from syndicate.store import schema as s
from syndicate.store.chunks import batched, read, together

CHUNK = 500
READERS = 5000
"""How many readers are held in memory at once."""


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
    in the index. Variant by variant, so that a batch is a stretch of the table; each in one statement: a row for each reader
    would go through Python twice.
    """
    rows, count, beginning = s.deliveries, 0, secrets.token_hex(8)
    for variant in sorted({*fitting.values()}):
        kinds = [pair for pair, name in fitting.items() if name == variant]
        count += _freeze(connection, edition, list, at, variant, kinds, beginning, count)
    for chunk in batched(barred, CHUNK):
        theirs = sa.and_(rows.c.edition == edition, rows.c.subscriber.in_(chunk))
        count -= connection.execute(rows.delete().where(theirs)).rowcount
    connection.execute(s.editions.update().where(s.editions.c.id == edition).values(frozen=at, audience=count))
    return count


def _freeze(
    connection: sa.Connection,
    edition: str,
    list: str,
    at: datetime,
    variant: str,
    kinds: Sequence[tuple[str, MailStyle]],
    beginning: str,
    start: int,
) -> int:
    """The rows of one variant, which people of these (languages, style of mail) get; returns how many."""
    people = s.subscribers.c
    number = _hexadecimal(connection, start + sa.func.row_number().over(order_by=s.subscriptions.c.subscriber))
    query = _on(list, sa.literal(beginning) + number, sa.literal(edition), people.id, sa.literal(variant),
        sa.literal("queued"), sa.literal(at, s.Instant), sa.literal(""), sa.literal(0),
    ).where(sa.or_(*(sa.and_(people.languages == languages, people.mail == mail) for languages, mail in kinds)))  # fmt: skip
    names = ["id", "edition", "subscriber", "variant", "state", "changed", "reason", "tries"]
    insert = s.deliveries.insert().from_select(names, query)
    return connection.execute(insert, execution_options={"preserve_rowcount": True}).rowcount


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


Reader = tuple[str, str, str, MailStyle]
"""Somebody confirmed on a list: (id, folded address, languages, style of mail)."""


def readers(connection: sa.Connection, list: str) -> Iterator[Sequence[Reader]]:
    """Everyone confirmed on a list, some thousand at a time, in the order of their ids."""
    people, last, rows = s.subscribers.c, "", []
    query = _on(list, people.id, people.address_key, people.languages, people.mail).limit(READERS)
    after = together(query.where(s.subscriptions.c.subscriber > sa.bindparam("last")))
    while rows := read(connection, after, {"last": last}):
        yield [(one[0], one[1], one[2], one[3]) for one in rows]
        last = rows[-1][0]


def _on(list: str, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """These columns of everyone confirmed on a list, in the order of their ids."""
    people, standing = s.subscribers.c, s.subscriptions.c
    return (
        sa.select(*columns)
        .join_from(s.subscribers, s.subscriptions, standing.subscriber == people.id)
        .where(standing.list == list, standing.state == "confirmed")
        .order_by(standing.subscriber)  # in which order SQLite's index of the list's subscriptions has them, too
    )


_FEW = (
    sa.select(s.suppressions.c.address_hash)
    .where(s.suppressions.c.list.in_(sa.bindparam("lists", expanding=True)))
    .limit(sa.bindparam("most"))
)


def suppressed_few(connection: sa.Connection, list: str, most: int) -> set[str] | None:
    """The keyed hashes of all that must not be mailed on a list; None where suppressions that bind it are more than `most`."""
    found = connection.execute(_FEW, {"lists": ["", list], "most": most + 1}).scalars().all()
    return None if len(found) > most else set(found)


def suppressed_among(connection: sa.Connection, list: str, hashes: Collection[str]) -> set[str]:
    """Which of these keyed hashes of addresses must not be mailed on a list."""
    query = sa.select(s.suppressions.c.address_hash).where(s.suppressions.c.list.in_(["", list]))
    found: set[str] = set()
    for chunk in batched(hashes, CHUNK):
        found.update(connection.execute(query.where(s.suppressions.c.address_hash.in_(chunk))).scalars())
    return found
