"""PostgreSQL: how it is opened, and its errors as sentences. SQLAlchemy loads psycopg, and only where it is used.

On PostgreSQL, too, one transaction writes at a time, as on SQLite, so that what the hall reads and then writes belongs together
there as well: each writing transaction takes one advisory lock until it ends. Steps that were made for others beside them, the
sending's, take it together (`beside`). Reading waits for nobody.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from syndicate.errors import DatabaseBusy, DatabaseGone, StoreError, UsageError

DRIVER = "postgresql+psycopg"

WRITING = 0x73796E65
"""The advisory lock of writing transactions: exclusive for one at a time, shared for those that go beside each other."""

KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
"""A machine that vanished without a word is noticed within a minute, by both sides (`vigilant` says it to the server)."""

POOL, MORE = 5, 15
"""Connections kept, and how many more there may be for a while."""

_GONE = ("08", "57P")
_BUSY = ("55P03", "40P01", "40001", "53300")


def address(written: str) -> sa.URL:
    """What the operator wrote, as the address that SQLAlchemy opens. Raises UsageError for what is no address of a database."""
    try:
        url = sa.make_url(written)
    except (sa.exc.ArgumentError, ValueError):
        raise UsageError(
            "SYNDICATE_DATABASE_URL is no address of a database. Write postgresql://user:password@host/database (signs such as "
            "@ and / in the password percent-encoded), or sqlite:///var/syndicate.sqlite."
        ) from None
    if url.drivername in ("postgres", "postgresql", DRIVER):
        return url.set(drivername=DRIVER)
    if url.drivername == "sqlite":
        return url
    raise UsageError(
        f"SYNDICATE_DATABASE_URL begins with {url.drivername}://, which syndicate cannot use. It takes postgresql:// and sqlite://."
    )


def engine(url: sa.URL, wait: float) -> sa.Engine:
    """Opens PostgreSQL; whoever waits longer than `wait` seconds for others is told so."""
    if not installed():
        raise UsageError(
            "SYNDICATE_DATABASE_URL names a PostgreSQL database, and the package for it is not installed: "
            "`pip install 'syndicate[postgres]'`."
        )
    made = sa.create_engine(
        url, pool_pre_ping=True, pool_size=POOL, max_overflow=MORE,
        connect_args={"connect_timeout": 10, "application_name": "syndicate", **KEEPALIVES},
    )  # fmt: skip

    @sa.event.listens_for(made, "connect")
    def _(connection: Any, _record: object) -> None:
        # By a statement, because poolers refuse options at the start of a connection.
        connection.execute(f"SET lock_timeout = {round(wait * 1000)}")
        connection.commit()

    return made


def installed() -> bool:
    """Whether the package for PostgreSQL is there."""
    from importlib.util import find_spec

    return find_spec("psycopg") is not None


def take_turn(connection: sa.Connection, *, beside: bool) -> None:
    """Wait until nobody else writes; with `beside`, until nobody writes who must be alone. Until the transaction ends."""
    lock = sa.func.pg_advisory_xact_lock_shared if beside else sa.func.pg_advisory_xact_lock
    connection.execute(sa.select(lock(WRITING)))


def is_psycopg(error: BaseException) -> bool:
    """Whether an error comes from psycopg itself: COPY is not SQLAlchemy's."""
    return type(error).__module__.partition(".")[0] == "psycopg"


def trouble(name: str, error: Any) -> StoreError | None:
    """The sentence for an error of psycopg; None for one that is a fault of ours. `name` holds no password."""
    state, said = error.sqlstate or "", _said(error)
    if state.startswith(_GONE) or (not state and _lost(error)):
        return DatabaseGone(
            f"{name} hung up, or is restarting ({said}). What was stored before is intact; the same command goes on from there."
        )
    if state in _BUSY:
        return DatabaseBusy(f"{name} is in use by others for too long ({said}). Try again in a minute.")
    if state == "25006":
        return StoreError(
            f"{name} may only be read: it is a copy that follows another server, or somebody made it so. Nothing was changed. "
            "Name the server that is written to in SYNDICATE_DATABASE_URL."
        )
    if state.startswith("53"):
        return StoreError(
            f"The disk of {name} is full, or it has run out of something else ({said}). What was stored before is intact."
        )
    if state == "42501":
        return StoreError(f"{name} does not let this user do that ({said}). Give syndicate a database of its own.")
    if not state or state.startswith(("28", "3D")):
        return _unreachable(name, said)
    return None


def _unreachable(name: str, said: str) -> StoreError:
    if "password" in said or "authentication" in said:
        return StoreError(f"{name} does not let us in: {said}. Check user and password in SYNDICATE_DATABASE_URL.")
    if "does not exist" in said:
        return StoreError(f"{name} is not there: {said}. Make it (`createdb`), or correct SYNDICATE_DATABASE_URL.")
    return DatabaseGone(
        f"{name} cannot be reached: {said}. Nothing was changed; see that PostgreSQL runs, and try again."
    )


def _lost(error: Any) -> bool:
    text = str(error)
    return any(
        words in text
        for words in ("server closed the connection", "connection is closed", "connection is lost", "terminating connection",
                      "is starting up", "is shutting down", "consuming input failed", "SSL connection has been closed")
    )  # fmt: skip


def _said(error: Any) -> str:
    """The server's own words, the last line that says why; addresses of people stand in DETAIL only, which is left out."""
    primary = getattr(error.diag, "message_primary", None)
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("DETAIL")]
    last = (primary or (lines[0] if lines else type(error).__name__)).partition("FATAL:")
    return (last[2] or last[0]).strip().rstrip(".")[:200]
