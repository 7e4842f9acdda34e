"""Posts and what must come out of them, one file each: what was wrongly split once becomes such a file."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from syndicate.enrich import enrich, identifier
from syndicate.models import Entry

CASES = sorted((Path(__file__).parent / "cases").glob("*.toml"))
KNOWN: dict[tuple[str, ...], object] = {}


def scores(languages):
    return KNOWN.setdefault(languages, identifier(languages))


def entry(case):
    return Entry(guid="1", url=case["url"], title=case["title"], html=case["html"])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_post_comes_out_as_it_must(path):
    case = tomllib.loads(path.read_text("utf-8"))
    languages = tuple(case["languages"])
    found = enrich(entry(case), languages=languages, partners=(), hashtags=(), scores=scores(languages))
    versions = [
        {"language": version.language, "title": version.title, "blocks": version.text.split("\n\n")}
        for version in found.versions
    ]
    assert versions == case.get("versions", [])
    assert [block.text for block in found.blocks if block.language is None] == case.get("outside", [])
    assert all(block.why for block in found.blocks)


LAYOUTS = """
seq seq-en-first seq-two-titles marker-headings below-note flags prefix interleaved table-rows table-cols slash-title
slash-lines br-lines mono-native mono-second quote-mono quote-bilingual three-languages outside summary sectionwise
lists same-paragraph
"""


def test_every_layout_has_a_case():
    assert set(LAYOUTS.split()) <= {path.stem for path in CASES}
