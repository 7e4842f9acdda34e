"""Teasers, and articles found on pages: each file of pages/ with what must be there, and what must not, in the TOML beside it."""

from __future__ import annotations

import contextlib
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from syndicate.errors import FeedError
from syndicate.models import Entry, Picture
from syndicate.pull import Article, article, discover, guesses, is_teaser, with_article

PAGES = sorted((Path(__file__).parent / "pages").glob("*.html"))
URL = "https://blog.example/lajme/nje"


def found(body, selector=None, content_type="text/html"):
    return article(
        body if isinstance(body, bytes) else body.encode(), content_type=content_type, url=URL, selector=selector
    )


@pytest.mark.parametrize("library", [True, False], ids=["with the library", "without"])
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_file(path, library, monkeypatch):
    """Also where the extraction library cannot be loaded, no version and no hashtag is lost."""
    if not library:
        monkeypatch.setitem(sys.modules, "trafilatura", None)
    wanted = tomllib.loads(path.with_suffix(".toml").read_text())
    got = found(path.read_bytes())
    for piece in wanted["has"]:
        assert piece in got.html
    for piece in wanted.get("lacks", []) if library else []:
        assert piece not in got.html
    for key in ("title", "author", "language", "published"):
        if key in wanted:
            assert getattr(got, key) == (wanted[key] or None), key
    if "picture" in wanted:
        assert got.picture == Picture(wanted["picture"])
    assert got.note is None


SOUP = (Path(__file__).parent / "pages" / "halves.html").read_bytes()


def test_the_selector_says_what_the_article_is():
    got = found(SOUP, ".anglisht")
    assert "Today we published" in got.html
    assert "Sot botuam" not in got.html
    assert got.note is None


def test_a_selector_may_find_several_elements_and_takes_the_outermost():
    got = found("<body><div class='x'><p class='x'>një</p></div><div class='x'>dy</div></body>", ".x")
    assert got.html.count("një") == 1
    assert got.html.index("një") < got.html.index("dy")


def test_with_a_selector_only_scripts_and_forms_go():
    got = found(
        "<body><div class='x'><div class='share'>këtu</div><script>s()</script><form>f</form></div></body>", ".x"
    )
    assert "këtu" in got.html
    assert "s()" not in got.html
    assert "<form" not in got.html


@pytest.mark.parametrize("selector", [".none", "a[[", "foo:bar(", ",", "::before", "\x00"])
def test_a_selector_that_finds_nothing_falls_back_with_a_note(selector):
    got = found(SOUP, selector)
    assert "Sot botuam" in got.html
    assert got.note
    assert "selector" in got.note


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (b"", "text/html", "empty"),
        (b"%PDF", "application/pdf", "application/pdf"),
        (b"<div>" * 100_000 + b"x", "text/html", "absurdly deep"),
        (b"<p>x</p>" * 400_000, "text/html", "too large"),
    ],
    ids=range(4),
)
def test_what_is_no_page(body, content_type, said):
    began = time.process_time()
    with pytest.raises(FeedError, match=said) as caught:
        found(body, content_type=content_type)
    assert URL in str(caught.value)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    "body",
    [
        b"x",
        b"<",
        b"<html></html>",
        b"<body><script>x</script></body>",
        b"\xff\xfe",
        b"<frameset><frame src=x></frameset>",
        b"<article></article><main></main>",
    ],
)
def test_odd_pages_do_not_raise_surprises(body):
    with contextlib.suppress(FeedError):
        assert isinstance(found(body), Article)


def test_a_page_in_windows_1252():
    body = (
        '<html><head><meta charset="windows-1252"></head><body><article><p>Fëmijët “tanë”</p></article></body></html>'
    )
    assert "Fëmijët “tanë”" in found(body.encode("cp1252")).html


# ---------------------------------------------------------------- teasers

OWN = "https://www.blog.example/lajme/nje/"


def entry(html, **more):
    return replace(Entry(guid=None, url="https://blog.example/lajme/nje", title="T", html=html), **more)


@pytest.mark.parametrize(
    "html",
    [
        "<p>Fillimi i tekstit…</p>",
        "<p>Fillimi i tekstit...</p>",
        "<p>Fillimi [&#8230;]</p>",
        "<p>Fillimi [...]</p>",
        "Fillimi (…) ",
        f'<p>Fillimi</p><p><a href="{OWN}">Lexo më shumë</a></p>',
        f'<p>Fillimi <a class="more-link" href="{OWN}#more-12">Vazhdo <span>→</span></a></p>\n',
        f'Fillimi <a href="{OWN}?utm_source=rss&amp;utm_medium=rss">Read more</a> &raquo;',
        f"<p>F</p><a href='{OWN}'><img src='x'></a>",
        '<p>Fillimi… </p><script>x("fund")</script><!-- fund -->',
        '<p>"Ai tha…"</p>',
    ],
)
def test_a_teaser(html):
    verdict = is_teaser(entry(html), "auto")
    assert verdict
    assert verdict.reason


@pytest.mark.parametrize(
    "html",
    [
        "<p>Një lajm i shkurtër, por i plotë.</p>",
        "",
        "<p></p>",
        "<p>Një… dy … tre. Fund.</p>",
        "<p>" + "Fjali e gjatë. " * 200 + "…</p>",
        '<p>Shih <a href="https://blog.example/tjeter">tjetrin</a></p>',
        f'<p><a href="{OWN}">Titulli</a></p><p>I gjithë teksti është këtu.</p>',
        f'<p>Shih <a href="{OWN}">këtu</a> për më shumë fakte.</p>',
        '<a href="http://[::1/">x</a>',
        "<a href=>x</a>",
    ],
)
def test_a_whole_entry(html):
    assert not is_teaser(entry(html), "auto")


def test_the_operator_has_the_last_word():
    assert not is_teaser(entry("…"), "feed")
    assert is_teaser(entry("<p>" + "Fjali e gjatë. " * 500), "page")
    assert not is_teaser(entry("…", url=None), "page")
    assert not is_teaser(entry("…", url=None), "auto")


def test_the_articles_facts_fill_only_gaps(now):
    page = Article(
        "<p>Teksti i plotë i faqes.</p>",
        "Titulli",
        "sq",
        Picture("https://blog.example/p.jpg"),
        author="Eva",
        published=now,
    )
    bare = with_article(entry("<p>Teksti…</p>", title=""), page)
    assert (bare.html, bare.title, bare.author, bare.published, bare.language) == (
        page.html,
        "Titulli",
        "Eva",
        now,
        "sq",
    )
    assert bare.picture == page.picture
    assert any("date" in note for note in bare.notes)
    kept = with_article(entry("<p>Teksti…</p>", author="Ana", published=now.replace(year=2020), language="en"), page)
    assert (kept.title, kept.author, kept.published.year, kept.language, kept.notes) == ("T", "Ana", 2020, "en", ())


def test_a_page_with_less_text_than_the_feed_changes_nothing():
    page = Article("<p>Hyni me fjalëkalim.</p>", note="shënim")
    kept = with_article(entry("<p>" + "Fjali e gjatë. " * 50 + "</p>"), page)
    assert kept.html.startswith("<p>Fjali e gjatë.")
    assert kept.notes[0] == "shënim"
    assert "less text" in kept.notes[1]


# ---------------------------------------------------------------- discovery


def test_the_feeds_that_a_page_names():
    body = """<head><base href="/blog/"><LINK REL='alternate' TYPE="application/rss+xml" title="Komentet" href="comments/feed/">
    <link href="feed/?a=1&amp;b=2" type=application/atom+xml rel="alternate home"><link rel="alternate" hreflang="en" href="/en/">
    <!-- <link rel="alternate" type="application/rss+xml" href="/old"> --><link rel="stylesheet" type="text/xml" href="/x">
    <link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">
    <link rel="alternate" type="application/feed+json" href="https://other.example/feed.json">
    <link rel="alternate" type="application/rss+xml" href="javascript:x"><link rel="alternate" type="application/rss+xml">"""
    assert discover(body.encode(), url="https://blog.example/x") == [
        "https://blog.example/blog/feed/?a=1&b=2",
        "https://other.example/feed.json",
        "https://blog.example/blog/comments/feed/",
    ]


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\xff" * 1000,
        b"<link " * 200_000,
        b"<!--" * 300_000,
        b"<script>" * 100_000,
        b"<link rel=" + b"a" * 900_000,
    ],
)
def test_junk_names_none_in_time(junk):
    began = time.process_time()
    assert discover(junk, url="https://blog.example/") == []
    assert time.process_time() - began < 3


def test_guesses_stand_beside_the_page_and_at_the_root():
    assert guesses("https://eva:x@blog.example/")[:2] == ["https://blog.example/feed/", "https://blog.example/rss.xml"]
    assert guesses("https://blog.example/lajme?x=1")[0] == "https://blog.example/lajme/feed/"
    assert "https://blog.example/atom.xml" in guesses("https://blog.example/lajme")
