"""The hall: which posts stand in each feed, kept in the store and brought up to date with what changed.

    posts that changed → where they stand now, where they stood → who comes and goes, which feeds are due to be written
    feeds that are new or select otherwise → begun anew, from the facts of all posts

Each step is a small transaction that stands alone: what a killed run left undone, the next one finds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from syndicate.models import Feed, Site, Withdrawn
from syndicate.selection import Facts, Sorter, expand
from syndicate.store import Connection, Store, facts, pages, published, tags, withdrawn

CHUNK = 2500
"""How many posts are sorted into feeds in one transaction."""

NOTE = "published_sequence"
"""Under this name the store remembers up to which change the posts of feeds are right."""

Report = Callable[[int, int, str], None]


def all_feeds(site: Site, connection: Connection) -> list[Feed]:
    """Every feed of the site: those configured, then those that families make, in a fixed order."""
    tagging = [family for family in site.families if family.by == "hashtag"]
    hashtags = {}
    if tagging:
        least = min(family.at_least for family in tagging)
        hashtags = tags.counts(connection, at_least=least, also={key for family in tagging for key in family.only})
    feeds = list(site.feeds)
    for family in site.families:
        feeds += expand(
            family, languages=site.languages, partners=site.partners, hashtags=hashtags, rules=site.hashtags
        )
    return list({feed.slug: feed for feed in reversed(feeds)}.values())[::-1]


def keep(store: Store, feeds: Mapping[str, Feed], report: Report) -> None:
    """Bring up to date which posts stand in these feeds, and mark those that are due to be written."""
    with store.read() as connection:
        rows = published.feeds(connection)
        since, sequence = _reached(connection), _sequence(connection)
    wanted = {slug: _hash(feed) for slug, feed in feeds.items()}
    fresh = {slug: hash for slug, hash in wanted.items() if slug not in rows or rows[slug].selection != hash}
    standing = Sorter({slug: feed.selection for slug, feed in feeds.items() if slug not in fresh})
    while since < sequence:
        with store.write() as connection:
            since = _follow(connection, feeds, standing, set(fresh), since, sequence) if rows else sequence
            published.set_note(connection, NOTE, str(since))
    if fresh:
        _begin(store, {slug: feeds[slug] for slug in fresh}, report)
        with store.write() as connection:
            published.settle(connection, fresh)


def tombstone(withdrawals: Sequence[withdrawn.Withdrawal], feed: Feed | None) -> Withdrawn | None:
    """What a withdrawn post, or its version in the feed's language, leaves behind in the feed."""
    for one in withdrawals:
        if not one.language:
            return Withdrawn(one.post, one.year, one.languages, one.at)
        if feed and feed.selection.languages == (one.language,):
            return Withdrawn(one.post, one.year, (one.language,), one.at)
    return None


def _follow(
    connection: Connection, feeds: Mapping[str, Feed], standing: Sorter, fresh: set[str], since: int, upto: int
) -> int:
    """Have the next posts that changed come and go, and mark the feeds they touch; returns up to which change that is."""
    ids, reached = facts.changed(connection, since, upto)
    ids |= {*withdrawn.since(connection, since, reached)}
    shown = {post.id: post for post in facts.of(connection, ids)}
    taken_back: dict[str, list[withdrawn.Withdrawal]] = {}
    for one in withdrawn.everything(connection, ids):
        taken_back.setdefault(one.post, []).append(one)
    stood = published.memberships(connection, ids)
    pages.touch(connection, ids)
    due: set[str] = set()
    joining: list[tuple[str, str, datetime]] = []
    for id in sorted(ids):
        post, before = shown.get(id), stood.get(id, set())
        here = standing.fitting(post) if post else set()
        due |= here | before
        for when, slugs in _leaving(before - here - (fresh if post else set()), taken_back.get(id, ()), feeds).items():
            published.leave(connection, id, slugs, when)
        joining += [_member(slug, post) for slug in sorted(here - before) if post]
    published.join(connection, joining)
    published.set_due(connection, due)
    return reached


def _leaving(
    slugs: set[str], withdrawals: Sequence[withdrawn.Withdrawal], feeds: Mapping[str, Feed]
) -> dict[datetime | None, set[str]]:
    """Feeds that a post leaves, by the date on the tombstone that stays there; None for no tombstone."""
    found: dict[datetime | None, set[str]] = {}
    for slug in slugs:
        stone = tombstone(withdrawals, feeds.get(slug))
        found.setdefault(stone.at if stone else None, set()).add(slug)
    return found


def _begin(store: Store, feeds: Mapping[str, Feed], report: Report) -> None:
    """Fill feeds anew from the facts of all posts, some at a time."""
    with store.write() as connection:
        published.begin(connection, feeds)
        pages.drop(connection, feeds)
    sorter, done = Sorter({slug: feed.selection for slug, feed in feeds.items()}), 0
    last: Facts | None = None
    while True:
        report(done, 0, "posts sorted into feeds")
        with store.read() as connection:
            some = [*islice(facts.newest(connection, after=last), CHUNK)]
        if not some:
            return
        members = [_member(slug, post) for post in some for slug in sorter.fitting(post)]
        with store.write() as connection:
            published.join(connection, members)
        last, done = some[-1], done + len(some)


def _member(slug: str, post: Facts) -> tuple[str, str, datetime]:
    return slug, post.id, datetime.fromtimestamp(post.published, UTC)


def _reached(connection: Connection) -> int:
    return int(published.note(connection, NOTE) or 0)


def _sequence(connection: Connection) -> int:
    return int(published.note(connection, "sequence") or 0)


def _hash(feed: Feed) -> str:
    """A hash of what decides which posts stand in a feed; its limit does not: it counts when the feed is written."""
    value: dict[str, Any] = asdict(replace(feed.selection, limit=None))
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
