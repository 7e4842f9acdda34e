"""What comes in and what goes out, as plain values: a visit, its form, and the answer to it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple, TypeAlias
from urllib.parse import parse_qsl

Headers: TypeAlias = tuple[tuple[str, str], ...]

MOST_FIELDS = 100
"""The most fields that a form may have; ours have fewer than twenty."""

FORM_TYPE = "application/x-www-form-urlencoded"


class Line(NamedTuple):
    """One request as the log tells it: its route and never its path, which may hold a token."""

    method: str
    route: str
    status: int
    milliseconds: float
    request: str

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.status} {self.milliseconds:.0f} ms {self.request}"


BOUNDS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The ends, in seconds, of the steps in which durations are counted."""


@dataclass(slots=True)
class Durations:
    """How long requests took: how many in each step (the last: longer than all), and the sum."""

    steps: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one request."""
        self.steps[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


class Unreadable(Exception):
    """What was sent cannot be read: not UTF-8, too many fields."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, each with the values that were sent for it."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The first value of a field, without blanks round it; "" where there is none."""
        return next(iter(self.fields.get(name, ())), "").strip()

    def every(self, name: str) -> tuple[str, ...]:
        """All values of a field."""
        return self.fields.get(name, ())


@dataclass(frozen=True, slots=True)
class Visit:
    """One request. `path` holds the parts of the address by name, `client` the visitor's network address ("" if unknown).

    `request` is the id that it has in the log. `asked` is the language of the address's `?lang=`, `accepts` the header
    Accept-Language; header names are in small letters.
    """

    method: str = "GET"
    path: Mapping[str, str] = field(default_factory=dict)
    asked: str = ""
    accepts: str = ""
    form: Form = field(default_factory=Form)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    client: str = ""
    request: str = ""

    @property
    def token(self) -> str:
        """The token in the address."""
        return self.path.get("token", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    body: bytes = b""
    media_type: str = "text/html; charset=utf-8"
    headers: Headers = ()


def form_of(body: bytes, content_type: str) -> Form:
    """The fields in a request's body; none where it is of another type. Raises Unreadable.

    Control characters are dropped: no field of ours has a use for them, and a page may not hold them.
    """
    if content_type.partition(";")[0].strip().lower() != FORM_TYPE:
        return Form()
    fields: dict[str, tuple[str, ...]] = {}
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:  # also UnicodeDecodeError
        raise Unreadable from error
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), "".join(sign for sign in value if sign.isprintable()))
    return Form(fields)


def client_of(peer: str, forwarded: str, *, proxy: bool) -> str:
    """Who sent the request. Behind a proxy of ours it is the last that `X-Forwarded-For` names: what the proxy itself saw.

    A peer in a public network is no proxy of ours, and its header says nothing.
    """
    last = forwarded.rpartition(",")[2].strip()
    return last if proxy and last and near(peer) else peer


def near(peer: str) -> bool:
    """Whether an address is this machine's or a private network's."""
    try:
        return ip_address(peer).is_private
    except ValueError:
        return False


def network(client: str) -> str:
    """What limits are counted by: an IPv4 address, or the /64 that one household or server has of IPv6; "" if neither."""
    try:
        found = ip_address(client.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or f"{int(found) >> 64:x}::/64")
    return str(found)


def spoken(asked: str, person: str, accepts: str, languages: tuple[str, ...]) -> str:
    """The language of a page: the one asked for, else the person's own, else what the browser prefers, else the site's first."""
    for code in (asked, person):
        if code in languages:
            return code
    wishes = []
    for place, wish in enumerate(accepts[:500].split(",")):
        code, _, weight = wish.strip().partition(";")
        wishes.append((-quality(weight), place, code.strip().lower()))
    for less, _, code in sorted(wishes):
        for language in languages:
            if less < 0 and language.lower() in (code, code.split("-")[0]):
                return language
    return languages[0]


def quality(text: str) -> float:
    """The weight that stands after a wish's semicolon (RFC 9110 §12.4.2): 1 where none is written, 0 where it is no number."""
    name, _, number = text.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(number), 0.0), 1.0)
    except ValueError:
        return 0.0
