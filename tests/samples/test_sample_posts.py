"""The sample posts are what they promise to be, and every feed and page of them can be read by others."""

import re
import struct
import unicodedata
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from typing import get_args

import feedparser
import pytest
from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from syndicate import samples
from syndicate.models import LinkKind

BASE = "http://127.0.0.1:8123"
POSTS = samples.posts()
TEASERS = [post for post in POSTS if post.teaser]
KINDS = ("drupal", "wordpress", "atom")
FEATURES = {
    "a bold second title": r"<p><(strong|b)>[^<]{20,}</\1></p>",
    "a heading as second title": r"<h2>",
    "a marker": "—— English below ——",
    "lines in one block": r"<div>[^<]+<br>\s*<br>",
    "inline style": r'style="[^"]*position:fixed',
    "a handler": r'onclick="',
    "a script": r"<script>",
    "Word's language attributes": r'lang="EN-US" style="mso-ansi-language',
    "a document": r'href="/dokumente/[^"]+\.pdf"',
    "a folder": r"https://drive\.google\.com/drive/folders/",
    "a film": r"youtube\.com/watch|\.mp4",
    "an inflected partner": "ECPAT-it International",
    "a translated partner": "Aleancës Globale WeProtect",
    "an inflected acronym": "UNICEF-it",
}


def each_post(posts=POSTS):
    return pytest.mark.parametrize("post", posts, ids=[post.slug for post in posts])


def shown(html):
    return unescape(LexborHTMLParser(f"<body>{html}").body.text(separator=" "))


def folded(tag):
    plain = unicodedata.normalize("NFKD", tag.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def read(kind):
    parsed = feedparser.parse(BytesIO(samples.feed(BASE, kind=kind)))
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def test_there_are_twelve_newest_first_with_dates_before_november():
    assert len(POSTS) == 12
    moments = [post.published for post in POSTS]
    assert moments == sorted(moments, reverse=True)
    assert len({(moment.year, moment.month) for moment in moments}) >= 8
    assert all(moment.tzinfo and moment < datetime(2026, 11, 1, tzinfo=UTC) for moment in moments)
    assert len({post.number for post in POSTS}) == 12


@pytest.mark.parametrize("feature", FEATURES)
def test_the_variety_of_real_blogs_is_there(feature):
    assert [post.slug for post in POSTS if re.search(FEATURES[feature], post.html)]


def test_one_is_albanian_only_one_begins_in_english_one_has_a_teaser_one_is_reworded():
    languages = [samples.expected()[post.slug].languages for post in POSTS]
    assert (languages.count(("sq",)), languages.count(("en", "sq")), languages.count(("sq", "en"))) == (1, 1, 10)
    assert [len(TEASERS), sum(post.revised is not None for post in POSTS)] == [1, 1]


@each_post()
def test_each_language_has_the_length_of_a_real_post(post):
    languages = len(samples.expected()[post.slug].languages)
    assert 120 * languages <= len(shown(post.html).split()) <= 350 * languages


# ---------------------------------------------------------------- expectations


def test_there_is_an_expectation_for_each_post_and_no_other():
    assert set(samples.expected()) == {post.slug for post in POSTS}


@each_post()
def test_titles_stand_in_the_post_word_for_word(post):
    expected = samples.expected()[post.slug]
    assert set(expected.titles) == set(expected.languages)
    for language, title in expected.titles.items():
        assert title == post.title if title == post.title else title in shown(post.html), language
    assert post.title in expected.titles.values()


@each_post()
def test_hashtags_are_those_of_the_text(post):
    tags = re.findall(r"(?<![\w/&])#(\w+)", shown(re.sub(r"(?s)<style.*?</style>", "", post.html)))
    assert list(samples.expected()[post.slug].hashtags) == sorted({folded(tag) for tag in tags})


@each_post()
def test_links_are_those_of_the_text_in_order(post):
    expected = samples.expected()[post.slug].links
    found = re.findall(
        r'href="((?:https?:/)?/[^"]+)"|(https?://[^\s<"]+)', re.sub(r"(?s)<iframe.*?</iframe>", "", post.html)
    )
    assert [link.url for link in expected] == list(dict.fromkeys((a or b).rstrip(".") for a, b in found))
    assert all(link.kind in get_args(LinkKind) for link in expected)
    assert all(set(link.languages) <= set(samples.expected()[post.slug].languages) for link in expected)


def test_the_second_wording_differs_in_both_languages_and_keeps_the_post():
    first = next(post for post in POSTS if post.revised)
    second, expected = first.revised, samples.expected()[first.slug]
    assert (second.slug, second.number, second.published) == (first.slug, first.number, first.published)
    assert second.changed > first.changed
    assert second.title == expected.revised_titles["sq"] != first.title
    assert expected.revised_titles["en"] in second.html
    assert expected.revised_titles["en"] not in first.html
    assert first.html.count("24") - second.html.count("24") == 1
    assert "1 tetor" in second.html
    assert "1 October" in second.html


# ---------------------------------------------------------------- feeds


@pytest.mark.parametrize("kind", KINDS)
def test_a_feed_parses_without_complaint_and_holds_every_post(kind):
    parsed = read(kind)
    assert [entry.title for entry in parsed.entries] == [post.title for post in POSTS]
    assert [entry.author for entry in parsed.entries] == [post.author for post in POSTS]
    assert [entry.link.rstrip("/") for entry in parsed.entries] == [BASE + post.path for post in POSTS]
    for entry, post in zip(parsed.entries, POSTS, strict=True):
        assert datetime(*entry.published_parsed[:6], tzinfo=UTC) == post.published


@pytest.mark.parametrize("kind", KINDS)
@each_post()
def test_a_feed_carries_the_whole_body_unless_there_is_a_teaser(kind, post):
    root = etree.fromstring(samples.feed(BASE, kind=kind, only=(post.slug,)))
    bodies = [
        element.text or ""
        for element in root.iter()
        if etree.QName(element).localname in ("description", "encoded", "content", "summary")
    ]
    last = " ".join(shown(post.html).split())[-60:]
    whole = any(last in " ".join(shown(body).split()) for body in bodies)
    assert whole is (post.teaser is None)


def test_drupal_wraps_the_node_repeats_the_title_and_says_no_update():
    entries = read("drupal").entries
    assert [entry.id for entry in entries] == [f"{post.number} at https://blog.example" for post in POSTS]
    assert not any(entry.guidislink or "updated" in entry for entry in entries)
    xml = etree.fromstring(samples.feed(BASE))
    for text, post in zip(xml.xpath("//item/description/text()"), POSTS, strict=True):
        body = LexborHTMLParser(text)
        assert body.css_first("span.field--name-title").text() == post.title
        assert body.css_first("div.field--name-body") is not None
        assert 'href="/' not in text
        assert 'src="/' not in text
    teaser = xml.xpath("//item[contains(link, $slug)]/description/text()", slug=TEASERS[0].slug)[0]
    assert LexborHTMLParser(teaser).css_first("li.node-readmore a").attributes["href"] == BASE + TEASERS[0].path


def test_wordpress_has_numbered_guids_excerpts_and_categories():
    for entry, post in zip(read("wordpress").entries, POSTS, strict=True):
        assert entry.id == f"https://blog.example/?p={post.number}"
        assert unescape(entry.summary).endswith(" […]</p>")
        assert [tag.term for tag in entry.tags] == list(post.tags)
        assert ("content" in entry) is (post.teaser is None)


def test_atom_knows_when_a_post_was_updated():
    assert next(entry.id for entry in read("atom").entries) == "tag:blog.example,2026:112"
    assert b'xml:base="http://127.0.0.1:8123/"' in samples.feed(BASE, kind="atom")


@pytest.mark.parametrize("kind", KINDS)
def test_a_feed_can_hold_some_posts_or_none(kind):
    slugs = (POSTS[3].slug, POSTS[1].slug)
    some = feedparser.parse(BytesIO(samples.feed(BASE, kind=kind, only=slugs)))
    assert [entry.title for entry in some.entries] == [POSTS[1].title, POSTS[3].title]
    none = feedparser.parse(BytesIO(samples.feed(BASE, kind=kind, only=())))
    assert not none.bozo
    assert none.entries == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_feed_has_no_clock_in_it(kind):
    assert samples.feed(BASE, kind=kind) == samples.feed(BASE, kind=kind)


# ---------------------------------------------------------------- pages and pictures


@each_post()
def test_a_page_holds_the_whole_post_in_its_article_and_noise_outside(post):
    tree = LexborHTMLParser(samples.page(post.slug, BASE))
    (article,) = tree.css("article.node__content")
    assert " ".join(shown(post.html).split())[-80:] in " ".join(article.text(separator=" ").split())
    assert tree.css_first("h1").text() == post.title
    assert all(tree.css_first(part) for part in ("nav", "aside.sidebar", "footer", "#cookie-banner"))
    assert "#arkivi" not in article.text()
    assert not article.css("nav, aside, footer")


def test_no_such_post_is_a_key_error():
    with pytest.raises(KeyError):
        samples.page("nuk-ka", BASE)


@each_post()
def test_each_picture_loads_is_small_and_is_described(post):
    inside = re.findall(r'<img src="([^"]+)" alt="([^"]+)"', post.html)
    for url, alt in [*((picture.url, picture.alt) for picture in post.images), *inside]:
        data = samples.image(url.removeprefix("/images/"))
        assert size(data) == (960, 504)
        assert len(data) < 40_000
        assert len(alt) > 10
    assert all(picture.length == len(samples.image(picture.url[8:])) for picture in post.images)


def size(data):
    """Width and height from the header of a PNG (IHDR) or a JPEG (its frame header)."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return struct.unpack(">II", data[16:24])
    frame = re.search(rb"\xff[\xc0\xc2]..\x08(....)", data, re.DOTALL)
    height, width = struct.unpack(">HH", frame[1])
    return width, height
