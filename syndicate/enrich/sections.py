"""The shape in which a split post is searched for partners, hashtags and links, and the sentences of its running text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

CAPITALS = "".join(char for char in map(chr, range(0x530)) if char.isupper())
"""Every capital of the Latin, Greek and Cyrillic blocks, for a class of a pattern."""

# A full stop ends a sentence where a capital or a digit follows, unless it stands after a single letter ("A. Hoxha").
# The pattern begins with its few signs, so that the search runs from one to the next.
_SENTENCE_END = re.compile(
    r"[.!?…](?<!\b[^\W\d_]\.)(?<!\b[DM]r\.)(?<!\b[nN]r\.)(?<!\bProf\.)(?<!\bZnj\.)(?<!\bM[rs]s\.)(?<!\bMs\.)(?<!\bSt\.)(?<!\.sh\.)"
    rf"([\"”»’)]*)\s+(?=[\"“„«(]?[\d{CAPITALS}])"
)
_FAR = 600
"""Characters on each side of a place within which its sentence ends."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One link of a section: absolute `url`, and the visible `label` (equal to the URL where it was bare in the text)."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Section:
    """One version of a post as it is searched: `text` has its blocks parted by an empty line, the title apart.

    `language` may be "*" for what belongs to every version (a hashtag line, a picture's caption).
    """

    language: str
    title: str
    text: str
    anchors: tuple[Anchor, ...] = ()


def whole(section: Section) -> str:
    """Title and text of a section in NFC and without soft hyphens, parted like blocks: what is searched."""
    return unicodedata.normalize("NFC", f"{section.title}\n\n{section.text}".replace("\u00ad", ""))


class Same:
    """Some values told by the identity of their sequence: hashing 500 partners anew for every post would cost more than
    searching it."""

    def __init__(self, values: Sequence[object]) -> None:
        self.values = values

    def __hash__(self) -> int:
        return id(self.values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.values is self.values


# ---------------------------------------------------------------- sentences


def sentence(text: str, start: int, end: int, *, at_most: int = 200) -> str:
    """The sentence of `text` in which the place `start:end` stands, as one line of at most `at_most` characters.

    A longer one is cut at words round the place, with "…" where something is missing.
    """
    left, right = _begins(text, start), _ends(text, end)
    before, here, after = (" ".join(part.split()) for part in (text[left:start], text[start:end], text[end:right]))
    gaps = [" " if text[start - 1 : start].isspace() and before else "", " " if text[end : end + 1].isspace() else ""]
    whole = f"{before}{gaps[0]}{here}{gaps[1]}{after}".strip()
    if len(whole) <= at_most:
        return whole
    return _window(whole, len(before) + len(gaps[0]), len(here), at_most)


def _begins(text: str, start: int) -> int:
    """Where the sentence begins in which `start` stands, at most _FAR before it."""
    left = max(0, start - _FAR)
    left = text.rfind("\n", left, start) + 1 or left
    for stop in _SENTENCE_END.finditer(text, max(0, left - 1)):
        if stop.end() > start:
            break
        left = max(left, stop.end())
    return left


def _ends(text: str, end: int) -> int:
    """Where the sentence ends in which `end` stands, at most _FAR after it."""
    right = min(len(text), end + _FAR)
    line = text.find("\n", end, right)
    right = line if line >= 0 else right
    stop = _SENTENCE_END.search(text, max(0, end - 1), right + 16)
    return min(right, stop.end(1)) if stop else right


def _window(line: str, start: int, length: int, at_most: int) -> str:
    """The part of `line` round the place, cut at words, no longer than `at_most`; its beginning, if the place is in it."""
    size = at_most - 2  # room for both "…"
    length = min(length, size)
    left = 0 if start + length <= size * 3 // 4 else max(0, min(start - (size - length) // 2, len(line) - size))
    right = min(len(line), left + size)
    if left:
        left = line.find(" ", left, start) + 1 or start
    if right < len(line):
        space = line.rfind(" ", start + length, right + 1)
        right = space if space >= 0 else start + length
    return f"{'…' if left else ''}{line[left:right].strip(' ,;:')}{'…' if right < len(line) else ''}"
