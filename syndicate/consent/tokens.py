"""Signed links: proof that we wrote a link, for one purpose, one person and one list.

A token is `<what>.<signature>`: letters, digits, `-`, `_` and one dot, so it goes into a URL as it is. `<what>` is the
person's id, the list's id and, where the link may grow old, the second of its signing. The purpose is not written in the
token: it chooses the key, so a token to leave cannot be used to confirm. A leave token carries no time and never expires:
the same person and list always have the same one. A link that is about no list has an empty one, a link to confirm several
lists has them joined (`joined`), and `extra` holds what else a purpose needs, such as the id of the letter that it stands in.

Signed as itsdangerous signs, and read with it: HMAC-SHA256, of which the first 128 bits are kept (RFC 2104 §5 allows half)
for a short link.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from syndicate.consent.mac import mac
from syndicate.errors import UsageError

if TYPE_CHECKING:
    from itsdangerous import Signer

Purpose = Literal["confirm", "leave", "preferences", "account", "session", "address", "approve"]
"""What a link is for: confirm subscriptions, leave, change language, open the settings (fresh, mailed on request, once),
stay in them for a while, confirm a new address; and, for the operator, approve an edition."""

CONFIRM_LIVES = timedelta(days=30)
"""How long after the form its confirmation link works."""
ACCOUNT_LIVES = timedelta(minutes=30)
"""How long the mailed link to the settings works, and how long the settings then stay open."""
ADDRESS_LIVES = timedelta(hours=24)
"""How long the link to confirm a new address works."""

INVITED = "invited"
"""The `extra` of a confirmation link that the operator sent unasked: it lifts nothing that forbids mail."""

NOBODY = "test"
"""Whose links the test mail of a newsletter carries: no subscriber has this id."""

HALF = 16
"""Bytes of a signature: half of SHA-256."""

_LONGEST = 1024
_FOR_URLS = bytes.maketrans(b"+/", b"-_")
_NO_LIST = frozenset({"account", "session", "address"})


class TokenError(UsageError):
    """A link that we did not sign for this purpose, that has grown old, or that was used up."""


def asked(claim: Claim) -> datetime | None:
    """When the form was sent that a confirmation link answers, to the millisecond; None for an invitation."""
    if claim.extra == INVITED or claim.signed is None:
        return None
    return claim.signed.replace(microsecond=int(claim.extra or "0") * 1000)


def asked_at(moment: datetime) -> str:
    """The `extra` of a confirmation link that answers a form of that moment: its milliseconds."""
    return str(moment.microsecond // 1000)


def joined(lists: Iterable[str]) -> str:
    """Several lists as one, for a token."""
    return ",".join(lists)


def parted(lists: str) -> tuple[str, ...]:
    """The lists that were joined."""
    return tuple(one for one in lists.split(",") if one)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token proves: whose it is, for which list ("" for none), when it was signed (None: it has no age)."""

    subscriber: str
    list: str
    signed: datetime | None = None
    extra: str = ""


def sign(
    ring: Sequence[bytes],
    *,
    purpose: Purpose,
    subscriber: str,
    list: str,
    now: datetime | None = None,
    extra: str = "",
) -> str:
    """A token for one purpose, person and list, signed with the newest key: the *first* of the ring.

    With `now` the token carries its time, to the second, and can be held to an age when read; without, it never expires,
    and has no `extra`. Raises UsageError for an empty ring, and ValueError for a person's id that is empty, for an empty
    list where a link is about one, and for line breaks.
    """
    if not subscriber or not (list or purpose in _NO_LIST) or "\n" in subscriber + list + extra or (extra and not now):
        raise ValueError("the ids in a token are not empty and hold no line break")
    parts = [subscriber, list, *([f"{int(now.timestamp()):x}"] if now else []), *([extra] if extra else [])]
    return _signed(mac(_keys(tuple(ring), purpose)[-1]), "\n".join(parts).encode())


def signer(ring: Sequence[bytes], *, purpose: Purpose, list: str) -> Callable[[str], str]:
    """What makes a subscriber's id into their token without age, as `sign` does: for all readers of an edition."""
    digest, ending = mac(_keys(tuple(ring), purpose)[-1]), f"\n{list}".encode()
    if not list or b"\n" in ending[1:]:
        raise ValueError("the list in a token is not empty and holds no line break")
    return lambda subscriber: _signed(digest, subscriber.encode() + ending)


def _signed(digest: Callable[[bytes], bytes], payload: bytes) -> str:
    what = _base64(payload)
    return f"{what.decode()}.{_base64(digest(what)[:HALF]).decode()}"


def _base64(data: bytes) -> bytes:
    """As itsdangerous writes it: for URLs, and without padding."""
    return b2a_base64(data, newline=False).translate(_FOR_URLS, b"=")


def read(
    ring: Sequence[bytes], token: str, *, purpose: Purpose, max_age: timedelta | None = None, now: datetime
) -> Claim:
    """What the token proves, signed by any key of the ring.

    Raises TokenError when it was changed, cut, made for another purpose, or is older than `max_age` at `now`.
    """
    claim = _parsed(_verified(_signer(tuple(ring), purpose), token))
    if max_age is not None and (claim.signed is None or not timedelta(0) <= _age(claim.signed, now) <= max_age):
        raise TokenError("This link is too old. Ask for a new one.")
    return claim


def _age(signed: datetime, now: datetime) -> timedelta:
    # The token's time is cut to the second, so that of `now` must be too, or a link would be born in the future.
    return now.replace(microsecond=0) - signed


def _verified(signer: Signer, token: str) -> bytes:
    from itsdangerous.encoding import base64_decode, base64_encode
    from itsdangerous.exc import BadData

    try:
        # Base 64 can be spelled in several ways that decode alike: only the one that we write is ours.
        if len(token) > _LONGEST or not token.isascii():
            raise ValueError
        payload, _, signature = signer.unsign(token).partition(b".")[0].decode(), "", token.rpartition(".")[2]
        for part in (payload, signature):
            if base64_encode(base64_decode(part)).decode() != part:
                raise ValueError
        return base64_decode(payload)
    except (BadData, ValueError) as error:
        raise TokenError(
            "This link is not whole, or is not ours. Open it from the mail again, or ask for a new one."
        ) from error


def _parsed(payload: bytes) -> Claim:
    subscriber, name, *rest = payload.decode().split("\n")
    signed = datetime.fromtimestamp(int(rest[0], 16), UTC) if rest else None
    return Claim(subscriber, name, signed, rest[1] if rest[1:] else "")


@lru_cache(maxsize=16)
def _signer(ring: tuple[bytes, ...], purpose: str) -> Signer:
    from itsdangerous import Signer
    from itsdangerous.signer import SigningAlgorithm

    class Half(SigningAlgorithm):
        """The first 128 bits of HMAC-SHA256."""

        def get_signature(self, key: bytes, value: bytes) -> bytes:
            return mac(key)(value)[:HALF]

    return Signer([*_keys(ring, purpose)], key_derivation="none", algorithm=Half())


@lru_cache(maxsize=16)
def _keys(ring: tuple[bytes, ...], purpose: str) -> tuple[bytes, ...]:
    """The keys of a purpose, the newest last, as itsdangerous wants them."""
    if not ring or not all(ring):
        raise UsageError(
            "There is no secret key to sign links with: set SYNDICATE_SECRET_KEY, or put back var/secret.key."
        )
    return tuple(mac(key)(f"syndicate token {purpose}".encode()) for key in reversed(ring))


def confirm_url(base_url: str, token: str) -> str:
    """Where a person confirms: a page whose button posts; opening it does nothing."""
    return f"{base_url.rstrip('/')}/confirm/{token}"


def leave_url(base_url: str, token: str) -> str:
    """Where a person leaves: a page for people, and one click for mail programs (RFC 8058 §3.1)."""
    return f"{base_url.rstrip('/')}/leave/{token}"


def preferences_url(base_url: str, token: str) -> str:
    """Where a person changes their language."""
    return f"{base_url.rstrip('/')}/preferences/{token}"


def account_url(base_url: str, token: str) -> str:
    """Where a person opens their settings, once."""
    return f"{base_url.rstrip('/')}/account/{token}"


def address_url(base_url: str, token: str) -> str:
    """Where a person confirms a new address."""
    return f"{base_url.rstrip('/')}/address/{token}"


def approve_url(base_url: str, token: str) -> str:
    """Where an operator approves an edition: a page whose button posts; opening it does nothing."""
    return f"{base_url.rstrip('/')}/approve/{token}"


def leave_mailto(reply_to: str, token: str) -> str:
    """The same by mail, for `List-Unsubscribe` (RFC 2369 §3.2): the token stands in the subject (RFC 6068 §2)."""
    return f"mailto:{quote(reply_to, safe='@+')}?subject={quote(f'leave {token}')}"
