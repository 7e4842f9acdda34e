"""Whether events come from the mail provider: ECDSA (P-256, SHA-256) over the timestamp and the raw body.

The provider sends events again for 24 hours when nobody answers, and does not say whether it signs them anew. So the window is
a day and an hour: a narrower one could lose events for good. A replay within it changes nothing, because each event counts
once by its id; one that is older than what we remember of events (retention) is refused here.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from syndicate.errors import SyndicateError, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

OLDEST = timedelta(hours=25)
"""How old a signed delivery may be: the provider tries for 24 hours."""

FUTURE = timedelta(minutes=10)
"""How far the provider's clock may be ahead of ours."""

_STAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_ARMOUR = re.compile(r"-----(?:BEGIN|END) PUBLIC KEY-----|\s")


class BadSignature(SyndicateError):
    """Events that the provider did not sign with this key, or that are too old. Nothing of them was read."""


def verify(body: bytes, signature: str, timestamp: str, public_key: str, now: datetime) -> None:
    """Raises BadSignature unless the key's owner signed `timestamp` and `body`, not more than a day ago.

    `public_key` is as the provider's page shows it (base64 of DER, or PEM). Raises UsageError where it is no such key.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = checked_key(public_key)
    try:
        if not _STAMP.fullmatch(timestamp):
            raise ValueError
        key.verify(base64.b64decode(signature, validate=True), timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        signed = datetime.fromtimestamp(int(timestamp), UTC)
    except (InvalidSignature, ValueError, OverflowError, OSError, binascii.Error):
        raise BadSignature("These events are not signed by the provider; nothing of them was taken.") from None
    if not now - OLDEST <= signed <= now + FUTURE:
        raise BadSignature("These events were signed too long ago, or a clock is wrong; nothing of them was taken.")


def checked_key(text: str) -> EllipticCurvePublicKey:
    """The provider's public key; raises UsageError where it is none for events."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(base64.b64decode(_ARMOUR.sub("", text), validate=True))
        if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
            return key
    except (ValueError, binascii.Error):
        pass
    raise UsageError(
        "SYNDICATE_WEBHOOK_KEY is no key for events: copy the verification key from the provider's settings page."
    )
