"""From a body to entries: what came over the wire becomes `Entry` values, each with notes on what was repaired. Pure.

    bytes --charset--> text --jsonfeed | xmlfeed--> RawFeed --here--> ParsedFeed

Links, pictures and every address inside an entry's html leave here absolute: resolved against xml:base where the feed has
one, else the entry's link, else the feed's link, else the feed's own address.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syndicate.errors import FeedError
from syndicate.models import Entry, Picture
from syndicate.pull import jsonfeed, xmlfeed
from syndicate.pull.addresses import absolute, shown
from syndicate.pull.charset import decode
from syndicate.pull.discovery import discover
from syndicate.pull.identities import link_key
from syndicate.pull.paging import numbered
from syndicate.pull.raw import RawEntry, RawFeed, name_of

_ROOT = re.compile(r"<\?xml|<(?:\w+:)?(?:rss|feed|rdf)[\s>]", re.I)
_FEED_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf|channel)[\s>]", re.I)
_PAGE = re.compile(r"<!doctype\s+html|<html[\s>]", re.I)
# Beginning with the sign, which the search runs to, it is five times as quick as beginning with the names.
_ADDRESS = re.compile(
    r"""=(?:(?<=[\s"']href=)|(?<=[\s"']src=)|(?<=[\s"']poster=)|(?<=[\s"']srcset=))(\s*)("[^"]*"|'[^']*')""", re.I
)
_LOOSE = re.compile(r"""(?<=[\s"'])(href|src|poster|srcset)\s+=(?=\s*["'])""", re.I)
_SPACE_BEFORE = re.compile(r"\s=")
_HAS_SCHEME = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|#)", re.I)
# Without the joiners U+200C and U+200D: many emoji are several signs held together by one.
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad\x00-\x1f\x7f-\x9f]")
# What WordPress plugins add below every full text, so that copies lead back to the blog.
_FOOTER = re.compile(
    r"<p>\s*(?:The post|Postimi|Artikulli|Shkrimi)\s+<a\s[^<>]*>[^<]*</a>\s+(?:appeared first on|u shfaq\b[^<]*\bn[ëe])"
    r"\s+<a\s[^<>]*>[^<]*</a>\s*\.?\s*</p>\s*\Z",
    re.I,
)
_OLDEST = 1990
_WORDPRESS_GUID = re.compile(r"^https?://[^?]*[?]p=[0-9]+$")
_WORDPRESS_FEED = re.compile(r"/feed/?(?:[?]|$)|[?&]feed=(?:rss2?|atom)(?:&|$)")
_SLACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed as read from `url`. `ttl` in seconds; `total` items were in it, `lost` of them could not be read.

    `next_url` is the next older page as the feed names it (RFC 5005, JSON Feed), `archived` whether that is an archive, which
    stays as it was written; `guessed_next` is where WordPress would have it: ask until it answers 404.
    """

    title: str
    link: str | None
    language: str | None
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
    ttl: float | None = None
    next_url: str | None = None
    archived: bool = False
    guessed_next: str | None = None
    total: int = 0
    lost: int = 0
    url: str = ""


def parse(body: bytes, *, content_type: str, url: str, now: datetime, limit: int = 5000) -> ParsedFeed:
    """Read a feed's first `limit` entries; `url` is where it came from, `now` decides which dates lie in the future.

    Raises FeedError, in one sentence, for a web page, for anything else that is no feed, and for an empty body.
    """
    decoded = decode(body, content_type)
    try:
        raw, notes = _read(decoded.text, url, limit)
    except FeedError as error:
        raise FeedError(f"{shown(url)}: {error}") from error
    link = absolute(raw.link, url)
    base = link or url
    found = [entry for item in raw.entries if (entry := _entry(item, base, now)) is not None]
    nothing = len(raw.entries) - len(found)
    entries, more = _distinct(found)
    notes = (*decoded.notes, *notes, *raw.notes, *more, *_told(raw, nothing, limit))
    return ParsedFeed(
        title=line(raw.title),
        link=link,
        language=raw.language.replace("_", "-") or None,
        entries=entries,
        notes=notes,
        ttl=raw.ttl,
        next_url=absolute(raw.next_link, url),
        archived=raw.archived,
        guessed_next=_wordpress_next(raw, url),
        total=raw.total,
        lost=raw.lost + nothing,
        url=url,
    )


def _told(raw: RawFeed, nothing: int, limit: int) -> Iterable[str]:
    if raw.cut:
        yield f"The feed holds {raw.total} entries; the first {limit} were read, {raw.cut} were not."
    if nothing:
        yield f"{nothing} entries held nothing at all and were left out."


# ---------------------------------------------------------------- what kind of thing it is


def _read(text: str, url: str, limit: int) -> tuple[RawFeed, tuple[str, ...]]:
    stripped = text.lstrip()
    if not stripped:
        raise FeedError("the answer is empty; open the address in a browser to see whether the blog is up.")
    if stripped[0] in "{[":
        return jsonfeed.read(stripped, limit), ()
    head = stripped[:5000]
    if not _FEED_ROOT.search(head) and (page := _PAGE.search(head)):
        raise FeedError(_is_a_page(text, url) if page else "")
    start = _ROOT.search(head)
    if start is None:
        raise FeedError("this is neither XML nor JSON, so it is no feed; look for the address of the blog's feed.")
    note = ("Something stood before the feed's beginning and was skipped; a plugin of the blog may be broken.",)
    return xmlfeed.read(stripped[start.start() :], limit), note if _junk(head[: start.start()]) else ()


def _junk(before: str) -> bool:
    return bool(re.sub(r"<!--.*?-->|<!doctype[^>]*>|<\?[^>]*\?>", "", before, flags=re.S | re.I).strip())


def _is_a_page(text: str, url: str) -> str:
    feeds = discover(text.encode("utf-8", "replace"), url=url)
    if feeds:
        return f"this is a web page, not a feed. It names this feed: {shown(feeds[0])}. Write that as the source's url."
    return "this is a web page, not a feed, and it names no feed. Look for the address of the blog's feed."


def _wordpress_next(raw: RawFeed, url: str) -> str | None:
    """The next page by WordPress's habit, `?paged=2` and so on; None for other makers and for a feed without entries.

    Where the feed does not say what made it, as many blogs wish, its guids or its address tell.
    """
    made = "wordpress" in raw.generator.lower() or any(
        _WORDPRESS_GUID.search(one.guid or "") for one in raw.entries[:5]
    )
    if not raw.entries or not (made or _WORDPRESS_FEED.search(url)):
        return None
    return numbered(url)


# ---------------------------------------------------------------- one entry


def _entry(raw: RawEntry, feed_base: str, now: datetime) -> Entry | None:
    """Judge one item; None if it holds nothing that could be shown or told apart."""
    link, linked = _link(raw, feed_base)
    base = absolute(raw.base, feed_base) or link or feed_base
    title, body = line(raw.title), absolute_inside(_FOOTER.sub("", raw.html), base)
    if not (title or link or raw.guid or raw.published or body.strip()):
        return None
    published, dated = _dated(raw, now)
    updated = raw.updated if raw.updated and raw.updated <= now + _SLACK and raw.updated.year >= _OLDEST else None
    return Entry(
        guid=raw.guid,
        url=link,
        title=title,
        html=body,
        author=next(filter(None, map(_name, raw.authors)), None),
        published=published,
        updated=updated,
        categories=tuple(dict.fromkeys(name for category in raw.categories if (name := " ".join(category.split())))),
        picture=_picture(raw, base),
        language=raw.language.replace("_", "-") if raw.language else None,
        notes=(*raw.notes, *linked, *dated),
    )


def _link(raw: RawEntry, feed_base: str) -> tuple[str | None, tuple[str, ...]]:
    link = absolute(raw.link, absolute(raw.base, feed_base) or feed_base)
    if link or not raw.guid or not re.match(r"https?://\S+$", raw.guid):
        return link, ()
    return absolute(raw.guid, feed_base), ("The entry had no link; its guid is a web address and was taken for it.",)


def _dated(raw: RawEntry, now: datetime) -> tuple[datetime | None, tuple[str, ...]]:
    if raw.published is None:
        if raw.bad_date:
            return None, (f"The date “{line(raw.bad_date)[:60]}” could not be read.",)
        return None, ("The entry has no date.",)
    if raw.published > now + _SLACK:
        return None, (f"The date {raw.published:%Y-%m-%d} lies in the future and was not used.",)
    if raw.published.year < _OLDEST:
        return None, (f"The date {raw.published:%Y-%m-%d} cannot be right and was not used.",)
    return raw.published, ()


def line(text: str) -> str:
    """Markup as one line of visible text, without direction marks and other invisible characters."""
    from syndicate.markup import plain  # late: an idle run reads nothing

    return " ".join(_INVISIBLE.sub(" ", plain(text)).split()) if text else ""


def _name(author: str) -> str | None:
    return name_of(line(html.escape(html.unescape(author), quote=False))) or None


def _picture(raw: RawEntry, base: str) -> Picture | None:
    for picture in sorted(raw.pictures, key=lambda one: one.rank):
        if url := absolute(picture.url, base):
            return Picture(url, media_type=picture.media_type, length=picture.length)
    return None


def absolute_inside(markup: str, base: str) -> str:
    """Make every relative address of the markup absolute; others, and links within the page, stay as they are."""

    def fixed(found: re.Match[str]) -> str:
        space, quoted = found.groups()
        value = quoted[1:-1]
        if found.string[max(0, found.start() - 6) : found.start()].lower() == "srcset":
            # "address width, address width": a comma inside an address has no space behind it.
            parts = [part.strip().partition(" ") for part in re.split(r",\s+", value)]
            new = ", ".join(f"{_made_absolute(url, base)} {size}".strip() for url, _, size in parts)
        else:
            new = _made_absolute(value, base)
        return f"={space}{quoted[0]}{new}{quoted[0]}"

    if "=" not in markup:
        return markup
    return _ADDRESS.sub(fixed, _LOOSE.sub(r"\1=", markup) if _SPACE_BEFORE.search(markup) else markup)


def _made_absolute(value: str, base: str) -> str:
    if not value.strip() or _HAS_SCHEME.match(value):
        return value
    made = absolute(html.unescape(value), base)
    return html.escape(made) if made else value


# ---------------------------------------------------------------- the same guid twice


def _distinct(entries: list[Entry]) -> tuple[tuple[Entry, ...], list[str]]:
    """Keep one of each guid, the first. Entries that share a guid but neither link nor content are different posts:

    all of them lose the guid, so that the link tells them apart, whichever comes first in the next pull.
    """
    times = Counter(entry.guid for entry in entries if entry.guid)
    shared = {guid for guid, count in times.items() if count > 1}
    if not shared:
        return tuple(entries), []
    groups: dict[str, list[Entry]] = {guid: [] for guid in shared}
    for entry in entries:
        if entry.guid in groups and not any(_same(entry, other) for other in groups[entry.guid]):
            groups[entry.guid].append(entry)
    kept = {id(entry) for group in groups.values() for entry in group}
    out = [
        _without_guid(entry) if entry.guid in groups and len(groups[entry.guid]) > 1 else entry
        for entry in entries
        if entry.guid not in groups or id(entry) in kept
    ]
    return tuple(out), [_shared_note(guid, times[guid], len(groups[guid])) for guid in times if guid in shared]


def _same(one: Entry, other: Entry) -> bool:
    if one.url is None or other.url is None or link_key(one.url) == link_key(other.url):
        return True
    return (one.title, one.html) == (other.title, other.html)


def _without_guid(entry: Entry) -> Entry:
    note = f"Other entries have the same guid, “{(entry.guid or '')[:100]}”; the link tells them apart."
    return replace(entry, guid=None, notes=(*entry.notes, note))


def _shared_note(guid: str, times: int, kept: int) -> str:
    name = f"“{guid[:100]}”"
    if kept == 1:
        return f"The guid {name} stands {times} times; the first entry was kept."
    return f"The guid {name} stands {times} times, for {kept} different posts; all were kept."
