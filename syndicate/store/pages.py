"""The archive pages of feeds: which post stands on which, and which pages have to be written.

A post that was given a page stays on it; a page that a post left only gets shorter, and its number is never given anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from syndicate.store import schema as s
from syndicate.store.chunks import batched

CHUNK = 500


def unpaged(connection: sa.Connection, slug: str) -> list[str]:
    """The posts that stand in a feed and on none of its pages, oldest first."""
    table = s.feed_posts.c
    query = sa.select(table.post).where(table.feed == slug, table.withdrawn.is_(None), table.page.is_(None))
    return [*connection.execute(query.order_by(table.published, table.post.desc())).scalars()]


def last(connection: sa.Connection, slug: str) -> int:
    """The number of a feed's newest page; 0 when it has none."""
    query = sa.select(sa.func.max(s.feed_pages.c.number)).where(s.feed_pages.c.feed == slug)
    return connection.execute(query).scalar() or 0


def add(connection: sa.Connection, slug: str, posts: Sequence[str]) -> None:
    """A new page of these posts. The one before it is to be written again, as it leads to this one."""
    before, posted, paged = last(connection, slug), s.feed_posts, s.feed_pages
    connection.execute(paged.insert().values(feed=slug, number=before + 1, written=""))
    connection.execute(paged.update().where(paged.c.feed == slug, paged.c.number == before).values(written=""))
    for chunk in batched(posts, CHUNK):
        here = sa.and_(posted.c.feed == slug, posted.c.post.in_(chunk))
        connection.execute(posted.update().where(here).values(page=before + 1))


def to_write(connection: sa.Connection, slug: str, shape: str) -> list[int]:
    """The pages that were not written since one of their posts changed, or were written in another shape; oldest first."""
    table = s.feed_pages.c
    query = sa.select(table.number).where(table.feed == slug, table.written != shape)
    return [*connection.execute(query.order_by(table.number)).scalars()]


def on(connection: sa.Connection, slug: str, number: int) -> tuple[list[str], list[str]]:
    """The posts that stand on a page, newest first, and those withdrawn from it."""
    table = s.feed_posts.c
    query = sa.select(table.post, table.withdrawn).where(table.feed == slug, table.page == number)
    rows = connection.execute(query.order_by(table.published.desc(), table.post)).all()
    return [post for post, withdrawn in rows if withdrawn is None], [post for post, withdrawn in rows if withdrawn]


def set_written(connection: sa.Connection, slug: str, number: int, shape: str) -> None:
    """A page was written in this shape."""
    table = s.feed_pages
    connection.execute(table.update().where(table.c.feed == slug, table.c.number == number).values(written=shape))


def touch(connection: sa.Connection, posts: Collection[str]) -> None:
    """The pages on which these posts stand, in every feed, have to be written again."""
    posted, paged = s.feed_posts.c, s.feed_pages
    found: set[tuple[str, int]] = set()
    for chunk in batched(posts, CHUNK):
        query = sa.select(posted.feed, posted.page).where(posted.post.in_(chunk), posted.page.isnot(None))
        found |= {(feed, page) for feed, page in connection.execute(query)}
    update = paged.update().where(paged.c.feed == sa.bindparam("slug"), paged.c.number == sa.bindparam("page"))
    if rows := [{"slug": feed, "page": page} for feed, page in sorted(found)]:
        connection.execute(update.values(written=""), rows)


def drop(connection: sa.Connection, slugs: Collection[str]) -> None:
    """These feeds have no pages any more; what stood on them does not forget that it was withdrawn."""
    for chunk in batched(slugs, CHUNK):
        connection.execute(s.feed_pages.delete().where(s.feed_pages.c.feed.in_(chunk)))
        paged = sa.and_(s.feed_posts.c.feed.in_(chunk), s.feed_posts.c.page.isnot(None))
        connection.execute(s.feed_posts.update().where(paged).values(page=None))
