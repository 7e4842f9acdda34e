"""The three formats and OPML: valid by their schemas, clean by the W3C validator's rules, the same bytes every time."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import jsonschema
import pytest
from lxml import etree
from publish.publish_world import (
    BOTH,
    EN,
    EN_FEED,
    FILL,
    GONE,
    PARTNER_FEED,
    POST,
    SITE,
    SQ,
    SQ_FEED,
    START,
    WORDS,
    feed,
    post,
)

from syndicate import publish
from syndicate.models import Picture, Selection, Withdrawn
from syndicate.publish.items import EPOCH, uri

HERE = Path(__file__).parent
RNG = etree.RelaxNG(etree.parse(HERE / "schemas" / "atom.rng"))
JSON_SCHEMA = json.loads((HERE / "schemas" / "jsonfeed-1.1.schema.json").read_text())
NS = {
    "a": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "media": "http://search.yahoo.com/mrss/",
    "at": "http://purl.org/atompub/tombstones/1.0",
}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

HOSTILE = post(
    60,
    title="x",
    author="A & B <b>x</b>\x00",
    url="javascript:alert(1)",
    picture=Picture("https://www.example.al/raporti"),
    versions=(
        replace(
            SQ,
            title="AT&T &lt; <script>alert(1)</script>\n a < b \x0b\x85\ufffe",
            summary="",
            html="<p>x\x08y &amp; z</p>",
        ),
        replace(EN, title="", html="", summary="a <b> & c\ud800"),
    ),
)
MANY = [*(post(n) for n in range(20)), HOSTILE, post(21, updated=post(3).updated)]
FEEDS = [SQ_FEED, EN_FEED, BOTH, PARTNER_FEED, feed("tema-ë #1", "")]
SIBLINGS = {"lajme-sq": [EN_FEED, BOTH], "news-en": [BOTH, SQ_FEED], "te-dyja": [SQ_FEED, EN_FEED]}


def made(one=SQ_FEED, posts=(POST,), withdrawn=(), siblings=(), site=SITE):
    documents = publish.documents(site, one, posts, withdrawn=withdrawn, siblings=siblings, words=WORDS, fill=FILL)
    return {document.path.rpartition("/")[2]: document.content for document in documents}


def rss_items(content: bytes):
    return etree.fromstring(content).findall("channel/item")


def entries(content: bytes):
    return etree.fromstring(content).findall("a:entry", NS)


def everything():
    for one in FEEDS:
        for posts in (MANY, []):
            for withdrawn in ([], [GONE]):
                yield made(one, posts, withdrawn, SIBLINGS.get(one.slug, ()))


ALL = list(everything())


# ---------------------------------------------------------------- validity


@pytest.mark.parametrize("documents", ALL)
def test_atom_is_valid(documents):
    assert RNG.validate(etree.fromstring(documents["atom.xml"])), RNG.error_log


@pytest.mark.parametrize("documents", ALL)
def test_json_feed_is_valid(documents):
    jsonschema.Draft202012Validator(JSON_SCHEMA).validate(json.loads(documents["feed.json"]))


@pytest.mark.parametrize("documents", ALL)
def test_rss_keeps_the_rules_the_validator_warns_of(documents):
    channel = etree.fromstring(documents["rss.xml"])[0]
    for name in ("title", "link", "description", "language", "lastBuildDate", "docs"):
        assert channel.findtext(name)
    selfs = [link.get("href") for link in channel.findall("a:link", NS) if link.get("rel") == "self"]
    assert len(selfs) == 1
    assert selfs[0].startswith("https://news.example.al/feeds/")
    items = channel.findall("item")
    guids = [item.findtext("guid") for item in items]
    assert len(set(guids)) == len(guids)
    for item in items:
        names = [child.tag for child in item]
        assert names.count("enclosure") <= 1
        assert names.count("title") == names.count("pubDate") == names.count(f"{{{NS['dc']}}}creator") == 1
        assert not {"author", f"{{{NS['dc']}}}subject", f"{{{NS['dc']}}}date"} & set(names)
        assert item.find("guid").get("isPermaLink") == "false"
        assert item.findtext("description")
        encoded = f"{{{NS['content']}}}encoded"
        assert encoded not in names or names.index("description") < names.index(encoded)
        assert not re.search(
            r"</\w+>", "".join(item.findtext(tag, namespaces=NS) or "" for tag in ("title", "category", "dc:creator"))
        )


@pytest.mark.parametrize("documents", ALL)
def test_atom_keeps_the_rules_the_validator_warns_of(documents):
    root = etree.fromstring(documents["atom.xml"])
    kinds = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in root.findall("a:link", NS)]
    assert len(set(kinds)) == len(kinds)
    stamps = [entry.findtext("a:updated", namespaces=NS) for entry in root.findall("a:entry", NS)]
    assert len(set(stamps)) == len(stamps)
    assert root.findtext("a:updated", namespaces=NS) >= max(stamps, default="")
    for entry in root.findall("a:entry", NS):
        assert entry.find("a:author/a:name", NS).text
        assert entry.find("a:source/a:id", NS).text == "https://www.example.al/rss.xml"
        for name in ("id", "title", "updated"):
            assert entry.find(f"a:source/a:{name}", NS) is not None


@pytest.mark.parametrize("documents", ALL)
def test_every_address_is_absolute_ascii(documents):
    text = documents["rss.xml"] + documents["atom.xml"] + documents["feed.json"]
    addresses = re.findall(rb'(?:href|url|domain|scheme|src)="([^"]*)"', text)
    assert addresses
    assert all(re.match(rb"https?://[\x21-\x7e]+$", address) for address in addresses)


@pytest.mark.parametrize("documents", ALL)
def test_nothing_forbidden_by_xml(documents):
    for content in documents.values():
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", content.decode())


def test_every_template_title_reaches_a_real_reader_whole():
    title = MANY[20].versions[0].title
    shown = "AT&T &lt; <script>alert(1)</script> a < b"
    assert shown in " ".join(title.split())
    content = made(SQ_FEED, MANY)
    atom = feedparser.parse(io.BytesIO(content["atom.xml"]), sanitize_html=False)
    assert atom.entries[0].title == "AT&amp;T &amp;lt; &lt;script&gt;alert(1)&lt;/script&gt; a &lt; b"
    assert json.loads(content["feed.json"])["items"][0]["title"] == shown
    assert rss_items(content["rss.xml"])[0].findtext("title") == "AT&T &lt; ‹script>alert(1)‹/script> a < b"


def test_feedparser_reads_all_three_alike():
    content = made(SQ_FEED, MANY[:20])
    rss, atom = (feedparser.parse(io.BytesIO(content[name])) for name in ("rss.xml", "atom.xml"))
    told = json.loads(content["feed.json"])["items"]
    assert not rss.bozo
    assert not atom.bozo
    assert [entry.id for entry in rss.entries] == [entry.id for entry in atom.entries] == [item["id"] for item in told]
    assert [entry.title for entry in rss.entries] == [item["title"] for item in told]
    assert [entry.published_parsed for entry in rss.entries] == [entry.published_parsed for entry in atom.entries]
    assert rss.entries[0].author == atom.entries[0].author == "crca-author"


# ---------------------------------------------------------------- what an item says


def test_an_item_is_the_version_in_the_feeds_language():
    for one, version in ((SQ_FEED, SQ), (EN_FEED, EN)):
        content = made(one)
        (item,) = rss_items(content["rss.xml"])
        (entry,) = entries(content["atom.xml"])
        (told,) = json.loads(content["feed.json"])["items"]
        assert item.findtext("title") == entry.findtext("a:title", namespaces=NS) == told["title"] == version.title
        encoded = item.findtext("content:encoded", namespaces=NS)
        assert encoded == entry.findtext("a:content", namespaces=NS) == told["content_html"] == version.html
        assert entry.find("a:content", NS).get("type") == "html"
        assert item.get(LANG) == entry.get(LANG) == told["language"] == version.language
        assert item.findtext("description") == told["summary"] == version.summary


def test_a_post_without_the_language_makes_no_item():
    only = replace(POST, versions=(SQ,))
    assert rss_items(made(EN_FEED, [only])["rss.xml"]) == []
    assert len(rss_items(made(feed("any", ""), [only])["rss.xml"])) == 1
    assert rss_items(made(feed("any", ""), [replace(POST, versions=(replace(SQ, language="und"),))])["rss.xml"]) == []


def test_any_language_takes_the_sites_first():
    told = json.loads(made(feed("any", ""))["feed.json"])["items"]
    assert [item["language"] for item in told] == ["sq"]
    english = json.loads(made(feed("any", ""), [replace(POST, versions=(EN,))])["feed.json"])["items"]
    assert [item["language"] for item in english] == ["en"]


def test_a_bilingual_item_has_a_section_for_each_language():
    (told,) = json.loads(made(BOTH)["feed.json"])["items"]
    sections = re.findall(r'<section lang="(\w+)"><h2>(.*?)</h2>', told["content_html"])
    assert sections == [("sq", SQ.title), ("en", EN.title)]
    assert SQ.html in told["content_html"]
    assert EN.html in told["content_html"]
    assert told["id"] == "tag:example.al,2022:p7k2m4/sq+en"
    assert told["title"] == f"{SQ.title} / {EN.title}"


def test_the_identity_outlives_text_address_and_feed():
    moved = replace(SITE, base_url="https://elsewhere.example", name="Other")
    changed = replace(POST, versions=(replace(SQ, title="Tjetër"), EN), url="https://x.example/", partners=())
    ids = {
        told["id"]
        for content in (made(), made(PARTNER_FEED), made(site=moved), made(posts=[changed]), made(feed("any", "")))
        for told in json.loads(content["feed.json"])["items"]
    }
    assert ids == {"tag:example.al,2022:p7k2m4/sq"}
    content = made()
    assert rss_items(content["rss.xml"])[0].findtext("guid") in ids
    assert entries(content["atom.xml"])[0].findtext("a:id", namespaces=NS) in ids


def test_categories_name_partners_and_hashtags_in_the_feeds_language():
    expected = {
        "sq": ["ECPAT International", "Aleanca Globale WeProtect", "VoicesofSurvivors", "MbrojtjaEFëmijëve"],
        "en": ["ECPAT International", "WeProtect Global Alliance", "VoicesofSurvivors", "ChildProtection"],
    }
    for one in (SQ_FEED, EN_FEED):
        content = made(one)
        labels = expected[one.selection.language]
        categories = rss_items(content["rss.xml"])[0].findall("category")
        assert [category.text for category in categories] == labels
        terms = entries(content["atom.xml"])[0].findall("a:category", NS)
        assert [term.get("label") for term in terms] == labels
        assert [term.get("term") for term in terms] == [
            "ecpat-international",
            "weprotect",
            "voicesofsurvivors",
            "childprotection",
        ]
        schemes = {term.get("scheme") for term in terms} | {category.get("domain") for category in categories}
        assert schemes == {
            "https://news.example.al/feeds/index.html#partners",
            "https://news.example.al/feeds/index.html#hashtags",
        }
        assert json.loads(content["feed.json"])["items"][0]["tags"] == labels


def test_author_source_picture_and_dates():
    content = made()
    (item,) = rss_items(content["rss.xml"])
    (entry,) = entries(content["atom.xml"])
    (told,) = json.loads(content["feed.json"])["items"]
    assert item.find("source").attrib == {"url": "https://www.example.al/rss.xml"}
    assert item.findtext("source") == told["_source"]["title"] == "iSigurt & lajme"
    assert dict(item.find("enclosure").attrib) == {"url": POST.picture.url, "length": "48213", "type": "image/jpeg"}
    (link,) = [link for link in entry.findall("a:link", NS) if link.get("rel") == "enclosure"]
    assert (link.get("href"), link.get("type"), link.get("length")) == (POST.picture.url, "image/jpeg", "48213")
    assert told["image"] == POST.picture.url
    assert item.findtext("pubDate") == "Thu, 27 Jan 2022 09:30:00 GMT"
    assert told["date_published"] == "2022-01-27T09:30:00Z"
    assert told["date_modified"] == "2022-01-27T11:30:00Z"
    assert item.findtext("link") == "https://www.example.al/lajme/perspektivat-e-t%C3%AB-mbijetuarve?a=1&b=%C3%AB"


def test_an_unsigned_post_is_the_sites_and_unknown_pictures_are_told_as_such():
    plain = replace(POST, author=None, url=None, picture=Picture("https://www.example.al/x"))
    content = made(posts=[plain])
    (item,) = rss_items(content["rss.xml"])
    assert item.findtext("dc:creator", namespaces=NS) == SITE.name
    assert item.find("link") is None
    assert item.find("enclosure") is None
    assert item.find("media:content", NS).get("medium") == "image"


def test_the_sentence_that_names_a_partner():
    (told,) = json.loads(made(BOTH)["feed.json"])["items"]
    assert told["_partners"]["ecpat-international"] == {
        "sq": "Studimi u bë i mundur falë bashkëpunimit me ECPAT International.",
        "en": "The project was a partnership with ECPAT International.",
    }


def test_alternates_point_to_the_other_language():
    content = made(SQ_FEED, siblings=[EN_FEED, BOTH])
    links = etree.fromstring(content["atom.xml"]).findall("a:link[@rel='alternate']", NS)
    assert [(link.get("hreflang"), link.get("href")) for link in links] == [
        ("sq", "https://news.example.al/feeds/lajme-sq/index.html"),
        ("en", "https://news.example.al/feeds/news-en/atom.xml"),
    ]
    channel = etree.fromstring(content["rss.xml"])[0]
    assert channel.find("a:link[@hreflang='en']", NS).get("href").endswith("/news-en/rss.xml")
    assert json.loads(content["feed.json"])["_alternates"] == {"en": "https://news.example.al/feeds/news-en/feed.json"}


# ---------------------------------------------------------------- time


def tombstones(content: bytes):
    return [(tomb.get("ref"), tomb.get("when")) for tomb in etree.fromstring(content).findall("at:deleted-entry", NS)]


def test_a_withdrawn_post_leaves_a_tombstone():
    english = replace(GONE, id="pgone2", languages=("en",), at=GONE.at + timedelta(days=1))
    assert tombstones(made(withdrawn=[english, GONE])["atom.xml"]) == [
        ("tag:example.al,2021:pgone1/sq", "2022-03-01T12:00:00Z")
    ]
    assert [ref for ref, _ in tombstones(made(EN_FEED, withdrawn=[GONE, english])["atom.xml"])] == [
        "tag:example.al,2021:pgone2/en",
        "tag:example.al,2021:pgone1/en",
    ]
    assert tombstones(made(BOTH, withdrawn=[GONE])["atom.xml"])[0][0].endswith("pgone1/sq+en")
    assert tombstones(made()["atom.xml"]) == []


def test_a_living_item_has_no_tombstone():
    here = Withdrawn(POST.id, POST.year, ("sq", "en"), GONE.at)
    assert tombstones(made(withdrawn=[here])["atom.xml"]) == []


@pytest.mark.parametrize(
    ("posts", "withdrawn", "expected"),
    [
        ([], [], EPOCH),
        ([], [GONE], GONE.at),
        ([POST, post(2)], [], post(2).updated),
        ([POST], [GONE], GONE.at),
        ([POST], [replace(GONE, at=START)], POST.updated),
    ],
)
def test_a_feed_is_as_new_as_its_newest_change(posts, withdrawn, expected):
    content = made(posts=posts, withdrawn=withdrawn)
    updated = datetime.fromisoformat(etree.fromstring(content["atom.xml"]).findtext("a:updated", namespaces=NS))
    assert updated.replace(microsecond=0) == expected
    built = etree.fromstring(content["rss.xml"])[0].findtext("lastBuildDate")
    assert datetime.strptime(built, "%a, %d %b %Y %H:%M:%S %z") == expected


def test_every_date_comes_from_the_content():
    text = b"".join(made(posts=[POST], withdrawn=[GONE]).values()).decode()
    years = set(re.findall(r"(?<!\d)(20\d\d)-\d\d-\d\d", text))
    years |= set(re.findall(r"\w{3}, \d\d \w{3} (\d{4})", text))
    assert years == {"2022"}


# ---------------------------------------------------------------- the same bytes


def test_order_does_not_matter():
    turned = replace(
        SITE,
        partners=tuple(replace(one, names=dict(reversed(one.names.items()))) for one in reversed(SITE.partners)),
        hashtags=tuple(reversed(SITE.hashtags)),
        helpline=replace(SITE.helpline, name=dict(reversed(SITE.helpline.name.items()))),
    )
    one = replace(BOTH, titles=dict(reversed(BOTH.titles.items())))
    again = made(one, MANY[::-1], [GONE], [EN_FEED, SQ_FEED], turned)
    assert again == made(BOTH, MANY, [GONE], [SQ_FEED, EN_FEED])


def digest() -> str:
    documents = (made(one, MANY[:5], [GONE]) for one in FEEDS)
    return hashlib.sha256(b"".join(content for one in documents for _, content in sorted(one.items()))).hexdigest()


@pytest.mark.parametrize("seed", ["1", "77"])
def test_another_process_writes_the_same_bytes(seed):
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "import importlib.util as u\n"
        "s = u.spec_from_file_location('again', sys.argv[1] + '/publish/test_formats.py')\n"
        "m = u.module_from_spec(s); s.loader.exec_module(m); print(m.digest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    run = [sys.executable, "-c", code, str(HERE.parent), str(HERE.parents[1])]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == digest()


def test_twenty_posts_take_milliseconds():
    posts = MANY[:20]
    made(PARTNER_FEED, posts)
    best = 1.0
    for _ in range(5):
        start = time.process_time()
        made(PARTNER_FEED, posts)
        best = min(best, time.process_time() - start)
    assert best < 0.025


# ---------------------------------------------------------------- small things


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://a.al/ç?q=ë#ü", "https://a.al/%C3%A7?q=%C3%AB#%C3%BC"),
        ("https://shqipëri.al/", "https://xn--shqipri-vya.al/"),
        ("http://a.al/100%/a b", "http://a.al/100%25/a%20b"),
        ("http://a.al/%C3%A7", "http://a.al/%C3%A7"),
        (" https://a.al/x ", "https://a.al/x"),
        ("javascript:alert(1)", None),
        ("//a.al/x", None),
        ("https://[::1/", None),
        ("mailto:x@a.al", None),
        ("", None),
        (None, None),
    ],
)
def test_addresses_become_ascii(given, expected):
    assert uri(given) == expected


def test_a_title_is_never_empty():
    nameless = replace(SQ_FEED, titles={}, selection=Selection(language="sq"))
    bare = replace(POST, title="", versions=(replace(SQ, title="", html="", summary=""),))
    content = made(nameless, [bare])
    assert etree.fromstring(content["rss.xml"])[0].findtext("title") == "lajme-sq"
    assert json.loads(content["feed.json"])["items"][0]["title"] == POST.id
    assert RNG.validate(etree.fromstring(content["atom.xml"])), RNG.error_log


def test_opml_lists_every_feed_by_group():
    feeds = [replace(SQ_FEED, family="language"), BOTH, PARTNER_FEED]
    (content,) = [
        document.content
        for document in publish.directory(SITE, feeds, words=WORDS, fill=FILL)
        if document.path == "feeds.opml"
    ]
    root = etree.fromstring(content)
    assert root.get("version") == "2.0"
    assert [outline.get("text") for outline in root.findall("body/outline")] == [
        "Sipas gjuhës",
        "Sipas partnerit",
        "Prurje të tjera",
    ]
    inner = root.findall("body/outline/outline")
    assert {outline.get("type") for outline in inner} == {"rss"}
    assert [outline.get("xmlUrl") for outline in inner] == [
        f"https://news.example.al/feeds/{one.slug}/rss.xml" for one in (feeds[0], PARTNER_FEED, BOTH)
    ]
    assert datetime.now(UTC).strftime("%Y").encode() not in content
