"""What the provider told of mails: the events, each kept once; soft bounces; and how often mail fails, by list and domain.

Each function is one step inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from syndicate.models import DeliveryState
from syndicate.store import schema as s
from syndicate.store.chunks import batched
from syndicate.store.people import drop_suppressions

CHUNK = 500

SOFT = "soft bounces in several editions"
"""The reason of a suppression that rests on soft bounces alone: a later sign that mail arrives takes it back."""

LATE = "late"
"""The kind of an event about an earlier batch of a delivery: it proves nothing about the batch that the row is in now."""

_LEFT: tuple[DeliveryState, ...] = ("accepted", "delivered", "deferred", "bounced", "complained")


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it is kept: `id` makes it count once, `kind` is one of deliver.events, `reason` holds no address."""

    id: str
    delivery: str
    kind: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Mailed:
    """A delivery as an event finds it: `batch` is the last it was posted in, `recalled` whether that was called back.

    `address` is '' where the person was erased; `list` is that of the edition.
    """

    id: str
    edition: str
    list: str
    subscriber: str
    address: str
    state: DeliveryState
    batch: str
    recalled: bool


@dataclass(frozen=True, slots=True)
class Share:
    """How mail fares for one list and one domain: people mailed, and how many of their mails came to what."""

    list: str
    domain: str
    people: int
    sent: int
    kinds: Mapping[str, int]


def mailed(connection: sa.Connection, ids: Collection[str]) -> dict[str, Mailed]:
    """The deliveries with these ids, by id; those that we do not know are not there."""
    table, people = s.deliveries.c, s.subscribers.c
    query = (
        sa.select(table.id, table.edition, s.editions.c.list, table.subscriber, people.address, table.state, table.batch,
                  s.batches.c.recalled)
        .join(s.editions, s.editions.c.id == table.edition)
        .outerjoin(s.subscribers, people.id == table.subscriber)
        .outerjoin(s.batches, s.batches.c.id == table.batch)
    )  # fmt: skip
    # Locked, so that a sender's own word about a row comes before or after ours, never between reading and writing.
    query = query.order_by(table.id).with_for_update(of=s.deliveries)
    found = {}
    for chunk in batched(sorted(ids), CHUNK):
        for r in connection.execute(query.where(table.id.in_(chunk))):
            found[r.id] = Mailed(
                r.id, r.edition, r.list, r.subscriber, r.address or "", r.state, r.batch or "", r.recalled is not None
            )
    return found


def known(connection: sa.Connection, ids: Collection[str]) -> set[str]:
    """Which of these events were told before."""
    found: set[str] = set()
    for chunk in batched(ids, CHUNK):
        found |= set(connection.execute(sa.select(s.events.c.id).where(s.events.c.id.in_(chunk))).scalars())
    return found


def keep(connection: sa.Connection, told: Iterable[Told], received: datetime) -> None:
    """Remember new events."""
    rows = [
        {"id": one.id, "delivery": one.delivery, "kind": one.kind, "at": one.at, "received": received, "reason": one.reason}
        for one in told
    ]  # fmt: skip
    if rows:
        connection.execute(s.events.insert(), rows)


def prove_sent(connection: sa.Connection, at: datetime, batches: Collection[str] | None = None) -> int:
    """Make doubtful rows `accepted` whose request is proven to have been taken: by an event of another row of the same batch.

    Of these batches, or of all. Not where the batch was called back. Only events since it was posted count: a row may have
    been in another batch before. Returns how many.
    """
    rows, other = s.deliveries, s.deliveries.alias("other")
    evidence = (
        sa.select(sa.literal(1))
        .select_from(other.join(s.events, s.events.c.delivery == other.c.id))
        .join(s.batches, s.batches.c.id == other.c.batch)
        .where(other.c.batch == rows.c.batch, s.batches.c.recalled.is_(None), s.batches.c.posted.is_not(None))
        # Received by our clock, as `posted` is: the provider's own may differ.
        .where(s.events.c.received >= s.batches.c.posted, s.events.c.kind != LATE)
    )
    doubtful = sa.and_(rows.c.state.in_(("in_doubt", "held")), evidence.exists())
    values = {"state": "accepted", "changed": at, "reason": "proven by an event"}
    if batches is None:
        return connection.execute(rows.update().where(doubtful).values(values)).rowcount
    return sum(
        connection.execute(rows.update().where(doubtful, rows.c.batch.in_(chunk)).values(values)).rowcount
        for chunk in batched(batches, CHUNK)
    )


# ---------------------------------------------------------------- soft bounces


def soften(connection: sa.Connection, address_hash: str, edition: str, at: datetime) -> None:
    """Note a soft bounce of an edition, with the first time of it."""
    table = s.soft_bounces
    same = sa.and_(table.c.address_hash == address_hash, table.c.edition == edition)
    since = connection.execute(sa.select(table.c.at).where(same)).scalar()
    if since is None:
        connection.execute(table.insert().values(address_hash=address_hash, edition=edition, at=at))
    elif at < since:
        connection.execute(table.update().where(same).values(at=at))


def any_soft(connection: sa.Connection) -> bool:
    """Whether any soft bounce is noted at all: mostly none is, and then no arrival has to be held against them."""
    return connection.execute(sa.select(s.soft_bounces.c.edition).limit(1)).first() is not None


def soft(connection: sa.Connection, hashes: Collection[str]) -> list[tuple[str, datetime]]:
    """The soft bounces of an address in a row, oldest first: (edition, when)."""
    table = s.soft_bounces.c
    query = sa.select(table.edition, table.at).where(table.address_hash.in_(hashes)).order_by(table.at)
    return [(row[0], row[1]) for row in connection.execute(query)]


def harden(connection: sa.Connection, hashes: Collection[str], until: datetime) -> bool:
    """A mail arrived `until` then: soft bounces up to that count no more. Returns whether there were any."""
    table = s.soft_bounces
    before = sa.and_(table.c.address_hash.in_(hashes), table.c.at <= until)
    return connection.execute(table.delete().where(before)).rowcount > 0


def last_arrival(connection: sa.Connection, subscriber: str) -> datetime | None:
    """When a mail last arrived at this person's, as far as events are kept; None: never."""
    table = s.events.c
    query = (
        sa.select(sa.func.max(table.at))
        .select_from(s.events.join(s.deliveries, s.deliveries.c.id == table.delivery))
        .where(s.deliveries.c.subscriber == subscriber, table.kind == "delivered")
    )
    return connection.execute(query).scalar()


def lift_soft(connection: sa.Connection, hashes: Collection[str]) -> None:
    """Take back a suppression that rests on soft bounces alone."""
    table = s.suppressions.c
    rests = sa.and_(table.address_hash.in_(hashes), table.kind == "bounce", table.reason == SOFT)
    drop_suppressions(connection, rests)


# ---------------------------------------------------------------- how often mail fails


def troubled(connection: sa.Connection, since: datetime, kinds: Collection[str]) -> bool:
    """Whether any event of these kinds was told since then: else there is nothing to count."""
    table = s.events.c
    return (
        connection.execute(sa.select(table.id).where(table.at >= since, table.kind.in_(kinds)).limit(1)).first()
        is not None
    )


def shares(connection: sa.Connection, since: datetime, kinds: Collection[str]) -> list[Share]:
    """For each list and each domain of its readers: people, mails sent since then, and mails that came to each of `kinds`."""
    address = s.subscribers.c.address_key
    position = sa.func.instr if connection.dialect.name == "sqlite" else sa.func.strpos
    domain = sa.func.substr(address, position(address, "@") + 1).label("domain")
    rows, listed = s.deliveries.c, s.editions.c.list
    base = s.deliveries.join(s.editions, s.editions.c.id == rows.edition).join(
        s.subscribers, s.subscribers.c.id == rows.subscriber
    )
    sent = (
        sa.select(listed, domain, sa.func.count(sa.distinct(rows.subscriber)), sa.func.count())
        .select_from(base)
        .where(rows.state.in_(_LEFT), rows.changed >= since)
        .group_by(listed, domain)
    )
    bad = (
        sa.select(listed, domain, s.events.c.kind, sa.func.count(sa.distinct(rows.id)))
        .select_from(base.join(s.events, s.events.c.delivery == rows.id))
        .where(s.events.c.at >= since, s.events.c.kind.in_(kinds), rows.changed >= since)
        .group_by(listed, domain, s.events.c.kind)
    )
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for list, host, kind, count in connection.execute(bad):
        counts.setdefault((list, host), {})[kind] = count
    return [
        Share(list, host, people, all, counts.get((list, host), {}))
        for list, host, people, all in connection.execute(sent)
    ]


# ---------------------------------------------------------------- notes


def noted(connection: sa.Connection, key: str) -> str | None:
    """A note of the site's own, such as since when suppressions were asked for."""
    return connection.execute(sa.select(s.meta.c.value).where(s.meta.c.key == key)).scalar()


def note(connection: sa.Connection, key: str, value: str) -> None:
    """Keep a note."""
    if connection.execute(s.meta.update().where(s.meta.c.key == key).values(value=value)).rowcount == 0:
        connection.execute(s.meta.insert().values(key=key, value=value))
