"""The hall: the store's posts → feeds, pages and the directory under public/, and the archive of sent editions with them.

Publishing costs what changed. The store remembers which posts stand in each feed (`membership`); only feeds that a changed
post is in, was in, or comes into are due to be written again, and from no other posts than theirs. A feed stays due until
its files are there, so that a killed run is simply done again.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from syndicate import __version__, archive, membership, past, pinging
from syndicate import publish as room
from syndicate.membership import all_feeds
from syndicate.models import Feed, Fill, Post, Site, Withdrawn, Words
from syndicate.publish import files
from syndicate.store import Connection, Store, posts, published, withdrawn

DEFAULT_LIMIT = 50
"""How many items a feed holds that sets no limit of its own."""

MARKED = 50
"""After how many feeds the store is told that they were written: a killed run writes no more than these again."""

PAGED = 1
"""Raised when archive pages are to be written anew because this program writes them otherwise."""

DIRECTORY = ("feeds/index.html", "feeds/style.css", "feeds.opml")

NOTE = "directory"
"""Under this name the store remembers of which feeds and archives the directory was written."""

Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class FeedResult:
    """One feed after publishing: how many items it holds, and whether any of its files was written."""

    slug: str
    items: int
    written: bool


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing came to: every feed, those that are gone, how many files were written or removed, what the hub was told."""

    feeds: tuple[FeedResult, ...]
    gone: tuple[str, ...]
    files: int
    hub: pinging.Told | None = None


@dataclass(frozen=True)
class _Press:
    """What feeds are written with, and each feed's `settings`: a hash of all that shapes its files besides its posts.

    `shape` is one of what shapes an archive page. `changing` is called with each document that is about to be another, if
    anybody is to be told.
    """

    site: Site
    store: Store
    words: Words
    fill: Fill
    feeds: Mapping[str, Feed]
    siblings: Mapping[str, Sequence[Feed]]
    settings: Mapping[str, str]
    shape: str
    changing: Callable[[str], None] | None


def publish(
    site: Site, store: Store, words: Words, fill: Fill, templates: Sequence[Path], *, now: datetime, report: Report
) -> Published:
    """Write every file under public/ whose bytes changed, and remember what was published."""
    with store.read() as connection:
        feeds = {feed.slug: feed for feed in all_feeds(site, connection)}
    membership.keep(store, feeds, report)
    siblings = _siblings(feeds)
    shape = _shape(site, templates)
    settings = _settings(feeds, siblings, _digest(site, templates))
    press = _Press(site, store, words, fill, feeds, siblings, settings, shape, pinging.changing(site, store, now))
    with store.read() as connection:
        rows = published.feeds(connection)
    gone = tuple(sorted(slug for slug, row in rows.items() if row.gone is None and slug not in feeds))
    todo = [slug for slug in feeds if _is_due(rows[slug], press.settings[slug]) or _missing(site, feeds[slug])]
    written, counts = _write_feeds(press, todo, report)
    others = archive.publish(site, store, words, fill, templates) + _write_directory(press)
    others += sum(len(files.remove(site.places.public, slug)) for slug in gone)
    if gone:
        with store.write() as connection:
            published.set_gone(connection, gone, now)
    results = tuple(FeedResult(slug, counts.get(slug, rows[slug].items), slug in written) for slug in feeds)
    return Published(results, gone, others + sum(written.values()))


# ---------------------------------------------------------------- deciding


def _is_due(row: published.FeedRow, settings: str) -> bool:
    return row.due or row.settings != settings


def _settings(feeds: Mapping[str, Feed], siblings: Mapping[str, Sequence[Feed]], digest: str) -> dict[str, str]:
    told = {slug: json.dumps(asdict(feed), sort_keys=True, default=str) for slug, feed in feeds.items()}
    return {slug: _hash([digest, told[slug], [told[other.slug] for other in siblings[slug]]]) for slug in feeds}


# ---------------------------------------------------------------- writing


def _write_feeds(press: _Press, todo: Sequence[str], report: Report) -> tuple[dict[str, int], dict[str, int]]:
    """Write these feeds; returns slug → files written (only where any was), and slug → items."""
    written: dict[str, int] = {}
    counts: dict[str, int] = {}
    cache = _Cache()
    for start in range(0, len(todo), MARKED):
        some = todo[start : start + MARKED]
        for n, slug in enumerate(some, start):
            report(n, len(todo), slug)
            counts[slug], paths = _write_feed(press, slug, cache)
            written |= {slug: paths} if paths else {}
        with press.store.write() as connection:
            published.set_written(connection, {slug: (press.settings[slug], counts[slug]) for slug in some})
    return written, counts


def _write_feed(press: _Press, slug: str, cache: _Cache) -> tuple[int, int]:
    """Write one feed; how many items it has, and how many of its files were written."""
    feed, site = press.feeds[slug], press.site
    limit = feed.selection.limit or DEFAULT_LIMIT
    with press.store.read() as connection:
        newest = published.newest_of(connection, slug, limit)
    last = past.settle(press.store, feed, newest, limit)
    shape = _hash([press.shape, feed.titles, feed.descriptions])
    paged = past.write(
        site,
        press.store,
        feed,
        last,
        shape,
        whole=_missing(site, feed),
        load=cache.posts,
        words=press.words,
        fill=press.fill,
    )  # first, so that the feed never leads to a page that is not there
    with press.store.read() as connection:
        items = cache.posts(connection, newest)
        standing = {post.id for post in items}
        tombstones = [one for one in _tombstones(connection, feed) if one.id not in standing]
    documents = room.documents(
        site,
        feed,
        items,
        withdrawn=tombstones,
        siblings=press.siblings[slug],
        pages=last,
        words=press.words,
        fill=press.fill,
    )
    return len(items), paged + len(files.write(site.places.public, documents, press.changing))


def _write_directory(press: _Press) -> int:
    """Write the directory and OPML if a feed or an archive is another than when they were written; how many files that were."""
    with press.store.read() as connection:
        lists = archive.lists(connection, press.site)
        before = published.note(connection, NOTE)
    hash = _hash([[*press.settings.items()], [[one.id, one.titles] for one in lists]])
    if before == hash and not files.missing(press.site.places.public, DIRECTORY):
        return 0
    feeds = [*press.feeds.values()]
    documents = room.directory(press.site, feeds, words=press.words, fill=press.fill, lists=lists)
    count = len(files.write(press.site.places.public, documents))
    if before != hash:
        with press.store.write() as connection:
            published.set_note(connection, NOTE, hash)
    return count


def _tombstones(connection: Connection, feed: Feed) -> list[Withdrawn]:
    ids = published.tombstones(connection, feed.slug)
    rows: dict[str, list[withdrawn.Withdrawal]] = {}
    for row in withdrawn.everything(connection, ids):
        rows.setdefault(row.post, []).append(row)
    found = (membership.tombstone(rows.get(id, ()), feed) for id in ids)
    return sorted((one for one in found if one), key=lambda one: (-one.at.timestamp(), one.id))


@dataclass
class _Cache:
    """The posts loaded last: families of feeds share most of theirs."""

    size: int = 1000
    held: OrderedDict[str, Post] = field(default_factory=OrderedDict)

    def posts(self, connection: Connection, ids: Sequence[str]) -> list[Post]:
        """The posts with these ids, in this order."""
        for post in posts.load(connection, [id for id in ids if id not in self.held], blocks=False):
            self.held[post.id] = post
        found = [self.held[id] for id in ids if id in self.held]
        while len(self.held) > self.size:
            self.held.popitem(last=False)
        return found


def _siblings(feeds: Mapping[str, Feed]) -> dict[str, list[Feed]]:
    """For each feed those that select the same in another language, in the order of the feeds."""
    groups: dict[str, list[Feed]] = {}
    for feed in feeds.values():
        groups.setdefault(_but_language(feed), []).append(feed)
    return {
        slug: [other for other in groups[_but_language(feed)] if other.selection.language != feed.selection.language]
        for slug, feed in feeds.items()
    }


def _but_language(feed: Feed) -> str:
    """What is the same in a feed and its siblings."""
    if feed.family:
        return json.dumps([feed.family, feed.partner, feed.hashtag])
    return json.dumps(asdict(feed.selection) | {"language": ""}, sort_keys=True, default=str)


def _missing(site: Site, feed: Feed) -> bool:
    names = [name for name in files.NAMES if feed.partner or name != "embed.html"]
    return files.missing(site.places.public, [f"feeds/{feed.slug}/{name}" for name in names])


def _shape(site: Site, templates: Sequence[Path]) -> str:
    """A hash of the little that shapes an archive page beside its posts: it stays as it was, whatever else changes."""
    shaping: list[Any] = [site.name, site.base_url, site.tag_domain, site.timezone, site.languages, PAGED]
    shaping.append(asdict(site.helpline) if site.helpline else None)
    found = [path for folder in templates for path in folder.glob("*") if path.name == "feed.html"]
    found += [path for folder in templates for path in folder.glob("words.*.toml")]
    return _hash([shaping, [[path.name, hashlib.sha256(path.read_bytes()).hexdigest()] for path in sorted(found)]])


def _digest(site: Site, templates: Sequence[Path]) -> str:
    """A hash of all that shapes every feed alike: the site's settings, its words and templates, this program's version."""
    shaping: list[Any] = [
        site.name,
        site.base_url,
        site.tag_domain,
        site.timezone,
        site.languages,
        site.contact,
        site.hub,
    ]
    shaping += [[asdict(one) for one in site.partners], [asdict(one) for one in site.hashtags]]
    shaping += [[[one.id, one.name, one.url] for one in site.sources], asdict(site.helpline) if site.helpline else None]
    shaping.append(__version__)
    found = sorted(
        path for folder in templates for path in folder.glob("*") if path.suffix in {".html", ".toml", ".css"}
    )
    return _hash([shaping, [[path.name, hashlib.sha256(path.read_bytes()).hexdigest()] for path in found]])


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
