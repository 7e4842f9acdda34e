"""The text of an XML feed made fit for the parser: one declaration, no runaway depth, no more entries than wanted. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from syndicate.errors import FeedError

DEEPEST = 500
"""No feed nests elements deeper; the parser's time grows with the square of the depth."""

_SUSPICIOUS_TAGS = 20_000
_NEVER_CLOSED = ("br", "img", "hr", "p", "li", "input", "wbr")
_OPEN = re.compile(r"<(?:\w+:)?(item|entry)(?=[\s>/])[^<>]*?(/?)>", re.I)
_CLOSE = re.compile(r"</(?:\w+:)?(item|entry)\s*>", re.I)
_EMPTY = re.compile(r"<(?:\w+:)?(?:item|entry)\s*(?:/>|>\s*</(?:\w+:)?(?:item|entry)\s*>)", re.I)
_TOKEN = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<(/?)([A-Za-z_][^\s/<>]*)[^<>]*?(/?)>", re.S
)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.I)
_ESCAPED = re.compile(r"(?<=>)[^<&]*&lt;[^<]*")
_OTHER_ENTITY = re.compile(r"&(?!(?:lt|gt|quot|apos|amp);)")
_ROOT_END = re.compile(r"</(?:\w+:)?(rss|feed|rdf|channel)\s*>\s*(?:<!--.*?-->\s*)*\Z", re.I | re.S)


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The text to parse. Of `total` entries `empty` held nothing, `cut` were over the limit, `partial` broke off."""

    text: str
    total: int
    empty: int
    cut: int
    partial: int


def trim(text: str, limit: int) -> Trimmed:
    """Keep the first `limit` entries, and whole ones only. Raises FeedError for elements nested absurdly deep."""
    if text.count("<") > _SUSPICIOUS_TAGS:
        _check_depth(text)
    total = sum(1 for _ in _OPEN.finditer(text))
    slim, empty = _EMPTY.subn("", text) if total > 1 and _EMPTY.search(text) else (text, 0)
    slim, cut = _first(slim, limit, total - empty)
    slim, partial = _whole(slim) if not cut else (slim, 0)
    return Trimmed(
        '<?xml version="1.0" encoding="utf-8"?>' + _DECLARATION.sub("", slim).lstrip(), total, empty, cut, partial
    )


def whole_texts(text: str) -> str:
    """The same document with escaped markup as CDATA: a parser tells escaped text in pieces, one for each entity in it.

    A document with CDATA, comments or a DTD of its own is left as it is (XML 1.0 §2.4, §2.7).
    """
    return text if "<!" in text else _ESCAPED.sub(_as_cdata, text)


def _as_cdata(found: re.Match[str]) -> str:
    escaped = found[0]
    if _OTHER_ENTITY.search(escaped):
        return escaped
    plain = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&apos;", "'")
    plain = plain.replace("&amp;", "&")
    return escaped if "]]>" in plain else f"<![CDATA[{plain}]]>"


def _check_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        name = (token[2] or "").rpartition(":")[2].lower()
        if name in ("item", "entry"):
            # What an entry forgot to close is not the next one's depth.
            depth = 0
        elif name and not token[3] and name not in _NEVER_CLOSED:
            depth = max(0, depth - 1) if token[1] else depth + 1
        if depth > DEEPEST:
            raise FeedError(f"elements are nested more than {DEEPEST} deep; this is no feed that can be read.")


def _first(text: str, limit: int, total: int) -> tuple[str, int]:
    """Cut after the end of the `limit`-th entry, and close what stays open."""
    if total <= limit:
        return text, 0
    for number, end in enumerate(_CLOSE.finditer(text), start=1):
        if number == limit:
            return text[: end.end()] + _closing(text), total - limit
    return text, 0


def _whole(text: str) -> tuple[str, int]:
    """Without the last entry, where the feed breaks off inside it: half a text must not pass for a whole one."""
    if _ROOT_END.search(text[-2000:]):
        return text, 0
    opened = [found for found in _OPEN.finditer(text) if not found[2]]
    last = None
    for last in _CLOSE.finditer(text):  # noqa: B007 - the last one is wanted
        pass
    after = [found for found in opened if last is None or found.start() > last.end()]
    if not after or "<rdf:li" in text[after[0].start() :]:
        return text, 0
    return text[: after[0].start()] + _closing(text), len(after)


def apiece(text: str, most: int) -> Iterable[str]:
    """Each of the first `most` entries as a document of its own, so that one that is broken costs no other."""
    starts = [found.start() for found in _OPEN.finditer(text) if not found[2]]
    if not starts:
        return
    head, closing = text[: starts[0]], _closing(text)
    for start, end in list(zip(starts, [*starts[1:], len(text)], strict=True))[:most]:
        piece = text[start:end]
        ends = [found.end() for found in _CLOSE.finditer(piece)]
        yield head + piece[: ends[-1] if ends else len(piece)] + closing


def _closing(text: str) -> str:
    head = text[:4000].lower()
    prefix = re.search(r"<(\w+:)?(feed|rdf|rss)[\s>]", head)
    name = f"{prefix[1] or ''}{prefix[2]}" if prefix else "rss"
    if name == "rss":
        return "</channel></rss>"
    return "</rdf:RDF>" if name.endswith("rdf") else f"</{name}>"
