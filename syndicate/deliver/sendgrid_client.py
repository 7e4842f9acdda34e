"""The wire to SendGrid: the official client, held to one request and one answer.

The client alone follows a redirect of a POST with a GET that carries the key, waits for ever, and prints the key when its
logger is asked for details. Here a redirect is an answer like any other, time has an end, its logger is silent, and a failure
says whether a byte of the request can have left.
"""

from __future__ import annotations

import http.client
import json
import logging
import ssl
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from syndicate.errors import UsageError

HOSTS = {"global": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}
"""Where the API answers, by region (the `servers` of the provider's OpenAPI files)."""

TIMEOUT = 30.0
"""Seconds without a byte after which an answer is given up."""

TOTAL = 90.0
"""Seconds in which the whole body of an answer must arrive."""

LARGEST = 8_000_000
"""The most bytes of an answer that are read."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class NoAnswer(Exception):
    """The request got no whole answer. `sent` is False only when no connection was made, so that no byte of it left."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Reply:
    """What the provider answered. `headers` have names in small letters."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def date(self) -> datetime | None:
        """The provider's clock, from the Date header; None where it says none."""
        try:
            moment = parsedate_to_datetime(self.headers.get("date", ""))
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Client:
    """One thread's way to the provider. Keeps nothing open between requests."""

    def __init__(self, key: str, host: str, timeout: float = TIMEOUT) -> None:
        self._root = _straight()(key, host, timeout)

    def ask(
        self,
        method: str,
        *path: str,
        body: Mapping[str, Any] | str | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Reply:
        """One request to `/v3/<path>`; whatever is answered is a Reply. A `body` of text is JSON already. Raises NoAnswer."""
        node = self._root.handed(body.encode()) if isinstance(body, str) else self._root
        for part in path:
            node = node._(part)
        try:
            answer = getattr(node, method)(request_body=None if isinstance(body, str) else body, query_params=query)
        except URLError as error:
            raise NoAnswer(_plain(error.reason), sent=not isinstance(error.reason, _NotConnected)) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(_plain(error), sent=True) from None
        return Reply(answer.status_code, answer.body, answer.headers)


def checked_key(key: str) -> str:
    """The key without white space around it; raises UsageError where it cannot be one, without repeating it."""
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError(
            "SENDGRID_API_KEY is no key: it must be one line as the provider showed it, such as SG.abc.def."
        )
    return key


def checked_host(url: str | None, region: str) -> str:
    """The API's address: `url` (for tests and other providers' regions), else the region's.

    Raises UsageError for one that is not https, unless it is this machine: the key must not travel in clear.
    """
    if url is None:
        return HOSTS[region]
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url.rstrip("/")
    raise UsageError("SYNDICATE_SENDGRID_URL must begin with https:// (http:// only for this machine itself).")


# ---------------------------------------------------------------- below the official client


class _NotConnected(OSError):
    """There is no connection, so nothing was said over it."""


class _Plain(http.client.HTTPConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:
            raise _NotConnected(_plain(error)) from error


class _Secure(http.client.HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:
            raise _NotConnected(_plain(error)) from error


class _PlainHandler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Plain, req)


class _SecureHandler(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Secure, req, context=_context())


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


@cache
def _opener() -> urllib.request.OpenerDirector:
    """Opens a request and gives back whatever is answered: it knows no redirects and makes no errors of a status."""
    opener = urllib.request.OpenerDirector()
    # The debug level is said, because the default is a global one that would print the key.
    for handler in (urllib.request.ProxyHandler(), _PlainHandler(debuglevel=0), _SecureHandler(debuglevel=0)):
        opener.add_handler(handler)
    return opener


class _Answer:
    """What the official client reads an answer from."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self._status, self._body, self._headers = status, body, headers

    def getcode(self) -> int:
        return self._status

    def read(self) -> bytes:
        return self._body

    def info(self) -> Mapping[str, str]:
        return self._headers


def _whole(response: Any) -> _Answer:
    """The answer with its body, read within bounds; raises HTTPException when it breaks off or has no end."""
    deadline, parts, length = time.monotonic() + TOTAL, [], 0
    with response:
        while part := response.read1(65536):
            parts.append(part)
            length += len(part)
            if length > LARGEST or time.monotonic() > deadline:
                raise http.client.HTTPException("the answer had no end")
        expected = response.headers.get("content-length", "")
        if expected.isdecimal() and length < int(expected):
            raise http.client.HTTPException("the answer broke off")
        headers = {name.lower(): value for name, value in response.headers.items()}
    return _Answer(response.status, b"".join(parts), headers)


@cache
def _straight() -> Any:
    """Makes the official client, on our opener. Imported here, because most commands never need it."""
    import python_http_client  # type: ignore[import-untyped, import-not-found, unused-ignore]
    import sendgrid  # type: ignore[import-untyped, import-not-found, unused-ignore]

    logging.getLogger("python_http_client.client").addFilter(lambda record: False)

    class Straight(python_http_client.Client):  # type: ignore[misc, unused-ignore]
        """The client, through an opener that neither follows nor raises."""

        ready: bytes | None = None

        def handed(self, body: bytes) -> Straight:
            """The same for one request whose body is ready: the official client would write it anew, and into its log."""
            client = self._build_client()
            client.ready = body
            return client

        def _build_client(self, name: str | None = None) -> Straight:
            path = [*self._url_path, name] if name else self._url_path
            client = Straight(
                self.host, self.request_headers, version=self._version, url_path=path, timeout=self.timeout
            )  # fmt: skip
            client.ready = self.ready
            return client

        def _make_request(self, opener: object, request: urllib.request.Request, timeout: float | None = None) -> Any:
            if self.ready is not None:
                request.data = self.ready
                request.add_header("Content-Type", "application/json")
            return _whole(_opener().open(request, timeout=timeout or self.timeout))

    def make(key: str, host: str, timeout: float) -> Any:
        official = sendgrid.SendGridAPIClient(key, host=host)
        return Straight(official.host, official.client.request_headers, version=3, timeout=timeout)

    return make


def _plain(error: object) -> str:
    """What went wrong on the wire, in a few words. An exception's own text may hold a header, so it is not passed on."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, _NotConnected):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not valid"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
