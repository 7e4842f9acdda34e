"""uvicorn in this process, with its limits; and work that is done beside it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from asyncio import TimerHandle, Transport
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from syndicate.errors import SyndicateError, UsageError
from syndicate.web.gate import LARGEST_HEAD

MOST_CONNECTIONS = 256
"""How many connections there may be at once; whoever comes then is told to come again (503)."""
HEAD_WITHIN = 10.0
"""Seconds in which they must have arrived. uvicorn itself waits for ever."""
KEEP_ALIVE = 5
"""Seconds that a connection may stay open between two requests."""
GRACE = 5
"""Seconds that requests under way have when the server is stopped."""


class _Protocol(H11Protocol):
    """HTTP/1.1 that does not wait for ever for the head of a request."""

    _deadline: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._waited()
        elif self.conn.trailing_data[0]:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._waited()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_WITHIN, self._give_up)

    def _waited(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()


class Server(uvicorn.Server):
    """A server that takes a signal as the wish to end, and no more: uvicorn would raise it again afterwards."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal lets requests under way end, the second does not."""
        self.force_exit = self.should_exit
        self.should_exit = True


def configured(app: Starlette) -> uvicorn.Config:
    """uvicorn as we run it: HTTP/1.1 alone, our limits, our log."""
    return uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=LARGEST_HEAD,
    )


def serve(app: Starlette, host: str, port: int, started: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C. `started` is called with the address, once connections are taken.

    Raises UsageError when the port is taken or the host is not this machine's.
    """
    with contextlib.closing(listening(host, port)) as listener:
        name, number = listener.getsockname()[:2]
        started(f"http://{f'[{name}]' if ':' in name else name}:{number}")
        asyncio.run(Server(configured(app)).serve(sockets=[listener]))


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections at an address of this machine; port 0 takes a free one. Raises UsageError.

    It is made as TCP by name: asyncio switches Nagle's delay off on such sockets alone, and with it an answer of more than one
    packet waits 40 ms for the other side's acknowledgement (23 feeds a second instead of 2,000).
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(1024)
        except BaseException:
            listener.close()
            raise
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"Nothing can be served at {host}, port {port} ({reason}). Choose another with --host and --port."
        ) from error
    return listener


@contextmanager
def beside(
    work: Callable[[], Any], *, every: float, warn: Callable[[str], None], patience: float = 5.0
) -> Iterator[None]:
    """Do some work every so many seconds, in a thread of its own, until the block ends.

    An error is told once and the work tried again, later and later (up to five minutes), until it goes well. The thread is
    waited for `patience` seconds at the end.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_repeat, args=(work, every, warn, stop), name="beside", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(patience)


LONGEST_PAUSE = 300.0
"""Seconds between two tries of work that goes wrong, at most."""


def _repeat(work: Callable[[], Any], every: float, warn: Callable[[str], None], stop: threading.Event) -> None:
    pause, told = every, ""
    while not stop.wait(pause):
        try:
            work()
            pause, told = every, ""
        except Exception as error:
            # Our own errors are sentences without addresses; of others only the kind is told.
            said = str(error) if isinstance(error, SyndicateError) else type(error).__name__
            if said != told:
                warn(f"Mails to readers wait: {said}")
            pause, told = min(pause * 2, LONGEST_PAUSE), said
