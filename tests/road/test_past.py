"""Archive pages of feeds: filled once, touched by nothing but their own posts, and walked back to the first by our own pull."""

from __future__ import annotations

import json
import signal
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree
from road.road_site import ATOM, TOMBSTONE, Home, snapshot, source
from road.test_walk import item, rss

from syndicate.samples.blog import Blog

SCHEMAS = Path(__file__).parents[1] / "publish" / "schemas"
RNG = etree.RelaxNG(etree.parse(SCHEMAS / "atom.rng"))
JSON_SCHEMA = json.loads((SCHEMAS / "jsonfeed-1.1.schema.json").read_text())
FEEDS = """
[[feed]]
slug = "all-sq"
titles.sq = "Lajme"
language = "sq"
limit = 5
"""


@pytest.fixture
def home(make_home: Callable[..., Home], blog: Blog) -> Home:
    """A site with one feed of five posts, which pulls /any.xml."""
    made = make_home(source("blog", f"{blog}/any.xml"))
    made.write("feeds/feeds.toml", FEEDS)
    return made


def posted(home: Home, blog: Blog, *numbers: int) -> None:
    """The blog shows these posts, and they are pulled and published."""
    blog.answer["/any.xml"] = rss(*(item(n) for n in numbers))
    home.pulled()
    home.run("publish").fine()


def upto(home: Home, blog: Blog, newest: int) -> None:
    posted(home, blog, *range(newest, 0, -1))


def folder(home: Home, page: int = 0) -> Path:
    found = home.root / "public/feeds/all-sq"
    return found / "archive" / str(page) if page else found


def pages(home: Home) -> list[int]:
    there = folder(home) / "archive"
    return sorted(int(one.name) for one in there.iterdir()) if there.exists() else []


def held(home: Home, page: int = 0) -> list[int]:
    """The numbers of the posts in a feed or page, the same in its formats and on its page for people."""
    here = folder(home, page)
    atom = ET.fromstring((here / "atom.xml").read_bytes())
    found = [one.findtext(f"{ATOM}title") or "" for one in atom.iter(f"{ATOM}entry")]
    channel = ET.fromstring((here / "rss.xml").read_bytes())
    assert [one.findtext("title") or "" for one in channel.iter("item")] == found
    feed = json.loads((here / "feed.json").read_text("utf-8"))
    assert [one["title"] for one in feed["items"]] == found
    text = (here / "index.html").read_text("utf-8")
    assert all(title in text for title in found)
    return [int(one.rpartition(" ")[2]) for one in found]


def links(home: Home, page: int, name: str = "atom.xml") -> dict[str, str]:
    root = ET.fromstring((folder(home, page) / name).read_bytes())
    root = root if name == "atom.xml" else root[0]
    return {
        one.get("rel") or "": (one.get("href") or "").partition("/feeds/")[2] for one in root.findall(f"{ATOM}link")
    }


# ---------------------------------------------------------------- filling


def test_a_feed_that_holds_all_has_no_pages(home: Home, blog: Blog) -> None:
    upto(home, blog, 5)
    assert (pages(home), held(home)) == ([], [5, 4, 3, 2, 1])
    assert "prev-archive" not in links(home, 0)


def test_every_post_stands_in_the_feed_or_on_a_page(home: Home, blog: Blog) -> None:
    for newest in range(4, 18):
        upto(home, blog, newest)
        there = set(held(home)).union(*(held(home, page) for page in pages(home)))
        assert there == set(range(1, newest + 1))
    assert [held(home, page) for page in pages(home)] == [[5, 4, 3, 2, 1], [10, 9, 8, 7, 6], [15, 14, 13, 12, 11]]


def test_many_posts_at_once_fill_pages_by_their_dates(home: Home, blog: Blog) -> None:
    upto(home, blog, 23)
    assert next(held(home, page) for page in pages(home)) == [5, 4, 3, 2, 1]
    assert set(held(home)).union(*(held(home, page) for page in pages(home))) == set(range(1, 24))


def test_a_new_post_touches_the_feed_and_at_most_the_newest_two_pages(home: Home, blog: Blog) -> None:
    upto(home, blog, 16)
    before = {page: snapshot(folder(home, page)) for page in pages(home)}
    upto(home, blog, 17)
    assert {page: snapshot(folder(home, page)) for page in pages(home)} == before
    upto(home, blog, 21)  # fills the fourth
    after = {page: snapshot(folder(home, page)) for page in pages(home)}
    assert list(after) == [1, 2, 3, 4]
    assert [page for page in before if after[page] != before[page]] == [3]
    upto(home, blog, 26)
    assert snapshot(folder(home, 3)) == after[3]


def test_nothing_new_writes_nothing(home: Home, blog: Blog) -> None:
    upto(home, blog, 17)
    before = snapshot(home.root / "public")
    home.run("publish").fine()
    assert snapshot(home.root / "public") == before


def test_old_posts_that_come_late_get_a_page_of_their_own(home: Home, blog: Blog) -> None:
    posted(home, blog, *range(30, 18, -1))
    before = {page: snapshot(folder(home, page)) for page in pages(home)}
    posted(home, blog, 3, 2, 1)
    assert set(held(home)).union(*(held(home, page) for page in pages(home))) == {1, 2, 3, *range(19, 31)}
    first = list(before)[:-1]
    assert {page: snapshot(folder(home, page)) for page in first} == {page: before[page] for page in first}


# ---------------------------------------------------------------- the links, and validity


def test_the_pages_lead_from_one_to_the_next_in_every_format(home: Home, blog: Blog) -> None:
    upto(home, blog, 16)
    for name in ("atom.xml", "rss.xml"):
        assert links(home, 0, name)["prev-archive"] == f"all-sq/archive/3/{name}"
        assert "current" not in links(home, 0, name)
        two = links(home, 2, name)
        assert two["self"] == f"all-sq/archive/2/{name}"
        assert (two["current"], two["prev-archive"], two["next-archive"]) == (
            f"all-sq/{name}", f"all-sq/archive/1/{name}", f"all-sq/archive/3/{name}",
        )  # fmt: skip
        assert "prev-archive" not in links(home, 1, name)
        assert "next-archive" not in links(home, 3, name)
        marks = [b"history/1.0}archive" in ET.tostring(ET.fromstring(text)) or b":archive" in text for text in (
            (folder(home, page) / name).read_bytes() for page in (0, 1, 2, 3)
        )]  # fmt: skip
        assert marks == [False, True, True, True]
    feeds = {page: json.loads((folder(home, page) / "feed.json").read_text("utf-8")) for page in (0, 1, 2, 3)}
    assert [feeds[page].get("next_url", "").partition("/feeds/")[2] for page in (0, 3, 2, 1)] == [
        "all-sq/archive/3/feed.json", "all-sq/archive/2/feed.json", "all-sq/archive/1/feed.json", "",
    ]  # fmt: skip


def test_the_pages_are_valid(home: Home, blog: Blog) -> None:
    upto(home, blog, 16)
    ids = set()
    for page in (0, 1, 2, 3):
        atom = etree.fromstring((folder(home, page) / "atom.xml").read_bytes())
        assert RNG.validate(atom), RNG.error_log
        ids.add(atom.findtext(f"{ATOM}id"))
        feed = json.loads((folder(home, page) / "feed.json").read_text("utf-8"))
        jsonschema.Draft202012Validator(JSON_SCHEMA).validate(feed)
        channel = etree.fromstring((folder(home, page) / "rss.xml").read_bytes())[0]
        selfs = [one for one in channel.findall(f"{ATOM}link") if one.get("rel") == "self"]
        assert len(selfs) == 1
        kinds = [(one.get("rel"), one.get("type"), one.get("hreflang")) for one in atom.findall(f"{ATOM}link")]
        assert len(set(kinds)) == len(kinds)
    assert len(ids) == 1  # they are parts of one feed (RFC 5005 §4)


def test_people_can_leaf_through_the_pages(home: Home, blog: Blog) -> None:
    upto(home, blog, 16)
    seen, here = [], folder(home) / "index.html"
    base = json.loads((folder(home) / "feed.json").read_text("utf-8"))["home_page_url"].partition("/feeds/")[0]
    while True:
        text = here.read_text("utf-8")
        for address in [one.partition('"')[0] for one in text.split('href="')[1:]]:
            if address.startswith(base):
                assert (home.root / "public" / address.removeprefix(f"{base}/")).exists(), address
            elif address.startswith(".."):
                assert (here.parent / address.partition("#")[0]).exists(), address
        seen.append(here)
        older = text.partition('rel="prev" href="')[2].partition('"')[0]
        if not older:
            break
        here = home.root / "public" / older.removeprefix(f"{base}/")
    assert seen == [folder(home) / "index.html", *(folder(home, page) / "index.html" for page in (3, 2, 1))]


# ---------------------------------------------------------------- what leaves


def withdraw(home: Home, number: int, *more: str) -> None:
    home.run("posts", "withdraw", home.posts()[str(number)]["id"], "--yes", *more).fine()


def test_a_withdrawn_post_leaves_its_page_at_once_and_no_number_moves(home: Home, blog: Blog) -> None:
    upto(home, blog, 16)
    before = {page: snapshot(folder(home, page)) for page in pages(home)}
    withdraw(home, 8)
    assert [held(home, page) for page in pages(home)] == [[5, 4, 3, 2, 1], [10, 9, 7, 6], [15, 14, 13, 12, 11]]
    atom = ET.fromstring((folder(home, 2) / "atom.xml").read_bytes())
    (stone,) = [one.attrib["ref"] for one in atom.iter(TOMBSTONE)]
    assert stone in home.tombstones("all-sq")
    assert {page: snapshot(folder(home, page)) for page in (1, 3)} == {page: before[page] for page in (1, 3)}
    assert RNG.validate(etree.fromstring((folder(home, 2) / "atom.xml").read_bytes()))
    upto(home, blog, 21)  # the blog still has it
    assert [held(home, page) for page in pages(home)][:3] == [[5, 4, 3, 2, 1], [10, 9, 7, 6], [15, 14, 13, 12, 11]]


def test_a_withdrawn_post_that_stands_in_feed_and_page_leaves_both(home: Home, blog: Blog) -> None:
    upto(home, blog, 7)
    assert 5 in held(home)
    assert 5 in held(home, 1)
    withdraw(home, 5)
    assert 5 not in held(home) + held(home, 1)


def test_an_emptied_page_still_leads_on(home: Home, blog: Blog) -> None:
    upto(home, blog, 16)
    for number in range(6, 11):
        withdraw(home, number, "--erase")
    assert held(home, 2) == []
    assert links(home, 2)["prev-archive"] == "all-sq/archive/1/atom.xml"
    words = [f"historia numër {number} për" for number in range(6, 11)]
    found = b"".join(content for _, content in snapshot(home.root / "public").values())
    assert not [word for word in words if word.encode() in found]


def test_a_changed_post_is_written_anew_on_its_page_alone(home: Home, blog: Blog) -> None:
    upto(home, blog, 16)
    before = {page: snapshot(folder(home, page)) for page in pages(home)}
    blog.answer["/any.xml"] = rss(
        *(item(n, "Teksti u ndryshua pas një gabimi në emër." if n == 8 else "") for n in range(16, 0, -1))
    )
    home.pulled()
    home.run("publish").fine()
    assert [page for page in before if snapshot(folder(home, page)) != before[page]] == [2]
    assert "Teksti u ndryshua" in (folder(home, 2) / "index.html").read_text("utf-8")


def test_a_feed_without_an_archive_takes_its_pages_away(home: Home, blog: Blog) -> None:
    upto(home, blog, 16)
    home.edit("feeds/feeds.toml", "limit = 5", "limit = 5\narchive = false")
    home.run("publish").fine()
    assert (pages(home), held(home)) == ([], [16, 15, 14, 13, 12])
    assert "prev-archive" not in links(home, 0)
    home.edit("feeds/feeds.toml", "archive = false", "archive = true")
    home.run("publish").fine()
    assert len(pages(home)) == 3
    home.write("feeds/feeds.toml", "")
    home.run("publish").fine()
    assert not folder(home).exists()


def test_a_missing_page_is_written_again_with_the_same_bytes(home: Home, blog: Blog) -> None:
    upto(home, blog, 16)
    before = {name: content for name, (_, content) in snapshot(home.root / "public").items()}
    for path in sorted((home.root / "public").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    home.run("publish").fine()
    assert {name: content for name, (_, content) in snapshot(home.root / "public").items()} == before


def test_other_settings_leave_the_pages_alone(home: Home, blog: Blog) -> None:
    upto(home, blog, 16)
    before = {page: snapshot(folder(home, page)) for page in pages(home)}
    home.edit("feeds/site.toml", "[politeness]", 'hub = "http://127.0.0.1:1/"\n\n[politeness]')
    home.add("feeds/partners.toml", '[[partner]]\nid = "nobody"\nname = "Nobody At All"\n')
    home.add("feeds/feeds.toml", '[[feed]]\nslug = "all-en"\ntitles.en = "News"\nlanguage = "en"\nlimit = 5\n')
    home.run("publish").fine()
    assert {page: snapshot(folder(home, page)) for page in pages(home)} == before


def test_a_kill_while_pages_are_written_is_made_good(home: Home, blog: Blog) -> None:
    upto(home, blog, 3)
    blog.answer["/any.xml"] = rss(*(item(n) for n in range(200, 0, -1)))
    home.pulled()
    process = home.start("publish")
    while process.poll() is None and len(pages(home)) < 8:
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    home.run("publish").fine()
    assert len(pages(home)) == 39
    assert set(held(home)).union(*(held(home, page) for page in pages(home))) == set(range(1, 201))


# ---------------------------------------------------------------- there and back


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("name", ["atom.xml", "rss.xml", "feed.json"])
def test_our_own_walk_reads_our_own_archive_back_to_the_first_post(
    home: Home, make_home: Callable[..., Home], blog: Blog, name: str
) -> None:
    with served(home.root / "public") as address:
        text = (home.root / "feeds/site.toml").read_text("utf-8")
        base = text.partition('base_url = "')[2].partition('"')[0]
        home.write("feeds/site.toml", text.replace(base, address))
        upto(home, blog, 23)
        withdraw(home, 7)
        reader = make_home(source("ours", f"{address}/feeds/all-sq/{name}"), name="reader")
        assert reader.pulled()["new"] == 5
        done = reader.pulled("--all")
        assert (done["exit"], done["status"], done["new"], done["lost"]) == (0, "ok", 17, 0)
        assert {int(key) for key in reader.posts()} == set(range(1, 24)) - {7}
        dates = {key: datetime.fromisoformat(post["published"]) for key, post in reader.posts().items()}
        assert dates["9"] - dates["8"] == timedelta(days=1)
