"""What a person wants otherwise: introductions in Markdown, the order of posts, and how it is kept."""

from dataclasses import replace

import pytest
from compose.newsroom import ADDRESSES, BEGIN, newsletter, parts, post, posts, site
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicate.compose.checks import Page, check
from syndicate.compose.edits import INTRO, Edits, arranged, from_rows, intro_html, intro_text, trouble
from syndicate.compose.items import Image
from syndicate.compose.render import variant_of
from syndicate.models import Edition, Post

FAR = "https://www.example.org/shume/larg/" + "a" * 60


@pytest.mark.parametrize(
    ("typed", "html", "text"),
    [
        ("Tungjatjeta", "<p", "Tungjatjeta"),
        ("a **b** *c*", "<strong>b</strong> <em>c</em>", "a b c"),
        ("[fjala](https://e.example/)", 'href="https://e.example/"', "fjala (https://e.example/)"),
        (f"[larg]({FAR}) [afër](https://e.example/)", FAR, f"larg [1] afër (https://e.example/)\n\n[1] {FAR}"),
        ("<https://e.example/>", 'href="https://e.example/"', "https://e.example/"),
        ("- një\n- dy", "<ul", "- një\n- dy"),
        ("3. tre\n4. katër", '<ol start="3"', "3. tre\n4. katër"),
        ("a\\\nb", "a<br>", "a\nb"),
        ("> dikush tha", "<blockquote", "dikush tha"),
        ("# jo titull", "# jo titull", "# jo titull"),
        ("a < b & c", "a &lt; b &amp; c", "a < b & c"),
        ("👩‍👧 ë ç", "👩‍👧 ë ç", "👩‍👧 ë ç"),
        ("100 %%%", "100 % % %", "100 % % %"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_markdown_becomes_html_and_text(typed: str, html: str, text: str) -> None:
    assert html in intro_html(typed, "#0b5a6b")
    assert intro_text(typed) == text


@settings(deadline=None)  # the first call imports the Markdown parser
@given(st.text(alphabet=st.sampled_from("ab<>[](){}!*_`#>-1. \n\"'&%/:\\ëç"), max_size=200))
def test_nothing_that_is_typed_does_harm(typed: str) -> None:
    page = Page(f"<html><head><title>x</title></head>{intro_html(typed, '#0b5a6b')}")
    assert page.pictures == []
    assert all(link.startswith(("http:", "https:", "mailto:", "tel:")) for link in page.links)
    assert "%%" not in intro_html(typed, "#0b5a6b") + intro_text(typed)


def test_lines_of_the_text_part_are_wrapped() -> None:
    typed = "fjalë " * 60 + "\n\n- " + "pikë " * 60
    assert max(map(len, intro_text(typed).splitlines())) <= 72


def test_what_cannot_stand_in_an_introduction() -> None:
    assert trouble("fine") == ""
    assert "picture" in trouble("![x](https://e.example/x.png)")
    assert "3,001" in trouble("a" * (INTRO + 1))


@given(
    st.lists(st.sampled_from("abcdef"), unique=True),
    st.lists(st.sampled_from("abcdefg"), unique=True),
    st.lists(st.sampled_from("abcdefg"), unique=True),
    st.none() | st.sampled_from("abcdefg"),
)
def test_arranging_loses_and_invents_nothing(
    there: list[str], order: list[str], drop: list[str], featured: str | None
) -> None:
    given = [post(number, id=id) for number, id in enumerate(there)]
    shown = [one.id for one in arranged(given, Edits(order=(*order,), drop=(*drop,), featured=featured))]
    assert sorted(shown) == sorted(set(there) - set(drop))
    if featured in shown:
        assert shown[0] == featured
    wanted = [id for id in order if id in shown and id != featured]
    assert [id for id in shown if id in wanted] == wanted


def test_what_was_said_is_kept_whole() -> None:
    said = Edits({"sq": "S"}, {"en": "P"}, {"sq": "I\n\nJ"}, ("b", "a"), ("c",), ("d",), "a")
    assert from_rows(said.rows()) == said
    assert from_rows({}) == Edits()


def test_an_introduction_stands_in_its_language_alone_and_above_the_posts() -> None:
    given = parts(posts(2), edits=Edits(intro={"sq": "Vetëm **shqip**."}))
    sq, en = variant_of(given, "sq"), variant_of(given, "en")
    assert sq is not None
    assert en is not None
    assert sq.html.index("<strong>shqip</strong>") < sq.html.index("<h2")
    assert sq.text.index("Vetëm shqip.") < sq.text.index("Raport i ri")
    assert "shqip" not in en.html.replace("Lexojeni në shqip", "")


# ---------------------------------------------------------------- bad input, as a table


def told(**changes: str) -> Post:
    """The first post with each of its versions changed so."""
    return replace(post(0), versions=tuple(replace(version, **changes) for version in post(0).versions))


LONG_WORD = "Donaudampfschifffahrt" * 12
EMPTY = {"title": "", "summary": "", "text": "", "html": ""}
CASES = {
    "one post": [post(0)],
    "sixty posts": posts(60),
    "no text in one language": [post(0, languages=("en",)), post(1, languages=("sq",))],
    "no picture": [post(0, picture=None)],
    "no address": [post(0, url=None)],
    "a title of 300 characters": [told(title="Titull i gjatë " * 20)],
    "one very long word": [told(title=LONG_WORD, summary=LONG_WORD)],
    "a very long address": [post(0, url="https://www.example.org/" + "shume-gjate/" * 40)],
    "emoji": [told(title="👩‍👧‍👦 🎈 Festa e fëmijëve")],
    "no summary": [told(summary="", text="", html="")],
    "nothing at all": [replace(told(**EMPTY), title="", url=None, picture=None)],
}


@pytest.mark.parametrize("name", ["sq", "en", "sq+en", "en+sq"])
@pytest.mark.parametrize("case", CASES)
def test_each_edition_is_right_whatever_the_posts_are(case: str, name: str) -> None:
    given = CASES[case]
    shown = replace(
        ADDRESSES, pictures={one.id: Image("https://lajme.example.org/pictures/0.jpg", 1200, 800) for one in given}
    )
    made = variant_of(parts(given, addresses=shown), name)
    assert made is not None
    if len(made.html.encode()) > 80_000:
        edition = Edition("monthly-7", "monthly", 7, "draft", BEGIN, tuple(one.id for one in given), (made,), "")
        assert [one.level for one in check(edition, site=site(), list=newsletter()) if one.name == "size"] == ["stop"]
        assert case == "sixty posts"
    assert 0 < len(made.subject) <= 90
    page = Page(made.html)
    assert page.title == made.subject
    assert page.language == name[:2]
    assert page.bare_pictures == []
    assert "%%leave_url%%" in page.links
    for one in given:
        assert one.url is None or one.url in page.links
        assert one.url is None or one.url in made.text
