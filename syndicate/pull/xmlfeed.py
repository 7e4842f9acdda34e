"""RSS and Atom, of every age, read by feedparser into the shapes of `raw`: the only file that imports it. Pure.

feedparser gets bytes that `charset` and `xmltext` have made fit, no base address and neither of its rewriters: guids stay
verbatim, and what is safe is decided later by an allow-list.
"""

from __future__ import annotations

import html
import io
import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from syndicate.errors import FeedError
from syndicate.pull.raw import RawEntry, RawFeed, RawPicture, markup, name_of, plain_html
from syndicate.pull.xmltext import apiece, is_left, set_aside, trim

_GUID = re.compile(r"<guid(?:\s[^<>]*)?>", re.I)
_PERSON = re.compile(
    r"<((?:\w+:)?(author|creator))(?:\s[^<>]*)?>([^<]*(?:<!\[CDATA\[.{0,2000}?\]\]>[^<]*)?)</\1\s*>", re.I | re.S
)
_PLAIN_AUTHOR = "\ue000"
_VOID_END = re.compile(r"</(?:br|hr|img|wbr|col|source|track|embed|input|area|base|link|meta|param)>")
_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_MOST_PIECES = 1000
_AVATAR = re.compile(r"//[^/]*gravatar\.com/")


def read(text: str, limit: int) -> RawFeed:
    """Read the first `limit` entries. Raises FeedError when it is no feed."""
    trimmed = trim(text, limit)
    slim, aside = set_aside(trimmed.text)
    found = _feedparser(_fit(slim))
    if aside and (found["bozo"] or _astray(found, aside)):
        # Its loose parser is to see the feed as it is; and no mark may be read as a text.
        aside = {}
        found = _feedparser(_fit(trimmed.text))
    version, entries, feed = found["version"], found["entries"], found["feed"]
    if found["bozo"] and len(entries) < trimmed.total - trimmed.empty - trimmed.partial - trimmed.cut:
        pieces = apiece(_fit(trimmed.text), _MOST_PIECES)
        apart = [entry for piece in pieces for entry in _feedparser(piece)["entries"]]
        entries = apart if len(apart) > len(entries) else entries
    if not version and not entries:
        raise FeedError("it is XML, but neither RSS nor Atom; look for the address of the blog's feed.")
    gone = max(0, trimmed.total - trimmed.empty - trimmed.partial - trimmed.cut - len(entries)) if found["bozo"] else 0
    return RawFeed(
        title=_markup_of(feed, "title"),
        link=_get(feed, "link"),
        language=_get(feed, "language"),
        entries=[_entry(entry, feed, version, aside) for entry in entries[:limit]],
        total=max(trimmed.total, len(entries)),
        cut=trimmed.cut,
        lost=trimmed.empty + trimmed.partial + gone,
        ttl=_ttl(feed),
        next_link=_link_to(feed, "prev-archive") or _link_to(feed, "next"),
        archived=bool(_link_to(feed, "prev-archive")),
        generator=_get(feed, "generator"),
        notes=tuple(_notes(trimmed.empty, trimmed.partial, gone, bool(found["bozo"]))),
    )


def _fit(text: str) -> str:
    """The document with guids and persons written so that feedparser leaves them alone."""
    # It would resolve "12 at https://site" like a link; only explicit isPermaLink="false" is left alone.
    return _PERSON.sub(_named, _GUID.sub('<guid isPermaLink="false">', text))


def _astray(found: Any, aside: Mapping[str, str]) -> bool:
    """Whether a text that was set aside came to stand inside another, or where no body of an entry is looked for."""
    bodies = (_get(part, "value") for entry in found["entries"] for part in _list(entry, "content"))
    summaries = (_get(entry, "summary") for entry in found["entries"])
    titles = (_get(one, "title") for one in (found["feed"], *found["entries"]))
    return any(is_left(text) for text in titles) or any(
        is_left(text) and text not in aside for text in (*bodies, *summaries)
    )


def _named(found: re.Match[str]) -> str:
    """A person without the e-mail address, which feedparser cuts wrongly; RSS's <author> marked as the lesser word."""
    text = found[3].strip()
    cdata = text.startswith("<![CDATA[")
    name = name_of(text[9:-3] if cdata else html.unescape(text))
    mark = _PLAIN_AUTHOR if found[2].lower() == "author" and name else ""
    return f"<{found[1]}>{html.escape(name, quote=False)}{mark}</{found[1]}>"


def _feedparser(text: str) -> Any:
    import feedparser

    try:
        return feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": "application/xml; charset=utf-8"},
        )
    except (RecursionError, AssertionError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        # Broken markup makes its loose parser stumble in several ways; to the operator they are one.
        raise FeedError(
            "it is broken in a way that cannot be read; ask its site to check it with a feed validator."
        ) from error


def _notes(empty: int, partial: int, gone: int, broken: bool) -> Iterable[str]:
    if empty:
        yield f"{empty} entries held nothing at all and were left out."
    if partial:
        yield "The feed breaks off in the middle of its last entry, which was left out until it comes whole."
    if gone:
        yield f"{gone} entries could not be read, because the feed's XML is broken there."
    if broken:
        yield "The feed's XML is not well-formed; it was read all the same. Its site should check it with a feed validator."


def _get(item: Mapping[str, Any], key: str) -> str:
    """A text of feedparser's dictionary under exactly this key: its own `get` maps some keys to others."""
    value = dict.get(item, key) if isinstance(item, dict) else None
    return value if isinstance(value, str) else ""


def _list(item: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = dict.get(item, key) if isinstance(item, dict) else None
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _markup_of(item: Mapping[str, Any], key: str) -> str:
    """The HTML of a text construct: plain text is escaped (RFC 4287 §3.1)."""
    value = _get(item, key)
    detail = dict.get(item, key + "_detail") if isinstance(item, dict) else None
    kind = detail.get("type", "") if isinstance(detail, dict) and detail.get("value") == value else ""
    return plain_html(value) if kind == "text/plain" and key != "title" else _escaped_title(value, kind)


def _escaped_title(value: str, kind: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;") if kind == "text/plain" else value


def _entry(entry: Mapping[str, Any], feed: Mapping[str, Any], version: str, aside: Mapping[str, str]) -> RawEntry:
    body, base, language, notes = _content(entry, aside)
    published, updated, bad = _dates(entry)
    people = _authors(entry) or (_authors(feed) if version.startswith("atom") else ())
    spoken = _get(entry, "language") or (language if language != _get(feed, "language") else "")
    return RawEntry(
        guid=_get(entry, "id") or None,
        link=_link(entry),
        title=_markup_of(entry, "title"),
        html=body,
        base=base,
        authors=people,
        published=published,
        updated=updated,
        bad_date=bad,
        categories=tuple(_get(tag, "label") or _get(tag, "term") for tag in _list(entry, "tags")),
        pictures=tuple(_pictures(entry)),
        language=spoken or None,
        notes=notes,
    )


def _link(entry: Mapping[str, Any]) -> str:
    """The entry's page: its link, else the first alternate."""
    alternates = [_get(link, "href") for link in _list(entry, "links") if _get(link, "rel") == "alternate"]
    return _get(entry, "link") or next(filter(None, alternates), "")


def _content(entry: Mapping[str, Any], aside: Mapping[str, str]) -> tuple[str, str, str, tuple[str, ...]]:
    """The whole body, its xml:base and xml:lang, and notes. Full content goes before a description, which may be an excerpt.

    Several content elements stand one after the other, as a feed with one for each language has them; one that another
    holds already is left out.
    """
    bodies: list[str] = []
    used: list[Mapping[str, Any]] = []
    for part in _list(entry, "content"):
        value = _get(part, "value")
        body = _body(aside.get(value, value), _get(part, "type"))
        if body.strip() and not any(body in other for other in bodies):
            bodies = [other for other in bodies if other not in body]
            bodies.append(body)
            used.append(part)
    if not bodies:
        detail = dict.get(entry, "summary_detail") if isinstance(entry, dict) else None
        part = detail if isinstance(detail, dict) else {}
        kind = _get(part, "type") if _get(part, "value") == _get(entry, "summary") else ""
        value = _get(entry, "summary")
        bodies, used = [_body(aside.get(value, value), kind)], [part]
    notes = (f"The entry had {len(bodies)} contents; they stand one after the other.",) if len(bodies) > 1 else ()
    return "\n".join(bodies), _get(used[0], "base"), _get(used[0], "language"), notes


def _body(value: str, kind: str) -> str:
    if kind == "text/plain":
        return plain_html(value)
    # feedparser writes <br></br> for XHTML's <br/>, which HTML reads as two line breaks.
    return _VOID_END.sub("", value) if kind == "application/xhtml+xml" else markup(value)


def _authors(item: Mapping[str, Any]) -> tuple[str, ...]:
    """Names, the best first: dc:creator is made for names, RSS's <author> for an e-mail address."""
    names = [name for person in _list(item, "authors") if (name := _get(person, "name"))]
    ranked = sorted(names, key=lambda name: name.endswith(_PLAIN_AUTHOR))
    return tuple(name.rstrip(_PLAIN_AUTHOR) for name in ranked)


def _dates(entry: Mapping[str, Any]) -> tuple[datetime | None, datetime | None, str]:
    published = _moment(dict.get(entry, "published_parsed") if isinstance(entry, dict) else None)
    updated = _moment(dict.get(entry, "updated_parsed") if isinstance(entry, dict) else None)
    created = _moment(dict.get(entry, "created_parsed") if isinstance(entry, dict) else None)
    written = _get(entry, "published") or _get(entry, "updated")
    first = published or created or updated
    return first, updated, "" if first else written


def _moment(parsed: time.struct_time | None) -> datetime | None:
    if not isinstance(parsed, time.struct_time):
        return None
    try:
        return datetime(*parsed[:6], tzinfo=UTC)
    except ValueError:
        return None


def _pictures(entry: Mapping[str, Any]) -> Iterable[RawPicture]:
    """Enclosures, then media:content, the widest first, then thumbnails. An author's portrait is not the post's picture."""
    for link in _list(entry, "links"):
        if _get(link, "rel") == "enclosure" and _get(link, "type").startswith("image/"):
            yield RawPicture(_get(link, "href"), 0, _get(link, "type"), _number(_get(link, "length")))
    for media in _list(entry, "media_content"):
        kind, url = _get(media, "type"), _get(media, "url")
        if (kind.startswith("image/") or _get(media, "medium") == "image") and not _AVATAR.search(url):
            width = min(_number(_get(media, "width")) or 0, 99_999)
            yield RawPicture(url, 100_000 - width, kind or None, _number(_get(media, "filesize")))
    for thumbnail in _list(entry, "media_thumbnail"):
        if not _AVATAR.search(_get(thumbnail, "url")):
            yield RawPicture(_get(thumbnail, "url"), 200_000)


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 and int(value) > 0 else None


def _ttl(feed: Mapping[str, Any]) -> float | None:
    """RSS's ttl in minutes, else the syndication module's period over its frequency (RSS 1.0 mod_syndication), in seconds."""
    minutes = _number(_get(feed, "ttl").strip())
    if minutes:
        return minutes * 60.0
    period = _PERIODS.get(_get(feed, "sy_updateperiod").strip().lower())
    return period / (_number(_get(feed, "sy_updatefrequency").strip()) or 1) if period else None


def _link_to(feed: Mapping[str, Any], rel: str) -> str:
    """Where a link of the feed leads: `next` to the next page, `prev-archive` to the next older archive (RFC 5005 §3, §4)."""
    return next((_get(link, "href") for link in _list(feed, "links") if _get(link, "rel") == rel), "")
