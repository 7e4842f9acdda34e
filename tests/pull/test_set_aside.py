"""Long texts that the feed parser never sees: they come out as if it had."""

from __future__ import annotations

import html
import subprocess
import sys
import time
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from often import often

from syndicate.errors import FeedError
from syndicate.pull import parse
from syndicate.pull.xmltext import set_aside

URL = "https://blog.example/feed/"
LONG = "<p>Një tekst i gjatë për fëmijët, “me thonjëza” &amp; shenja.</p>\n" * 8
RSS = (
    '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
    "<channel><title>Blog</title>{}</channel></rss>"
)
ATOM = '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Blog</title>{}</feed>'


def bodies(document, now):
    return [entry.html for entry in parse(document.encode(), content_type="", url=URL, now=now).entries]


def item(inside):
    return RSS.format(f"<item><title>T</title><link>https://blog.example/a</link>{inside}</item>")


@pytest.mark.parametrize(
    "document",
    [
        item(f"<description>{escape(LONG, quote=False)}</description>"),
        item(f"<description>\n  {escape(LONG)}  \n</description>"),
        item(f"<description><![CDATA[{LONG}]]></description>"),
        item(f"<description>Shkurt.</description><content:encoded>\n<![CDATA[{LONG}]]>\n</content:encoded>"),
        item(f"<description><![CDATA[{LONG}]]></description><content:encoded><![CDATA[{LONG}]]></content:encoded>"),
        item(f"<description>{escape(LONG, quote=False)}</description>").replace("\n", "\r\n"),
        ATOM.format(f'<entry><id>a</id><title>T</title><content type="html">{escape(LONG)}</content></entry>'),
        ATOM.format(f'<entry><title>T</title><summary xml:lang="sq" type="html">{escape(LONG)}</summary></entry>'),
    ],
)
def test_a_text_set_aside_comes_back_whole(document, now):
    assert len(set_aside(document)[1]) >= 1
    assert bodies(document, now) == [LONG.strip()]


@pytest.mark.parametrize(
    "inside",
    [
        "<description>Shkurt.</description>",
        f"<description>{escape(LONG).replace('&lt;', '&#60;')}</description>",
        f"<description>{'<b>' + LONG}</description>",
        f"<description><![CDATA[{LONG}",
        f"<description><![CDATA[{LONG}]]> dhe më tej</description>",
        f"<description>{escape(LONG)}\ue001</description>",
        f'<content type="text">{escape(LONG)}</content>',
        f"<summary>{escape(LONG)}</summary>",
    ],
)
def test_what_a_parser_must_see_stays(inside):
    document = item(inside)
    assert set_aside(document) == (document, {})


def test_words_read_in_the_wrong_encoding_are_mended_all_the_same(now):
    spoilt = f"<p>{'Fëmijët janë këtu. ' * 20}</p>".encode().decode("latin-1")
    assert bodies(item(f"<description>{escape(spoilt)}</description>"), now) == [f"<p>{'Fëmijët janë këtu. ' * 20}</p>"]


def test_a_feed_that_quotes_a_feed_shows_no_mark(now):
    quoted = f"<p>Kështu:</p><pre>&lt;description&gt;</pre><description>{LONG}</description>"
    (body,) = bodies(item(f"<content:encoded><![CDATA[{quoted}]]></content:encoded>"), now)
    assert "\ue001" not in body
    assert LONG.strip() in body
    (title,) = parse(
        item(f"<title><![CDATA[<description>{html.escape(LONG)}</description>]]></title>").encode(),
        content_type="",
        url=URL,
        now=now,
    ).entries
    assert "\ue001" not in title.title


@given(st.text(alphabet=st.sampled_from('<>&;"]![CDATA \r\nëa\x85'), min_size=190, max_size=260))
@settings(max_examples=often(60), deadline=None)
def test_whatever_it_holds_the_parser_would_have_said_the_same(text):
    from datetime import UTC, datetime

    from syndicate.pull import xmlfeed

    document = item(f"<description>{escape(text, quote=False)}</description>")
    seen = parse(document.encode(), content_type="", url=URL, now=datetime(2026, 11, 23, tzinfo=UTC)).entries
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xmlfeed, "set_aside", lambda whole: (whole, {}))
        plain = parse(document.encode(), content_type="", url=URL, now=datetime(2026, 11, 23, tzinfo=UTC)).entries
    assert seen == plain


@pytest.mark.parametrize(
    "piece", ["<description><![CDATA[", "<description>   ", "<description> ]]", "<content:encoded>"]
)
def test_hostile_texts_take_no_longer_than_long_ones(piece):
    began = time.process_time()
    set_aside(piece * (2_000_000 // len(piece)))
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("inside", "complaint"),
    [
        (f"<item>{'<b/>' * 500_000}</item>", "tags"),
        (f"<item>{'<b>x</b>' * 300_000}</item>", "tags"),
        ("<item " + " ".join(f'a{n}="x"' for n in range(100_000)) + "></item>", "attributes"),
    ],
)
def test_junk_is_refused_before_the_parser_labours_at_it(inside, complaint, now):
    began = time.process_time()
    with pytest.raises(FeedError, match=complaint):
        bodies(RSS.format(inside), now)
    assert time.process_time() - began < 3


def test_a_picture_inside_its_address_is_no_junk(now):
    text = f'<p>Foto: <img src="data:image/png;base64,{"A" * 300_000}" alt="x"></p>{LONG}'
    assert len(bodies(item(f"<description><![CDATA[{text}]]></description>"), now)) == 1


def test_an_unchanged_feed_needs_no_reader():
    code = (
        "import sys; from syndicate import pull, pipeline; "
        "print([name for name in sys.modules if name.startswith('syndicate.pull.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    late = ("parsing", "extract", "page", "identities", "discovery", "xmlfeed", "xmltext", "charset", "jsonfeed", "raw")
    assert not [name for name in late if f"'syndicate.pull.{name}'" in done.stdout]


def test_every_name_of_the_room_is_there():
    from syndicate import pull

    assert all(getattr(pull, name) is getattr(pull, name) for name in pull.__all__)
    assert callable(pull.article)
    assert callable(pull.parse)
    with pytest.raises(AttributeError, match="nothing"):
        _ = pull.nothing
