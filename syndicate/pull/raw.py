"""A feed as its format told it, before we judge it: the common shape of XML and JSON feeds. Pure values."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

_NAMED = re.compile(r"^\S+@\S+\s*\((.+)\)$|^(.+?)\s*[<(]\S+@[^\s>)]+[>)]$")
_TAG = re.compile(r"<[a-zA-Z!/][^<>]*>")


@dataclass(frozen=True, slots=True)
class RawPicture:
    """A picture that an entry names: the lower `rank`, the better; `length` in bytes."""

    url: str
    rank: int
    media_type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One item, unjudged. `title` and `html` are markup; `base` is an explicit xml:base; `bad_date` one nobody could read."""

    guid: str | None = None
    link: str = ""
    title: str = ""
    html: str = ""
    base: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    bad_date: str = ""
    categories: tuple[str, ...] = ()
    pictures: tuple[RawPicture, ...] = ()
    language: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawFeed:
    """A feed, unjudged. `total` items were there: `cut` over the limit, `lost` unreadable. `ttl` in seconds.

    `next_link` is the next older page; `archived` says that it is an archive, which stays as it was written (RFC 5005 §4).
    """

    title: str = ""
    link: str = ""
    language: str = ""
    entries: list[RawEntry] = field(default_factory=list)
    total: int = 0
    cut: int = 0
    lost: int = 0
    ttl: float | None = None
    next_link: str = ""
    archived: bool = False
    generator: str = ""
    notes: tuple[str, ...] = ()


def iso_moment(written: str) -> datetime | None:
    """An RFC 3339 date in UTC, None for anything else; one without an offset is taken as UTC."""
    try:
        moment = datetime.fromisoformat(written.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def name_of(author: str) -> str:
    """The name in "address (Name)", "Name <address>" and the like; "" where there is only an address."""
    text = " ".join(author[:300].split())
    found = _NAMED.match(text)
    name = (found[1] or found[2]).strip() if found else text
    return "" if "@" in name and " " not in name else name


def plain_html(text: str) -> str:
    """Plain text as HTML: an empty line parts paragraphs; lines stay lines, unless they were wrapped at a column."""
    return _paragraphs(html.escape(text, quote=False))


def markup(text: str) -> str:
    """Text that may be HTML: as it is when it holds a tag, else its lines and empty lines made into HTML."""
    return text if _TAG.search(text) or "\n" not in text.strip() else _paragraphs(text.replace("<", "&lt;"))


def _paragraphs(text: str) -> str:
    parts = [part.strip() for part in re.split(r"\n[ \t\r]*\n", text.replace("\r\n", "\n").replace("\r", "\n"))]
    return "\n".join(f"<p>{_lines(part)}</p>" for part in parts if part)


def _lines(paragraph: str) -> str:
    lines = [line.strip() for line in paragraph.split("\n")]
    wrapped = len(lines) > 2 and all(55 <= len(line) <= 80 for line in lines[:-1])
    return (" " if wrapped else "<br>").join(lines)
