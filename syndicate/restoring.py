"""The hall: a backup → a site, whole or not at all, which then is disarmed.

    read to its end beside what is there → prepared: a list of files to put in place → put in place → who left stays away

All is written under other names first, and read to the end: a wrong key, a missing byte, a newer form end it with nothing
changed. Then a list of what is to be renamed is written, and from there on it only goes forward: whoever comes next, after a
kill, finishes it (`finish`). What was there before is kept aside.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from syndicate import arming
from syndicate.backups import ADDED_TO, FOLDERS, KEYS
from syndicate.config.ring import keys_in, private, written_keys
from syndicate.deliver import lock
from syndicate.errors import LockHeld, StoreError, UsageError
from syndicate.models import Places
from syndicate.operate import parcel, vault
from syndicate.store import Store, armed, noted, refill

PLAN = "restore.json"
"""In `var/`: what is still to be renamed. Where it is, a restore is to be finished before anything else."""

LOCK = "in-use"
"""The lock that every process shares which has the database open, and that a restore holds alone."""

NEW = ".restoring"

Report = Callable[[int, int, str], None]
Opened = Callable[[parcel.Manifest], None]
"""Told what the backup is, before anything is changed; raises to stop."""


@dataclass(frozen=True, slots=True)
class Into:
    """Where to restore: the site's places, the SQLite file (None for a server, whose `store` it is), the environment's keys."""

    places: Places
    database: Path | None
    store: Callable[[], Store]
    ring: Sequence[bytes] | None = None

    @property
    def notes(self) -> Path:
        """The file beside the database."""
        return (self.database.parent if self.database else self.places.state) / noted.FILE


@dataclass(frozen=True, slots=True)
class Restored:
    """A site that was put in place. `aside` is where what was there before is kept; None where nothing was."""

    manifest: parcel.Manifest
    tables: dict[str, int]
    files: tuple[str, ...]
    aside: Path | None
    copy: armed.Copy


@dataclass
class _Staged:
    """What lies ready under other names, by the name it is to have; once `planned`, it will get that name."""

    files: dict[str, Path] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    planned: bool = False

    def clear(self) -> None:
        """Delete what will not be used."""
        for path in [] if self.planned else self.files.values():
            path.unlink(missing_ok=True)


@contextmanager
def alone(places: Places) -> Iterator[None]:
    """Nobody else has the site's database open while the block runs. Raises UsageError where somebody has."""
    folder = private(places) / "locks"
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        with lock.hold(folder / LOCK, name="syndicate restore"):
            yield
    except LockHeld:
        raise UsageError(
            "Another command has this site open: `serve`, `run`, a send, or another restore. "
            "Stop it or wait for its end, then type the same again. Nothing was changed."
        ) from None


def restore(into: Into, file: Path, key: Callable[[], str], opened: Opened, now: datetime, report: Report) -> Restored:
    """Put the backup `file` in place. Raises vault.SealError, StoreError and UsageError with nothing changed."""
    with _plainly(file), file.open("rb") as source:
        parts = parcel.read(vault.opened(source, key))
        manifest = next(parts)
        assert isinstance(manifest, parcel.Manifest)
        refill.check(manifest.schema)
        opened(manifest)
        with alone(into.places):
            finish(into.places)
            staged = _Staged()
            try:
                copy = _staged(into, manifest, parts, staged, now, report)
                aside = _kept_aside(into, staged, now)
                _commit(into, staged)
            finally:
                staged.clear()
            finish(into.places)
    names = tuple(sorted(name for name in staged.files if name != _DATABASE))
    return Restored(manifest, staged.tables, names, aside, copy)


@contextmanager
def _plainly(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or file
        raise StoreError(f"{where}: {error.strerror}. Nothing was changed.") from error


# ---------------------------------------------------------------- beside what is there


_DATABASE = "database"


def _staged(
    into: Into, manifest: parcel.Manifest, parts: Iterator[parcel.Part], staged: _Staged, now: datetime, report: Report
) -> armed.Copy:
    """Write everything under other names, and read the backup to its end."""
    with _filling(into, manifest, staged) as filling:
        for part in parts:
            if isinstance(part, parcel.Rows):
                filling.load(part.table, part.columns, part.rows)
                staged.tables[part.table] = staged.tables.get(part.table, 0) + len(part.rows)
                report(sum(staged.tables.values()), 0, "rows")
            elif isinstance(part, parcel.FilePart):
                _add(into, staged, part)
        filling.finish()
        copy = arming.disarm(filling.connection, now, manifest.made)
        _merge_keys(into, staged)
        for name in ADDED_TO:
            _merge_added(into, staged, name)
    return copy


@contextmanager
def _filling(into: Into, manifest: parcel.Manifest, staged: _Staged) -> Iterator[refill.Filling]:
    if into.database is None:
        with refill.server(into.store(), manifest.schema) as filling:
            yield filling
        return
    into.database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = staged.files[_DATABASE] = _new(into.database)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with refill.file(path, manifest.schema) as filling:
        yield filling
    _sync(path)


def _add(into: Into, staged: _Staged, part: parcel.FilePart) -> None:
    if part.name not in staged.files:
        path = _place(into, part.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        staged.files[part.name] = _new(path)
    mode = 0o600 if part.name.startswith("var/") else 0o666
    with os.fdopen(os.open(staged.files[part.name], os.O_CREAT | os.O_APPEND | os.O_WRONLY, mode), "ab") as file:
        file.write(part.data)
        file.flush()
        os.fsync(file.fileno())


def _place(into: Into, name: str) -> Path:
    """Where a file of the backup belongs; raises SealError for a name that no backup has."""
    if name == _DATABASE and into.database:
        return into.database
    parts = PurePosixPath(name).parts
    if name == ADDED_TO[0]:
        return into.notes
    if name in (KEYS, *ADDED_TO):
        return into.places.state / parts[-1]
    fine = name == ".gitignore" or (len(parts) > 1 and parts[0] in FOLDERS)
    if not fine or ".." in parts:
        raise vault.SealError(f"This backup holds {name!r}, which belongs to no site. Nothing was changed.")
    return into.places.root.joinpath(*parts)


def _new(path: Path) -> Path:
    """The other name of a file while it is written; what a killed restore left under it is deleted."""
    new = path.with_name(f".{path.name}{NEW}")
    new.unlink(missing_ok=True)
    return new


def _merge_keys(into: Into, staged: _Staged) -> None:
    """The keys that are here stay the newest; those of the backup still verify. Raises UsageError where it cannot be so."""
    theirs = keys_in(staged.files[KEYS])
    if into.ring is not None:
        if any(key not in into.ring for key in theirs):
            raise UsageError(
                "SYNDICATE_SECRET_KEY lacks a key that this backup was made with: links that were mailed would stop working, and "
                "who left would not be known again. Unset it, or give it all the keys. Nothing was changed."
            )
        return
    path = into.places.state / "secret.key"
    ours = keys_in(path) if path.exists() else []
    merged = [*ours, *(key for key in theirs if key not in ours)]
    staged.files[KEYS].write_text(written_keys(merged), "ascii")
    _sync(staged.files[KEYS])


def _merge_added(into: Into, staged: _Staged, name: str) -> None:
    """A file that is only added to: what is here and what is in the backup, both."""
    here, new = _place(into, name), staged.files.get(name)
    if new is None or not here.exists():
        return
    if not _begins_with(new, here):  # else the backup's is the longer
        if not _begins_with(here, new):
            with new.open("ab") as file, here.open("rb") as ours:
                file.write(b"\n")
                shutil.copyfileobj(ours, file)
        else:
            shutil.copyfile(here, new)
        _sync(new)


def _begins_with(path: Path, beginning: Path) -> bool:
    if path.stat().st_size < beginning.stat().st_size:
        return False
    with path.open("rb") as long, beginning.open("rb") as short:
        return all(long.read(len(part)) == part for part in iter(lambda: short.read(parcel.PART), b""))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# ---------------------------------------------------------------- putting in place


def _kept_aside(into: Into, staged: _Staged, now: datetime) -> Path | None:
    """Keep what will be replaced, under other names; where, or None where nothing is."""
    folder = into.places.state / f"before-restore-{now:%Y-%m-%d-%H%M%S}"
    database = into.database
    found = {name: _place(into, name) for name in staged.files if name != _DATABASE}
    found |= {path.name: path for path in _of_database(database)} if database else {}
    there = {name: path for name, path in found.items() if path.exists() and not _same(path, staged.files.get(name))}
    for name, path in there.items():
        target = folder / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.link(path, target)
        except OSError:
            shutil.copy2(path, target)
    return folder if there else None


def _of_database(database: Path) -> list[Path]:
    return [database, *(database.with_name(database.name + end) for end in ("-wal", "-shm"))]


def _same(path: Path, other: Path | None) -> bool:
    return other is not None and path.stat().st_size == other.stat().st_size and _begins_with(path, other)


def _commit(into: Into, staged: _Staged) -> None:
    """Write down what is to be renamed. From here on the restore happens, whatever is killed."""
    moves = [(str(new), str(_place(into, name))) for name, new in staged.files.items()]
    logs = [str(path) for path in _of_database(into.database)[1:]] if into.database else []
    plan = into.places.state / PLAN
    new = _new(plan)
    new.write_text(json.dumps({"delete": logs, "rename": moves}))
    _sync(new)
    new.replace(plan)
    staged.planned = True
    _sync(plan.parent)


def finish(places: Places) -> bool:
    """Rename what a restore prepared; True where there was something. The caller holds the lock."""
    plan = places.state / PLAN
    if not plan.exists():
        return False
    todo = json.loads(plan.read_text())
    for path in todo["delete"]:  # the old database's log would be taken for the new one's
        Path(path).unlink(missing_ok=True)
    folders = {plan.parent}
    for new, path in todo["rename"]:
        with suppress(FileNotFoundError):
            Path(new).replace(path)
        folders.add(Path(path).parent)
    for folder in folders:
        _sync(folder)
    plan.unlink()
    _sync(plan.parent)
    return True
