"""What the operator was told by mail, and when: one note for each cause and person, among the site's own notes.

A notice is written down before it is handed over, with the id of its mail, so that a killed run leaves a trace to ask about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from syndicate.store import schema as s

PREFIX = "notice "


@dataclass(frozen=True, slots=True)
class Told:
    """When somebody was told of a cause, by which mail; `done` is False while nobody knows whether it left."""

    at: datetime
    mail: str
    done: bool = True


def told(connection: sa.Connection) -> dict[str, Told]:
    """Everything that was told, by cause and person (see `key`)."""
    table = s.meta.c
    rows = connection.execute(sa.select(table.key, table.value).where(table.key.startswith(PREFIX, autoescape=True)))
    return {row.key: _read(row.value) for row in rows}


def key(who: str, cause: str) -> str:
    """Under which name a cause is noted for a person; `who` is a keyed hash, never an address."""
    return f"{PREFIX}{who} {cause}"


def write(connection: sa.Connection, notes: Mapping[str, Told | None]) -> None:
    """Note what was told; None forgets it."""
    table = s.meta
    connection.execute(table.delete().where(table.c.key.in_(notes)))
    rows = [{"key": name, "value": _text(one)} for name, one in notes.items() if one is not None]
    if rows:
        connection.execute(table.insert(), rows)


def drop(connection: sa.Connection, keys: Iterable[str]) -> None:
    """Forget what was told."""
    connection.execute(s.meta.delete().where(s.meta.c.key.in_([*keys])))


def _text(one: Told) -> str:
    return json.dumps({"at": one.at.isoformat(), "mail": one.mail, "done": one.done})


def _read(value: str) -> Told:
    held = json.loads(value)
    return Told(datetime.fromisoformat(held["at"]), held["mail"], held["done"])
