"""Pulling: what is new, changed or the same; what a broken blog does; what a kill leaves behind."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from road.road_site import Home, end, kill_after, source, wait_for

from syndicate.samples import feed as written
from syndicate.samples.blog import Asked, Blog
from syndicate.samples.library import SamplePost
from syndicate.samples.routes import Answer

RSS = '<?xml version="1.0"?><rss version="2.0"><channel><title>Blog</title><link>{base}/</link>{items}</channel></rss>'


def rss(blog: Blog, *items: dict[str, str]) -> bytes:
    """A feed of a few short items: title, text, and optionally guid and link."""
    made = []
    for item in items:
        fields = "".join(f"<{name}>{value}</{name}>" for name, value in item.items())
        made.append(f"<item>{fields}<pubDate>{format_datetime(blog.posts[0].published)}</pubDate></item>")
    return RSS.format(base=blog, items="".join(made)).encode()


def item(number: int, link: str, **more: str) -> dict[str, str]:
    text = f"Kjo është historia numër {number} për fëmijët dhe internetin e sigurt në shkollën tonë."
    return {"title": f"Historia e re numër {number}", "link": link, "description": text} | more


def many(blog: Blog, count: int) -> tuple[SamplePost, ...]:
    """More posts than fit in one transaction: the sample posts over and over, under other names."""
    first = [post for post in blog.posts if post.teaser is None]
    return tuple(
        replace(
            first[n % len(first)], slug=f"postimi-{n}", number=1000 + n, title=f"{first[n % len(first)].title} ({n})"
        )
        for n in range(count)
    )


# ---------------------------------------------------------------- the second time


def test_the_second_pull_is_answered_304(home: Home, blog: Blog) -> None:
    assert home.pulled()["status"] == "ok"
    before = home.posts()
    blog.requests.clear()
    again = home.pulled()
    assert (again["status"], again["new"], again["changed"]) == ("unchanged", 0, 0)
    assert [(one.path, one.status) for one in blog.requests] == [("/rss.xml", 304)]
    assert home.posts() == before


def test_the_same_feed_sent_in_full_changes_nothing(home: Home, blog: Blog) -> None:
    blog.answer["/rss.xml"] = written(str(blog))  # a whole answer without validators
    home.pulled()
    before = home.posts()
    again = home.pulled()
    assert (again["status"], again["new"], again["changed"], again["unchanged"]) == ("unchanged", 0, 0, 12)
    assert home.posts() == before


def _http(text: str) -> str:
    return text.replace("https://", "http://")


def _www(text: str) -> str:
    return text.replace("https://blog.example", "https://www.blog.example")


def _dates(text: str) -> str:
    return re.sub(r"<pubDate>.*?</pubDate>", "<pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate>", text)


def _theme(text: str) -> str:
    return text.replace("field--name-body", "node-body new-theme") + "<!-- rebuilt -->"


@pytest.mark.parametrize("change", [_http, _www, _dates, _theme])
@pytest.mark.parametrize("kind", ["drupal", "wordpress"])
def test_scheme_www_dates_and_wrappers_change_no_post(
    make_home: Callable[..., Home], blog: Blog, kind: str, change: Callable[[str], str]
) -> None:
    home = make_home(source("blog", f"{blog}/any.xml", content='"feed"'))
    text = written(str(blog), kind=kind, only=("have-your-say", "fjalori-i-fjaleve")).decode()  # type: ignore[arg-type]
    blog.answer["/any.xml"] = text.encode()
    assert home.pulled()["new"] == 2
    blog.answer["/any.xml"] = change(text).encode()
    again = home.pulled()
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 2)


GUIDS: list[tuple[str, list[dict[str, str]], list[dict[str, str]], tuple[int, int, int], int]] = [
    ("a new guid over the same link is the same post",
     [item(1, "/a", guid="1 at old")], [item(1, "/a", guid="1 at new")], (0, 0, 1), 1),
    ("also when its text changed at the same time",
     [item(1, "/a", guid="1 at old")], [item(2, "/a", guid="1 at new")], (0, 1, 0), 1),
    ("a guid that still stands in the feed keeps its post, so another with the link is new",
     [item(1, "/a", guid="1 at old")], [item(1, "/a", guid="1 at old"), item(2, "/a", guid="2 at old")], (1, 0, 1), 2),
    ("a new link under the same guid is the same post",
     [item(1, "/a", guid="1 at old")], [item(1, "/b", guid="1 at old")], (0, 0, 1), 1),
    ("the front page is nobody's link",
     [item(1, "/", guid="1 at old")], [item(2, "/", guid="2 at new")], (1, 0, 0), 2),
    ("without a guid the link tells",
     [item(1, "/a")], [item(2, "/a?utm_source=x")], (0, 1, 0), 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "counts", "posts"), [row[1:] for row in GUIDS], ids=[row[0] for row in GUIDS]
)
def test_which_entry_is_which_post(
    make_home: Callable[..., Home], blog: Blog, before: list[dict[str, str]], after: list[dict[str, str]],
    counts: tuple[int, int, int], posts: int,
) -> None:  # fmt: skip
    home = make_home(source("blog", f"{blog}/any.xml"))
    blog.answer["/any.xml"] = rss(blog, *before)
    home.pulled()
    first = {post["id"] for post in home.json("posts", "list")["posts"]}
    blog.answer["/any.xml"] = rss(blog, *after)
    again = home.pulled()
    assert (again["new"], again["changed"], again["unchanged"]) == counts
    ids = {post["id"] for post in home.json("posts", "list")["posts"]}
    assert first <= ids
    assert len(ids) == posts


TWINS: list[tuple[str, list[dict[str, str]], int]] = [
    ("the same entry twice", [item(1, "/a", guid="1 at x"), item(1, "/a", guid="1 at x")], 1),
    ("guids that differ in the scheme",
     [item(1, "/a", guid="1 at http://x.al"), item(2, "/b", guid="1 at https://www.x.al")], 1),
    ("no guid, and links that differ in tracking", [item(1, "/a"), item(2, "/a?utm_source=mail")], 1),
    ("one guid for different posts", [item(1, "/a", guid="x"), item(2, "/b", guid="x"), item(3, "/c", guid="x")], 3),
]  # fmt: skip


@pytest.mark.parametrize(("items", "posts"), [row[1:] for row in TWINS], ids=[row[0] for row in TWINS])
def test_twins_in_one_feed(make_home: Callable[..., Home], blog: Blog, items: list[dict[str, str]], posts: int) -> None:
    home = make_home(source("blog", f"{blog}/any.xml"))
    blog.answer["/any.xml"] = rss(blog, *items)
    first = home.pulled()
    assert (first["exit"], first["new"], len(first["notes"]) > 0) == (0, posts, True)
    again = home.pulled()
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, posts)


# ---------------------------------------------------------------- teasers


def test_a_page_that_fails_leaves_the_teaser_and_the_next_pull_repairs_it(home: Home, blog: Blog) -> None:
    blog.answer["/lajme/perspektivat-ne-praktike"] = 500
    first = home.pulled()
    assert (first["exit"], first["new"], first["lost"]) == (0, 12, 0)
    assert any("Only the teaser is here" in note and "500" in note for note in first["notes"])
    teaser = home.posts()["perspektivat-ne-praktike"]
    assert [one["language"] for one in teaser["versions"]] == ["sq"]
    del blog.answer["/lajme/perspektivat-ne-praktike"]
    assert home.pulled()["changed"] == 1
    whole = home.posts()["perspektivat-ne-praktike"]
    assert [one["language"] for one in whole["versions"]] == ["sq", "en"]
    assert (whole["id"], whole["notes"]) == (teaser["id"], [])
    assert home.pulled()["status"] == "unchanged"


def test_a_changed_teaser_without_its_page_does_not_replace_the_whole_text(home: Home, blog: Blog) -> None:
    home.pulled()
    before = home.posts()["perspektivat-ne-praktike"]
    blog.posts = tuple(replace(one, teaser=one.teaser and f"<p>Ndryshuar.</p>{one.teaser}") for one in blog.posts)
    blog.answer["/lajme/perspektivat-ne-praktike"] = 503
    again = home.pulled()
    assert (again["exit"], again["changed"], again["unchanged"]) == (0, 0, 12)
    assert any("the text from before stands" in note for note in again["notes"])
    assert home.posts()["perspektivat-ne-praktike"] == before


def test_after_a_dead_connection_no_more_pages_are_asked(make_home: Callable[..., Home], blog: Blog) -> None:
    home = make_home(source("blog", f"{blog}/any.xml", content='"page"'))
    blog.answer["/any.xml"] = rss(blog, *(item(n, f"http://127.0.0.1:1/{n}") for n in range(9)))
    first = home.pulled()
    assert (first["exit"], first["new"]) == (0, 9)
    assert sum("was not asked for" in note for note in first["notes"]) == 8


def test_a_busy_host_is_asked_for_no_more_pages(make_home: Callable[..., Home], blog: Blog) -> None:
    home = make_home(source("blog", f"{blog}/rss.xml", content='"page"'))
    for post in blog.posts:
        blog.answer[post.path] = 429
    assert home.pulled()["new"] == 12
    assert sum(one.path.startswith("/lajme/") for one in blog.requests) == 1
    blog.answer.clear()
    assert home.pulled()["changed"] == 12


# ---------------------------------------------------------------- broken blogs


@pytest.mark.parametrize(("answers", "status"), [
    ([200], 0), ([500], 1), ([404], 1), ([0], 1), ([200, 200], 0), ([200, 500], 3), ([500, 500], 1), ([200, 404, 0], 3),
])  # fmt: skip
def test_the_exit_status_tells_how_much_went_well(
    make_home: Callable[..., Home], blog: Blog, answers: list[int], status: int
) -> None:
    home = make_home(*(source(f"s{n}", f"{blog}/{n}.xml") for n in range(len(answers))))
    for n, answer in enumerate(answers):
        blog.answer[f"/{n}.xml"] = rss(blog, item(n, f"/{n}")) if answer == 200 else answer
    said = home.run("pull", "--json")
    assert said.status == status
    assert [one["status"] for one in said.json["sources"]] == [
        "ok" if answer == 200 else "failed" for answer in answers
    ]
    for n, answer in enumerate(answers):
        assert (f"s{n}: " in said.err) == (answer != 200)
    assert len(home.json("posts", "list")["posts"]) == answers.count(200)


def test_an_unknown_source_is_wrong_use(home: Home) -> None:
    said = home.run("pull", "isigurrt")
    assert (said.status, said.out) == (2, "")
    assert "isigurrt" in said.err
    assert "isigurt" in said.err


def test_what_is_no_feed_is_told(home: Home, blog: Blog) -> None:
    blog.answer["/rss.xml"] = Answer(200, b"<!doctype html><title>Hyr</title>", {"Content-Type": "text/html"})
    failed = home.pulled()
    assert (failed["exit"], failed["status"]) == (1, "failed")
    assert "web page" in failed["error"]
    del blog.answer["/rss.xml"]
    assert home.pulled()["new"] == 12


def test_retry_after_binds_whoever_asks(home: Home, blog: Blog) -> None:
    blog.answer["/rss.xml"] = Answer(503, headers={"Retry-After": "7200"})
    assert home.pulled()["exit"] == 1
    blog.requests.clear()
    del blog.answer["/rss.xml"]
    held = home.pulled()
    assert (held["status"], blog.requests) == ("skipped", [])
    assert "asked to be left alone" in held["error"]
    home.ahead = timedelta(hours=2, minutes=1)
    assert home.pulled()["new"] == 12


def test_a_source_that_is_gone_is_not_asked_again(home: Home, blog: Blog) -> None:
    blog.answer["/rss.xml"] = 410
    assert "not be asked again" in home.pulled()["error"]
    blog.requests.clear()
    home.ahead = timedelta(days=60)
    assert home.pulled()["status"] == "skipped"
    assert home.run("run").status == 0
    assert blog.requests == []
    home.edit("feeds/sources.toml", "/rss.xml", "/atom.xml")
    assert home.pulled()["new"] == 12


def test_run_asks_only_what_is_due_and_is_quiet(home: Home, blog: Blog) -> None:
    first = home.run("run").fine()
    assert "12 new" in first.out
    blog.requests.clear()
    again = home.run("run").fine()
    assert (again.out, again.err, blog.requests) == ("", "", [])
    home.ahead = timedelta(hours=1, minutes=1)
    later = home.run("run").fine()
    assert (later.out, later.err, len(blog.requests)) == ("", "", 1)


# ---------------------------------------------------------------- many at once, and kills


def test_many_sources_side_by_side_find_what_one_alone_finds(make_home: Callable[..., Home], blog: Blog) -> None:
    alone = make_home(source("one", f"{blog}/rss.xml"), name="alone")
    alone.pulled()
    home = make_home(*(source(f"s{n}", f"{blog}/rss.xml?{n}") for n in range(8)))
    assert [one["new"] for one in home.json("pull")["sources"]] == [12] * 8
    wanted = {slug: [one["language"] for one in post["versions"]] for slug, post in alone.posts().items()}
    for post in home.json("posts", "list", "--limit", "1000")["posts"]:
        assert [one["language"] for one in post["versions"]] == wanted[post["url"].rpartition("/")[2]]


class Gate:
    """Holds one address of the blog until it is opened."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self, asked: Asked) -> Any:
        self.reached.set()
        self.open.wait(20)
        return 500


def test_two_pulls_at_once(home: Home, blog: Blog) -> None:
    gate = Gate()
    blog.answer["/rss.xml"] = gate
    first = home.start("pull")
    assert gate.reached.wait(20)
    second, run = home.run("pull"), home.run("run")
    assert (second.status, run.status) == (2, 0)
    assert "at work" in second.err
    blog.answer["/rss.xml"] = written(str(blog))
    gate.open.set()
    assert end(first).status == 1
    assert home.pulled()["new"] == 12


def test_a_killed_pull_is_simply_done_again(home: Home, blog: Blog) -> None:
    blog.posts = many(blog, 120)
    for seconds in (0.9, 1.3, 1.7):
        kill_after(home.start("pull"), seconds)
    last = home.pulled()
    posts = home.posts()
    assert (last["exit"], len(posts)) == (0, 120)
    assert {post["title"] for post in posts.values()} >= {post.title for post in blog.posts if "(" in post.title[:3]}
    clean = home.pulled()
    assert (clean["new"], clean["changed"]) == (0, 0)


@pytest.mark.parametrize("sources", [1, 3])
def test_ctrl_c_says_one_plain_line_and_loses_nothing(make_home: Callable[..., Home], blog: Blog, sources: int) -> None:
    gate = Gate()
    home = make_home(*(source(f"s{n}", f"{blog}/{n}.xml") for n in range(sources)))
    for n in range(sources):
        blog.answer[f"/{n}.xml"] = gate
    process = home.start("pull")
    assert gate.reached.wait(20)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    said = end(process)
    assert time.monotonic() - began < 5
    assert (said.status, said.out, said.err.strip().count("\n")) == (130, "", 0)
    assert "Stopped" in said.err
    gate.open.set()
    for n in range(sources):
        blog.answer[f"/{n}.xml"] = rss(blog, item(n, f"/{n}"))
    home.run("pull").fine()
    wait_for(lambda: len(home.posts()) == sources)
