"""The operator's three colours, whatever they are, become a palette in which every text can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.compose import colours
from syndicate.compose.colours import CARD, NIGHT_CARD, contrast, mixed, palette, readable

COLOUR = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@given(COLOUR, COLOUR, COLOUR)
def test_every_text_has_contrast(accent: str, link: str, paper: str) -> None:
    made = palette(accent, link, paper)
    pairs = {
        "button": (made.on_accent, made.accent), "link": (made.link, CARD), "link on tint": (made.link, made.tint),
        "mark": (made.mark, made.tint), "foot": (made.paper_soft, made.paper), "night link": (made.night_link, NIGHT_CARD),
        "night button": (made.on_night_accent, made.night_accent), "night mark": (made.night_mark, made.night_tint),
        "ink on tint": (colours.INK, made.tint), "ink on night tint": (colours.NIGHT_INK, made.night_tint),
    }  # fmt: skip
    assert {name: pair for name, pair in pairs.items() if contrast(*pair) < 4.5} == {}


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#0b5a6b", "#0b5a6b") == 1


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert readable("#0b5a6b", "#ffffff") == "#0b5a6b"
    assert mixed("#000000", "#ffffff", 0.5) == "#808080"
    made = palette("#b8532b", "#0b5a6b", "#f4f0e9")
    assert (made.accent, made.link, made.paper) == ("#b8532b", "#0b5a6b", "#f4f0e9")
