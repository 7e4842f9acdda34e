"""The door to the machine: modes of files, room on disks, what git keeps. Reads, and changes nothing."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from syndicate.operate.machine import FileFact, Room

MOST_FILES = 5000
"""So many files are looked at, in git or in var/: an outbox may hold a million."""

LARGEST = 1_000_000
"""The most bytes that are read of a file that git keeps."""

SECONDS = 10


def files(state: Path, root: Path) -> list[FileFact]:
    """The private folder, and what is in it, the first few thousand; empty where there is none."""
    if not state.is_dir():
        return []
    found = [_fact(state, root)]
    for folder, folders, names in os.walk(state):
        for name in [*folders, *names]:
            path = Path(folder, name)
            if not path.is_symlink() and path.exists():
                found.append(_fact(path, root))
            if len(found) >= MOST_FILES:
                return found
    return found


def _fact(path: Path, root: Path) -> FileFact:
    about = path.stat()
    name = path.relative_to(root) if path.is_relative_to(root) else path
    shown = "." if str(name) == "." else f"{name}{'/' if path.is_dir() else ''}"
    return FileFact(shown, stat.S_IMODE(about.st_mode), about.st_uid, path.is_dir())


def room(folder: Path, name: str, database: Path | None = None) -> Room:
    """The disk under a folder, or under the nearest one above that is there."""
    here = next(one for one in (folder, *folder.parents) if one.exists())
    nodes = os.statvfs(here)
    size = database.stat().st_size if database and database.exists() else 0
    free = shutil.disk_usage(here).free
    return Room(
        name, free, nodes.f_favail if nodes.f_files else None, size, os.access(here, os.W_OK | os.X_OK), _kind(here)
    )


def _kind(path: Path) -> str:
    """The kind of file system that a path lies on; "" where the system does not say."""
    try:
        lines = [line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    except OSError:
        return ""
    here = path.resolve()
    mounts = [(words[1].replace("\\040", " "), words[2]) for words in lines if len(words) > 2]
    under = [(place, kind) for place, kind in mounts if here.is_relative_to(place)]
    return max(under, key=lambda one: len(one[0]), default=("", ""))[1]


class NoGit(Exception):
    """The site's folder is in no repository, or git cannot be asked; the message says which."""


def repository(root: Path) -> Path:
    """The repository that a folder is in. Raises NoGit."""
    return Path(_git(root, "rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").strip())


def kept(top: Path) -> Iterator[tuple[str, bytes]]:
    """The files that git keeps, as (name, content), the first few thousand. Raises NoGit."""
    names = _git(top, "ls-files", "-z").split(b"\0")
    for raw in names[:MOST_FILES]:
        path = top / os.fsdecode(raw)
        if raw and path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                yield os.fsdecode(raw), file.read(LARGEST)


def not_ignored(root: Path, names: list[str]) -> list[str]:
    """Those of these names in a folder that git would take. Raises NoGit."""
    said = (
        _git(root, "check-ignore", "--no-index", *names, lenient=True).decode("utf-8", "surrogateescape").splitlines()
    )
    return [one for one in names if one not in said]


def _git(folder: Path, *arguments: str, lenient: bool = False) -> bytes:
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, env=environment)
    except FileNotFoundError:
        raise NoGit("git is not installed") from None
    except (OSError, subprocess.TimeoutExpired):
        raise NoGit("git did not answer") from None
    if done.returncode and not (lenient and done.returncode == 1):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it failed"]
        raise NoGit("" if "not a git repository" in said[0] else f"git says: {said[0].removeprefix('fatal: ')}")
    return done.stdout
