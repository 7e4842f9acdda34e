"""Trying a blog without a site, and making a site from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from road.road_site import Home

from syndicate.pull import Fetcher
from syndicate.samples.blog import Blog
from syndicate.samples.routes import Answer


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second between two requests is for other people's blogs."""
    monkeypatch.setitem(Fetcher.__init__.__kwdefaults__, "sleep", lambda seconds: None)


@pytest.fixture
def anywhere(make_home: Callable[..., Home]) -> Home:
    return make_home(name="unused")


@pytest.mark.parametrize("path", ["/", "/rss.xml", "/atom.xml", "/feed/", ""])
def test_one_page_shows_what_the_blog_would_become(anywhere: Home, blog: Blog, tmp_path: Path, path: str) -> None:
    page = tmp_path / "try.html"
    said = anywhere.run(
        "try", f"{blog}{path}", "--out", str(page), "--no-open", "--posts", "4", "--json", site=False
    ).fine()
    assert said.json["page"] == str(page)
    assert [one["languages"] for one in said.json["posts"]] == [["sq", "en"], ["sq", "en"], ["en", "sq"], ["sq", "en"]]
    assert said.json["posts"][1]["partners"] == ["ecpat-international", "weprotect"]
    text = page.read_text("utf-8")
    for wanted in (
        "Formular i ri raportimi",
        "A new reporting form",
        "WeProtect Global Alliance",
        "#VoicesOfSurvivors",
    ):
        assert wanted.casefold() in text.casefold(), wanted
    assert re.search(r"<iframe|srcdoc", text), "both newsletters stand in the page"
    assert "init DIR --from" in said.err


@pytest.mark.parametrize(("answer", "status", "said"), [
    (Answer(200, b"<!doctype html><title>Asgje</title><p>A page.</p>", {"Content-Type": "text/html"}), 1, "No feed was found"),
    (404, 1, "404"), (500, 1, "500"), (0, 1, ""),
])  # fmt: skip
def test_a_page_without_a_feed_is_told_in_a_sentence(
    anywhere: Home, blog: Blog, tmp_path: Path, answer: Answer | int, status: int, said: str
) -> None:
    blog.answer |= dict.fromkeys(("/feed", "/feed/", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml"), 404)
    blog.answer["/"] = answer
    result = anywhere.run("try", f"{blog}/", "--out", str(tmp_path / "x.html"), "--no-open", site=False)
    assert (result.status, result.out) == (status, "")
    assert said in result.err
    assert "should not have happened" not in result.err
    assert not (tmp_path / "x.html").exists()


def test_a_feed_without_posts_is_told(anywhere: Home, blog: Blog, tmp_path: Path) -> None:
    blog.posts = ()
    result = anywhere.run("try", f"{blog}/rss.xml", "--out", str(tmp_path / "x.html"), site=False)
    assert (result.status, "without a single post" in result.err) == (1, True)


def test_the_site_of_that_blog_pulls_it(
    anywhere: Home, blog: Blog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site = Home(tmp_path / "mine", monkeypatch)
    said = site.run("init", str(site.root), "--from", f"{blog}/", "--json", site=False).fine()
    assert any("postal_address" in one for one in said.json["unfinished"])
    assert f'"{blog}/rss.xml"' in (site.root / "feeds/sources.toml").read_text("utf-8")
    site.edit("feeds/site.toml", 'delay = "2s"', 'delay = "0s"')
    assert site.pulled()["new"] == 12
    site.run("publish").fine()
    assert len(site.titles("all-sq")) == 12
    again = site.run("init", str(site.root), "--from", f"{blog}/", site=False)
    assert (again.status, "already" in again.err) == (2, True)


def test_the_demo_comes_through(anywhere: Home, tmp_path: Path) -> None:
    told = anywhere.run("demo", "--to", str(tmp_path / "demo"), "--json", site=False).fine().json
    assert (told["pulled"], told["mails"]) == (12, 4)
    assert len(list(Path(told["outbox"]).glob("*.eml"))) == 4
    assert (Path(told["public"]) / "feeds" / "index.html").exists()
