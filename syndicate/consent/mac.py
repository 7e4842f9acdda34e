"""HMAC-SHA256 under one key for many messages: what signs links and recognises addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256

_BLOCK = 64
_INNER = bytes(sign ^ 0x36 for sign in range(256))
_OUTER = bytes(sign ^ 0x5C for sign in range(256))


@lru_cache(maxsize=64)
def mac(key: bytes) -> Callable[[bytes], bytes]:
    """The HMAC-SHA256 of messages under `key`, as `hmac.digest(key, message, "sha256")` gives it.

    Both of its hashes begin with the key, so they are begun once and copied: a third of the time (RFC 2104 §4).
    """
    block = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner, outer = sha256(block.translate(_INNER)), sha256(block.translate(_OUTER))

    def digest(message: bytes) -> bytes:
        within = inner.copy()
        within.update(message)
        around = outer.copy()
        around.update(within.digest())
        return around.digest()

    return digest
