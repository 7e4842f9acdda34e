"""What a backup holds, line by line: first what it is, then files in parts, tables in parts, and at the end how many of each.

Each line is one JSON object. A row is a list of the values of its table's columns, as `store.walk` gives them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from syndicate.operate.vault import SealError

PART = 256 * 1024
"""Bytes of a file in one line."""

TARGET = 512 * 1024
"""Bytes of rows in one line, roughly."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is of: when it was made, by which version, the schema of its database, the site's name and time zone."""

    made: datetime
    version: str
    schema: int
    site: str
    timezone: str


@dataclass(frozen=True, slots=True)
class FilePart:
    """The next bytes of a file; `name` is its place in the site's folder."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Rows:
    """The next rows of a table."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class End:
    """How many rows each table has, and how many files there are."""

    tables: Mapping[str, int]
    files: int


Part = Manifest | FilePart | Rows | End


def written(part: Part) -> bytes:
    """A part as its line."""
    if isinstance(part, Manifest):
        value: dict[str, Any] = {"backup": asdict(part) | {"made": part.made.isoformat()}}
    elif isinstance(part, FilePart):
        value = {"file": part.name, "data": base64.b64encode(part.data).decode()}
    elif isinstance(part, Rows):
        value = {"table": part.table, "columns": part.columns, "rows": part.rows}
    else:
        value = {"end": {"tables": dict(part.tables), "files": part.files}}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read(lines: Iterable[bytes]) -> Iterator[Part]:
    """The parts of a backup; the first is its manifest, the last its end. Raises SealError where they are not what they say."""
    counted: dict[str, int] = {}
    files: set[str] = set()
    end: End | None = None
    for number, line in enumerate(lines):
        part = _part(line)
        if end is not None or (number == 0) != isinstance(part, Manifest):
            raise SealError(_ODD)
        if isinstance(part, Rows):
            counted[part.table] = counted.get(part.table, 0) + len(part.rows)
        elif isinstance(part, FilePart):
            files.add(part.name)
        elif isinstance(part, End):
            end = part
        yield part
    if (
        end is None
        or counted != {name: count for name, count in end.tables.items() if count}
        or len(files) != end.files
    ):
        raise SealError(_ODD)


_ODD = "This backup does not hold what it says it holds. Take another one, and report this."


def _part(line: bytes) -> Part:
    try:
        value = json.loads(line)
        if "rows" in value:
            return Rows(value["table"], tuple(value["columns"]), tuple(map(tuple, value["rows"])))
        if "file" in value:
            return FilePart(value["file"], base64.b64decode(value["data"], validate=True))
        if "backup" in value:
            one = value["backup"]
            return Manifest(
                datetime.fromisoformat(one["made"]), one["version"], int(one["schema"]), one["site"], one["timezone"]
            )
        return End(value["end"]["tables"], value["end"]["files"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SealError(_ODD) from None


def next_size(rows: int, length: int, most: int) -> int:
    """How many rows the next line should have, where so many made a line of that length."""
    return max(1, min(most, rows * TARGET // max(1, length)))
