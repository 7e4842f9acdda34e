"""Publishing: nothing is rewritten without a reason, everything is written that has one, and a kill changes neither."""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest
from road.road_site import Home, kill_after, snapshot, source

from syndicate.samples.blog import Blog

PARTNER = """
[[partner]]
id = "mesuesit"
name = "Trajnim për mësues"
aliases = ["mësuesit", "mësuesve"]
"""


def written(before: dict[str, tuple[int, bytes]], after: dict[str, tuple[int, bytes]]) -> set[str]:
    """The feeds (or files of the root) of which anything differs, in bytes or time."""
    differ = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return {name.split("/")[1] if name.count("/") > 1 else name for name in differ}


def whole(home: Home) -> dict[str, bytes]:
    """What is published, by path; every compressed twin must hold the same as its document."""
    files = {name: held for name, (_, held) in snapshot(home.root / "public").items()}
    for name in [name for name in files if name.endswith(".gz")]:
        assert gzip.decompress(files.pop(name)) == files[name.removesuffix(".gz")], name
    return files


def test_the_second_run_writes_nothing(published: Home) -> None:
    published.run("newsletter", "draft", "newsletter").fine()
    published.run("newsletter", "preview", "newsletter").fine()
    public, state = snapshot(published.root / "public"), snapshot(published.root / "var")
    again = published.run("run").fine()
    assert snapshot(published.root / "public") == public
    assert published.json("publish")["feeds"]
    assert snapshot(published.root / "public") == public
    for name in state:
        if not name.startswith(("syndicate.sqlite", "locks/")):
            assert snapshot(published.root / "var")[name] == state[name]
    assert (again.out, again.err) == ("", "")


def test_a_changed_post_rewrites_its_feeds_and_no_others(published: Home, blog: Blog) -> None:
    before = snapshot(published.root / "public")
    slug = "java-e-internetit-te-sigurt"
    held = {
        path.parent.name
        for path in (published.root / "public" / "feeds").glob("*/atom.xml")
        if slug in path.read_text("utf-8") and not path.parent.name.endswith("-en")
    }  # it is the Albanian version that changes
    blog.posts = tuple(
        replace(one, html=one.html.replace("</p>", " Shtuar më pas.</p>", 1)) if one.slug == slug else one
        for one in blog.posts
    )
    assert published.pulled()["changed"] == 1
    told = {one["slug"] for one in published.json("publish")["feeds"] if one["written"]}
    assert written(before, snapshot(published.root / "public")) == told
    assert told == held


def test_a_new_post_comes_into_its_feeds_alone(home: Home, blog: Blog) -> None:
    everything = blog.posts
    blog.posts = tuple(one for one in everything if one.slug != "keshilli-i-te-rinjve")
    home.run("run").fine()
    before = snapshot(home.root / "public")
    blog.posts = everything
    home.pulled()
    told = {one["slug"] for one in home.json("publish")["feeds"] if one["written"]}
    held = {path.parent.name for path in (home.root / "public" / "feeds").glob("*/atom.xml")
            if "keshilli-i-te-rinjve" in path.read_text("utf-8")}  # fmt: skip
    fresh = {name for name in told if not any(f"feeds/{name}/" in old for old in before)}
    assert told - held - fresh == set()
    assert held <= told


@pytest.mark.parametrize("gone", ["public", "public/feeds/all-sq", "public/feeds/all-en/rss.xml", "public/feeds/index.html",
                                  "public/feeds.opml", "public/feeds/all/atom.xml.gz", "public/feeds/style.css",
                                  "public/feeds/partner-unicef-en/embed.html"])  # fmt: skip
def test_what_was_deleted_comes_back_the_same(published: Home, gone: str) -> None:
    before = whole(published)
    path = published.root / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    published.run("publish").fine()
    assert whole(published) == before


def test_what_somebody_else_wrote_into_a_feed_is_put_right_when_it_is_written(published: Home, blog: Blog) -> None:
    (published.root / "public/feeds/all-sq/rss.xml").write_bytes(b"junk")
    blog.posts = tuple(one.revised or one for one in blog.posts)
    published.pulled()
    published.run("publish").fine()
    assert published.titles("all-sq")


# ---------------------------------------------------------------- what the operator changes


def test_a_feeds_title_changes_it_and_what_names_it(published: Home) -> None:
    before = snapshot(published.root / "public")
    published.edit("feeds/feeds.toml", 'titles.en = "All posts in English"', 'titles.en = "Everything in English"')
    published.run("publish").fine()
    differ = written(before, snapshot(published.root / "public"))
    assert {"all-en", "index.html"} <= {name.rpartition("/")[2] for name in differ}
    assert "partner-unicef-en" not in differ
    assert "Everything in English" in (published.root / "public/feeds/index.html").read_text("utf-8")


def test_a_feed_taken_out_is_gone_and_nothing_names_it_any_more(published: Home) -> None:
    text, titles = (published.root / "feeds/feeds.toml").read_text("utf-8"), published.titles("all-en")
    start = text.index('[[feed]]\nslug = "all-en"')
    published.write("feeds/feeds.toml", text[:start] + text[text.index("[[feed]]", start + 1) :])
    said = published.run("publish").fine()
    assert "1 gone: all-en" in said.out
    assert not (published.root / "public/feeds/all-en").exists()
    left = {name for name, held in whole(published).items() if b"/all-en/" in held}
    assert left == set()
    again = snapshot(published.root / "public")
    assert ", 1 gone" not in published.run("publish").fine().out
    assert snapshot(published.root / "public") == again
    published.write("feeds/feeds.toml", text)
    published.run("publish").fine()
    assert published.titles("all-en") == titles


def test_a_feed_that_selects_otherwise_holds_what_it_says(published: Home) -> None:
    published.edit("feeds/feeds.toml", 'language = "en"', 'language = "en"\npartners = ["unicef"]\nlimit = 2')
    published.run("publish").fine()
    assert published.titles("all-en") == published.titles("partner-unicef-en")[:2]


def test_a_partner_added_today_finds_yesterdays_posts(published: Home) -> None:
    before = published.posts()
    published.add("feeds/partners.toml", PARTNER)
    told = {one["slug"]: one["items"] for one in published.json("publish")["feeds"]}
    naming = {slug for slug, post in published.posts().items() if "mesuesit" in {one["id"] for one in post["partners"]}}
    assert naming
    assert told["partner-mesuesit-sq"] == len(naming) == len(published.titles("partner-mesuesit-sq"))
    for slug, post in published.posts().items():
        others = [one for one in post["partners"] if one["id"] != "mesuesit"]
        assert (others, post["updated"], post["hashtags"]) == (
            before[slug]["partners"], before[slug]["updated"], before[slug]["hashtags"],
        )  # fmt: skip


def test_looking_again_with_the_same_settings_finds_the_same(published: Home) -> None:
    from syndicate.config import load_site, shipped_site
    from syndicate.finding import found_again
    from syndicate.store import posts

    site = load_site(published.root, shipped=shipped_site())
    with published.store() as store, store.read() as connection:
        records = posts.records(connection, posts.newest(connection, posts.Filter(), 100))
    assert len(records) == 12
    for one in records:
        assert found_again(one.post, site, one.categories) == one.post


def test_a_hashtag_gets_its_feed_with_its_second_post(home: Home, blog: Blog) -> None:
    counts: dict[str, int] = {}
    everything = blog.posts
    home.pulled()
    for post in home.posts().values():
        for tag in post["hashtags"]:
            counts[tag["key"]] = counts.get(tag["key"], 0) + 1
    twice = next(key for key in sorted(counts) if counts[key] == 2)
    carriers = [slug for slug, post in home.posts().items() if twice in {tag["key"] for tag in post["hashtags"]}]
    shutil.rmtree(home.root / "var")
    blog.posts = tuple(one for one in everything if one.slug != carriers[0])
    home.run("run").fine()
    folder = home.root / "public" / "feeds" / f"hashtag-{twice}-sq"
    assert not folder.exists()
    blog.posts = everything
    home.pulled()
    home.run("publish").fine()
    assert len(home.titles(folder.name)) == 2
    assert re.search(rf'href="[^"]*{folder.name}', (home.root / "public/feeds/index.html").read_text("utf-8"))


def test_a_changed_partners_file_with_a_fault_stops_before_anything_is_written(published: Home) -> None:
    before = snapshot(published.root / "public")
    published.add("feeds/partners.toml", "[[partner]]\nname = 3")
    said = published.run("publish")
    assert (said.status, said.out) == (2, "")
    assert "partners.toml" in said.err
    assert snapshot(published.root / "public") == before


# ---------------------------------------------------------------- kills


def test_a_killed_publish_is_simply_done_again(make_home: Callable[..., Home], blog: Blog) -> None:
    home = make_home(source("isigurt", f"{blog}/rss.xml"))
    home.pulled()
    for seconds in (0.7, 0.9, 1.1):
        kill_after(home.start("publish"), seconds)
    home.run("publish").fine()
    killed = whole(home)
    assert not [name for name in killed if ".syndicate-tmp" in name]
    shutil.rmtree(home.root / "public")
    home.run("publish").fine()
    assert whole(home) == killed
    assert len(home.titles("all-sq")) == 12
