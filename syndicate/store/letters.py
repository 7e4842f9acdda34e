"""Mails about consent that wait or have left, and links that work only once.

A letter is `sent` before it is handed over: a process killed in between leaves it counted as sent, and nobody gets it
twice. Nothing secret is stored: the link in a letter is signed when it leaves.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from syndicate.models import MailStyle
from syndicate.store import schema as s
from syndicate.store.chunks import batched

LetterKind = Literal["confirm", "invite", "account", "address", "notice"]
"""Please confirm what you asked for; what we would like to send; the link to the settings; please confirm this new address;
and, to the old one, that a new one was asked for."""

OPT_IN: tuple[LetterKind, ...] = ("confirm", "invite")
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter to be written. `lists` are joined by commas, "" where it is about none; `address` is None for the person's own."""

    id: str
    kind: LetterKind
    subscriber: str
    lists: str
    language: str
    created: datetime
    due: datetime
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter that was taken to be sent: what it is, where it goes, how open it may look, which try this is."""

    waiting: Waiting
    to: str
    mail: MailStyle
    tries: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter of the past, or one that waits (`sent` is None)."""

    id: str
    kind: LetterKind
    lists: str
    created: datetime
    sent: datetime | None


def add(connection: sa.Connection, letters: Sequence[Waiting]) -> None:
    """Put letters where the next sending finds them."""
    rows = [asdict(one) for one in letters]
    for row in rows:
        row["list"] = row.pop("lists")
    if rows:
        connection.execute(s.letters.insert(), rows)


def of(
    connection: sa.Connection, subscribers: Collection[str], kinds: Collection[LetterKind] = ()
) -> dict[str, list[Sent]]:
    """The letters of these people, by person, oldest first; of these kinds only, where any are given."""
    table, found = s.letters.c, dict[str, list[Sent]]()
    for chunk in batched(subscribers, CHUNK):
        query = sa.select(table.id, table.subscriber, table.kind, table.list, table.created, table.sent)
        query = query.where(table.subscriber.in_(chunk)).order_by(table.created)
        if kinds:
            query = query.where(table.kind.in_(kinds))
        for row in connection.execute(query):
            one = Sent(row.id, row.kind, row.list, row.created, row.sent)
            found.setdefault(row.subscriber, []).append(one)
    return found


def address_of(connection: sa.Connection, id: str) -> str | None:
    """The new address that a letter asks to confirm; None where there is no such letter (any more)."""
    return connection.execute(sa.select(s.letters.c.address).where(s.letters.c.id == id)).scalar()


def take(connection: sa.Connection, now: datetime) -> Taken | None:
    """Take the letter that is due first, and count it as sent; None when none is due. Nobody else takes the same one."""
    table = s.letters
    due = sa.select(table.c.id).where(table.c.sent.is_(None), table.c.due <= now).order_by(table.c.due).limit(1)
    values = {"sent": now, "tries": table.c.tries + 1, "reason": ""}
    taken = table.update().where(table.c.id.in_(due.with_for_update(skip_locked=True))).values(values)
    row = connection.execute(taken.returning(*table.c)).first()
    if row is None:
        return None
    person = connection.execute(sa.select(s.subscribers).where(s.subscribers.c.id == row.subscriber)).one()
    one = Waiting(row.id, row.kind, row.subscriber, row.list, row.language, row.created, row.due, row.address)
    return Taken(one, row.address or person.address, person.mail, row.tries)


def put_back(connection: sa.Connection, id: str, due: datetime, reason: str, *, tried: bool = True) -> None:
    """A letter that certainly did not leave is due again; with `tried` False the try does not count."""
    values = {"sent": None, "due": due, "reason": reason}
    where = s.letters.update().where(s.letters.c.id == id).values(values)
    connection.execute(where if tried else where.values(tries=s.letters.c.tries - 1))


def note(connection: sa.Connection, id: str, reason: str) -> None:
    """Why a letter that counts as sent did not, or perhaps did not, leave."""
    connection.execute(s.letters.update().where(s.letters.c.id == id).values(reason=reason))


def replace_addresses(connection: sa.Connection, subscriber: str, now: datetime, but: str = "") -> None:
    """New addresses that earlier letters of a person ask to confirm count no more, but for the one in the letter `but`."""
    table = s.letters
    earlier = sa.and_(table.c.subscriber == subscriber, table.c.address.is_not(None), table.c.id != but)
    sent = sa.func.coalesce(table.c.sent, sa.literal(now, table.c.sent.type))
    connection.execute(table.update().where(earlier).values(address=None, sent=sent, reason="another came after it"))


def waiting(connection: sa.Connection) -> int:
    """How many letters have not left yet."""
    table = s.letters.c
    return connection.execute(sa.select(sa.func.count()).where(table.sent.is_(None))).scalar_one()


def use_up(connection: sa.Connection, token_hash: str, until: datetime) -> bool:
    """Use up a link that works once; False when it was used before. `until` is when it is too old anyhow."""
    from sqlalchemy.dialects import postgresql, sqlite  # late: an idle run only asks whether letters wait

    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    query = insert(s.used_links).values(token_hash=token_hash, until=until).on_conflict_do_nothing()
    return connection.execute(query.returning(s.used_links.c.token_hash)).first() is not None


def used_up(connection: sa.Connection, token_hash: str) -> bool:
    """Whether a link that works once was used."""
    query = sa.select(s.used_links.c.until).where(s.used_links.c.token_hash == token_hash)
    return connection.execute(query).first() is not None
