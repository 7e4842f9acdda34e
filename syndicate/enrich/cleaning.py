"""What blog software puts round a text and is no part of it: repeated titles, submission lines, labels, feed footers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from syndicate.markup import Block
from syndicate.models import LabelledBlock

_TITLE = re.compile(
    r"(?:^|\s)(?:field--name-title|field-name-title|node__title|node-title|page-title|entry-title)(?:\s|$)"
)
_META = re.compile(
    r"(?:^|\s)(?:field--name-(?:uid|created|changed|author)|field-name-(?:author|post-date)|node__(?:submitted|meta)|"
    r"submitted|entry-meta|byline|posted-on)(?:\s|$)"
)
_LABEL = re.compile(r"(?:^|\s)(?:field__label|field-label)(?:\s|$)")
_FOOTER = re.compile(
    r"^(?:The post|Artikulli|Postimi)\s.{1,400}(?:appeared first on|first appeared on|u shfaq|u publikua)\s", re.DOTALL
)


def without_wrapping(blocks: Sequence[Block], title: str, url: str | None) -> tuple[list[Block], list[LabelledBlock]]:
    """The blocks of the text, and those that the site's software added, each with why.

    `title` is the feed's, as one line; `url` the post's own address.
    """
    kept: list[Block] = []
    dropped: list[LabelledBlock] = []
    for number, block in enumerate(blocks):
        why = _software(block, title) or _footer(block, number == len(blocks) - 1, title, url)
        if why and block.text:
            dropped.append(LabelledBlock(block.text, None, "wrapping", why))
        elif not why:
            kept.append(block)
    return kept, dropped


def _software(block: Block, title: str) -> str:
    for name in block.classes:
        titled, why = _told(name)
        if titled and (not block.text or _same(block.text, title)):
            return "repeats the feed's title"
        if why:
            return why
    return ""


@lru_cache(maxsize=512)
def _told(name: str) -> tuple[bool, str]:
    """Whether an element with this class attribute holds the post's title; and why all that it holds is no text of the post."""
    if _META.search(name):
        why = "says who put it there and when"
    else:
        why = "a field label of the site's software" if _LABEL.search(name) else ""
    return bool(_TITLE.search(name)), why


def _footer(block: Block, last: bool, title: str, url: str | None) -> str:
    if not last or not block.links or len(block.text) > 600:
        return ""
    to_itself = any(link.url == url or _same(link.label, title) for link in block.links)
    if _FOOTER.match(block.text) or (to_itself and len(block.links) == 2 and _same(block.links[0].label, title)):
        return "a footer that the feed's software adds"
    return ""


def _same(one: str, other: str) -> bool:
    return bool(other) and re.sub(r"[\W_]+", "", one).casefold() == re.sub(r"[\W_]+", "", other).casefold()
