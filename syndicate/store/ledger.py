"""The ledger: one row for one edition and one subscriber, and the batches in which rows are handed to a transport.

Each function is one step inside the caller's transaction. Which state may follow which is decided in `deliver.ledger`; here
every update names the state it comes from, so that two processes cannot both make the same step.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from syndicate.models import Delivery, DeliveryState
from syndicate.store import schema as s
from syndicate.store.chunks import batched

CHUNK = 500


@dataclass(frozen=True, slots=True)
class BatchRow:
    """Deliveries of one variant, claimed together by the process that holds the lock `holder`."""

    id: str
    edition: str
    variant: str
    transport: str
    holder: str
    claimed: datetime
    posted: datetime | None


def freeze(connection: sa.Connection, edition: str, at: datetime, audience: Collection[tuple[str, str, str]]) -> None:
    """Write the audience once: a queued row for each (delivery id, subscriber, variant)."""
    for chunk in batched(audience, 5 * CHUNK):
        connection.execute(s.deliveries.insert(), [
            {"id": id, "edition": edition, "subscriber": subscriber, "variant": variant, "state": "queued",
             "changed": at, "reason": ""}
            for id, subscriber, variant in chunk
        ])  # fmt: skip
    connection.execute(s.editions.update().where(s.editions.c.id == edition).values(frozen=at, audience=len(audience)))


def is_frozen(connection: sa.Connection, edition: str) -> bool:
    """Whether the edition's audience was written."""
    return connection.execute(sa.select(s.editions.c.frozen).where(s.editions.c.id == edition)).scalar() is not None


def claim(connection: sa.Connection, batch: BatchRow, limit: int) -> list[Delivery]:
    """Take at most `limit` queued rows of the batch's variant for it; on PostgreSQL, rows that others are taking are skipped."""
    table = s.deliveries
    queued = sa.and_(table.c.edition == batch.edition, table.c.variant == batch.variant, table.c.state == "queued")
    chosen = sa.select(table.c.id).where(queued).order_by(table.c.id).limit(limit).with_for_update(skip_locked=True)
    values = {"state": "claimed", "batch": batch.id, "changed": batch.claimed}
    taken = (
        connection.execute(table.update().where(table.c.id.in_(chosen)).values(values).returning(table.c.id))
        .scalars()
        .all()
    )
    if not taken:
        return []
    connection.execute(s.batches.insert().values(
        id=batch.id, edition=batch.edition, variant=batch.variant, transport=batch.transport, holder=batch.holder,
        claimed=batch.claimed,
    ))  # fmt: skip
    return of_batch(connection, batch.id)


def of_batch(connection: sa.Connection, batch: str) -> list[Delivery]:
    """The deliveries of a batch with today's addresses; an address is '' where the person was forgotten since."""
    table, people = s.deliveries.c, s.subscribers.c
    query = (
        sa.select(table.id, table.edition, table.subscriber, people.address, table.variant, table.state)
        .outerjoin(s.subscribers, people.id == table.subscriber)
        .where(table.batch == batch)
        .order_by(table.id)
    )
    return [
        Delivery(row.id, row.edition, row.subscriber, row.address or "", row.variant, row.state)
        for row in connection.execute(query)
    ]


def queued_variants(connection: sa.Connection, edition: str) -> list[str]:
    """The variants for which somebody still waits."""
    table = s.deliveries.c
    query = (
        sa.select(table.variant)
        .where(table.edition == edition, table.state == "queued")
        .distinct()
        .order_by(table.variant)
    )
    return list(connection.execute(query).scalars())


def move(
    connection: sa.Connection,
    ids: Collection[str],
    *,
    was: DeliveryState,
    to: DeliveryState,
    at: datetime,
    reason: str = "",
) -> int:
    """Move rows from one state to another; returns how many were still in `was`."""
    table, moved = s.deliveries, 0
    for chunk in batched(ids, CHUNK):
        still = sa.and_(table.c.id.in_(chunk), table.c.state == was)
        moved += connection.execute(table.update().where(still).values(state=to, changed=at, reason=reason)).rowcount
    return moved


def cancel_queued(connection: sa.Connection, edition: str, at: datetime, reason: str) -> int:
    """Stop every copy of an edition that nobody has taken yet; returns how many."""
    table = s.deliveries
    still = sa.and_(table.c.edition == edition, table.c.state == "queued")
    return connection.execute(table.update().where(still).values(state="cancelled", changed=at, reason=reason)).rowcount


def mark_posted(connection: sa.Connection, batch: str, at: datetime) -> None:
    """From here on a byte of this batch may have left."""
    connection.execute(s.batches.update().where(s.batches.c.id == batch).values(posted=at))


def mark_settled(connection: sa.Connection, batch: str, at: datetime) -> None:
    """Nothing of this batch is open."""
    connection.execute(s.batches.update().where(s.batches.c.id == batch).values(settled=at))


def unsettled(connection: sa.Connection, edition: str) -> list[BatchRow]:
    """Batches that some process began and did not settle."""
    table = s.batches
    query = sa.select(table).where(table.c.edition == edition, table.c.settled.is_(None)).order_by(table.c.claimed)
    rows = connection.execute(query)
    return [BatchRow(r.id, r.edition, r.variant, r.transport, r.holder, r.claimed, r.posted) for r in rows]


def tally(connection: sa.Connection, edition: str) -> dict[DeliveryState, int]:
    """How many rows of an edition are in each state."""
    table = s.deliveries.c
    query = sa.select(table.state, sa.func.count()).where(table.edition == edition).group_by(table.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def audience_of(connection: sa.Connection, edition: str) -> int:
    """How many readers the audience had when it was frozen; 0 before."""
    return connection.execute(sa.select(s.editions.c.audience).where(s.editions.c.id == edition)).scalar() or 0


def by_variant(connection: sa.Connection, edition: str) -> Mapping[str, int]:
    """How many readers of an edition get each variant."""
    table = s.deliveries.c
    query = sa.select(table.variant, sa.func.count()).where(table.edition == edition).group_by(table.variant)
    return {row[0]: row[1] for row in connection.execute(query.order_by(table.variant))}


def receivers(connection: sa.Connection, editions: Sequence[str]) -> int:
    """How many copies of these editions have left or may have left."""
    table = s.deliveries.c
    away = ("posting", "accepted", "delivered", "deferred", "complained", "in_doubt", "held")
    query = sa.select(sa.func.count()).where(table.edition.in_(editions), table.state.in_(away))
    return connection.execute(query).scalar_one()
