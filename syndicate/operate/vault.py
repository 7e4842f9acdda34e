"""A sealed file: bytes, compressed and encrypted under a passphrase, that show when one of them is missing or changed.

    one line     syndicate backup
    one line     {"format": 1, "n": 131072, "salt": "…", "check": "…"}
    pieces       of 1 MiB, each encrypted and authenticated with ChaCha20-Poly1305; the last is shorter

The key is made from the passphrase by scrypt (n as the file says, r = 8, p = 1), which takes 128 MB and half a second: who
guesses pays that for each guess. Each piece is bound to its number, to whether it is the last, and to the two lines before. So
none can be left out, exchanged, or cut off. The salt is new in every file, and with it the key: no nonce is used twice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from syndicate.errors import SyndicateError

FORMAT = 1
"""The form of file that this program writes, and the newest that it reads."""

SHORTEST = 12
"""A passphrase of fewer characters is refused: it could be guessed."""

_MAGIC = b"syndicate backup\n"
_WORK = 2**17
_LEAST, _MOST = 2**14, 2**20
_PIECE = 1 << 20
_TAG = 16
_HEAD = 1000
_LEVEL = 3
"""Of compression: a higher one takes twice the time for a tenth less."""


class SealError(SyndicateError):
    """A sealed file cannot be opened: it is none, it was damaged, its key is another, or it is of a newer form."""


def _keys(passphrase: str, salt: bytes, work: int) -> tuple[bytes, bytes]:
    """The key, and what tells a wrong passphrase from a damaged file."""
    text = unicodedata.normalize("NFC", passphrase.strip()).encode()
    made = hashlib.scrypt(text, salt=salt, n=work, r=8, p=1, maxmem=256 * 8 * work, dklen=64)
    return made[:32], hashlib.sha256(b"syndicate backup check" + made[32:]).digest()[:16]


def _cipher(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    return ChaCha20Poly1305(key)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class Sealer:
    """Writes a sealed file. What was not closed is no sealed file: whoever opens it is told that its end is missing."""

    def __init__(self, file: BinaryIO, passphrase: str, *, work: int = _WORK) -> None:
        salt = os.urandom(16)
        key, check = _keys(passphrase, salt, work)
        head = {"format": FORMAT, "n": work, "salt": salt.hex(), "check": check.hex()}
        self._file, self._cipher = file, _cipher(key)
        self._bound = _MAGIC + json.dumps(head).encode() + b"\n"
        self._zip, self._waiting, self._number = zlib.compressobj(_LEVEL), bytearray(), 0
        file.write(self._bound)

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._waiting += self._zip.compress(data)
        while len(self._waiting) > _PIECE:
            self._seal(bytes(self._waiting[:_PIECE]), last=False)
            del self._waiting[:_PIECE]

    def close(self) -> None:
        """Write the end."""
        self._waiting += self._zip.flush()
        while len(self._waiting) > _PIECE:
            self._seal(bytes(self._waiting[:_PIECE]), last=False)
            del self._waiting[:_PIECE]
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), piece, self._bound))
        self._number += 1


def opened(file: BinaryIO, passphrase: Callable[[], str]) -> Iterator[bytes]:
    """The lines that were sealed, streamed. All before a line is proven to be as it was written; the end, at the end.

    The passphrase is asked for once it is known that this is a sealed file. Raises SealError.
    """
    bound, head = _head(file)
    key, check = _keys(passphrase(), bytes.fromhex(head["salt"]), head["n"])
    if not hmac.compare_digest(check.hex(), head["check"]):
        raise SealError("This key does not open the backup: it was made with another. Nothing was changed.")
    rest = b""
    for part in _plain(file, _cipher(key), bound):
        *lines, rest = (rest + part).split(b"\n")
        yield from lines
    if rest:
        raise SealError(_DAMAGED)


_DAMAGED = "This backup is damaged: its end is missing, or something in it was changed. Take another one."


def _head(file: BinaryIO) -> tuple[bytes, dict[str, Any]]:
    """The two lines at the beginning; raises SealError where they are not ours."""
    magic = file.read(len(_MAGIC))
    if magic != _MAGIC:
        raise SealError("This file is no backup of syndicate.")
    line = file.readline(_HEAD)
    try:
        head = json.loads(line)
        form = int(head["format"])
        if form > FORMAT:
            raise SealError(
                f"This backup was made by a newer syndicate (form {form}; this one reads {FORMAT}). "
                "Install the newer version, then restore."
            )
        work = head["n"]
        fine = work in (2**bits for bits in range(30)) and _LEAST <= work <= _MOST
        if not fine or len(bytes.fromhex(head["salt"])) != 16 or len(head["check"]) != 32:
            raise SealError(_DAMAGED)
    except (ValueError, KeyError, TypeError):
        raise SealError(_DAMAGED) from None
    return magic + line, head


def _plain(file: BinaryIO, cipher: Any, bound: bytes) -> Iterator[bytes]:
    """The bytes that were sealed, as they were before they were compressed."""
    from cryptography.exceptions import InvalidTag

    unzip, number, piece = zlib.decompressobj(), 0, file.read(_PIECE + _TAG)
    while piece:
        following = file.read(_PIECE + _TAG)
        try:
            packed = cipher.decrypt(_nonce(number, not following), piece, bound)
        except InvalidTag:
            raise SealError(_DAMAGED) from None
        while packed:
            yield unzip.decompress(packed, _PIECE)
            packed = unzip.unconsumed_tail
        number, piece = number + 1, following
    if not unzip.eof:
        raise SealError(_DAMAGED)
