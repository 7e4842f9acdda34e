"""Whether links lead somewhere: a polite HEAD, a GET of one byte where the server does not care for HEAD, a few hosts at once.

addresses --by host--> one thread a host: wait our turn → HEAD → (405, 403, 501, …) GET → Probe        until time is up
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from threading import Thread

from syndicate.errors import FetchError, Refused
from syndicate.pull.addresses import target
from syndicate.pull.fetch import Fetcher, Limits

LIMITS = Limits(max_bytes=50_000, seconds=6.0, redirects=5)
"""What asking for one link may cost: nobody reads the answer."""

HOSTS = 6
"""How many hosts are asked at the same time."""

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Probe:
    """What asking came to: the HTTP `status`, or None and a `reason` (what follows the address in a sentence) where nobody
    answered. `connected` is False where no connection to the host came about.
    """

    url: str
    status: int | None
    reason: str = ""
    connected: bool = True


def probe(fetcher: Fetcher, url: str, *, allow_private: bool = False) -> Probe:
    """Ask for one link. A private address is not asked unless it may be: readers could not reach it."""
    try:
        status = _status(fetcher, url, "HEAD", allow_private)
        if status >= 400 and status not in (404, 410, 429):  # many servers know no HEAD, or forbid it
            status = _status(fetcher, url, "GET", allow_private)
        elif status in (404, 410) and _status(fetcher, url, "GET", allow_private) < 400:
            status = 200  # some say so of a HEAD alone, and a page called dead stops an edition
    except FetchError as error:
        return Probe(url, None, _reason(url, error), error.connected or isinstance(error, Refused))
    return Probe(url, status)


def _reason(url: str, error: FetchError) -> str:
    """What the error says after its address, in words that fit a link as well as a source."""
    said = str(error)
    for advice in (" If it is your own", " The next pull", " Check the ", " Tell whoever", "; tell whoever"):
        said = said.partition(advice)[0]
    said = said.rstrip(".")
    return said.removeprefix(f"{url} ") if said.startswith(f"{url} ") else f"leads to no answer: {said}"


def _status(fetcher: Fetcher, url: str, method: str, allow_private: bool) -> int:
    try:
        return fetcher.status(url, method=method, allow_private=allow_private)
    except FetchError as error:
        if error.status == 200:  # there, though too large or too odd to be read
            return 200
        raise


def probe_all(
    fetcher: Fetcher,
    urls: Sequence[str],
    *,
    seconds: float,
    private: Collection[Place] = (),
    clock: Callable[[], float] = time.monotonic,
) -> tuple[list[Probe], list[str]]:
    """Ask for all of them within `seconds`: what came, and the addresses that there was no time for, both in order.

    `private` are the hosts and ports that may be asked though their address is private.
    """
    until = clock() + seconds
    waiting: SimpleQueue[list[str]] = SimpleQueue()
    for together in _by_host(urls).values():
        waiting.put(together)
    found: dict[str, Probe] = {}
    threads = [
        # Daemons: a server that does not answer must not keep the process.
        Thread(target=_labour, args=(fetcher, waiting, found, private, lambda: clock() >= until), daemon=True)
        for _ in range(min(HOSTS, waiting.qsize()))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - clock()))
    answers = dict(found)
    return [answers[url] for url in urls if url in answers], [url for url in urls if url not in answers]


def _labour(
    fetcher: Fetcher,
    waiting: SimpleQueue[list[str]],
    found: dict[str, Probe],
    private: Collection[Place],
    late: Callable[[], bool],
) -> None:
    for together in _taken(waiting):
        silent: Probe | None = None
        for url in together:
            if late():
                return
            # A host that nobody can connect to is not asked for each of its pages.
            answer = replace(silent, url=url) if silent else probe(fetcher, url, allow_private=_place(url) in private)
            found[url] = answer
            silent = None if answer.connected else answer


def _taken(waiting: SimpleQueue[list[str]]) -> Iterator[list[str]]:
    """The addresses of one host after the other: a host never has two of our threads."""
    while True:
        try:
            yield waiting.get_nowait()
        except Empty:
            return


def _by_host(urls: Sequence[str]) -> Mapping[object, list[str]]:
    hosts: dict[object, list[str]] = {}
    for url in dict.fromkeys(urls):
        hosts.setdefault(_place(url), []).append(url)
    return hosts


def _place(url: str) -> Place | None:
    try:
        return target(url).place
    except Refused:
        return None


def places(urls: Collection[str]) -> frozenset[Place]:
    """The hosts and ports of some addresses, as `private` wants them."""
    return frozenset(place for url in urls if (place := _place(url)) is not None)
