"""A report as a page and as JSON: what was counted, put into words, charts and tables. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from syndicate.models import Partner, Site
from syndicate.operate import charts
from syndicate.operate.figures import FEWEST, By, Span, following

MOST_PARTNERS, MOST_HASHTAGS, MOST_EDITIONS, MOST_FEEDS = 8, 12, 14, 16
"""How many rows a chart shows; tables and JSON have all."""


@dataclass(frozen=True, slots=True)
class Series:
    """One thing over time: how many posts in each step, and in all."""

    id: str
    name: str
    values: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ListTold:
    """Who came to a list and who left it, in spans of five people or more."""

    id: str
    titles: Mapping[str, str]
    joined: tuple[Span, ...]
    left: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class EditionTold:
    """What became of an edition's copies, in fives rounded down; None: fewer than five."""

    id: str
    list: str
    day: date
    sent: int | None
    failed: int | None
    open: int | None
    left_out: int | None


@dataclass(frozen=True, slots=True)
class FeedTold:
    """How many posts a feed holds."""

    slug: str
    titles: Mapping[str, str]
    posts: int


@dataclass(frozen=True, slots=True)
class Named:
    """A post that names the report's partner: titles and sentences per language."""

    id: str
    published: datetime
    url: str
    titles: Mapping[str, str]
    sentences: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report tells of a period; `partner` and `named` are of a partner's report."""

    first: date
    last: date
    by: By
    begins: tuple[date, ...]
    posts: tuple[int, ...]
    total: int
    languages: tuple[Series, ...] = ()
    both: int = 0
    partners: tuple[Series, ...] = ()
    hashtags: tuple[tuple[str, str, int], ...] = ()
    lists: tuple[ListTold, ...] = ()
    editions: tuple[EditionTold, ...] = ()
    feeds: tuple[FeedTold, ...] = ()
    partner: Partner | None = None
    named: tuple[Named, ...] = ()


class Writer(Protocol):
    """What the word book has beside `say`: numbers and steps of time in a language."""

    def say(self, language: str, key: str, /, **values: object) -> str:
        """A string of the words files."""
        ...

    def number(self, language: str, value: int) -> str:
        """A number with the language's separators."""
        ...

    def step(self, language: str, day: date, by: str, *, short: bool = False) -> str:
        """A week, month or year that begins with `day`."""
        ...

    def day(self, language: str, day: date) -> str:
        """A day, written out."""
        ...

    def language_name(self, code: str, language: str) -> str:
        """What a language is called in another."""
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of a chart: heads of columns, and rows of cells."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page: its id, heading, a sentence, the chart, what its colours mean, and its table."""

    id: str
    title: str
    said: str
    chart: str
    keys: tuple[str, ...]
    table: Table
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """A large number with what it counts."""

    number: str
    what: str


@dataclass(frozen=True, slots=True)
class Page:
    """What the template of a report is filled with."""

    parts: tuple[Part, ...]
    tiles: tuple[Tile, ...]
    steps: tuple[charts.Step, ...] = field(default=())


def page(report: Report, site: Site, words: Writer, language: str) -> Page:
    """A report in a language: its tiles, and its parts that have anything to show."""
    pen = _Pen(report, site, words, language)
    return Page(tuple(pen.parts()), tuple(pen.tiles()))


@dataclass(frozen=True)
class _Pen:
    """Writes one report in one language."""

    report: Report
    site: Site
    words: Writer
    language: str

    def say(self, key: str, **values: object) -> str:
        return self.words.say(self.language, f"report.{key}", **values)

    def number(self, value: int) -> str:
        return self.words.number(self.language, value)

    def few(self, value: int | None) -> str:
        return self.say("few", count=FEWEST) if value is None else self.number(value)

    def title(self, titles: Mapping[str, str], other: str) -> str:
        return titles.get(self.language) or next(iter(titles.values()), other)

    def partner(self, id: str, name: str) -> str:
        return next((one.name_in(self.language) for one in self.site.partners if one.id == id), name)

    @property
    def times(self) -> list[str]:
        return [self.words.step(self.language, day, self.report.by) for day in self.report.begins]

    @property
    def axis(self) -> list[charts.Step]:
        by = self.report.by
        return [
            charts.Step(self.words.step(self.language, day, by, short=True), "" if by == "year" else str(day.year))
            for day in self.report.begins
        ]

    # ------------------------------------------------------------ numbers

    def tiles(self) -> Iterator[Tile]:
        report = self.report
        yield Tile(self.number(report.total), self.say("tile_posts", count=report.total))
        yield Tile(self.number(report.both), self.say("tile_both"))
        if report.partners:
            yield Tile(
                self.number(len(report.partners)), self.say("tile_beside" if report.partner else "tile_partners")
            )
        if report.editions:
            yield Tile(self.number(len(report.editions)), self.say("tile_editions", count=len(report.editions)))
            if mails := sum(one.sent or 0 for one in report.editions):
                yield Tile(self.number(mails), self.say("tile_mails"))

    # ------------------------------------------------------------ parts

    def parts(self) -> Iterator[Part]:
        for part in (
            self._posts(),
            self._partners(),
            self._hashtags(),
            *self._lists(),
            self._editions(),
            self._feeds(),
        ):
            if part is not None:
                yield part

    def _posts(self) -> Part | None:
        report = self.report
        if not report.total:
            return None
        names = [self.words.language_name(one.id, self.language) for one in report.languages]
        said = self.say("posts_said", posts=self.number(report.total), both=self.number(report.both))
        told = charts.Told("posts", self.say("posts"), said)
        series = [(name, one.values) for name, one in zip(names, report.languages, strict=True)]
        rows = [
            (time, self.number(report.posts[n]), *(self.number(one.values[n]) for one in report.languages))
            for n, time in enumerate(self.times)
        ]
        table = Table((self.say(report.by), self.say("all_posts"), *names), tuple(rows))
        return Part(
            "posts", told.title, said, charts.columns(told, self.axis, series, self.number), tuple(names), table
        )

    def _partners(self) -> Part | None:
        found = [(self.partner(one.id, one.name), one) for one in self.report.partners]
        if not found:
            return None
        key = "beside" if self.report.partner else "partners"
        said = self.say(f"{key}_said", name=found[0][0], count=found[0][1].total)
        told = charts.Told("partners", self.say(key), said)
        shown = [(name, one.values) for name, one in found[:MOST_PARTNERS]]
        table = self._over_time([(name, one) for name, one in found], self.say("partner"))
        note = self.say("more_in_table") if len(found) > MOST_PARTNERS else ""
        return Part("partners", told.title, said, charts.dots(told, self.axis, shown, self.number), (), table, note)

    def _over_time(self, found: Sequence[tuple[str, Series]], head: str) -> Table:
        rows = [(name, self.number(one.total), *map(self.number, one.values)) for name, one in found]
        return Table((head, self.say("all_posts"), *self.times), tuple(rows))

    def _hashtags(self) -> Part | None:
        found = [(f"#{shown}", count) for _, shown, count in self.report.hashtags]
        if not found:
            return None
        said = self.say("hashtags_said", name=found[0][0], count=found[0][1])
        told = charts.Told("hashtags", self.say("hashtags"), said)
        table = Table(
            (self.say("hashtag"), self.say("all_posts")), tuple((name, self.number(count)) for name, count in found)
        )
        note = self.say("more_in_table") if len(found) > MOST_HASHTAGS else ""
        return Part(
            "hashtags", told.title, said, charts.bars(told, found[:MOST_HASHTAGS], self.number), (), table, note
        )

    def _lists(self) -> Iterator[Part]:
        for one in self.report.lists:
            title = self.say("list", list=self.title(one.titles, one.id))
            if not one.joined and not one.left:
                yield Part(f"list-{one.id}", title, self.say("list_none", count=FEWEST), "", (), Table((), ()))
                continue
            came, went = sum(each.people for each in one.joined), sum(each.people for each in one.left)
            said = self.say("list_said", came=self.number(came), went=self.few(went or None))
            told = charts.Told(f"list-{one.id}", title, said)
            months = [*_months(one.joined + one.left)]
            axis = [
                charts.Step(self.words.step(self.language, day, "month", short=True), str(day.year)) for day in months
            ]
            blocks = [
                [charts.Block(months.index(each.first), months.index(each.last), each.people) for each in some]
                for some in (one.joined, one.left)
            ]
            keys = (self.say("joined"), self.say("left"))
            drawn = charts.flows(told, axis, blocks[0], blocks[1], self.number)
            yield Part(told.id, title, said, drawn, keys, self._people(one, keys), self.say("list_note", count=FEWEST))

    def _people(self, one: ListTold, keys: tuple[str, str]) -> Table:
        rows = [
            (self._span(each), key, self.number(each.people))
            for key, some in zip(keys, (one.joined, one.left), strict=True)
            for each in some
        ]
        return Table((self.say("time"), self.say("what"), self.say("people")), tuple(rows))

    def _span(self, span: Span) -> str:
        first, last = (self.words.step(self.language, day, "month") for day in (span.first, span.last))
        return first if span.first == span.last else f"{first} – {last}"

    def _editions(self) -> Part | None:
        found = self.report.editions
        if not found:
            return None
        keys = tuple(self.say(f"edition_{key}") for key in ("sent", "failed", "open", "left_out"))
        said = self.say("editions_said", count=len(found))
        told = charts.Told("editions", self.say("editions"), said)
        rows = [
            (
                f"{one.id} · {self.words.step(self.language, one.day, 'week', short=True)}",
                [each or 0 for each in _parts(one)],
            )
            for one in found
        ]
        cells = [(one.id, self.words.day(self.language, one.day), *map(self.few, _parts(one))) for one in found]
        table = Table((self.say("edition"), self.say("day"), *keys), tuple(cells))
        drawn = charts.shares(told, rows[-MOST_EDITIONS:], self.number)
        return Part("editions", told.title, said, drawn, keys, table, self.say("editions_note", count=FEWEST))

    def _feeds(self) -> Part | None:
        found = [(self.title(one.titles, one.slug), one.posts) for one in self.report.feeds if one.posts]
        if not found:
            return None
        said = self.say("feeds_said", count=len(found), name=found[0][0], posts=self.number(found[0][1]))
        told = charts.Told("feeds", self.say("feeds"), said)
        table = Table(
            (self.say("feed"), self.say("all_posts")), tuple((name, self.number(count)) for name, count in found)
        )
        note = self.say("more_in_table") if len(found) > MOST_FEEDS else ""
        return Part("feeds", told.title, said, charts.bars(told, found[:MOST_FEEDS], self.number), (), table, note)


def _parts(one: EditionTold) -> tuple[int | None, int | None, int | None, int | None]:
    return one.sent, one.failed, one.open, one.left_out


def _months(spans: Sequence[Span]) -> Iterator[date]:
    """Every month from the first span's to the last one's."""
    here, last = min(one.first for one in spans), max(one.last for one in spans)
    while here <= last:
        yield here
        here = following(here, "month")


# ---------------------------------------------------------------- as JSON


def shape(report: Report) -> dict[str, Any]:
    """The report as `--json` prints it: the same figures, None for fewer than five people."""
    steps = [
        {
            "begins": day.isoformat(),
            "posts": report.posts[n],
            "languages": {one.id: one.values[n] for one in report.languages},
        }
        for n, day in enumerate(report.begins)
    ]
    return {
        "from": report.first.isoformat(), "to": report.last.isoformat(), "by": report.by,
        "partner": report.partner.id if report.partner else None,
        "posts": {"total": report.total, "both": report.both, "languages": {one.id: one.total for one in report.languages},
                  "periods": steps},
        "partners": [{"id": one.id, "name": one.name, "posts": one.total, "periods": [*one.values]} for one in report.partners],
        "hashtags": [{"key": key, "display": shown, "posts": count} for key, shown, count in report.hashtags],
        "lists": [{"id": one.id, "joined": _shapes(one.joined), "left": _shapes(one.left)} for one in report.lists],
        "editions": [
            {"id": one.id, "list": one.list, "day": one.day.isoformat(), "sent": one.sent, "failed": one.failed,
             "open": one.open, "left_out": one.left_out}
            for one in report.editions
        ],
        "feeds": [{"slug": one.slug, "posts": one.posts} for one in report.feeds],
        "named": [
            {"id": one.id, "published": one.published, "url": one.url, "titles": {**one.titles}, "sentences": {**one.sentences}}
            for one in report.named
        ],
        "fewest": FEWEST,
    }  # fmt: skip


def _shapes(spans: Sequence[Span]) -> list[dict[str, Any]]:
    return [
        {"from": one.first.isoformat(), "to": one.last.isoformat(), "people": one.people} for one in spans
    ]  # both are the first days of months
