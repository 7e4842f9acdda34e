"""The hall: how everything is, at a glance."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from syndicate.deliver import ledger as rules
from syndicate.models import Site
from syndicate.publishing import all_feeds
from syndicate.store import Store, editions, ledger, people, posts, published

QUIET_FOR = timedelta(days=2)
"""A source that has not been asked for this long means that cron does not run."""


def look(site: Site, store: Store, now: datetime) -> dict[str, Any]:
    """Everything that `status` tells, in the shape of its JSON."""
    with store.read() as connection:
        rows = published.sources(connection)
        counts = people.counts(connection)
        newest = editions.newest(connection, limit=20)
        tallies = {one.id: (ledger.tally(connection, one.id), ledger.audience_of(connection, one.id)) for one in newest}
        feeds, total, unsure = (
            len(all_feeds(site, connection)),
            posts.count(connection),
            posts.count(connection, unsure=True),
        )
    sources = [
        {"id": one.id, "url": one.url, "asked": row.asked if row else None, "succeeded": row.succeeded if row else None,
         "error": row.error if row else None}
        for one in site.sources for row in [rows.get(one.id)]
    ]  # fmt: skip
    lists = [
        {"id": one.id} | {state: counts.get((one.id, state), 0) for state in ("confirmed", "pending", "unsubscribed")}
        for one in site.lists
    ]
    told = [
        {"id": one.id, "list": one.list, "state": one.state, "audience": tallies[one.id][1], "states": tallies[one.id][0],
         "balanced": rules.balanced(tallies[one.id][1], tallies[one.id][0])}
        for one in newest
    ]  # fmt: skip
    problems = [*_source_problems(sources, now), *_edition_problems(told)]
    problems += [f"{one} is still the starter's example: change it before `run`." for one in site.unfinished]
    if unsure:
        problems.append(f"{unsure} posts may be split wrongly: `syndicate posts list --unsure` shows them.")
    return {
        "site": site.name, "sources": sources, "feeds": feeds, "posts": total, "unsure": unsure, "lists": lists,
        "editions": told, "problems": problems,
    }  # fmt: skip


def _source_problems(sources: list[dict[str, Any]], now: datetime) -> list[str]:
    found = []
    for one in sources:
        if one["error"]:
            found.append(f"{one['id']}: {one['error']}")
        elif one["asked"] is None:
            found.append(f"{one['id']} was never asked: `syndicate pull {one['id']}`.")
        elif now - one["asked"] > QUIET_FOR:
            found.append(f"{one['id']} was last asked on {one['asked']:%Y-%m-%d}: does cron run `syndicate run`?")
    return found


def _edition_problems(editions: list[dict[str, Any]]) -> list[str]:
    found = []
    for one in editions:
        if not one["balanced"]:
            found.append(
                f"{one['id']}: its numbers do not add up: {sum(one['states'].values())} rows for {one['audience']} readers."
            )
        if one["state"] == "sending":
            found.append(f"{one['id']} was not finished: `syndicate newsletter send {one['id']}` goes on.")
        if held := one["states"].get("held", 0):
            found.append(f"{one['id']}: of {held} copies nobody knows whether they left.")
    return found
