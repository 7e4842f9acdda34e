"""The post that the program was made for, from the blog's feed to the published ones."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import pytest
from road.road_site import Home, source

from syndicate.samples.blog import Blog

TITLE = "Perspektivat e të mbijetuarve të dhunës seksuale"
ENGLISH_TITLE = "Child sexual exploitation and abuse online: Survivors’ Perspectives"
REPORT = "https://www.weprotect.org/survivors-perspectives/"
FOLDER = "https://drive.google.com/drive/u/0/folders/1C7bcmk8Txt3NzXXL5NDk9EdCpzBd5X15"
TAGS = ["voicesofsurvivors", "childsexualabuse", "childabuseonline", "childprotection"]


def drupal(post: list[str]) -> bytes:
    """The post as the item of a Drupal feed: fields in wrappers, lines as paragraphs, addresses bare."""
    empty = "<p>&nbsp;</p>"
    body = "\n".join(f"<p>{escape(line, quote=False)}</p>" if line else empty for line in post)
    node = (
        f'<span class="field field--name-title field--type-string field--label-hidden">{TITLE}</span>\n'
        '<span class="field field--name-uid field--label-hidden"><span lang="" xml:lang="">crca-author</span></span>\n'
        '<span class="field field--name-created field--label-hidden">Thu, 01/27/2022 - 12:00</span>\n'
        f'<div class="clearfix text-formatted field field--name-body field--label-hidden field__item">{body}</div>'
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<rss xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0" xml:base="https://www.isigurt.al/">
<channel><title>iSIGURT.al</title><link>https://www.isigurt.al/</link><description></description><language>sq</language>
<item><title>{TITLE}</title>
<link>https://www.isigurt.al/lajme/perspektivat-e-te-mbijetuarve-te-dhunes-seksuale</link>
<description>{escape(node)}</description><pubDate>Thu, 27 Jan 2022 11:00:00 +0000</pubDate>
<dc:creator>crca-author</dc:creator><guid isPermaLink="false">5 at https://www.isigurt.al</guid></item>
</channel></rss>""".encode()


@pytest.fixture
def seeded(make_home: Callable[..., Home], blog: Blog, seed_lines: list[str]) -> Home:
    blog.answer["/seed.xml"] = drupal(seed_lines)
    home = make_home(source("isigurt", f"{blog}/seed.xml"))
    assert home.pulled()["new"] == 1
    return home


def test_what_is_found_in_it(seeded: Home) -> None:
    (listed,) = seeded.posts().values()
    post = seeded.json("posts", "show", listed["id"])["post"]
    assert [(one["language"], one["title"]) for one in post["versions"]] == [("sq", TITLE), ("en", ENGLISH_TITLE)]
    assert [one["key"] for one in post["hashtags"]] == TAGS
    assert [one["id"] for one in post["partners"]] == ["ecpat-international", "weprotect", "crca"]
    assert [(one["url"], one["language"]) for one in post["links"]] == [(REPORT, "sq"), (FOLDER, "sq"), (REPORT, "en")]
    assert (post["author"], post["published"]) == ("crca-author", "2022-01-27T11:00:00+00:00")
    assert post["guid"] == "5 at https://www.isigurt.al"
    assert not post["unsure"]
    assert post["notes"] == []


def test_its_texts_are_whole_and_apart(seeded: Home, seed_lines: list[str]) -> None:
    (post,) = seeded.posts().values()
    albanian, english = ([" ".join(line.split()) for line in one["text"].split("\n\n")] for one in post["versions"])
    lines = [" ".join(line.split()) for line in seed_lines if line.strip()]
    cut = lines.index(ENGLISH_TITLE)
    assert albanian == [line for line in lines[:cut] if not line.startswith("•")]
    assert english == lines[cut + 1 :]


def test_it_is_in_its_feeds_and_in_no_other(seeded: Home) -> None:
    told = {one["slug"]: one["items"] for one in seeded.json("publish")["feeds"]}
    held = {slug for slug, items in told.items() if items}
    partners = {f"partner-{id}-{language}" for id in ("ecpat-international", "weprotect") for language in ("sq", "en")}
    assert held == {"all-sq", "all-en", "all", *partners}
    assert seeded.titles("all-sq") == seeded.titles("partner-weprotect-sq") == [TITLE]
    assert seeded.titles("all-en") == seeded.titles("partner-ecpat-international-en") == [ENGLISH_TITLE]
    assert not any(slug.startswith("partner-crca") for slug in told), "ourselves get no feed"
