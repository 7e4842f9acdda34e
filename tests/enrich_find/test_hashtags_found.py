from __future__ import annotations

import time
import unicodedata

import pytest
from enrich_find.find_tables import section
from hypothesis import given, settings
from hypothesis import strategies as st
from often import often

from syndicate.enrich import hashtags
from syndicate.models import HashtagRule, HashtagUse

SHAPES = [
    ("#childprotection", ["childprotection"]),
    ("një #fëmijët, dhe #rinia.", ["fëmijët", "rinia"]),
    ("#one#two", ["one", "two"]),
    ("#one #two#three", ["one", "two", "three"]),
    ("#one/#two", ["one", "two"]),
    ("(#one)", ["one"]),
    ("##one", ["one"]),
    ("＃gjerë ﹟vogël", ["gjerë", "vogël"]),
    ("#16Days kundër dhunës", ["16Days"]),
    ("#SID2023", ["SID2023"]),
    ("#STOP_dhunës!", ["STOP_dhunës"]),
    ("#ECPAT-it", ["ECPAT"]),
    ("#fe\u0308mije\u0308t", ["fëmijët"]),
    ("#Mbrojtja’e", ["Mbrojtja"]),
    ("#❤️", ["❤️"]),
    ("#👩‍👧", ["👩‍👧"]),
    ("#i❤fëmijët", ["i❤fëmijët"]),
    ("#childprotection🙏🏽", ["childprotection"]),
    ("#बच्चे", ["बच्चे"]),
    ("#taghttps://example.org/x", ["tag"]),
    ("#2022 dhe #1", []),
    ("#️⃣ dhe 1️⃣", []),
    ("#⃣", []),
    ("C# dhe F#", []),
    ("fjalë#tag dhe fjalë#a#b", []),
    ("ë\u0323#tag", []),
    ("https://example.org/x#tag", []),
    ("www.example.org/#tag", []),
    ("example.org/#tag", []),
    ("a#b@example.org", []),
    ("&#39;x&#x27;", []),
    ("# tag", []),
    ("#", []),
    ("#_", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), SHAPES)
def test_shape(text, expected):
    assert hashtags.spellings(text) == expected


@pytest.mark.parametrize(
    ("spelling", "key"),
    [
        ("MbrojtjaEFëmijëve", "mbrojtjaefemijeve"),
        ("#Mbrojtjaefemijeve", "mbrojtjaefemijeve"),
        ("FËMIJËT", "femijet"),
        ("fe\u0308mije\u0308t", "femijet"),
        ("fёmijёt", "femijet"),
        ("Çështje", "ceshtje"),
        ("＃ＦＵＬＬ", "full"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("đak", "dak"),
        ("нёбо", "небо"),
        ("बच्चे", "बच्चे"),
        ("16Days", "16days"),
        ("❤️", "❤"),
        (" #a ", "a"),
        ("", ""),
    ],
)
def test_key(spelling, key):
    assert hashtags.key(spelling) == key


def test_counted_once_with_all_versions():
    sections = [
        section("#Voices #childprotection #Voices", title="Nisma #Voices"),
        section("#voices", "en"),
        section("#Foto", "*"),
    ]
    assert hashtags.find(sections, (), ()) == (
        HashtagUse("voices", "Voices", ("Voices", "voices"), ("sq", "en")),
        HashtagUse("childprotection", "childprotection", ("childprotection",), ("sq",)),
        HashtagUse("foto", "Foto", ("Foto",), ("*",)),
    )


@pytest.mark.parametrize(
    ("text", "display"),
    [
        ("#childprotection #childprotection #ChildProtection", "ChildProtection"),
        ("#Childprotection #ChildProtection #ChildProtection", "ChildProtection"),
        ("#CHILDPROTECTION #ChildProtection", "ChildProtection"),
        ("#femijet #fëmijët", "fëmijët"),
        ("#femijet #femijet #fëmijët", "femijet"),
        ("#a #a", "a"),
    ],
)
def test_display_is_the_commonest_capitalised_spelling(text, display):
    assert [use.display for use in hashtags.find([section(text)], (), ())] == [display]


def test_rules_rename_and_leave_out():
    rules = (
        HashtagRule(
            "childsexualabuse", aliases=("ChildSexualAbuse", "childsexualabuse", "ChildSexualAbuses", "abuzimi")
        ),
        HashtagRule("spam", aliases=("reklamë",), ignore=True),
    )
    found = hashtags.find([section("#Abuzimi #childsexualabuses #SPAM #reklame #tjetër")], (), rules)
    assert [use.key for use in found] == ["childsexualabuse", "tjeter"]
    assert found[0].spellings == ("Abuzimi", "childsexualabuses")
    assert found[0].display == "Abuzimi"


def test_the_rules_own_spelling_is_shown_before_an_aliases():
    rules = (HashtagRule("rinia", aliases=("Youth",)),)
    found = hashtags.find([section("#Youth #Youth #rinia")], (), rules)
    assert [(use.key, use.display) for use in found] == [("rinia", "rinia")]


@pytest.mark.parametrize(
    ("categories", "expected"),
    [
        (("Lajme", "Aktivitete"), [("voices", ("voices",), ("sq",))]),
        (("Voices", "Lajme"), [("voices", ("voices", "Voices"), ("sq",))]),
        (("#Lajme",), [("voices", ("voices",), ("sq",)), ("lajme", ("Lajme",), ("*",))]),
        (("#Child Protection",), [("voices", ("voices",), ("sq",)), ("childprotection", ("ChildProtection",), ("*",))]),
        (("#one #two",), [("voices", ("voices",), ("sq",)), ("one", ("one",), ("*",)), ("two", ("two",), ("*",))]),
        (("#2022", "#", ""), [("voices", ("voices",), ("sq",))]),
    ],
)
def test_categories(categories, expected):
    found = hashtags.find([section("#voices")], categories, ())
    assert [(use.key, use.spellings, use.languages) for use in found] == expected


@settings(max_examples=often(200), deadline=None)
@given(st.text())
def test_the_key_of_a_key_is_itself(text):
    key = hashtags.key(text)
    assert hashtags.key(key) == key
    assert hashtags.key(unicodedata.normalize("NFD", text)) == key


@settings(max_examples=often(200), deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from("#＃aë\u0308_1❤\ufe0f\u200d .@/"), st.characters()), max_size=60))
def test_whatever_comes_a_spelling_stands_in_the_text(text):
    place = 0
    shown = unicodedata.normalize("NFC", text)
    for spelling in hashtags.spellings(text):
        place = shown.index(spelling, place)
        assert not spelling.startswith("#")
        assert any(char.isalpha() or ord(char) > 0xA8 for char in spelling)
    for use in hashtags.find([section(text)], (text,), ()):
        assert use.display in use.spellings
        assert use.key


def test_hostile_texts_take_no_longer_than_long_ones():
    for junk in ("#" * 100_000, "#a" * 50_000, "#" + "a" * 100_000, "#❤" * 50_000, "#" + "1" * 100_000, "a@" * 50_000):
        started = time.process_time()
        hashtags.find([section(junk)], (), ())
        assert time.process_time() - started < 2
