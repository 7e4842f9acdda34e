"""Documents on disk: written whole or not at all, only when their bytes changed, each with a compressed twin."""

from __future__ import annotations

import errno
import gzip
import os
import struct
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from syndicate.errors import SyndicateError
from syndicate.models import Document

NAMES = ("rss.xml", "atom.xml", "feed.json", "index.html", "embed.html")
"""The documents of a feed."""

PAGED = ("rss.xml", "atom.xml", "feed.json", "index.html")
"""The documents of an archive page."""

_TEMPORARY = ".syndicate-tmp"
_STALE = 3600.0  # seconds


def write(public: Path, documents: Iterable[Document], changing: Callable[[str], None] | None = None) -> list[str]:
    """Write the documents whose bytes changed and return their paths, in order.

    Each goes to a temporary file in its own folder, then to the disk, then in one step over the old one; what a killed
    run left behind is cleared away. Beside each stands `<name>.gz`. `changing` is told of a path before its bytes change.
    Raises SyndicateError when a path leads out of `public` or the disk refuses; the old file then stays as it was.
    """
    written = []
    folders: set[Path] = set()
    for document in documents:
        target = _inside(public, document.path)
        with _told(document.path, "write"):
            if target.parent not in folders:
                _make(target.parent)
                _sweep(target.parent)
                folders.add(target.parent)
            if _read(target) != document.content:
                if changing:
                    changing(document.path)
                _replace(target, document.content, durable=True)
                written.append(document.path)
            _compress(target, document.content)
    return written


def remove(public: Path, slug: str) -> list[str]:
    """Take a feed's documents away and return the paths of those that were there. Foreign files stay."""
    removed = remove_pages(public, slug, after=0)
    removed += _remove(public, [f"feeds/{slug}/{name}" for name in NAMES])
    _clear(_inside(public, f"feeds/{slug}/index.html").parent)
    return removed


def page_of(slug: str, number: int) -> list[str]:
    """The paths of an archive page's documents."""
    return [f"feeds/{slug}/archive/{number}/{name}" for name in PAGED]


def remove_pages(public: Path, slug: str, *, after: int) -> list[str]:
    """Take away a feed's archive pages with higher numbers, and return the paths of the documents that were there."""
    folder = _inside(public, f"feeds/{slug}/archive/index.html").parent
    if not folder.is_dir():
        return []
    removed = []
    for page in [one for one in folder.iterdir() if one.name.isdecimal() and int(one.name) > after]:
        removed += _remove(public, page_of(slug, int(page.name)))
        _clear(page)
    _clear(folder)
    return sorted(removed)


def _remove(public: Path, paths: Iterable[str]) -> list[str]:
    removed = []
    for path in paths:
        target = _inside(public, path)
        with _told(path, "remove"):
            if target.is_file():
                target.unlink()
                removed.append(path)
            _twin(target).unlink(missing_ok=True)
    return removed


def _clear(folder: Path) -> None:
    """Remove a folder in which nothing is left."""
    if folder.is_dir():
        _sweep(folder)
        if not any(folder.iterdir()):
            folder.rmdir()


def missing(public: Path, paths: Iterable[str]) -> bool:
    """Whether any of the documents, or its compressed twin, is not there. Each folder is looked into once."""
    there: dict[str, set[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if folder not in there:
            there[folder] = _names(public / folder)
        if not {name, f"{name}.gz"} <= there[folder]:
            return True
    return False


def _names(folder: Path) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_file()}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def _inside(public: Path, path: str) -> Path:
    parts = PurePosixPath(path).parts
    odd = not parts or path.startswith("/") or "\\" in path or "\0" in path or path != "/".join(parts)
    target = public.joinpath(*parts)
    if odd or ".." in parts or not target.parent.resolve().is_relative_to(public.resolve()):
        raise SyndicateError(f"{path!r} would lie outside {public}: nothing was written there; use a plain slug.")
    return target


@contextmanager
def _told(path: str, doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        advice = "correct this and run it again"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            advice = "free some space and run it again"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            advice = "let this user write there and run it again"
        raise SyndicateError(
            f"Could not {doing} {path}: {error.strerror or error}. What was there is as it was; {advice}."
        ) from error


def _make(folder: Path) -> None:
    for part in (*reversed(folder.parents), folder):
        if not part.is_dir():
            part.mkdir(exist_ok=True)
            part.chmod(0o755)


def _read(target: Path) -> bytes | None:
    try:
        return target.read_bytes()
    except FileNotFoundError:
        return None


def _replace(target: Path, content: bytes, *, durable: bool) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}{_TEMPORARY}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            if durable:
                os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _twin(target: Path) -> Path:
    return target.with_name(f"{target.name}.gz")


def _compress(target: Path, content: bytes) -> None:
    # The last eight bytes of a gzip file are the CRC and the length of what it holds (RFC 1952 §2.3.1): a twin that was
    # cut off or left behind shows without being unpacked. It can always be made again, so it need not be durable; an old
    # one goes first, lest servers hand it out beside a new document.
    twin = _twin(target)
    if (_read(twin) or b"")[-8:] != struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF):
        twin.unlink(missing_ok=True)
        _replace(twin, gzip.compress(content, compresslevel=9, mtime=0), durable=False)


def _sweep(folder: Path) -> None:
    for left in folder.glob(f".*{_TEMPORARY}"):
        process = left.name.removesuffix(_TEMPORARY).rpartition(".")[2]
        if not _alive(process) or time.time() - left.stat().st_mtime > _STALE:
            left.unlink(missing_ok=True)


def _alive(process: str) -> bool:
    if not process.isdigit() or int(process) == os.getpid():
        return False
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
