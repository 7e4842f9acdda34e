"""What a person said of an edition: rows beside it, which outlive every new draft of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from syndicate.store import schema as s
from syndicate.store.chunks import batched
from syndicate.store.schema import mail

CHUNK = 500

Rows = Mapping[tuple[str, str], str]
"""(kind, key) → value: `subject`, `preheader`, `intro` per language; `order` and `featured`; `drop` and `add` per post."""


def load(connection: sa.Connection, edition: str) -> dict[tuple[str, str], str]:
    """Everything that was said of an edition."""
    rows = connection.execute(sa.select(mail.edits).where(mail.edits.c.edition == edition).order_by(mail.edits.c.key))
    return {(row.kind, row.key): row.value for row in rows}


def replace(connection: sa.Connection, edition: str, said: Rows, at: datetime) -> None:
    """Note all that is said of an edition now, in the place of what was said before."""
    rows = connection.execute(sa.select(mail.edits).where(mail.edits.c.edition == edition)).all()
    before = {(row.kind, row.key, row.value): row.at for row in rows}
    connection.execute(mail.edits.delete().where(mail.edits.c.edition == edition))
    now = [
        {"edition": edition, "kind": kind, "key": key, "value": value, "at": before.get((kind, key, value), at)}
        for (kind, key), value in said.items()
    ]
    if now:
        connection.execute(mail.edits.insert(), now)


def settle(
    connection: sa.Connection, edition: str, list: str, posts: Sequence[str], skipped: Mapping[str, str]
) -> None:
    """Note anew what became of the posts that an edition decides about. Posts that another edition carries keep that fate."""
    table = s.list_posts
    connection.execute(table.delete().where(table.c.edition == edition))
    fates = {post: ("skipped", why) for post, why in skipped.items()} | dict.fromkeys(posts, ("included", ""))
    for some in batched(fates, CHUNK):
        here = sa.and_(table.c.list == list, table.c.post.in_(some))
        elsewhere = sa.and_(here, table.c.state == "included")
        carried: Collection[str] = {*connection.execute(sa.select(table.c.post).where(elsewhere)).scalars()}
        connection.execute(table.delete().where(here, table.c.state != "included"))
        rows = [
            {"list": list, "post": post, "state": fates[post][0], "edition": edition, "reason": fates[post][1]}
            for post in some
            if post not in carried
        ]
        if rows:
            connection.execute(table.insert(), rows)


def skipped_by(connection: sa.Connection, edition: str) -> dict[str, str]:
    """The posts that an edition passed over, and why."""
    table = s.list_posts.c
    query = sa.select(table.post, table.reason).where(table.edition == edition, table.state == "skipped")
    return {row.post: row.reason for row in connection.execute(query)}
