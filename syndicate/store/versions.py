"""The rows of posts' versions: each keeps the moment at which its own words changed last, whatever became of the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from syndicate.models import Post, Version
from syndicate.store import schema as s
from syndicate.store.chunks import batched

CHUNK = 500
"""How many ids one IN (…) holds."""

WORDS = ("title", "summary", "html", "text")


def rows(connection: sa.Connection, there: Iterable[str], posts: Sequence[Post]) -> Iterator[dict[str, Any]]:
    """The rows to store of these posts' versions, to be asked for before the posts themselves are stored.

    Where a change of a post is in the words of one version, came with a new one or went with an old, the others stay as old
    as they are. Where it is in nothing of a version's own (a partner, the picture), all of them are as new as their post.
    """
    before = _before(connection, there)
    for post in posts:
        old = before.get(post.id, {})
        same = {one.language for one in post.versions if _same(one, old.get(one.language))}
        spread = len(same) == max(len(old), len(post.versions))
        for position, one in enumerate(post.versions):
            row = old.get(one.language)
            keep = row is not None and one.language in same and not (spread and row.moment != post.updated)
            words = {name: getattr(one, name) for name in ("language", *WORDS)}
            own = (row.updated or row.moment) if keep and row is not None else post.updated
            yield {"post": post.id, "position": position, **words, "updated": own}


def _before(connection: sa.Connection, there: Iterable[str]) -> Mapping[str, Mapping[str, sa.Row[Any]]]:
    """What is stored: post → language → row, with the post's own `moment`."""
    found: dict[str, dict[str, sa.Row[Any]]] = {}
    for chunk in batched(there, CHUNK):
        query = sa.select(s.versions, s.posts.c.updated.label("moment")).join(s.posts).where(s.posts.c.id.in_(chunk))
        for row in connection.execute(query):
            found.setdefault(row.post, {})[row.language] = row
    return found


def _same(version: Version, row: sa.Row[Any] | None) -> bool:
    return row is not None and all(getattr(row, name) == getattr(version, name) for name in WORDS)
