"""The door to the database: opened private, never half-written, migrated by the program itself.

SQLite runs in WAL mode with full synchronisation, and deletes by overwriting. A writing transaction begins as IMMEDIATE, so
that two processes wait for each other at its start and never fail in its middle. What PostgreSQL wants stands in `postgres`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from syndicate.errors import DatabaseBusy, ForeignDatabase, StoreError
from syndicate.store import noted, postgres

REVISION = 8
"""The newest migration that this program knows."""

VERSION_TABLE = "syndicate_schema"


class Store:
    """An open database. `read()` and `write()` give a connection inside one transaction."""

    def __init__(self, url: str, *, wait: float = 30.0, notes: Path | None = None) -> None:
        """Open the database at `url`, waiting at most `wait` seconds for others; migrate it if it is older.

        `notes` is the file that also notes what forbids mail (see `noted`); by default it lies beside an SQLite file. Raises
        ForeignDatabase for another program's or a newer version's database, DatabaseBusy, StoreError, and UsageError for an
        address that is none.
        """
        self.url = postgres.address(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.notes = self.path.with_name(noted.FILE) if self.path else notes
        self.engine = self._sqlite(wait) if self.sqlite else postgres.engine(self.url, wait)
        with self.plainly():
            self._match_schema()

    @property
    def path(self) -> Path | None:
        """The SQLite file, or None for another engine."""
        return Path(self.url.database) if self.sqlite and self.url.database else None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection in a reading transaction: one consistent view."""
        with self.plainly(), self.engine.connect() as connection:
            if not self.sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self, *, beside: bool = False, swift: bool = False) -> Iterator[sa.Connection]:
        """A connection in a writing transaction: all of it is stored, or nothing. Nobody else writes meanwhile.

        With `beside`, others who say so may write at the same time, where the database can: every statement must be right then.

        With `swift`, SQLite does not wait for the disk: a killed process loses nothing of it, but a power cut may lose it, and
        all such transactions since the last one without.
        """
        options = {"write": True, "swift": swift}
        with self.plainly():
            with self.engine.connect() as connection, connection.execution_options(**options).begin():
                if not self.sqlite:
                    postgres.take_turn(connection, beside=beside)
                noted.begin(connection)
                yield connection
                later = noted.before_commit(connection, self.notes)
            if later and self.notes:
                with suppress(OSError):  # who came back is rather not mailed after a restore than told that it failed
                    noted.append(self.notes, later)

    def schema(self, connection: sa.Connection) -> int:
        """The number of the schema that the database has."""
        return int(connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar_one())  # noqa: S608

    def behind(self) -> int:
        """How many turns the file beside the database knows that the database does not: more than 1, and this is an older copy.

        (1 may also be a process that was killed between the two.)
        """
        if self.notes is None or not (last := noted.last_turn(self.notes)):
            return 0
        with self.read() as connection:
            return max(0, last - noted.turn_of(connection))

    def scrub(self) -> None:
        """Leave no trace of deleted rows in the SQLite file or its write-ahead log (PostgreSQL: a plain VACUUM)."""
        with self.plainly(), self.engine.connect() as connection:
            autocommit = connection.execution_options(isolation_level="AUTOCOMMIT", plain=True)
            if self.sqlite:
                autocommit.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            autocommit.exec_driver_sql("VACUUM")
            if self.sqlite:
                busy, *_ = autocommit.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
                if busy:
                    raise DatabaseBusy(
                        "Another process reads the database, so its log still holds what was erased: erase again."
                    )

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _sqlite(self, wait: float) -> sa.Engine:
        path = Path(self.url.database or "")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise StoreError(
                f"The database {path} cannot be opened: {error.strerror}. Check the folder's owner and rights."
            ) from error
        engine = sa.create_engine(self.url, connect_args={"timeout": wait})

        @sa.event.listens_for(engine, "connect")
        def _(connection: Any, _record: object) -> None:
            connection.isolation_level = None
            for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
                connection.execute(f"PRAGMA {pragma}").close()

        @sa.event.listens_for(engine, "begin")
        def _(connection: sa.Connection) -> None:
            options = connection.get_execution_options()
            if options.get("write") and connection.info.get("synchronous", "FULL") != (
                wanted := "NORMAL" if options.get("swift") else "FULL"
            ):
                # The connection keeps it, so that it is told whenever another one is wanted: none is swift by accident.
                connection.exec_driver_sql(f"PRAGMA synchronous={wanted}")
                connection.info["synchronous"] = wanted
            if not options.get("plain"):
                connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("write") else "BEGIN")

        return engine

    def match(self) -> None:
        """Raises ForeignDatabase when a newer version has changed the database since it was opened."""
        with self.read() as connection:
            found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608
        self._known(str(found))

    def ahead(self, now: Callable[[], datetime]) -> timedelta:
        """How far a clock is ahead of the database server's."""
        with self.read() as connection:
            before = now()
            theirs: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
            return before + (now() - before) / 2 - theirs

    def _known(self, found: str | None) -> None:
        if found is not None and not (found.isdecimal() and int(found) <= REVISION):
            raise ForeignDatabase(
                f"{self.name} was written by a newer syndicate (schema {found}; this one knows {REVISION}). "
                "Nothing was changed. Install the newer version again."
            )

    def _match_schema(self) -> None:
        found = self._revision()
        self._known(found)
        self._keep_log()
        if found is None or int(found) != REVISION:
            from syndicate.store.migrations import migrate

            with self.engine.connect() as connection, connection.execution_options(write=True).begin():
                migrate(connection)

    def _keep_log(self) -> None:
        """Have SQLite keep a write-ahead log. The file itself remembers it, so it is asked only once whose file this is."""
        if self.sqlite:
            with self.engine.connect() as connection:
                plain = connection.execution_options(isolation_level="AUTOCOMMIT", plain=True)
                plain.exec_driver_sql("PRAGMA journal_mode=WAL")

    def _revision(self) -> str | None:
        with self.engine.connect() as connection, connection.begin():
            tables = set(sa.inspect(connection).get_table_names())
            if VERSION_TABLE in tables:
                number = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608
                return str(number) if number else None
            if tables:
                raise ForeignDatabase(
                    f"{self.name} belongs to another program (it has the table {min(tables)}). Nothing was changed. "
                    "Give syndicate a database of its own."
                )
        return None

    @property
    def name(self) -> str:
        """What the operator knows it by; without its password."""
        shown = self.url.difference_update_query(["password"]).set(drivername=self.url.get_backend_name())
        return f"The database {shown.render_as_string(hide_password=True)}"

    @contextmanager
    def plainly(self) -> Iterator[None]:
        """The driver's errors, as sentences."""
        try:
            yield
        except Exception as error:
            if (told := self._told(error)) is None:
                raise
            raise told from error

    def _told(self, error: Exception) -> StoreError | None:
        """The sentence for an error, or None where it is none of the database's."""
        if not self.sqlite:
            cause = error.orig if isinstance(error, sa.exc.DatabaseError) else error
            return postgres.trouble(self.name, cause) if cause is not None and postgres.is_psycopg(cause) else None
        if isinstance(error, sa.exc.DatabaseError):
            return self._told_by_sqlite(str(error.orig), isinstance(error, sa.exc.OperationalError))
        return None

    def _told_by_sqlite(self, cause: str, operational: bool) -> StoreError | None:
        if "locked" in cause or "busy" in cause:
            return DatabaseBusy(f"{self.name} is in use by another process for too long. Try again in a minute.")
        if "not a database" in cause or "malformed" in cause:
            return ForeignDatabase(f"{self.name} is damaged or is no database ({cause}). Restore it from a backup.")
        if "full" in cause:
            return StoreError(f"The disk is full: {self.name} could not be written. What was stored before is intact.")
        return StoreError(f"{self.name} cannot be used: {cause}.") if operational else None
