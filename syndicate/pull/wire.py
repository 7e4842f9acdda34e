"""One HTTP exchange with one vetted address, within a time and a size: the only file that imports urllib3.

    open a connection to the number → ask under the name → read until the end, the limit or the deadline

Every exchange has its own connection. An alarm shuts the socket when time is up, so that a server which sends one byte
now and then, in the handshake, the headers or the body, cannot outlast the deadline.
"""

from __future__ import annotations

import socket
import ssl
import threading
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPException
from pathlib import Path

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError
from urllib3.exceptions import HTTPError as WireError
from urllib3.response import BaseHTTPResponse, HTTPResponse
from urllib3.util.ssl_match_hostname import CertificateError

from syndicate.errors import FetchError
from syndicate.pull.addresses import Target, shown
from syndicate.pull.unpack import Foreign, NotWhole, unpack

_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: `headers` by lower-case name, `body` decoded (empty unless the status is 200)."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Unreachable(FetchError):
    """No connection to this one number; another of the same host may do."""


def exchange(
    target: Target,
    address: str,
    headers: Mapping[str, str],
    *,
    seconds: float,
    max_bytes: int,
    context: ssl.SSLContext | None,
    method: str = "GET",
    body: bytes | None = None,
) -> Answer:
    """GET `target` from the numeric `address`, HEAD it, or POST `body` to it.

    Raises Unreachable when no connection came about, else FetchError: time-out, TLS, broken or oversized answer.
    """
    connection = _connection(target, address, seconds, context)
    alarm = _Alarm(connection, seconds)
    try:
        _connect(connection, target, alarm)
        answer = _ask(connection, target, method, headers, max_bytes, body)
    except FetchError:
        raise
    except (WireError, HTTPException, OSError, ValueError, zlib.error) as error:
        raise _failure(error, target, alarm.rang, seconds) from error
    finally:
        alarm.cancel()
        connection.close()
    if alarm.rang:
        # A socket that the alarm shut reads like one that came to its end.
        raise _too_slow(target, seconds)
    return answer


def _connection(target: Target, address: str, seconds: float, context: ssl.SSLContext | None) -> HTTPConnection:
    # Each attempt to connect gets a third, so that a dead number leaves time for the host's next one.
    timeout = max(0.05, seconds / 3)
    if target.scheme == "http":
        return HTTPConnection(address, target.port, timeout=timeout)
    return HTTPSConnection(
        address,
        target.port,
        timeout=timeout,
        server_hostname=target.host,
        assert_hostname=target.host,
        cert_reqs="CERT_REQUIRED",
        ssl_context=context or tls_context(),
    )


class _Alarm:
    """Shuts a connection's socket when `seconds` have passed; `rang` says that it did."""

    def __init__(self, connection: HTTPConnection, seconds: float) -> None:
        self.rang = False
        self._connection = connection
        self._timer = threading.Timer(max(0.0, seconds), self._ring)
        self._timer.daemon = True
        self._timer.start()

    def _ring(self) -> None:
        self.rang = True
        self.shut()

    def shut(self) -> None:
        sock = self._connection.sock
        if sock is not None:
            try:
                # The base class's: an SSLSocket's own would take its state from under the thread that reads.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return

    def cancel(self) -> None:
        self._timer.cancel()


def _connect(connection: HTTPConnection, target: Target, alarm: _Alarm) -> None:
    try:
        connection.connect()
    except (NewConnectionError, ConnectTimeoutError) as error:
        raise Unreachable(
            f"{target.url} could not be reached: {_cause(error)}. The next pull tries again.", connected=False
        ) from error
    if alarm.rang:
        alarm.shut()
    if connection.sock is not None:
        connection.sock.settimeout(max(1.0, (connection.timeout or 1.0) * 3))


def _ask(
    connection: HTTPConnection,
    target: Target,
    method: str,
    headers: Mapping[str, str],
    max_bytes: int,
    sent: bytes | None,
) -> Answer:
    connection.request(method, target.path, body=sent, headers=headers, preload_content=False, decode_content=False)
    response: HTTPResponse = connection.getresponse()
    try:
        named = {name.lower(): value for name, value in response.headers.items()}
        body = _read(response, target, max_bytes) if response.status == 200 and method == "GET" else b""
        return Answer(response.status, named, body)
    finally:
        response.close()


def _read(response: BaseHTTPResponse, target: Target, max_bytes: int) -> bytes:
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > max_bytes:
        raise _too_large(target, max_bytes)
    pieces: list[bytes] = []
    size = 0
    for piece in unpack(_raw(response), response.headers.get("content-encoding", "")):
        size += len(piece)
        if size > max_bytes:
            raise _too_large(target, max_bytes)
        pieces.append(piece)
    if not size and not announced and "transfer-encoding" not in response.headers:
        # A header that breaks off looks like one that ends: nothing follows it.
        raise NotWhole("the answer ends with its header")
    return b"".join(pieces)


def _raw(response: BaseHTTPResponse) -> Iterator[bytes]:
    while piece := response.read1(_CHUNK, decode_content=False):
        yield piece


def _too_large(target: Target, max_bytes: int) -> FetchError:
    return FetchError(
        f"{target.url} is larger than {max_bytes / 1_000_000:g} MB and was not read to the end; "
        "ask for a feed with fewer entries.",
        status=200,
    )


def _too_slow(target: Target, seconds: float) -> FetchError:
    return FetchError(f"{target.url} did not answer to the end in {seconds:.0f} seconds. The next pull tries again.")


def _failure(error: Exception, target: Target, rang: bool, seconds: float) -> FetchError:
    where = target.url
    if rang or isinstance(error, TimeoutError) or "timed out" in str(error).lower():
        return _too_slow(target, seconds)
    if isinstance(error, (SSLError, ssl.SSLError, CertificateError)):
        return FetchError(
            f"{where} has no trustworthy secure connection: {_cause(error)}. "
            "Tell whoever runs that site; the certificate must be valid for its name.",
            connected=False,
        )
    if isinstance(error, Foreign):
        return FetchError(
            f"{where} came packed as “{str(error)[:40]}”, which was not asked for and cannot be unpacked; "
            "tell whoever runs that site.",
            status=200,
        )
    if isinstance(error, zlib.error):
        return FetchError(
            f"{where} says it is compressed, and is not, or wrongly. Tell whoever runs that site.", status=200
        )
    return FetchError(f"{where} broke off in the middle of its answer: {_cause(error)}. The next pull tries again.")


def _cause(error: BaseException) -> str:
    """The innermost reason in a few words; never a traceback, never an object's address."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    if isinstance(error, ssl.SSLCertVerificationError):
        return shown(error.verify_message)
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return shown(error.strerror)
    return shown(str(error)) or type(error).__name__


@cache
def tls_context() -> ssl.SSLContext:
    """What we trust: the system's authorities; where it has none, those that come with Python's packages.

    Read once a process: that is some hundred certificates, and a run may ask a thousand hosts.
    """
    context = urllib3.util.ssl_.create_urllib3_context()
    context.load_default_certs()
    paths = ssl.get_default_verify_paths()
    if not (paths.cafile or (paths.capath and any(Path(paths.capath).iterdir()))):
        try:
            import certifi
        except ImportError:
            return context
        context.load_verify_locations(certifi.where())
    return context
