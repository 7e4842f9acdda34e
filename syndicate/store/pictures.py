"""Our copies of posts' pictures: which there are, and why there is none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from syndicate.store import schema as s
from syndicate.store.schema import mail


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of fetching a picture: `path` of our copy under public/ with its size in pixels, or the `trouble`."""

    url: str
    path: str | None
    width: int | None
    height: int | None
    fetched: datetime
    trouble: str = ""


def load(connection: sa.Connection, urls: Collection[str]) -> dict[str, Taken]:
    """What came of these addresses, for those ever asked."""
    rows = connection.execute(sa.select(mail.pictures).where(mail.pictures.c.url.in_(urls)))
    return {row.url: Taken(row.url, row.path, row.width, row.height, row.fetched, row.trouble) for row in rows}


def save(connection: sa.Connection, one: Taken) -> None:
    """Note what came of fetching a picture, over what was noted before."""
    connection.execute(mail.pictures.delete().where(mail.pictures.c.url == one.url))
    connection.execute(mail.pictures.insert().values(asdict(one)))


def of_post(connection: sa.Connection, post: str) -> str | None:
    """The address of the picture of a post that stands, or was withdrawn and not erased."""
    found = connection.execute(sa.select(s.posts.c.picture).where(s.posts.c.id == post)).scalar()
    return found["url"] if found else None


def shown_elsewhere(connection: sa.Connection, url: str, post: str) -> bool:
    """Whether another post that stands has the same picture."""
    table = s.posts.c
    same = sa.and_(table.picture["url"].as_string() == url, table.withdrawn.is_(None), table.id != post)
    return connection.execute(sa.select(table.id).where(same).limit(1)).first() is not None


def paths_in_use(connection: sa.Connection, paths: Collection[str], post: str) -> set[str]:
    """Those of some copies that are the picture of another post that stands."""
    rows = connection.execute(
        sa.select(mail.pictures.c.url, mail.pictures.c.path).where(mail.pictures.c.path.in_(paths))
    )
    return {row.path for row in rows.all() if shown_elsewhere(connection, row.url, post)}


def texts_with(connection: sa.Connection, post: str) -> list[str]:
    """The html of every variant of the editions that hold a post: they name the copies that were mailed with it."""
    held = sa.select(s.edition_posts.c.edition).where(s.edition_posts.c.post == post)
    table = s.edition_variants.c
    return [*connection.execute(sa.select(table.html).where(table.edition.in_(held))).scalars()]


def forget(connection: sa.Connection, paths: Collection[str], url: str | None) -> None:
    """There are no copies at these paths any more, nor of this address."""
    table = mail.pictures
    connection.execute(table.delete().where(sa.or_(table.c.path.in_(paths), table.c.url == url)))
