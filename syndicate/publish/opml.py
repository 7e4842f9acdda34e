"""A list of feeds as OPML 2.0 (opml.org/spec2.opml): bytes that depend on nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape

OPML = "text/x-opml"


@dataclass(frozen=True, slots=True)
class Outline:
    """One line of a list of feeds: a feed with addresses, or a heading over `within`."""

    text: str
    language: str = ""
    page: str = ""
    feed: str = ""
    within: tuple[Outline, ...] = field(default=())


def opml(title: str, outlines: Iterable[Outline]) -> bytes:
    """A list of feeds as OPML 2.0 (opml.org/spec2.opml), UTF-8, without a date."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">']
    lines += [f"<head><title>{escape(title)}</title></head>", "<body>"]
    for outline in outlines:
        lines += _outline(outline)
    return "\n".join([*lines, "</body>", "</opml>", ""]).encode()


def _outline(outline: Outline) -> list[str]:
    told = {"text": outline.text}
    if outline.feed:
        told |= {"title": outline.text, "type": "rss", "version": "RSS2", "language": outline.language}
        told |= {"htmlUrl": outline.page, "xmlUrl": outline.feed}
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in told.items())
    if not outline.within:
        return [f"<outline{attributes}/>"]
    return [f"<outline{attributes}>", *(line for inner in outline.within for line in _outline(inner)), "</outline>"]
