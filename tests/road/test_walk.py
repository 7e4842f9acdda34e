"""Walking a blog back to its first post: pages, archives and numbers, servers that go in circles, stops half-way."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from road.road_site import Home, end, source, wait_for

from syndicate.deliver.lock import hold
from syndicate.samples.blog import Asked, Blog, Fault
from syndicate.samples.routes import Answer

DAY = datetime(2026, 3, 1, 8, tzinfo=UTC)
"""When post number 0 was written; number n is n days younger."""

Page = Callable[[int], Fault]


def item(number: int, text: str = "", dated: bool = True) -> str:
    said = text or f"Kjo është historia numër {number} për fëmijët dhe internetin e sigurt në shkollën tonë."
    date = f"<pubDate>{format_datetime(DAY + timedelta(days=number))}</pubDate>" if dated else ""
    return (
        f"<item><title>Historia {number}</title><link>https://blog.example/h/{number}</link>"
        f"<guid>https://blog.example/?p={number}</guid><description>{said}</description>{date}</item>"
    )


def rss(*items: str, links: str = "") -> bytes:
    """An RSS feed of these items; `links` are its links to other pages."""
    head = (
        '<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Blog</title>'
    )
    return f"{head}<link>https://blog.example/</link>{links}{''.join(items)}</channel></rss>".encode()


def link(rel: str, url: str) -> str:
    return f'<atom:link rel="{rel}" href="{url}"/>'


def page_of(asked: Asked) -> int:
    return int(asked.path.partition("paged=")[2] or 1)


def numbered(blog: Blog, newest: int, size: int = 5, **odd: Fault) -> None:
    """Serve posts `newest` … 1 at /feed/ as WordPress does, `size` a page; `odd` pages ("p3") answer something else."""

    def answer(asked: Asked) -> Any:
        page = page_of(asked)
        fault = odd.get(f"p{page}")
        if fault is not None:
            return fault(asked) if callable(fault) else fault
        first = newest - (page - 1) * size
        return rss(*(item(n) for n in range(first, max(first - size, 0), -1))) if first > 0 else 404

    blog.answer["/feed/"] = answer


@pytest.fixture
def walker(make_home: Callable[..., Home], blog: Blog) -> Home:
    return make_home(source("blog", f"{blog}/feed/"))


def walked(home: Home, *more: str) -> dict[str, Any]:
    return home.pulled("--all", *more)


def numbers(home: Home) -> set[int]:
    return {int(key) for key in home.posts()}


def asked(blog: Blog) -> list[str]:
    return [one.path for one in blog.requests]


# ---------------------------------------------------------------- to the beginning


def test_numbered_pages_are_walked_until_there_is_none(walker: Home, blog: Blog) -> None:
    numbered(blog, 23)
    done = walked(walker)
    assert (done["exit"], done["status"], done["new"], done["pages"], done["lost"]) == (0, "ok", 23, 5, 0)
    assert numbers(walker) == set(range(1, 24))
    again = walked(walker)
    assert (again["status"], again["new"], again["unchanged"], again["pages"]) == ("unchanged", 0, 23, 5)


def test_the_sample_blog_is_walked_to_its_first_post(make_home: Callable[..., Home], blog: Blog) -> None:
    blog.per_page = 5
    home = make_home(source("blog", f"{blog}/feed/"))
    assert home.pulled()["new"] == 5
    done = walked(home)
    assert (done["exit"], done["new"], done["unchanged"], done["pages"]) == (0, 7, 5, 3)
    assert len(home.posts()) == 12


def test_an_ordinary_pull_walks_nowhere(walker: Home, blog: Blog) -> None:
    numbered(blog, 23)
    assert (walker.pulled()["new"], walker.pulled()["pages"]) == (5, 1)
    assert not [path for path in asked(blog) if "paged" in path]


@pytest.mark.parametrize("rel", ["next", "prev-archive"])
def test_links_are_followed(walker: Home, blog: Blog, rel: str) -> None:
    blog.answer["/feed/"] = rss(item(9), item(8), links=link(rel, "/older/2"))
    blog.answer["/older/2"] = rss(item(7), item(6), links=link(rel, "1") + link("next-archive", "/feed/"))
    blog.answer["/older/1"] = rss(item(5), item(4))
    done = walked(walker)
    assert (done["exit"], done["new"], done["pages"]) == (0, 6, 3)
    assert numbers(walker) == {4, 5, 6, 7, 8, 9}


def test_an_archive_goes_before_pages_which_may_shift(walker: Home, blog: Blog) -> None:
    blog.answer["/feed/"] = rss(item(9), links=link("next", "/paged/2") + link("prev-archive", "/archive/1"))
    blog.answer["/archive/1"] = rss(item(8))
    assert walked(walker)["new"] == 2
    assert "/paged/2" not in asked(blog)


def test_a_json_feed_names_its_next_page(make_home: Callable[..., Home], blog: Blog) -> None:
    def page(first: int, **more: str) -> bytes:
        items = [
            {"id": str(n), "url": f"https://blog.example/h/{n}", "title": f"Historia {n}", "content_html": f"<p>Teksti {n}</p>",
             "date_published": (DAY + timedelta(days=n)).isoformat()} for n in (first, first - 1)
        ]  # fmt: skip
        return json.dumps(
            {"version": "https://jsonfeed.org/version/1.1", "title": "B", "items": items, **more}
        ).encode()

    home = make_home(source("blog", f"{blog}/feed.json"))
    blog.answer["/feed.json"] = page(9, next_url="/feed.json?from=7")
    blog.answer["/feed.json?from=7"] = page(7, next_url=f"{blog}/feed.json?from=5")
    blog.answer["/feed.json?from=5"] = page(5)
    assert walked(home)["new"] == 6


# ---------------------------------------------------------------- every walk ends


LOOPS = {"the first page for every number": 2, "a circle": 3, "the same page again": 1, "new addresses for ever": 7}
"""What a server may do instead of coming to an end, and how many requests that may cost."""


@pytest.mark.parametrize("odd", LOOPS)
def test_loops_end(walker: Home, blog: Blog, odd: str) -> None:
    if odd == "the first page for every number":
        blog.answer["/feed/"] = rss(item(9), item(8))
    elif odd == "a circle":
        blog.answer["/feed/"] = rss(item(9), links=link("next", "/b"))
        blog.answer["/b"] = rss(item(8), links=link("next", "/c"))
        blog.answer["/c"] = rss(item(7), links=link("next", "/b"))
    elif odd == "the same page again":
        blog.answer["/feed/"] = rss(item(9), links=link("next", "/feed/"))
    else:
        blog.answer["/feed/"] = rss(item(9), links=link("next", "/x?1"))
        blog.answer["/x"] = lambda one: rss(item(7), links=link("next", f"/x?{int(one.path.partition('?')[2]) + 1}"))
    assert walked(walker)["exit"] == 0
    assert len(blog.requests) == LOOPS[odd]


def test_a_new_post_that_shifts_the_pages_hides_none_and_brings_none_twice(walker: Home, blog: Blog) -> None:
    def shift(_: Asked) -> bytes:
        numbered(blog, 24)  # one more was published while page two was written
        return rss(*(item(n) for n in range(18, 13, -1)))

    numbered(blog, 23, p2=shift)
    done = walked(walker)
    assert (done["exit"], done["lost"], done["new"]) == (0, 0, 23)
    assert numbers(walker) == set(range(1, 24))
    assert walker.pulled()["new"] == 1


def test_a_page_full_of_posts_met_already_is_not_the_end(walker: Home, blog: Blog) -> None:
    numbered(blog, 23, p3=lambda _: rss(*(item(n) for n in range(18, 13, -1))))
    walked(walker)
    assert {1, 2, 3, 8} <= numbers(walker)


# ---------------------------------------------------------------- what comes in the middle


@pytest.mark.parametrize("odd", [404, 410, b"<!doctype html><title>Blog</title>", b"\x00garbage", b""])
def test_one_bad_page_in_the_middle_is_told_and_left_out(walker: Home, blog: Blog, odd: Fault) -> None:
    numbered(blog, 23, p3=odd)
    done = walked(walker)
    assert (done["exit"], done["status"], done["new"], done["lost"]) == (3, "ok", 18, 1)
    assert any("page in the middle" in note and "paged=3" in note for note in done["notes"])
    assert numbers(walker) == set(range(1, 24)) - set(range(9, 14))


@pytest.mark.parametrize("odd", [404, 410, b"<!doctype html><title>Blog</title>", 403])
def test_a_link_that_breaks_stops_the_walk_and_says_so(walker: Home, blog: Blog, odd: Fault) -> None:
    blog.answer["/feed/"] = rss(item(9), links=link("next", "/older"))
    blog.answer["/older"] = odd
    done = walked(walker)
    assert (done["exit"], done["status"], done["new"]) == (3, "failed", 1)
    assert "/older" in done["error"]
    assert "the same command goes on from there" in done["error"]
    blog.answer["/older"] = rss(item(8))
    assert walked(walker)["new"] == 1
    assert not walker.json("status")["problems"]


def test_a_busy_server_is_asked_again_when_it_said(walker: Home, blog: Blog) -> None:
    times: list[int] = []

    def busy(_: Asked) -> Any:
        times.append(1)
        return rss(item(1)) if len(times) > 1 else Answer(429, headers={"Retry-After": "1"})

    numbered(blog, 6, p2=busy)
    assert (walked(walker)["new"], len(times)) == (6, 2)


def test_a_long_retry_after_ends_the_walk_and_binds_every_pull(walker: Home, blog: Blog) -> None:
    numbered(blog, 23, p3=Answer(503, headers={"Retry-After": "7200"}))
    done = walked(walker)
    assert (done["exit"], done["status"], done["new"]) == (3, "failed", 10)
    before = len(blog.requests)
    assert (walker.pulled()["status"], walked(walker)["status"], len(blog.requests)) == ("skipped", "skipped", before)
    walker.ahead = timedelta(hours=3)
    numbered(blog, 23)
    again = walked(walker)
    assert (again["new"], "paged=2" in "".join(asked(blog)[before:])) == (13, False)


def test_a_frozen_archive_does_not_bring_an_old_wording_back(walker: Home, blog: Blog) -> None:
    blog.answer["/feed/"] = rss(item(5, "Teksti i ri, i korrigjuar pas një jave."), item(4))
    walker.pulled()
    blog.answer["/feed/"] = rss(item(9), links=link("prev-archive", "/archive/1"))
    blog.answer["/archive/1"] = rss(item(5, "Teksti i vjetër, me gabime."), item(4), item(3))
    done = walked(walker)
    assert (done["new"], done["changed"], done["unchanged"]) == (2, 0, 2)
    assert "korrigjuar" in walker.posts()["5"]["versions"][0]["text"]


def test_the_newer_page_has_the_last_word(walker: Home, blog: Blog) -> None:
    blog.answer["/feed/"] = rss(item(9, "Teksti i ri për fëmijët."), links=link("next", "/older"))
    blog.answer["/older"] = rss(item(9, "Teksti i vjetër për fëmijët."), item(8))
    assert walked(walker)["new"] == 2
    assert "i ri" in walker.posts()["9"]["versions"][0]["text"]


def test_a_wrong_last_modified_hides_nothing(walker: Home, blog: Blog) -> None:
    numbered(blog, 5)
    walker.pulled()
    frozen = Answer(304)
    blog.answer["/feed/"] = lambda one: (
        frozen
        if {"if-modified-since", "if-none-match"} & {*one.headers}
        else rss(item(7), item(6))
        if page_of(one) == 1
        else 404
    )
    assert walked(walker)["new"] == 2


def test_a_post_without_a_date_is_as_old_as_its_neighbours(walker: Home, blog: Blog) -> None:
    blog.answer["/feed/"] = rss(item(9), links=link("next", "/older"))
    blog.answer["/older"] = rss(item(8, dated=False))
    walked(walker)
    assert walker.posts()["8"]["published"] < walker.posts()["9"]["published"]


def test_older_pages_are_vetted_like_any_address(make_home: Callable[..., Home], blog: Blog) -> None:
    home = make_home(source("blog", f"{blog}/feed/"))
    blog.answer["/feed/"] = rss(item(9), links=link("next", "file:///etc/passwd"))
    assert (walked(home)["exit"], len(home.posts())) == (0, 1)
    blog.answer["/feed/"] = rss(item(9), links=link("next", "http://127.0.0.1:1/x"))
    assert walked(home)["status"] == "failed"


# ---------------------------------------------------------------- stopped half-way


def test_a_killed_walk_goes_on_where_it_was(walker: Home, blog: Blog) -> None:
    numbered(blog, 100, size=4)
    slow = walker.start("pull", "--all")
    wait_for(lambda: any("paged=9" in path for path in asked(blog)), 60)
    slow.send_signal(signal.SIGKILL)
    slow.communicate()
    there = len(walker.posts())
    assert 0 < there < 100
    blog.requests.clear()
    done = walked(walker)
    assert done["exit"] == 0
    assert any("goes on after page" in note for note in done["notes"])
    assert not any("paged=5" in path for path in asked(blog))
    assert numbers(walker) == set(range(1, 101))


def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(walker: Home, blog: Blog) -> None:
    numbered(blog, 100, size=4)
    slow = walker.start("pull", "--all")
    wait_for(lambda: any("paged=9" in path for path in asked(blog)), 60)
    slow.send_signal(signal.SIGINT)
    said = end(slow)
    assert said.status == 130
    assert "Traceback" not in said.err
    numbered(blog, 103, size=4)  # and three posts were published meanwhile
    done = walked(walker)
    assert (done["exit"], numbers(walker)) == (0, set(range(1, 104)))


def test_a_walk_leaves_the_runs_free_and_is_alone_itself(walker: Home, blog: Blog) -> None:
    numbered(blog, 6)
    walker.pulled()
    with hold(walker.root / "var" / "locks" / "walk", name="syndicate walk"):
        assert "Another run" not in walker.run("run").fine().err
        other = walker.run("pull", "--all")
    assert (other.status, "Another `pull --all`" in other.err) == (2, True)


# ---------------------------------------------------------------- newsletters


def test_a_newsletter_that_has_begun_passes_over_history(walker: Home, blog: Blog) -> None:
    numbered(blog, 60)
    walker.pulled()
    walker.run(
        "subscribers", "add", "newsletter", "lexuesja@example.org", "--language", "sq", "--evidence", "Asked."
    ).fine()
    assert len(walker.json("newsletter", "draft", "newsletter")["edition"]["posts"]) == 5
    walker.run("newsletter", "approve", "newsletter").fine()
    walker.run("newsletter", "send", "newsletter", "--yes").fine()
    numbered(blog, 67)  # two posts were never pulled, and stand on page two by now
    done = walked(walker)
    assert done["new"] == 62
    assert any("55 posts are older" in note for note in done["notes"])
    drafted = walker.json("newsletter", "draft", "newsletter")["edition"]
    names = {post["id"]: int(key) for key, post in walker.posts().items()}
    assert {names[id] for id in drafted["posts"]} == set(range(61, 68))
    old = next(id for id, number in names.items() if number == 7)
    assert "archive" in walker.run("why", old, "newsletter").out
