"""Feeds as data: each file of feeds/ with what must come out of it, in the TOML beside it; then what has no file.

An expectation checks only the keys that it has. `has` and `lacks` are pieces of the entry's html; a note is a piece of one.
"""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest

from syndicate.errors import FeedError
from syndicate.pull import identity, is_teaser, parse

FEEDS = Path(__file__).parent / "feeds"
FILES = sorted(path for path in FEEDS.iterdir() if path.suffix in (".xml", ".json"))
URL = "https://blog.example/feed/"


def has_notes(notes, wanted):
    if not wanted:
        return not notes
    return all(any(piece in note for note in notes) for piece in wanted)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_feed_file(path, now):
    wanted = tomllib.loads(path.with_suffix(".toml").read_text())
    feed = parse(path.read_bytes(), content_type="application/xml", url=URL, now=now)
    for key in ("title", "link", "language", "ttl", "next_url", "guessed_next", "total", "lost"):
        if key in wanted:
            assert getattr(feed, key) == wanted[key], key
    if "notes" in wanted:
        assert has_notes(feed.notes, wanted["notes"]), feed.notes
    entries = wanted.get("entry", [])
    assert len(feed.entries) == wanted.get("entries", len(entries))
    assert feed.total >= len(feed.entries) + feed.lost
    for entry, expected in zip(feed.entries, entries, strict=True):
        check(entry, expected)


def check(entry, expected):
    for key in ("guid", "url", "title", "author", "language", "html"):
        if key in expected:
            assert getattr(entry, key) == (expected[key] or None), key
    for key in ("published", "updated"):
        if key in expected:
            assert getattr(entry, key) == (expected[key] or None), key
    for key, name in (("picture", "url"), ("picture_type", "media_type"), ("picture_length", "length")):
        if key in expected:
            assert (getattr(entry.picture, name) if entry.picture else "") == expected[key], key
    if "categories" in expected:
        assert list(entry.categories) == expected["categories"]
    if "identity" in expected:
        assert identity(entry) == expected["identity"]
    if "teaser" in expected:
        assert bool(is_teaser(entry, "auto")) is expected["teaser"]
    if "notes" in expected:
        assert has_notes(entry.notes, expected["notes"]), entry.notes
    assert len(entry.html) <= expected.get("longest", 100_000)
    for piece in expected.get("has", []):
        assert piece in entry.html
    for piece in expected.get("lacks", []):
        assert piece not in entry.html


def test_every_expectation_has_its_feed():
    assert {path.stem for path in FEEDS.glob("*.toml")} == {path.stem for path in FILES}


# ---------------------------------------------------------------- what is no feed

PAGE = b"""<!doctype html><html><head><title>Blog</title>
<link rel="alternate" type="application/rss+xml" title="Komente" href="/comments/feed/">
<link rel="alternate" type="application/rss+xml" title="Lajme" href="/feed/"></head>
<body><p>Mir\xc3\xab se vini</p></body></html>"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (PAGE, r"web page, not a feed\. It names this feed: https://blog\.example/feed/\."),
        (b"<html><body>404</body></html>", "names no feed"),
        (b'<?xml version="1.0"?><!DOCTYPE html><html></html>', "web page"),
        (b'{"ok": true}', "no JSON Feed"),
        (b"[1, 2]", "no JSON Feed"),
        (b'{"items": [', "looks like JSON"),
        (b'{"a":' * 100_000, "JSON"),
        (b'<?xml version="1.0"?><urlset><url><loc>https://blog.example/</loc></url></urlset>', "neither RSS nor Atom"),
        (b'<?xml version="1.0"?><opml><body/></opml>', "neither RSS nor Atom"),
        (b"Hello", "neither XML nor JSON"),
        (b"%PDF-1.4 \x00\x01\xff\xfe", "neither XML nor JSON"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50, "neither XML nor JSON"),
        (b"\xff\xfe", "empty"),
    ],
)
def test_what_is_no_feed_says_so_in_one_sentence(body, said, now):
    with pytest.raises(FeedError, match=said) as caught:
        parse(body, content_type="text/html", url=URL, now=now)
    assert str(caught.value).startswith(URL)
    assert "\n" not in str(caught.value)


# ---------------------------------------------------------------- size


def rss(items: str) -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


def quickly(body, now, seconds, **options):
    began = time.process_time()
    try:
        feed = parse(body, content_type="", url=URL, now=now, **options)
    except FeedError as error:
        feed = error
    assert time.process_time() - began < seconds
    return feed


def test_only_the_first_entries_are_read(now):
    feed = quickly(rss("".join(f"<item><title>{number}</title></item>" for number in range(50))), now, 2, limit=20)
    assert [entry.title for entry in feed.entries] == [str(number) for number in range(20)]
    assert (feed.total, feed.lost) == (50, 0)
    assert "30 were not" in feed.notes[0]


def test_the_limit_holds_in_atom_rdf_and_json(now):
    atom = '<feed xmlns="http://www.w3.org/2005/Atom">' + "<entry><title>x</title></entry>" * 9 + "</feed>"
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        + "<item><title>x</title></item>" * 9
        + "</rdf:RDF>"
    )
    prefixed = (
        '<a:feed xmlns:a="http://www.w3.org/2005/Atom">' + "<a:entry><a:title>x</a:title></a:entry>" * 9 + "</a:feed>"
    )
    for text in (atom, rdf, prefixed, '{"items":[' + ",".join(['{"title":"x"}'] * 9) + "]}"):
        feed = parse(text.encode(), content_type="", url=URL, now=now, limit=4)
        assert (len(feed.entries), feed.total, feed.lost) == (4, 9, 0)
        assert not any("well-formed" in note for note in feed.notes), text[:20]


@pytest.mark.parametrize("item", ["<item/>", "<item></item>", "<item> </item>", "<item >\n</item >"])
def test_a_hundred_thousand_empty_items(item, now):
    feed = quickly(rss(item * 100_000), now, 2)
    assert (feed.entries, feed.total, feed.lost) == ((), 100_000, 100_000)


def test_a_hundred_thousand_small_items(now):
    feed = quickly(rss("<item><title>x</title></item>" * 100_000), now, 6)
    assert (len(feed.entries), feed.total) == (5000, 100_000)


@pytest.mark.parametrize(
    "items",
    [
        "<b>" * 50_000 + "</b>" * 50_000,
        "<item>" * 50_000,
        "<item><description>" + "<div>" * 50_000,
        "<a b='" * 50_000,
        "<" * 200_000,
        "<![CDATA[" * 50_000,
        "<item><title>" + "&amp;" * 100_000 + "</title></item>",
        "<item><description>" + "&lt;b&gt;" * 100_000 + "</description></item>",
        "<!-- " * 50_000,
        "<item " * 50_000,
        "<author><![CDATA[" * 50_000,
        "<author>" + " " * 100_000 + "<b>",
        "<item><author>" + "@" * 100_000 + "</author></item>",
        "<guid " * 50_000,
        "<item><description><![CDATA[" + '<a href="' * 100_000 + "]]></description></item>",
    ],
    ids=range(15),
)
def test_nested_and_unclosed_junk_ends_in_time(items, now):
    quickly(rss(items), now, 5)


def test_junk_in_one_entry_does_not_cost_the_others(now):
    feed = quickly(
        rss("<item><title>mirë</title></item><item><title>keq <b></item><item><title>fund</title></item>"), now, 2
    )
    assert feed.entries[0].title == "mirë"
    assert feed.entries[-1].title == "fund"


def test_a_link_is_taken_from_the_guid_only_when_it_is_an_address(now):
    feed = parse(
        rss("<item><guid>https://blog.example/9</guid></item><item><guid>nëntë</guid></item>"),
        content_type="",
        url=URL,
        now=now,
    )
    assert [entry.url for entry in feed.entries] == ["https://blog.example/9", None]
    assert [entry.guid for entry in feed.entries] == ["https://blog.example/9", "nëntë"]


def test_relative_addresses_in_every_attribute(now):
    body = rss(
        "<item><link>https://blog.example/a/b</link><description>"
        '&lt;a href="c?x=1&amp;amp;y=2"&gt;1&lt;/a&gt;&lt;img src="/d.jpg" srcset="/d.jpg 1x, e.jpg 2x"&gt;'
        '&lt;a href="#fund"&gt;2&lt;/a&gt;'
        "&lt;a href='mailto:x@blog.example'&gt;3&lt;/a&gt;&lt;img src=\"//cdn.example/f.jpg\"&gt;</description></item>"
    )
    html = parse(body, content_type="", url=URL, now=now).entries[0].html
    assert 'href="https://blog.example/a/c?x=1&amp;y=2"' in html
    assert 'src="https://blog.example/d.jpg"' in html
    assert 'srcset="https://blog.example/d.jpg 1x, https://blog.example/a/e.jpg 2x"' in html
    assert 'href="#fund"' in html
    assert "mailto:x@blog.example" in html
    assert 'src="https://cdn.example/f.jpg"' in html


def test_many_entries_that_close_nothing_are_read_all_the_same(now):
    feed = quickly(rss("<item><title>x</title><b>y<br></item>" * 8_000), now, 20, limit=600)
    assert len(feed.entries) == 600
