"""Sources' pacing, the published feeds, who is in them, and the site's own notes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from syndicate.store import schema as s
from syndicate.store.chunks import batched

CHUNK = 500


def note(connection: sa.Connection, key: str) -> str | None:
    """What was noted under `key`."""
    return connection.execute(sa.select(s.meta.c.value).where(s.meta.c.key == key)).scalar()


def set_note(connection: sa.Connection, key: str, value: str) -> None:
    """Note `value` under `key`."""
    if connection.execute(s.meta.update().where(s.meta.c.key == key).values(value=value)).rowcount == 0:
        connection.execute(s.meta.insert().values(key=key, value=value))


# ---------------------------------------------------------------- sources


@dataclass(frozen=True, slots=True)
class SourceRow:
    """What we remember of a source: `pacing` as pull's SourceState, when it was asked, and what went wrong."""

    id: str
    pacing: Mapping[str, Any]
    asked: datetime
    succeeded: datetime | None
    error: str | None


def sources(connection: sa.Connection) -> dict[str, SourceRow]:
    """Every source ever asked, by id."""
    rows = connection.execute(sa.select(s.sources))
    return {row.id: SourceRow(row.id, row.pacing, row.asked, row.succeeded, row.error) for row in rows}


def save_source(connection: sa.Connection, row: SourceRow) -> None:
    """Remember what asking a source came to."""
    values = {"pacing": dict(row.pacing), "asked": row.asked, "succeeded": row.succeeded, "error": row.error}
    if connection.execute(s.sources.update().where(s.sources.c.id == row.id).values(values)).rowcount == 0:
        connection.execute(s.sources.insert().values(id=row.id, **values))


# ---------------------------------------------------------------- feeds


@dataclass(frozen=True, slots=True)
class FeedRow:
    """What we remember of a feed: hashes of what its files were written from and of the selection that its posts fit.

    `due`: its posts changed since it was written; `items`: how many it held then; `gone`: since when (None: it stands).
    """

    settings: str
    selection: str
    due: bool
    items: int
    gone: datetime | None


def feeds(connection: sa.Connection) -> dict[str, FeedRow]:
    """Every feed ever published, by its slug."""
    table = s.feeds.c
    rows = connection.execute(sa.select(table.slug, table.settings, table.selection, table.due, table.held, table.gone))
    return {slug: FeedRow(*rest) for slug, *rest in rows}


def gone_since(connection: sa.Connection, slug: str) -> datetime | None:
    """Since when a feed is published no more; None where it stands or never was."""
    return connection.execute(sa.select(s.feeds.c.gone).where(s.feeds.c.slug == slug)).scalar()


def begin(connection: sa.Connection, slugs: Collection[str]) -> None:
    """Begin these feeds anew: no post stands in them. Tombstones stay."""
    values: dict[str, Any] = {"settings": "", "selection": "", "due": True, "gone": None}
    there: set[str] = set()
    for chunk in batched(slugs, CHUNK):
        there |= {*connection.execute(sa.select(s.feeds.c.slug).where(s.feeds.c.slug.in_(chunk))).scalars()}
        connection.execute(s.feeds.update().where(s.feeds.c.slug.in_(chunk)).values(values))
        connection.execute(
            s.feed_posts.delete().where(s.feed_posts.c.feed.in_(chunk), s.feed_posts.c.withdrawn.is_(None))
        )
    if new := [{"slug": slug, **values} for slug in sorted({*slugs} - there)]:
        connection.execute(s.feeds.insert(), new)


def settle(connection: sa.Connection, selections: Mapping[str, str]) -> None:
    """The posts of these feeds fit their selections, of which these are the hashes."""
    table = s.feeds
    update = table.update().where(table.c.slug == sa.bindparam("feed")).values(selection=sa.bindparam("hash"))
    if rows := [{"feed": slug, "hash": hash} for slug, hash in selections.items()]:
        connection.execute(update, rows)


def set_due(connection: sa.Connection, slugs: Collection[str]) -> None:
    """These feeds have to be written again."""
    for chunk in batched(sorted(slugs), CHUNK):
        connection.execute(s.feeds.update().where(s.feeds.c.slug.in_(chunk)).values(due=True))


def set_written(connection: sa.Connection, written: Mapping[str, tuple[str, int]]) -> None:
    """These feeds were written: from what (a hash), and with how many items."""
    table = s.feeds
    update = table.update().where(table.c.slug == sa.bindparam("feed"))
    values = {"settings": sa.bindparam("hash"), "held": sa.bindparam("count"), "due": False}
    if rows := [{"feed": slug, "hash": hash, "count": items} for slug, (hash, items) in written.items()]:
        connection.execute(update.values(values), rows)


def set_gone(connection: sa.Connection, slugs: Collection[str], at: datetime) -> None:
    """These feeds are published no more."""
    for chunk in batched(slugs, CHUNK):
        values = {"gone": at, "settings": "", "selection": ""}
        connection.execute(s.feeds.update().where(s.feeds.c.slug.in_(chunk)).values(values))
        connection.execute(s.feed_posts.delete().where(s.feed_posts.c.feed.in_(chunk)))


# ---------------------------------------------------------------- who is in them


def memberships(connection: sa.Connection, posts: Collection[str]) -> dict[str, set[str]]:
    """In which feeds each of these posts stands: post → slugs."""
    found: dict[str, set[str]] = {}
    table = s.feed_posts.c
    for chunk in batched(posts, CHUNK):
        for row in connection.execute(
            sa.select(table.post, table.feed).where(table.post.in_(chunk), table.withdrawn.is_(None))
        ):
            found.setdefault(row.post, set()).add(row.feed)
    return found


def join(connection: sa.Connection, members: Sequence[tuple[str, str, datetime]]) -> None:
    """Put posts into feeds that they are not in (feed, post, published); where one has a tombstone there, it goes."""
    table = s.feed_posts
    joining = {(feed, post) for feed, post, _ in members}
    for chunk in batched(sorted({post for _, post in joining}), CHUNK):
        buried = sa.select(table.c.feed, table.c.post).where(table.c.post.in_(chunk), table.c.withdrawn.isnot(None))
        for feed, post in connection.execute(buried).all():
            if (feed, post) in joining:
                connection.execute(table.delete().where(table.c.feed == feed, table.c.post == post))
    if members:
        connection.execute(
            table.insert(), [{"feed": feed, "post": post, "published": moment} for feed, post, moment in members]
        )


def leave(connection: sa.Connection, post: str, feeds: Collection[str], withdrawn: datetime | None = None) -> None:
    """Take a post out of feeds; one that was withdrawn leaves a tombstone."""
    table = s.feed_posts
    for chunk in batched(sorted(feeds), CHUNK):
        here = sa.and_(table.c.post == post, table.c.feed.in_(chunk), table.c.withdrawn.is_(None))
        connection.execute(
            table.update().where(here).values(withdrawn=withdrawn) if withdrawn else table.delete().where(here)
        )


def newest_of(connection: sa.Connection, slug: str, limit: int) -> list[str]:
    """The newest posts that stand in a feed."""
    table = s.feed_posts.c
    query = sa.select(table.post).where(table.feed == slug, table.withdrawn.is_(None))
    return [*connection.execute(query.order_by(table.published.desc(), table.post).limit(limit)).scalars()]


def tombstones(connection: sa.Connection, slug: str, limit: int = 50) -> list[str]:
    """The posts last withdrawn from a feed, newest first."""
    table = s.feed_posts.c
    query = sa.select(table.post).where(table.feed == slug, table.withdrawn.isnot(None))
    return list(connection.execute(query.order_by(table.withdrawn.desc(), table.post).limit(limit)).scalars())
