"""Charts as SVG, drawn by ourselves: no script, no picture from elsewhere, colours by the page's own classes. Pure.

Each is drawn twice, for a desk and for a phone, because a chart that shrinks has letters that nobody can read; the page shows the
one that fits. Each has a title and a sentence for who does not see it. The figures stand in a table beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

WIDTHS = {"wide": 745, "narrow": 326}
"""How wide a chart is, in CSS pixels: on a desk, and on a phone."""

SIGN = 6.7
"""About how wide a letter is at the charts' size of 12 px."""

ROW = 30


@dataclass(frozen=True, slots=True)
class Told:
    """What a chart says to who does not see it: its id on the page, a title, and a sentence."""

    id: str
    title: str
    said: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step on the axis of time: in short, and what it belongs to (a year), which is written where it changes."""

    short: str
    group: str = ""


Number = Callable[[int], str]
"""A number as the reader's language writes it."""


def columns(told: Told, steps: Sequence[Step], series: Sequence[tuple[str, Sequence[int]]], number: Number) -> str:
    """A column for each step and series, side by side."""
    return _both(told, lambda width: _columns(width, steps, series, number))


def _columns(
    width: int, steps: Sequence[Step], series: Sequence[tuple[str, Sequence[int]]], number: Number
) -> tuple[int, list[str]]:
    most = max((value for _, values in series for value in values), default=0)
    marks = _marks(most)
    left, top, high = len(number(marks[-1])) * SIGN + 10, 14, 170
    room = (width - left) / max(1, len(steps))
    thick = min(26.0, max(1.5, (room - min(8, room / 4)) / len(series)))
    drawn = _grid(left, width, top, high, marks, number)
    for place, _ in enumerate(steps):
        begin = left + place * room + (room - thick * len(series)) / 2
        for turn, (_, values) in enumerate(series):
            tall = values[place] / marks[-1] * high
            if values[place]:
                drawn.append(_bar(begin + turn * thick, top + high - tall, max(1.0, thick - 1.5), tall, turn))
    drawn += _times(steps, left, room, top + high)
    return top + high + 38, drawn


def _grid(left: float, width: int, top: int, high: int, marks: Sequence[int], number: Number) -> list[str]:
    drawn = []
    for mark in marks:
        y = top + high - mark / marks[-1] * high
        drawn.append(
            f'<line class="{"base" if mark == 0 else "grid"}" x1="{left:.1f}" x2="{width}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        drawn.append(_text(left - 8, y + 4, number(mark), "end soft"))
    return drawn


def _times(steps: Sequence[Step], left: float, room: float, bottom: float) -> list[str]:
    """The names of steps below the axis, as many as fit, and the year where it changes."""
    widest = max((len(step.short) for step in steps), default=1) * SIGN + 8
    every = max(1, -(-int(widest) // max(1, int(room))))
    drawn, last = [], ""
    for place, step in enumerate(steps):
        middle = left + (place + 0.5) * room
        if place % every == 0:
            drawn.append(_text(middle, bottom + 17, step.short, "mid soft"))
            if step.group and step.group != last:
                drawn.append(_text(middle, bottom + 33, step.group, "mid strong"))
                last = step.group
    return drawn


def bars(told: Told, rows: Sequence[tuple[str, int]], number: Number) -> str:
    """A bar for each row, the name above it on a phone and beside it on a desk."""
    return _both(told, lambda width: _bars(width, rows, number))


def _bars(width: int, rows: Sequence[tuple[str, int]], number: Number) -> tuple[int, list[str]]:
    most = max((value for _, value in rows), default=1) or 1
    beside = width > 500
    left = min(260.0, max((len(name) for name, _ in rows), default=1) * SIGN + 14) if beside else 0.0
    room = width - left - len(number(most)) * SIGN - 14
    drawn, y = [], 0.0
    for name, value in rows:
        long = value / most * room
        if beside:
            drawn.append(_text(left - 12, y + 18, _cut(name, left - 14), "end"))
        else:
            drawn.append(_text(0, y + 13, _cut(name, width), ""))
            y += 18
        drawn.append(_bar(left, y + 5, max(2.0, long), ROW - 12, 0))
        drawn.append(_text(left + long + 8, y + 18, number(value), "strong"))
        y += ROW if beside else ROW - 2
    return round(y) + 4, drawn


def dots(told: Told, steps: Sequence[Step], rows: Sequence[tuple[str, Sequence[int]]], number: Number) -> str:
    """A row of dots for each name: the larger a dot, the more in that step."""
    return _both(told, lambda width: _dots(width, steps, rows, number))


def _dots(
    width: int, steps: Sequence[Step], rows: Sequence[tuple[str, Sequence[int]]], number: Number
) -> tuple[int, list[str]]:
    most = max((value for _, values in rows for value in values), default=1) or 1
    beside = width > 500
    left = min(230.0, max((len(name) for name, _ in rows), default=1) * SIGN + 14) if beside else 0.0
    ends = max((len(number(sum(values))) for _, values in rows), default=1) * SIGN + 14
    room = (width - left - ends) / max(1, len(steps))
    largest = min(13.0, room / 2)
    drawn, y = [], 0.0
    for name, values in rows:
        if not beside:
            drawn.append(_text(0, y + 13, _cut(name, width), ""))
            y += 18
        middle = y + 15
        drawn.append(
            f'<line class="grid" x1="{left:.1f}" x2="{width - ends:.1f}" y1="{middle:.1f}" y2="{middle:.1f}"/>'
        )
        drawn += [_text(left - 12, middle + 4, _cut(name, left - 14), "end")] if beside else []
        for place, value in enumerate(values):
            if value:
                size = max(2.2, largest * (value / most) ** 0.5)
                drawn.append(
                    f'<circle class="s0" cx="{left + (place + 0.5) * room:.1f}" cy="{middle:.1f}" r="{size:.1f}"/>'
                )
        drawn.append(_text(width - ends + 12, middle + 4, number(sum(values)), "strong"))
        y += ROW
    drawn += _times(steps, left, room, y)
    return round(y) + 38, drawn


@dataclass(frozen=True, slots=True)
class Block:
    """People over a stretch of steps, from the first to the last; its area stands for them."""

    first: int
    last: int
    people: int


def flows(told: Told, steps: Sequence[Step], up: Sequence[Block], down: Sequence[Block], number: Number) -> str:
    """Who came, above the line, and who went, below it: the area of a block is its people, and the number stands in it."""
    return _both(told, lambda width: _flows(width, steps, up, down, number))


def _flows(
    width: int, steps: Sequence[Step], up: Sequence[Block], down: Sequence[Block], number: Number
) -> tuple[int, list[str]]:
    def rate(one: Block) -> float:
        return one.people / (one.last - one.first + 1)

    most = max((rate(one) for one in (*up, *down)), default=1.0)
    above = max((rate(one) for one in up), default=0.0) / most * 110
    below = max((rate(one) for one in down), default=0.0) / most * 110
    room, axis = width / max(1, len(steps)), above + 20
    drawn = []
    for turn, blocks in ((0, up), (1, down)):
        for one in blocks:
            tall = max(2.0, rate(one) / most * 110)
            x, wide = one.first * room + 1, (one.last - one.first + 1) * room - 2
            drawn.append(_bar(x, axis - tall if turn == 0 else axis, wide, tall, turn))
            said = number(one.people)
            if wide >= len(said) * SIGN:
                drawn.append(
                    _text(x + wide / 2, axis - tall - 5 if turn == 0 else axis + tall + 14, said, "mid strong")
                )
    drawn.append(f'<line class="base" x1="0" x2="{width}" y1="{axis:.1f}" y2="{axis:.1f}"/>')
    bottom = axis + below + (20 if down else 4)
    drawn += _times(steps, 0, room, bottom)
    return round(bottom) + 38, drawn


def shares(told: Told, rows: Sequence[tuple[str, Sequence[int]]], number: Number) -> str:
    """A bar for each row, cut into its parts; bars are as long as their sums."""
    return _both(told, lambda width: _shares(width, rows, number))


def _shares(width: int, rows: Sequence[tuple[str, Sequence[int]]], number: Number) -> tuple[int, list[str]]:
    most = max((sum(parts) for _, parts in rows), default=1) or 1
    beside = width > 500
    left = min(260.0, max((len(name) for name, _ in rows), default=1) * SIGN + 14) if beside else 0.0
    room = width - left - len(number(most)) * SIGN - 14
    drawn, y = [], 0.0
    for name, parts in rows:
        if beside:
            drawn.append(_text(left - 12, y + 18, _cut(name, left - 14), "end"))
        else:
            drawn.append(_text(0, y + 13, _cut(name, width), ""))
            y += 18
        ends = [left + sum(parts[:place]) / most * room for place in range(len(parts) + 1)]
        for turn, (begin, end) in enumerate(pairwise(ends)):
            if parts[turn]:
                drawn.append(_bar(begin, y + 5, max(2.0, end - begin - 1.5), ROW - 12, turn))
        drawn.append(_text(ends[-1] + 8, y + 18, number(sum(parts)) if sum(parts) else "–", "strong"))
        y += ROW if beside else ROW - 2
    return round(y) + 4, drawn


# ---------------------------------------------------------------- the pen


def _both(told: Told, draw: Callable[[int], tuple[int, list[str]]]) -> str:
    """The chart at both widths; only the one that is shown is read out."""
    found = []
    for name, width in WIDTHS.items():
        height, parts = draw(width)
        title, said = f"{told.id}-{name}-title", f"{told.id}-{name}-desc"
        head = (
            f'<svg class="chart {name}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
            f'aria-labelledby="{title} {said}"><title id="{title}">{escape(told.title)}</title>'
            f'<desc id="{said}">{escape(told.said)}</desc>'
        )
        found.append(f"{head}{''.join(parts)}</svg>")
    return "\n".join(found)


def _marks(most: int) -> list[int]:
    """Round numbers for the axis, from nought to at least `most`."""
    step = next(base * 10**power for power in range(10) for base in (1, 2, 5) if base * 10**power * 4 >= most)
    return [*range(0, max(most, 1) + step, step)]


def _bar(x: float, y: float, wide: float, tall: float, turn: int) -> str:
    round_ = min(2.5, wide / 2, tall / 2)
    return f'<rect class="s{turn}" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}" rx="{round_:.1f}"/>'


def _text(x: float, y: float, said: str, classes: str) -> str:
    named = f' class="{classes}"' if classes else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}">{escape(said)}</text>'


def _cut(text: str, width: float) -> str:
    most = int(width / SIGN)
    return text if len(text) <= most else f"{text[: max(1, most - 1)].rstrip()}…"
