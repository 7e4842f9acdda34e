"""Who is alive, on PostgreSQL: an advisory lock of a session, which the server lets go of when the session ends, however it ends.

Each lock has a connection of its own, beside those that the work is done with. A machine that vanished without a word is
noticed by the keepalives of both sides, within a minute. A pooler that hands out connections by the transaction breaks all this.
"""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from syndicate.errors import LockHeld
from syndicate.store.engine import Store

_TRIES = 10
_PAUSE = 0.05
_NAME = 63
"""So many bytes PostgreSQL keeps of what a session calls itself."""

_VIGILANT = (
    "SELECT set_config(name, value, false) FROM (VALUES ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), "
    "('tcp_keepalives_count', '3'), ('idle_session_timeout', '0')) AS wanted(name, value) JOIN pg_settings USING (name)"
)
_HOLDERS = (
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted "
    "AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND classid = :high AND objid = :low AND objsubid = 1"
)


class Session:
    """A connection that holds locks, and says by being there that this process is alive."""

    def __init__(self, store: Store, connection: sa.Connection) -> None:
        self._store, self._connection = store, connection

    def check(self) -> None:
        """Raises DatabaseGone when the session has ended, so that others may take this process for dead."""
        with self._store.plainly():
            self._connection.exec_driver_sql("SELECT 1")

    def take(self, name: str, *, beside: bool) -> bool:
        """Try to take a lock; whether nobody is in the way."""
        way = sa.func.pg_try_advisory_lock_shared if beside else sa.func.pg_try_advisory_lock
        return bool(self._connection.execute(sa.select(way(_number(name)))).scalar())


@contextmanager
def hold(store: Store, taken: Sequence[tuple[str, bool]], doing: str) -> Iterator[Session]:
    """Hold these locks, each (name, whether others may hold it beside us), while the block runs. Raises LockHeld at once."""
    with store.plainly():
        connection = store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # not the pool's any more: it ends with the block
    try:
        session = Session(store, connection)
        with store.plainly():
            who = f"{doing} (process {os.getpid()} on {socket.gethostname()})".encode()[:_NAME].decode(
                "utf-8", "ignore"
            )
            connection.execute(sa.select(sa.func.set_config("application_name", who, False)))
            connection.exec_driver_sql(_VIGILANT)
            for name, beside in taken:
                _taken(store, session, name, beside)
        yield session
    finally:
        with suppress(Exception):  # the server may be gone, and the locks with it
            connection.close()


def holders(store: Store, name: str) -> list[str]:
    """What those call themselves who hold a lock at this moment."""
    high, low = divmod(_number(name) & 0xFFFFFFFFFFFFFFFF, 1 << 32)
    with store.read() as connection:
        return [*connection.execute(sa.text(_HOLDERS), {"high": high, "low": low}).scalars()]


def _taken(store: Store, session: Session, name: str, beside: bool) -> None:
    for _ in range(_TRIES):
        if session.take(name, beside=beside):
            return
        time.sleep(_PAUSE)
    who = next(iter(holders(store, name)), "unknown")
    raise LockHeld(f"Another process is at work on this site: {who}. Wait until it has ended, and try again.")


def _number(name: str) -> int:
    """The number that stands for a name; PostgreSQL's locks are numbered."""
    return int.from_bytes(hashlib.sha256(f"syndicate {name}".encode()).digest()[:8], "big", signed=True)
