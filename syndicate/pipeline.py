"""The hall: a source → entries → posts in the store.

    Source --fetch--> Retrieved --parse--> Entry --(page)--> Entry --enrich--> Post --> store

One source's trouble is one line in its result; the others go on. Posts are stored in small transactions as they are made, and
a source's validators only at the end, so that a killed pull is simply done again and finds most of it unchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Literal

from syndicate import pull as room
from syndicate.errors import FetchError, Gone, Refused, SyndicateError
from syndicate.models import LOST, Entry, Post, Scores, Site, Source
from syndicate.pairing import Candidate, candidate, marks, pair
from syndicate.rounds import Fallen, Memory, spread
from syndicate.store import Store, corrections, editions, posts, published, withdrawn
from syndicate.threads import side_by_side

CHUNK, PAGES = 100, 25
"""After how many posts, or pages fetched for them, what was made is stored: little enough to lose, enough to be quick."""

HISTORY = "came with the blog's archive, long after it was written"
"""Why a newsletter passes over the posts that a walk back through a blog brings."""

THREADS = 12
"""Sources fetched at once; to one host the fetcher keeps its distance all the same."""

Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What pulling one source came to. `lost` entries could not be used at all; `notes` say what was repaired.

    `pages` of its feed were read: more than one only by `walking`.
    """

    id: str
    status: Literal["ok", "unchanged", "failed", "skipped"]
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    error: str | None = None
    lost: int = 0
    notes: tuple[str, ...] = ()
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Workshop:
    """What pulling works with: the store, the fetcher, the identifier of languages, secret keys, the clock.

    `checkpoint` is called before each step that can be left undone, and raises when the run was stopped. `memory` stores what
    was learned of sources together; without one each is stored at once. `fallen` knows what was taken back.
    """

    site: Site
    store: Store
    fetcher: room.Fetcher
    scores: Scores
    ring: Sequence[bytes]
    now: Callable[[], datetime]
    checkpoint: Callable[[], None] = lambda: None
    memory: Memory | None = None
    fallen: Fallen = field(default_factory=Fallen)


@dataclass
class Haul:
    """What comes together while one source is pulled. `owed`: a page did not come, and is asked for again next time.

    On the older pages of a walk: `elsewhere` are the identities that stand on newer ones, a `frozen` page changes no post that
    is stored, posts from before `history` are old to newsletters, and one without a date gets `undated`.
    """

    notes: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    owed: bool = False
    elsewhere: set[str] = field(default_factory=set)
    frozen: bool = False
    history: datetime | None = None
    undated: datetime | None = None


def pull(shop: Workshop, sources: Sequence[Source], *, only_due: bool, report: Report) -> list[SourceResult]:
    """Pull sources side by side, and store what is new or changed; in the order given; with `only_due`, those that are due."""
    with shop.store.read() as connection:
        rows = published.sources(connection)
    done = 0

    def one(source: Source, checkpoint: Callable[[], None]) -> SourceResult:
        nonlocal done
        result, _ = pull_one(replace(shop, checkpoint=checkpoint), source, rows.get(source.id), only_due=only_due)
        done += 1
        report(done, len(sources), source.id)
        return result

    report(0, len(sources), "")
    memory = Memory(shop.store)
    shop = replace(shop, scores=locked(shop.scores), memory=memory)
    order = spread(sources)
    try:
        results = side_by_side(one, order, threads=THREADS)
    finally:
        memory.close()
    told = {result.id: result for result in results}
    return [told[source.id] for source in sources]


def locked(scores: Scores) -> Scores:
    """The identifier for several threads: it remembers texts in a table of its own, which is not safe for two at once."""
    lock = Lock()

    def one_at_a_time(texts: list[str]) -> list[dict[str, float]]:
        with lock:
            return scores(texts)

    return one_at_a_time


def pull_one(
    shop: Workshop, source: Source, row: published.SourceRow | None, *, only_due: bool, whole: bool = False
) -> tuple[SourceResult, room.ParsedFeed | None]:
    """Pull one source; whatever goes wrong is its result, and is remembered. Also the feed, if one was read.

    With `whole` the feed is asked for without validators: its entries are wanted, changed or not.
    """
    now = shop.now()
    state = room.from_json(row.pacing) if row else room.SourceState(url=source.url)
    if state.url != source.url:
        state = room.SourceState(url=source.url)
    ask = room.ask(state, source, now, only_due=only_due)
    if ask.wait:
        return SourceResult(source.id, "skipped", error=None if only_due else ask.wait), None
    if whole:
        ask = replace(ask, etag=None, last_modified=None)
    feed: room.ParsedFeed | None = None
    outcome: room.Retrieved | SyndicateError
    try:
        result, outcome, feed = _pull(shop, source, ask)
    except SyndicateError as error:
        result, outcome = SourceResult(source.id, "failed", error=str(error)), error
    except Exception as error:  # one source's surprise must not stop the others
        result = SourceResult(source.id, "failed", error=f"{source.url}: this should not have happened: {error!r}")
        outcome = SyndicateError(str(error))
    after = room.after(state, outcome, now, shop.site.politeness, ttl=feed.ttl if feed else None)
    succeeded = now if result.status != "failed" else (row.succeeded if row else None)
    learned = published.SourceRow(source.id, asdict(after), now, succeeded, result.error)
    if shop.memory:
        shop.memory.keep(learned)
    else:
        with shop.store.write() as connection:
            published.save_source(connection, learned)
    if isinstance(outcome, Gone):
        result = replace(
            result, error=f"{result.error} It will not be asked again until its url in feeds/sources.toml changes."
        )
    return result, feed


def _pull(shop: Workshop, source: Source, ask: room.Ask) -> tuple[SourceResult, room.Retrieved, room.ParsedFeed | None]:
    retrieved = shop.fetcher.get(
        ask.url, etag=ask.etag, last_modified=ask.last_modified, allow_private=source.allow_private, accept=room.FEED
    )
    if retrieved.status == 304:
        return SourceResult(source.id, "unchanged"), retrieved, None
    feed = room.parse(retrieved.body, content_type=retrieved.content_type, url=retrieved.final_url, now=shop.now())
    haul = Haul()
    take(shop, source, feed, PageReader(shop, source), haul)
    if haul.owed:  # without validators the next answer cannot be 304, which would hide the posts whose pages are owed
        retrieved = replace(retrieved, etag=None, last_modified=None)
    return result_of(source, haul, pages=1), retrieved, feed


def take(shop: Workshop, source: Source, feed: room.ParsedFeed, reader: PageReader, haul: Haul) -> None:
    """Store what is new or changed among a feed's entries, a few at a time, and count it in the haul."""
    haul.notes += feed.notes
    haul.counts["lost"] += feed.lost
    candidates = _match(shop, source, feed.entries, feed.link, haul)
    todo = [one for one in candidates if one.known is None or one.known.digest != one.digest]
    if haul.frozen:
        todo = [one for one in todo if one.known is None or _amends(one.entry, one.known)]
    haul.counts["unchanged"] += len(candidates) - len(todo)
    todo = _corrected(shop, todo)
    made: list[posts.Record] = []
    for one in todo:
        record = _make(shop, source, reader, one, haul)
        made += [record] if record else []
        if len(made) == CHUNK or reader.asked == PAGES:
            _store(shop, source, made, haul)
            made, reader.asked = [], 0
    _store(shop, source, made, haul)


def result_of(source: Source, haul: Haul, *, pages: int, error: str | None = None) -> SourceResult:
    """What a haul came to."""
    counts = haul.counts
    status: Literal["ok", "unchanged", "failed"] = "ok" if counts["new"] or counts["changed"] else "unchanged"
    return SourceResult(
        source.id, "failed" if error else status, counts["new"], counts["changed"], counts["unchanged"], error,
        counts["lost"], tuple(dict.fromkeys(haul.notes)), pages,
    )  # fmt: skip


def _amends(entry: Entry, known: posts.Known) -> bool:
    """Whether an archive's entry says something later than the post that is stored; else it tells what once stood there."""
    return known.digest.endswith(INCOMPLETE) or (entry.updated is not None and entry.updated > known.updated)


# ---------------------------------------------------------------- which entry is which post


def _match(shop: Workshop, source: Source, entries: Iterable[Entry], home: str | None, haul: Haul) -> list[Candidate]:
    """Each entry with the stored post that it is; without those that were withdrawn."""
    found = [candidate(source, entry) for entry in entries]
    with shop.store.read() as connection:
        known = posts.known(
            connection, source.id, {one.identity for one in found}, {one.link_key for one in found if one.link_key}
        )
        fallen, keys = shop.fallen.of(connection)
    ids = fallen | {one.id for one in known if one.withdrawn}
    front = room.link_key(home) if home else None  # a link to the blog's front page names no post
    standing = [
        one
        for one in pair(found, known, front, haul.elsewhere)
        if one.id not in ids
        and not keys.intersection(
            marks(shop.ring, source.id, one.identity, one.link_key if one.link_key != front else None)
        )
    ]
    return _once(standing, haul)


def _corrected(shop: Workshop, todo: Sequence[Candidate]) -> list[Candidate]:
    """Each entry with what the operator said about its post."""
    if not (known := [one.id for one in todo if one.known]):
        return [*todo]
    with shop.store.read() as connection:
        said = corrections.of(connection, known)
    return [replace(one, corrections=tuple(said.get(one.id, ()))) for one in todo]


def _once(candidates: Iterable[Candidate], haul: Haul) -> list[Candidate]:
    """One entry for each post, the first: twins may differ in scheme, www or tracking parameters only."""
    kept: dict[str, Candidate] = {}
    for one in candidates:
        if kept.setdefault(one.id, one) is not one:
            haul.notes.append(f"{_name(one.entry)}: stands twice in the feed; the first entry was kept.")
    return list(kept.values())


# ---------------------------------------------------------------- making posts


class PageReader:
    """Fetches the posts' own pages where the feed has only teasers; after one failed connection no more of that host.

    `owed` tells that some page did not come, and may come another time; `asked` counts pages.
    """

    def __init__(self, shop: Workshop, source: Source) -> None:
        self.shop, self.source = shop, source
        self.unreachable = self.owed = False
        self.asked = 0

    def whole(self, entry: Entry) -> tuple[Entry, str | None]:
        """The entry with its page's article if the feed has only a teaser; and what went wrong, if it did."""
        teaser = room.is_teaser(entry, self.source.content)
        if not teaser or not entry.url:
            return entry, None
        if self.unreachable:
            return (
                entry,
                "its page was not asked for: the host did not answer, or asked for a pause, earlier in this run",
            )
        self.asked += 1
        try:
            page = self.shop.fetcher.get(entry.url, allow_private=self.source.allow_private, accept=room.PAGE)
            article = room.article(
                page.body, content_type=page.content_type, url=page.final_url, selector=self.source.selector
            )
        except SyndicateError as error:
            if isinstance(error, FetchError) and not isinstance(error, Refused):
                self.owed |= error.status is None or error.status >= 500 or error.status in BUSY
                self.unreachable = not error.connected or error.status in BUSY
            return entry, str(error)
        return room.with_article(entry, article), None


def _make(shop: Workshop, source: Source, reader: PageReader, one: Candidate, haul: Haul) -> posts.Record | None:
    """The post that an entry becomes, or None (with a note) where nothing can be made of it."""
    name, known = _name(one.entry), one.known
    from syndicate import markup

    try:
        shop.checkpoint()
        entry, trouble = reader.whole(one.entry)
        haul.owed = reader.owed
        if trouble and known and not known.digest.endswith(INCOMPLETE):
            # A teaser must not replace the whole text that is there.
            haul.notes.append(f"{name}: changed, but its page did not come, so the text from before stands: {trouble}")
            haul.counts["unchanged"] += 1
            return None
        digest = one.digest
        if trouble:
            entry = replace(entry, notes=(*entry.notes, f"Only the teaser is here: {trouble}"))
            digest += INCOMPLETE
        post = _post(shop, source, entry, one, haul.undated)
        haul.notes += [f"{name}: {note}" for note in post.notes if note in entry.notes or note.startswith(LOST)]
        return posts.Record(
            post, one.identity, one.link_key, digest, markup.working(entry.html, entry.url or ""), entry.categories,
            known.first_seen if known else shop.now(),
        )  # fmt: skip
    except SyndicateError as error:
        haul.notes.append(f"{name}: left out: {error}")
    except Exception as error:  # one entry's surprise must not stop the others
        haul.notes.append(f"{name}: left out: this should not have happened: {error!r}")
    haul.counts["lost"] += 1
    return None


def _name(entry: Entry) -> str:
    """What the operator knows an entry by."""
    return entry.title or entry.url or entry.guid or "an entry without a title"


INCOMPLETE = "+page"
"""Ends the digest of a post whose page is still owed, so that the next pull asks for it again."""

BUSY = (408, 425, 429, 503)
"""What a server says that wants to be asked another time."""


def _post(shop: Workshop, source: Source, entry: Entry, one: Candidate, undated: datetime | None) -> Post:
    site, now, known = shop.site, shop.now(), one.known
    from syndicate.enrich import amending, enrich  # late: most runs find nothing new

    found = enrich(
        entry,
        languages=source.languages or site.languages,
        partners=site.partners,
        hashtags=site.hashtags,
        scores=shop.scores,
        corrections=amending.standing(one.corrections, one.digest),
    )
    author = entry.author or (source.authors[0] if len(source.authors) == 1 else None)
    moment = entry.published or (known.published if known else undated or now)
    updated = max(now, known.updated) if known else moment
    return Post(
        id=one.id, source=source.id, guid=entry.guid, url=entry.url, title=entry.title, author=author,
        published=moment, updated=updated, year=known.year if known else moment.year,
        versions=found.versions, partners=found.partners, hashtags=found.hashtags, links=found.links, picture=found.picture,
        blocks=found.blocks, margin=found.margin, unsure=found.unsure, notes=(*entry.notes, *found.notes),
    )  # fmt: skip


def _store(shop: Workshop, source: Source, records: Sequence[posts.Record], haul: Haul) -> None:
    """Store a few posts, looking once more at what is there: another pull may have been quicker, or one was withdrawn."""
    if not records:
        return
    with shop.store.write() as connection:
        ids = {record.post.id for record in records}
        there = {one.id: one for one in posts.known(connection, source.id, {record.identity for record in records}, ())}
        there |= {one.id: one for one in posts.known_by_id(connection, ids)}
        taken_back = withdrawn.everything(connection, ids)
        whole = {one.post for one in taken_back if not one.language} | {
            one.id for one in there.values() if one.withdrawn
        }
        keep = [withdrawn.without(record, taken_back) for record in records if record.post.id not in whole]
        todo = [
            record for record in keep if record.post.id not in there or there[record.post.id].digest != record.digest
        ]
        posts.save(connection, todo)
        if haul.history:
            old = [r.post.id for r in todo if r.post.id not in there and r.post.published < haul.history]
            haul.counts["history"] += editions.pass_over(connection, [one.id for one in shop.site.lists], old, HISTORY)
    for record in keep:
        haul.counts["new" if record.post.id not in there else "changed" if record in todo else "unchanged"] += 1
