"""The hall: many sources in one run: in which order they are asked, what they share, when what was learned is stored.

A host is asked with a pause between two requests. Sources of one host therefore stand far apart in the order: a thread that
waits for its turn there would keep one from asking somebody else. What is remembered of sources that did not change is stored
together: a thousand transactions of their own would each wait for the disk.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Lock
from urllib.parse import urlsplit

from syndicate.models import Source
from syndicate.store import Connection, Store, published, withdrawn

EVERY = 1.0
"""After so many seconds what was learned is stored: a killed run asks no more than these sources again."""


def spread(sources: Sequence[Source]) -> list[Source]:
    """The sources, one of each host by turns: whoever stands second of a host comes after the first of every other."""
    place: dict[str, int] = {}
    turns = []
    for source in sources:
        host = urlsplit(source.url).netloc.casefold()
        place[host] = place.get(host, -1) + 1
        turns.append(place[host])
    return [source for _, source in sorted(zip(turns, sources, strict=True), key=lambda one: one[0])]


class Fallen:
    """The posts that were taken back whole, by id and by the keys they are known by: read again only when there are more."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stamp: tuple[int, int] | None = None
        self._found: tuple[frozenset[str], frozenset[str]] = frozenset(), frozenset()

    def of(self, connection: Connection) -> tuple[frozenset[str], frozenset[str]]:
        """Their ids and their keys, as this connection's transaction sees them."""
        with self._lock:
            if (stamp := withdrawn.stamp(connection)) != self._stamp:
                whole = [one for one in withdrawn.everything(connection) if not one.language]
                self._found = frozenset(one.post for one in whole), frozenset(key for one in whole for key in one.keys)
                self._stamp = stamp
            return self._found


class Memory:
    """What was learned of sources, stored by and by; used by several threads. `close` stores the rest."""

    def __init__(self, store: Store, every: float = EVERY) -> None:
        self._store, self._every = store, every
        self._lock, self._rows = Lock(), list[published.SourceRow]()
        self._stored = time.monotonic()

    def keep(self, row: published.SourceRow) -> None:
        """Remember this of a source, soon."""
        with self._lock:
            self._rows.append(row)
            if time.monotonic() - self._stored < self._every:
                return
            rows = self._taken()
        self._save(rows)

    def close(self) -> None:
        """Store what is not stored yet."""
        with self._lock:
            rows = self._taken()
        self._save(rows)

    def _taken(self) -> list[published.SourceRow]:
        rows, self._rows, self._stored = self._rows, [], time.monotonic()
        return rows

    def _save(self, rows: Sequence[published.SourceRow]) -> None:
        if rows:
            with self._store.write() as connection:
                for row in rows:
                    published.save_source(connection, row)
