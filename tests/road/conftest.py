"""What every test of the road stands on: a real site in a folder, the sample blog on loopback, the real command."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import databases
import pytest
from road.road_site import REPOSITORY, Home, source

from syndicate.samples.blog import Blog, serve
from syndicate.samples.library import posts


@pytest.fixture(autouse=True)
def _no_site_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of whoever runs the tests must not lead the command elsewhere."""
    for name in list(os.environ):
        if name.startswith("SYNDICATE_") and not name.startswith("SYNDICATE_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SYNDICATE_OFFLINE", "1")  # the posts' links lead out of this machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of the long matrices a sample runs, unless all is asked for."""
    if os.environ.get("SYNDICATE_TEST_ALL") != "1":
        for one in items:
            if one.get_closest_marker("slow") and Path(__file__).parent in one.path.parents:
                one.add_marker(pytest.mark.skip(reason="one of a long matrix: SYNDICATE_TEST_ALL=1 runs all"))


@pytest.fixture(scope="session")
def served() -> Iterator[Blog]:
    """The sample blog, answering on this machine under one address for all tests."""
    with serve() as blog:
        yield blog


@pytest.fixture
def blog(served: Blog) -> Blog:
    """The sample blog as it is shipped, whatever the test before did to it."""
    served.posts, served.per_page = posts(), None
    served.answer.clear()
    served.requests.clear()
    return served


@pytest.fixture
def make_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Home]:
    """Makes sites: what `syndicate init` lays out, with the worked example's finished settings and these sources."""

    def make(*sources: str, name: str = "site", finished: bool = True) -> Home:
        home = Home(tmp_path / name, monkeypatch)
        home.run("init", str(home.root), site=False).fine()
        if finished:
            for file in ("feeds/site.toml", "feeds/partners.toml", "subscribers/newsletter.toml"):
                shutil.copy(REPOSITORY / file, home.root / file)
        home.edit("feeds/site.toml", 'delay = "2s"', 'delay = "0s"')
        home.write("feeds/sources.toml", "\n".join(sources))
        return home

    return make


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where sites are kept that many tests begin with."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def begin_with(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, Callable[[], Home]], Home]:
    """Gives a copy of the site called so, which is made the first time it is asked for."""

    def copy(name: str, make: Callable[[], Home]) -> Home:
        if databases.ENGINE.name != "sqlite":
            return make()  # what is kept are folders, and the database is not in them
        if not (shelf / name).exists():
            shutil.copytree(make().root, shelf / name)
        shutil.rmtree(tmp_path / "site", ignore_errors=True)
        shutil.copytree(shelf / name, tmp_path / "site")
        return Home(tmp_path / "site", monkeypatch)

    return copy


@pytest.fixture
def home(make_home: Callable[..., Home], begin_with: Callable[..., Home], blog: Blog) -> Home:
    """A finished site that pulls the sample blog's Drupal feed."""
    return begin_with("home", lambda: make_home(source("isigurt", f"{blog}/rss.xml")))


@pytest.fixture
def published(home: Home, begin_with: Callable[..., Home]) -> Home:
    """That site after its first run."""

    def run() -> Home:
        home.run("run").fine()
        return home

    return begin_with("published", run)


@pytest.fixture(scope="session")
def seed_lines() -> list[str]:
    """The lines of the seed post as they stand on its page; no-break spaces alone are an empty line."""
    text = (Path(__file__).parent / "seed-post.txt").read_text("utf-8")
    return [line.strip("\u00a0 ") for line in text.splitlines() if line]
