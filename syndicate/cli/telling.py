"""How results read in a terminal: plain sentences and aligned columns, without colour so that they copy well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta


def columns(rows: Iterable[Sequence[object]], *, indent: int = 0) -> str:
    """Rows of cells, aligned; the last column runs on."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        return ""
    count = max(map(len, cells))
    widths = [max((len(row[n]) for row in cells if n < len(row)), default=0) for n in range(count - 1)]
    lines = (
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), *row[count - 1 :]])
        for row in cells
    )
    return "\n".join(" " * indent + line.rstrip() for line in lines)


def number(count: int, one: str, many: str | None = None) -> str:
    """1 post, 2 posts."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago a moment was, roughly."""
    return "never" if moment is None else f"{span(now - moment)} ago"


def span(length: timedelta) -> str:
    """A length of time, roughly: its largest unit."""
    seconds = max(0, int(length.total_seconds()))
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return number(seconds // size, name)
    return number(seconds, "second")


def shortened(text: str, width: int) -> str:
    """The text, cut at a word to at most `width` characters."""
    if len(text) <= width:
        return text
    head = text[: width - 1].rsplit(" ", 1)[0] if " " in text[: width - 1] else text[: width - 1]
    return head.rstrip(" ,;:–-") + "…"
