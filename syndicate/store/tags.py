"""How many posts carry each hashtag: kept with every change, so that nobody has to go through all posts to count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from syndicate.store import schema as s
from syndicate.store.chunks import batched

CHUNK = 500


@contextmanager
def counted(connection: sa.Connection, posts: Collection[str]) -> Iterator[None]:
    """Keep the counts right while these posts are changed: stored, hidden, shown, withdrawn or deleted.

    Whoever changes posts has taken the next sequence number first, so that no two do it at once.
    """
    before = _carried(connection, posts)
    yield
    change = _carried(connection, posts)
    change.subtract(before)
    for (key, display), by in sorted(change.items()):
        if by:
            _add(connection, key, display, by)


def counts(connection: sa.Connection, *, at_least: int = 1, also: Collection[str] = ()) -> dict[str, tuple[str, int]]:
    """For each hashtag that so many posts carry, or that is named in `also`: its commonest display, and how many."""
    table = s.hashtag_counts.c
    enough = sa.select(table.key).group_by(table.key).having(sa.func.sum(table.posts) >= at_least)
    query = sa.select(table.key, table.display, table.posts).order_by(table.key, table.posts.desc(), table.display)
    found: dict[str, tuple[str, int]] = {}
    for key, display, count in connection.execute(query.where(sa.or_(table.key.in_(enough), table.key.in_(also)))):
        first, sum_ = found.get(key, (display, 0))
        found[key] = (first, sum_ + count)
    return found


def _carried(connection: sa.Connection, posts: Collection[str]) -> Counter[tuple[str, str]]:
    """How often each hashtag and display stands in those of the posts that are shown."""
    tags, post = s.post_hashtags.c, s.posts.c
    query = sa.select(tags.key, tags.display, sa.func.count()).join(s.posts, post.id == tags.post)
    query = query.where(post.withdrawn.is_(None), post.hidden.is_(None)).group_by(tags.key, tags.display)
    found: Counter[tuple[str, str]] = Counter()
    for chunk in batched(posts, CHUNK):
        for key, display, count in connection.execute(query.where(tags.post.in_(chunk))):
            found[key, display] += count
    return found


def _add(connection: sa.Connection, key: str, display: str, by: int) -> None:
    table = s.hashtag_counts
    this = sa.and_(table.c.key == key, table.c.display == display)
    changed = connection.execute(table.update().where(this).values(posts=table.c.posts + by)).rowcount
    if not changed:
        connection.execute(table.insert().values(key=key, display=display, posts=by))
    elif by < 0:
        connection.execute(table.delete().where(this, table.c.posts <= 0))
