"""Served sites, made once and shared by tests that leave them as they were, or made for one test alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from web.web_site import Served, make_site, serving


@pytest.fixture(autouse=True)
def _no_site_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of whoever runs the tests must not lead elsewhere."""
    for name in list(os.environ):
        if name.startswith("SYNDICATE_") and not name.startswith("SYNDICATE_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served site for tests that change nothing the next one could see."""
    with serving(make_site(tmp_path_factory.mktemp("shared") / "site")) as served:
        yield served


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A served site of one's own."""
    with serving(make_site(tmp_path / "site")) as served:
        yield served
