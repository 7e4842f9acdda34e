"""What the operator fixed, how sure a reading is, and input that no careful writer would send."""

from __future__ import annotations

import inspect
import time
import tomllib
import unicodedata
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import pytest
from enrich_languages import seed_post
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from often import often

from syndicate import markup
from syndicate.enrich import enrich, identifier
from syndicate.enrich.languages import SURE, split
from syndicate.enrich.versions import assemble
from syndicate.models import Entry

SITE = ("sq", "en")
SCORES = identifier(SITE)
CASES = sorted((Path(__file__).parent / "cases").glob("*.toml"))
SQ, EN = seed_post.ALBANIAN, seed_post.ENGLISH
POST = f"<p>{SQ[0]}</p><p>{SQ[1]}</p><p>#rinia</p><p>{EN[0]}</p><p>{EN[1]}</p>"


def read(html, pinned=MappingProxyType({}), languages=SITE, scores=SCORES):
    return split(markup.blocks(html, "https://example.org/1"), languages, scores, pinned=pinned)


def enriched(html):
    entry = Entry(guid="1", url="https://example.org/1", title="", html=html)
    return enrich(entry, languages=SITE, partners=(), hashtags=(), scores=SCORES)


# ---------------------------------------------------------------- what the operator fixed


def test_the_signature_is_the_one_that_others_call():
    assert list(inspect.signature(split).parameters) == ["blocks", "languages", "scores", "partners", "pinned"]
    assert inspect.signature(split).parameters["pinned"].default == {}


@pytest.mark.parametrize(
    ("pinned", "wanted"),
    [
        ({1: "en"}, ("sq", "en", "en", "en", "en")),
        ({2: "en"}, ("sq", "sq", "en", "en", "en")),
        ({0: "*"}, ("*", "sq", "sq", "en", "en")),
        ({3: ""}, ("sq", "sq", "sq", None, "en")),
        ({4: "it"}, ("sq", "sq", "sq", "en", "und")),
        ({0: "sq-AL", 99: "en", -1: "sq"}, ("sq", "sq", "sq", "en", "en")),
    ],
)
def test_what_the_operator_said_of_a_block_stands(pinned, wanted):
    reading = read(POST, pinned)
    assert reading.languages == wanted
    said = [place for place, why in enumerate(reading.reasons) if why == "said by the operator"]
    assert said == [place for place in pinned if 0 <= place < 5]


def test_a_fixed_block_is_never_cut():
    html = f"<h2>Shkolla jonë e re / Our new school</h2><p>{SQ[0]}</p><p>{EN[0]}</p>"
    assert len(read(html).clues) == 5
    fixed = read(html, {0: "*"})
    assert [here.block.text for here in fixed.clues] == ["Shkolla jonë e re / Our new school", SQ[0], EN[0]]
    assert fixed.languages == ("*", "sq", "en")


def test_a_block_of_every_version_stands_in_each_and_makes_none():
    reading = read(POST, {2: "*"})
    made = assemble(reading, {}, "")
    assert [version.language for version in made.versions] == ["sq", "en"]
    assert all("#rinia" in version.text.split("\n\n") for version in made.versions)
    assert next(block.language for block in made.blocks if block.text == "#rinia") == "*"
    alone = assemble(read(f"<p>{SQ[0]}</p>", {0: "*"}), {}, "")
    assert alone.versions == ()
    assert [(block.text, block.language) for block in alone.blocks] == [(SQ[0], None)]


def test_a_line_that_names_a_language_is_text_when_the_operator_says_so():
    html = f"<p>{SQ[0]}</p><p>English</p><p>{EN[0]}</p>"
    assert read(html).languages == ("sq", None, "en")
    assert read(html, {1: "en"}).languages == ("sq", "en", "en")


def test_a_post_whose_text_is_all_fixed_is_not_unsure():
    html = "<p>Save the Children, UNICEF</p><p>Oh, no.</p><p>Oh, jo.</p>"
    doubted = read(html)
    assert doubted.margin is not None
    assert doubted.margin < SURE
    fixed = read(html, {0: "en", 1: "en", 2: "sq"})
    assert fixed.languages == ("en", "en", "sq")
    assert fixed.margin is None or fixed.margin >= SURE


# ---------------------------------------------------------------- how sure


@pytest.mark.parametrize(
    "html",
    [
        f"<p>{SQ[0]}</p><p>{SQ[1]}</p><p>Today we met them.</p><p>{SQ[2]}</p>",
        f"<p>{SQ[0].replace('.', ',')} {EN[0].replace('.', ',')}</p>",
    ],
    ids=["a strange sentence in the middle", "two languages in one sentence"],
)
def test_what_the_path_cannot_doubt_is_doubted_beside_it(html):
    margin = read(html).margin
    assert margin is not None
    assert margin < SURE


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_version_split_again_is_that_version_only(path):
    case = tomllib.loads(path.read_text("utf-8"))
    languages = tuple(case["languages"])
    scores = identifier(languages)
    entry = Entry(guid="1", url=case["url"], title=case["title"], html=case["html"])
    for version in enrich(entry, languages=languages, partners=(), hashtags=(), scores=scores).versions:
        reading = split(markup.blocks(version.html, case["url"]), languages, scores)
        again = {language for here, language in zip(reading.clues, reading.languages, strict=True) if here.scored}
        if len(version.text.split()) > 12:
            assert again == {version.language}


# ---------------------------------------------------------------- bad input


def decomposed(text):
    return unicodedata.normalize("NFD", text)


def unmarked(text):
    return "".join(letter for letter in decomposed(text) if not unicodedata.combining(letter))


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("", []),
        ("Mirëmbrëma", ["sq"]),
        ("<p><img src='/a.jpg' alt='Një foto'></p><p><img src='/b.jpg'></p>", []),
        ("<p>#rinia #16Days</p><p>#ECPAT</p>", []),
        ("<p>子どもたちはインターネットで安全に遊ぶことができます。学校は新しい本を配りました。</p>", ["und"]),
        (f"<p>{decomposed(SQ[0])}</p><p>{decomposed(SQ[1])}</p>", ["sq"]),
        (f"<p>{unmarked(SQ[0])}</p><p>{unmarked(SQ[1])}</p>", ["sq"]),
        (f"<p>{SQ[0].replace('ë', 'ё')}</p><p>{SQ[1].replace('ë', 'ё')}</p>", ["sq"]),
        (f"<p lang='en'>{SQ[0]}</p><p><span lang='EN-US'>{SQ[1]}</span></p>", ["sq"]),
        (f"<h2>{' '.join('NJOFTIM')}</h2><p>{SQ[0]}</p>", ["sq"]),
        (f"<table><tr><td>{SQ[0]}</td><td>{EN[0]}</td></tr></table>", ["sq", "en"]),
        (f"<blockquote><blockquote><p>“{EN[0]}”</p></blockquote></blockquote><p>{SQ[0]}</p><p>{SQ[1]}</p>", ["sq"]),
        (f"<p>{SQ[0]}</p><blockquote class='instagram-media'><p>{EN[0]}</p></blockquote><p>{SQ[1]}</p>", ["sq"]),
    ],
)
def test_bad_input_is_split_as_well_as_it_can_be(html, wanted):
    found = enriched(html)
    got = [version.language for version in found.versions]
    assert got == wanted
    shown = "".join(markup.visible(html, "https://example.org/1").split())
    assert "".join("".join(block.text for block in found.blocks).split()) == shown


@pytest.mark.parametrize("kind", ["one paragraph", "many paragraphs", "lines", "turns"])
def test_two_hundred_kilobytes_take_less_than_two_seconds(kind):
    pairs = [f"{one} " for pair in pairwise([*SQ, *EN]) for one in pair]
    many = (pairs * 200)[: 200_000 // (sum(map(len, pairs)) // len(pairs)) + 1]
    html = {
        "one paragraph": f"<p>{''.join(many)}</p>",
        "many paragraphs": "".join(f"<p>{text}</p>" for text in many),
        "lines": "<br>".join(text[:60] for text in many * 4),
        "turns": "".join(f"<p>{SQ[n % 3]}</p><p>{EN[n % 3]}</p>" for n in range(300)),
    }[kind]
    assert len(html.encode()) > 150_000
    began = time.process_time()
    read(html)
    assert time.process_time() - began < 2


PINS = st.dictionaries(st.integers(-1, 6), st.sampled_from(["sq", "en", "", "*", "it", "en-GB"]), max_size=5)
TEXTS = st.lists(
    st.sampled_from([*SQ[:3], *EN[:3], "English", "#rinia", "UNICEF", "A / B", "***", "Po", "News"]), max_size=7
)


@settings(max_examples=often(80), deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS, PINS)
def test_nothing_is_lost_whatever_the_operator_fixes(texts, pinned):
    html = "".join(f"<p>{text}</p>" for text in texts)
    blocks = markup.blocks(html, "")
    reading = split(blocks, SITE, SCORES, pinned=pinned)
    shown = "".join("".join(here.block.text for here in reading.clues).split())
    assert shown == "".join("".join(texts).split())
    made = assemble(reading, {}, "")
    assert "".join("".join(block.text for block in made.blocks).split()) == shown
    assert all(block.why for block in made.blocks)
    every = [block.text for block in made.blocks if block.language == "*"]
    for version in made.versions:
        own = [
            block.text for block in made.blocks if block.language in (version.language, "*") and block.role != "title"
        ]
        assert version.text in ("\n\n".join(own), version.title)
        assert not every or all(text in version.text for text in every)
    assert split(blocks, SITE, SCORES, pinned=pinned).languages == reading.languages
