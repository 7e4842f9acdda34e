"""Facts for the checks of the daily work: cron, sources, published files, what is kept too long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from syndicate.doctor.case import Case
from syndicate.operate import working
from syndicate.operate.verdict import Verdict, ok, warning

GRACE = timedelta(days=2)
"""What is a day or two too old may wait for the next run."""


def cron(case: Case) -> Iterator[Verdict]:
    """When `run` last did its daily work."""
    from syndicate.chores import DAILY
    from syndicate.store import published

    with case.store.read() as connection:
        told = published.note(connection, DAILY)
        rows = published.sources(connection)
    today = case.now.astimezone(ZoneInfo(case.site.timezone)).date()
    pulled = max((row.asked for row in rows.values()), default=None)
    ready = bool(case.site.sources) and not case.site.unfinished
    yield from working.daily(date.fromisoformat(told) if told else None, today, pulled=pulled, ready=ready)


def sources(case: Case) -> Iterator[Verdict]:
    """Whether the blogs answer."""
    from syndicate.store import published

    with case.store.read() as connection:
        rows = published.sources(connection)
    found = [
        working.Asked(one.id, row.asked, row.succeeded, row.error or "") if row else working.Asked(one.id, None, None)
        for one in case.site.sources
        for row in [rows.get(one.id)]
    ]
    yield from working.sources(found, case.now)


def feeds(case: Case) -> Iterator[Verdict]:
    """Whether each feed that should be there has its files."""
    from syndicate.membership import all_feeds
    from syndicate.store import posts

    with case.store.read() as connection:
        slugs = [one.slug for one in all_feeds(case.site, connection)] if posts.count(connection) else []
    missing = [slug for slug in slugs if not (case.public / "feeds" / slug / "atom.xml").is_file()]
    if slugs:
        yield from working.published(missing, len(slugs))


def hub(case: Case) -> Iterator[Verdict]:
    """Whether the WebSub hub could be told what changed."""
    from syndicate import pinging

    for said in pinging.problems(case.store, case.site):
        yield warning(working.sentence(said), "syndicate run tells it again; see hub in feeds/site.toml")


def readers(case: Case) -> Iterator[Verdict]:
    """Nobody can say here whether feeds are read: only the server that hands them out sees who asks."""
    yield ok(
        "Whether anybody reads the feeds is not known here: see the log of the web server, or /metrics of `serve`."
    )


def retention(case: Case) -> Iterator[Verdict]:
    """Whether what concerns people goes when [retention] says."""
    from syndicate.retention import REHEARSED
    from syndicate.store.health import kept_too_long

    keep = case.site.retention
    lengths = {"pending": keep.pending, "leavers": keep.leavers, "ledger": keep.ledger, "events": keep.events}
    with case.store.read() as connection:
        found = kept_too_long(connection, **{what: case.now - GRACE - length for what, length in lengths.items()})
    days = {what: length.days for what, length in lengths.items()}
    yield from working.kept(found, days, _old_files(case.state / "dry-run", case.now - REHEARSED - GRACE))


def _old_files(folder: Path, before: datetime) -> int:
    """How many mails of a dry run were written before that moment, counted up to a thousand."""
    found = 0
    for path in folder.rglob("*.eml") if folder.is_dir() else ():
        found += path.stat().st_mtime < before.timestamp()
        if found == 1000:
            break
    return found
