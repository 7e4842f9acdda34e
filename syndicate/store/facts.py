"""What selections look at in posts, read without the posts' texts and never all at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from syndicate.models import Selection
from syndicate.selection import Facts
from syndicate.store import schema as s
from syndicate.store.chunks import batched

CHUNK = 500
"""How many posts are looked at at once: as many as one IN (…) holds."""

PAGE = 2500
"""How many rows of an index are read at once."""

_COLUMNS = (s.posts.c.id, s.posts.c.source, s.posts.c.author, s.posts.c.published)
_SHOWN = sa.and_(s.posts.c.withdrawn.is_(None), s.posts.c.hidden.is_(None))


def of(connection: sa.Connection, ids: Collection[str]) -> Iterator[Facts]:
    """The facts of those of these posts that are shown: neither withdrawn nor hidden."""
    query = sa.select(*_COLUMNS).where(_SHOWN)
    for chunk in batched(ids, CHUNK):
        yield from _with_parts(connection, connection.execute(query.where(s.posts.c.id.in_(chunk))).all())


def newest(
    connection: sa.Connection,
    near: Selection | None = None,
    *,
    new_to: str | None = None,
    besides: str | None = None,
    unsure: bool = True,
    after: Facts | None = None,
) -> Iterator[Facts]:
    """The facts of every post shown, newest first, a few hundred at a time.

    With `near`, posts that cannot be in that selection may be left out, for speed: whoever asks still has to judge. With
    `new_to` those that something was decided about for that mailing list are left out (by another edition than `besides`);
    with `unsure` False those whose languages want a look. With `after` it goes on behind that post: in a transaction of its own,
    as one that stays open keeps SQLite from tidying its log.
    """
    post = s.posts.c
    query = sa.select(*_COLUMNS).where(_SHOWN).order_by(post.published.desc(), post.id)
    for condition in (*_conditions(near), *_undecided(new_to, besides)):
        query = query.where(condition)
    if not unsure:
        query = query.where(post.id.notin_(sa.select(post.id).where(post.withdrawn.is_(None), post.unsure)))
    last = (datetime.fromtimestamp(after.published, UTC), after.id) if after else None
    while True:
        older = query.where(*_behind(*last)) if last else query
        rows = connection.execute(older.limit(PAGE)).all()
        for start in range(0, len(rows), CHUNK):
            yield from _with_parts(connection, rows[start : start + CHUNK])
        if len(rows) < PAGE:
            return
        last = (rows[-1].published, rows[-1].id)


def _behind(moment: datetime, id: str) -> Iterator[sa.ColumnElement[bool]]:
    post = s.posts.c
    yield post.published <= moment
    yield sa.or_(post.published < moment, post.id > id)


def changed(connection: sa.Connection, after: int, upto: int) -> tuple[set[str], int]:
    """The posts that changed after sequence number `after` and before or at `upto`, some hundred at a time.

    Returns them, and the number up to which they are all.
    """
    table = s.posts.c
    query = sa.select(table.id, table.sequence).where(table.sequence > after, table.sequence <= upto)
    rows = connection.execute(query.order_by(table.sequence).limit(CHUNK)).all()
    if len(rows) < CHUNK:
        return {row.id for row in rows}, upto
    reached: int = rows[-1].sequence
    rest = connection.execute(sa.select(table.id).where(table.sequence == reached)).scalars()
    return {*(row.id for row in rows), *rest}, reached


def _undecided(list: str | None, besides: str | None) -> Iterator[sa.ColumnElement[bool]]:
    if list is not None:
        decided = s.list_posts.c
        yield ~sa.exists().where(decided.list == list, decided.post == s.posts.c.id, *_by_others(besides))


def _by_others(edition: str | None) -> Iterator[sa.ColumnElement[bool]]:
    if edition is not None:
        yield sa.func.coalesce(s.list_posts.c.edition, "") != edition


def _conditions(near: Selection | None) -> Iterator[sa.ColumnElement[bool]]:
    """What every post of a selection fulfils, as far as indexes tell it."""
    if near is None:
        return
    post = s.posts.c
    if near.sources:
        yield post.source.in_(near.sources)
    if near.since:
        yield post.published >= near.since
    # EXISTS and not IN: the posts are gone through by their date, and nothing has to be sorted.
    partner, tag = s.post_partners.c, s.post_hashtags.c
    named = []
    if near.partners:
        named.append(sa.exists().where(partner.post == post.id, partner.partner.in_(near.partners)))
    if near.hashtags:
        named.append(sa.exists().where(tag.post == post.id, tag.key.in_(near.hashtags)))
    if named:
        yield sa.or_(*named)


def _with_parts(connection: sa.Connection, rows: Collection[Any]) -> Iterator[Facts]:
    ids = [row.id for row in rows]

    def grouped(column: sa.ColumnElement[str], post: sa.ColumnElement[str]) -> dict[str, set[str]]:
        found = defaultdict(set)
        for key, value in connection.execute(sa.select(post, column).where(post.in_(ids))):
            found[key].add(value)
        return found

    languages = grouped(s.versions.c.language, s.versions.c.post)
    partners = grouped(s.post_partners.c.partner, s.post_partners.c.post)
    hashtags = grouped(s.post_hashtags.c.key, s.post_hashtags.c.post)
    for row in rows:
        yield Facts(
            id=row.id,
            source=row.source,
            author=row.author,
            published=row.published.timestamp(),
            languages=frozenset(languages.get(row.id, ())),
            partners=frozenset(partners.get(row.id, ())),
            hashtags=frozenset(hashtags.get(row.id, ())),
        )
