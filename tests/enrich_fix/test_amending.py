"""What the operator says of a post holds: for whole blocks, parts of divided ones, what cleaning dropped, and after changes."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syndicate.enrich import amending, enrich, identifier, with_keys
from syndicate.models import LOST, Correction, Entry, HashtagRule, Partner

CASES = sorted((Path(__file__).parents[1] / "enrich_languages" / "cases").glob("*.toml"))
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SCORES = identifier(("sq", "en"))
PARTNERS = (Partner("one", "First Partner"), Partner("two", "Second Partner"))

SQ = "Sot në Tiranë u hap një takim për sigurinë e fëmijëve në internet, ku morën pjesë mësues dhe prindër."
EN = "A meeting on children’s safety online opened in Tirana today, with teachers, parents and pupils."
MORE = "Pjesëmarrësit kërkuan që çdo shkollë të ketë një person të cilit fëmijët mund t’i drejtohen pa frikë."


def entry(html, title="Takimi", **more):
    return Entry("1", "https://example.org/1", title, html, **more)


def said(kind, key, value):
    return Correction(kind, key, value, NOW, "digest")


def read(html, corrections=(), title="Takimi", languages=("sq", "en"), **more):
    given = {"partners": PARTNERS, "hashtags": (), "scores": SCORES, "corrections": corrections, **more}
    return with_keys(entry(html, title), languages=languages, **given)


def pinned(found, keys, number, value):
    block = found.blocks[number]
    return said("block", amending.with_opening(keys[number], block.text), value)


def labels(found):
    return [(block.text, block.language) for block in found.blocks]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_to_say_what_is_so_changes_nothing(path):
    case = tomllib.loads(path.read_text("utf-8"))
    languages = tuple(case["languages"])
    given = {"languages": languages, "partners": (), "hashtags": (), "scores": identifier(languages)}
    post = Entry("1", case["url"], case["title"], case["html"])
    found, keys = with_keys(post, **given)
    assert len(keys) == len(set(keys)) == len(found.blocks)
    assert all(keys)
    texts = [n for n, block in enumerate(found.blocks) if block.role != "wrapping"]
    corrections = [pinned(found, keys, n, found.blocks[n].language or "") for n in texts]
    again, keys_again = with_keys(post, **given, corrections=corrections)
    assert labels(again) == labels(found)
    assert keys_again == keys
    assert [one.text for one in again.versions] == [one.text for one in found.versions]
    assert not again.notes or LOST not in again.notes[-1]


def test_a_block_goes_where_the_operator_says():
    html = f"<p>{SQ}</p><p>{MORE}</p><h2>The meeting</h2><p>{EN}</p>"
    found, keys = read(html)
    assert [block.language for block in found.blocks] == ["sq", "sq", "en", "en"]
    fixed, _ = read(html, [pinned(found, keys, 1, "en")])
    assert [block.language for block in fixed.blocks] == ["sq", "en", "en", "en"]
    assert MORE in next(one.text for one in fixed.versions if one.language == "en")
    assert amending.SAID in fixed.blocks[1].why
    none, _ = read(html, [pinned(found, keys, 1, "")])
    assert none.blocks[1].language is None
    assert all(MORE not in one.text for one in none.versions)


def test_a_block_may_stand_in_every_version():
    html = f"<p>{SQ}</p><p>Telefoni: 116 111</p><h2>The meeting</h2><p>{EN}</p>"
    found, keys = read(html)
    fixed, _ = read(html, [pinned(found, keys, 1, "*")])
    assert len(fixed.versions) == 2
    assert all("116 111" in one.text for one in fixed.versions)
    assert fixed.blocks[1].language == "*"


def test_a_fix_stays_with_its_text_when_others_come_and_go():
    html = f"<p>{SQ}</p><p>{MORE}</p><h2>The meeting</h2><p>{EN}</p>"
    found, keys = read(html)
    fix = pinned(found, keys, 1, "en")
    moved, _ = read(
        f"<p>Parathënie e re për këtë postim.</p><p>{MORE}</p><p>{SQ}</p><h2>The meeting</h2><p>{EN}</p>", [fix]
    )
    assert dict(labels(moved))[MORE] == "en"
    assert not [note for note in moved.notes if note.startswith(LOST)]


def test_of_equal_blocks_the_right_one_is_meant():
    html = f"<p>{SQ}</p><p>116 111</p><h2>The meeting</h2><p>{EN}</p><p>116 111</p>"
    found, keys = read(html)
    fixed, _ = read(html, [pinned(found, keys, 4, "")])
    assert [block.language for block in fixed.blocks] == ["sq", "sq", "en", "en", None]
    assert keys[1].partition(".")[0] == keys[4].partition(".")[0]


def test_a_block_is_not_taken_for_an_equal_one_that_the_software_added():
    html = f"<p>{SQ}</p><p>Zyra e shtypit</p><p>{MORE}</p><div class='field--name-uid'>Zyra e shtypit</div>"
    found, keys = read(html)
    assert [(block.text, block.role == "wrapping") for block in found.blocks][:1] == [("Zyra e shtypit", True)]
    place = next(n for n, block in enumerate(found.blocks) if n and block.text == "Zyra e shtypit")
    fixed, _ = read(html, [pinned(found, keys, place, "")])
    assert fixed.blocks[0].role == "wrapping"
    assert [block.language for block in fixed.blocks] == [None, "sq", None, "sq"]


def test_a_fix_that_fits_nowhere_is_told_and_the_others_hold():
    html = f"<p>{SQ}</p><p>{MORE}</p><h2>The meeting</h2><p>{EN}</p>"
    found, keys = read(html)
    fixes = [pinned(found, keys, 1, "en"), pinned(found, keys, 0, "en"), said("title", "en", "Ours")]
    changed, _ = read(html.replace("pa frikë", "me besim"), fixes)
    assert changed.blocks[0].language == "en"
    assert changed.blocks[1].language == "sq"
    assert [one.title for one in changed.versions if one.language == "en"] == ["Ours"]
    (note,) = [note for note in changed.notes if note.startswith(LOST)]
    assert "Pjesëmarrësit kërkuan" in note
    assert "2026-11-24" in note


def test_a_part_of_a_divided_block_can_be_fixed():
    english = (
        f"{EN} Those who took part asked that every school should have a person whom children can turn to without fear."
    )
    html = f"<p>{SQ} {MORE} {english}</p><p>#siguria</p>"
    found, keys = read(html)
    texts = [block.text for block in found.blocks]
    assert texts[:2] == [f"{SQ} {MORE}", english]
    assert amending.whole(keys[0]) == amending.whole(keys[1]) != keys[1]
    fixed, again = read(html, [pinned(found, keys, 0, "sq"), pinned(found, keys, 1, "sq")])
    assert [block.text for block in fixed.blocks] == texts
    assert [block.language for block in fixed.blocks][:2] == ["sq", "sq"]
    assert again == keys
    assert english in fixed.versions[0].text


def test_a_mark_between_two_parts_stays_out():
    title = "Siguria e fëmijëve në internet / The safety of children on the internet"
    html = f"<h2>{title}</h2><p>{SQ}</p><h3>The meeting</h3><p>{EN}</p>"
    found, keys = read(html, title="")
    parts = [n for n, key in enumerate(keys) if key.count(".") == 2]
    assert [found.blocks[n].text for n in parts][1] == "/"
    fixes = [pinned(found, keys, n, found.blocks[n].language or "") for n in parts]
    fixes[0] = replace(fixes[0], value="en")
    fixed, _ = read(html, fixes, title="")
    assert labels(fixed)[0] == ("Siguria e fëmijëve në internet", "en")
    assert labels(fixed)[1] == ("/", None)


def test_what_the_software_added_can_be_brought_back():
    html = f"<div class='field--name-uid'>Zyra e shtypit në Tiranë</div><p>{SQ}</p><p>{MORE}</p>"
    found, keys = read(html)
    assert found.blocks[0].role == "wrapping"
    fixed, again = read(html, [pinned(found, keys, 0, "sq")])
    assert "Zyra e shtypit" in fixed.versions[0].text
    assert sorted(again) == sorted(keys)


def test_a_language_that_the_site_gave_up_takes_no_block():
    html = f"<p>{SQ}</p><p>{MORE}</p>"
    found, keys = read(html)
    fixed, _ = read(html, [pinned(found, keys, 1, "mk")])
    assert labels(fixed) == labels(found)
    assert any(note.startswith(LOST) for note in fixed.notes)


def test_partners_and_hashtags_are_added_and_removed():
    html = f"<p>{SQ} Me First Partner. #siguria #NetiIFëmijëve</p>"
    rules = (HashtagRule("siguria", aliases=("safety",)),)
    found, _ = read(html, hashtags=rules)
    assert [one.id for one in found.partners] == ["one"]
    fixes = [
        said("partner", "one", "remove"), said("partner", "two", "add"), said("partner", "gone", "add"),
        said("hashtag", "safety", "remove"), said("hashtag", "zeriyne", "add ZëriYnë"),
    ]  # fmt: skip
    fixed, _ = read(html, fixes, hashtags=rules)
    assert [(one.id, one.evidence[0].kind) for one in fixed.partners] == [("two", "operator")]
    assert [(one.key, one.display) for one in fixed.hashtags] == [
        ("netiifemijeve", "NetiIFëmijëve"), ("zeriyne", "ZëriYnë"),
    ]  # fmt: skip
    both, _ = read(html, [said("partner", "one", "add")])
    assert [why.kind for why in both.partners[0].evidence] == ["name", "operator"]


def test_a_title_of_the_operators_stands_for_the_one_found():
    html = f"<p>{SQ}</p><h2>The meeting</h2><p>{EN}</p><p>{EN[:40]}</p>"
    fixed, _ = read(html, [said("title", "en", "A meeting in Tirana")], title="Takimi i sotëm për sigurinë")
    version = next(one for one in fixed.versions if one.language == "en")
    assert version.title == "A meeting in Tirana"
    assert "The meeting" not in version.text


def test_looked_at_is_not_unsure():
    html = "<p>Tirana, Albania</p><p>Dua Lipa, Pristina</p>"
    for text in (html, f"<p>{SQ}</p>"):
        sure = enrich(
            entry(text),
            languages=("sq", "en"),
            partners=(),
            hashtags=(),
            scores=SCORES,
            corrections=[said("sure", "", "")],
        )
        assert not sure.unsure


def test_that_somebody_looked_holds_for_what_they_saw():
    fixes = [said("sure", "", ""), said("title", "en", "x")]
    assert amending.standing(fixes, "digest") == tuple(fixes)
    assert amending.standing(fixes, "other") == (fixes[1],)
