"""Where mail goes: SYNDICATE_SMTP_URL, read and judged."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from syndicate.errors import UsageError

Encryption = Literal["tls", "starttls", "none"]
"""TLS from the start, TLS from STARTTLS on, or none."""

_SIGNS = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail goes: SYNDICATE_SMTP_URL, read. `name` is what we call ourselves (RFC 5321 §4.1.1.1)."""

    host: str
    port: int
    encryption: Encryption
    name: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """How sentences about the server begin."""
        return f"The mail server {self.host}:{self.port}"


def server(url: str) -> Server:
    """The server of a URL: `smtps://user:password@host:465` (TLS from the start) or `smtp://…:587` (STARTTLS, which must be
    offered; none on this machine itself). User and password are percent-encoded.

    `?tls=none` sends in the clear, `?tls=starttls` encrypts on this machine, too; `?name=` is what we call ourselves. Raises
    UsageError, whose message holds nothing of the URL.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:  # UnicodeError is one, too
        raise _wrong("is no address of a server") from None
    if parts.scheme not in ("smtp", "smtps") or not host or parts.path not in ("", "/"):
        raise _wrong("is no address of a server")
    if (parts.username is None) != (parts.password is None):
        raise _wrong("has one of user and password; give both, or neither")
    encryption = _encryption(parts.scheme, host, options.pop("tls", None))
    name = options.pop("name", "") or _own_name()
    if options or _SIGNS.search(name):
        raise _wrong("has an option that is none; there are tls and name")
    if parts.password and encryption == "none" and not _here(host):
        raise _wrong("would send the password in the clear; take ?tls=none away")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Server(host, port or (465 if encryption == "tls" else 587), encryption, name, user, password)


def _wrong(what: str) -> UsageError:
    return UsageError(
        f"SYNDICATE_SMTP_URL {what}. Write smtps://user:password@host:465 or smtp://user:password@host:587, with signs such "
        "as @ and / in user or password percent-encoded."
    )


def _encryption(scheme: str, host: str, asked: str | None) -> Encryption:
    if asked not in (None, "none", "starttls") or (scheme == "smtps" and asked):
        raise _wrong("has a wrong tls; smtps:// takes none, smtp:// takes tls=starttls or tls=none")
    if scheme == "smtps":
        return "tls"
    return "none" if asked == "none" or (asked is None and _here(host)) else "starttls"


def _here(host: str) -> bool:
    """Whether `host` is this machine: what is said to it passes no wire."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _own_name() -> str:
    # Not getfqdn, which may wait for a name server; an address literal where we have no full name (RFC 5321 §4.1.4).
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", name) else "[127.0.0.1]"
