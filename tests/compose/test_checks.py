"""The gate: each thing that must stop an edition does, and a sound one passes without a word."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from compose.newsroom import BEGIN, TEMPLATES, book, fill, newsletter, parts, post, posts, site

from syndicate.compose.checks import Finding, check, told_together
from syndicate.compose.items import Addresses, Image
from syndicate.compose.preview import forced, preview
from syndicate.compose.render import render_all
from syndicate.models import Edition, EditionVariant

NAMES = ("sq", "en", "sq+en", "en+sq")
PICTURED = Addresses(pictures={"p0": Image("https://lajme.example.org/pictures/0.jpg", 1200, 800)})


def edition(chosen=None, **changes: object) -> Edition:
    given = parts(chosen or posts(3), addresses=PICTURED, **changes)
    return Edition(
        "monthly-7", "monthly", 7, "draft", BEGIN, tuple(one.id for one in given.posts), render_all(given, NAMES), "d"
    )


def with_first(change: Callable[[EditionVariant], EditionVariant]) -> Edition:
    made = edition()
    return replace(made, variants=(change(made.variants[0]), *made.variants[1:]))


def test_a_sound_edition_passes_without_a_word() -> None:
    assert check(edition(), site=site(), list=newsletter(), variants=NAMES) == ()


@pytest.mark.parametrize(
    ("change", "level", "said"),
    [
        (lambda v: replace(v, html=v.html + "x" * 65_000), "warning", "above 100,000 it is not sent"),
        (lambda v: replace(v, html=v.html + "x" * 100_000), "stop", "Gmail clips"),
        (lambda v: replace(v, html=v.html.replace("116 111", "")), "stop", "helpline's number is missing in the html"),
        (lambda v: replace(v, text=v.text.replace("116 111", "")), "stop", "helpline's number is missing in the text"),
        (lambda v: replace(v, html=v.html.replace("%%leave_url%%", "#")), "stop", "html has no link to leave"),
        (
            lambda v: replace(v, html=v.html.replace('"%%leave_url%%"', '"#"') + "%%leave_url%%"),
            "stop",
            "html has no link",
        ),
        (lambda v: replace(v, text=v.text.replace("%%leave_url%%", "")), "stop", "text part has no link to leave"),
        (lambda v: replace(v, text=v.text + "%%leav_url%%"), "stop", "unknown placeholder %%leav_url%%"),
        (lambda v: replace(v, html=v.html + "{{ name }}"), "warning", "{{ name }} in the html"),
        (lambda v: replace(v, subject=""), "stop", "subject is empty"),
        (lambda v: replace(v, subject="x" * 91), "warning", "91 characters"),
        (lambda v: replace(v, subject="a\nb"), "stop", "line break"),
        (lambda v: replace(v, subject="LAJME"), "warning", "capitals"),
        (lambda v: replace(v, subject="other"), "warning", "<title>"),
        (lambda v: replace(v, html=v.html.replace(' alt="', ' data-alt="')), "stop", "has no alt text"),
        (
            lambda v: replace(v, html=v.html.replace("https://lajme.example.org/pictures", "https://e.example.org")),
            "stop",
            "not served by us",
        ),
        (lambda v: replace(v, html=v.html.replace(' lang="sq"', "")), "stop", "the page is not marked as sq"),
        (lambda v: replace(v, text=" "), "stop", "text part is empty"),
        (
            lambda v: replace(v, html=v.html + '<a href="https://new.example.org/">x</a>'),
            "warning",
            "https://new.example.org/",
        ),
    ],
)
def test_what_is_wrong_with_one_variant_is_found_there(
    change: Callable[[EditionVariant], EditionVariant], level: str, said: str
) -> None:
    found = check(with_first(change), site=site(), list=newsletter(), variants=NAMES)
    assert [(one.level, one.variant) for one in found if said in one.message] == [(level, "sq")]
    assert {one.variant for one in found} == {"sq"}


def test_a_site_without_a_helpline_needs_none() -> None:
    bare = site(helpline=None)
    made = edition(site=bare)
    assert "116 111" not in made.variants[0].html
    assert check(made, site=bare, list=newsletter(), variants=NAMES) == ()


def test_a_template_that_forgets_the_helpline_or_the_way_out_is_stopped() -> None:
    forgetful = (
        (TEMPLATES / "newsletter.txt")
        .read_text("utf-8")
        .replace("{% if section.helpline %}", "{% if false %}")
        .replace("{{ leave_url }}", "")
    )
    found = check(edition(text_template=forgetful), site=site(), list=newsletter())
    assert len([one for one in found if one.level == "stop"]) == 8


def test_what_a_list_omits_is_a_warning_for_its_readers() -> None:
    omitting = newsletter(missing="omit")
    found = check(edition([post(0, languages=("en",))], list=omitting), site=site(), list=omitting, variants=NAMES)
    assert {(one.level, one.variant) for one in found} == {
        ("warning", "sq"),
        ("warning", "sq+en"),
        ("warning", "en+sq"),
    }


def test_an_empty_edition_stops() -> None:
    bare = replace(edition(), posts=(), variants=())
    assert [one.level for one in check(bare, site=site(), list=newsletter())] == ["stop", "stop"]


def test_a_section_without_its_language_stops() -> None:
    made = edition()
    both = next(variant for variant in made.variants if variant.name == "sq+en")
    unmarked = replace(made, variants=(replace(both, html=both.html.replace('<div lang="en"', "<div")),))
    (found,) = check(unmarked, site=site(), list=newsletter())
    assert (found.level, found.variant) == ("stop", "sq+en")
    assert "no part of the html is marked as en" in found.message


def test_stops_come_first() -> None:
    made = with_first(lambda v: replace(v, subject="LAJME" * 30, text=""))
    levels = [one.level for one in check(made, site=site(), list=newsletter())]
    assert levels == sorted(levels)
    assert set(levels) == {"stop", "warning"}


# ---------------------------------------------------------------- preview


def page(made: Edition) -> str:
    found = check(made, site=site(), list=newsletter(), variants=NAMES)
    return preview(made, site=site(), list=newsletter(), findings=found, words=book(), fill=fill())


def test_the_preview_shows_every_variant_at_each_width_in_each_light() -> None:
    html = page(edition())
    assert html.count("<iframe") == 32
    for name in NAMES:
        for screen in ("phone", "desktop"):
            for scheme in ("light", "dark"):
                assert f'title="{name}, {screen}, {scheme}"' in html
                assert f'title="{name}, {screen}, {scheme}, without pictures"' in html
    assert "Nothing was found wrong." in html
    assert "%%" not in html
    assert html.count("<pre") == 4


def test_the_preview_shows_findings_beside_their_variant() -> None:
    html = page(with_first(lambda v: replace(v, subject="<b>" * 40)))
    assert "Not ready" not in html
    assert "2 to look at" in html
    assert "<b><b>" not in html
    assert "Not ready: 1 to put right" in page(with_first(lambda v: replace(v, text=v.text.replace("116 111", ""))))


def test_the_preview_shows_what_is_wrong_with_a_missing_variant() -> None:
    made = edition()
    assert "its readers get no mail" in page(replace(made, variants=made.variants[1:]))


def test_a_forced_copy_no_longer_asks_the_browser() -> None:
    html = edition().variants[0].html
    assert "prefers-color-scheme: dark" in html
    dark, light = forced(html, "dark"), forced(html, "light")
    assert "prefers-color-scheme" not in dark + light
    assert "@media all {" in dark
    assert "@media not all {" in light
    assert 'content="dark"' in dark


def test_what_is_said_of_several_variants_is_said_once() -> None:
    same = [Finding("warning", name, "too long", "size") for name in (*NAMES, "sq.discreet")]
    found = [Finding("stop", "", "no helpline", "helpline"), *same, Finding("warning", "sq", "other", "size")]
    assert told_together(found) == (
        Finding("stop", "", "no helpline", "helpline"),
        Finding("warning", "sq, en, sq+en and 2 more", "too long", "size"),
        Finding("warning", "sq", "other", "size"),
    )
