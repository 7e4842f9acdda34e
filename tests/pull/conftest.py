"""A real server on loopback, whose every path is a small function, and what the pull tests share."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from syndicate.pull import Fetcher, Limits

Route = Callable[[BaseHTTPRequestHandler], None]


class Loopback:
    """Routes by path (without the query); `seen` holds path and headers of every request; `reply` makes common routes."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    def url(self, path: str = "/feed", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def reply(self, path: str, status: int = 200, body: bytes = b"", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        def route(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **named}.items():
                request.send_header(name, value)
            request.end_headers()
            request.wfile.write(body)

        self.routes[path] = route

    def raw(self, path: str, *pieces: bytes, pause: float = 0.0, close: bool = True) -> None:
        """Answer with these bytes, header included, a pause between them."""

        def route(request: BaseHTTPRequestHandler) -> None:
            for piece in pieces:
                request.wfile.write(piece)
                request.wfile.flush()
                if pause:
                    threading.Event().wait(pause)
            request.close_connection = close

        self.routes[path] = route

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                loopback.seen.append((self.path, dict(self.headers.items())))
                route = loopback.routes.get(self.path.partition("?")[0])
                # A client that has had enough hangs up; that is what some of the tests are about.
                with contextlib.suppress(OSError):
                    if route is None:
                        self.send_error(404)
                    else:
                        route(self)

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def server() -> Iterator[Loopback]:
    loopback = Loopback()
    yield loopback
    loopback.close()


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(user_agent="syndicate/0 (+https://blog.example/about)", delay=0, limits=Limits(seconds=5))


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 23, 12, tzinfo=UTC)
