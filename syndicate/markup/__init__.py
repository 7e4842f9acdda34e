"""HTML that anybody may have written → text, safe HTML, and blocks in reading order.

    plain(title)          one line of text
    safe(html, base)      the whole body, sanitised
    working(html, base)   the same with what parts blocks and says how to treat them: to be read again, not to be shown
    blocks(html, base)    the body as blocks, each with its text, its safe HTML and where it stood
    join(blocks)          the safe HTML of some of these blocks again
    cut(block, places)    one block parted at places in its text
    visible(html)         the text that a reader sees

Nothing here recurses, so nested junk costs time in proportion to its length and no stack.
"""

from __future__ import annotations

from syndicate.markup.clean import plain, safe, working
from syndicate.markup.cutting import cut
from syndicate.markup.reading import blocks
from syndicate.markup.values import Block, Box, Href, Kind
from syndicate.markup.writing import join

__all__ = ["Block", "Box", "Href", "Kind", "blocks", "cut", "join", "plain", "safe", "visible", "working"]


def visible(html: str, base_url: str = "") -> str:
    """The text that a reader of `html` sees, blocks parted by an empty line."""
    return "\n\n".join(block.text for block in blocks(html, base_url) if block.text)
