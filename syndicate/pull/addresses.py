"""Addresses on the web: made askable, shown safely, and judged public or private. Pure: resolving names is `fetch`'s."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from syndicate.errors import Refused

_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# RFC 8215: NAT64 inside one network; Python counts it as global on some versions.
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
_KEPT = "/%:@!$&'()*+,;=~-._"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart for asking: `host` in ASCII, `path` with its query, `userinfo` as `name:password` or None."""

    scheme: str
    host: str
    port: int
    path: str
    userinfo: str | None = None

    @property
    def authority(self) -> str:
        """What the Host header says: the port only where it is not the scheme's own (RFC 9110 §7.2)."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address, without credentials."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def place(self) -> tuple[str, int]:
        """One server for the sake of politeness: http and https on their own ports count as one."""
        return self.host, 0 if self.port == _PORTS[self.scheme] else self.port


def target(url: str) -> Target:
    """Take an http(s) address apart, ready to be asked: international names in ASCII, unsafe characters quoted.

    Raises Refused for any other scheme, a missing host or a port that is none.
    """
    cleaned = _CONTROLS.sub("", url.strip())
    try:
        parts = urlsplit(cleaned)
        port = parts.port
    except ValueError as error:
        raise Refused(f"{shown(url)} is no web address ({error}); check it.", connected=False) from error
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise Refused(f"{shown(url)} is not asked: only http and https addresses are.", connected=False)
    host = _ascii_host(parts.hostname or "", url)
    path = quote(parts.path, safe=_KEPT) or "/"
    if parts.query:
        path += "?" + quote(parts.query, safe=_KEPT + "?[]")
    userinfo = unquote(parts.netloc.rpartition("@")[0]) if "@" in parts.netloc else None
    return Target(scheme, host, port if port is not None else _PORTS[scheme], path, userinfo)


def _ascii_host(name: str, url: str) -> str:
    if ":" in name:
        return name.lower()
    try:
        host = name.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        host = ""
    if not host or not re.fullmatch(r"[a-z0-9_.-]+", host):
        raise Refused(f"{shown(url)} has no usable host name; check the address.", connected=False)
    return host


def shown(url: str) -> str:
    """An address fit for messages and logs: no name or password, no control characters, at most 300 characters."""
    plain = _CONTROLS.sub("", url.strip())
    scheme, separator, rest = plain.partition("://")
    if separator:
        authority, slash, path = rest.partition("/")
        plain = f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"
    return plain if len(plain) <= 300 else plain[:299] + "…"


def absolute(url: str | None, base: str) -> str | None:
    """`url` made absolute against `base`, with spaces quoted; None unless the result is http or https."""
    cleaned = _CONTROLS.sub("", (url or "").strip()).replace(" ", "%20")
    if not cleaned:
        return None
    try:
        joined = urljoin(base, cleaned)
        parts = urlsplit(joined)
        host = parts.hostname
    except ValueError:
        return None
    return joined if parts.scheme.lower() in _PORTS and host else None


def root(url: str) -> str:
    """The front page of an address's site."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "/", "", ""))


def is_public(address: str) -> bool:
    """Whether a numeric address is one of the open internet, also when it hides another (v4-mapped, 6to4, NAT64, Teredo).

    Private, loopback, link-local, shared (100.64/10), multicast and reserved ones are not (IANA special registries).
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _LOCAL_NAT64 or ip.is_site_local:
            return False
        inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in _NAT64 or int(ip) >> 32 == 0:
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        hidden = [str(one) for one in inner if one is not None]
        if hidden:
            return all(map(is_public, hidden))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def typed_private(url: str) -> bool:
    """Whether a person typed an address of this machine or network, as a number or localhost: then that is what they want."""
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
