"""Bytes of any spreadsheet program → lines of text, with their numbers, in bounded memory.

Excel saves UTF-16 ("Unicode text"), windows-1250 or -1252 and UTF-8 with a byte order mark; everything else saves UTF-8.
One file may hold several, pasted together, so that each line which is not UTF-8 falls back on its own. ë and ç are the same
bytes in both Windows encodings; which of the two it is matters only for other people's letters.
"""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

LONGEST = 65_536
"""Bytes of the longest line that is read whole; of a longer one the rest is dropped."""

_CHUNK = 65_536
# Letters of Serbian, Croatian and Polish names in windows-1250, and of Italian and French ones in windows-1252.
_EASTERN = frozenset(b"\xc6\xc8\xd0\xe6\xe8\xf0\xb3\xb9\xbf")
_WESTERN = frozenset(b"\xc0\xc9\xe0\xe2\xea\xec\xee\xf1\xf2\xf9\xfb")


class Lines:
    """The lines of a binary stream, each with its number from 1, endings kept. A line can be pushed back or peeked at.

    `encoding` names what the lines so far turned out to be.
    """

    def __init__(self, stream: BinaryIO) -> None:
        head = _filled(stream)
        self._wide, self._narrow = _encodings(head)
        self.encoding = self._wide or "utf-8"
        self._bytes = _split(_as_bytes(head, stream, self._wide))
        self._waiting: deque[str] = deque()
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        while (line := self.take()) is not None:
            yield line

    def take(self) -> str | None:
        """The next line, or None at the end."""
        line = self._waiting.popleft() if self._waiting else self._read()
        self.number += line is not None
        return line

    def give_back(self, lines: list[str]) -> None:
        """Puts lines back, so that the next ones taken are these, in this order."""
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)

    def peek(self, count: int) -> list[str]:
        """The next lines, at most `count`, without taking them."""
        while len(self._waiting) < count and (line := self._read()) is not None:
            self._waiting.append(line)
        return list(islice(self._waiting, count))

    def _read(self) -> str | None:
        raw = next(self._bytes, None)
        if raw is None:
            return None
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self.encoding = self._narrow
            return raw.decode(self._narrow, "replace")


def _filled(stream: BinaryIO) -> bytes:
    # A pipe hands over less than it is asked for.
    head = b""
    while len(head) < _CHUNK and (more := stream.read(_CHUNK - len(head))):
        head += more
    return head


def _encodings(head: bytes) -> tuple[str | None, str]:
    """The UTF-16 that the stream is in, if it is, and the 8-bit encoding of lines that are not UTF-8."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "windows-1252"
    # Without a mark: text of this part of the world has a zero in every second byte.
    for wide, zeros in (("utf-16-le", head[1:2000:2]), ("utf-16-be", head[0:2000:2])):
        if len(zeros) > 3 and zeros.count(0) > 0.8 * len(zeros):
            return wide, "windows-1252"
    eastern, western = (sum(byte in letters for byte in head) for letters in (_EASTERN, _WESTERN))
    return None, "windows-1250" if eastern > western else "windows-1252"


def _as_bytes(head: bytes, stream: BinaryIO, wide: str | None) -> Iterator[bytes]:
    if wide is None:
        yield head.removeprefix(codecs.BOM_UTF8)
        while chunk := stream.read(_CHUNK):
            yield chunk
        return
    decoder = codecs.getincrementaldecoder(wide)("replace")
    chunk = head
    while chunk:
        yield decoder.decode(chunk).encode("utf-8", "replace")
        chunk = stream.read(_CHUNK)
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _split(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Lines ended by LF, CR LF or CR. Of one longer than LONGEST only the beginning comes, cut to LONGEST bytes."""
    rest, skipping = b"", False
    for chunk in chunks:
        found = (rest + chunk).splitlines(keepends=True) or [b""]
        # A CR at the end may be half of a CR LF.
        rest = b"" if found[-1].endswith(b"\n") else found.pop()
        for line in found:
            if not skipping:
                yield line[:LONGEST]
            skipping = False
        if len(rest) >= LONGEST:
            if not skipping:
                yield rest[:LONGEST]
            rest, skipping = rest[-1:], True
    if rest and not skipping:
        yield rest
