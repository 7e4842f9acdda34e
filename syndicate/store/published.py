"""Sources' pacing, the published feeds, who is in them, and the site's own notes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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


def feeds(connection: sa.Connection) -> dict[str, tuple[str, datetime | None]]:
    """Every feed ever published: slug → the hash of its settings, and since when it is gone (None: it stands)."""
    return {row.slug: (row.settings, row.gone) for row in connection.execute(sa.select(s.feeds))}


def set_feed(connection: sa.Connection, slug: str, settings: str, posts: Iterable[tuple[str, datetime]]) -> None:
    """Begin a feed anew: its settings, and the posts (id, published) that are in it. Tombstones of others stay."""
    table, posts = s.feed_posts, list(posts)
    connection.execute(table.delete().where(table.c.feed == slug, table.c.withdrawn.is_(None)))
    _unbury(connection, [slug], [post for post, _ in posts])
    if (
        connection.execute(s.feeds.update().where(s.feeds.c.slug == slug).values(settings=settings, gone=None)).rowcount
        == 0
    ):
        connection.execute(s.feeds.insert().values(slug=slug, settings=settings))
    if rows := [{"feed": slug, "post": post, "published": published} for post, published in posts]:
        connection.execute(table.insert(), rows)


def set_gone(connection: sa.Connection, slugs: Collection[str], at: datetime) -> None:
    """These feeds are published no more."""
    connection.execute(s.feeds.update().where(s.feeds.c.slug.in_(slugs)).values(gone=at, settings=""))
    connection.execute(s.feed_posts.delete().where(s.feed_posts.c.feed.in_(slugs)))


def memberships(connection: sa.Connection, posts: Collection[str]) -> dict[str, set[str]]:
    """In which feeds each of these posts was when last published: post → slugs."""
    found: dict[str, set[str]] = {}
    table = s.feed_posts.c
    for chunk in batched(posts, CHUNK):
        for row in connection.execute(
            sa.select(table.post, table.feed).where(table.post.in_(chunk), table.withdrawn.is_(None))
        ):
            found.setdefault(row.post, set()).add(row.feed)
    return found


def join_feeds(connection: sa.Connection, post: str, published: datetime, feeds: Collection[str]) -> None:
    """Put a post into feeds that it was not in."""
    _unbury(connection, feeds, [post])
    if rows := [{"feed": slug, "post": post, "published": published} for slug in sorted(feeds)]:
        connection.execute(s.feed_posts.insert(), rows)


def _unbury(connection: sa.Connection, feeds: Collection[str], posts: Collection[str]) -> None:
    """Remove the tombstones of posts that stand in these feeds again, with another of their versions."""
    table = s.feed_posts
    buried = sa.select(table.c.post).where(table.c.feed.in_(feeds), table.c.withdrawn.isnot(None))
    if back := set(connection.execute(buried).scalars()).intersection(posts):
        connection.execute(table.delete().where(table.c.feed.in_(feeds), table.c.post.in_(back)))


def leave_feeds(
    connection: sa.Connection, post: str, feeds: Collection[str], withdrawn: datetime | None = None
) -> None:
    """Take a post out of feeds; one that was withdrawn leaves a tombstone."""
    table = s.feed_posts
    here = sa.and_(table.c.post == post, table.c.feed.in_(feeds), table.c.withdrawn.is_(None))
    connection.execute(
        table.update().where(here).values(withdrawn=withdrawn) if withdrawn else table.delete().where(here)
    )


def newest_of(connection: sa.Connection, slug: str, limit: int) -> list[tuple[str, datetime]]:
    """The newest posts of a feed with their dates, by the membership kept for it."""
    table = s.feed_posts.c
    query = sa.select(table.post, table.published).where(table.feed == slug, table.withdrawn.is_(None))
    return [
        (row[0], row[1]) for row in connection.execute(query.order_by(table.published.desc(), table.post).limit(limit))
    ]


def tombstones(connection: sa.Connection, slug: str, limit: int = 50) -> list[str]:
    """The posts last withdrawn from a feed, newest first."""
    table = s.feed_posts.c
    query = sa.select(table.post).where(table.feed == slug, table.withdrawn.isnot(None))
    return list(connection.execute(query.order_by(table.withdrawn.desc(), table.post).limit(limit)).scalars())


def size_of(connection: sa.Connection, slugs: Collection[str]) -> dict[str, int]:
    """How many posts each of these feeds holds."""
    table = s.feed_posts.c
    query = sa.select(table.feed, sa.func.count()).where(table.withdrawn.is_(None)).group_by(table.feed)
    return {row[0]: row[1] for row in connection.execute(query) if row[0] in slugs}
