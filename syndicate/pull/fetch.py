"""The door to other people's servers: one polite, bounded, conditional GET.

    check the address → wait our turn → resolve and vet → exchange (`wire`) → follow a redirect, or tell what came

Nothing is asked of a private address unless the caller allows it; the connection goes to the very number that was vetted, so a
name that changes between the check and the connection gains nothing. No proxy settings are read from the environment.
"""

from __future__ import annotations

import base64
import contextlib
import email.utils
import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from syndicate.errors import FetchError, Gone, Refused
from syndicate.pull.addresses import Target, absolute, is_public, shown, target

if TYPE_CHECKING:
    from syndicate.pull.wire import Answer

FEED = "application/rss+xml, application/atom+xml, application/feed+json;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5"
"""The Accept header for a feed."""

PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"
"""The Accept header for a post's own page."""

LONGEST_WAIT = 7 * 86_400.0
"""Retry-After is obeyed up to this many seconds: a week."""

_PERMANENT = {301, 308}
_REDIRECTS = {301, 302, 303, 307, 308}

Resolve = Callable[..., list[Any]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one answer may cost: decoded `max_bytes`, `seconds` in all (waiting our turn not counted), `redirects` followed."""

    max_bytes: int = 10_000_000
    seconds: float = 30.0
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What came: `status` 200 with a body, or 304 without. `url` was asked, `final_url` answered.

    `moved_to` is the final address, if every redirect on the way was permanent (301, 308). `max_age` and `retry_after` are
    seconds, `clock` is the server's time as POSIX seconds; None where the server said nothing. No address holds credentials but
    `url`, which is as it was given.
    """

    status: int
    url: str
    final_url: str
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None
    max_age: float | None = None
    retry_after: float | None = None
    clock: float | None = None


class Fetcher:
    """Asks servers for feeds and pages; one for a whole run, shared by its threads.

    `delay` is the least number of seconds between the starts of two requests to one host. `resolve` is called like
    `socket.getaddrinfo`; `context` replaces the trusted authorities.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        delay: float,
        limits: Limits = Limits(),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        resolve: Resolve = socket.getaddrinfo,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._user_agent = _header(user_agent) or "syndicate"
        self._delay = delay
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._resolve = resolve
        self._context = context
        self._lock = threading.Lock()
        self._free: dict[tuple[str, int], float] = {}

    def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        allow_private: bool = False,
        accept: str = FEED,
    ) -> Retrieved:
        """GET `url`, following redirects within the limits; conditional where validators are given (RFC 9110 §13).

        Raises Refused (private address, no web address, too many redirects), Gone (410), FetchError (all else).
        """
        answer, way, permanent = self._follow(
            url, lambda here: self._headers(here, etag, last_modified, accept), allow_private
        )
        return _retrieved(answer, url, way[0], way[-1], permanent, bool(etag or last_modified))

    def status(self, url: str, *, method: str = "HEAD", allow_private: bool = False) -> int:
        """The HTTP status that `url` ends with after its redirects. `method` is HEAD, or GET, which asks for one byte.

        Raises Refused and FetchError as `get` does, but for no status: 404 is an answer here.
        """
        one_byte = {"Range": "bytes=0-0"} if method == "GET" else {}
        answer, _, _ = self._follow(
            url, lambda here: self._headers(here, None, None, PAGE) | one_byte, allow_private, method
        )
        return answer.status

    def post(self, url: str, form: Mapping[str, str], *, allow_private: bool = False) -> tuple[int, float | None]:
        """POST a form, and what came of it: the HTTP status, and Retry-After in seconds. A redirect is not followed.

        Raises Refused and FetchError as `get` does, but for no status. Requests of one kind do not wait for each other.
        """
        here = target(url)
        headers = self._headers(here, None, None, "*/*") | {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._ask(here, headers, 0.0, allow_private, "POST", urlencode(form).encode("ascii"))
        return answer.status, retry_after(answer.headers)

    def _follow(
        self, url: str, headers: Callable[[Target], dict[str, str]], allow_private: bool, method: str = "GET"
    ) -> tuple[Answer, list[Target], bool]:
        """Ask for `url` and wherever it is redirected to: the last answer, the way there, and whether all of it is permanent."""
        here = first = target(url)
        way = [here]
        asked = {here.url}
        spent = 0.0
        permanent = True
        for _ in range(self._limits.redirects + 1):
            self._wait(here)
            began = self._clock()
            answer = self._ask(here, headers(here), spent, allow_private, method)
            spent += self._clock() - began
            if answer.status not in _REDIRECTS:
                return answer, way, permanent
            permanent = permanent and answer.status in _PERMANENT
            here = _next(here, answer)
            if here.url in asked:
                raise Refused(f"{first.url} is redirected in a circle ({here.url}); check the address in a browser.")
            asked.add(here.url)
            way.append(here)
        raise Refused(
            f"{first.url} is redirected more than {self._limits.redirects} times; find the last address in a browser "
            "and write that one."
        )

    def _wait(self, here: Target) -> None:
        """Take the next free turn of the host, and sleep until it comes."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._free.get(here.place, now))
            self._free[here.place] = turn + self._delay
        if turn > now:
            self._sleep(turn - now)

    def _ask(
        self,
        here: Target,
        headers: Mapping[str, str],
        spent: float,
        allow_private: bool,
        method: str,
        body: bytes | None = None,
    ) -> Answer:
        from syndicate.pull.wire import Unreachable, exchange

        began = self._clock()
        failure: FetchError = _too_slow(here, self._limits)
        for address in self._addresses(here, self._limits.seconds - spent, allow_private):
            left = self._limits.seconds - spent - (self._clock() - began)
            if left <= 0:
                break
            try:
                return exchange(
                    here, address, headers, seconds=left, max_bytes=self._limits.max_bytes, context=self._context,
                    method=method, body=body,
                )  # fmt: skip
            except Unreachable as unreachable:
                failure = unreachable
        raise failure

    def _addresses(self, here: Target, seconds: float, allow_private: bool) -> list[str]:
        """Every number of the host, each one vetted; one private among them is enough to refuse."""
        found = list(dict.fromkeys(str(info[4][0]) for info in self._resolved(here, seconds)))
        if not allow_private:
            for address in found:
                if not is_public(address):
                    raise Refused(
                        f"{here.url} is not asked: {here.host} leads to the private address {address}. If it is your own "
                        "server, write allow_private = true for this source in feeds/sources.toml.",
                        connected=False,
                    )
        return found

    def _resolved(self, here: Target, seconds: float) -> list[Any]:
        """Ask the name service, but wait no longer than `seconds`: getaddrinfo itself has no limit."""
        if _is_number(here.host):
            family = socket.AF_INET6 if ":" in here.host else socket.AF_INET
            return [(family, socket.SOCK_STREAM, 6, "", (here.host, here.port))]
        answers: queue.SimpleQueue[list[Any] | OSError] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                answers.put(self._resolve(here.host, here.port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                answers.put(OSError(str(error)))

        threading.Thread(target=look_up, daemon=True).start()
        try:
            answer = answers.get(timeout=max(0.0, seconds))
        except queue.Empty:
            answer = OSError("no answer in time")
        if isinstance(answer, OSError) or not answer:
            raise FetchError(
                f"{here.url} cannot be reached: the name {here.host} is not known, or this machine is offline. "
                "Check the spelling and the connection.",
                connected=False,
            )
        return answer

    def _headers(self, here: Target, etag: str | None, last_modified: str | None, accept: str) -> dict[str, str]:
        headers = {
            "Host": here.authority,
            "User-Agent": self._user_agent,
            "Accept": accept,
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
        }
        if here.userinfo:
            headers["Authorization"] = "Basic " + base64.b64encode(here.userinfo.encode()).decode("ascii")
        if tag := _header(etag):
            headers["If-None-Match"] = tag
        if date := _header(last_modified):
            headers["If-Modified-Since"] = date
        return headers


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _header(value: str | None) -> str | None:
    """A value that can stand in a header: one line, Latin-1. None where nothing of it can."""
    if not value:
        return None
    line = re.sub(r"[\x00-\x1f\x7f]+", " ", value).strip()
    return line if line and line.isascii() else line.encode("latin-1", "ignore").decode("latin-1") or None


def _next(here: Target, answer: Answer) -> Target:
    """Where a redirect leads. Credentials stay with the host they were given for, and never go from https to http."""
    location = answer.headers.get("location", "")
    with contextlib.suppress(UnicodeError):
        # http.client reads headers as Latin-1; servers that write raw UTF-8 there mean UTF-8.
        location = location.encode("latin-1").decode("utf-8")
    scheme = re.match(r"\s*([A-Za-z][A-Za-z0-9+.-]*):", location)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise Refused(
            f"{here.url} redirects to {shown(location)}, which is not asked: only http and https addresses are."
        )
    url = absolute(location.partition("#")[0], here.url)
    if url is None:
        raise FetchError(f"{here.url} redirects to nowhere; tell whoever runs that site.", status=answer.status)
    there = target(url)
    keeps = there.host == here.host and (there.scheme == "https" or here.scheme == "http")
    same_port = there.port == here.port or (there.place[1], here.place[1]) == (0, 0)
    return replace(there, userinfo=here.userinfo if keeps and same_port else None)


def _retrieved(answer: Answer, url: str, first: Target, here: Target, permanent: bool, conditional: bool) -> Retrieved:
    if answer.status != 200 and not (answer.status == 304 and conditional):
        raise _bad_status(answer, here)
    headers = answer.headers
    return Retrieved(
        status=answer.status,
        url=url,
        final_url=here.url,
        body=answer.body,
        content_type=headers.get("content-type", ""),
        etag=_header(headers.get("etag")),
        last_modified=_header(headers.get("last-modified")),
        moved_to=here.url if permanent and here.url != first.url else None,
        max_age=_max_age(headers),
        retry_after=retry_after(headers),
        clock=_clock(headers),
    )


def _clock(headers: Mapping[str, str]) -> float | None:
    """The server's time, by its Date header, and by the Age of an answer that a cache on the way kept (RFC 9111 §5.1)."""
    try:
        moment = email.utils.parsedate_to_datetime(headers.get("date", ""))
        age = headers.get("age", "").strip()
        late = int(age) if age.isascii() and age.isdecimal() and len(age) < 10 else 0
        return moment.timestamp() + late if moment.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None


def _bad_status(answer: Answer, here: Target) -> FetchError:
    status, later = answer.status, retry_after(answer.headers)
    if status == 410:
        return Gone(f"{here.url} is gone for good (410); remove the source, or write its new address.", status=410)
    said = {
        401: "asks for a password (401); write the address with name and password, or ask for an open feed",
        403: "forbids us to read it (403); ask whoever runs that site to let this reader in",
        404: "is not there (404); check the address",
        429: f"asks us to come less often (429); the next pull waits {_spoken(later)}",
        304: "says that nothing changed, though we asked for all of it (304); the next pull tries again",
        503: f"is down for the moment (503); the next pull waits {_spoken(later)}",
    }.get(status)
    if said is None and status >= 500:
        said = f"has trouble of its own ({status}); the next pull tries again"
    return FetchError(
        f"{here.url} {said or f'answered {status} instead of a page; check the address'}.",
        status=status,
        retry_after=later,
    )


def _spoken(seconds: float | None) -> str:
    if seconds is None:
        return "a while"
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"


def _too_slow(here: Target, limits: Limits) -> FetchError:
    return FetchError(
        f"{here.url} did not answer to the end in {limits.seconds:.0f} seconds. The next pull tries again.",
        connected=False,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, from a number or a date (RFC 9110 §10.2.3), between 0 and a week; None where there is none.

    A date counts from the server's own Date header, where it has one: its clock may be wrong.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return min(float(value), LONGEST_WAIT)
    then, now = _moment(value), _moment(headers.get("date", ""))
    if then is None:
        return None
    return min(max(0.0, then - (now if now is not None else time.time())), LONGEST_WAIT)


def _moment(value: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _max_age(headers: Mapping[str, str]) -> float | None:
    """What is left of Cache-Control's max-age in seconds (RFC 9111 §4.2); None where it is not given or not to be used."""
    control = headers.get("cache-control", "").lower()
    found = re.search(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", control)
    if not found or "no-cache" in control or "no-store" in control:
        return None
    age = headers.get("age", "").strip()
    return max(0.0, float(found[1]) - (float(age) if age.isdigit() else 0.0))
