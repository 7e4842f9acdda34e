"""Mail addresses: one spelling to write to, one key to compare by, and what may be shown of them.

Two addresses are the same person's when their keys are equal: the ASCII form in small letters. Dots and `+tags` are kept
apart, because only the provider that made the mailbox knows whether they mean the same (RFC 5321 §2.4). The local part
must be ASCII: few servers take others (RFC 6531), and a mail that cannot arrive helps nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from syndicate.consent.mac import mac
from syndicate.errors import UsageError

Purpose = Literal["forgotten", "log"]
"""What a keyed hash is for. Hashes of different purposes cannot be compared with each other."""

# Addresses that need no library: ASCII, no quoted local part, no label that could be punycode, a real-looking top-level
# domain. The library says the same of each of them (the tests compare), in 26 µs instead of 1.
_PLAIN = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)"
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:-?[a-z0-9]){0,30}\.)+(?!(?:arpa|invalid|local|localhost|onion)\Z)[a-z]{2,24}",
    re.ASCII,
)
# Mailboxes whose names have no case (RFC 2142), as the library has them.
_ROLES = frozenset({
    "info", "marketing", "sales", "support", "abuse", "noc", "security", "postmaster", "hostmaster", "usenet", "news",
    "webmaster", "www", "uucp", "ftp",
})  # fmt: skip
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_NAMED = re.compile(r"[^<>]*<([^<>]*)>")


class AddressError(UsageError, ValueError):
    """The text is no address that mail can be sent to; the message says why, and holds no part of it."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mail address: `display` is how to write to it (ASCII, as the person spells it), `key` is what makes it unique."""

    display: str
    key: str


def clean(text: str) -> Address:
    """The address in `text`, which may stand in a `mailto:` link or behind a name: `Arta <arta@example.org>`.

    Whether anybody reads mail there is not looked up. The name is dropped: we do not keep it. Raises AddressError.
    """
    # Only ASCII: a Kelvin sign, too, has a small k.
    if text.isascii() and _PLAIN.fullmatch(key := text.lower()):
        return Address(text if key == text else _spelled(text, key), key)
    return _checked(_bare(text))


def _spelled(text: str, key: str) -> str:
    """A plain address with capitals, as we write to it: only the part before the @ keeps them, unless it is a role's."""
    at = text.index("@")
    return key if key[:at] in _ROLES else text[:at] + key[at:]


def _bare(text: str) -> str:
    bare = _INVISIBLE.sub("", text).strip()
    named = _NAMED.fullmatch(bare)
    bare = named[1].strip() if named else bare
    return bare[7:].split("?")[0] if bare[:7].lower() == "mailto:" else bare


def _checked(bare: str) -> Address:
    if not bare:
        raise AddressError("There is no address here: write one such as name@example.org.")
    if bare.count("@") > 1 and re.search(r"[,;\s]", bare):
        raise AddressError("There is more than one address here: put each in a row of its own.")
    from email_validator import EmailNotValidError, validate_email

    try:
        # `strict` holds the local part to 64 characters (RFC 5321 §4.5.3.1.1). `.test` is reserved for trying things
        # out (RFC 2606 §2), which is what somebody who types it does.
        found = validate_email(
            bare, check_deliverability=False, allow_smtputf8=False, strict=True, test_environment=True
        )
    except EmailNotValidError as error:
        raise AddressError(_plainly(str(error), bare)) from error
    if not found.ascii_email or "." not in found.domain:
        raise AddressError("The part after the @ has no dot: write the whole domain, such as example.org.")
    return Address(found.ascii_email, found.ascii_email.lower())


def _plainly(said: str, bare: str) -> str:
    local = bare.rpartition("@")[0]
    if not local.isascii():
        return "The part before the @ has letters beyond a to z: few mail servers take those; check the spelling."
    return f"This is no mail address: {said[:1].lower()}{said[1:].rstrip('.')}."


def keyed_hash(key: str, secret: bytes, *, purpose: Purpose = "forgotten") -> str:
    """HMAC-SHA256 of an address's key, as 64 hexadecimal digits: recognises an address without holding it.

    Bound to `purpose`, so that a hash from a log cannot be looked up among the forgotten.
    """
    return mac(secret)(f"syndicate address {purpose}\0{key}".encode()).hex()


def hasher(ring: Sequence[bytes]) -> Callable[[str], list[str]]:
    """What hashes many addresses' keys, as `keyed_hashes` does for those that may not be mailed."""
    begun, (first, *others) = b"syndicate address forgotten\0", [mac(secret) for secret in ring]

    def hashes(key: str) -> list[str]:
        message = begun + key.encode()
        found = [first(message).hex()]
        if others:
            found += [digest(message).hex() for digest in others]
        return found

    return hashes


def keyed_hashes(key: str, ring: Sequence[bytes], *, purpose: Purpose = "forgotten") -> tuple[str, ...]:
    """The address's hash under each key of the ring, in its order: a hash made with an older key is still recognised."""
    return tuple(keyed_hash(key, secret, purpose=purpose) for secret in ring)


def mask(address: str) -> str:
    """As much of an address as a forwarded mail may show: `arta@mail.example.org` is `a***@m***.org`.

    Its owner knows it again; the number of stars says nothing of its length.
    """
    local, _, domain = address.rpartition("@")
    labels = domain.split(".")
    end = f".{labels[-1]}" if len(labels) > 1 else ""
    return f"{local[:1]}***@{domain[:1]}***{end}"
