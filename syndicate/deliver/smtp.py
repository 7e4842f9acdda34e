"""The SMTP transport: one mail at a time over one kept connection to a mail server (RFC 5321).

What the server's answer means for a mail, by how far it had come:

    no connection, no greeting, no log-in    nothing was begun: asked again later, or the operator is told what to put right
    4xx                                      not now (RFC 5321 §4.2.1): queued again; 421, or several in a row: Busy
    5xx for the sender                       the server will not have us: the operator is told
    5xx for the reader, or for the mail      failed, with the server's words
    cut off before the last dot              nothing was taken (§4.1.1.4): queued again
    cut off after it, before the answer      in doubt: only here may the server have the mail without our knowing

A mail ends with a dot on a line of its own, and the dot is written apart from all before it: as long as that has not begun,
no server can have taken the mail.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import Literal

from syndicate.deliver import NO_TICKET, Attempt, Batch, Ticket
from syndicate.deliver.dkim import Signer
from syndicate.deliver.line import Cut, Line, Refused, Stage
from syndicate.deliver.server import server
from syndicate.errors import Busy, DeliveryError, SyndicateError, UsageError
from syndicate.models import Copy, DeliveryRules, Letter, Receipt

TIMEOUT = 60.0
"""Seconds without a word from the server before we hang up."""

PATIENCE = 600.0
"""Seconds to wait for the answer to a whole mail: to give up earlier would only make a doubt (RFC 5321 §4.5.3.2.6)."""

ROW = 5
"""So many readers put off one after the other: the server wants a rest, not these readers."""

_ENVELOPE = re.compile(r"[^\s<>\x00-\x1f\x7f]+@[^\s<>@\x00-\x1f\x7f]+")
_NOT_IN_TAG = re.compile(r"[^A-Za-z0-9._-]+")
_RELAY = re.compile(r"\brelay", re.IGNORECASE)


class SmtpTransport:
    """Hands mail to the server of `url`. `writer` makes what gives a copy its bytes; `rules` say who bounces go to and which
    DKIM key signs; `tls` stands in for the system's certificates; `clock` counts seconds.

    Raises UsageError for a URL or a key that is none.
    """

    name = "smtp"
    batch_size = 100
    single = True
    undoable = False

    def __init__(
        self,
        url: str,
        writer: Callable[[Letter], Callable[[Copy], bytes]],
        *,
        rules: DeliveryRules,
        dkim_key: str | None = None,
        tls: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._line = Line(server(url), tls, timeout, patience, clock)
        self._place = self._line.server.place
        self._writer = lru_cache(maxsize=8)(writer)
        self._bounces = rules.bounces
        self._signer = _signer(rules, dkim_key)
        self._in_a_row = 0

    def prepare(self, now: datetime, send_at: datetime | None) -> Ticket:
        """Sees to it that the server is there and has let us in, before anything is said to be on its way."""
        self._line.open()
        return NO_TICKET

    def post(self, batch: Batch) -> Iterator[Receipt]:
        """Hands the batch over, one mail after the other."""
        write = self._writer(batch.letter)
        for number, copy in enumerate(batch.copies):
            receipt, trouble = self._one(batch.letter, write, copy)
            yield receipt
            if trouble is not None:
                for rest in batch.copies[number + 1 :]:
                    yield Receipt(rest.id, "requeue", "not tried: the server had no ear for the one before")
                raise trouble

    def settle(self, attempt: Attempt, now: datetime) -> None:
        """Nothing: SMTP cannot be asked what became of a mail."""
        return

    def recall(self, attempt: Attempt, now: datetime) -> bool:
        """Never: what the server took is gone."""
        return False

    def forget(self, attempt: Attempt, now: datetime) -> bool:
        """There is nothing to clear away."""
        return True

    def close(self) -> None:
        """Takes leave of the server."""
        self._line.close()

    def _one(self, letter: Letter, write: Callable[[Copy], bytes], copy: Copy) -> tuple[Receipt, DeliveryError | None]:
        """What became of one mail, and what keeps us from going on with the next."""
        try:
            message, reader = write(copy), envelope(copy.address)
            if self._signer:
                message = self._signer.sign(message)
        except (ValueError, SyndicateError) as error:
            return Receipt(copy.id, "failed", f"The mail cannot be written: {error}"), None
        try:
            self._line.send(_returns_to(self._bounces, letter, copy), reader, message)
        except Refused as refused:
            return self._refused(copy, refused)
        except Cut as cut:
            return self._cut(copy, cut)
        except DeliveryError as error:  # there was no connection to be had
            return Receipt(copy.id, "requeue", "the server was not there"), error
        self._in_a_row = 0
        return Receipt(copy.id, "accepted"), None

    def _refused(self, copy: Copy, refused: Refused) -> tuple[Receipt, DeliveryError | None]:
        outcome, stop = verdict(refused.stage, refused.code, refused.text)
        self._in_a_row = self._in_a_row + 1 if outcome == "requeue" else 0
        place, said = self._place, refused.said
        receipt = Receipt(copy.id, outcome, said)
        if stop == "never":
            return receipt, DeliveryError(
                f"{place} does not take mail from us: {said}. Check the sender of the list, the user and "
                "password in SYNDICATE_SMTP_URL, and that the server lets this user send from that address. Then send again; "
                "nothing is lost."
            )
        if stop == "later" or self._in_a_row >= ROW:
            self._in_a_row = 0
            return receipt, Busy(f"{place} takes no mail just now: {said}. Send again later.")
        return receipt, None

    def _cut(self, copy: Copy, cut: Cut) -> tuple[Receipt, DeliveryError | None]:
        place = self._place
        if not cut.doubtful:
            busy = Busy(f"{place} hung up in the middle of a mail, which it has not got: {cut.why}.")
            return Receipt(copy.id, "requeue", f"the connection ended: {cut.why}"), busy
        self._in_a_row += 1
        receipt = Receipt(copy.id, "in_doubt", f"the server had the whole mail and did not answer: {cut.why}")
        if self._in_a_row < 2:
            return receipt, None
        self._in_a_row = 0
        return receipt, Busy(
            f"{place} twice took a whole mail and did not say what became of it: {cut.why}. "
            "Sending stops here, so that no more of them are in doubt."
        )


def verdict(
    stage: Stage, code: int, text: str
) -> tuple[Literal["requeue", "failed", "in_doubt"], Literal["go on", "later", "never"]]:
    """What a refusal means for this mail, and for those after it (RFC 5321 §4.2.1, §4.2.3)."""
    if code == 421:
        return "requeue", "later"
    if 400 <= code < 500:
        return "requeue", "later" if stage == "sender" else "go on"
    if 500 <= code < 600:
        # 530 and 535 want a log-in (RFC 4954 §6); a server that will not relay refuses us, whoever the reader is.
        ours = stage == "sender" or code in (530, 535, 538) or (stage == "reader" and _RELAY.search(text))
        return ("requeue", "never") if ours else ("failed", "go on")
    return ("in_doubt" if stage == "content" else "requeue"), "later"


def envelope(address: str) -> str:
    """An address as RCPT takes it, its domain in ASCII (RFC 5321 §4.1.2). Raises ValueError for one that cannot stand there."""
    local, _, host = address.rpartition("@")
    if not host.isascii():
        address = f"{local}@{host.encode('idna').decode('ascii')}"
    if not _ENVELOPE.fullmatch(address) or not address.isascii():
        raise ValueError("the address cannot be written on an envelope")
    return address


def _returns_to(bounces: str | None, letter: Letter, copy: Copy) -> str:
    """Who is told when a mail comes back: an address that names the delivery, else the sender."""
    if not bounces:
        return _own(letter.sender)
    local, _, host = bounces.rpartition("@")
    return envelope(f"{local}+{_NOT_IN_TAG.sub('-', copy.id)}@{host}")


@lru_cache(maxsize=8)
def _own(sender: str) -> str:
    return envelope(parseaddr(sender)[1])


def _signer(rules: DeliveryRules, key: str | None) -> Signer | None:
    if not rules.dkim_domain or not rules.dkim_selector:
        return None
    if not key:
        raise UsageError(
            "[delivery] names a dkim_domain, and there is no key to sign with: set SYNDICATE_DKIM_KEY_FILE to the file that "
            "holds it, or take dkim_domain and dkim_selector out of feeds/site.toml."
        )
    return Signer(rules.dkim_domain, rules.dkim_selector, key)
