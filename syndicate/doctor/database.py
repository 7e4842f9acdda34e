"""Facts for the checks of the database: whose it is, whether it is whole, whether its sums are right."""

from __future__ import annotations

from collections.abc import Iterator

from syndicate.doctor.case import Case
from syndicate.operate import working
from syndicate.operate.verdict import Verdict, few, note, ok, problem, warning

LARGE_LOG = 64_000_000
"""A write-ahead log of so many bytes is not folded back: somebody reads for very long, or was killed."""


def version(case: Case) -> Iterator[Verdict]:
    """Whether it can be reached, is ours, and is of this version."""
    found = case.health
    if found.trouble:
        yield problem(
            f"The database cannot be asked: {case.without_addresses(found.trouble)}.",
            "Start the server, or correct SYNDICATE_DATABASE_URL" if found.engine != "sqlite" else
            "Restore it from a backup, or let an administrator look at the disk and the file's owner",
        )  # fmt: skip
    elif not found.there:
        yield note("There is no database yet: the first command that needs it makes one.")
    elif found.foreign:
        yield problem(
            f"The database {found.place} belongs to another program (it has the table {found.foreign}).",
            "Give syndicate a database of its own: SYNDICATE_DATABASE_URL",
        )
    elif found.revision is None or not found.revision.isdecimal() or int(found.revision) > found.ours:
        yield problem(
            f"The database was written by a newer syndicate (schema {found.revision}; this one knows {found.ours}).",
            "Install the newer version again",
        )
    elif int(found.revision) < found.ours:
        yield note(
            f"The database is older (schema {found.revision} of {found.ours}): the next command brings it up to date.",
            "Keep a copy first",
        )
    else:
        yield ok(f"The database is ours, schema {found.revision}, on {_named(found.engine)} {found.version}.")
    if found.outdated:
        yield warning(
            f"PostgreSQL {found.version} is older than any that syndicate is tried on.", "Use PostgreSQL 15 or newer"
        )


def _named(engine: str) -> str:
    return "SQLite" if engine == "sqlite" else "PostgreSQL"


def integrity(case: Case) -> Iterator[Verdict]:
    """Whether the engine itself finds the file whole, and every reference leads somewhere."""
    found = case.health
    if not found.there or found.trouble or found.engine != "sqlite":
        return
    if found.damage:
        yield problem(
            f"The database is damaged: {found.damage[0]}.",
            "Stop cron, keep a copy of var/syndicate.sqlite* as it is, and restore the last backup",
        )
    if found.orphans:
        yield problem(
            f"Rows of the database refer to others that are gone: {few([*found.orphans])}.",
            "Keep a copy of var/syndicate.sqlite* and report it; was the file changed by another program?",
        )
    if found.log > LARGE_LOG:
        yield warning(
            f"The database's log (var/syndicate.sqlite-wal) has grown to {found.log / 1e6:,.0f} MB.",
            "Stop every syndicate that runs for long (serve, worker), run any command, and start them again",
        )
    if not found.damage and not found.orphans:
        yield ok("The database's file is whole.")


def sums(case: Case) -> Iterator[Verdict]:
    """Whether every edition's rows add up to its audience."""
    from syndicate.store import health

    with case.store.read() as connection:
        wrong, frozen = health.unbalanced(connection)
    yield from working.sums(wrong, frozen)
