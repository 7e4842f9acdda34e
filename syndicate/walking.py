"""The hall: a blog's whole past, from its feed's first page back to its first post.

    page one (an ordinary pull) → its older page → … → the beginning

What was read is stored page by page, and after each page how far the walk has come: a walk that is stopped or killed goes on
there. Old posts come into feeds by their dates; a newsletter that has begun passes them over.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta

from syndicate import pull as room
from syndicate.errors import FeedError, FetchError, Refused, SyndicateError
from syndicate.models import Source
from syndicate.pipeline import BUSY, Haul, PageReader, Report, SourceResult, Workshop, locked, pull_one, result_of, take
from syndicate.pull.paging import MOST_PAGES, Walk, from_json, mark, with_credentials
from syndicate.store import posts, published
from syndicate.threads import side_by_side

THREADS = 8
"""Blogs walked at once."""

TRIES = 3
"""So often one page is asked for before the walk stops there."""

PATIENCE = 120.0
"""A Retry-After up to so many seconds is waited for; a longer one ends the walk, which goes on there another time."""

NO_PAGE = (200, 400, 404, 410, 414)
"""What a server says to the number of a page that it does not have."""

_NAP = 0.2
_AGES = datetime(9999, 1, 1, tzinfo=UTC)  # all posts are older


def walk(shop: Workshop, sources: Sequence[Source], report: Report) -> list[SourceResult]:
    """Walk blogs side by side, each to its beginning; the results in the order given. `report` is told of each page."""
    with shop.store.read() as connection:
        rows = published.sources(connection)
    pages = 0

    def told(source: Source, back_to: datetime | None) -> None:
        nonlocal pages
        pages += 1
        report(pages, 0, f"{source.id}: back to {back_to:%Y-%m-%d}" if back_to else source.id)

    def one(source: Source, checkpoint: Callable[[], None]) -> SourceResult:
        road = _Road(replace(shop, checkpoint=checkpoint), source, told)
        return road.walk(rows.get(source.id))

    shop = replace(shop, scores=locked(shop.scores))
    return side_by_side(one, sources, threads=THREADS)


def _key(source: Source) -> str:
    return f"walk {source.id}"


@dataclass
class _Road:
    """One blog's walk, while it lasts."""

    shop: Workshop
    source: Source
    told: Callable[[Source, datetime | None], None]
    haul: Haul = field(default_factory=Haul)
    missed: list[str] = field(default_factory=list)

    def walk(self, row: published.SourceRow | None) -> SourceResult:
        """Pull page one, then walk; whatever goes wrong is the result, and where it went wrong is remembered."""
        way = self._begun()
        first, feed = pull_one(self.shop, self.source, row, only_due=False, whole=True)
        if feed is None:
            return first
        self.haul.counts.update(new=first.new, changed=first.changed, unchanged=first.unchanged, lost=first.lost)
        self.haul.notes += first.notes
        error = None
        try:
            self._go(way, feed)
        except SyndicateError as trouble:
            error = f"{trouble} The walk stopped before page {way.pages + 1}; the same command goes on from there."
        except Exception as surprise:  # one blog's must not stop the others
            error = f"{way.page}: this should not have happened: {surprise!r}"
        if not error:
            self._finish(way)
        return result_of(self.source, self.haul, pages=way.pages, error=error)

    def _begun(self) -> Walk:
        """The walk that was begun, or a new one; posts older than the newest that is stored now will be history."""
        with self.shop.store.read() as connection:
            stored = json.loads(published.note(connection, _key(self.source)) or "{}")
            newest = posts.load(connection, posts.newest(connection, posts.Filter(source=self.source.id), 1))
        if stored.get("url") == self.source.url:
            way = from_json(stored)
            self.haul.notes.append(f"The walk goes on after page {way.pages}.")
            way.goes_on()
            return way
        return Walk(self.source.url, history=newest[0].published.timestamp() if newest else None)

    def _go(self, way: Walk, feed: room.ParsedFeed) -> None:
        """From page one, which is stored, to the last."""
        reader = PageReader(self.shop, self.source)
        more = self._read(way, feed.url, feed)
        while more:
            self.shop.checkpoint()
            self._keep(way)
            address = way.page
            try:
                feed = self._ask(address)
            except (FeedError, FetchError) as trouble:
                more = self._absent(way, address, trouble)
                continue
            self._found(way, feed)
            self._take(way, feed, reader)
            more = self._read(way, address, feed)

    def _take(self, way: Walk, feed: room.ParsedFeed, reader: PageReader) -> None:
        """Store an older page's entries but for those met on newer pages, which said it later."""
        met = way.met()
        fresh = [entry for entry in feed.entries if mark(room.identity(entry)) not in met]
        haul = self.haul
        haul.frozen = way.kind == "archive"
        haul.history = _AGES if way.history is None else datetime.fromtimestamp(way.history, UTC)
        haul.undated = datetime.fromtimestamp(way.oldest, UTC) - timedelta(seconds=1) if way.oldest else None
        take(self.shop, self.source, replace(feed, entries=tuple(fresh)), reader, haul)

    def _read(self, way: Walk, address: str, feed: room.ParsedFeed) -> bool:
        identities = [room.identity(entry) for entry in feed.entries]
        self.haul.elsewhere.update(identities)
        dates = [entry.published.timestamp() for entry in feed.entries if entry.published]
        way.oldest = min([*dates, way.oldest if way.oldest is not None else math.inf], default=None)
        way.oldest = None if way.oldest == math.inf else way.oldest
        self.told(self.source, datetime.fromtimestamp(way.oldest, UTC) if way.oldest is not None else None)
        return way.read(address, identities, feed.next_url, feed.archived, feed.guessed_next)

    # ------------------------------------------------------------ pages that do not come

    def _ask(self, address: str) -> room.ParsedFeed:
        """The feed at an address, asked for a few times if its server is busy or has trouble."""
        for attempt in range(1, TRIES + 1):
            try:
                got = self.shop.fetcher.get(
                    with_credentials(address, self.source.url),
                    allow_private=self.source.allow_private,
                    accept=room.FEED,
                )
            except FetchError as trouble:
                wait = self._wait(trouble, attempt)
                if wait is None:
                    raise
                self._nap(wait)
                continue
            return room.parse(got.body, content_type=got.content_type, url=got.final_url, now=self.shop.now())
        raise AssertionError("the last attempt returns or raises")

    def _wait(self, trouble: FetchError, attempt: int) -> float | None:
        """How long to wait before the page is asked for again; None: not now."""
        passing = trouble.status is None or trouble.status >= 500 or trouble.status in BUSY
        if isinstance(trouble, Refused) or not passing:
            return None
        if (trouble.retry_after or 0) > PATIENCE:
            self._hold(trouble.retry_after or 0)
            return None
        if attempt == TRIES:
            return None
        return trouble.retry_after or self.shop.site.politeness.delay.total_seconds() * 2**attempt

    def _nap(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.shop.checkpoint()
            time.sleep(min(left, _NAP))

    def _absent(self, way: Walk, address: str, trouble: SyndicateError) -> bool:
        """Whether to look behind a page that did not come: it may be one that is missing, or the end."""
        status = getattr(trouble, "status", None)
        if way.kind != "numbered" or not (isinstance(trouble, FeedError) or status in NO_PAGE):
            raise trouble
        self.missed.append(str(trouble))
        return way.absent(address)

    def _found(self, way: Walk, feed: room.ParsedFeed) -> None:
        """A page came after others that did not: their posts are missing."""
        if feed.entries:
            self.haul.notes += [f"A page in the middle was left out: {one}" for one in self.missed]
            self.haul.counts["lost"] += len(self.missed)
            self.missed.clear()

    # ------------------------------------------------------------ what outlives the process

    def _keep(self, way: Walk) -> None:
        if way.resume:
            return  # what is kept lies further back than this
        with self.shop.store.write() as connection:
            published.set_note(connection, _key(self.source), json.dumps(way.to_json()))

    def _finish(self, way: Walk) -> None:
        """The beginning is reached: the next walk starts anew."""
        if old := self.haul.counts["history"]:
            self.haul.notes.append(
                f"{old} posts are older than those that were here; newsletters that have begun pass them over."
            )
        if way.pages >= MOST_PAGES:
            self.haul.notes.append(f"The walk ended after {MOST_PAGES:,} pages, which is all that it may read.")
        with self.shop.store.write() as connection:
            published.set_note(connection, _key(self.source), "{}")

    def _hold(self, seconds: float) -> None:
        """The blog wants to be left alone for long: no pull asks it before."""
        with self.shop.store.write() as connection:
            row = published.sources(connection)[self.source.id]
            state = replace(room.from_json(row.pacing), held_until=self.shop.now().timestamp() + seconds)
            published.save_source(connection, replace(row, pacing=asdict(state)))
