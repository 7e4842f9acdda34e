"""From chosen posts to a frozen edition, and from an edition to one mail for one reader. Everything here is pure.

    [Post] --choose--> Choice --render--> EditionVariant (tokens left open) --letter, copy--> Letter + Copy --writer--> bytes
                                              └--checks--> [Finding] --preview--> one page for the operator

A template is compiled once (`mjml.compile`: MJML first), then filled by the words room (Jinja second), handed in as
`fill_text`: text from posts never meets the MJML parser.
"""

from __future__ import annotations

from syndicate.compose.checks import Finding, check, told_together
from syndicate.compose.choose import Choice, choose, reading_languages, too_many, unfit, variant_for, variants
from syndicate.compose.discreet import with_discreet
from syndicate.compose.items import Addresses
from syndicate.compose.message import copier, copy, letter, mask
from syndicate.compose.mime import writer
from syndicate.compose.mjml import compile, lint
from syndicate.compose.preview import preview, shown
from syndicate.compose.render import Parts, render, render_all

__all__ = [
    "Addresses",
    "Choice",
    "Finding",
    "Parts",
    "check",
    "choose",
    "compile",
    "copier",
    "copy",
    "letter",
    "lint",
    "mask",
    "preview",
    "reading_languages",
    "render",
    "render_all",
    "shown",
    "told_together",
    "too_many",
    "unfit",
    "variant_for",
    "variants",
    "with_discreet",
    "writer",
]
