"""The hall: telling the site's WebSub hub of the feeds whose bytes changed.

    a document is about to change → noted in the store → written → the hub is told → the note goes

The note comes first: whatever is killed, the hub is told at the next run. That it cannot be told fails nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from syndicate.errors import FetchError, Refused
from syndicate.models import Site
from syndicate.publish import websub
from syndicate.store import Store, pings, published
from syndicate.threads import side_by_side

if TYPE_CHECKING:
    from syndicate.pull import Fetcher

MOST = 1000
"""So many documents are told of in one run; the others wait for the next."""

THREADS = 4

HELD = "hub held"
"""Under this name the store remembers until when the hub wants to be left alone."""


@dataclass(frozen=True, slots=True)
class Told:
    """What telling the hub came to: how many documents it took, how many wait for the next run, and what was wrong."""

    told: int
    waiting: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why the hub did not take one. `stop`: it would take no other either; `pause` in seconds, where it asked for one."""

    reason: str
    stop: bool
    pause: float = 0.0


def changing(site: Site, store: Store, now: datetime) -> Callable[[str], None] | None:
    """What is to be called with the path of each document before it changes; None where there is no hub."""
    if not site.hub:
        return None

    def noted(path: str) -> None:
        if topic := websub.topic(site, path):
            with store.write() as connection:
                pings.note(connection, topic, now)

    return noted


def tell(site: Site, store: Store, fetcher: Callable[[], Fetcher], private: bool, now: datetime) -> Told | None:
    """Tell the hub of everything that waits; None where there is no hub. `private`: it is the operator's own machine."""
    with store.read() as connection:
        topics = pings.waiting(connection, MOST)
        held = float(published.note(connection, HELD) or 0)
    if not site.hub:
        if topics:  # there was one
            with store.write() as connection:
                pings.clear(connection)
        return None
    if topics and now.timestamp() >= held:
        _tell(site.hub, store, fetcher(), private, topics, now)
    with store.read() as connection:
        waiting, _, reason = pings.standing(connection)
    return Told(max(0, len(topics) - waiting), waiting, reason if waiting else "")


def _tell(hub: str, store: Store, fetcher: Fetcher, private: bool, topics: list[str], now: datetime) -> None:
    stopped: list[_Trouble] = []

    def one(topic: str, checkpoint: Callable[[], None]) -> None:
        checkpoint()
        if stopped:
            return
        trouble = _ping(fetcher, hub, topic, private)
        with store.write() as connection:
            if trouble is None:
                pings.told(connection, [topic])
                return
            pings.refused(connection, topic, trouble.reason)
            if trouble.pause:
                published.set_note(connection, HELD, str(now.timestamp() + trouble.pause))
        if trouble.stop:
            stopped.append(trouble)

    side_by_side(one, topics, threads=THREADS)


def _ping(fetcher: Fetcher, hub: str, topic: str, private: bool) -> _Trouble | None:
    """Tell the hub of one topic; None when it took it."""
    try:
        status, pause = fetcher.post(hub, websub.form(topic), allow_private=private)
    except Refused:
        return _Trouble(
            f"{hub} leads to a private address, and is not asked; write a public hub, or the number of your own",
            stop=True,
        )
    except FetchError as error:
        return _Trouble(str(error).removesuffix(" The next pull tries again."), stop=True)
    reason = websub.trouble(status, pause)
    return _Trouble(f"{hub}: {reason}", status >= 500 or status in (404, 429), pause or 0.0) if reason else None


def problems(store: Store, site: Site) -> list[str]:
    """What `status` says of the hub."""
    if not site.hub:
        return []
    with store.read() as connection:
        waiting, since, reason = pings.standing(connection)
    if not waiting or not since or not reason:
        return []
    feeds = "1 document" if waiting == 1 else f"{waiting} documents"
    return [f"The hub was not told of {feeds} since {since:%Y-%m-%d}: {reason.rstrip('.')}. The next run tries again."]
