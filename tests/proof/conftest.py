"""One zygote for all trials, and a maker of trials."""

from __future__ import annotations

import pytest
from proof.proof_trial import trial
from proof.proof_zygote import Zygote


@pytest.fixture(scope="session")
def zygote():
    with Zygote() as found:
        yield found


@pytest.fixture
def begin(tmp_path, zygote):
    """begin(kind, …) is a trial in this test's folder; use it in a `with`."""
    count = iter(range(1_000_000))
    return lambda kind, **told: trial(tmp_path / f"trial{next(count)}", zygote, kind, **told)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
