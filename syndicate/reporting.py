"""The hall: a report about a stretch of time: posts, partners, hashtags, lists, editions, feeds. Nobody can be known by it.

store → facts of posts, the consent log, the ledger ─figures (nothing under five)→ Report ─operate.report→ the page's values
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from syndicate.deliver import ledger as rules
from syndicate.errors import UsageError
from syndicate.membership import all_feeds
from syndicate.models import Edition, Partner, Post, Site
from syndicate.operate import figures
from syndicate.operate.report import EditionTold, FeedTold, ListTold, Named, Report, Series
from syndicate.selection import Facts
from syndicate.store import Connection, Store, editions, facts, ledger, posts, statistics, tags

YEAR = 11
"""Without --from, a report begins so many months before the one that it ends in."""


def period(site: Site, now: datetime, first: date | None, last: date | None) -> tuple[date, date]:
    """The days that a report is about; raises UsageError for one that ends before it begins."""
    today = now.astimezone(ZoneInfo(site.timezone)).date()
    last = last or today
    if first is None:
        month = last.year * 12 + last.month - 1 - YEAR
        first = date(month // 12, month % 12 + 1, 1)
    if first > last:
        raise UsageError(f"A report from {first} to {last} would end before it begins: exchange --from and --to.")
    return first, last


def partner_called(site: Site, id: str) -> Partner:
    """The partner with this id; raises UsageError with those that there are."""
    found = next((one for one in site.partners if one.id == id), None)
    if found is None:
        names = ", ".join(one.id for one in site.partners)
        raise UsageError(f"There is no partner {id!r} in feeds/partners.toml. There are: {names or 'none yet'}.")
    return found


def gather(site: Site, store: Store, now: datetime, first: date, last: date, partner: Partner | None = None) -> Report:
    """All figures of a period (both days are in it); with a partner, those of the posts that name it."""
    zone = ZoneInfo(site.timezone)
    by = figures.by(first, last)
    begins = [*figures.steps(first, last, by)]
    with store.read() as connection:
        told = [
            one for one in _facts(connection, zone, first, last) if partner is None or partner.id in one[1].partners
        ]
        ids = [one.id for _, one in sorted(told, key=lambda each: (each[1].published, each[1].id), reverse=True)]
        displays = tags.counts(connection)
        its = [*_editions(site, connection, zone, first, last, {*ids} if partner else None)]
        lists = [] if partner else [*_lists(site, connection, zone, now, first, last)]
        feeds = [*_feeds(site, connection, partner)]
        named = [_named(site, post, partner) for post in posts.load(connection, ids)] if partner else []
    days = [day for day, _ in told]
    return Report(
        first, last, by, tuple(begins), tuple(figures.counted(days, begins, by)), len(told),
        languages=_series(
            [(code, [day for day, one in told if code in one.languages]) for code in site.languages], begins, by
        ),
        both=sum(len(one.languages & {*site.languages}) > 1 for _, one in told),
        partners=_partners(site, told, begins, by, partner),
        hashtags=_hashtags(site, told, displays),
        lists=tuple(lists), editions=tuple(its), feeds=tuple(feeds), partner=partner, named=tuple(named),
    )  # fmt: skip


Told = Sequence[tuple[date, Facts]]


def _facts(connection: Connection, zone: ZoneInfo, first: date, last: date) -> Iterator[tuple[date, Facts]]:
    """The posts that are shown, of the period, with the day that they came out."""
    for one in facts.newest(connection):
        day = datetime.fromtimestamp(one.published, UTC).astimezone(zone).date()
        if day < first:
            return
        if day <= last:
            yield day, one


def _series(found: Sequence[tuple[str, Sequence[date]]], begins: Sequence[date], by: figures.By) -> tuple[Series, ...]:
    return tuple(Series(id, id, tuple(figures.counted(days, begins, by)), len(days)) for id, days in found)


def _partners(
    site: Site, told: Told, begins: Sequence[date], by: figures.By, but: Partner | None
) -> tuple[Series, ...]:
    """Every partner that is named, the most named first; with a partner's report, those named beside it."""
    names = {one.id: one.name for one in site.partners if one.id != (but.id if but else "")}
    days = {id: [day for day, one in told if id in one.partners] for id in names}
    found = [
        Series(id, names[id], tuple(figures.counted(some, begins, by)), len(some)) for id, some in days.items() if some
    ]
    return tuple(sorted(found, key=lambda one: (-one.total, one.name)))


def _hashtags(site: Site, told: Told, displays: dict[str, tuple[str, int]]) -> tuple[tuple[str, str, int], ...]:
    ignored = {rule.key for rule in site.hashtags if rule.ignore}
    counts = Counter(key for _, one in told for key in one.hashtags if key not in ignored)
    return tuple((key, displays.get(key, (key, 0))[0], count) for key, count in counts.most_common())


def _lists(
    site: Site, connection: Connection, zone: ZoneInfo, now: datetime, first: date, last: date
) -> Iterator[ListTold]:
    """Each list's people who came and went, in spans that do not depend on the period."""
    until = now.astimezone(zone).date().replace(day=1)  # the month that is not over is never told
    for one in site.lists:
        begin = statistics.beginning(connection, one.id)
        if begin is None:
            yield ListTold(one.id, one.titles, (), ())
            continue
        month = begin.astimezone(zone).date().replace(day=1)
        joined, left = (
            figures.inside(figures.spans(_months(connection, zone, one.id, events), month, until), first, last)
            for events in (statistics.JOINED, statistics.LEFT)
        )
        yield ListTold(one.id, one.titles, tuple(joined), tuple(left))


def _months(connection: Connection, zone: ZoneInfo, list: str, events: Sequence[str]) -> Iterator[tuple[date, str]]:
    for at, hashed in statistics.happened(connection, list, events):
        yield at.astimezone(zone).date().replace(day=1), hashed


def _editions(
    site: Site, connection: Connection, zone: ZoneInfo, first: date, last: date, only: set[str] | None
) -> Iterator[EditionTold]:
    """What became of the editions of the period, the oldest first; `only` those with one of these posts in them."""
    for one in reversed(editions.newest(connection, limit=10_000)):
        day = _left(one).astimezone(zone).date()
        if not first <= day <= last or (only is not None and not only.intersection(one.posts)):
            continue
        states = ledger.tally(connection, one.id)
        if states:
            sums = rules.tally(states)
            yield EditionTold(
                one.id, one.list, day, figures.fives(sums.sent), figures.fives(sums.failed),
                figures.fives(sums.waiting + sums.unsure), figures.fives(sums.left_out),
            )  # fmt: skip


def _left(one: Edition) -> datetime:
    return one.send_at or one.approved or one.created


def _feeds(site: Site, connection: Connection, partner: Partner | None) -> Iterator[FeedTold]:
    """The feeds with what they hold, the largest first; of a partner's report those of the partner."""
    feeds = [one for one in all_feeds(site, connection) if partner is None or one.partner == partner.id]
    sizes = statistics.sizes(connection)
    told = [FeedTold(one.slug, one.titles, sizes.get(one.slug, 0)) for one in feeds]
    yield from sorted(told, key=lambda one: (-one.posts, one.slug))


def _named(site: Site, post: Post, partner: Partner | None) -> Named:
    """A post with its titles, and for each language the sentence that names the partner."""
    mine = [one for mention in post.partners if partner and mention.id == partner.id for one in mention.evidence]
    found = {one.language: one.sentence for one in reversed(mine) if one.sentence}
    sentences = {code: found[code] for code in (*site.languages, *found) if code in found}
    titles = {one.language: one.title for one in post.versions if one.language in site.languages}
    return Named(post.id, post.published, post.url or "", titles, sentences)
