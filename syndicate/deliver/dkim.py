"""DKIM signatures (RFC 6376) for mail that leaves by SMTP, made by dkimpy, which comes with the extra `dkim`.

Relaxed/relaxed canonicalisation, because servers on the way refold headers and trim spaces. The headers for leaving are
signed, without which no mailbox shows its button (RFC 8058 §4).
"""

from __future__ import annotations

import re

from syndicate.errors import UsageError

SIGNED = (
    "from", "reply-to", "subject", "date", "to", "message-id", "list-id", "list-unsubscribe", "list-unsubscribe-post",
    "feedback-id", "content-language", "precedence", "mime-version", "content-type",
)  # fmt: skip
"""The headers that are signed where a mail has them."""

SEALED = ("from", "reply-to", "subject", "to", "date")
"""Those signed once more than they stand there, so that none can be added on the way (RFC 6376 §8.15)."""

_NAME = re.compile(rb"^([!-9;-~]+):", re.MULTILINE)


class Signer:
    """Signs mails for `domain` with the RSA key in `key` (PEM), published in the DNS under `selector`.

    Raises UsageError where dkimpy is not installed, or the key is none that it reads.
    """

    def __init__(self, domain: str, selector: str, key: str) -> None:
        try:
            from dkim import DKIM  # type: ignore[import-untyped]
            from dkim.crypto import UnparsableKeyError, parse_pem_private_key  # type: ignore[import-untyped]
        except ImportError:
            raise UsageError(
                "[delivery] names a dkim_domain, and signing needs dkimpy, which is not installed: type "
                "`pip install 'syndicate[dkim]'`, or take dkim_domain and dkim_selector out of feeds/site.toml."
            ) from None
        self._dkim = DKIM
        self._domain, self._selector = domain.encode("idna"), selector.encode("idna")
        self._key = key.strip().encode()
        try:
            # Once, for the operator's sake; dkimpy reads it again for each mail, 0.1 ms of the 10 that signing takes.
            parse_pem_private_key(self._key)
        except (UnparsableKeyError, ValueError, IndexError, KeyError, TypeError):
            raise UsageError(
                "SYNDICATE_DKIM_KEY holds no RSA key in PEM form. Make one with `openssl genrsa -out dkim.pem 2048`, and "
                "set SYNDICATE_DKIM_KEY_FILE to that file."
            ) from None

    def sign(self, message: bytes) -> bytes:
        """`message` with its signature on top. Raises ValueError where it has no From."""
        head = message[: message.index(b"\r\n\r\n") + 2]
        here = {name.decode("ascii").lower() for name in _NAME.findall(head)}
        if "from" not in here:
            raise ValueError("a mail without From cannot be signed")
        wanted = [*(name for name in SIGNED if name in here), *SEALED]
        line: bytes = self._dkim(message).sign(
            self._selector,
            self._domain,
            self._key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode() for name in wanted],
        )
        return line + message
