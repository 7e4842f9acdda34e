"""Editions, their frozen variants, and the state of each post per list."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from syndicate.models import Edition, EditionState, EditionVariant, Post
from syndicate.store import schema as s
from syndicate.store.chunks import batched

CHUNK = 500

OPEN: tuple[EditionState, ...] = ("draft", "approved", "scheduled", "sending", "paused")
"""The states of an edition that is not finished."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of a post for a list: `included` in an edition, or `skipped`, and why."""

    state: str
    edition: str | None
    reason: str


def decided(connection: sa.Connection, list: str) -> dict[str, Decided]:
    """What was decided of every post for a list; a post that is not here is new to it."""
    rows = connection.execute(sa.select(s.list_posts).where(s.list_posts.c.list == list))
    return {row.post: Decided(row.state, row.edition, row.reason) for row in rows}


def pass_over(connection: sa.Connection, lists: Collection[str], posts: Collection[str], why: str) -> int:
    """Have the lists pass over posts that are new to them; a list that decided of none yet chooses by itself. How many posts."""
    table = s.list_posts
    begun = connection.execute(sa.select(table.c.list).where(table.c.list.in_(lists)).distinct()).scalars().all()
    rows = [
        {"list": one, "post": post, "state": "skipped", "edition": None, "reason": why}
        for one in begun for post in posts
    ]  # fmt: skip
    if rows:
        connection.execute(table.insert(), rows)
    return len(posts) if begun else 0


def fate(connection: sa.Connection, list: str, post: str) -> Decided | None:
    """What was decided of a post for a list; None: it is new to it."""
    table = s.list_posts
    row = connection.execute(sa.select(table).where(table.c.list == list, table.c.post == post)).first()
    return Decided(row.state, row.edition, row.reason) if row else None


def has_decided(connection: sa.Connection, list: str, besides: str | None = None) -> bool:
    """Whether anything was decided for a list, by another edition than `besides`."""
    table = s.list_posts.c
    query = sa.select(table.post).where(table.list == list, sa.func.coalesce(table.edition, "") != (besides or "-"))
    return connection.execute(query.limit(1)).first() is not None


def next_number(connection: sa.Connection, list: str) -> int:
    """The number of the list's next edition."""
    last = connection.execute(sa.select(sa.func.max(s.editions.c.number)).where(s.editions.c.list == list)).scalar()
    return (last or 0) + 1


def save(connection: sa.Connection, edition: Edition, posts: Sequence[Post], skipped: Mapping[str, str]) -> None:
    """Store an edition just drafted, freeze its variants, and note what became of each post it looked at."""
    connection.execute(
        s.editions.insert().values(
            id=edition.id, list=edition.list, number=edition.number, state=edition.state, created=edition.created,
            digest=edition.digest, notes=[*edition.notes],
        )
    )  # fmt: skip
    _freeze(connection, edition, posts)
    fates = [(post.id, "included", edition.id, "") for post in posts]
    fates += [(post, "skipped", edition.id, reason) for post, reason in skipped.items()]
    table = s.list_posts
    for some in batched(fates, CHUNK):
        touched = [post for post, *_ in some]
        connection.execute(table.delete().where(table.c.list == edition.list, table.c.post.in_(touched)))
        connection.execute(table.insert(), [
            {"list": edition.list, "post": p, "state": state, "edition": e, "reason": why} for p, state, e, why in some
        ])  # fmt: skip


def freeze_again(connection: sa.Connection, edition: Edition, posts: Sequence[Post]) -> None:
    """Replace an unsent edition's variants and posts; an approval of the old ones is void."""
    for table in (s.edition_variants, s.edition_posts):
        connection.execute(table.delete().where(table.c.edition == edition.id))
    _freeze(connection, edition, posts)
    values = {
        "digest": edition.digest,
        "state": edition.state,
        "notes": [*edition.notes],
        "approved": None,
        "approved_digest": None,
    }
    connection.execute(s.editions.update().where(s.editions.c.id == edition.id).values(values))


def blank(connection: sa.Connection, editions: Collection[str]) -> None:
    """Erase the frozen texts of editions that can't be made anew; that they were sent, and to whom, stays."""
    connection.execute(s.edition_variants.delete().where(s.edition_variants.c.edition.in_(editions)))


def newest(connection: sa.Connection, list: str | None = None, limit: int = 50) -> list[Edition]:
    """Editions without their texts, newest first."""
    query = sa.select(s.editions).order_by(s.editions.c.created.desc(), s.editions.c.number.desc()).limit(limit)
    rows = connection.execute(query.where(s.editions.c.list == list) if list else query).all()
    return [_edition(connection, row, texts=False) for row in rows]


def load(connection: sa.Connection, id: str, *, texts: bool = True, bodies: bool = True) -> Edition | None:
    """An edition, with its frozen variants unless `texts` is False; these are empty but for their heads unless `bodies`."""
    row = connection.execute(sa.select(s.editions).where(s.editions.c.id == id)).first()
    return _edition(connection, row, texts=texts, bodies=bodies) if row else None


def open_of(connection: sa.Connection, list: str) -> str | None:
    """The list's unfinished edition, if there is one."""
    query = sa.select(s.editions.c.id).where(s.editions.c.list == list, s.editions.c.state.in_(OPEN))
    return connection.execute(query.order_by(s.editions.c.number.desc())).scalars().first()


def with_post(connection: sa.Connection, post: str) -> list[tuple[str, EditionState]]:
    """The editions that carry a post, with their states, oldest first."""
    query = (
        sa.select(s.editions.c.id, s.editions.c.state)
        .join(s.edition_posts, s.edition_posts.c.edition == s.editions.c.id)
        .where(s.edition_posts.c.post == post)
        .order_by(s.editions.c.created)
    )
    return [(row.id, row.state) for row in connection.execute(query)]


def changed_since(connection: sa.Connection, id: str) -> list[str]:
    """The edition's posts whose content changed after it was drafted."""
    query = (
        sa.select(s.edition_posts.c.post)
        .join(s.posts, s.posts.c.id == s.edition_posts.c.post)
        .where(s.edition_posts.c.edition == id, s.posts.c.updated > s.edition_posts.c.updated)
        .order_by(s.edition_posts.c.position)
    )
    return [*connection.execute(query).scalars()]


def last_drafted(connection: sa.Connection) -> dict[str, datetime]:
    """When each list's newest edition was drafted."""
    query = sa.select(s.editions.c.list, sa.func.max(s.editions.c.created)).group_by(s.editions.c.list)
    return {row[0]: row[1] for row in connection.execute(query)}


def set_state(connection: sa.Connection, id: str, state: EditionState, *, was: Sequence[EditionState]) -> bool:
    """Move an edition from one of the states `was`; False if it is in another by now."""
    table = s.editions
    done = connection.execute(table.update().where(table.c.id == id, table.c.state.in_(was)).values(state=state))
    return done.rowcount == 1


def schedule(connection: sa.Connection, id: str, send_at: datetime, send_by: datetime) -> bool:
    """Have an approved edition leave at a time; False if it is not approved (or scheduled) any more."""
    table = s.editions
    waits = sa.and_(table.c.id == id, table.c.state.in_(("approved", "scheduled")))
    values = {"state": "scheduled", "send_at": send_at, "send_by": send_by, "stopped": ""}
    return connection.execute(table.update().where(waits).values(values)).rowcount == 1


def set_times(connection: sa.Connection, id: str, *, send_at: datetime | None, send_by: datetime) -> None:
    """When an edition is to leave (None: at once), and when it is too late for it to."""
    connection.execute(s.editions.update().where(s.editions.c.id == id).values(send_at=send_at, send_by=send_by))


def set_stopped(connection: sa.Connection, id: str, why: str) -> None:
    """Why sending came to a halt; "" when it goes on."""
    connection.execute(s.editions.update().where(s.editions.c.id == id).values(stopped=why))


def state_of(connection: sa.Connection, id: str) -> EditionState | None:
    """The state of an edition, or None when there is none such."""
    found: EditionState | None = connection.execute(sa.select(s.editions.c.state).where(s.editions.c.id == id)).scalar()
    return found


def in_states(connection: sa.Connection, states: Sequence[EditionState]) -> list[Edition]:
    """The editions in these states without their texts, oldest first."""
    query = sa.select(s.editions).where(s.editions.c.state.in_(states)).order_by(s.editions.c.created)
    return [_edition(connection, row, texts=False) for row in connection.execute(query).all()]


def approve(connection: sa.Connection, id: str, digest: str, at: datetime) -> bool:
    """Approve the draft with exactly these bytes; False if it is no draft any more, or was made anew."""
    table = s.editions
    same = sa.and_(table.c.id == id, table.c.state == "draft", table.c.digest == digest)
    values = {"state": "approved", "approved": at, "approved_digest": digest}
    return connection.execute(table.update().where(same).values(values)).rowcount == 1


def set_notes(connection: sa.Connection, id: str, notes: Sequence[str]) -> None:
    """What an edition notes, instead of what it did."""
    connection.execute(s.editions.update().where(s.editions.c.id == id).values(notes=[*notes]))


def give_back(connection: sa.Connection, id: str) -> None:
    """The posts that an edition decided about are new to its list again."""
    connection.execute(s.list_posts.delete().where(s.list_posts.c.edition == id))


def _freeze(connection: sa.Connection, edition: Edition, posts: Sequence[Post]) -> None:
    variants = [{"edition": edition.id, "position": n, **asdict(variant)} for n, variant in enumerate(edition.variants)]
    if variants:
        connection.execute(s.edition_variants.insert(), variants)
    rows = [
        {"edition": edition.id, "post": post.id, "position": n, "updated": post.updated} for n, post in enumerate(posts)
    ]
    if rows:
        connection.execute(s.edition_posts.insert(), rows)


def _edition(connection: sa.Connection, row: Any, *, texts: bool, bodies: bool = True) -> Edition:
    table = s.edition_posts.c
    posts = connection.execute(sa.select(table.post).where(table.edition == row.id).order_by(table.position)).scalars()
    variants: tuple[EditionVariant, ...] = ()
    if texts:
        frozen = s.edition_variants.c
        body = (frozen.html, frozen.text) if bodies else (sa.literal(""), sa.literal(""))
        query = sa.select(frozen.name, frozen.subject, frozen.preheader, *body).where(frozen.edition == row.id)
        variants = tuple(EditionVariant(*one) for one in connection.execute(query.order_by(frozen.position)))
    return Edition(
        id=row.id, list=row.list, number=row.number, state=row.state, created=row.created, posts=tuple(posts),
        variants=variants, digest=row.digest, approved=row.approved, notes=tuple(row.notes), send_at=row.send_at,
        send_by=row.send_by, stopped=row.stopped,
    )  # fmt: skip
