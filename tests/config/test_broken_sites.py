"""Broken sites and every word said of them: each file in broken/ holds TOML files and, at its end, the complaints.

With SYNDICATE_TEST_WRITE=1 the complaints of today are written into the files, to be read in the diff.
"""

import os
from pathlib import Path

import pytest

from syndicate.config import load_site, shipped_site
from syndicate.errors import SiteError

CASES = sorted((Path(__file__).parent / "broken").glob("*.txt"))


def parts(case: Path) -> dict[str, str]:
    """The files of a case by name, and its `complaints`."""
    found = {}
    for part in case.read_text(encoding="utf-8").split("--- ")[1:]:
        name, _, text = part.partition("\n")
        found[name] = text
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_complaint_is_told_with_its_line(case, site):
    told = parts(case)
    expected = told.pop("complaints", "")
    for name, text in told.items():
        (site / name).write_text(text, encoding="utf-8")
    with pytest.raises(SiteError) as error:
        load_site(site, shipped=shipped_site())
    actual = str(error.value) + "\n"
    if os.environ.get("SYNDICATE_TEST_WRITE"):
        files = "".join(f"--- {name}\n{text}" for name, text in told.items())
        case.write_text(f"{files}--- complaints\n{actual}", encoding="utf-8")
    assert actual == expected
