"""The WebSub hub: told of just the feeds whose bytes changed, asked again after trouble, and no reason for publishing to fail."""

from __future__ import annotations

import json
import re
import signal
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from road.road_site import ATOM, Home, source, wait_for

from syndicate.samples.blog import Blog


@dataclass
class Hub:
    """A hub that answers on this machine. `answer` is its status, or what decides it; `pinged` what was posted to it."""

    url: str = ""
    answer: int | Callable[[], int] = 204
    headers: dict[str, str] = field(default_factory=dict)
    pinged: list[dict[str, list[str]]] = field(default_factory=list)

    def topics(self) -> list[str]:
        return sorted(one["hub.url"][0].partition("/feeds/")[2] for one in self.pinged)


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            made.pinged.append(parse_qs(body))
            self.send_response(made.answer() if callable(made.answer) else made.answer)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


FEW = """
[[feed]]
slug = "all-sq"
titles.sq = "Lajme"
language = "sq"

[[feed]]
slug = "all-en"
titles.en = "News"
language = "en"

[[feed]]
slug = "nobody"
titles.en = "Nothing"
language = "en"
hashtags = ["nosuchtag"]
"""
ALL = sorted(
    f"{slug}/{name}" for slug in ("all-sq", "all-en", "nobody") for name in ("rss.xml", "atom.xml", "feed.json")
)


@pytest.fixture
def told(make_home: Callable[..., Home], blog: Blog, hub: Hub) -> Home:
    """A site of three feeds with a hub, its posts pulled."""
    home = make_home(source("isigurt", f"{blog}/rss.xml"))
    home.write("feeds/feeds.toml", FEW)
    home.edit("feeds/site.toml", "[politeness]", f'hub = "{hub.url}"\n\n[politeness]')
    home.pulled()
    return home


def published(home: Home) -> dict[str, Any]:
    found: dict[str, Any] = home.json("publish")["hub"]
    return found


def new_post(blog: Blog) -> None:
    """An Albanian post more."""
    one = next(post for post in blog.posts if post.teaser is None)
    html = "<p>Një postim i ri për fëmijët dhe internetin e sigurt në shkollat tona, me lajmet e javës.</p>"
    when = one.published + timedelta(days=30)
    blog.posts = (
        replace(one, slug="krejt-i-ri", number=999, title="Krejt i ri", html=html, published=when),
        *blog.posts,
    )


def test_the_hub_is_told_of_each_document_that_changed_and_of_no_other(told: Home, blog: Blog, hub: Hub) -> None:
    assert published(told) == {"told": 9, "waiting": 0, "reason": ""}
    assert hub.topics() == ALL
    assert all(one["hub.mode"] == ["publish"] and one["hub.topic"] == one["hub.url"] for one in hub.pinged)
    base = re.search('base_url = "(.*?)"', (told.root / "feeds/site.toml").read_text("utf-8"))
    assert base
    assert all(one["hub.url"][0].startswith(base[1] + "/feeds/") for one in hub.pinged)
    hub.pinged.clear()
    assert (published(told)["told"], hub.pinged) == (0, [])
    new_post(blog)
    told.pulled()
    assert published(told)["told"] == 3
    assert hub.topics() == ["all-sq/atom.xml", "all-sq/feed.json", "all-sq/rss.xml"]


def test_run_and_withdrawing_tell_the_hub_too(told: Home, blog: Blog, hub: Hub) -> None:
    told.run("run").fine()
    assert len(hub.pinged) == 9
    hub.pinged.clear()
    id = next(
        post["id"] for post in told.posts().values() if [one["language"] for one in post["versions"]] == ["sq", "en"]
    )
    told.run("posts", "withdraw", id, "--yes").fine()
    assert {one.partition("/")[0] for one in hub.topics()} == {"all-sq", "all-en"}


def test_the_feeds_name_the_hub_and_themselves(told: Home, hub: Hub) -> None:
    published(told)
    folder = told.root / "public/feeds/all-sq"
    for root in (told.atom("all-sq"), ET.fromstring((folder / "rss.xml").read_bytes())[0]):
        links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link") if not link.get("hreflang")}
        assert links["hub"] == hub.url
        assert (links["self"] or "").endswith(("/all-sq/atom.xml", "/all-sq/rss.xml"))
    feed = json.loads((folder / "feed.json").read_text("utf-8"))
    assert feed["hubs"] == [{"type": "WebSub", "url": hub.url}]
    assert feed["feed_url"].endswith("/all-sq/feed.json")


@pytest.mark.parametrize("answer", [500, 404, 403, 302, 0])
def test_a_hub_in_trouble_fails_nothing_and_is_told_by_the_next_run(told: Home, hub: Hub, answer: int) -> None:
    if answer:
        hub.answer = answer
    else:
        told.edit("feeds/site.toml", hub.url, "http://127.0.0.1:1/")
    first = told.run("publish").fine()
    assert "The hub was not told of 9 documents" in first.err
    (problem,) = [one for one in told.json("status")["problems"] if "hub" in one]
    assert "was not told of 9 documents" in problem
    assert str(answer or "could not be reached") in problem
    assert "example" not in problem  # no document's address, no more than is needed
    if answer:
        hub.answer = 202
        hub.pinged.clear()
        told.run("run").fine()
        assert hub.topics() == ALL
        assert not [one for one in told.json("status")["problems"] if "hub" in one]


def test_a_broken_hub_is_not_asked_for_every_document(told: Home, hub: Hub) -> None:
    hub.answer = 503
    published(told)
    assert len(hub.pinged) <= 4


def test_a_hub_that_asks_for_a_pause_gets_it(told: Home, hub: Hub) -> None:
    hub.answer, hub.headers = 429, {"Retry-After": "3600"}
    published(told)
    asked = len(hub.pinged)
    hub.answer = 204
    assert (published(told)["waiting"], len(hub.pinged)) == (9, asked)
    told.ahead = timedelta(hours=2)
    assert published(told)["told"] == 9


def test_a_kill_between_writing_and_telling_loses_no_ping(told: Home, blog: Blog, hub: Hub) -> None:
    published(told)
    hub.pinged.clear()
    new_post(blog)
    told.pulled()
    hold = threading.Event()
    hub.answer = lambda: 204 if hold.wait(20) else 500
    process = told.start("publish")
    wait_for(lambda: hub.pinged, 60)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    hold.set()
    hub.pinged.clear()
    hub.answer = 204
    assert published(told) == {"told": 3, "waiting": 0, "reason": ""}
    assert hub.topics() == ["all-sq/atom.xml", "all-sq/feed.json", "all-sq/rss.xml"]


def test_a_name_that_leads_to_a_private_address_is_not_asked(
    told: Home, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    known = socket.getaddrinfo

    def resolve(host: str, port: Any, *rest: Any, **more: Any) -> Any:
        return known("127.0.0.1" if host == "hub.example" else host, port, *rest, **more)

    monkeypatch.setattr("syndicate.pull.fetch.Fetcher.__init__.__kwdefaults__", _resolving(resolve))
    told.edit("feeds/site.toml", "http://127.0.0.1:", "http://hub.example:")
    said = published(told)
    assert (said["told"], said["waiting"], hub.pinged) == (0, 9, [])
    assert "private address" in said["reason"]
    assert "allow_private" not in said["reason"]


def _resolving(resolve: Any) -> dict[str, Any]:
    from syndicate.pull.fetch import Fetcher

    return {**(Fetcher.__init__.__kwdefaults__ or {}), "resolve": resolve}


def test_without_a_hub_nothing_is_said_of_one(told: Home, hub: Hub) -> None:
    hub.answer = 500
    published(told)
    told.edit("feeds/site.toml", f'hub = "{hub.url}"', "")
    hub.pinged.clear()
    assert (published(told), hub.pinged) == (None, [])
    assert "hub" not in (told.root / "public/feeds/all-sq/atom.xml").read_text("utf-8")
    assert not [one for one in told.json("status")["problems"] if "hub" in one]


@pytest.mark.parametrize(
    "hub_key", ['hub = "hub.example.org"', 'hub = "ftp://hub.example.org/"', "hub = 7", 'hubb = "https://x.al/"']
)
def test_a_wrong_hub_is_told_before_anything_is_done(told: Home, hub_key: str) -> None:
    text = (told.root / "feeds/site.toml").read_text("utf-8")
    told.write("feeds/site.toml", re.sub('hub = ".*"', hub_key, text))
    said = told.run("publish")
    assert said.status == 2
    assert "feeds/site.toml" in said.err
