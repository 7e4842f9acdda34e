"""Whether the database is sound: asked without changing anything in it, not even its version.

`inspect` opens it read-only and is always answered: trouble is an answer, too. The other questions take the connection of a
transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from syndicate.errors import UsageError
from syndicate.models import DeliveryState
from syndicate.store import postgres
from syndicate.store import retention as old
from syndicate.store import schema as s
from syndicate.store.engine import REVISION, VERSION_TABLE
from syndicate.store.people import GONE

SECONDS = 5
"""How long a server may take to be reached."""

MOST = 5
"""So many faults are told of a damaged file."""

NEEDED = 150000
"""The oldest PostgreSQL that is tried, as its own number."""


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a database. `place` holds no password; `there` is False for one that is not made yet.

    `trouble` says why it cannot be asked ("": it was). `revision` is its schema's (None: it has none), `ours` the one that this
    program writes. `damage` are the faults that the engine itself finds, `orphans` the rows that refer to none. `log` is the size
    of SQLite's write-ahead log.
    """

    engine: str
    place: str
    there: bool = True
    trouble: str = ""
    version: str = ""
    outdated: bool = False
    foreign: str = ""
    revision: str | None = None
    ours: int = REVISION
    damage: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()
    log: int = 0

    @property
    def usable(self) -> bool:
        """Whether it can be asked further without being changed."""
        return self.there and not self.trouble and not self.foreign and self.revision == str(self.ours)


def inspect(url: str) -> Health:
    """Look at the database at `url` (an SQLAlchemy URL). It is neither made nor migrated."""
    try:
        parsed = postgres.address(url)
    except UsageError as error:
        return Health("postgresql", "", trouble=str(error).rstrip("."))
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(Path(parsed.database or ""))
    shown = Health("postgresql", parsed.render_as_string(hide_password=True))
    try:
        engine = sa.create_engine(parsed, connect_args={"connect_timeout": SECONDS})
    except (ImportError, sa.exc.ArgumentError) as error:
        return replace(shown, trouble=f"the driver cannot be loaded ({error})")
    try:
        with engine.connect() as connection:
            return _server(connection, shown)
    except sa.exc.DBAPIError as error:
        return replace(shown, trouble=str(error.orig).strip().splitlines()[0])
    finally:
        engine.dispose()


def _server(connection: sa.Connection, shown: Health) -> Health:
    number = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    version = str(connection.exec_driver_sql("SHOW server_version").scalar_one())
    return _tables(connection, replace(shown, version=version, outdated=number < NEEDED))


def _tables(connection: sa.Connection, shown: Health) -> Health:
    tables = set(sa.inspect(connection).get_table_names())
    if VERSION_TABLE in tables:
        number = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608
        return replace(shown, revision=str(number) if number else None)
    return replace(shown, foreign=min(tables) if tables else "")


def _sqlite(path: Path) -> Health:
    import sqlite3

    shown = Health("sqlite", str(path), version=sqlite3.sqlite_version)
    if not path.exists():
        return replace(shown, there=False)
    log = path.with_name(f"{path.name}-wal")
    shown = replace(shown, log=log.stat().st_size if log.exists() else 0)
    try:
        # "rw", and only read: a reader that may not write would leave its log beside the file.
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=SECONDS)) as connection:
            return _file(connection, shown)
    except sqlite3.Error as error:
        return replace(shown, trouble=str(error))


def _file(connection: object, shown: Health) -> Health:
    ask = connection.execute  # type: ignore[attr-defined]
    tables = {row[0] for row in ask("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if VERSION_TABLE not in tables:
        return replace(shown, foreign=min(tables) if tables else "", there=bool(tables))
    revision = (ask(f"SELECT version_num FROM {VERSION_TABLE}").fetchone() or (None,))[0]  # noqa: S608
    damage = [str(row[0]) for row in ask(f"PRAGMA integrity_check({MOST})") if row[0] != "ok"]
    orphans = sorted({f"{row[0]} → {row[2]}" for row in ask("PRAGMA foreign_key_check")})
    return replace(shown, revision=str(revision) if revision else None, damage=tuple(damage), orphans=tuple(orphans))


# ---------------------------------------------------------------- of a database that can be used


def unbalanced(connection: sa.Connection) -> tuple[dict[str, tuple[int, int]], int]:
    """Editions whose rows are not as many as their frozen audience, as edition → (rows, audience); and how many are frozen."""
    rows = sa.func.count(s.deliveries.c.id)
    query = (
        sa.select(s.editions.c.id, sa.func.coalesce(s.editions.c.audience, 0), rows)
        .outerjoin(s.deliveries, s.deliveries.c.edition == s.editions.c.id)
        .group_by(s.editions.c.id, s.editions.c.audience)
    )
    found = connection.execute(query).all()
    return {row[0]: (row[2], row[1]) for row in found if row[1] != row[2]}, sum(bool(row[1]) for row in found)


def newest(connection: sa.Connection) -> datetime | None:
    """The latest moment that anything was written at by our own clock."""
    moments = [
        s.sources.c.asked, s.posts.c.first_seen, s.subscriptions.c.changed, s.deliveries.c.changed, s.editions.c.created,
    ]  # fmt: skip
    found = [connection.execute(sa.select(sa.func.max(one))).scalar() for one in moments]
    return max((one for one in found if one is not None), default=None)


def known_by_key(connection: sa.Connection) -> int:
    """How many people the database knows by a hash that needs the secret key: readers, and those who must not be mailed."""
    tables = (s.subscribers, s.suppressions)
    return sum(connection.execute(sa.select(sa.func.count()).select_from(one)).scalar_one() for one in tables)


def oldest_letter(connection: sa.Connection) -> datetime | None:
    """Since when the longest-waiting letter waits; None: none does."""
    table = s.letters.c
    return connection.execute(sa.select(sa.func.min(table.due)).where(table.sent.is_(None))).scalar()


def kept_too_long(
    connection: sa.Connection, pending: datetime, leavers: datetime, ledger: datetime, events: datetime
) -> dict[str, int]:
    """What concerns people from before these moments, as what → 1 or 0: whether there is any is all that matters."""
    deliveries, told = s.deliveries.c, s.events.c
    settled = sa.and_(
        deliveries.changed <= ledger, deliveries.state.not_in(old.UNSETTLED), ~deliveries.subscriber.startswith(GONE)
    )
    return {
        "pending": len(old.unconfirmed(connection, pending, 1)),
        "leavers": len(old.leavers(connection, leavers, 1)),
        "ledger": len(connection.execute(sa.select(deliveries.id).where(settled).limit(1)).all()),
        "events": len(connection.execute(sa.select(told.id).where(told.received <= events).limit(1)).all()),
    }


def in_states(connection: sa.Connection, states: Collection[DeliveryState]) -> list[str]:
    """The editions with rows in these states."""
    table = s.deliveries.c
    query = sa.select(table.edition).where(table.state.in_(states)).distinct().order_by(table.edition)
    return list(connection.execute(query).scalars())
