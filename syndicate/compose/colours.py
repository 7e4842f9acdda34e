"""The operator's three colours → a palette in which every text can be read, by day and in the dark.

An organisation's own colour is often too light for text, or too dark for the night. Each colour is moved towards black or
white just as far as its text needs (WCAG 2.2, 1.4.3: a contrast of 4.5), and the rest of its character stays.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from functools import lru_cache

ENOUGH = 4.6
"""The contrast that is aimed at: 4.5, and a little for rounding."""

CARD, INK, SOFT, LINE = "#ffffff", "#23282d", "#565d64", "#e3ddd2"
NIGHT, NIGHT_CARD, NIGHT_INK, NIGHT_SOFT, NIGHT_LINE = "#14181b", "#1d2226", "#ece8e1", "#aab2b8", "#363d43"

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a mail, as `#rrggbb`. `on_` a colour is the text upon it; `night_` is for dark mode.

    `accent` is for edges and buttons, `mark` the same hue where it is text, `tint` a pale ground for it.
    """

    accent: str
    on_accent: str
    mark: str
    link: str
    paper: str
    soft: str
    paper_soft: str
    tint: str
    night_accent: str
    on_night_accent: str
    night_link: str
    night_tint: str
    night_mark: str


@lru_cache(maxsize=16)
def palette(accent: str, link: str, paper: str) -> Palette:
    """The palette of a site's three colours."""
    tint, night_tint = mixed(accent, CARD, 0.90), mixed(accent, NIGHT_CARD, 0.86)
    night_accent = readable(accent, NIGHT_CARD, 3.0)
    return Palette(
        accent=accent, on_accent=_upon(accent), mark=readable(readable(accent, CARD), tint),
        link=readable(readable(link, CARD), mixed(accent, CARD, 0.90)), paper=paper, soft=SOFT,
        paper_soft=readable(SOFT, paper), tint=tint, night_accent=night_accent,
        on_night_accent=_upon(night_accent), night_link=readable(readable(lit(link), NIGHT_CARD), night_tint),
        night_tint=night_tint, night_mark=readable(lit(accent), night_tint),
    )  # fmt: skip


def readable(colour: str, ground: str, contrast_: float = ENOUGH) -> str:
    """`colour`, moved as little as is needed for text upon `ground`: towards the one of black and white that is farther off."""
    goal = max(("#000000", "#ffffff"), key=lambda end: contrast(end, ground))
    for step in range(21):
        tried = mixed(colour, goal, step / 20)
        if contrast(tried, ground) >= contrast_:
            return tried
    return goal


def _upon(ground: str) -> str:
    """White, or black where white cannot be read."""
    return CARD if contrast(CARD, ground) >= ENOUGH else "#000000"


def contrast(one: str, other: str) -> float:
    """How well one colour can be told from the other: 1 not at all, 21 black on white (WCAG 2.2)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, other: str, part: float) -> str:
    """`colour` with `part` of the other in it: 0 is `colour`, 1 the other."""
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(_rgb(colour), _rgb(other), strict=True))


def lit(colour: str) -> str:
    """The same hue as it glows in the dark: light, and calmer than by day."""
    red, green, blue = (value / 255 for value in _rgb(colour))
    hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
    return "#" + "".join(f"{round(value * 255):02x}" for value in colorsys.hls_to_rgb(hue, 0.68, min(saturation, 0.55)))


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(value / 255) for value in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
