"""What a body is made of: blocks, the boxes that they stand in, and the links that they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["paragraph", "heading", "item", "cell", "caption", "image", "embed", "rule", "preformatted"]
"""What a block is. An `image` or `embed` has no text; a `rule` is a line drawn by `<hr>` or typed as `***`."""


class Href(NamedTuple):
    """A link inside a block: absolute `url`, and the visible `label` (the URL as typed where it was bare)."""

    url: str
    label: str


@dataclass(slots=True, eq=False)
class Box:
    """A list, list item, quote, table, row, cell, figure or caption round some blocks; compared by identity.

    `opening` is its safe start tag, `filled` counts the blocks with text or pictures that it holds.
    """

    tag: str
    opening: str
    filled: int = 0


class Block(NamedTuple):
    """One run of text, or one picture, in reading order.

    `text` is NFC with folded white space; `html` is its safe inner HTML. `level` is 1 to 6 for a heading, else 0.
    `gap` counts the empty blocks before it. `run` numbers the element it comes from: blocks of one run were parted by
    `<br>` only. `bold` says that all its text is. `lang` is the nearest `lang` attribute. `classes` are the class
    attributes round it, outermost first. `table`, `row` and `column` count from 1 (0: not in a table).
    """

    text: str
    html: str
    kind: Kind = "paragraph"
    links: tuple[Href, ...] = ()
    level: int = 0
    bold: bool = False
    gap: int = 0
    run: int = 0
    lang: str = ""
    classes: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()
    table: int = 0
    row: int = 0
    column: int = 0
    picture: Href | None = None

    @property
    def quoted(self) -> bool:
        """Whether it stands in a block quote."""
        return any(box.tag == "blockquote" for box in self.boxes)

    @property
    def listed(self) -> bool:
        """Whether it stands in a list."""
        return any(box.tag == "li" for box in self.boxes)
