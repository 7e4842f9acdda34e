"""Who is alive: a lock on a file, which the system lets go of when its holder dies, however it dies.

`flock` on a file beside the SQLite database, on one machine and a local disk (over NFS its meaning varies). The file itself
stays: it means nothing, and deleting it while another process waits would make two locks of one. A child that is forked
without starting a new program inherits the lock, and keeps it beyond its parent's death.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from syndicate.errors import LockHeld, StoreError

__all__ = ["LockHeld", "alive", "hold"]

_TRIES = 10
_PAUSE = 0.02


@contextmanager
def hold(path: Path, *, name: str) -> Iterator[None]:
    """Holds the lock at `path` while the block runs; `name` says what for, to whoever else wants it.

    Does not wait. Raises LockHeld when somebody has it, also another thread of this process, and StoreError when the file
    cannot be made.
    """
    handle = _taken(path)
    try:
        _say(handle, f"{name} (process {os.getpid()})")
        yield
    finally:
        _say(handle, "")
        # Said aloud, because a forked child may still have the file open.
        fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


@contextmanager
def share(path: Path) -> Iterator[None]:
    """Holds the lock at `path` together with whoever else shares it; nobody can `hold` it meanwhile.

    Raises LockHeld when somebody holds it, and StoreError when the file cannot be made.
    """
    handle = _taken(path, fcntl.LOCK_SH)
    try:
        yield
    finally:
        os.close(handle)


def alive(path: Path) -> bool:
    """Whether somebody holds the lock at `path` at this moment. Raises StoreError when the file cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(f"The lock {path} cannot be read: {error.strerror}.") from error
    try:
        return not _locked(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def _taken(path: Path, how: int = fcntl.LOCK_EX) -> int:
    # A few tries, because `alive` takes the lock for an instant to see whether it can.
    for _ in range(_TRIES):
        handle = _opened(path)
        if _locked(handle, how) and _same(handle, path):
            return handle
        holder = os.pread(handle, 200, 0).decode("utf-8", "replace").strip()
        os.close(handle)
        time.sleep(_PAUSE)
    raise LockHeld(
        f"Another process is at work on this site: {holder or 'unknown'}. Wait until it has ended, and try again."
    )


def _say(handle: int, holder: str) -> None:
    # The name is a courtesy: a full disk must not cost the lock.
    with suppress(OSError):
        os.truncate(handle, 0)
        os.pwrite(handle, holder.encode(), 0)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"The lock {path} cannot be made: {error.strerror}. Check who owns that folder.") from error


def _locked(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _same(handle: int, path: Path) -> bool:
    """Whether the file that was locked is still the one at `path`: somebody may have deleted it in between."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
