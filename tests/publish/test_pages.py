"""The pages: in the reader's language, with the helpline, readable, and asking no other host for anything."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from urllib.parse import unquote

import lxml.html
import pytest
from publish.publish_world import (
    BOTH,
    EN,
    EN_FEED,
    FILL,
    PARTNER_FEED,
    POST,
    SITE,
    SQ,
    SQ_FEED,
    WORDS,
    feed,
    post,
)

from syndicate import publish
from syndicate.models import Selection
from syndicate.publish.pages import NEWEST

EN_PARTNER = replace(
    PARTNER_FEED,
    slug="ecpat-international-en",
    titles={"en": "ECPAT International at CRCA"},
    selection=Selection(language="en", partners=("ecpat-international",)),
)
HASHTAG = feed("tag-childprotection", "en", family="hashtag", hashtag="childprotection")
PLAIN_HASHTAG = replace(
    feed("tag-voices", "en", family="hashtag", hashtag="voicesofsurvivors"), titles={"en": "#VoicesofSurvivors"}
)
LANGUAGES = [replace(SQ_FEED, family="language"), replace(EN_FEED, family="language")]
DIRECTORY = [*LANGUAGES, BOTH, PARTNER_FEED, EN_PARTNER, HASHTAG, PLAIN_HASHTAG]


def pages(one=SQ_FEED, posts=(POST,), siblings=(), site=SITE):
    made = publish.documents(site, one, posts, withdrawn=(), siblings=siblings, words=WORDS, fill=FILL)
    return {document.path: document.content.decode() for document in made if document.media_type == "text/html"}


def page(one=SQ_FEED, posts=(POST,), siblings=(), site=SITE):
    return lxml.html.document_fromstring(pages(one, posts, siblings, site)[f"feeds/{one.slug}/index.html"])


def directory(feeds=DIRECTORY, site=SITE):
    documents = publish.directory(site, feeds, words=WORDS, fill=FILL)
    return {document.path: document.content.decode() for document in documents}


def directory_page(feeds=DIRECTORY, site=SITE):
    return lxml.html.document_fromstring(directory(feeds, site)["feeds/index.html"])


def said(element) -> str:
    return " ".join(element.text_content().split())


# ---------------------------------------------------------------- a feed's page


@pytest.mark.parametrize(
    ("one", "language", "helpline"),
    [(SQ_FEED, "sq", "falas, 24 orë në ditë"), (EN_FEED, "en", "free, 24 hours a day"), (BOTH, "sq", "falas")],
)
def test_a_page_speaks_its_readers_language(one, language, helpline):
    root = page(one)
    assert root.get("lang") == language
    assert helpline in said(root.xpath("//aside[@class='helpline']")[0])
    assert root.xpath("//aside//a/@href")[0] == "tel:116111"
    assert WORDS.say(language, "page.subscribe") in said(root)


def test_a_site_without_a_helpline_has_no_empty_place_for_it():
    assert not page(site=replace(SITE, helpline=None)).xpath("//aside")
    assert not directory_page(site=replace(SITE, helpline=None)).xpath("//aside")


def test_a_page_can_be_found_by_readers():
    links = {link.get("type"): link.get("href") for link in page().xpath("//link[@rel='alternate']")}
    assert links == {
        "application/rss+xml": "https://news.example.al/feeds/lajme-sq/rss.xml",
        "application/atom+xml": "https://news.example.al/feeds/lajme-sq/atom.xml",
        "application/feed+json": "https://news.example.al/feeds/lajme-sq/feed.json",
    }
    assert [said(code) for code in page().xpath("//code")] == list(links.values())


def test_an_item_shows_title_date_summary_partners_and_hashtags():
    (article,) = page().xpath("//article")
    text = said(article)
    for expected in (SQ.title, SQ.summary, "27 janar 2022", "Aleanca Globale WeProtect", "#MbrojtjaEFëmijëve"):
        assert expected in text
    assert EN.title not in text
    assert "spam" not in text
    assert "27 January 2022" in said(page(EN_FEED).xpath("//article")[0])


def test_partners_and_hashtags_link_to_our_own_directory():
    addresses = page().xpath("//ul[contains(@class, 'tags')]//a/@href")
    assert addresses == [
        "../index.html#partner-ecpat-international",
        "../index.html#partner-weprotect",
        "../index.html#hashtag-voicesofsurvivors",
        "../index.html#hashtag-childprotection",
    ]
    rows = set(directory_page().xpath("//li/@id"))
    assert {"partner-ecpat-international", "hashtag-childprotection", "hashtag-voicesofsurvivors"} <= rows


def test_an_odd_hashtag_finds_its_row():
    use = replace(POST.hashtags[0], key="fëmijë 100%", display="x")
    (address,) = page(posts=[replace(POST, hashtags=(use,), partners=())]).xpath("//ul[@class='tags hashtag']//a/@href")
    odd = feed("odd", family="hashtag", hashtag="fëmijë 100%")
    assert unquote(address.partition("#")[2]) in directory_page([odd]).xpath("//li/@id")


def test_a_notice_stands_with_the_post():
    (notice,) = page().xpath("//p[@class='notice']")
    assert said(notice) == SITE.hashtags[0].notice["sq"]
    assert not page(posts=[replace(POST, hashtags=())]).xpath("//p[@class='notice']")


def test_both_languages_are_marked():
    (article,) = page(BOTH).xpath("//article")
    assert [part.get("lang") for part in article.xpath("div")] == [None, "en"]
    assert said(article.xpath("div[@lang='en']/h3")[0]) == EN.title


def test_other_languages_are_called_by_their_own_name():
    links = page(SQ_FEED, siblings=[EN_FEED]).xpath("//nav//a[@hreflang]")
    assert [(said(link), link.get("lang"), link.get("href")) for link in links] == [
        ("English", "en", "../news-en/index.html")
    ]


def test_an_empty_feed_says_so():
    assert WORDS.say("sq", "page.no_posts") in said(page(posts=[]))


def test_titles_are_text_and_odd_links_are_none():
    evil = replace(
        POST, url="javascript:alert(1)", author='"><script>', versions=(replace(SQ, title="<script>x</script>"),)
    )
    root = page(PARTNER_FEED, [evil])
    assert not root.xpath("//script")
    assert said(root.xpath("//h3")[0]) == "<script>x</script>"
    assert not root.xpath("//article//h3/a")
    assert "<script" not in pages(PARTNER_FEED, [evil])["feeds/ecpat-international-sq/embed.html"]


# ---------------------------------------------------------------- a partner's feed


def test_a_partners_page_names_the_sentence():
    (quote,) = page(PARTNER_FEED).xpath("//blockquote")
    assert said(quote) == "Studimi u bë i mundur falë bashkëpunimit me ECPAT International."
    assert [said(quote) for quote in page(EN_PARTNER).xpath("//blockquote")] == [
        "The project was a partnership with ECPAT International."
    ]
    assert not page(SQ_FEED).xpath("//blockquote")
    assert "Shkrime që përmendin ECPAT International" in said(page(PARTNER_FEED))


def test_only_a_partners_feed_can_be_embedded():
    assert list(pages()) == ["feeds/lajme-sq/index.html"]
    assert "feeds/ecpat-international-sq/embed.html" in pages(PARTNER_FEED)


def test_the_fragment_stands_alone():
    posts = [post(n) for n in range(NEWEST + 3)]
    text = pages(PARTNER_FEED, posts)["feeds/ecpat-international-sq/embed.html"]
    assert text.startswith('<section class="syndicate-embed" lang="sq">')
    root = lxml.html.fragment_fromstring(text)
    assert [said(title) for title in root.xpath("//li//a")] == [f"{SQ.title} ({n})" for n in range(7, 2, -1)]
    assert len(root.xpath("//blockquote")) == NEWEST
    assert all(address.startswith("https://") for address in root.xpath("//@href"))
    selectors = re.findall(r"^(\S[^{]*)\{", root.xpath("//style")[0].text, re.MULTILINE)
    assert all(selector.startswith(".syndicate-embed") for selector in selectors)


# ---------------------------------------------------------------- the directory


def test_the_directory_lists_every_feed_in_its_group():
    root = directory_page()
    assert root.xpath("//section/@id") == ["languages", "partners", "hashtags", "others"]
    listed = root.xpath("//section//a/@href")
    assert sorted(listed) == sorted(f"{one.slug}/index.html" for one in DIRECTORY)
    row = root.xpath("//li[@id='partner-ecpat-international']")[0]
    assert [(said(link), link.get("hreflang")) for link in row.xpath(".//a")] == [("Shqip", "sq"), ("English", "en")]
    assert said(root.xpath("//li[@id='hashtag-childprotection']/span[1]")[0]) == "#ChildProtection"
    assert said(root.xpath("//li[@id='hashtag-voicesofsurvivors']/*[1]")[0]) == "#VoicesofSurvivors"


def test_the_directory_speaks_every_language_of_the_site():
    root = directory_page()
    assert root.get("lang") == "sq"
    for code in SITE.languages:
        assert WORDS.say(code, "page.directory_text") in said(root)
    assert [aside.get("lang") for aside in root.xpath("//aside")] == ["sq", "en"]
    assert root.xpath("//link[@type='text/x-opml']/@href") == ["https://news.example.al/feeds.opml"]


def test_a_directory_of_nothing():
    made = directory([])
    assert WORDS.say("sq", "page.no_feeds") in made["feeds/index.html"]
    assert sorted(made) == ["feeds.opml", "feeds/index.html", "feeds/style.css"]


# ---------------------------------------------------------------- every page

ROOTS = [page(), page(BOTH), page(PARTNER_FEED), page(posts=[]), directory_page()]


@pytest.mark.parametrize("root", ROOTS)
def test_no_page_asks_another_host_or_runs_a_script(root):
    assert not root.xpath("//script | //iframe | //img | //@onclick | //@style")
    assert [href.rpartition("/")[2] for href in root.xpath("//link[@rel='stylesheet']/@href")] == ["style.css"]
    assert "//" not in root.xpath("//link[@rel='stylesheet']/@href")[0]


@pytest.mark.parametrize("root", ROOTS)
def test_every_page_is_built_for_a_screen_reader(root):
    assert len(root.xpath("//h1")) == len(root.xpath("//main")) == 1
    levels = [int(heading.tag[1]) for heading in root.xpath("//h1|//h2|//h3")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = root.xpath("//@id")
    assert len(set(ids)) == len(ids)
    assert {address[1:] for address in root.xpath("//a/@href") if address.startswith("#")} <= set(ids)
    assert set(root.xpath("//@aria-labelledby")) <= set(ids)
    assert all(said(link) for link in root.xpath("//a"))
    assert root.xpath("//meta[@name='viewport']")


def test_the_style_sheet_asks_no_other_host():
    assert not re.search(r"url\(|@import|https?:", directory()["feeds/style.css"])


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


PAIRS = [
    *((ink, paper) for ink in ("ink", "soft", "accent") for paper in ("paper", "card")),
    ("ink", "tint"),
    ("accent", "tint"),
    ("soft", "tint"),
    ("help", "help-paper"),
]


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize(("ink", "paper"), PAIRS)
def test_contrast_is_enough(scheme, ink, paper):
    """WCAG 2.2 §1.4.3: 4.5 to 1 for text of any size."""
    roots = re.findall(r":root \{(.*?)\}", directory()["feeds/style.css"], re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", roots[scheme]))
    light, dark = sorted((luminance(colours[ink]), luminance(colours[paper])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.browser
def test_pages_fit_a_telephone(tmp_path, browser):
    documents = [*publish.directory(SITE, DIRECTORY, words=WORDS, fill=FILL)]
    for one in (PARTNER_FEED, BOTH):
        documents += publish.documents(SITE, one, [POST], withdrawn=(), siblings=(), words=WORDS, fill=FILL)
    publish.write(tmp_path, documents)
    asked = []
    tab = browser.new_page(viewport={"width": 320, "height": 800})
    tab.on("request", lambda request: asked.append(request.url))
    for document in documents:
        if document.media_type == "text/html":
            tab.goto((tmp_path / document.path).as_uri())
            assert tab.evaluate("document.documentElement.scrollWidth") <= 320, document.path
    tab.close()
    assert asked
    assert all(url.startswith("file://") for url in asked)
