"""The small blog that serves the sample posts: a real HTTP server on 127.0.0.1, in threads of this process.

    with serve() as blog:
        urllib.request.urlopen(f"{blog}/rss.xml")

It answers `/` (which advertises the feed), `/rss.xml` (Drupal's habits), `/feed/` (WordPress's, with `?paged=N`),
`/atom.xml`, the posts under `/lajme/`, the illustrations under `/images/`, and every address on the blog that a post
points to. GET and HEAD, with ETag and Last-Modified, and 304 for a conditional request (RFC 9110 §13).
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qs, urlsplit

from syndicate.samples.library import SamplePost
from syndicate.samples.library import posts as all_posts
from syndicate.samples.routes import Answer, answer_for

DROP = 0
"""As a status: close the connection without a word."""


class Request(NamedTuple):
    """One request that was answered: method, path with its query, and the status it got (0: the connection was dropped)."""

    method: str
    path: str
    status: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a fault sees it. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]


Fault: TypeAlias = "int | bytes | Answer | Callable[[Asked], int | bytes | Answer]"
"""What a path answers instead: a status with no body, a body, a whole answer, or a function that decides (and may wait)."""


@dataclass(slots=True)
class Blog:
    """A blog that is being served; as a string it is its base URL, without a slash at the end.

    `posts` may be replaced at any time, and the next request sees it. `answer` maps a path (with its query, or
    without) to what is answered instead. `per_page` cuts WordPress's feed into pages; None: one page holds all.
    `requests` lists what was answered, in order.
    """

    base_url: str
    posts: tuple[SamplePost, ...]
    answer: dict[str, Fault] = field(default_factory=dict)
    per_page: int | None = None
    requests: list[Request] = field(default_factory=list)

    def __str__(self) -> str:
        return self.base_url

    def respond(self, asked: Asked) -> Answer:
        """The answer to a request, conditional ones included. A DROP has status 0."""
        target = urlsplit(asked.path)
        fault = self.answer.get(asked.path, self.answer.get(target.path))
        if fault is not None:
            return _settle(fault(asked) if callable(fault) else fault)
        if asked.method not in ("GET", "HEAD"):
            return Answer(405, headers={"Allow": "GET, HEAD"})
        page = (parse_qs(target.query).get("paged") or ["1"])[0]
        found = answer_for(target.path, self.posts, self.base_url, page=page, per_page=self.per_page)
        return conditional(found, asked.headers)


def conditional(answer: Answer, headers: dict[str, str]) -> Answer:
    """The answer with its validators, or 304 when the request's validators still hold (If-None-Match first, RFC 9110 §13.2.2)."""
    if answer.status != 200:
        return answer
    etag = f'"{sha256(answer.body).hexdigest()[:20]}"'
    validators = {"ETag": etag, "Cache-Control": "no-cache"}
    if answer.changed:
        validators["Last-Modified"] = format_datetime(answer.changed.astimezone(UTC), usegmt=True)
    if _holds(etag, answer.changed, headers):
        return Answer(304, headers=validators)
    return Answer(200, answer.body, answer.headers | validators, answer.changed)


def _holds(etag: str, changed: datetime | None, headers: dict[str, str]) -> bool:
    if match := headers.get("if-none-match"):
        return match.strip() == "*" or etag in [each.strip().removeprefix("W/") for each in match.split(",")]
    since = headers.get("if-modified-since")
    if not since or not changed:
        return False
    try:
        return changed <= parsedate_to_datetime(since)
    except (ValueError, TypeError):  # not a date, or one without a zone: the header counts for nothing
        return False


def _settle(fault: int | bytes | Answer) -> Answer:
    if isinstance(fault, Answer):
        return fault
    return Answer(200, fault) if isinstance(fault, bytes) else Answer(fault)


@contextmanager
def serve(port: int = 0) -> Iterator[Blog]:
    """Serve the sample blog until the context ends; port 0 takes a free one. Raises OSError when the port is taken."""
    server = _Server(("127.0.0.1", port), _Handler)
    server.blog = Blog(f"http://127.0.0.1:{server.server_address[1]}", all_posts())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.blog
    finally:
        server.shutdown()
        server.close_all()
        thread.join()


class _Server(ThreadingHTTPServer):
    """Remembers its open connections: a kept-alive one would otherwise be answered after the end."""

    blog: Blog

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, client = super().get_request()
        self._open.add(connection)
        return connection, client

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_all(self) -> None:
        """Close the listening socket and every connection that is still open."""
        self.server_close()
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that hangs up is no news; anything else is told on stderr, and the reader sees a dropped connection."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "SampleBlog"
    sys_version = ""
    wbufsize = -1  # head and body in one write: two small ones would wait for each other's acknowledgement
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer()

    def _answer(self) -> None:
        server = self.server
        if not isinstance(server, _Server):
            raise TypeError("the sample blog's handler runs only under its own server")
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = server.blog.respond(Asked(self.command, self.path, headers))
        server.blog.requests.append(Request(self.command, self.path, answer.status))
        if answer.status == DROP:
            self.close_connection = True
            return
        self._write(answer)

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status, responses.get(answer.status, "Unknown"))
        length = {} if answer.status in (204, 304) else {"Content-Length": str(len(answer.body))}
        for name, value in (length | answer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and answer.status not in (204, 304):
            self.wfile.write(answer.body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header, to the second."""
        return super().date_time_string(int(time.time() if timestamp is None else timestamp))

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing; `Blog.requests` remembers."""
