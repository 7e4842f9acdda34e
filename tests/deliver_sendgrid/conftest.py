"""A fresh stand-in of the provider for each test, and no proxy between us and it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sendgrid_standin import Standin


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def standin(tmp_path: Path):
    with Standin(tmp_path / "standin.sqlite") as found:
        yield found
