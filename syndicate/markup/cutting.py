"""One block → several, at places in its text, with its inner HTML cut at the same places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape, unescape

from syndicate.markup.values import Block

_TOKENS = re.compile(r"<(/?)([a-z0-9]+)[^<>]*>|[^<]+")


def cut(block: Block, places: Sequence[int]) -> list[Block]:
    """The parts of `block` between `places` (offsets in its text, ascending), without white space at their ends.

    Empty parts vanish. Links go with the part that holds their label. The parts are one run, as if parted by `<br>`.
    """
    ends = [*places, len(block.text)]
    parts: list[Block] = []
    start = 0
    for html, end in zip(_pieces(block.html, ends), ends, strict=True):
        text = block.text[start:end].strip()
        if text:
            links = tuple(link for link in block.links if link.label in text or (not parts and not link.label))
            gap = 0 if parts else block.gap
            parts.append(block._replace(text=text, html=html.strip(), links=links, gap=gap))
        start = end
    return parts


def _pieces(html: str, ends: Sequence[int]) -> list[str]:
    pieces: list[str] = []
    written: list[str] = []
    opened: list[tuple[str, str]] = []
    seen = 0
    for token in _TOKENS.finditer(html):
        whole, closing, tag = token[0], token[1], token[2]
        if tag is not None:
            if closing:
                if opened:
                    opened.pop()
            elif tag not in ("img", "br"):
                opened.append((tag, whole))
            written.append(whole)
            continue
        text = unescape(whole)
        while len(pieces) < len(ends) - 1 and seen + len(text) > ends[len(pieces)]:
            head = ends[len(pieces)] - seen
            written.append(escape(text[:head], quote=False))
            pieces.append("".join(written) + "".join(f"</{name}>" for name, _ in reversed(opened)))
            written = [start for _, start in opened]
            seen, text = seen + head, text[head:]
        written.append(escape(text, quote=False))
        seen += len(text)
    pieces.append("".join(written))
    return pieces + [""] * (len(ends) - len(pieces))
