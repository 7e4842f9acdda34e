"""Blocks → safe HTML again, for any subset of a body's blocks."""

from __future__ import annotations

from collections.abc import Sequence

from syndicate.markup.values import Block, Box

_TABLE = frozenset({"table", "tr", "td", "th"})


def join(blocks: Sequence[Block]) -> str:
    """The safe HTML of `blocks` in their order: lists and quotes grouped again, a table kept where it is whole.

    Cells of a table that is not whole, or has only one cell, become paragraphs.
    """
    broken = _broken(blocks)
    written: list[str] = []
    path: tuple[Box, ...] = ()
    before: Block | None = None
    for block in blocks:
        wanted = _path(block, broken)
        if before is not None and _continues(before, block, written):
            ending = written.pop()
            written += ["<br>" * (1 + min(block.gap, 1)), block.html, ending]
        else:
            _move(path, wanted, written)
            path = wanted
            written += _written(block, path)
        before = block
    _move(path, (), written)
    return "".join(written)


def _broken(blocks: Sequence[Block]) -> set[Box]:
    """The tables of which some cells are missing here, or that are only one cell."""
    held: dict[Box, list[tuple[int, int]]] = {}
    for block in blocks:
        for box in block.boxes:
            if box.tag == "table":
                held.setdefault(box, []).append((block.row, block.column))
    return {box for box, cells in held.items() if len(cells) < box.filled or len(set(cells)) < 2}


def _path(block: Block, broken: set[Box]) -> tuple[Box, ...]:
    if not broken:
        return block.boxes
    path: list[Box] = []
    skipping = False
    for box in block.boxes:
        if box.tag == "table":
            skipping = box in broken
        if not (skipping and box.tag in _TABLE):
            path.append(box)
    return tuple(path)


def _continues(before: Block, block: Block, written: list[str]) -> bool:
    """Whether a line break alone stood between two blocks."""
    if before.run != block.run or before.boxes != block.boxes or before.kind != block.kind:
        return False
    return written[-1] == "</p>"


def _move(path: tuple[Box, ...], wanted: tuple[Box, ...], written: list[str]) -> None:
    """Close the boxes of `path` that `wanted` is not in, and open those that it is in besides."""
    common = 0
    while common < min(len(path), len(wanted)) and path[common] is wanted[common]:
        common += 1
    written += [f"</{box.tag}>" for box in reversed(path[common:])]
    written += [box.opening for box in wanted[common:]]


def _written(block: Block, path: tuple[Box, ...]) -> list[str]:
    if block.kind == "heading":
        return [f"<h{block.level}>", block.html, f"</h{block.level}>"]
    if block.kind == "rule" and not block.text:
        return [block.html]
    if block.kind == "image" and path and path[-1].tag == "figure":
        return [block.html]
    if block.kind == "preformatted":
        return ["<pre>", block.html, "</pre>"]
    if path and path[-1].tag in ("li", "td", "th", "figcaption", "dt", "dd") and path[-1].filled == 1:
        return [block.html]
    return ["<p>", block.html, "</p>"]
