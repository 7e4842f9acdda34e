"""A world for each test; the sites of the road, with a list of sixty people; keys that are made quickly."""

from collections.abc import Callable
from pathlib import Path

import pytest
from people.people_world import World
from road.conftest import (  # noqa: F401 (fixtures, and those that they stand on)
    _no_site_from_outside,
    begin_with,
    blog,
    home,
    make_home,
    published,
    served,
    shelf,
)
from road.road_site import Home

from syndicate.operate import vault

KEY = "a passphrase of the tests"
PEOPLE = [f"reader{number:02}@example.org" for number in range(60)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "site")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """The passphrase in the environment; in this process a key costs an eighth of what it costs elsewhere."""
    monkeypatch.setenv("SYNDICATE_BACKUP_KEY", KEY)
    monkeypatch.setattr(vault, "_WORK", 2**14)
    return KEY


@pytest.fixture
def peopled(published: Home, begin_with: Callable[..., Home]) -> Home:  # noqa: F811
    """A published site with sixty readers."""

    def make() -> Home:
        table = published.root.parent / "people.csv"
        table.write_text("email,language\n" + "".join(f"{one},sq\n" for one in PEOPLE))
        published.run("subscribers", "import", "newsletter", str(table), "--evidence", "signed").fine()
        return published

    return begin_with("peopled", make)
