"""A channel as RSS 2.0, Atom 1.0 and JSON Feed 1.1: bytes that depend on nothing else.

feedgen writes the frame; what it cannot say, or says with the clock of the machine, stands in two extensions of ours.
It is imported late: a run with nothing to publish does not pay for it.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import Any

from syndicate.models import Picture
from syndicate.publish.items import Channel, Item

RSS = "application/rss+xml"
ATOM = "application/atom+xml"
JSON = "application/feed+json"

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_MEDIA = "http://search.yahoo.com/mrss/"
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_HISTORY = "http://purl.org/syndication/history/1.0"


# ---------------------------------------------------------------- the parts that every format shares


def content(item: Item) -> str:
    """The whole text of an item as HTML: one version as it is, several as sections with a language and a heading each."""
    if len(item.sections) == 1:
        return item.sections[0].html
    return "\n".join(
        f'<section lang="{escape(part.language)}"><h2>{escape(part.title)}</h2>\n{part.html}</section>'
        for part in item.sections
    )


def summary(item: Item) -> str:
    """The summary of an item as plain text, its languages parted by an empty line."""
    return "\n\n".join(part.summary for part in item.sections if part.summary)


def _summary_html(item: Item) -> str:
    if len(item.sections) == 1:
        return escape(item.sections[0].summary, quote=False)
    parts = (part for part in item.sections if part.summary)
    return "".join(f'<p lang="{escape(part.language)}">{escape(part.summary, quote=False)}</p>' for part in parts)


def _apart(moment: datetime, id: str) -> datetime:
    """The moment with microseconds that stand for the item.

    Posts pulled together share their second, and the W3C validator warns of entries updated at the same moment. The
    fraction comes from the id, so that it is the same in every feed and for ever.
    """
    return moment.replace(microsecond=0) + timedelta(microseconds=zlib.crc32(id.encode()) % 1_000_000)


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _updated(channel: Channel) -> datetime:
    stamps = [_apart(item.updated, item.id) for item in channel.items]
    return max([*stamps, *(tomb.when for tomb in channel.tombstones)], default=channel.updated)


# ---------------------------------------------------------------- RSS 2.0


def rss(channel: Channel) -> bytes:
    """The channel as RSS 2.0 (rssboard.org/rss-specification), UTF-8."""
    feed = _generator(_RssChannel, _RssItem)
    feed.syndicate.channel = channel
    feed.title(_untagged(channel.title))
    feed.description(escape(channel.description, quote=False))
    feed.link(href=f"{channel.folder}rss.xml", rel="self", type=RSS)
    feed.link(href=channel.home, rel="alternate")
    feed.language(channel.language)
    feed.ttl(60)
    feed.updated(channel.updated.replace(microsecond=0))
    for item in channel.items:
        entry = feed.add_entry(order="append")
        entry.syndicate.item = item
        entry.title(_untagged(item.title))
        entry.guid(item.id, permalink=False)
        if item.url:
            entry.link(href=item.url)
        if told := _summary_html(item):
            entry.description(told)
        entry.content(content(item) or told or escape(item.title))
    return _numeric(feed.rss_str(pretty=True))


def _untagged(text: str) -> str:
    # Where a format cannot say that a name is text, readers take "<b" for markup and drop it: it is spelled otherwise.
    return re.sub("<(?=[/!?A-Za-z])", "‹", text)


def _numeric(document: bytes) -> bytes:
    """Write & and < in plain-text elements as the RSS Best Practices Profile asks: as character references.

    lxml always escapes < in text, so that the pattern finds whole elements only.
    """

    def rewritten(found: re.Match[bytes]) -> bytes:
        return found[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")

    return re.sub(rb"<(?:title|category|source|dc:creator)\b[^>]*>[^<]*</", rewritten, document)


@dataclass
class _RssChannel:
    channel: Channel | None = None

    def extend_ns(self) -> dict[str, str]:
        return {"dc": _DC, "media": _MEDIA, **_history_of(self.channel)}

    def extend_rss(self, feed: Any) -> Any:
        if self.channel:
            for language, folder in _hreflangs(self.channel).items():
                link = {"rel": "alternate", "type": RSS, "hreflang": language}
                _add(feed[0], f"{{{_ATOM}}}link", href=f"{folder}rss.xml", **link)
            if self.channel.hub:
                _add(feed[0], f"{{{_ATOM}}}link", href=self.channel.hub, rel="hub")
            _lead(feed[0], self.channel, f"{{{_ATOM}}}link", "rss.xml", RSS)
        return feed


@dataclass
class _RssItem:
    item: Item | None = None

    def extend_rss(self, entry: Any) -> Any:
        item = self.item
        if item:
            entry.set(_XML_LANG, item.language)
            _add(entry, f"{{{_DC}}}creator", _untagged(item.author))
            _add(entry, "pubDate", format_datetime(item.published, usegmt=True))
            for category in item.categories:
                _add(entry, "category", _untagged(category.label), domain=category.scheme)
            if item.source:
                _add(entry, "source", _untagged(item.source[0]), url=item.source[1])
            if item.picture:
                _rss_picture(entry, item.picture)
        return entry


def _rss_picture(entry: Any, picture: Picture) -> None:
    # An enclosure must say its type; "0" is what RSS readers expect for a length that nobody knows.
    if picture.media_type:
        _add(entry, "enclosure", url=picture.url, length=str(picture.length or 0), type=picture.media_type)
    else:
        _add(entry, f"{{{_MEDIA}}}content", url=picture.url, medium="image")


# ---------------------------------------------------------------- Atom 1.0


def atom(channel: Channel) -> bytes:
    """The channel as Atom 1.0 (RFC 4287) with tombstones (RFC 6721), UTF-8."""
    feed = _generator(_AtomFeed, _AtomEntry)
    feed.syndicate.channel = channel
    feed.id(channel.id)
    feed.title(channel.title)
    feed.subtitle(channel.description)
    feed.author(name=_untagged(channel.author))
    feed.updated(_updated(channel))
    feed.link(href=f"{channel.folder}atom.xml", rel="self", type=ATOM)
    feed.link(href=channel.home, rel="alternate", type="text/html", hreflang=channel.language)
    for item in channel.items:
        entry = feed.add_entry(order="append")
        entry.syndicate.item = item
        entry.id(item.id)
        entry.title(item.title)
        entry.author(name=_untagged(item.author))
        entry.published(item.published.replace(microsecond=0))
        entry.updated(_apart(item.updated, item.id))
        entry.content(content(item) or escape(item.title), type="html")
        if told := _summary_html(item):
            entry.summary(told, type="html")
    written: bytes = feed.atom_str(pretty=True)
    return written


@dataclass
class _AtomFeed:
    channel: Channel | None = None

    def extend_ns(self) -> dict[str, str]:
        stones = {"at": _TOMBSTONES} if self.channel and self.channel.tombstones else {}
        return stones | _history_of(self.channel)

    def extend_atom(self, feed: Any) -> Any:
        channel = self.channel
        if channel:
            feed.set(_XML_LANG, channel.language)
            _as_html(feed, "title", "subtitle")
            for language, folder in _hreflangs(channel).items():
                link = {"rel": "alternate", "type": ATOM, "hreflang": language}
                _add(feed, "link", href=f"{folder}atom.xml", **link)
            if channel.hub:
                _add(feed, "link", href=channel.hub, rel="hub")
            _lead(feed, channel, "link", "atom.xml", ATOM)
            for tomb in channel.tombstones:
                _add(feed, f"{{{_TOMBSTONES}}}deleted-entry", ref=tomb.id, when=_rfc3339(tomb.when))
        return feed


@dataclass
class _AtomEntry:
    item: Item | None = None

    def extend_atom(self, entry: Any) -> Any:
        item = self.item
        if item:
            entry.set(_XML_LANG, item.language)
            _as_html(entry, "title")
            if item.url:
                _add(entry, "link", rel="alternate", type="text/html", hreflang=item.language, href=item.url)
            if item.picture:
                _atom_picture(entry, item.picture)
            for category in item.categories:
                _add(entry, "category", term=category.term, scheme=category.scheme, label=_untagged(category.label))
            if item.source:
                _atom_source(entry, item, *item.source)
        return entry


def _as_html(element: Any, *names: str) -> None:
    # Text with < or & in it is told as HTML: readers that take every title for markup then show it whole.
    for found in (element.find(name) for name in names):
        if found is not None and re.search("[<&]", found.text or ""):
            found.text = escape(found.text, quote=False)
            found.set("type", "html")


def _atom_picture(entry: Any, picture: Picture) -> None:
    told = {
        "type": picture.media_type,
        "length": str(picture.length or "") or None,
        "title": _untagged(picture.alt) or None,
    }
    _add(entry, "link", rel="enclosure", href=picture.url, **{key: value for key, value in told.items() if value})


def _atom_source(entry: Any, item: Item, title: str, address: str) -> None:
    source = _add(entry, "source")
    _add(source, "id", address)
    _add(source, "title", title)
    _as_html(source, "title")
    _add(source, "updated", _rfc3339(item.updated.replace(microsecond=0)))
    _add(source, "link", rel="self", href=address)


# ---------------------------------------------------------------- JSON Feed 1.1


def json_feed(channel: Channel) -> bytes:
    """The channel as JSON Feed 1.1 (jsonfeed.org/version/1.1), UTF-8.

    `_alternates` holds the same feed in other languages. An item's `_source` says which blog it came from, its
    `_partners` in which sentence it names whom.
    """
    told: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": channel.home,
        "feed_url": f"{channel.folder}feed.json",
        "next_url": f"{channel.leads.older}feed.json" if channel.leads.older else None,
        "description": channel.description,
        "language": channel.language,
        "authors": [{"name": channel.author}],
        "hubs": [{"type": "WebSub", "url": channel.hub}] if channel.hub else None,
        "_alternates": {code: f"{folder}feed.json" for code, folder in _hreflangs(channel).items()},
        "items": [_json_item(item) for item in channel.items],
    }
    return _json({key: value for key, value in told.items() if value or key == "items"})


def _json_item(item: Item) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "content_html": content(item) or escape(item.title),
        "summary": summary(item),
        "image": item.picture.url if item.picture else None,
        "date_published": _rfc3339(item.published.replace(microsecond=0)),
        "date_modified": _rfc3339(item.updated.replace(microsecond=0)),
        "authors": [{"name": item.author}],
        "tags": list(dict.fromkeys(category.label for category in item.categories)),
        "language": item.language,
        "_source": {"title": item.source[0], "url": item.source[1]} if item.source else None,
        "_partners": _json_partners(item),
    }
    return {key: value for key, value in told.items() if value}


def _json_partners(item: Item) -> dict[str, dict[str, str]]:
    told: dict[str, dict[str, str]] = {}
    for naming in item.namings:
        told.setdefault(naming.partner, {})[naming.language] = naming.sentence
    return told


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


# ---------------------------------------------------------------- feedgen


def _history_of(channel: Channel | None) -> dict[str, str]:
    return {"fh": _HISTORY} if channel and channel.leads.number else {}


def _lead(feed: Any, channel: Channel, name: str, file: str, media_type: str) -> None:
    """The links to older and newer pages; and of a page, that it is one, and of which feed (RFC 5005 §4)."""
    leads = channel.leads
    if leads.number:
        _add(feed, f"{{{_HISTORY}}}archive")
    current = leads.current if leads.number else None
    for rel, folder in (("current", current), ("prev-archive", leads.older), ("next-archive", leads.newer)):
        if folder:
            _add(feed, name, href=f"{folder}{file}", rel=rel, type=media_type)


def _hreflangs(channel: Channel) -> dict[str, str]:
    """The folder of the same feed in each other language; a bilingual feed has no single hreflang and is left out."""
    alternates = {other.language: other.folder for other in reversed(channel.alternates)}
    taken = "+".join(channel.languages)
    return {code: folder for code, folder in sorted(alternates.items()) if "+" not in code and code != taken}


def _generator(feed_extension: type, entry_extension: type) -> Any:
    from feedgen.feed import FeedGenerator

    feed = FeedGenerator()
    feed.register_extension(
        "syndicate",
        feed_extension,
        entry_extension,
        atom=feed_extension is _AtomFeed,
        rss=feed_extension is _RssChannel,
    )
    feed.generator("syndicate")
    return feed


def _add(parent: Any, name: str, text: str | None = None, /, **attributes: str) -> Any:
    from feedgen.util import xml_elem

    element = xml_elem(name, parent, **attributes)
    element.text = text
    return element
