"""The shape in which a split post is searched for partners, hashtags and links."""

from __future__ import annotations

from dataclasses import dataclass


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
