"""Text cleaned, shortened and wrapped, and addresses that a mail can carry."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.compose.plain import Footnotes, clean, header, shorten, web, wrap


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two, three", 9, "one two…"),
        ("unbreakable", 5, "unbr…"),
        ("one", 1, ""),
        ("ë" * 10, 4, "ëëë…"),
    ],
)
def test_shorten(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short


@given(st.text(), st.integers(0, 80))
def test_shorten_never_exceeds_the_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit


@given(st.lists(st.text("abcë", min_size=1, max_size=30), max_size=40))
def test_wrap_agrees_with_the_standard_library(words: list[str]) -> None:
    text = " ".join(words)
    assert wrap(text) == textwrap.fill(text, 72, break_long_words=False, break_on_hyphens=False)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://e.example.org/a?b=1&c=%20", "https://e.example.org/a?b=1&c=%20"),
        ("https://e.example.org/ë x\n<", "https://e.example.org/%C3%AB%20x%0A%3C"),
        ("javascript:alert(1)", None),
        ("//e.example.org/", None),
        ("https://[", None),
        ("", None),
        (None, None),
        ("https://e.example.org/%%leave_url%%", "https://e.example.org/%25%25leave_url%25%25"),
    ],
)
def test_web(url: str | None, safe: str | None) -> None:
    assert web(url) == safe


@given(st.text())
def test_clean_is_one_line_without_tokens(text: str) -> None:
    made = clean(text)
    assert made == made.strip()
    assert "%%" not in made
    assert len(made.splitlines()) <= 1


@given(st.text(alphabet=st.sampled_from("=?utf-8qb_0DA \r\n") | st.characters()))
def test_header_holds_no_encoded_word(text: str) -> None:
    assert "=?" not in header(text)


def test_long_addresses_become_footnotes_each_once() -> None:
    notes, long = Footnotes(), "https://example.org/" + "a/" * 50
    assert notes.link("Read on", "https://example.org/1") == "Read on:\nhttps://example.org/1"
    assert notes.link("The report", long) == "The report [1]"
    assert notes.link("The annex", long + "b") == "The annex [2]"
    assert notes.link("The report again", long) == "The report again [1]"
    assert notes.lines == [f"[1] {long}", f"[2] {long}b"]
