"""What forbids mail, noted once more in a file beside the database, which is only ever added to.

A copy of the database that is put back knows nothing of who left since; the file does. Each line has a keyed hash, a kind and
a list: no address. A no is in the file, durably, before the database has it: whatever is killed, it cannot be lost. A yes
(they came back by their own form) is written after: whatever is killed, they are rather not mailed.

Every transaction that writes lines has a turn, one higher than the last, which stands in its lines and in the database. A
database whose last turn is lower than the file's is older than the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from syndicate.errors import StoreError
from syndicate.models import SuppressionKind
from syndicate.store import schema as s
from syndicate.store.chunks import batched

FILE = "suppressed.jsonl"
CHUNK = 500

_TURN = "suppressed turn"
_HERE = "noted"
_TAIL = 16 * 1024
"""So many bytes at the file's end hold its highest turn: lines of two transactions at a time may stand in the wrong order."""


class Key(NamedTuple):
    """What a line is about: `list` is '' for the whole site."""

    address_hash: str
    kind: SuppressionKind
    list: str


@dataclass(frozen=True, slots=True)
class Line:
    """A no since `at`, or that it was lifted."""

    key: Key
    at: datetime
    lifted: bool = False
    turn: int = 0


# ---------------------------------------------------------------- writing, as part of a transaction


def begin(connection: sa.Connection) -> None:
    """Nothing is noted in this transaction yet."""
    connection.info.pop(_HERE, None)


def note(connection: sa.Connection, lines: Iterable[Line]) -> None:
    """Have these lines written when the transaction is."""
    connection.info.setdefault(_HERE, []).extend(lines)


def before_commit(connection: sa.Connection, path: Path | None) -> list[Line]:
    """Write down every no of this transaction; returns what is to be written after it. Raises StoreError."""
    lines: list[Line] = connection.info.pop(_HERE, [])
    if not lines or path is None:
        return []
    turn = turn_of(connection, alone=True) + 1
    set_turn(connection, turn)
    numbered = [Line(one.key, one.at, one.lifted, turn) for one in lines]
    try:
        append(path, [one for one in numbered if not one.lifted])
    except OSError as error:
        raise StoreError(
            f"Nothing was stored: {path} cannot be written ({error.strerror}), and who leaves must be noted there. "
            "Free space, or put its rights right."
        ) from error
    return [one for one in numbered if one.lifted]


def append(path: Path, lines: Sequence[Line]) -> None:
    """Add lines to the file, durably; a line that a killed process left unfinished is ended first."""
    if not lines:
        return
    handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        text = ("\n" if torn else "") + "".join(map(_written, lines))
        os.write(handle, text.encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    if not size:  # the file is new: its name must outlive a power cut, too
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _written(one: Line) -> str:
    row: dict[str, Any] = {"turn": one.turn, "hash": one.key.address_hash, "kind": one.key.kind, "list": one.key.list}
    row["lifted" if one.lifted else "at"] = one.at.isoformat()
    return json.dumps(row) + "\n"


# ---------------------------------------------------------------- reading


def turn_of(connection: sa.Connection, *, alone: bool = False) -> int:
    """The last turn that the database knows; 0 for none. With `alone`, nobody else takes the next until this one is written."""
    query = sa.select(s.meta.c.value).where(s.meta.c.key == _TURN)
    return int(connection.execute(query.with_for_update() if alone else query).scalar() or 0)


def set_turn(connection: sa.Connection, turn: int) -> None:
    """From now on this is the last turn."""
    same = s.meta.update().where(s.meta.c.key == _TURN).values(value=str(turn))
    if connection.execute(same).rowcount == 0:
        connection.execute(s.meta.insert().values(key=_TURN, value=str(turn)))


def last_turn(path: Path) -> int:
    """The last turn in the file; 0 where there is none. Reads its end alone. Raises StoreError."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            return max((one.turn for line in file if (one := _line(line))), default=0)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read ({error.strerror}). Who left is noted there: let it be yours."
        ) from error


def read(path: Path) -> Iterator[Line]:
    """The file's lines, streamed; one that was cut short says nothing that the database had begun to do."""
    if path.exists():
        with path.open("rb") as file:
            yield from (one for line in file if (one := _line(line)))


def _line(text: bytes) -> Line | None:
    try:
        row = json.loads(text)
        key = Key(row["hash"], row["kind"], row["list"])
        at = datetime.fromisoformat(row.get("at") or row["lifted"])
        return Line(key, at.astimezone(UTC), "lifted" in row, int(row["turn"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def missing(connection: sa.Connection, path: Path, after: int = 0) -> dict[Key, datetime]:
    """Every no in lines later than the turn `after` that stands, and that the database does not know: since when.

    What was lifted in the same or a later turn does not stand. Holds only those in memory, and what was lifted.
    """
    found: dict[Key, tuple[int, datetime]] = {}
    lifted: dict[Key, int] = {}
    for chunk in batched((one for one in read(path) if one.turn > after), CHUNK):
        known = _known(connection, {one.key.address_hash for one in chunk})
        for one in chunk:
            if one.lifted:
                lifted[one.key] = max(one.turn, lifted.get(one.key, 0))
            elif one.key not in known:
                found[one.key] = max((one.turn, one.at), found.get(one.key, (0, one.at)))
    return {key: at for key, (turn, at) in found.items() if turn >= lifted.get(key, 0)}


def _known(connection: sa.Connection, hashes: Collection[str]) -> set[Key]:
    table = s.suppressions.c
    query = sa.select(table.address_hash, table.kind, table.list)
    rows = (connection.execute(query.where(table.address_hash.in_(part))) for part in batched(hashes, CHUNK))
    return {Key(*row) for part in rows for row in part}
