"""The text of an XML feed made fit for the parser: one declaration, no runaway depth, no more entries than wanted. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from syndicate.errors import FeedError

DEEPEST = 500
"""No feed nests elements deeper; the parser's time grows with the square of the depth."""

MOST_TAGS = 400_000
"""No feed of the size that is read has more, outside CDATA; the parser needs some 12 seconds for a million."""

_SUSPICIOUS_TAGS = 20_000
_CROWDED = re.compile(r"""<[A-Za-z_][^\s<>"']*(?:\s+[^\s<>="']+=(?:"[^"<]*"|'[^'<]*')){500}""")
_NEVER_CLOSED = ("br", "img", "hr", "p", "li", "input", "wbr")
_OPEN = re.compile(r"<(?:\w+:)?(item|entry)(?=[\s>/])[^<>]*?(/?)>", re.I)
_CLOSE = re.compile(r"</(?:\w+:)?(item|entry)\s*>", re.I)
_EMPTY = re.compile(r"<(?:\w+:)?(?:item|entry)\s*(?:/>|>\s*</(?:\w+:)?(?:item|entry)\s*>)", re.I)
_TOKEN = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<(/?)([A-Za-z_][^\s/<>]*)[^<>]*?(/?)>", re.S
)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.I)
_BODY = re.compile(
    r"<(description|content:encoded|content|summary)((?: (?:type=\"html\"|xml:(?:lang|base)=\"[^\"<>]*\"))*)>"
    # Whatever follows the tag, it matches: a text that never ends is gone through once.
    r"(?:\s*<!\[CDATA\[([^\]]*(?:\](?!\]>)[^\]]*)*)(?:\]\]>\s*)?|([^<]*))"
)
_OTHER_ENTITY = re.compile(r"&(?!(?:lt|gt|quot|apos|amp);)")
_C1 = re.compile("[\x80-\x9f]")
_MARK = "\ue001"
_LONG = 200
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
    """Keep the first `limit` entries, and whole ones only. Raises FeedError for elements nested absurdly deep,
    for absurdly many, and for one with absurdly many attributes."""
    if _CROWDED.search(text):
        raise FeedError("an element has more than 500 attributes; this is no feed that can be read.")
    total = sum(1 for _ in _OPEN.finditer(text))
    slim, empty = _EMPTY.subn("", text) if total > 1 and _EMPTY.search(text) else (text, 0)
    slim, cut = _first(slim, limit, total - empty)
    if slim.count("<") > _SUSPICIOUS_TAGS:
        _check_tags(slim)
    slim, partial = _whole(slim) if not cut else (slim, 0)
    return Trimmed(
        '<?xml version="1.0" encoding="utf-8"?>' + _DECLARATION.sub("", slim).lstrip(), total, empty, cut, partial
    )


def set_aside(text: str) -> tuple[str, dict[str, str]]:
    """The document with a short mark in place of each long text of HTML, and what each mark stands for.

    A parser of feeds needs most of its time for texts that it hands on as they are. Only texts that it would not change
    are set aside: as CDATA, or escaped with the five entities of XML itself (XML 1.0 §2.4, §2.7, §4.6).
    """
    aside: dict[str, str] = {}
    if _MARK in text:
        return text, aside

    def marked(found: re.Match[str]) -> str:
        name, attributes, cdata, escaped = found.groups()
        typed = name in ("description", "content:encoded") or "type=" in attributes
        if len(cdata or escaped or "") < _LONG or not typed or not text.startswith(f"</{name}>", found.end()):
            return found[0]
        if cdata is None and _OTHER_ENTITY.search(escaped):
            return found[0]
        whole = _lines_ended(cdata if cdata is not None else _unescaped(escaped)).strip()
        if not whole or _mended(whole):
            return found[0]
        mark = f"{_MARK}{len(aside)}{_MARK}"
        aside[mark] = whole
        return f"<{name}{attributes}>{mark}"

    return _BODY.sub(marked, text), aside


def is_left(text: str) -> bool:
    """Whether a mark of `set_aside` stands in a text of the feed."""
    return _MARK in text


def _unescaped(text: str) -> str:
    plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&apos;", "'")
    return plain.replace("&amp;", "&")


def _lines_ended(text: str) -> str:
    """Line ends as XML reads them (XML 1.0 §2.11)."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _mended(text: str) -> bool:
    """Whether feedparser would mend the text: UTF-8 that somebody read as Latin-1, or C1 controls from windows-1252."""
    if text.isascii():
        return False
    try:
        text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return bool(_C1.search(text))
    return True


def _check_tags(text: str) -> None:
    depth = tags = 0
    for token in _TOKEN.finditer(text):
        name = (token[2] or "").rpartition(":")[2].lower()
        tags += 1 if name else 0
        if name in ("item", "entry"):
            # What an entry forgot to close is not the next one's depth.
            depth = 0
        elif name and not token[3] and name not in _NEVER_CLOSED:
            depth = max(0, depth - 1) if token[1] else depth + 1
        if depth > DEEPEST:
            raise FeedError(f"elements are nested more than {DEEPEST} deep; this is no feed that can be read.")
        if tags > MOST_TAGS:
            raise FeedError(f"it has more than {MOST_TAGS:,} tags; this is no feed that can be read.")


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
