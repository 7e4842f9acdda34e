"""A site to be put on a server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from upgrade.unpack import OldSite, unpack


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OldSite:
    """A site with posts, readers and editions."""
    for name in list(os.environ):
        if name.startswith("SYNDICATE_") and name != "SYNDICATE_TEST_ALL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("SYNDICATE_OFFLINE", "1")
    return unpack("0.2.0", tmp_path / "site")
