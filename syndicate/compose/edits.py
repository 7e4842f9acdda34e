"""What a person wants otherwise in an edition than it was drafted: its words, which posts in which order, an introduction.

An introduction is Markdown (CommonMark without pictures, headings, tables and HTML), because that is what people type in
mails anyway. Its HTML goes through the same allow-list as a blog's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from syndicate import markup
from syndicate.compose.plain import apart, wrap
from syndicate.models import Post

if TYPE_CHECKING:
    from markdown_it.token import Token

INTRO = 3000
"""The most characters of an introduction: what is longer is a post."""

LONG = 40
"""Characters: a longer address breaks a sentence in two, so it goes to the end."""

_PICTURE = re.compile(r"!\[[^\]]*\]\s*[(\[]")
_OFF = ["image", "heading", "lheading", "code", "fence", "hr", "html_block", "html_inline", "reference", "backticks"]

STYLES = {
    "<p>": '<p style="margin:0 0 12px">',
    "<ul>": '<ul style="margin:0 0 12px;padding:0 0 0 22px">',
    "<ol>": '<ol style="margin:0 0 12px;padding:0 0 0 22px">',
    "<li>": '<li style="margin:0 0 4px">',
    "<blockquote>": '<blockquote style="margin:0 0 12px;padding:0 0 0 16px;font-style:italic">',
}
"""Mail programs have margins of their own for these, unless they are told."""


class Html(str):
    """Text that is HTML already, and harmless: templates do not escape it (the protocol of MarkupSafe)."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Edits:
    """All that was said of one edition. `subject`, `preheader` and `intro` are per language, posts are ids.

    `order` stands first, in this order; the rest follows as it was drafted. `featured` stands before all.
    """

    subject: Mapping[str, str] = field(default_factory=dict)
    preheader: Mapping[str, str] = field(default_factory=dict)
    intro: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    featured: str | None = None

    def rows(self) -> dict[tuple[str, str], str]:
        """As the store keeps it: (kind, key) → value."""
        texts = {"subject": self.subject, "preheader": self.preheader, "intro": self.intro}
        rows = {(kind, language): text for kind, said in texts.items() for language, text in said.items()}
        rows |= {("drop", id): "" for id in self.drop} | {("add", id): "" for id in self.add}
        rows |= {("order", ""): " ".join(self.order)} if self.order else {}
        return rows | ({("featured", ""): self.featured} if self.featured else {})


def from_rows(rows: Mapping[tuple[str, str], str]) -> Edits:
    """What the store kept."""

    def of(kind: str) -> dict[str, str]:
        return {key: value for (name, key), value in rows.items() if name == kind}

    order, featured = rows.get(("order", ""), ""), rows.get(("featured", ""))
    return Edits(
        of("subject"), of("preheader"), of("intro"), tuple(order.split()), (*of("drop"),), (*of("add"),), featured
    )


def arranged(posts: Sequence[Post], edits: Edits) -> tuple[Post, ...]:
    """The posts of an edition as a person wants them: without those dropped, the featured one first, then the order."""
    kept = {post.id: post for post in posts if post.id not in edits.drop}
    wanted = [edits.featured, *edits.order, *kept]
    return tuple(kept[id] for id in dict.fromkeys(id for id in wanted if id in kept))


# ---------------------------------------------------------------- the introduction


def trouble(text: str) -> str:
    """Why a text cannot be an introduction; "" if it can."""
    if len(text) > INTRO:
        return f"it has {len(text):,} characters, and {INTRO:,} fit; make it a post, and feature that"
    if _PICTURE.search(text):
        return "it holds a picture; pictures stand in posts, where they are taken over and cleaned"
    return ""


@lru_cache(maxsize=64)
def intro_html(text: str, link: str) -> Html:
    """An introduction as harmless HTML with the styles that mails need; `link` is the colour of its links."""
    from markdown_it import MarkdownIt

    made = markup.safe(MarkdownIt("commonmark", {"html": False}).disable(_OFF).render(text))
    for plain, styled in STYLES.items():
        made = made.replace(plain, styled)
    return Html(apart(made.replace("<a href", f'<a style="color:{link}" href')).strip())


@lru_cache(maxsize=64)
def intro_text(text: str) -> str:
    """An introduction for the text part: wrapped paragraphs and lists. A link's address stands in brackets behind its words,
    a long one in a footnote.
    """
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": False}).disable(_OFF).parse(text)
    notes: list[str] = []
    blocks = [*_blocks(tokens, notes)]
    if notes:
        blocks.append("\n".join(f"[{number}] {url}" for number, url in enumerate(notes, start=1)))
    return apart("\n\n".join(blocks))


def _blocks(tokens: Sequence[Token], notes: list[str]) -> Iterator[str]:
    """Each paragraph and each list as lines of text; long addresses go to the `notes`."""
    numbers: list[int | None] = []
    item: list[str] = []
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            numbers.append(int(token.attrGet("start") or 1) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            numbers.pop()
            if not numbers:
                yield "\n".join(item)
                item = []
        elif token.type == "inline":
            said = _inline(token.children or [], notes)
            if not numbers:
                yield "\n".join(wrap(line) for line in said.splitlines())
                continue
            number = numbers[-1]
            mark = "- " if number is None else f"{number}. "
            numbers[-1] = None if number is None else number + 1
            indent = "  " * (len(numbers) - 1)
            item.append(_hanging(said, indent + mark))


def _hanging(text: str, mark: str) -> str:
    """A wrapped item of a list: the mark before its first line, room of the same width before the others."""
    return mark + wrap(text, " " * len(mark))[len(mark) :]


def _inline(tokens: Sequence[Token], notes: list[str]) -> str:
    said: list[str] = []
    opened: list[tuple[int, str]] = []
    for token in tokens:
        if token.type == "link_open":
            opened.append((len(said), str(token.attrGet("href") or "")))
        elif token.type == "link_close" and opened:
            begin, url = opened.pop()
            label = "".join(said[begin:])
            if url.removeprefix("mailto:") == label:
                continue
            if len(url) > LONG:
                notes.append(url)
            said.append(f" [{len(notes)}]" if len(url) > LONG else f" ({url})")
        elif token.type in ("softbreak", "hardbreak"):
            said.append(" " if token.type == "softbreak" else "\n")
        else:
            said.append(token.content)
    return "".join(said)
