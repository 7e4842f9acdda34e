"""The hall: the store's posts → feeds, pages and the directory under public/, and the archive of sent editions with them.

Publishing costs what changed. The store remembers which posts each feed holds; only feeds that a changed post is in, was in,
or comes into are written again, and from no other posts than theirs. Files are written first and remembered after, so that a
killed run is simply done again.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from syndicate import __version__, archive, pinging
from syndicate import publish as room
from syndicate.models import Feed, Fill, Post, Site, Withdrawn, Words
from syndicate.publish import files
from syndicate.selection import Facts, expand, matches
from syndicate.store import Connection, Store, posts, published, withdrawn

DEFAULT_LIMIT = 50
"""How many items a feed holds that sets no limit of its own."""

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


@dataclass
class _Plan:
    """What must be written, decided from one view of the store.

    `fresh` feeds begin anew with these members; elsewhere posts `joined` (feed → post → date) or `left` (post → feed → the
    tombstone to leave, if it was withdrawn). `touched` feeds are written again. `siblings` are the same feed in other languages.
    """

    feeds: dict[str, Feed]
    siblings: dict[str, list[Feed]]
    settings: dict[str, str]
    since: int
    sequence: int
    fresh: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict)
    joined: dict[str, dict[str, datetime]] = field(default_factory=dict)
    left: dict[str, dict[str, Withdrawn | None]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    gone: tuple[str, ...] = ()


def publish(
    site: Site, store: Store, words: Words, fill: Fill, templates: Sequence[Path], *, now: datetime, report: Report
) -> Published:
    """Write every file under public/ whose bytes changed, and remember what was published."""
    with store.read() as connection:
        plan = _plan(site, connection, _digest(site, templates))
    todo = [
        slug for slug in plan.feeds if slug in plan.touched or slug in plan.fresh or _missing(site, plan.feeds[slug])
    ]
    changing = pinging.changing(site, store, now)
    written, counts = _write_feeds(site, store, words, fill, plan, todo, report, changing)
    others = _write_directory(site, store, words, fill, plan)
    for slug in plan.gone:
        others += len(files.remove(site.places.public, slug))
    if plan.fresh or plan.gone or plan.since != plan.sequence:
        with store.write() as connection:
            _remember(connection, plan, now)
    if archived := archive.publish(site, store, words, fill, templates):
        others += archived + _write_directory(site, store, words, fill, replace(plan, fresh={}, gone=()))
    with store.read() as connection:
        counts |= published.size_of(connection, set(plan.feeds) - set(counts))
    results = tuple(
        FeedResult(slug, min(counts.get(slug, 0), _limit(feed)), slug in written) for slug, feed in plan.feeds.items()
    )
    return Published(results, plan.gone, others + sum(written.values()))


DIRECTORY = "directory"
"""Under this name the store remembers the archives that the directory links."""


def _write_directory(site: Site, store: Store, words: Words, fill: Fill, plan: _Plan) -> int:
    """Write the directory where a feed or an archive came, went or is called otherwise; returns how many files changed."""
    with store.read() as connection:
        lists = archive.lists(connection, site)
        linked = published.note(connection, DIRECTORY) or ""
    wanted = json.dumps([[one.id, one.titles] for one in lists]) if lists else ""
    whole = not files.missing(site.places.public, ["feeds/index.html", "feeds/style.css", "feeds.opml"])
    if whole and wanted == linked and not plan.gone and not plan.fresh:
        return 0
    directory = room.directory(site, list(plan.feeds.values()), words=words, fill=fill, lists=lists)
    changed = len(files.write(site.places.public, directory))
    if wanted != linked:
        with store.write() as connection:
            published.set_note(connection, DIRECTORY, wanted)
    return changed


def all_feeds(site: Site, connection: Connection) -> list[Feed]:
    """Every feed of the site: those configured, then those that families make, in a fixed order."""
    by_hashtag = any(family.by == "hashtag" for family in site.families)
    hashtags = posts.hashtag_counts(connection) if by_hashtag else {}
    feeds = list(site.feeds)
    for family in site.families:
        feeds += expand(
            family, languages=site.languages, partners=site.partners, hashtags=hashtags, rules=site.hashtags
        )
    return list({feed.slug: feed for feed in reversed(feeds)}.values())[::-1]


# ---------------------------------------------------------------- deciding


def _plan(site: Site, connection: Connection, digest: str) -> _Plan:
    feeds = {feed.slug: feed for feed in all_feeds(site, connection)}
    siblings = _siblings(feeds)
    settings = {
        slug: _hash([digest, asdict(feed), [asdict(other) for other in siblings[slug]]]) for slug, feed in feeds.items()
    }
    stored = published.feeds(connection)
    since, sequence = (int(published.note(connection, key) or 0) for key in ("published_sequence", "sequence"))
    plan = _Plan(feeds, siblings, settings, since, sequence)
    plan.gone = tuple(sorted(slug for slug, (_, gone) in stored.items() if gone is None and slug not in feeds))
    fresh = [feed for slug, feed in feeds.items() if stored.get(slug, ("", None))[0] != settings[slug]]
    if fresh:
        plan.fresh = _members(fresh, posts.facts(connection))
    if since != sequence:
        _changed(connection, plan)
    return plan


def _members(feeds: Iterable[Feed], everything: Iterable[Facts]) -> dict[str, list[tuple[str, datetime]]]:
    members: dict[str, list[tuple[str, datetime]]] = {feed.slug: [] for feed in feeds}
    for post in everything:
        for feed in feeds:
            if matches(feed.selection, post):
                members[feed.slug].append((post.id, datetime.fromtimestamp(post.published, UTC)))
    return members


def _changed(connection: Connection, plan: _Plan) -> None:
    """Where each post that changed since the last time stands now, and where it stood."""
    changed = {post.id: post for post in posts.facts(connection, after=plan.since)}
    taken_back: dict[str, list[withdrawn.Withdrawal]] = {}
    for one in withdrawn.everything(connection):
        taken_back.setdefault(one.post, []).append(one)
    hidden = posts.hidden(connection, plan.since)
    was_in = published.memberships(connection, {*changed, *taken_back, *hidden})
    standing = {slug: feed for slug, feed in plan.feeds.items() if slug not in plan.fresh}
    for id in {*changed, *was_in}:
        post = changed.get(id)
        if post is None and id not in hidden and not any(not one.language for one in taken_back.get(id, ())):
            continue  # a version of it was withdrawn long ago; nothing changed since
        now_in = {slug for slug, feed in standing.items() if post and matches(feed.selection, post)}
        before = was_in.get(id, set())
        plan.touched |= now_in | (before & set(standing))
        for slug in before - now_in - set(plan.fresh if post else ()):
            plan.left.setdefault(id, {})[slug] = _tombstone(taken_back.get(id, ()), plan.feeds.get(slug))
        for slug in now_in - before:
            plan.joined.setdefault(slug, {})[id] = datetime.fromtimestamp(post.published if post else 0, UTC)


def _tombstone(withdrawals: Sequence[withdrawn.Withdrawal], feed: Feed | None) -> Withdrawn | None:
    """What a withdrawn post, or its version in the feed's language, leaves behind in the feed."""
    for one in withdrawals:
        if not one.language:
            return Withdrawn(one.post, one.year, one.languages, one.at)
        if feed and feed.selection.languages == (one.language,):
            return Withdrawn(one.post, one.year, (one.language,), one.at)
    return None


def _remember(connection: Connection, plan: _Plan, now: datetime) -> None:
    for id, slugs in plan.left.items():
        for slug, tombstone in slugs.items():
            published.leave_feeds(connection, id, [slug], tombstone.at if tombstone else None)
    for slug, members in plan.fresh.items():
        published.set_feed(connection, slug, plan.settings[slug], members)
    for slug, members_ in plan.joined.items():
        for id, moment in members_.items():
            published.join_feeds(connection, id, moment, [slug])
    if plan.gone:
        published.set_gone(connection, plan.gone, now)
    published.set_note(connection, "published_sequence", str(plan.sequence))


# ---------------------------------------------------------------- writing


def _write_feeds(
    site: Site,
    store: Store,
    words: Words,
    fill: Fill,
    plan: _Plan,
    todo: Sequence[str],
    report: Report,
    changing: Callable[[str], None] | None,
) -> tuple[dict[str, int], dict[str, int]]:
    """Write these feeds; returns slug → files written (only where any was), and slug → items."""
    written, counts, cache = {}, {}, _Cache(store)
    for n, slug in enumerate(todo):
        report(n, len(todo), slug)
        feed = plan.feeds[slug]
        with store.read() as connection:
            items = cache.posts(connection, _newest(connection, plan, feed))
            standing = {post.id for post in items}
            tombstones = [one for one in _tombstones(connection, plan, slug) if one.id not in standing]
        documents = room.documents(
            site, feed, items, withdrawn=tombstones, siblings=plan.siblings[slug], words=words, fill=fill
        )
        counts[slug] = len(items)
        if paths := files.write(site.places.public, documents, changing):
            written[slug] = len(paths)
    return written, counts


def _newest(connection: Connection, plan: _Plan, feed: Feed) -> list[str]:
    limit = _limit(feed)
    if feed.slug in plan.fresh:
        members = plan.fresh[feed.slug]
    else:
        kept = published.newest_of(connection, feed.slug, limit + len(plan.left))
        members = [(id, moment) for id, moment in kept if feed.slug not in plan.left.get(id, ())]
        members += plan.joined.get(feed.slug, {}).items()
    return [id for id, _ in sorted(members, key=lambda one: (-one[1].timestamp(), one[0]))[:limit]]


def _tombstones(connection: Connection, plan: _Plan, slug: str) -> list[Withdrawn]:
    earlier = published.tombstones(connection, slug)
    rows: dict[str, list[withdrawn.Withdrawal]] = {}
    for row in withdrawn.everything(connection, earlier):
        rows.setdefault(row.post, []).append(row)
    found = {id: _tombstone(rows.get(id, ()), plan.feeds[slug]) for id in earlier}
    found |= {id: slugs[slug] for id, slugs in plan.left.items() if slug in slugs}
    return sorted((one for one in found.values() if one), key=lambda one: (-one.at.timestamp(), one.id))


class _Cache:
    """The posts loaded last: families of feeds share most of theirs."""

    def __init__(self, store: Store, size: int = 2000) -> None:
        self.held: OrderedDict[str, Post] = OrderedDict()
        self.size = size

    def posts(self, connection: Connection, ids: Sequence[str]) -> list[Post]:
        """The posts with these ids, in this order."""
        for post in posts.load(connection, [id for id in ids if id not in self.held]):
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


def _limit(feed: Feed) -> int:
    return feed.selection.limit or DEFAULT_LIMIT


def _missing(site: Site, feed: Feed) -> bool:
    names = [name for name in files.NAMES if feed.partner or name != "embed.html"]
    return files.missing(site.places.public, [f"feeds/{feed.slug}/{name}" for name in names])


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
