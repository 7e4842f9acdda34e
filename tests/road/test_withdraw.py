"""Taking a post back: from everywhere at once, for good, and with `--erase` without a word left."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest
from road.road_site import Home, files_with, source

from syndicate import samples
from syndicate.samples.blog import Blog
from syndicate.samples.wire import write_feed

SLUG = "keshilli-i-te-rinjve"


MARKS = {
    "lirshëm.": "lirshëm, si kumbullëzimi.", "#ZëriYnë": "#ZëriYnëMarrok",
    'href="/keshilli/apliko">formulari': 'href="/keshilli/apliko-lulebore">formulari',
    "speak freely.": "speak freely, like snowberrying.", "#OurVoice": "#OurVoiceMarrock",
    "looking for new members": "looking for new snowcrest members",
    'href="/keshilli/apliko">the': 'href="/keshilli/apply-frostfern">the',
}  # fmt: skip
ALBANIAN = ["kumbullëzimi", "zëriynëmarrok", "apliko-lulebore", "dritareza"]
ENGLISH = ["snowberrying", "snowcrest", "ourvoicemarrock", "apply-frostfern"]
WORDS = [*ALBANIAN, *ENGLISH, SLUG]
"""What stands in one post and nowhere else: in its texts, titles, hashtags and links, and in its address."""


def marked(post: samples.SamplePost) -> samples.SamplePost:
    html = post.html
    for old, new in MARKS.items():
        assert old in html
        html = html.replace(old, new)
    return replace(post, html=html, title=f"{post.title} dritareza")


@pytest.fixture
def blog(blog: Blog) -> Blog:
    """The sample blog; the post to be taken back holds words of its own."""
    blog.posts = tuple(marked(post) if post.slug == SLUG else post for post in blog.posts)
    return blog


def as_feed(blog: Blog, change: Callable[[str], str]) -> bytes:
    return change(write_feed(blog.posts, str(blog), "drupal").decode()).encode()


@pytest.fixture
def standing(home: Home, blog: Blog, begin_with: Callable[..., Home]) -> Home:
    """A site with everything pulled and published, and a few readers."""

    def make() -> Home:
        home.run("run").fine()
        for n, language in enumerate(("sq", "en", "sq+en", "en+sq", "sq")):
            person = (f"reader{n}@example.org", "--language", language, "--evidence", "letter")
            home.run("subscribers", "add", "newsletter", *person).fine()
        return home

    return begin_with("standing", make)


def feeds_with(home: Home, slug: str) -> set[str]:
    return {
        name.split("/")[1] for name in files_with(home.root / "public", [f"/lajme/{slug}"]) if name.startswith("feeds/")
    }


def id_of(home: Home, slug: str = SLUG) -> str:
    return str(home.posts()[slug]["id"])


def test_it_is_out_of_every_feed_and_leaves_a_tombstone(standing: Home) -> None:
    held, id = feeds_with(standing, SLUG), id_of(standing)
    assert {"all-sq", "all-en", "all"} <= held
    titles = standing.titles("all-sq")
    said = standing.run("posts", "withdraw", id, "--yes").fine()
    assert f"{id} is taken back" in said.out
    assert feeds_with(standing, SLUG) == set()
    assert len(standing.titles("all-sq")) == len(titles) - 1
    for slug in held:
        ours = [one for one in standing.tombstones(slug) if f":{id}/" in one]
        assert len(ours) >= 1, slug
    assert standing.tombstones("all-sq")[0].endswith(f":{id}/sq")
    assert standing.tombstones("all-en")[0].endswith(f":{id}/en")
    assert SLUG not in standing.posts()
    assert standing.run("posts", "show", id).status == 2
    again = standing.run("run").fine()
    assert (again.out, again.err) == ("", "")


def test_hidden_first_it_leaves_a_tombstone_all_the_same(standing: Home) -> None:
    id = standing.posts()["perspektivat-ne-praktike"]["id"]
    standing.run("posts", "fix", id, "--hide").fine()
    standing.run("publish").fine()
    assert not standing.tombstones("all-sq")
    standing.run("posts", "withdraw", id, "--yes").fine()
    standing.run("publish").fine()
    assert standing.tombstones("all-sq")[0].endswith(f":{id}/sq")
    assert id not in standing.run("posts", "list").fine().out


def test_without_a_yes_nothing_happens(standing: Home) -> None:
    said = standing.run("posts", "withdraw", id_of(standing))
    assert (said.status, SLUG in standing.posts()) == (2, True)
    assert "--yes" in said.err


def _same(feed: str) -> str:
    return feed


def _new_guid(feed: str) -> str:
    return re.sub(r"(\d+) at https://blog.example", r"9\1 at https://elsewhere.example", feed)


def _new_text(feed: str) -> str:
    return feed.replace("&lt;/p&gt;", " Ndryshuar sërish.&lt;/p&gt;")


def _new_link(feed: str) -> str:
    return feed.replace(f"/lajme/{SLUG}", f"/lajme/{SLUG}-0")


def _both(feed: str) -> str:
    return _new_text(_new_guid(feed))


CHANGES = [_same, _new_guid, _new_text, _new_link, _both]


@pytest.mark.parametrize("erase", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("change", CHANGES)
def test_no_pull_brings_it_back(standing: Home, blog: Blog, change, erase: bool) -> None:
    standing.run("posts", "withdraw", id_of(standing), "--yes", *(["--erase"] if erase else [])).fine()
    blog.answer["/rss.xml"] = as_feed(blog, change)
    after = standing.pulled()
    assert (after["exit"], after["new"]) == (0, 0)
    assert len(standing.posts()) == 11
    standing.run("publish").fine()
    assert feeds_with(standing, SLUG) == set()


@pytest.mark.parametrize(("link", "there"), [("/", 1), ("/", 2), ("/e-njejta-faqe", 2)])
def test_a_withdrawn_post_keeps_no_other_out(standing: Home, blog: Blog, link: str, there: int) -> None:
    """Entries may all link to the front page or to one other; the one taken back must not take the others along."""

    def feed(count: int) -> bytes:
        one = "<item><title>{0}</title><link>{1}{2}</link><guid>{0}</guid><description>{3}</description></item>"
        text = "Historia numër {0} për fëmijët dhe internetin e sigurt."
        items = "".join(one.format(n, blog, link, text.format(n)) for n in range(count))
        return f'<rss version="2.0"><channel><title>x</title><link>{blog}/</link>{items}</channel></rss>'.encode()

    def stored() -> list[dict[str, str]]:
        return list(standing.json("posts", "list", "--source", "other")["posts"])

    standing.write("feeds/sources.toml", source("other", f"{blog}/other.xml"))
    blog.answer["/other.xml"] = feed(there)
    assert standing.pulled()["new"] == there
    (gone,) = [post["id"] for post in stored() if post["guid"] == "0"]
    standing.run("posts", "withdraw", gone, "--yes").fine()
    blog.answer["/other.xml"] = feed(4)
    assert (standing.pulled()["new"], len(stored())) == (4 - there, 3)


SLOW = pytest.mark.slow
OLDER = [
    ("publish", "before it was withdrawn"), ("newsletter draft newsletter", "before it was erased"),
    ("pull", "before it was pulled"), pytest.param("publish", "before it was pulled", marks=SLOW),
    pytest.param("pull", "before it was withdrawn", marks=SLOW), pytest.param("pull", "before it was erased", marks=SLOW),
    pytest.param("posts list", "before it was withdrawn", marks=SLOW),
    pytest.param("newsletter draft newsletter", "before it was withdrawn", marks=SLOW),
]  # fmt: skip


@pytest.mark.parametrize(("first", "moment"), OLDER)
def test_an_older_copy_of_the_database_does_not_bring_it_back(home: Home, blog: Blog, first: str, moment: str) -> None:
    everything = blog.posts
    blog.posts = tuple(one for one in everything if one.slug != SLUG)
    home.run("run").fine()
    copy = home.root.parent / "older.sqlite"
    copies = {"before it was pulled": home.database.read_bytes()}
    blog.posts = everything
    home.pulled()
    home.run("publish").fine()
    id = id_of(home)
    copies["before it was withdrawn"] = home.database.read_bytes()
    home.run("posts", "withdraw", id, "--yes").fine()
    copies["before it was erased"] = home.database.read_bytes()
    home.run("posts", "withdraw", id, "--yes", "--erase").fine()
    assert not list(home.database.parent.glob("*.sqlite-*")), "a log left behind would be mixed into the older copy"
    copy.write_bytes(copies[moment])
    shutil.copy(copy, home.database)
    home.run(*first.split()).fine()
    home.pulled()
    home.run("publish").fine()
    assert SLUG not in home.posts()
    assert feeds_with(home, SLUG) == set()
    assert not files_with(home.root, WORDS)


# ---------------------------------------------------------------- newsletters


def test_an_open_edition_is_drafted_anew_and_to_be_approved_again(standing: Home) -> None:
    edition = standing.json("newsletter", "draft", "newsletter")["edition"]
    standing.run("newsletter", "preview", "newsletter").fine()
    standing.run("newsletter", "approve", "newsletter").fine()
    id = id_of(standing)
    said = standing.run("posts", "withdraw", id, "--yes").fine()
    assert "newsletter-1" in said.out
    (after,) = standing.json("newsletter", "list")["editions"]
    assert after["state"] == "draft"
    assert after["posts"] == [post for post in edition["posts"] if post != id]
    assert standing.run("newsletter", "send", "newsletter", "--yes").status == 2
    standing.run("newsletter", "approve", "newsletter").fine()
    standing.run("newsletter", "send", "newsletter", "--yes").fine()
    assert len(standing.mails()) == 5
    assert not files_with(standing.root / "var" / "outbox", WORDS)


def test_an_edition_of_nothing_else_is_cancelled(standing: Home) -> None:
    standing.run("newsletter", "draft", "newsletter", "--post", id_of(standing)).fine()
    standing.run("posts", "withdraw", id_of(standing), "--yes").fine()
    (after,) = standing.json("newsletter", "list")["editions"]
    assert after["state"] == "cancelled"
    assert standing.json("newsletter", "draft", "newsletter")["edition"]["id"] == "newsletter-2"


def test_a_broken_template_does_not_keep_a_post_in(standing: Home) -> None:
    standing.run("newsletter", "draft", "newsletter").fine()
    standing.write("templates/newsletter.mjml", "<mjml><mj-body>{{ nothing.at.all }}</mj-body></mjml>")
    standing.run("posts", "withdraw", id_of(standing), "--yes").fine()
    (after,) = standing.json("newsletter", "list")["editions"]
    assert after["state"] == "cancelled"
    assert feeds_with(standing, SLUG) == set()


def test_copies_that_have_not_left_are_stopped(standing: Home) -> None:
    """A sending that was killed in the middle: who had it is counted, who waits gets nothing."""
    standing.run("newsletter", "draft", "newsletter").fine()
    standing.run("newsletter", "approve", "newsletter").fine()
    standing.run("newsletter", "send", "newsletter", "--yes").fine()
    with sqlite3.connect(standing.database) as database:  # as a kill after two of five leaves it
        ids = [row[0] for row in database.execute("SELECT id FROM deliveries ORDER BY id")]
        database.executemany(
            "UPDATE deliveries SET state = 'queued', batch = NULL WHERE id = ?", [(one,) for one in ids[2:]]
        )
        database.execute("UPDATE editions SET state = 'sending'")
    database.close()
    for one in ids[2:]:
        next(path for path in standing.mails() if one in path.name).unlink()
    said = standing.run("posts", "withdraw", id_of(standing), "--yes", "--json").fine()
    told = said.json["withdrawn"]
    assert (told["stopped"], told["received"], told["sent_in"]) == (3, 2, ["newsletter-1"])
    assert standing.run("newsletter", "send", "newsletter", "--yes").status == 2
    status = standing.json("newsletter", "status", "newsletter-1")["edition"]
    assert (status["state"], status["states"], status["balanced"]) == (
        "cancelled",
        {"accepted": 2, "cancelled": 3},
        True,
    )
    assert len(standing.mails()) == 2


# ---------------------------------------------------------------- one version


def test_one_version_goes_and_the_other_stands(standing: Home, blog: Blog) -> None:
    id = id_of(standing)
    titles = {one["language"]: one["title"] for one in standing.posts()[SLUG]["versions"]}
    standing.run("posts", "withdraw", id, "--version", "en", "--yes").fine()
    assert titles["en"] not in standing.titles("all-en")
    assert titles["sq"] in standing.titles("all-sq")
    assert [one for one in standing.tombstones("all-en") if f":{id}/en" in one]
    assert [one["language"] for one in standing.posts()[SLUG]["versions"]] == ["sq"]
    blog.answer["/rss.xml"] = as_feed(blog, _both)
    assert standing.pulled()["exit"] == 0
    assert [one["language"] for one in standing.posts()[SLUG]["versions"]] == ["sq"]
    wrong = standing.run("posts", "withdraw", id, "--version", "en", "--yes")
    assert wrong.status == 0, "again is no fault"
    assert standing.run("posts", "withdraw", id, "--version", "de", "--yes").status == 2


@pytest.mark.parametrize(("language", "gone", "stay"), [("en", ENGLISH, ALBANIAN), ("sq", ALBANIAN, ENGLISH)])
def test_a_version_is_erased_and_the_other_stands(
    standing: Home, language: str, gone: list[str], stay: list[str]
) -> None:
    standing.run("newsletter", "draft", "newsletter").fine()
    standing.run("newsletter", "preview", "newsletter").fine()
    assert "var/syndicate.sqlite" in files_with(standing.root, gone)
    standing.run("posts", "withdraw", id_of(standing), "--version", language, "--erase", "--yes").fine()
    assert files_with(standing.root, gone) == {}
    assert {word for held in files_with(standing.root, stay).values() for word in held} == {*stay}
    assert language not in [one["language"] for one in standing.posts()[SLUG]["versions"]]


# ---------------------------------------------------------------- erasing


def test_erasing_leaves_no_word_of_it_anywhere(standing: Home) -> None:
    standing.run("newsletter", "draft", "newsletter").fine()
    standing.run("newsletter", "preview", "newsletter").fine()
    standing.run("newsletter", "cancel", "newsletter").fine()
    standing.run("newsletter", "draft", "newsletter").fine()
    standing.run("newsletter", "preview", "newsletter").fine()
    standing.run("newsletter", "approve", "newsletter").fine()
    standing.run("newsletter", "send", "newsletter", "--yes").fine()
    before = files_with(standing.root, WORDS)
    assert any(name.endswith(".eml") for name in before)
    assert any("preview" in name for name in before)
    assert "var/syndicate.sqlite" in before
    said = standing.run("posts", "withdraw", id_of(standing), "--yes", "--erase").fine()
    assert "5 people have it already, in newsletter-2" in said.out
    assert files_with(standing.root, WORDS) == {}
    status = standing.json("newsletter", "status", "newsletter-2")["edition"]
    assert (status["states"], status["balanced"]) == ({"accepted": 5}, True)
    standing.run("run").fine()
    assert files_with(standing.root, WORDS) == {}


@pytest.mark.parametrize("sent", [pytest.param(False, marks=pytest.mark.slow), True])
def test_first_withdrawn_and_then_erased(standing: Home, sent: bool) -> None:
    id = id_of(standing)
    standing.run("newsletter", "draft", "newsletter").fine()
    standing.run("newsletter", "preview", "newsletter").fine()
    if sent:
        standing.run("newsletter", "approve", "newsletter").fine()
        standing.run("newsletter", "send", "newsletter", "--yes").fine()
    standing.run("posts", "withdraw", id, "--yes").fine()
    tombs = standing.tombstones("all-sq")
    assert "var/syndicate.sqlite" in files_with(standing.root, WORDS)
    standing.run("posts", "withdraw", id, "--yes").fine()
    assert standing.tombstones("all-sq") == tombs
    standing.run("posts", "withdraw", id, "--yes", "--erase").fine()
    assert files_with(standing.root, WORDS) == {}
    assert standing.tombstones("all-sq") == tombs
    standing.run("posts", "withdraw", id, "--yes", "--erase").fine()
    standing.run("posts", "withdraw", id, "--yes").fine()
    assert standing.pulled()["new"] == 0


def test_a_post_that_never_was(standing: Home) -> None:
    said = standing.run("posts", "withdraw", "zzzzzzzzzz", "--yes")
    assert (said.status, said.out) == (2, "")
    assert "posts list" in said.err


def test_the_same_site_keeps_the_ids_of_the_others(standing: Home, blog: Blog) -> None:
    before = {slug: post["id"] for slug, post in standing.posts().items() if slug != SLUG}
    standing.run("posts", "withdraw", id_of(standing), "--yes", "--erase").fine()
    blog.posts = tuple(replace(one, html=one.html + "<p>Shtuar.</p>") for one in blog.posts)
    standing.pulled()
    assert {slug: post["id"] for slug, post in standing.posts().items()} == before
