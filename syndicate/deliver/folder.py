"""The folder transport: each mail a whole .eml file, to be looked at or sent by other means.

It is the default, the dry run and the tests' sink. A file's name is `<edition>-<delivery>.eml`, so the same delivery written
twice is one file. A file appears under its name only when it is whole and on the disk: written beside it under a hidden
name, synced, renamed, and the folder synced before the first receipt. Only the owner may read folder (0700) and files (0600).
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from syndicate.deliver import NO_TICKET, Attempt, Batch, Ticket
from syndicate.errors import DeliveryError, SyndicateError, UsageError
from syndicate.models import Copy, Letter, Receipt

_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_TEMPORARY = re.compile(r"\.(?P<name>.+\.eml)\.[0-9]+\.tmp")


class FolderTransport:
    """Writes mail into `folder`, which is made when it is first needed. `writer` makes what gives a copy its bytes (RFC 5322)."""

    name = "folder"
    batch_size = 500
    single = False
    undoable = False

    def __init__(self, folder: Path, writer: Callable[[Letter], Callable[[Copy], bytes]]) -> None:
        self.folder = folder
        self._writer = writer

    def prepare(self, now: datetime, send_at: datetime | None) -> Ticket:
        """Nothing: a file is there at once, and cannot be called back."""
        return NO_TICKET

    def post(self, batch: Batch) -> Iterator[Receipt]:
        """Writes the batch; the receipts come when all of it is on the disk.

        When the folder cannot be written to, those not written are `requeue`, and DeliveryError follows the last receipt.
        Raises UsageError for ids that cannot be part of a file's name.
        """
        names = [file_name(batch.edition, copy.id) for copy in batch.copies]
        receipts: list[Receipt] = []
        trouble, write = _prepared(self.folder), self._writer(batch.letter)
        for copy, name in zip(batch.copies, names, strict=True):
            if trouble is None:
                receipt, trouble = self._written(write, copy, name)
                receipts.append(receipt)
            else:
                receipts.append(Receipt(copy.id, "requeue", _reason(trouble)))
        if any(receipt.outcome == "accepted" for receipt in receipts):
            _sync_folder(self.folder)
        yield from receipts
        if trouble is not None:
            raise DeliveryError(_sentence(self.folder, trouble)) from trouble

    def settle(self, attempt: Attempt, now: datetime) -> list[Receipt]:
        """What became of a batch: a file is there, whole, or nothing is. Sweeps away what was half-written."""
        names = {delivery: file_name(attempt.edition, delivery) for delivery in attempt.deliveries}
        there = _listed(self.folder)
        wanted = set(names.values())
        _sweep(self.folder, [found for found in there - wanted if _whose(found) in wanted])
        if wanted & there:
            # Renamed, perhaps, but not yet synced when the process died.
            _sync_folder(self.folder)
        return [
            Receipt(delivery, "accepted") if name in there else Receipt(delivery, "requeue", "it was never written")
            for delivery, name in names.items()
        ]

    def recall(self, attempt: Attempt, now: datetime) -> bool:
        """Never: what lies in the folder has arrived."""
        return False

    def forget(self, attempt: Attempt, now: datetime) -> bool:
        """There is nothing to clear away."""
        return True

    def close(self) -> None:
        """Nothing is held open."""

    def _written(self, write: Callable[[Copy], bytes], copy: Copy, name: str) -> tuple[Receipt, OSError | None]:
        try:
            content = write(copy)
        except (ValueError, SyndicateError) as error:
            return Receipt(copy.id, "failed", f"The mail cannot be written: {error}"), None
        try:
            _write(self.folder / name, content)
        except OSError as error:
            return Receipt(copy.id, "requeue", _reason(error)), error
        return Receipt(copy.id, "accepted"), None


def file_name(edition: str, delivery: str) -> str:
    """The name of a delivery's file. Raises UsageError for an id with other than letters, digits, `.`, `_` and `-`.

    A hyphen of the delivery's id becomes `~`, so that the last hyphen always parts the two: without that the mails of
    `news-1` could not be told from those of `news-1-2`.
    """
    for what in (edition, delivery):
        if not _ID.fullmatch(what):
            raise UsageError(f"“{what[:40]}” cannot be part of a file's name: use letters, digits, hyphens.")
    return f"{edition}-{delivery.replace('-', '~')}.eml"


def erase(folder: Path, editions: Collection[str], deliveries: Collection[tuple[str, str]] = ()) -> int:
    """Deletes the mails of whole editions, and single ones as (edition, delivery); returns how many files went.

    Raises DeliveryError when one cannot be deleted.
    """
    single = {file_name(edition, delivery) for edition, delivery in deliveries}
    doomed = []
    for found in _listed(folder):
        name = _whose(found)
        if name in single or (name.endswith(".eml") and name.rpartition("-")[0] in editions):
            doomed.append(found)
    _sweep(folder, doomed)
    if doomed:
        _sync_folder(folder)
    return sum(not _TEMPORARY.fullmatch(found) for found in doomed)


def _whose(found: str) -> str:
    """The file that a name in the folder is, or was to become."""
    temporary = _TEMPORARY.fullmatch(found)
    return temporary["name"] if temporary else found


def _listed(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))  # noqa: PTH208 (names are wanted, a hundred thousand of them)
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise DeliveryError(_sentence(folder, error)) from error


def _sweep(folder: Path, names: list[str]) -> None:
    try:
        for name in names:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise DeliveryError(_sentence(folder, error)) from error


def _prepared(folder: Path) -> OSError | None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        return error
    return None


def _write(path: Path, content: bytes) -> None:
    # The process's number, so that two workers at the same delivery cannot mix their bytes; the last rename stays.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise DeliveryError(_sentence(folder, error)) from error


_TOLD = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EFBIG: "files may not grow so large here",
    errno.EROFS: "the disk may only be read",
    errno.EACCES: "it may not be written to",
    errno.EPERM: "it may not be written to",
    errno.ENOTDIR: "it is not a folder",
    errno.EEXIST: "it is not a folder",
}


def _reason(error: OSError) -> str:
    return _TOLD.get(error.errno or 0, error.strerror or type(error).__name__)


def _sentence(folder: Path, error: OSError) -> str:
    return f"Mail cannot be written into {folder}: {_reason(error)}. Put that right and send again; nothing is lost."
