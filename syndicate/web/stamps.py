"""When a form was shown, signed: a form that comes back at once was filled in by a program, one of yesterday is stale."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

LEAST = timedelta(seconds=2)
"""No person reads and fills in a form faster."""
MOST = timedelta(days=1)
"""How long a page may have lain open."""


def stamp(ring: Sequence[bytes], now: datetime) -> str:
    """The moment a form is shown, signed with the newest key."""
    moment = f"{int(now.timestamp() * 1000):x}"
    return f"{moment}.{_signature(ring[0], moment)}"


def judge(ring: Sequence[bytes], text: str, now: datetime) -> Literal["good", "quick", "stale"]:
    """What a stamp says of a form that came back; one that is not ours is stale."""
    moment, _, signature = text.partition(".")
    if not signature.isascii() or not any(hmac.compare_digest(_signature(key, moment), signature) for key in ring):
        return "stale"
    age = now - datetime.fromtimestamp(int(moment, 16) / 1000, UTC)
    if age < LEAST:
        return "quick"
    return "good" if age <= MOST else "stale"


def _signature(key: bytes, moment: str) -> str:
    return hmac.digest(key, f"syndicate form {moment}".encode(), "sha256")[:16].hex()
