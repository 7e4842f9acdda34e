"""The seed post, and what holds for every post whatever it says."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace

import pytest
from enrich_languages import seed_post
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from often import often

from syndicate import markup
from syndicate.enrich import enrich, identifier
from syndicate.enrich.languages import best_path
from syndicate.enrich.versions import SUMMARY, opening_words
from syndicate.models import Entry, Picture

SCORES = identifier(("sq", "en"))
SITE = {"languages": ("sq", "en"), "partners": (), "hashtags": (), "scores": SCORES}


def enriched(html, title="", **given):
    return enrich(Entry(guid="1", url="https://example.org/1", title=title, html=html, **given), **SITE)


# ---------------------------------------------------------------- the seed post


@pytest.mark.parametrize("bold", [True, False])
def test_the_seed_post_comes_out_exactly(bold):
    found = enrich(seed_post.entry(bold=bold), **SITE)
    albanian, english = found.versions
    assert (albanian.language, albanian.title) == ("sq", seed_post.TITLE)
    assert (english.language, english.title) == ("en", seed_post.ENGLISH_TITLE)
    assert albanian.text == "\n\n".join(seed_post.ALBANIAN)
    assert english.text == "\n\n".join(seed_post.ENGLISH)
    outside = [block.text for block in found.blocks if block.language is None]
    assert outside == [seed_post.TITLE, "crca-author", "Thu, 01/27/2022 - 12:00", *seed_post.META]
    assert not found.unsure
    assert found.notes == ()


def test_the_seed_posts_html_is_whole_and_linked():
    found = enrich(seed_post.entry(bold=True), **SITE)
    for version in found.versions:
        assert markup.visible(version.html) == version.text
        assert '<a href="https://www.weprotect.org/survivors-perspectives/">' in version.html
    assert {link.url for link in found.links} == {
        "https://www.weprotect.org/survivors-perspectives/",
        "https://drive.google.com/drive/u/0/folders/1C7bcmk8Txt3NzXXL5NDk9EdCpzBd5X15",
    }
    assert {use.key for use in found.hashtags} == {
        "voicesofsurvivors",
        "childsexualabuse",
        "childabuseonline",
        "childprotection",
    }


# ---------------------------------------------------------------- whatever a post says

PIECES = st.sampled_from(
    [
        *seed_post.ALBANIAN,
        *seed_post.ENGLISH,
        seed_post.ENGLISH_TITLE,
        "Lexo më shumë / Read more",
        "#InternetIsigurt #16Days",
        "English",
        "🇬🇧",
        "***",
        "UNICEF",
        "https://example.org/a_b(c)",
        "Tiranë, 4 Shkurt 2022",
        "a < b & c",
        "",
        "ENG: Read this",
        "Немам зборови",
        "\u202eabc",
        "12:00",
    ]
)
TAGS = st.sampled_from(
    ["p", "div", "h2", "h4", "li", "td", "blockquote", "strong", "span", "em", "a", "figcaption", "pre"]
)


@st.composite
def bodies(draw):
    from html import escape

    parts = []
    for text in draw(st.lists(st.one_of(PIECES, st.text(max_size=40)), max_size=9)):
        tag = draw(TAGS)
        parts.append(
            draw(st.sampled_from([f"<{tag}>{escape(text)}</{tag}>", f"<{tag}>{escape(text)}", f"{escape(text)}<br>"]))
        )
    return "".join(parts)


def letters(text):
    return Counter(re.sub(r"\s", "", text))


@settings(max_examples=often(120), deadline=None, suppress_health_check=list(HealthCheck))
@given(bodies(), st.one_of(st.just(""), PIECES))
def test_no_visible_character_is_lost_and_none_comes_twice(html, title):
    found = enriched(html, title)
    seen = letters(markup.visible(html, "https://example.org/1"))
    assert letters("".join(block.text for block in found.blocks)) == seen
    for version in found.versions:
        labelled = [block for block in found.blocks if block.language == version.language]
        texts = [block.text for block in labelled if block.role != "title"]
        assert version.text in ("\n\n".join(texts), version.title)
        assert letters(markup.visible(version.html)) == letters("".join(texts))
    assert all(block.why for block in found.blocks)
    labels = {block.language for block in found.blocks} - {None}
    assert labels == {version.language for version in found.versions}


@settings(max_examples=often(120), deadline=None, suppress_health_check=list(HealthCheck))
@given(bodies())
def test_the_order_of_blocks_is_the_order_of_the_page(html):
    found = enriched(html)
    joined = re.sub(r"\s", "", "".join(block.text for block in found.blocks if block.role != "wrapping"))
    assert joined == re.sub(r"\s", "", markup.visible(html, "https://example.org/1"))


@settings(max_examples=often(60), deadline=None)
@given(st.text(max_size=300), st.text(max_size=60))
def test_no_text_makes_it_fail(html, title):
    for version in enriched(html, title).versions:
        assert version.title
        assert version.text
        assert len(version.summary) <= SUMMARY


def test_the_same_entry_gives_the_same_result():
    entry = seed_post.entry(bold=False)
    first, again = enrich(entry, **SITE), enrich(replace(entry), **{**SITE, "scores": identifier(("sq", "en"))})
    assert first.versions == again.versions
    assert first.margin == pytest.approx(again.margin)


# ---------------------------------------------------------------- single rules


def test_an_entry_without_words_has_no_version_and_says_so():
    found = enriched("<p>#InternetIsigurt</p>", "Një titull i vetëm nuk bën një version")
    assert found.versions == ()
    assert found.notes
    assert [use.key for use in found.hashtags] == ["internetisigurt"]


def test_the_first_real_picture_is_the_posts_else_the_feeds():
    pixel = '<img src="https://example.org/p.gif" width="1" height="1">'
    text = f"<p>{seed_post.ALBANIAN[0]}</p>"
    given_by_feed = Picture("https://example.org/feed.jpg")
    own = enriched(f'{pixel}{text}<p><img src="/b.jpg" alt="Takimi"></p>', picture=given_by_feed)
    assert own.picture == Picture("https://example.org/b.jpg", "Takimi")
    assert enriched(pixel + text, picture=given_by_feed).picture == given_by_feed


def test_an_embedded_video_is_a_link_and_adds_no_text():
    video = '<iframe src="https://www.youtube.com/embed/abc123" title="Video"></iframe>'
    found = enriched(f"<p>{seed_post.ALBANIAN[0]}</p>{video}<p>{seed_post.ALBANIAN[1]}</p>")
    (version,) = found.versions
    assert version.text == "\n\n".join(seed_post.ALBANIAN[:2])
    assert "https://www.youtube.com/watch?v=abc123" in version.html
    assert [link.url for link in found.links] == ["https://www.youtube.com/watch?v=abc123"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Një titull i shkurtër", "Një titull i shkurtër"),
        ("fjalë " * 30, "fjalë " * 12 + "fjalë…"),
        ("x" * 200, "x" * 79 + "…"),
    ],
)
def test_opening_words_end_at_a_word(text, expected):
    assert opening_words(text) == expected
    assert len(opening_words(text)) <= 80


def test_a_summary_has_whole_sentences_and_no_hashtags_or_addresses():
    for version in enrich(seed_post.entry(bold=True), **SITE).versions:
        assert len(version.summary) <= SUMMARY
        assert version.summary.endswith((".", "…"))
        assert "#" not in version.summary
        assert "://" not in version.summary


def test_a_path_changes_language_only_where_it_pays():
    from syndicate.enrich.borders import Border
    from syndicate.enrich.clues import Clue
    from syndicate.markup import Block

    clues = [Clue(Block(text, text), "text", text, 8) for text in "abcd"]
    strong = [{"sq": 0.0, "en": 30.0}, {"sq": 2.0, "en": 0.0}, {"sq": 0.0, "en": 30.0}, {"sq": 30.0, "en": 0.0}]
    path, margin = best_path(clues, strong, ("sq", "en"), [Border(9.0)] * 4)
    assert path == ["sq", "sq", "sq", "en"]
    assert 0 < margin < 20


def test_nothing_is_loaded_before_a_text_is_scored():
    code = (
        "import sys; from syndicate.enrich import enrich, identifier; from syndicate.models import Entry;"
        "scores = identifier(('sq', 'en'));"
        "enrich(Entry('1', None, 'x', '<p>#a</p>'), languages=('sq','en'), partners=(), hashtags=(), scores=scores);"
        "sys.exit('numpy' in sys.modules or 'py3langid' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_identifier_knows_both_scripts_of_serbian_and_leaves_out_what_it_does_not_know():
    latin, cyrillic = identifier(("sr", "en", "rom"))(
        ["Učesnici su tražili da svaka škola ima osobu.", "Учесници су тражили да свака школа има особу."]
    )
    assert max(latin, key=latin.get) in ("sr", "bs", "hr")
    assert max(cyrillic, key=cyrillic.get) == "sr"
    assert "rom" not in latin


def test_a_site_may_have_one_language_none_that_the_model_knows_or_none_at_all():
    html = f"<p>{seed_post.ALBANIAN[1]}</p><p>{seed_post.ENGLISH[0]}</p>"
    entry = Entry(guid="1", url=None, title="", html=html)

    def spoken(*languages):
        found = enrich(entry, languages=languages, partners=(), hashtags=(), scores=identifier(languages))
        return [version.language for version in found.versions]

    assert spoken("sq") == ["sq", "und"]
    assert spoken("rom", "en") == ["rom", "en"]
    assert spoken() == ["und"]
    assert spoken("sq-AL", "en-GB") == ["sq-AL", "en-GB"]


@pytest.mark.parametrize(
    "html",
    [
        f"<p>{'a@' * 100_000}</p>",
        f"<p>{'fjala / word ' * 15_000}</p>",
        "<table><tr><td>Një fjali e shkurtër</td><td>A short sentence</td></tr></table>" * 2_000,
        f"<div class='{'x ' * 50_000}'>{'<p>Një fjali e shkurtër.</p>' * 2_000}</div>",
        f"<p>{'“Po.” ' * 30_000}</p>",
    ],
    ids=["addresses", "slashes", "tables", "classes", "quotes"],
)
def test_a_hostile_post_costs_time_in_proportion_to_its_length(html):
    before = time.process_time()
    enriched(html)
    assert time.process_time() - before < 4


def test_what_the_sites_software_adds_is_told_apart_with_why():
    html = (
        '<h2 class="node__title"><a href="/1">Titulli i postimit</a></h2><div class="node__submitted">Dërguar nga admin</div>'
        f'<div class="field__label">Përmbajtja</div><div class="field__item"><p>{seed_post.ALBANIAN[0]}</p></div>'
    )
    found = enriched(html, "Titulli i postimit")
    assert [(block.text, block.role) for block in found.blocks if block.language is None] == [
        ("Titulli i postimit", "wrapping"),
        ("Dërguar nga admin", "wrapping"),
        ("Përmbajtja", "wrapping"),
    ]
    assert [version.text for version in found.versions] == [seed_post.ALBANIAN[0]]
