"""Subscribers, their standing on each list, suppressions, and the consent log, which is only ever added to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from syndicate.models import MailStyle, Subscriber, Subscription, SubscriptionState, SuppressionKind
from syndicate.store import noted
from syndicate.store import schema as s
from syndicate.store.chunks import batched

CHUNK = 500

_BECAME = "became:"


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
            found[row.address_key] = person_of(row)
    return found


def person_of(row: sa.Row[Any]) -> Subscriber:
    """A row of the subscribers as a value."""
    return Subscriber(row.id, row.address, row.languages, row.created, row.mail)


def by_id(connection: sa.Connection, id: str) -> Subscriber | None:
    """The subscriber with this id, or whom they have become by a change of address; None for nobody."""
    found = connection.execute(sa.select(s.subscribers).where(s.subscribers.c.id == id)).first()
    if found is None:
        became = sa.select(s.meta.c.value).where(s.meta.c.key == f"{_BECAME}{id}")
        found = connection.execute(sa.select(s.subscribers).where(s.subscribers.c.id.in_(became))).first()
    return person_of(found) if found else None


def became(connection: sa.Connection, old: str, new: str) -> None:
    """From now on links that were signed for `old`, who is no more, are those of `new`."""
    table = s.meta
    connection.execute(table.update().where(table.c.key.startswith(_BECAME), table.c.value == old).values(value=new))
    connection.execute(table.insert().values(key=f"{_BECAME}{old}", value=new))


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
        sa.select(s.subscribers, standing.state, standing.changed)
        .join(s.subscriptions, standing.subscriber == people.id)
        .where(standing.list == list)
        .order_by(people.address_key)
    )
    if state:
        query = query.where(standing.state == state)
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        yield Standing(person_of(row), list, row.state, row.changed)


def everyone(connection: sa.Connection) -> Iterator[tuple[str, str]]:
    """Everybody's id and folded address, streamed."""
    query = sa.select(s.subscribers.c.id, s.subscribers.c.address_key)
    for row in connection.execute(query, execution_options={"yield_per": 2000}):
        yield row[0], row[1]


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


def set_mail(connection: sa.Connection, subscriber: str, mail: MailStyle) -> None:
    """Change how open a person's mail may look."""
    connection.execute(s.subscribers.update().where(s.subscribers.c.id == subscriber).values(mail=mail))


def set_address(connection: sa.Connection, subscriber: str, address: str, key: str) -> None:
    """Change where a person's mail goes; `key` is the address folded, and nobody else's."""
    where = s.subscribers.c.id == subscriber
    connection.execute(s.subscribers.update().where(where).values(address=address, address_key=key))


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
    """From now on, these addresses must not be mailed. What stood already is as new as the newest wish of its kind."""
    for entry in entries:
        table = s.suppressions
        same = sa.and_(
            table.c.address_hash == entry.address_hash, table.c.kind == entry.kind, table.c.list == entry.list
        )
        since = connection.execute(sa.select(table.c.at).where(same)).scalar()
        if since is None:
            connection.execute(table.insert().values(asdict(entry)))
        elif since < entry.at:
            connection.execute(table.update().where(same).values(at=entry.at, reason=entry.reason))
        if since is None or since < entry.at:
            noted.note(connection, [noted.Line(noted.Key(entry.address_hash, entry.kind, entry.list), entry.at)])


def lift(connection: sa.Connection, hashes: Collection[str], kinds: Collection[SuppressionKind], list: str) -> None:
    """Take away what forbids mail on `list`: of these kinds, on that list and on the whole site."""
    table = s.suppressions.c
    drop_suppressions(
        connection, sa.and_(table.address_hash.in_(hashes), table.kind.in_(kinds), table.list.in_(("", list)))
    )


def drop_suppressions(connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    """Take away these suppressions, and note that they are gone."""
    table, now = s.suppressions, datetime.now(UTC)
    gone = table.delete().where(which).returning(table.c.address_hash, table.c.kind, table.c.list)
    noted.note(connection, [noted.Line(noted.Key(*row), now, lifted=True) for row in connection.execute(gone)])


def rename_in_log(connection: sa.Connection, hashes: Collection[str], hashed: str) -> None:
    """The history of these hashes is from now on that of `hashed`: the person moved to another address."""
    where = s.consent_log.c.address_hash.in_(hashes)
    connection.execute(s.consent_log.update().where(where).values(address_hash=hashed))


def blank_evidence(connection: sa.Connection, hashes: Collection[str]) -> None:
    """Take out of the log what the operator typed about these addresses, which may name the person."""
    table = s.consent_log
    typed = sa.and_(table.c.address_hash.in_(hashes), table.c.how.in_(("operator", "import")))
    connection.execute(table.update().where(typed).values(evidence=""))


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery of a person: which edition, in which variant, what became of it and when."""

    id: str
    edition: str
    variant: str
    state: str
    changed: datetime


def received(connection: sa.Connection, subscriber: str) -> list[Received]:
    """A person's deliveries, oldest first."""
    table = s.deliveries.c
    query = sa.select(table.id, table.edition, table.variant, table.state, table.changed)
    rows = connection.execute(query.where(table.subscriber == subscriber).order_by(table.changed, table.edition))
    return [Received(*row) for row in rows]


def hand_over(connection: sa.Connection, old: str, new: str) -> None:
    """The deliveries of `old` become those of `new`, but for editions that `new` has, too: those are nobody's."""
    table = s.deliveries
    has = sa.select(table.c.edition).where(table.c.subscriber == new)
    both = sa.and_(table.c.subscriber == old, table.c.edition.in_(has))
    connection.execute(table.update().where(both).values(subscriber=sa.literal(GONE) + table.c.id))
    connection.execute(table.update().where(table.c.subscriber == old).values(subscriber=new))


GONE = "gone-"
"""What stands before a delivery's own id where its person was erased: the row still counts, and is nobody's."""


def erase(connection: sa.Connection, subscriber: str, hashes: Collection[str]) -> int:
    """Delete a person, with standings and letters; their deliveries still count, as nobody's. Returns how many those are.

    What forbids mail to these hashes of their address stays, and so does the log, which knows only the hashes.
    """
    table = s.deliveries
    mine = table.c.subscriber == subscriber
    values = {"subscriber": sa.literal(GONE) + table.c.id, "reason": ""}
    count = connection.execute(table.update().where(mine).values(values)).rowcount
    connection.execute(s.soft_bounces.delete().where(s.soft_bounces.c.address_hash.in_(hashes)))
    connection.execute(s.meta.delete().where(s.meta.c.key.startswith(_BECAME), s.meta.c.value == subscriber))
    drop(connection, [subscriber])
    return count


def drop(connection: sa.Connection, subscribers: Collection[str]) -> None:
    """Delete people, with their standings and letters."""
    for chunk in batched(subscribers, CHUNK):
        connection.execute(s.subscribers.delete().where(s.subscribers.c.id.in_(chunk)))
