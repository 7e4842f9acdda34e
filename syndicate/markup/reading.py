"""A body → its blocks, in one pass over the tokens that nh3 wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape, unescape
from types import MappingProxyType

from syndicate.markup.clean import BOXES, HEADINGS, INLINE, attributes, folded, image, is_web, working
from syndicate.markup.values import Block, Box, Href, Kind

# nh3 escapes every < in text and every " in attributes, so this splits its output exactly.
_TOKENS = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [a-z:-]+="[^"]*")*) ?/?>|([^<]+)')
_BARE = re.compile(r"(?:https?://|www\.)[^\s<>\"“”„«»]+", re.IGNORECASE)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_TYPED_RULE = re.compile(r"(?:[*_\-–—=~•·#+.]\s?){3,}$")
_DEEPEST = 12
_LONGEST = 300
_WRAPPERS = 40
_PARTING = frozenset({
    "address", "article", "aside", "center", "details", "div", "fieldset", "footer", "form", "header", "legend", "main",
    "nav", "section", "summary", "p", "pre", "caption", "tbody", "thead", "tfoot", *HEADINGS, *BOXES,
})  # fmt: skip
_SIMPLE = _PARTING - BOXES - {"pre"}
# Drupal wraps a node's title, author and date in spans: they part blocks all the same.
_FIELD = re.compile(r"(?:^|\s)field--?\S")
_TABLE_PARTS = frozenset({"td", "th", "tr", "tbody", "thead", "table"})
_BOLD = frozenset({"b", "strong"})
_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_CELL = (0, 0, 0)


@lru_cache(maxsize=256)  # editors write the same few again and again
def _given(attributes_written: str) -> Mapping[str, str]:
    return MappingProxyType(attributes(attributes_written))


def blocks(html: str, base_url: str = "") -> list[Block]:
    """The blocks of `html` in reading order; relative addresses are resolved against `base_url`.

    Block elements, `<br>`, table cells, list items and pictures part them. A body without tags is read as plain text.
    """
    reader = _Reader()
    for closing, tag, given, text in _TOKENS.findall(working(html, base_url)):
        if text:
            reader.text(text)
        elif closing:
            reader.close(tag)
        else:
            reader.open(tag, given)
    reader.flush()
    return reader.done


@dataclass(slots=True)
class _Open:
    """An element that is open: what it adds to the blocks inside."""

    tag: str
    opening: str = ""
    lang: str = ""
    classes: str = ""
    box: Box | None = None
    events: int = 0
    field: bool = False


@dataclass(slots=True)
class _Table:
    """Where we are in a table."""

    number: int
    row: int = 0
    column: int = 0


@dataclass(slots=True)
class _Reader:
    done: list[Block] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    inline: list[_Open] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    tables: list[_Table] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    links: list[Href] = field(default_factory=list)
    label: int = 0
    worded: bool = False
    bold: bool = True
    lang: str = ""
    gap: int = 0
    events: int = 0
    run: int = 0
    seen_tables: int = 0
    preformatted: int = 0

    # ---------------------------------------------------------------- text

    def text(self, raw: str) -> None:
        """Take a run of characters as nh3 wrote it."""
        if not self.words and not self.preformatted and raw.isspace():
            return
        if self.preformatted and "\n" in raw:
            for number, line in enumerate(raw.split("\n")):
                if number:
                    self.flush()
                self.characters(unescape(line))
        else:
            self.characters(unescape(raw) if "&" in raw else raw)

    def characters(self, raw: str) -> None:
        text = folded(raw)
        if text.startswith(" ") and (not self.words or self.words[-1].endswith(" ")):
            text = text[1:]
        if not text:
            return
        if text != " ":
            if not self.worded:
                self.worded = True
                self.lang = next((e.lang for e in reversed(self.stack) if e.lang), "")
            if self.bold and not (self.inline and any(e.tag in _BOLD for e in self.inline)):
                self.bold = False
        self.words.append(text)
        inside = bool(self.inline) and any(e.tag == "a" for e in self.inline)
        self.parts.append(escape(text, quote=False) if inside else self.linked(text))

    def linked(self, text: str) -> str:
        """The text escaped, with links round the bare addresses."""
        if "://" not in text and "w." not in text and "W." not in text and "@" not in text:
            return escape(text, quote=False) if "&" in text or "<" in text or ">" in text else text
        written, at = [], 0
        for found in sorted([*_BARE.finditer(text), *_MAIL.finditer(text)], key=lambda match: match.start()):
            shown = _trimmed(found[0])
            url = _address(shown)
            if found.start() < at or url is None:
                continue
            written += [
                escape(text[at : found.start()], quote=False),
                f'<a href="{escape(url)}">{escape(shown, quote=False)}</a>',
            ]
            self.links.append(Href(url, shown))
            at = found.start() + len(shown)
        return "".join(written) + escape(text[at:], quote=False)

    # ---------------------------------------------------------------- elements

    def open(self, tag: str, given: str) -> None:
        """Take a start tag."""
        if tag in _PARTING:
            self.flush()
            self.enter(tag, _given(given) if given else _NOTHING)
        elif tag == "br":
            self.line_break()
        elif tag == "hr":
            self.flush()
            self.rule()
        elif tag == "img":
            self.picture(given)
        else:
            found = (attributes(given) if tag == "a" else _given(given)) if given else _NOTHING
            if tag == "span" and found and _FIELD.search(found.get("class", "")):
                self.flush()
                self.enter(tag, found, field=True)
            else:
                self.begin(tag, found)

    def close(self, tag: str) -> None:
        """Take an end tag: nh3 balances them, so it is the innermost element's."""
        if not self.stack:
            return
        if tag in _PARTING or self.stack[-1].field:
            self.flush()
            self.leave(self.stack.pop())
            return
        element = self.stack.pop()
        if self.inline and self.inline[-1] is element:
            self.inline.pop()
            self.end(element)

    def begin(self, tag: str, given: Mapping[str, str]) -> None:
        element = _Open(tag)
        if given:
            element.lang, element.classes = given.get("lang", ""), given.get("class", "")[:_LONGEST]
        self.stack.append(element)
        if tag not in INLINE or len(self.inline) >= _DEEPEST or (tag == "a" and not given.get("href")):
            return
        element.opening = f'<a href="{escape(given["href"])}">' if tag == "a" else f"<{tag}>"
        self.inline.append(element)
        self.parts.append(element.opening)
        if tag == "a":
            self.label = len(self.words)
            element.classes = ""

    def end(self, element: _Open) -> None:
        if element.tag == "a":
            self.link(element)
        if self.parts and self.parts[-1] == element.opening:
            self.parts.pop()
        else:
            self.parts.append(f"</{element.tag}>")

    def link(self, element: _Open) -> None:
        label = "".join(self.words[self.label :]).strip()
        if label:
            self.links.append(Href(unescape(element.opening[9:-2]), label))

    def enter(self, tag: str, given: Mapping[str, str], *, field: bool = False) -> None:
        element = _Open(tag, field=field, events=self.events)
        if given:
            element.lang, element.classes = given.get("lang", ""), given.get("class", "")[:_LONGEST]
        self.run += 1
        self.stack.append(element)
        if tag in _SIMPLE:
            return
        if tag in BOXES and len(self.boxes) < _DEEPEST:
            kept = "".join(
                f' {name}="{escape(value)}"' for name, value in given.items() if name in ("colspan", "rowspan", "start")
            )
            element.box = Box(tag, f"<{tag}{kept}>")
            self.boxes.append(element.box)
        if tag == "table":
            self.seen_tables += 1
            self.tables.append(_Table(self.seen_tables))
        elif tag == "tr" and self.tables:
            self.tables[-1].row += 1
            self.tables[-1].column = 0
        elif tag in ("td", "th") and self.tables:
            self.tables[-1].column += 1
        elif tag == "pre":
            self.preformatted += 1

    def leave(self, element: _Open) -> None:
        self.run += 1
        if element.tag not in _SIMPLE:
            if element.box is not None:
                self.boxes.pop()
            if element.tag == "table" and self.tables:
                self.tables.pop()
            elif element.tag == "pre":
                self.preformatted -= 1
        if element.events == self.events and element.tag not in _TABLE_PARTS:
            self.gap += 1
            self.events += 1

    def line_break(self) -> None:
        if self.worded:
            self.flush()
        else:
            self.gap += 1
            self.events += 1

    # ---------------------------------------------------------------- blocks

    def flush(self) -> None:
        """End the block that is being read."""
        if not self.parts and not self.words:
            return
        text = "".join(self.words).strip()
        if text:
            ends = ""
            if self.inline:
                for element in self.inline:
                    if element.tag == "a":
                        self.link(element)
                ends = "".join(f"</{element.tag}>" for element in reversed(self.inline))
            self.add(text, _tidy("".join(self.parts) + ends))
        self.words.clear()
        self.links.clear()
        self.parts = [element.opening for element in self.inline]
        self.label = 0
        self.worded = False
        self.bold = True

    def add(self, text: str, html: str) -> None:
        kind, level = self.kind()
        if kind != "heading" and _TYPED_RULE.match(text):
            kind = "rule"
        if kind == "embed":
            self.append("", html, kind, tuple(self.links))
            return
        table = self.tables[-1] if self.tables else None
        cell = (table.number, table.row, table.column) if table else _NO_CELL
        self.append(text, html, kind, tuple(self.links), level=level, bold=self.bold, lang=self.lang, cell=cell)

    def kind(self) -> tuple[Kind, int]:
        """What the innermost parting elements make of a block, and its heading level."""
        for element in reversed(self.stack):
            if element.tag in _KINDS:
                return _KINDS[element.tag]
            if element.classes == "syndicate-embed":
                return "embed", 0
        return "paragraph", 0

    def append(
        self,
        text: str,
        html: str,
        kind: Kind,
        links: tuple[Href, ...] = (),
        *,
        level: int = 0,
        bold: bool = False,
        lang: str = "",
        cell: tuple[int, int, int] = _NO_CELL,
        picture: Href | None = None,
    ) -> None:
        classes = tuple([element.classes for element in self.stack[-_WRAPPERS:] if element.classes])
        boxes = tuple(self.boxes)
        for box in boxes:
            box.filled += 1
        # In the order of Block's fields: naming the sixteen would double what this takes.
        block = Block(
            text, html, kind, links, level, bold, self.gap, self.run, lang, classes, boxes, *cell, picture
        )  # fmt: skip
        self.done.append(block)
        self.gap = 0
        self.events += 1

    def rule(self) -> None:
        self.append("", "<hr>", "rule")

    def picture(self, tag: str) -> None:
        given = attributes(tag)
        if "emoji" in given.get("class", "") or "smiley" in given.get("class", ""):
            self.characters(given.get("alt", ""))
            return
        if not is_web(given.get("src", "")) or given["src"].startswith("data:"):
            given["src"] = given.get("data-src", "")
        if not image(given):
            return
        link = next((element for element in self.inline if element.tag == "a"), None)
        self.flush()
        alt = folded(given.get("alt", "")).strip()
        html = f'<img src="{escape(given["src"])}" alt="{escape(alt)}">'
        found: tuple[Href, ...] = ()
        if link is not None:
            html = f"{link.opening}{html}</a>"
            found = (Href(unescape(link.opening[9:-2]), alt),)
        self.append("", html, "image", found, picture=Href(given["src"], alt))


_KINDS: dict[str, tuple[Kind, int]] = {
    **{tag: ("heading", int(tag[1])) for tag in HEADINGS},
    "li": ("item", 0),
    "td": ("cell", 0),
    "th": ("cell", 0),
    "figcaption": ("caption", 0),
    "caption": ("caption", 0),
    "pre": ("preformatted", 0),
}
_EMPTY = re.compile(r"<(a|[a-z]+)(?: href=\"[^\"]*\")?>(\s*)</\1>")


def _tidy(html: str) -> str:
    """`html` without the empty inline elements that a line break leaves behind."""
    while "></" in html or " </" in html:
        shorter = _EMPTY.sub(r"\2", html)
        if shorter == html:
            break
        html = shorter
    return html.strip()


def _trimmed(url: str) -> str:
    """A typed address without the punctuation of the sentence round it."""
    url = url.rstrip(".,;:!?'’…*")
    while url.endswith((")", "]")) and url.count("(") + url.count("[") < url.count(")") + url.count("]"):
        url = url[:-1].rstrip(".,;:!?'’…*")
    return url


def _address(shown: str) -> str | None:
    """The absolute address that a typed one means, or None where it is none."""
    if "://" not in shown and "@" in shown:
        return f"mailto:{shown}"
    url = shown if "://" in shown else f"http://{shown}"
    return url if is_web(url) and "." in url.split("://", 1)[1] else None
