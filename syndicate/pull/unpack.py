"""Compressed bodies, unpacked piece by piece, so that a bomb costs no more than what is taken from it. Pure.

zlib is asked itself, because urllib3 takes a stream that breaks off for a whole one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

CODINGS = ("gzip", "x-gzip", "deflate")
"""What we ask for and understand (RFC 9110 §8.4.1)."""

_PIECE = 65_536
_GZIP = 31
_MOST_LAYERS = 3


class NotWhole(ValueError):
    """The compressed stream ends before its end."""


class Foreign(ValueError):
    """A coding that nobody asked for; the message is its name."""


def unpack(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """The body under all layers that the Content-Encoding `coding` names, in pieces of at most 64 KB.

    Raises Foreign for an unknown coding at once; NotWhole and zlib.error while it is read.
    """
    layers = [name for one in coding.lower().split(",") if (name := one.strip()) and name != "identity"]
    for name in layers:
        if name not in CODINGS:
            raise Foreign(name)
    if len(layers) > _MOST_LAYERS:
        raise Foreign(coding)
    stream = iter(pieces)
    for name in reversed(layers):
        stream = _inflated(stream, name)
    return stream


def _inflated(pieces: Iterator[bytes], coding: str) -> Iterator[bytes]:
    """One layer; gzip may have several members one after the other (RFC 1952 §2.2)."""
    first = next((piece for piece in pieces if piece), b"")
    machine = _machine(first, coding)
    for piece in chain([first], pieces):
        waiting = piece
        while waiting:
            if machine.eof:
                if not waiting.startswith(b"\x1f"):
                    # Padding behind the end says nothing.
                    break
                machine = _machine(waiting, coding)
            yield machine.decompress(waiting, _PIECE)
            waiting = machine.unconsumed_tail or machine.unused_data
    while not machine.eof:
        rest = machine.decompress(b"", _PIECE)
        if not rest:
            raise NotWhole("the compressed body breaks off")
        yield rest


def _machine(start: bytes, coding: str) -> zlib._Decompress:
    if coding != "deflate":
        return zlib.decompressobj(_GZIP)
    # Some servers send the bare stream, without the zlib header that "deflate" means.
    wrapped = len(start) > 1 and start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
