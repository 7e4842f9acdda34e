"""Events from a file: the provider's JSON (an array, or a line for each event or delivery), or mails that came back.

What it is, is seen from its beginning: mails are one file (.eml), an mbox, or a maildir. Read piece by piece.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from syndicate.deliver import bounces, events
from syndicate.deliver.events import Event
from syndicate.errors import UsageError

LARGEST = 200_000_000
"""The most bytes of one JSON array, which is read whole."""

LONGEST_LINE = 8_000_000
"""The most bytes of one line; of a longer one the rest is passed over, and it counts as bad."""


def read(path: Path, now: datetime) -> Iterator[Event | None]:
    """The events in a file or maildir, None for each thing that is none. `now` is for mails that have no date.

    Raises UsageError for what is neither of them, and when it cannot be read.
    """
    try:
        yield from _maildir(path, now) if path.is_dir() else _file(path, now)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def _maildir(path: Path, now: datetime) -> Iterator[Event | None]:
    folders = [path / name for name in ("cur", "new") if (path / name).is_dir()]
    if not folders:
        raise UsageError(f"{path} is a folder and no maildir (it has neither cur nor new). Name a file or a maildir.")
    for folder in folders:
        for mail in sorted(one for one in folder.iterdir() if one.is_file()):
            yield from bounces.read(mail.read_bytes(), now)


def _file(path: Path, now: datetime) -> Iterator[Event | None]:
    with path.open("rb") as file:
        start = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"From "):
        yield from _mbox(path, now)
    elif start.startswith(b"["):
        yield from _array(path)
    elif start.startswith(b"{"):
        yield from _lines(path)
    elif b":" in start.partition(b"\n")[0]:
        yield from bounces.read(path.read_bytes(), now)
    elif start:
        raise UsageError(f"{path} holds neither events (JSON) nor mails that came back (.eml, mbox, maildir).")


def _mbox(path: Path, now: datetime) -> Iterator[Event | None]:
    import mailbox

    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            yield from bounces.read(box.get_bytes(key), now)
    finally:
        box.close()


def _array(path: Path) -> Iterator[Event | None]:
    if path.stat().st_size > LARGEST:
        raise UsageError(f"{path} is one array of more than 200 MB: cut it into files, or write one event in a line.")
    body = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    found = list(events.read_all(body))
    # Several arrays, one in each line, are how deliveries of the provider are usually logged.
    yield from _lines(path) if found == [None] and b"\n" in body.strip() else found


def _lines(path: Path) -> Iterator[Event | None]:
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE):
            line = line.removeprefix(b"\xef\xbb\xbf").strip()
            if line:
                yield from events.read_all(line)
