"""Every sample post, as three kinds of blog software carry it, comes out as the sample's expectation says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from road.road_site import Home, source

from syndicate import samples
from syndicate.samples.blog import Blog

KINDS = {"drupal": "/rss.xml", "wordpress": "/feed/", "atom": "/atom.xml"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_comes_out_as_expected(make_home: Callable[..., Home], blog: Blog, kind: str) -> None:
    home = make_home(source("blog", f"{blog}{KINDS[kind]}"))
    home.write("feeds/hashtags.toml", "")  # the expectation knows no aliases
    assert home.pulled()["new"] == len(samples.posts())
    found = home.posts()
    assert set(found) == set(samples.expected())
    wrong = {}
    for slug, wanted in samples.expected().items():
        if differences := _differences(found[slug], wanted, str(blog)):
            wrong[slug] = differences
    assert not wrong


def _differences(post: dict, wanted: samples.Expected, base: str) -> dict[str, tuple[object, object]]:
    """What came out, and what should have, of everything that is not the same."""
    links: dict[tuple[str, str], list[str]] = {}
    for link in post["links"]:
        links.setdefault((link["url"], link["kind"]), []).append(link["language"])
    whole = {f"{base}{one.url}" if one.url.startswith("/") else one.url: one for one in wanted.links}
    pairs = {
        "languages": ([one["language"] for one in post["versions"]], [*wanted.languages]),
        "titles": ({one["language"]: one["title"] for one in post["versions"]}, wanted.titles),
        "partners": (sorted(one["id"] for one in post["partners"]), [*wanted.partners]),
        "hashtags": (sorted(one["key"] for one in post["hashtags"]), [*wanted.hashtags]),
        "links": (
            {key: sorted(languages) for key, languages in links.items()},
            {(url, one.kind): sorted(one.languages) for url, one in whole.items()},
        ),
    }  # fmt: skip
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def test_a_second_wording_replaces_the_first(home: Home, blog: Blog) -> None:
    home.pulled()
    before = home.posts()
    blog.posts = tuple(post.revised or post for post in blog.posts)
    revised = [slug for slug, one in samples.expected().items() if one.revised_titles]
    assert home.pulled()["changed"] == len(revised) > 0
    after = home.posts()
    for slug in revised:
        titles = {one["language"]: one["title"] for one in after[slug]["versions"]}
        assert titles == samples.expected()[slug].revised_titles
        assert after[slug]["id"] == before[slug]["id"]
        assert after[slug]["updated"] > before[slug]["updated"]
    for slug in set(after) - set(revised):
        assert after[slug] == before[slug]


def test_correcting_one_language_makes_the_others_item_no_newer(published: Home, blog: Blog) -> None:
    slug = "java-e-internetit-te-sigurt"

    def moments() -> dict[str, str]:
        entries = {
            entry.findtext("{http://www.w3.org/2005/Atom}id"): entry.findtext("{http://www.w3.org/2005/Atom}updated")
            for code in ("sq", "en")
            for entry in published.atom(f"all-{code}").iter("{http://www.w3.org/2005/Atom}entry")
        }
        id = published.posts()[slug]["id"]
        return {str(key)[-2:]: str(moment) for key, moment in entries.items() if f":{id}/" in str(key)}

    def change(old: str, new: str) -> dict[str, str]:
        blog.posts = tuple(
            replace(one, html=one.html.replace(old, new, 1)) if one.slug == slug else one for one in blog.posts
        )
        assert published.pulled()["changed"] == 1
        published.run("publish").fine()
        return moments()

    first = moments()
    second = change("</p>", " Shtuar më pas.</p>")
    assert second["sq"] > first["sq"]
    assert second["en"] == first["en"]
    published.ahead = timedelta(seconds=2)  # moments are told to the second
    third = change("</p>", " Edhe kjo.</p>")
    assert third["sq"] > second["sq"]
    assert third["en"] == first["en"], "also when it changes a second time"
