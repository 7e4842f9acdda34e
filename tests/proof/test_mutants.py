"""The proof itself is proven: engines with one mistake each are caught by it, and the right one passes the same trials."""

from __future__ import annotations

import os

import pytest
from proof.proof_mutants import NAMES

LONG = pytest.mark.skipif(not os.environ.get("SYNDICATE_TEST_ALL"), reason="one of a long matrix")
CELLS = (("claimed", 1), ("posting", 1), ("posted", 2))
CAUGHT = {
    "requeue on restart": ("posted", 2, "twice"),
    "sent before the post": ("marked", 1, "lost"),
    "cursor at fetch": ("posting", 1, "lost"),
    "no intent row": ("posted", 2, "twice"),
    "posted unsaid": ("posted", 4, "twice"),
}
assert set(CAUGHT) == set(NAMES)


@pytest.mark.parametrize("kind", ["sendgrid", "smtp"])
@pytest.mark.parametrize("mutant", NAMES)
def test_a_wrong_engine_is_caught(begin, kind, mutant):
    point, number, shows = CAUGHT[mutant]
    with begin(kind, readers=60, mutant=mutant) as trial:
        assert trial.killed(point, number)
        trial.finish(most=10)
        found = trial.verdict()
    assert getattr(found, shows) > 0, found
    assert not found.good


@pytest.mark.parametrize("kind", [pytest.param("sendgrid", marks=LONG), "smtp"])
def test_a_wrong_engine_does_well_as_long_as_nobody_dies(begin, kind):
    """So it is the kills that catch it, and not that it is broken altogether."""
    for mutant in NAMES:
        with begin(kind, readers=24, mutant=mutant) as trial:
            trial.finish(most=3)
            assert trial.verdict().good, (mutant, trial.log)


@pytest.mark.parametrize("kind", ["sendgrid", pytest.param("smtp", marks=LONG)])
def test_the_right_one_passes_the_same_trials(begin, kind):
    for point, number in CELLS:
        with begin(kind, readers=24) as trial:
            assert trial.killed(point, number)
            trial.finish(most=10)
            assert trial.verdict().good
