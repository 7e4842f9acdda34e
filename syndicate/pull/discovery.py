"""Where a web page's feed is: what the page advertises, and the places where blogs usually keep theirs. Pure."""

from __future__ import annotations

import html as entities
import re
from urllib.parse import urlsplit

from syndicate.pull.addresses import absolute, root
from syndicate.pull.charset import decode

FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/json",
    "text/xml",
    "application/xml",
)
_LINK = re.compile(r"<link\s[^<>]{0,2000}>", re.I)
_BASE = re.compile(r"<base\s[^<>]{0,2000}>", re.I)
_COMMENTED = re.compile(r"<!--.*?(?:-->|\Z)|<script\b.*?(?:</script\s*>|\Z)", re.I | re.S)
_ATTRIBUTE = re.compile(r"""([a-z][a-z-]*)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.I)
_COMMENTS = re.compile(r"/comments/|[?&]feed=comments|\bcomments?\b|\bkomente", re.I)
_PATHS = ("feed/", "rss.xml", "feed.xml", "atom.xml", "rss")


def discover(html: bytes, *, url: str) -> list[str]:
    """The feeds that a page advertises by `<link rel="alternate">`, absolute, each once: posts before comments.

    A bare `application/json` counts only where the link's title or address speaks of a feed: WordPress uses it for its API.
    """
    text = _COMMENTED.sub(" ", decode(html[:1_000_000]).text)
    found_base = _BASE.search(text)
    base = absolute(_attributes(found_base[0]).get("href"), url) if found_base else None
    found: list[tuple[bool, str]] = []
    for tag in _LINK.findall(text):
        link = _attributes(tag)
        address = absolute(link.get("href"), base or url)
        if address and "alternate" in link.get("rel", "").lower().split() and _is_feed(link, address):
            found.append((bool(_COMMENTS.search(f"{address} {link.get('title', '')}")), address))
    ranked = sorted(found, key=lambda one: one[0])
    return list(dict.fromkeys(address for _, address in ranked))


def _is_feed(link: dict[str, str], address: str) -> bool:
    kind = link.get("type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return "feed" in f"{address} {link.get('title', '')}".lower()
    return kind in FEED_TYPES


def _attributes(tag: str) -> dict[str, str]:
    """A tag's attributes by lower-case name, entities decoded; of a name given twice the first counts, as in browsers."""
    found: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(tag):
        found.setdefault(name.lower(), entities.unescape(value.strip("\"'")).strip())
    return found


def guesses(url: str) -> list[str]:
    """Where blogs usually keep their feed, for a page that advertises none: beside the page first, then at the site's root."""
    places = [root(url)]
    path = urlsplit(url).path
    if path.strip("/"):
        places.insert(0, root(url)[:-1] + path.rstrip("/") + "/")
    return list(dict.fromkeys(place + name for place in places for name in _PATHS))
