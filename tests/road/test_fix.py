"""Putting a post right: once said, it holds through pulls, changes, new settings and kills; hiding, and waiting for a look."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import tomllib
from dataclasses import replace
from typing import Any

import pytest
from road.road_site import Home, files_with, kill_after

from syndicate.deliver.lock import hold
from syndicate.enrich import enrich, identifier
from syndicate.models import Entry
from syndicate.samples.blog import Blog

SLUG = "keshilli-i-te-rinjve"


def post_of(home: Home, slug: str = SLUG) -> dict[str, Any]:
    found: dict[str, Any] = home.posts()[slug]
    return found


def id_of(home: Home, slug: str = SLUG) -> str:
    return str(post_of(home, slug)["id"])


def number_of(home: Home, beginning: str) -> int:
    blocks = home.json("posts", "show", id_of(home))["post"]["blocks"]
    return next(int(block["number"]) for block in blocks if block["text"].startswith(beginning))


def languages(home: Home) -> dict[str, str | None]:
    return {block["text"]: block["language"] for block in post_of(home)["blocks"]}


def change(blog: Blog, old: str, new: str) -> None:
    """The blog's author edits the post."""
    (post,) = [one for one in blog.posts if one.slug == SLUG]
    assert old in post.html
    edited = replace(post, html=post.html.replace(old, new))
    blog.posts = tuple(edited if one.slug == SLUG else one for one in blog.posts)


def rows(home: Home, table: str = "corrections") -> int:
    database = sqlite3.connect(home.database)
    try:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        database.close()


def make_unsure(home: Home, *slugs: str) -> list[str]:
    """As a split that is not sure leaves these posts; their ids."""
    ids = [id_of(home, slug) for slug in slugs]
    database = sqlite3.connect(home.database)
    with database:
        database.executemany("UPDATE posts SET unsure = 1, margin = 1.5 WHERE id = ?", [(id,) for id in ids])
    database.close()
    return ids


def feeds_with(home: Home, slug: str = SLUG) -> set[str]:
    named = files_with(home.root / "public", [f"/lajme/{slug}"])
    return {name.split("/")[1] for name in named if name.startswith("feeds/")}


@pytest.fixture
def text(published: Home) -> str:
    """The opening of a paragraph of the Albanian version."""
    sq = next(one for one in post_of(published)["versions"] if one["language"] == "sq")
    return str(sq["text"].split("\n\n")[1])


# ---------------------------------------------------------------- one fix of everything


def fix_all(home: Home, text: str) -> dict[str, Any]:
    options = (
        "--block", f"{number_of(home, text)}=en", "--title", "en=A title of ours", "--add-partner", "ecpat-international",
        "--add-hashtag", "#KumbullaEVjetër", "--remove-hashtag", "OurVoice",
    )  # fmt: skip
    done: dict[str, Any] = home.json("posts", "fix", id_of(home), *options)
    return done


def assert_fixed(home: Home, text: str) -> None:
    post = post_of(home)
    versions = {one["language"]: one for one in post["versions"]}
    assert text in versions["en"]["text"]
    assert text not in versions["sq"]["text"]
    assert versions["en"]["title"] == "A title of ours"
    assert "ecpat-international" in [one["id"] for one in post["partners"]]
    tags = {one["key"]: one["display"] for one in post["hashtags"]}
    assert tags["kumbullaevjeter"] == "KumbullaEVjetër"
    assert "ourvoice" not in tags


def test_a_fix_changes_the_post_and_its_feeds_and_says_so(published: Home, text: str) -> None:
    before = post_of(published)
    assert "ourvoice" in [one["key"] for one in before["hashtags"]]
    done = fix_all(published, text)
    assert_fixed(published, text)
    assert {"all-sq", "all-en", "all"} <= set(done["feeds"])
    assert "A title of ours" in published.titles("all-en")
    told = "\n".join(done["changes"])
    for words in (
        "en title is now",
        "sq text changed",
        "partner ecpat-international",
        "no longer has the hashtag ourvoice",
    ):
        assert words in told
    assert [one["kind"] for one in done["post"]["fixes"]].count("block") == 1
    assert done["post"]["updated"] > before["updated"]
    again = published.run("run").fine()
    assert (again.out, again.err) == ("", "")


def test_it_holds_when_the_blog_is_pulled_again(published: Home, blog: Blog, text: str) -> None:
    fix_all(published, text)
    change(blog, "</p>", "</p>\n")  # other bytes, the same words
    published.pulled()
    assert_fixed(published, text)


def test_it_holds_when_the_post_changes_round_it(published: Home, blog: Blog, text: str) -> None:
    fix_all(published, text)
    change(blog, "looking for new members", "looking for many new members")
    after = published.pulled()
    assert after["changed"] == 1
    assert_fixed(published, text)
    assert "many new members" in str(post_of(published)["versions"])
    assert not [note for note in after["notes"] if "no longer fits" in note]


def test_it_holds_when_the_settings_change(published: Home, text: str) -> None:
    fix_all(published, text)
    published.add("feeds/partners.toml", '[[partner]]\nid = "youth"\nname = "Këshilli i të Rinjve"\n')
    published.run("run").fine()
    assert_fixed(published, text)


def test_a_fix_that_fits_no_longer_is_told_and_the_others_hold(published: Home, blog: Blog, text: str) -> None:
    fix_all(published, text)
    change(blog, text[:30], f"Ndryshe {text[:30]}")
    after = published.pulled()
    assert any("no longer fits" in note and text[:20] in note for note in after["notes"])
    versions = {one["language"]: one for one in post_of(published)["versions"]}
    assert f"Ndryshe {text[:30]}" in versions["sq"]["text"]
    assert versions["en"]["title"] == "A title of ours"
    assert "no longer fits" in published.run("posts", "show", id_of(published)).out
    assert "no longer fits" in published.run("posts", "fix", id_of(published)).out
    assert any("no longer fits" in one for one in published.json("status")["problems"])
    change(blog, f"Ndryshe {text[:30]}", text[:30])
    published.pulled()
    assert_fixed(published, text)
    assert not [one for one in published.json("status")["problems"] if "no longer fits" in one]


def test_without_options_it_says_what_is_fixed_and_reset_takes_all_back(published: Home, text: str) -> None:
    before = post_of(published)
    id = before["id"]
    assert "Nothing is fixed" in published.run("posts", "fix", id).fine().out
    fix_all(published, text)
    said = published.run("posts", "fix", id).fine().out
    assert text[:20] in said
    assert "A title of ours" in said
    published.run("posts", "fix", id, "--reset").fine()
    after = post_of(published)
    assert (after["versions"], after["partners"], after["hashtags"]) == (
        before["versions"], before["partners"], before["hashtags"],
    )  # fmt: skip
    assert rows(published) == 0
    assert "A title of ours" not in published.titles("all-en")


def test_one_fix_is_taken_back_and_the_others_stand(published: Home, text: str) -> None:
    before = languages(published)
    fix_all(published, text)
    published.run("posts", "fix", id_of(published), "--block", f"{number_of(published, text)}=auto").fine()
    assert languages(published) == before
    published.run("posts", "fix", id_of(published), "--title", "en=").fine()
    assert "A title of ours" not in published.titles("all-en")
    assert "kumbullaevjeter" in [one["key"] for one in post_of(published)["hashtags"]]


WRONG = [
    (["--block", "99=sq"], "none is number 99"), (["--block", "1=de"], "Write one of: sq, en, all, none, auto"),
    (["--block", "one"], "is not N=LANGUAGE"), (["--block", "1=sq", "--block", "1=en"], "named twice"),
    (["--title", "de=x"], "no version 'de'"), (["--title", "words"], "is not LANGUAGE=TEXT"),
    (["--add-partner", "ecpat-internatonal"], "Did you mean ecpat-international?"),
    (["--add-hashtag", "two words"], "is not one hashtag"), (["--hide", "--unhide"], "not both"),
    (["--add-partner", "weprotect", "--remove-partner", "weprotect"], "named twice"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "words"), WRONG)
def test_what_cannot_be_done_is_told_and_nothing_is_stored(published: Home, options: list[str], words: str) -> None:
    said = published.run("posts", "fix", id_of(published), "--sure", *options)
    assert said.status == 2
    assert words in said.err
    assert rows(published) == 0


# ---------------------------------------------------------------- sure


def test_a_post_that_was_looked_at_is_sure_until_it_changes(published: Home, blog: Blog) -> None:
    (id,) = make_unsure(published, SLUG)
    assert any(id in one for one in published.json("status")["problems"])
    assert [one["id"] for one in published.json("posts", "list", "--unsure")["posts"]] == [id]
    published.run("posts", "fix", id, "--sure").fine()
    assert published.json("status")["unsure"] == 0
    assert post_of(published)["unsure"] is False
    published.pulled()
    assert post_of(published)["unsure"] is False


# ---------------------------------------------------------------- hiding


def test_a_hidden_post_leaves_every_feed_and_returns_as_itself(published: Home) -> None:
    held, atom, id = feeds_with(published), published.atom("all-sq"), id_of(published)
    ids = [one.text for one in atom.iter("{http://www.w3.org/2005/Atom}id")]
    done = published.json("posts", "fix", id, "--hide")
    assert feeds_with(published) == set()
    assert held - {"index.html"} <= {*done["feeds"]} | {"index.html"}
    assert published.tombstones("all-sq") == []
    assert post_of(published)["hidden"]
    assert [one["id"] for one in published.json("posts", "list", "--hidden")["posts"]] == [id]
    assert published.json("status")["hidden"] == 1
    told = published.json("why", id, "all-sq")
    assert (told["matches"], told["reasons"][0]["rule"], told["reasons"][0]["passed"]) == (False, "shown", False)
    published.run("posts", "fix", id, "--unhide").fine()
    assert feeds_with(published) == held
    assert [one.text for one in published.atom("all-sq").iter("{http://www.w3.org/2005/Atom}id")] == ids


def test_a_hidden_post_stays_hidden_when_it_changes_and_when_feeds_are_made_anew(published: Home, blog: Blog) -> None:
    id = id_of(published)
    published.run("posts", "fix", id, "--hide").fine()
    change(blog, "looking for new members", "looking for many new members")
    assert published.pulled()["changed"] == 1
    published.run("publish").fine()
    assert feeds_with(published) == set()
    published.edit("feeds/site.toml", 'name = "', 'name = "Ne: ')
    published.run("publish").fine()
    assert feeds_with(published) == set()
    published.run("posts", "fix", id, "--unhide").fine()
    assert "all-en" in feeds_with(published)
    assert "many new members" in str(post_of(published)["versions"])


def test_a_hidden_post_is_in_no_draft_and_is_new_when_it_returns(published: Home) -> None:
    id = id_of(published)
    published.run("newsletter", "draft", "newsletter").fine()
    done = published.json("posts", "fix", id, "--hide")
    assert done["redrafted"] == ["newsletter-1"]
    (edition,) = published.json("newsletter", "list")["editions"]
    assert id not in edition["posts"]
    assert any("hidden" in note for note in edition["notes"])
    refused = published.json("newsletter", "draft", "newsletter", "--post", id)
    assert refused["edition"] is None
    published.run("newsletter", "cancel", "newsletter").fine()
    only = published.json("newsletter", "draft", "newsletter", "--post", id)
    assert (only["edition"], "hidden" in only["reason"]) == (None, True)
    published.run("posts", "fix", id, "--unhide").fine()
    assert "new to the list" in published.json("why", id, "newsletter")["fate"]
    assert id in published.json("newsletter", "draft", "newsletter")["edition"]["posts"]


def test_a_draft_that_holds_a_fixed_post_stays_and_is_named(published: Home) -> None:
    id = id_of(published)
    published.run("newsletter", "draft", "newsletter").fine()
    said = published.run("posts", "fix", id, "--title", "en=Another title").fine()
    assert "newsletter cancel newsletter-1" in said.out
    (edition,) = published.json("newsletter", "list")["editions"]
    assert id in edition["posts"]
    assert edition["state"] == "draft"


# ---------------------------------------------------------------- waiting for a look


@pytest.fixture
def waiting(published: Home) -> Home:
    """The site with a reader, and a list that holds unsure posts back."""
    published.edit("subscribers/newsletter.toml", 'missing = "fallback"', 'unsure = "wait"\nmissing = "fallback"')
    person = ("reader@example.org", "--language", "sq", "--evidence", "letter")
    published.run("subscribers", "add", "newsletter", *person).fine()
    return published


def was_sent(home: Home) -> None:
    """As a sending leaves the newest edition."""
    database = sqlite3.connect(home.database)
    with database:
        database.execute("UPDATE editions SET state = 'sent' WHERE state = 'draft'")
    database.close()


def test_a_list_that_waits_passes_unsure_posts_over_until_somebody_looked(waiting: Home) -> None:
    (id,) = make_unsure(waiting, SLUG)
    said = waiting.json("newsletter", "draft", "newsletter")
    assert len(said["edition"]["posts"]) == 11
    assert id not in said["edition"]["posts"]
    assert f"posts fix {id} --sure" in said["reason"]
    told = waiting.json("why", id, "newsletter")
    assert (told["matches"], told["reasons"][-1]["rule"]) == (False, "looked_at")
    assert "waits until somebody looked" in told["fate"]
    was_sent(waiting)
    nothing = waiting.json("newsletter", "draft", "newsletter")
    assert nothing["edition"] is None
    assert f"Nothing else is new for newsletter. Post {id} waits" in nothing["reason"]
    assert waiting.json("newsletter", "draft", "newsletter", "--post", id)["edition"] is None
    waiting.run("posts", "fix", id, "--sure").fine()
    assert waiting.json("newsletter", "draft", "newsletter")["edition"]["posts"] == [id]


def test_an_unsure_post_older_than_the_first_edition_does_not_wait_for_ever(waiting: Home) -> None:
    waiting.edit("subscribers/newsletter.toml", "max_posts = 20", "max_posts = 3")
    (old,) = make_unsure(waiting, "gara-e-posterave")
    assert waiting.json("newsletter", "draft", "newsletter")["reason"] == ""
    assert "older than the list's first edition" in waiting.json("why", old, "newsletter")["fate"]


def test_a_list_that_does_not_wait_sends_them_and_says_so(published: Home) -> None:
    (id,) = make_unsure(published, SLUG)
    said = published.json("newsletter", "draft", "newsletter")
    assert id in said["edition"]["posts"]
    assert said["edition"]["unsure"] == [id]


def test_a_rhythm_by_number_does_not_count_posts_that_wait(waiting: Home) -> None:
    waiting.edit("subscribers/newsletter.toml", 'schedule = "manual"', 'schedule = "every 12 posts"')
    make_unsure(waiting, SLUG)
    assert waiting.json("run")["drafted"] == []
    waiting.run("posts", "fix", id_of(waiting), "--sure").fine()
    assert waiting.json("run")["drafted"] == ["newsletter-1"]


def test_why_names_the_limit_of_a_feed(published: Home) -> None:
    published.add(
        "feeds/feeds.toml", '[[feed]]\nslug = "two"\ntitles.sq = "Dy"\nlanguage = "sq"\nlimit = 2\narchive = false\n'
    )
    told = published.json("why", id_of(published, "gara-e-posterave"), "two")
    assert told["matches"] is False
    assert told["reasons"][-1] == {
        "rule": "limit",
        "passed": False,
        "sentence": "holds the newest 2; more than 2 that fit are newer",
    }
    published.edit("feeds/feeds.toml", "archive = false", "archive = true")
    told = published.json("why", id_of(published, "gara-e-posterave"), "two")
    assert told["matches"] is True
    assert told["reasons"][-1]["sentence"].endswith("so it stands on an archive page")


# ---------------------------------------------------------------- gone is gone


def test_erasing_the_post_erases_the_fixes_and_the_page(published: Home, text: str) -> None:
    fix_all(published, text)
    published.run("posts", "fix", id_of(published), "--title", "sq=Titulli lulebore").fine()
    published.run("posts", "show", id_of(published), "--page").fine()
    assert "var/syndicate.sqlite" in files_with(published.root, ["lulebore", "kumbullaevjet"])
    published.run("posts", "withdraw", id_of(published), "--erase", "--yes").fine()
    assert rows(published) == 0
    assert files_with(published.root, ["lulebore", "kumbullaevjet", text[:30].casefold()]) == {}


def test_erasing_a_version_erases_the_words_of_its_fixes(published: Home, text: str) -> None:
    fix_all(published, text)
    id = id_of(published)
    published.run("posts", "fix", id, "--title", "sq=Titulli lulebore", "--title", "en=Frostfern title").fine()
    published.run("posts", "show", id, "--page").fine()
    published.run("posts", "withdraw", id, "--version", "en", "--erase", "--yes").fine()
    assert files_with(published.root, ["frostfern", text[:30].casefold()]) == {}
    assert post_of(published)["versions"][0]["title"] == "Titulli lulebore"
    published.run("posts", "fix", id, "--add-partner", "weprotect")  # the first may say that the body was split anew
    published.run("posts", "fix", id, "--add-partner", "weprotect").fine()
    assert [one["language"] for one in post_of(published)["versions"]] == ["sq"]
    assert files_with(published.root, ["frostfern", text[:30].casefold()]) == {}


@pytest.mark.parametrize(
    "seconds", [0.3, 0.6, pytest.param(0.45, marks=pytest.mark.slow), pytest.param(0.9, marks=pytest.mark.slow)]
)
def test_a_killed_fix_is_there_or_not_and_the_next_run_publishes_it(published: Home, seconds: float) -> None:
    id = id_of(published)
    kill_after(published.start("posts", "fix", id, "--hide", "--title", "en=A title of ours"), seconds)
    post = post_of(published)
    said = {one["kind"] for one in post["fixes"]}
    title = next(one["title"] for one in post["versions"] if one["language"] == "en")
    assert (bool(post["hidden"]), "title" in said) in ((True, True), (False, False))
    assert (title == "A title of ours") is bool(post["hidden"])
    published.run("run").fine()
    assert bool(feeds_with(published)) is not bool(post["hidden"])


def test_a_fix_that_breaks_off_in_its_middle_stores_nothing(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the power went off")

    before = post_of(published)
    monkeypatch.setattr("syndicate.corrections.editions.with_post", broken)
    said = published.run(
        "posts", "fix", before["id"], "--hide", "--title", "en=A title of ours", "--add-partner", "weprotect"
    )
    assert said.status == 1
    assert (post_of(published), rows(published)) == (before, 0)


def test_while_a_run_is_at_work_nothing_is_fixed(published: Home) -> None:
    with hold(published.root / "var" / "locks" / "run", name="a run"):
        said = published.run("posts", "fix", id_of(published), "--hide")
    assert said.status == 2
    assert "A run is at work" in said.err
    assert not post_of(published)["hidden"]


# ---------------------------------------------------------------- showing


def test_the_page_shows_each_block_and_is_private(published: Home, text: str) -> None:
    fix_all(published, text)
    said = published.json("posts", "show", id_of(published), "--page")
    page = published.root / "var" / "preview" / f"post-{id_of(published)}" / "index.html"
    assert said["page"].endswith(f"post-{id_of(published)}/index.html")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    html = page.read_text("utf-8")
    assert text[:40] in html
    assert "said by the operator" in html
    assert "<script" not in html
    assert len(re.findall(r'<span class="number">', html)) == len(said["post"]["blocks"])


def test_colours_are_for_terminals_only(published: Home) -> None:
    assert "\x1b" not in published.run("posts", "show", id_of(published)).fine().out
    drawn = os.environ | {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    coloured = published.start(
        "posts", "show", id_of(published), env={k: v for k, v in drawn.items() if k != "NO_COLOR"}
    )
    plain = published.start("posts", "show", id_of(published), env=drawn | {"NO_COLOR": "1"})
    assert "\x1b[36m" in coloured.communicate(timeout=60)[0]
    assert "\x1b[36m" not in plain.communicate(timeout=60)[0]


# ---------------------------------------------------------------- a test case


def came_out(case: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """What the program makes of a case, in the case's own words."""
    codes = tuple(case["languages"])
    entry = Entry(guid="1", url=case["url"], title=case["title"], html=case["html"])
    found = enrich(entry, languages=codes, partners=(), hashtags=(), scores=identifier(codes))
    versions = [
        {"language": one.language, "title": one.title, "blocks": one.text.split("\n\n")} for one in found.versions
    ]
    return versions, [block.text for block in found.blocks if block.language is None]


def test_a_post_becomes_a_case_that_passes_or_fails_as_it_should(published: Home, text: str) -> None:
    id, file = id_of(published), published.root.parent / "case.toml"
    said = published.run("posts", "case", id, str(file)).fine()
    assert "names people" in said.err
    assert "passes today" in said.err
    right = tomllib.loads(file.read_text("utf-8"))
    assert came_out(right) == (right["versions"], right.get("outside", []))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert published.run("posts", "case", id, str(file)).status == 2
    published.run("posts", "fix", id, "--block", f"{number_of(published, text)}=en").fine()
    fixed = published.json("posts", "case", id)
    assert fixed["passes"] is False
    wrong = tomllib.loads(fixed["case"])
    assert came_out(wrong) == came_out(right)
    assert came_out(wrong)[0] != wrong["versions"]
