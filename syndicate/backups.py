"""The hall: a site → one encrypted file, while the site is at work.

    one view of the database, the site's files, its keys, what is noted beside the database → sealed → read back → its name

The file has its name when all of it is there and was read back, and never before. What is noted beside the database is read
after the database: it may know more, never less.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from syndicate import __version__
from syndicate.config.ring import written_keys
from syndicate.errors import StoreError, UsageError
from syndicate.models import Site
from syndicate.operate import parcel, vault
from syndicate.store import Connection, Store, noted, walk
from syndicate.withdrawal import LOG

FOLDERS = ("feeds", "subscribers", "templates")
"""What of a site's folder is its own work. `public/` is not kept: `publish` writes it again."""

KEYS = "var/secret.key"
ADDED_TO = (f"var/{noted.FILE}", f"var/{LOG}")
"""Files that are only ever added to, and know of what came after a backup."""

AT_ONCE = 200
"""Rows that are in memory at a time: those of editions hold whole mails."""

Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was written and read back."""

    path: Path
    size: int
    manifest: parcel.Manifest
    tables: Mapping[str, int]
    files: int


@dataclass
class _Counted:
    tables: dict[str, int] = field(default_factory=dict)
    files: int = 0
    total: int = 0


def target(site: Site, path: Path, now: datetime) -> Path:
    """Where a backup goes: `path`, or a new file in it where it is a folder. Raises UsageError where none may be written."""
    found = path.expanduser().absolute()
    found = found.parent.resolve() / found.name
    if found.is_dir():
        found = found / f"{site.places.root.resolve().name}-{now:%Y-%m-%d-%H%M%S}.backup"
    if found.exists() or found.is_symlink():
        raise UsageError(f"{found} exists already; a backup overwrites nothing. Choose another name, or name a folder.")
    folder = found.parent
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}. Make it first, or choose another.")
    if folder.resolve().is_relative_to(site.places.public.resolve()):
        raise UsageError(
            f"{folder} is part of what the world sees. A backup must not lie there; choose another folder."
        )
    return found


def make(site: Site, store: Store, ring: Sequence[bytes], path: Path, key: str, now: datetime, report: Report) -> Made:
    """Write a backup to `path` (see `target`), readable by its owner alone, and read it back. Raises StoreError."""
    scratch = path.with_name(f".{path.name}.{os.urandom(4).hex()}.writing")
    try:
        with store.read() as connection:
            manifest = parcel.Manifest(now, __version__, store.schema(connection), site.name, site.timezone)
            handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                sealer = vault.Sealer(file, key)
                counted = _Counted()
                for line in _written(site, store, connection, ring, manifest, counted, report):
                    sealer.write(line)
                sealer.close()
                file.flush()
                os.fsync(file.fileno())
        size = scratch.stat().st_size
        _read_back(scratch, key, counted, report)
        _name(scratch, path)
    except OSError as error:
        raise StoreError(
            f"The backup was not written: {path.parent}: {error.strerror}. Free space, or choose another folder."
        ) from error
    finally:
        with suppress(OSError):
            scratch.unlink()
    return Made(path, size, manifest, counted.tables, counted.files)


def _written(
    site: Site, store: Store, connection: Connection, ring: Sequence[bytes], manifest: parcel.Manifest, counted: _Counted,
    report: Report,
) -> Iterator[bytes]:  # fmt: skip
    """The lines of a backup, and what they come to."""
    tables = walk.tables(connection)
    counted.total = sum(walk.count(connection, table) for table in tables)
    yield parcel.written(manifest)
    for table in tables:
        counted.tables[table.name] = 0
        for rows, line in _rows(connection, table):
            counted.tables[table.name] += rows
            yield line
            report(sum(counted.tables.values()), counted.total, "rows")
    for name, path in _files(site, store):
        counted.files += 1
        yield from _file(name, path)
    counted.files += 1
    yield parcel.written(parcel.FilePart(KEYS, written_keys(ring).encode()))
    yield parcel.written(parcel.End(counted.tables, counted.files))


def _rows(connection: Connection, table: walk.Table) -> Iterator[tuple[int, bytes]]:
    """The rows of a table, so many in one line that no line grows long: how many, and the line."""
    columns, waiting, size = tuple(walk.columns(table)), list[walk.Row](), 1
    for part in walk.rows(connection, table, AT_ONCE):
        waiting += part
        while len(waiting) >= size:
            line = parcel.written(parcel.Rows(table.name, columns, tuple(waiting[:size])))
            yield size, line
            del waiting[:size]
            size = parcel.next_size(size, len(line), AT_ONCE)
    if waiting:
        yield len(waiting), parcel.written(parcel.Rows(table.name, columns, tuple(waiting)))


def _files(site: Site, store: Store) -> Iterator[tuple[str, Path]]:
    """The site's own files and what is noted beside the database, with their names in the site's folder."""
    root = site.places.root
    found = [root / ".gitignore"]
    for folder in FOLDERS:
        found += sorted(path for path in (root / folder).rglob("*") if not path.name.startswith("."))
    yield from ((path.relative_to(root).as_posix(), path) for path in found if path.is_file())
    beside = (store.notes or site.places.state / noted.FILE, site.places.state / LOG)
    yield from ((name, path) for name, path in zip(ADDED_TO, beside, strict=True) if path.is_file())


def _file(name: str, path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield parcel.written(parcel.FilePart(name, file.read(parcel.PART)))
        while data := file.read(parcel.PART):
            yield parcel.written(parcel.FilePart(name, data))


def _read_back(path: Path, key: str, counted: _Counted, report: Report) -> None:
    """Read the file to its end, as a restore would; raises vault.SealError where anything of it is not as it was written."""
    done = 0
    with path.open("rb") as file:
        for part in parcel.read(vault.opened(file, lambda: key)):
            if isinstance(part, parcel.Rows):
                done += len(part.rows)
                report(done, counted.total, "rows read back")


def _name(scratch: Path, path: Path) -> None:
    """Give the file its name, where nothing has it meanwhile."""
    try:
        os.link(scratch, path)
    except FileExistsError:
        raise UsageError(f"{path} exists by now; a backup overwrites nothing. Choose another name.") from None
    except OSError:  # a disk without links
        scratch.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
