"""What the operator said about posts: rows beside what was found in them, never in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import cast

import sqlalchemy as sa

from syndicate.models import Correction, CorrectionKind
from syndicate.store import schema as s
from syndicate.store import tags
from syndicate.store.chunks import batched
from syndicate.store.posts import CHUNK, next_sequence


def of(connection: sa.Connection, posts: Collection[str]) -> dict[str, list[Correction]]:
    """What was said about these posts, in the order in which it was said; a post without corrections is not in it."""
    table = s.corrections
    found: dict[str, list[Correction]] = defaultdict(list)
    for chunk in batched(posts, CHUNK):
        query = sa.select(table).where(table.c.post.in_(chunk)).order_by(table.c.at, table.c.kind, table.c.key)
        for row in connection.execute(query):
            found[row.post].append(Correction(cast(CorrectionKind, row.kind), row.key, row.value, row.at, row.digest))
    return dict(found)


def change(
    connection: sa.Connection, post: str, said: Sequence[Correction], taken_back: Collection[tuple[str, str]]
) -> None:
    """Keep what was said about a post, in the place of what was said of the same before; forget (kind, key) taken back."""
    table = s.corrections
    for kind, key in {*taken_back, *((one.kind, one.key) for one in said)}:
        connection.execute(table.delete().where(table.c.post == post, table.c.kind == kind, table.c.key == key))
    if said:
        connection.execute(table.insert(), [
            {"post": post, "kind": one.kind, "key": one.key, "value": one.value, "at": one.at, "digest": one.digest}
            for one in said
        ])  # fmt: skip


def hide(connection: sa.Connection, post: str, at: datetime | None) -> None:
    """Hide a post from every feed, page and draft since `at`; None shows it again."""
    values = {"hidden": at, "sequence": next_sequence(connection)}
    with tags.counted(connection, [post]):
        connection.execute(s.posts.update().where(s.posts.c.id == post).values(values))


def undecide(connection: sa.Connection, edition: str, post: str) -> None:
    """A post that was taken out of an edition is new to the edition's list again."""
    table = s.list_posts.c
    connection.execute(s.list_posts.delete().where(table.edition == edition, table.post == post))


def without_texts(connection: sa.Connection, post: str, language: str, *, erase: bool) -> None:
    """Forget every word that corrections quote, when a version is withdrawn: its title, and the blocks' opening words.

    With `erase` hashtags, too: they may be words of that version.
    """
    table = s.corrections
    mine = table.c.post == post
    connection.execute(table.delete().where(mine, table.c.kind == "title", table.c.key == language))
    if erase:
        connection.execute(table.delete().where(mine, table.c.kind == "hashtag"))
    rows = connection.execute(sa.select(table.c.key).where(mine, table.c.kind == "block")).scalars().all()
    for key in rows:
        this = sa.and_(mine, table.c.kind == "block", table.c.key == key)
        connection.execute(table.update().where(this).values(key=key.partition(" ")[0]))


def noted(connection: sa.Connection, words: str) -> list[str]:
    """The standing posts with corrections that have a note with these words (ASCII), newest first."""
    table = s.posts.c
    query = sa.select(table.id).where(
        table.withdrawn.is_(None),
        table.id.in_(sa.select(s.corrections.c.post)),
        sa.cast(table.notes, sa.String).contains(words, autoescape=True),
    )
    return [*connection.execute(query.order_by(table.published.desc(), table.id)).scalars()]
