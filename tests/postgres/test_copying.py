"""A site moves from SQLite to PostgreSQL and back, and nothing of it changes on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from postgres_server import PostgresServer
from road.conftest import begin_with, blog, make_home, served, shelf
from road.road_site import Home, source

from syndicate.samples.blog import Blog
from syndicate.store import Store, walk

__all__ = ["begin_with", "blog", "make_home", "served", "shelf"]


@pytest.fixture
def home(make_home: Callable[..., Home], blog: Blog) -> Home:
    made = make_home(source("isigurt", f"{blog}/rss.xml"))
    made.run("pull").fine()
    made.run("subscribers", "add", "newsletter", "arta@example.org", "--language", "sq", "--evidence", "letter").fine()
    return made


def everything(url: str) -> dict[str, Any]:
    store = Store(url)
    with store.read() as connection:
        found = {
            table.name: sorted(
                (
                    dict(zip(walk.columns(table), row, strict=True))
                    for part in walk.rows(connection, table)
                    for row in part
                ),
                key=str,
            )
            for table in walk.tables(connection)
        }
    store.close()
    return found


def test_there_and_back(home: Home, postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, back = f"sqlite:///{home.database}", f"sqlite:///{tmp_path / 'back.sqlite'}"
    postgres.drop("copied")
    url = postgres.create("copied", "template1")
    try:
        monkeypatch.setenv("ELSEWHERE", url)
        counts = home.json("copy-database", here, "@ELSEWHERE")
        assert all(one["from"] == one["to"] for one in counts["tables"])
        assert counts["rows"] > 100
        assert re.search(r"\bposts +12 +12\n", home.run("copy-database", "@ELSEWHERE", back).fine().out)
        assert everything(here) == everything(url) == everything(back)
        assert len(everything(url)["posts"]) == 12
        again = home.run("copy-database", here, "@ELSEWHERE")
        assert again.status == 2
        assert "is not empty" in again.err
        monkeypatch.setenv("SYNDICATE_DATABASE_URL", url)
        home.run(
            "subscribers", "add", "newsletter", "besa@example.org", "--language", "en", "--evidence", "letter"
        ).fine()
        assert len(home.posts()) == 12
    finally:
        postgres.drop("copied")


def test_what_cannot_be_copied(home: Home, tmp_path: Path) -> None:
    said = home.run("copy-database", f"sqlite:///{tmp_path / 'none.sqlite'}", f"sqlite:///{tmp_path / 'b.sqlite'}")
    assert said.status == 2
    assert "There is no database" in said.err
    assert not (tmp_path / "none.sqlite").exists()
    said = home.run("copy-database", "@NOT_SET", f"sqlite:///{tmp_path / 'b.sqlite'}")
    assert said.status == 2
    assert "needs NOT_SET" in said.err
