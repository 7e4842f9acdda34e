"""Posts, what was found in them, and what was withdrawn."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, cast

import sqlalchemy as sa

from syndicate.models import (
    Evidence,
    HashtagUse,
    LabelledBlock,
    Link,
    PartnerMention,
    Picture,
    Post,
    Version,
)
from syndicate.store import schema as s
from syndicate.store import tags, versions
from syndicate.store.chunks import batched

CHUNK = 500
"""How many values one IN (…) holds: well under SQLite's limit on bound parameters."""


@dataclass(frozen=True, slots=True)
class Record:
    """A post as it is stored: with what tells it from others, and what upstream said."""

    post: Post
    identity: str
    link_key: str | None
    digest: str
    body: str
    categories: tuple[str, ...]
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What pull needs to know of a stored post to tell new, changed and unchanged apart."""

    id: str
    identity: str
    link_key: str | None
    digest: str
    year: int
    first_seen: datetime
    published: datetime
    updated: datetime
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """Which posts `posts list` shows; None and False mean that it does not matter."""

    source: str | None = None
    partner: str | None = None
    hashtag: str | None = None
    language: str | None = None
    since: datetime | None = None
    unsure: bool = False
    hidden: bool = False


# ---------------------------------------------------------------- reading


def known(
    connection: sa.Connection, source: str, identities: Collection[str], link_keys: Collection[str]
) -> list[Known]:
    """The source's posts that carry one of these identities or links."""
    table = s.posts.c
    found = _known(connection, table.identity, identities, table.source == source)
    return list((found | _known(connection, table.link_key, link_keys, table.source == source)).values())


def known_by_id(connection: sa.Connection, ids: Collection[str]) -> list[Known]:
    """The posts with these ids, withdrawn or not."""
    return list(_known(connection, s.posts.c.id, ids, sa.true()).values())


def _known(
    connection: sa.Connection, column: sa.ColumnElement[Any], values: Collection[str], also: sa.ColumnElement[bool]
) -> dict[str, Known]:
    table = s.posts.c
    wanted = (table.id, table.identity, table.link_key, table.digest, table.year, table.first_seen, table.published)
    query = sa.select(*wanted, table.updated, table.withdrawn.isnot(None)).where(also)
    chunks = (connection.execute(query.where(column.in_(chunk))) for chunk in batched(values, CHUNK))
    return {row[0]: Known(*row) for rows in chunks for row in rows}


def newest(connection: sa.Connection, chosen: Filter, limit: int | None) -> list[str]:
    """The ids of the standing posts that pass the filter, newest first; with `limit` None all of them."""
    table = s.posts.c
    query = sa.select(table.id).where(table.withdrawn.is_(None)).order_by(table.published.desc(), table.id).limit(limit)
    if chosen.source:
        query = query.where(table.source == chosen.source)
    for column, wanted in (
        (s.post_partners.c.partner, chosen.partner),
        (s.post_hashtags.c.key, chosen.hashtag),
        (s.versions.c.language, chosen.language),
    ):
        if wanted:  # EXISTS and not IN: the posts are gone through by their date, and nothing has to be sorted
            query = query.where(sa.exists().where(column.table.c.post == table.id, column == wanted))
    if chosen.since:
        query = query.where(table.published >= chosen.since)
    if chosen.unsure:
        query = query.where(table.unsure)
    if chosen.hidden:
        query = query.where(table.hidden.isnot(None))
    return list(connection.execute(query).scalars())


def load(connection: sa.Connection, ids: Sequence[str], *, blocks: bool = True) -> list[Post]:
    """The posts with these ids, in this order; ids that are not there, or withdrawn, are left out.

    With everything but their bodies as upstream wrote them, and without their `blocks` where those are not wanted.
    """
    found: dict[str, Post] = {}
    columns = [column for column in s.posts.c if column.name != "body" and (blocks or column.name != "blocks")]
    for chunk in batched(ids, CHUNK):
        parts = _parts(connection, chunk)
        rows = connection.execute(sa.select(*columns).where(s.posts.c.id.in_(chunk), s.posts.c.withdrawn.is_(None)))
        found.update((row.id, _post(row, parts)) for row in rows)
    return [found[id] for id in ids if id in found]


def each(connection: sa.Connection, ids: Sequence[str]) -> Iterator[Post]:
    """The posts with these ids, in this order, a few hundred at a time."""
    for chunk in batched(ids, CHUNK):
        yield from load(connection, chunk)


def records(connection: sa.Connection, ids: Sequence[str]) -> list[Record]:
    """The posts with these ids as they are stored; withdrawn ones are left out."""
    loaded = {post.id: post for post in load(connection, ids)}
    table, found = s.posts.c, []
    columns = (table.id, table.identity, table.link_key, table.digest, table.body, table.categories, table.first_seen)
    for chunk in batched(loaded, CHUNK):
        for row in connection.execute(sa.select(*columns).where(table.id.in_(chunk))):
            found.append(
                Record(
                    loaded[row.id],
                    row.identity,
                    row.link_key,
                    row.digest,
                    row.body,
                    tuple(row.categories),
                    row.first_seen,
                )
            )
    return found


def following(connection: sa.Connection, id: str, limit: int) -> list[str]:
    """The ids after `id` in their own order, withdrawn or not: all posts, some at a time, whatever changes meanwhile."""
    table = s.posts.c
    query = sa.select(table.id).where(table.id > id).order_by(table.id).limit(limit)
    return [*connection.execute(query).scalars()]


def resolve(connection: sa.Connection, wanted: str) -> list[str]:
    """The ids that `wanted` may mean: an id, the beginning of one, or a post's URL."""
    table = s.posts.c
    exact = (
        connection.execute(sa.select(table.id).where(sa.or_(table.id == wanted, table.url == wanted))).scalars().all()
    )
    if exact or not wanted.isalnum():
        return list(exact)
    # An index finds what follows a word; LIKE would read every post, as SQLite cares for no case there.
    following = connection.execute(sa.select(table.id).where(table.id >= wanted).order_by(table.id).limit(10)).scalars()
    return [id for id in following if id.startswith(wanted)]


def partner_counts(connection: sa.Connection) -> dict[str, int]:
    """The number of posts shown that name each partner."""
    partners, posts, gone = s.post_partners.c, s.posts.c, s.withdrawals.c
    query = sa.select(partners.partner, sa.func.count()).group_by(partners.partner)
    counts: Counter[str] = Counter({row[0]: row[1] for row in connection.execute(query)})
    # An index counts all of them at once; the few that are not shown are taken off, instead of asking each post.
    hidden = sa.select(posts.id).where(posts.withdrawn.is_(None), posts.hidden.isnot(None))
    withdrawn = sa.select(gone.post).where(gone.language == "", gone.erased.is_(False))  # an erased one has no row
    for partner, many in connection.execute(query.where(partners.post.in_(hidden.union(withdrawn)))):
        counts[partner] -= many
    return dict(+counts)


def count(connection: sa.Connection) -> int:
    """How many posts stand."""
    query = sa.select(sa.func.count()).select_from(s.posts).where(s.posts.c.withdrawn.is_(None))
    return connection.execute(query).scalar_one()


def unsure(connection: sa.Connection) -> list[str]:
    """The posts shown whose split wants a look, newest first."""
    table = s.posts.c
    query = sa.select(table.id).where(table.withdrawn.is_(None), table.unsure, table.hidden.is_(None))
    return list(connection.execute(query.order_by(table.published.desc(), table.id)).scalars())


def count_hidden(connection: sa.Connection) -> int:
    """How many posts are hidden."""
    table = s.posts.c
    query = sa.select(sa.func.count()).select_from(s.posts).where(table.withdrawn.is_(None), table.hidden.isnot(None))
    return connection.execute(query).scalar_one()


# ---------------------------------------------------------------- writing


def next_sequence(connection: sa.Connection) -> int:
    """A number greater than any given before: what makes a change visible to publish."""
    last = connection.execute(sa.select(s.meta.c.value).where(s.meta.c.key == "sequence").with_for_update()).scalar()
    number = int(last or 0) + 1
    if last is None:
        connection.execute(s.meta.insert().values(key="sequence", value=str(number)))
    else:
        connection.execute(s.meta.update().where(s.meta.c.key == "sequence").values(value=str(number)))
    return number


def save(connection: sa.Connection, records: Sequence[Record]) -> None:
    """Store posts, new or changed, with everything found in them."""
    if not records:
        return
    sequence = next_sequence(connection)
    ids = [record.post.id for record in records]
    with tags.counted(connection, ids):
        _save(connection, records, ids, sequence)


def _save(connection: sa.Connection, records: Sequence[Record], ids: Sequence[str], sequence: int) -> None:
    there = {id for chunk in batched(ids, CHUNK) for id in _existing(connection, chunk)}
    own = [*versions.rows(connection, there, [record.post for record in records])]
    rows = [_row(record) | {"sequence": sequence} for record in records]
    if fresh := [row for row in rows if row["id"] not in there]:
        connection.execute(s.posts.insert(), fresh)
    if changed := [row | {"key": row["id"]} for row in rows if row["id"] in there]:
        names = [name for name in changed[0] if name not in {"key", "id", "year", "first_seen"}]
        update = (
            s.posts.update()
            .where(s.posts.c.id == sa.bindparam("key"))
            .values({name: sa.bindparam(name) for name in names})
        )
        connection.execute(update, [{name: row[name] for name in ("key", *names)} for row in changed])
    _replace(connection, s.versions, there, own)
    _replace_found(connection, there, [record.post for record in records])


def save_found(connection: sa.Connection, posts: Sequence[Post]) -> None:
    """Store anew the partners, hashtags and links of posts that are there; texts stay as they are."""
    sequence = next_sequence(connection)
    with tags.counted(connection, [post.id for post in posts]):
        _replace_found(connection, {post.id for post in posts}, posts)
    for chunk in batched([post.id for post in posts], CHUNK):
        connection.execute(s.posts.update().where(s.posts.c.id.in_(chunk)).values(sequence=sequence))


# ---------------------------------------------------------------- rows and values


def _existing(connection: sa.Connection, ids: Sequence[str]) -> Iterable[str]:
    return connection.execute(sa.select(s.posts.c.id).where(s.posts.c.id.in_(ids))).scalars().all()


def _replace(connection: sa.Connection, table: sa.Table, there: set[str], rows: list[dict[str, Any]]) -> None:
    for chunk in batched(there, CHUNK):
        connection.execute(table.delete().where(table.c.post.in_(chunk)))
    if rows:
        connection.execute(table.insert(), rows)


def _replace_found(connection: sa.Connection, there: set[str], posts: Sequence[Post]) -> None:
    _replace(connection, s.post_partners, there, [
        {"post": post.id, "partner": mention.id, "position": n, "evidence": [_fields(one) for one in mention.evidence]}
        for post in posts for n, mention in enumerate(post.partners)
    ])  # fmt: skip
    _replace(connection, s.post_hashtags, there, [
        {"post": post.id, "position": n, **_fields(tag)} for post in posts for n, tag in enumerate(post.hashtags)
    ])  # fmt: skip
    _replace(connection, s.post_links, there, [
        {"post": post.id, "position": n, **_fields(link)} for post in posts for n, link in enumerate(post.links)
    ])  # fmt: skip


def _row(record: Record) -> dict[str, Any]:
    post = record.post
    return {
        "id": post.id, "source": post.source, "identity": record.identity, "year": post.year, "first_seen": record.first_seen,
        "guid": post.guid, "url": post.url, "link_key": record.link_key, "title": post.title, "author": post.author,
        "published": post.published, "updated": post.updated, "digest": record.digest, "body": record.body,
        "categories": list(record.categories), "picture": _fields(post.picture) if post.picture else None,
        "blocks": [_fields(block) for block in post.blocks], "margin": post.margin, "unsure": post.unsure,
        "notes": list(post.notes),
    }  # fmt: skip


def _fields(value: Any) -> dict[str, Any]:
    """The fields of a model that holds plain values only: `dataclasses.asdict` would copy each of them, ten times slower."""
    names, values = _getter(value.__class__)
    return dict(zip(names, values(value), strict=True))


@cache
def _getter(kind: type) -> tuple[tuple[str, ...], Callable[[Any], Any]]:
    """The names of a model's fields (two at least), and what gives the values of all of them at once."""
    names: tuple[str, ...] = getattr(kind, "__slots__", ())
    return names, attrgetter(*names)


def _parts(connection: sa.Connection, ids: Sequence[str]) -> Mapping[sa.Table, dict[str, list[Any]]]:
    parts: dict[sa.Table, dict[str, list[Any]]] = {}
    for table in (s.versions, s.post_partners, s.post_hashtags, s.post_links):
        rows = parts.setdefault(table, defaultdict(list))
        for row in connection.execute(sa.select(table).where(table.c.post.in_(ids)).order_by(table.c.position)):
            rows[row.post].append(row)
    return parts


def _post(row: Any, parts: Mapping[sa.Table, dict[str, list[Any]]]) -> Post:
    found = {table: rows.get(row.id, []) for table, rows in parts.items()}
    return Post(
        id=row.id, source=row.source, guid=row.guid, url=row.url, title=row.title, author=row.author,
        published=row.published, updated=row.updated, year=row.year,
        versions=tuple(Version(v.language, v.title, v.summary, v.html, v.text, v.updated) for v in found[s.versions]),
        partners=tuple(
            PartnerMention(p.partner, tuple(Evidence(**one) for one in p.evidence)) for p in found[s.post_partners]
        ),
        hashtags=tuple(HashtagUse(h.key, h.display, tuple(h.spellings), tuple(h.languages)) for h in found[s.post_hashtags]),
        links=tuple(Link(link.url, cast(Any, link.kind), link.language, link.label) for link in found[s.post_links]),
        picture=Picture(**row.picture) if row.picture else None,
        blocks=tuple(LabelledBlock(**block) for block in getattr(row, "blocks", ())),
        margin=row.margin, unsure=row.unsure, notes=tuple(row.notes),
        hidden=row.hidden,
    )  # fmt: skip
