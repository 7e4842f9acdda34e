from pathlib import Path

import pytest

from syndicate.config import VARIABLES, keys, shipped_site
from syndicate.config.reference import markdown

PAGE = Path(__file__).parents[2] / "docs/reference/settings.md"


def test_the_reference_is_what_the_code_reads():
    assert PAGE.read_text(encoding="utf-8") == markdown(), "write it with syndicate.config.reference.markdown()"


def test_every_key_and_variable_is_explained():
    docs = keys()
    assert len({(doc.file, doc.table, doc.key) for doc in docs}) == len(docs) > 60
    assert all(doc.meaning and doc.type for doc in docs)
    assert all(name in markdown() for name in VARIABLES)


def test_what_must_be_there_says_so():
    found = {(doc.file, doc.key): doc for doc in keys()}
    assert found["feeds/sources.toml", "url"].default == "required"
    assert found["feeds/sources.toml", "url"].type == "web address"
    assert found["feeds/sources.toml", "content"].default == '"auto"'
    assert found["feeds/partners.toml", "aliases"].type == "list of texts"
    assert found["subscribers/<list>.toml", "address"].table == "[sender]"


@pytest.mark.parametrize("doc", keys(), ids=lambda doc: f"{doc.file}-{doc.table}-{doc.key}")
def test_the_worked_example_shows_what_must_be_there(doc):
    if doc.default == "required":
        text = (shipped_site() / doc.file.replace("<list>", "newsletter")).read_text(encoding="utf-8")
        assert f"{doc.key} =" in text or f"{doc.key}." in text
