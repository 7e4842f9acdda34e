"""Variables of whoever runs the tests must not lead the command elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from road.road_site import Home


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SYNDICATE_") and "_TEST_" not in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SYNDICATE_OFFLINE", "1")  # the checks of an edition ask nobody outside this machine


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Home]:
    """make(name, url) is a new site with a database there."""

    def made(name: str, url: str | None = None) -> Home:
        home = Home(tmp_path / name, monkeypatch)
        home.run("init", str(home.root), site=False).fine()
        if url is not None:
            monkeypatch.setenv("SYNDICATE_DATABASE_URL", url)
        return home

    return made
