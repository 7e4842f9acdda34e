"""Limits on the forms that make us write mails: so many from one network, so many in an hour for the whole site.

A network is counted under a keyed hash, which is forgotten after two days at the latest.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from syndicate.store import attempts
from syndicate.web.parts import Parts
from syndicate.web.visit import Visit, network

Window = tuple[timedelta, int]

PER_NETWORK: tuple[Window, ...] = ((timedelta(minutes=10), 60), (timedelta(days=1), 300))
"""How many forms one network may send. A school class that signs up in one hour shares an address."""

PER_SITE: tuple[Window, ...] = ((timedelta(hours=1), 1000),)
"""How many forms that lead to a mail are taken from everybody together."""


def reached(parts: Parts, visit: Visit) -> bool:
    """Count a form from the visitor's network; True where it has sent too many. Over the limit nothing is written."""
    return _reached(parts, f"network {network(visit.client)}", PER_NETWORK)


def crowded(parts: Parts) -> bool:
    """Count a form that leads to a mail; True where the whole site has had too many in this hour."""
    return _reached(parts, "site", PER_SITE)


def _reached(parts: Parts, who: str, windows: Sequence[Window]) -> bool:
    now, most = parts.now(), [number for _, number in windows]
    rows = [(hashed(parts.ring[0], f"{who} {span}"), begin(now, span)) for span, _ in windows]
    with parts.store.read() as connection:
        before = attempts.so_far(connection, rows)
    if any(count >= limit for count, limit in zip(before, most, strict=True)):
        return True
    with parts.store.write() as connection:
        if 1 in attempts.add(connection, rows):
            attempts.drop(connection, now - timedelta(days=2))
    return False


def hashed(key: bytes, who: str) -> str:
    """The keyed hash that stands for a network or for the site."""
    return hmac.digest(key, f"syndicate attempts {who}".encode(), "sha256")[:16].hex()


def begin(now: datetime, span: timedelta) -> datetime:
    """When the window of this length began that `now` lies in."""
    seconds = int(span.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
