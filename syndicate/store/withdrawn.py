"""What was taken back: rows that outlive the posts they speak of, and hold nothing of their texts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from syndicate.store import corrections, tags
from syndicate.store import schema as s
from syndicate.store.chunks import batched
from syndicate.store.posts import CHUNK, Record, next_sequence


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A post taken back, or its version in `language` ("" for the whole post).

    `languages` are the versions that were public, `keys` keyed hashes of the identities it is known by: a pull that meets one
    of them leaves the entry alone.
    """

    post: str
    language: str
    year: int
    languages: tuple[str, ...]
    keys: tuple[str, ...]
    at: datetime
    erased: bool


def since(connection: sa.Connection, after: int, upto: int) -> list[str]:
    """The posts of which anything was taken back after sequence number `after`, and before or at `upto`."""
    table = s.withdrawals.c
    query = sa.select(table.post).where(table.sequence > after, table.sequence <= upto).distinct()
    return [*connection.execute(query).scalars()]


def stamp(connection: sa.Connection) -> tuple[int, int]:
    """Another one whenever anything was taken back since."""
    table = s.withdrawals.c
    many, last = connection.execute(sa.select(sa.func.count(), sa.func.max(table.sequence))).one()
    return many, last or 0


def everything(connection: sa.Connection, posts: Collection[str] | None = None) -> list[Withdrawal]:
    """Everything that was ever taken back, or what was of these posts; oldest first."""
    query = sa.select(s.withdrawals)
    if posts is None:
        found = [_withdrawal(row) for row in connection.execute(query)]
    else:
        chunks = (connection.execute(query.where(s.withdrawals.c.post.in_(chunk))) for chunk in batched(posts, CHUNK))
        found = [_withdrawal(row) for rows in chunks for row in rows]
    return sorted(found, key=lambda one: (one.at, one.post, one.language))


def _withdrawal(row: Any) -> Withdrawal:
    return Withdrawal(row.post, row.language, row.year, tuple(row.languages), tuple(row.keys), row.at, row.erased)


def add(connection: sa.Connection, one: Withdrawal) -> None:
    """Note a withdrawal; a whole post is hidden, or its rows deleted if it is to be erased."""
    table, sequence = s.withdrawals, next_sequence(connection)
    connection.execute(table.delete().where(table.c.post == one.post, table.c.language == one.language))
    connection.execute(table.insert().values(asdict(one) | {"sequence": sequence}))
    if one.language:
        corrections.without_texts(connection, one.post, one.language, erase=one.erased)
        return
    this = s.posts.c.id == one.post
    with tags.counted(connection, [one.post]):
        if one.erased:
            connection.execute(s.posts.delete().where(this))
        else:
            connection.execute(s.posts.update().where(this).values(withdrawn=one.at, sequence=sequence))


def without(record: Record, taken_back: Sequence[Withdrawal]) -> Record:
    """The record without the versions of it that were withdrawn, and without a word quoted from them."""
    gone = {one.language for one in taken_back if one.post == record.post.id and one.language}
    if not gone:
        return record
    post = record.post
    versions = tuple(version for version in post.versions if version.language not in gone)
    mentions = (
        replace(mention, evidence=tuple(one for one in mention.evidence if one.language not in gone))
        for mention in post.partners
    )
    tags = (replace(tag, languages=tuple(code for code in tag.languages if code not in gone)) for tag in post.hashtags)
    return replace(
        record,
        body="\n".join(version.html for version in versions),
        post=replace(
            post,
            title=versions[0].title if versions else "",
            versions=versions,
            partners=tuple(mention for mention in mentions if mention.evidence),
            hashtags=tuple(tag for tag in tags if tag.languages),
            links=tuple(link for link in post.links if link.language not in gone),
            blocks=tuple(block for block in post.blocks if block.language and block.language not in gone),
            notes=(),
        ),
    )
