"""Where tests keep their databases: SQLite files, or databases of a real PostgreSQL under the same names.

A test asks `url(path)` for one. Which engine that means is set by the fixture `engine` of conftest.py: a test marked
`both_engines` runs on each; with SYNDICATE_TEST_ALL, so do all tests of some folders.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from postgres_server import PostgresServer

INHERITED = "SYNDICATE_TEST_POSTGRES"
"""Tells a process that a test starts where the server is, so that paths mean the same databases there."""


class Engine:
    """The engine that tests are on now; `server` is asked for when the first database is made."""

    name = "sqlite"
    server: Callable[[], PostgresServer]
    made: dict[str, str]


ENGINE = Engine()
ENGINE.made = {}


def url(path: Path) -> str:
    """The database that stands for this file: the same for the same path; nothing is in it at first."""
    if ENGINE.name == "postgresql":
        return _made(path)
    if folder := os.environ.get(INHERITED):
        return PostgresServer(Path(folder)).url(name_of(path))
    return f"sqlite:///{path}"


def name_of(path: Path) -> str:
    """The name of the PostgreSQL database that stands for a file."""
    return "t" + hashlib.sha256(str(path).encode()).hexdigest()[:24]


def _made(path: Path) -> str:
    name, server = name_of(path), ENGINE.server()
    if name not in ENGINE.made:
        ENGINE.made[name] = server.create(name)
    return ENGINE.made[name]


def clear() -> None:
    """Drop the databases that were made."""
    for name in ENGINE.made:
        ENGINE.server().drop(name)
    ENGINE.made.clear()
