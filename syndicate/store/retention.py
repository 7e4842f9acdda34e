"""What is old enough to go: found and deleted a few hundred rows at a time, so that no statement holds the database for long."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from syndicate.models import DeliveryState, Subscriber
from syndicate.store import schema as s
from syndicate.store.letters import LetterKind
from syndicate.store.people import GONE, Received, person_of

UNSETTLED: tuple[DeliveryState, ...] = ("queued", "claimed", "posting", "in_doubt", "held")
"""Deliveries of which it is not known yet what became of them: they keep their person."""


def unconfirmed(connection: sa.Connection, before: datetime, limit: int) -> list[str]:
    """Ids of people with a standing that is pending since before that moment."""
    table = s.subscriptions.c
    query = sa.select(table.subscriber).where(table.state == "pending", table.changed <= before).distinct()
    return list(connection.execute(query.limit(limit)).scalars())


def end_unconfirmed(connection: sa.Connection, subscribers: Collection[str], before: datetime) -> None:
    """Delete what stands pending since before that moment of these people."""
    table = s.subscriptions.c
    old = sa.and_(table.subscriber.in_(subscribers), table.state == "pending", table.changed <= before)
    connection.execute(s.subscriptions.delete().where(old))


def on_no_list(connection: sa.Connection, subscribers: Collection[str]) -> list[Subscriber]:
    """Those of these people who stand on no list."""
    standing = sa.exists().where(s.subscriptions.c.subscriber == s.subscribers.c.id)
    query = sa.select(s.subscribers).where(s.subscribers.c.id.in_(subscribers), ~standing)
    return [person_of(row) for row in connection.execute(query)]


def leavers(connection: sa.Connection, before: datetime, limit: int) -> list[tuple[Subscriber, tuple[str, ...]]]:
    """People who left every list that they were on, the last before that moment; each with those lists."""
    table = s.subscriptions.c
    gone = sa.select(table.subscriber).group_by(table.subscriber).having(
        sa.func.count() == sa.func.sum(sa.case((table.state == "unsubscribed", 1), else_=0)),
        sa.func.max(table.changed) <= sa.literal(before, table.changed.type),
    )  # fmt: skip
    # Only who left at all is grouped: they are few, and found by the index on list and state.
    left = sa.select(table.subscriber).where(table.state == "unsubscribed", table.changed <= before)
    ids = list(connection.execute(gone.where(table.subscriber.in_(left)).limit(limit)).scalars())
    people = [person_of(row) for row in connection.execute(sa.select(s.subscribers).where(s.subscribers.c.id.in_(ids)))]
    lists: dict[str, list[str]] = {}
    for row in connection.execute(sa.select(table.subscriber, table.list).where(table.subscriber.in_(ids))):
        lists.setdefault(row.subscriber, []).append(row.list)
    return [(one, tuple(lists[one.id])) for one in people]


def forget_questions(connection: sa.Connection, hashes: Collection[str]) -> None:
    """Delete the log of who was asked, or asked, and never answered: it proves nothing. Other lines stay."""
    table = s.consent_log
    answered = sa.select(table.c.address_hash).where(
        table.c.address_hash.in_(hashes), table.c.event.not_in(("asked", "invited"))
    )
    never = sa.and_(table.c.address_hash.in_(hashes), table.c.address_hash.not_in(answered))
    connection.execute(table.delete().where(never))


def old_deliveries(connection: sa.Connection, before: datetime, limit: int) -> list[Received]:
    """Deliveries that are settled since before that moment and still know their person."""
    table = s.deliveries.c
    old = sa.and_(table.changed <= before, table.state.not_in(UNSETTLED), ~table.subscriber.startswith(GONE))
    query = sa.select(table.id, table.edition, table.variant, table.state, table.changed).where(old)
    return [Received(*row) for row in connection.execute(query.limit(limit))]


def lose_people(connection: sa.Connection, deliveries: Collection[str]) -> None:
    """These deliveries still count, as nobody's, and without what a provider wrote about them."""
    table = s.deliveries
    values = {"subscriber": sa.literal(GONE) + table.c.id, "reason": ""}
    connection.execute(table.update().where(table.c.id.in_(deliveries)).values(values))


def old_letters(connection: sa.Connection, kinds: Collection[LetterKind], before: datetime, limit: int) -> list[str]:
    """Letters of these kinds that left, or were given up, before that moment."""
    table = s.letters.c
    query = sa.select(table.id).where(table.kind.in_(kinds), table.sent <= before)
    return list(connection.execute(query.limit(limit)).scalars())


def drop_letters(connection: sa.Connection, ids: Collection[str]) -> None:
    """Delete letters."""
    connection.execute(s.letters.delete().where(s.letters.c.id.in_(ids)))


def drop_used_links(connection: sa.Connection, now: datetime) -> int:
    """Delete what is kept of links that are too old anyhow; returns how many."""
    return connection.execute(s.used_links.delete().where(s.used_links.c.until <= now)).rowcount


def drop_attempts(connection: sa.Connection, before: datetime) -> int:
    """Delete the counts of forms from before that moment; returns how many."""
    return connection.execute(s.attempts.delete().where(s.attempts.c.window <= before)).rowcount


def drop_soft_bounces(connection: sa.Connection, before: datetime) -> int:
    """Delete the temporary bounces from before that moment; returns how many."""
    return connection.execute(s.soft_bounces.delete().where(s.soft_bounces.c.at <= before)).rowcount


def drop_events(connection: sa.Connection, before: datetime, limit: int) -> int:
    """Delete at most `limit` events that came before that moment; returns how many."""
    table = s.events
    old = sa.select(table.c.id).where(table.c.received <= before).limit(limit)
    return connection.execute(table.delete().where(table.c.id.in_(old))).rowcount
