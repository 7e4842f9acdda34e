"""Subscribers, their standing on each list, suppressions, and the consent log, which is only ever added to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from syndicate.models import Subscriber, Subscription, SubscriptionState, SuppressionKind
from syndicate.store import schema as s
from syndicate.store.chunks import batched

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Consent:
    """One line of the consent log. `address_hash` is a keyed hash; `how` is form, import, operator or link."""

    at: datetime
    address_hash: str
    list: str
    event: str
    how: str
    evidence: str
    wording_version: str
    language: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An address that must not be mailed: `list` is '' for the whole site."""

    address_hash: str
    kind: SuppressionKind
    list: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A subscriber and their standing on one list."""

    subscriber: Subscriber
    list: str
    state: SubscriptionState
    changed: datetime


def find(connection: sa.Connection, address_keys: Collection[str]) -> dict[str, Subscriber]:
    """The subscribers with these folded addresses, by that address."""
    found = {}
    for chunk in batched(address_keys, CHUNK):
        for row in connection.execute(sa.select(s.subscribers).where(s.subscribers.c.address_key.in_(chunk))):
            found[row.address_key] = Subscriber(row.id, row.address, row.languages, row.created)
    return found


def subscriptions(connection: sa.Connection, subscribers: Collection[str]) -> dict[tuple[str, str], Subscription]:
    """Their standing, by (subscriber, list)."""
    found = {}
    for chunk in batched(subscribers, CHUNK):
        for row in connection.execute(sa.select(s.subscriptions).where(s.subscriptions.c.subscriber.in_(chunk))):
            found[row.subscriber, row.list] = Subscription(row.subscriber, row.list, row.state, row.changed)
    return found


def on_list(connection: sa.Connection, list: str, state: SubscriptionState | None = None) -> Iterator[Standing]:
    """Everyone who has ever been on a list, or those who stand there as `state`, by address; streamed."""
    people, standing = s.subscribers.c, s.subscriptions.c
    query = (
        sa.select(people.id, people.address, people.languages, people.created, standing.state, standing.changed)
        .join(s.subscriptions, standing.subscriber == people.id)
        .where(standing.list == list)
        .order_by(people.address_key)
    )
    if state:
        query = query.where(standing.state == state)
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        yield Standing(Subscriber(row.id, row.address, row.languages, row.created), list, row.state, row.changed)


def counts(connection: sa.Connection) -> dict[tuple[str, str], int]:
    """How many people stand on each list in each state."""
    table = s.subscriptions.c
    query = sa.select(table.list, table.state, sa.func.count()).group_by(table.list, table.state)
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def add(connection: sa.Connection, subscribers: Sequence[tuple[Subscriber, str]]) -> None:
    """New people, each with their folded address."""
    rows = [asdict(person) | {"address_key": key} for person, key in subscribers]
    if rows:
        connection.execute(s.subscribers.insert(), rows)


def set_languages(connection: sa.Connection, subscriber: str, languages: str) -> None:
    """Change how a person reads."""
    connection.execute(s.subscribers.update().where(s.subscribers.c.id == subscriber).values(languages=languages))


def set_standing(connection: sa.Connection, standings: Sequence[Subscription]) -> None:
    """Where people stand on lists, from now on."""
    table = s.subscriptions
    for one in standings:
        same = sa.and_(table.c.subscriber == one.subscriber, table.c.list == one.list)
        values = {"state": one.state, "changed": one.changed}
        if connection.execute(table.update().where(same).values(values)).rowcount == 0:
            connection.execute(table.insert().values(subscriber=one.subscriber, list=one.list, **values))


def log(connection: sa.Connection, lines: Sequence[Consent]) -> None:
    """Add to the consent log."""
    if lines:
        connection.execute(s.consent_log.insert(), [asdict(line) for line in lines])


def history(connection: sa.Connection, address_hash: str) -> list[Consent]:
    """One person's consent log, oldest first."""
    table = s.consent_log.c
    columns = (
        table.at,
        table.address_hash,
        table.list,
        table.event,
        table.how,
        table.evidence,
        table.wording_version,
        table.language,
    )
    query = sa.select(*columns).where(table.address_hash == address_hash).order_by(table.id)
    return [Consent(*row) for row in connection.execute(query)]


def suppressions(connection: sa.Connection, hashes: Collection[str]) -> list[Suppressed]:
    """What stands against mailing these addresses."""
    found = []
    for chunk in batched(hashes, CHUNK):
        for row in connection.execute(sa.select(s.suppressions).where(s.suppressions.c.address_hash.in_(chunk))):
            found.append(Suppressed(row.address_hash, row.kind, row.list, row.at, row.reason))
    return found


def suppress(connection: sa.Connection, entries: Sequence[Suppressed]) -> None:
    """From now on, these addresses must not be mailed; what stood already stays as it was."""
    for entry in entries:
        table = s.suppressions.c
        same = sa.and_(table.address_hash == entry.address_hash, table.kind == entry.kind, table.list == entry.list)
        if connection.execute(sa.select(table.kind).where(same)).first() is None:
            connection.execute(s.suppressions.insert().values(asdict(entry)))
