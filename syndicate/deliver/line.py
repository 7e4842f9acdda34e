"""One kept connection to a mail server, and what can happen on it (RFC 5321). Only the SMTP transport uses it."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from syndicate.deliver.server import Server
from syndicate.errors import Busy, DeliveryError

IDLE = 20.0
"""Seconds after which a kept connection is asked whether it is still there."""

Stage = Literal["sender", "reader", "content"]
"""What the server answered: MAIL FROM; RCPT TO and DATA; or the whole mail."""

_ADDRESS = re.compile(r"[^\s<>@:;,()]+@[^\s<>@:;,()]+")
_SIGNS = re.compile(r"[\x00-\x20\x7f]+")


class Refused(Exception):
    """The server's answer was not the one that lets us go on. `text` is cleaned of addresses and of what we logged in with."""

    def __init__(self, stage: Stage, code: int, text: str) -> None:
        super().__init__(stage)
        self.stage, self.code, self.text = stage, code, text

    @property
    def said(self) -> str:
        """The answer for people."""
        return f"{self.code} {self.text}".strip() if self.code > 0 else "an answer that is none"


class Cut(Exception):
    """The connection ended, or the server fell silent; `doubtful` when it had the whole mail by then."""

    def __init__(self, why: str, *, doubtful: bool) -> None:
        super().__init__(why)
        self.why, self.doubtful = why, doubtful


class Line:
    """One connection, opened when it is needed and kept."""

    def __init__(
        self, to: Server, tls: ssl.SSLContext | None, timeout: float, patience: float, clock: Callable[[], float]
    ) -> None:
        self.server = to
        self._tls, self._timeout, self._patience, self._clock = tls, timeout, patience, clock
        self._smtp: smtplib.SMTP | None = None
        self._used = 0.0
        self._sent = 0

    def open(self) -> smtplib.SMTP:
        """The connection: the kept one if it still answers, else a new one. Raises Busy and DeliveryError."""
        if self._smtp and self._clock() - self._used > IDLE and not self._answers(self._smtp):
            self.drop()
        if self._smtp is None:
            self._smtp = self._connected()
            self._sent = 0
        self._used = self._clock()
        return self._smtp

    def send(self, sender: str, reader: str, message: bytes) -> None:
        """Hands one mail over; returns when the server has answered for it. Raises Refused, Cut, and what `open` does."""
        try:
            self._transaction(sender, reader, message)
        except Cut:
            self.drop()
            raise
        except Refused as refused:
            if refused.code == 421 or not 400 <= refused.code < 600:  # it does not speak as we do, or is leaving
                self.drop()
            elif refused.stage != "content":
                self._reset()
            raise
        except BaseException:  # Ctrl-C: nobody knows what the next answer on this line belongs to
            self.drop()
            raise
        self._used = self._clock()
        self._sent += 1

    def close(self) -> None:
        """Says QUIT, and does not wait long for an answer."""
        smtp, self._smtp = self._smtp, None
        if smtp:
            with suppress(OSError, smtplib.SMTPException):
                _socket(smtp).settimeout(5)
                smtp.quit()
            smtp.close()

    def drop(self) -> None:
        """Hangs up."""
        smtp, self._smtp = self._smtp, None
        if smtp:
            smtp.close()

    def _transaction(self, sender: str, reader: str, message: bytes) -> None:
        smtp = self._begun(sender, reader)
        try:
            smtp.send(_stuffed(message))
        except OSError as error:
            raise Cut(why(error), doubtful=False) from error
        try:
            _socket(smtp).settimeout(self._patience)
            smtp.send(b".\r\n")
            self._expect(*smtp.getreply(), "content", 2)
            _socket(smtp).settimeout(self._timeout)
        except OSError as error:
            raise Cut(why(error), doubtful=True) from error

    def _begun(self, sender: str, reader: str) -> smtplib.SMTP:
        """The connection, with the envelope accepted. Servers that let only so many mails through one are called again."""
        smtp = self.open()
        kept = self._sent > 0
        try:
            self._sender(smtp, sender, reader)
        except (Cut, Refused) as ended:
            if not kept or (isinstance(ended, Refused) and ended.code != 421):
                raise
            self.drop()
            smtp = self.open()
            self._sender(smtp, sender, reader)
        self._reader(smtp, reader)
        return smtp

    def _sender(self, smtp: smtplib.SMTP, sender: str, reader: str) -> None:
        """MAIL FROM and its answer. A server that offers PIPELINING is told all of the envelope at once, and answers in turn."""
        commands = [f"MAIL FROM:<{sender}>", *_to(reader)]
        try:
            smtp.send("\r\n".join([*(commands if _at_once(smtp) else commands[:1]), ""]))
            code, text = smtp.getreply()
        except OSError as error:
            raise Cut(why(error), doubtful=False) from error
        if code // 100 != 2 and _at_once(smtp):
            with suppress(Cut, Refused):
                self._reader(smtp, reader, for_nobody=True)
        self._expect(code, text, "sender", 2)

    def _reader(self, smtp: smtplib.SMTP, reader: str, *, for_nobody: bool = False) -> None:
        """RCPT TO, DATA and their answers. A server that would take a mail `for_nobody` is given an empty one (RFC 2920 §3.1)."""
        refused: Refused | None = None
        try:
            for command, wanted in zip(_to(reader), (2, 3), strict=True):
                code, text = smtp.getreply() if _at_once(smtp) else smtp.docmd(command)
                if code // 100 != wanted:
                    refused = refused or Refused("reader", code, self._cleaned(text))
                    if not _at_once(smtp):
                        break
                elif wanted == 3 and (refused or for_nobody):
                    smtp.docmd(".")
        except OSError as error:
            if refused is None:
                raise Cut(why(error), doubtful=False) from error
        if refused is not None:
            raise refused

    def _expect(self, code: int, text: bytes, stage: Stage, wanted: int) -> None:
        if code // 100 != wanted:
            raise Refused(stage, code, self._cleaned(text))

    def _reset(self) -> None:
        try:
            if self._smtp and self._smtp.rset()[0] // 100 != 2:
                self.drop()
        except OSError:
            self.drop()

    @staticmethod
    def _answers(smtp: smtplib.SMTP) -> bool:
        try:
            return smtp.noop()[0] // 100 == 2
        except OSError:
            return False

    def _connected(self) -> smtplib.SMTP:
        try:
            smtp = self._called()
            try:
                self._let_in(smtp)
            except BaseException:
                smtp.close()
                raise
        except smtplib.SMTPResponseException as error:
            raise self._turned_away(error.smtp_code, error.smtp_error) from None
        except OSError as error:
            raise self._unreachable(error) from error
        # The dot is a small packet of its own, which must not wait for the answer to the one before (RFC 896).
        _socket(smtp).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return smtp

    def _called(self) -> smtplib.SMTP:
        to = self.server
        if to.encryption == "tls":
            return smtplib.SMTP_SSL(to.host, to.port, to.name, timeout=self._timeout, context=self._context())
        return smtplib.SMTP(to.host, to.port, to.name, timeout=self._timeout)

    def _let_in(self, smtp: smtplib.SMTP) -> None:
        if self.server.encryption == "starttls":
            smtp.ehlo_or_helo_if_needed()
            if not smtp.has_extn("starttls"):
                raise DeliveryError(
                    f"{self.server.place} offers no encryption (STARTTLS), so no mail was given "
                    "to it. Write smtps:// in SYNDICATE_SMTP_URL if it encrypts from the start, or ?tls=none if it may be clear."
                )
            smtp.starttls(context=self._context())
        smtp.ehlo_or_helo_if_needed()
        if self.server.user:
            self._log_in(smtp)

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        """AUTH PLAIN (RFC 4616), else LOGIN: what servers offer inside encryption."""
        offered = smtp.esmtp_features.get("auth", "").upper().split()
        user, password = self.server.user.encode(), self.server.password.encode()
        if "PLAIN" in offered:
            code, text = smtp.docmd("AUTH", "PLAIN " + b64encode(b"\0" + user + b"\0" + password).decode())
        elif "LOGIN" in offered:
            code, text = smtp.docmd("AUTH", "LOGIN")
            for secret in (user, password):
                if code == 334:
                    code, text = smtp.docmd(b64encode(secret).decode())
        else:
            code, text = 504, b"it offers no log-in with user and password"
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, text)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    def _turned_away(self, code: int, text: bytes | str) -> DeliveryError:
        said = f"{code} {self._cleaned(text if isinstance(text, bytes) else text.encode())}"
        place = self.server.place
        if code // 100 != 5:
            return Busy(f"{place} lets nobody in just now: {said}. Send again later; nothing is lost.")
        return DeliveryError(
            f"{place} does not let us in: {said}. Check user and password in SYNDICATE_SMTP_URL (signs such as @ and / "
            "percent-encoded), then send again; nothing is lost."
        )

    def _unreachable(self, error: OSError) -> DeliveryError:
        place = self.server.place
        if isinstance(error, ssl.SSLCertVerificationError):
            return DeliveryError(
                f"{place} shows a certificate that does not hold: {error.verify_message}. Write the name in the certificate "
                "into SYNDICATE_SMTP_URL, or have the server's certificate put right; no mail was given to it."
            )
        if isinstance(error, ssl.SSLError):
            return DeliveryError(
                f"{place} does not speak TLS as asked. Write smtps:// for a port that encrypts from the "
                "start (465), smtp:// for one that begins in the clear (587), into SYNDICATE_SMTP_URL."
            )
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME:
            return DeliveryError(f"There is no host {self.server.host}. Correct it in SYNDICATE_SMTP_URL.")
        return Busy(f"{place} cannot be reached: {why(error)}. Send again later; nothing is lost.")

    def _cleaned(self, text: bytes) -> str:
        """A server's words for logs and people: no address, nothing that we logged in with, not too long."""
        said = text.decode("utf-8", "replace")
        for secret in filter(None, (self.server.password, self.server.user)):
            said = said.replace(secret, "…")
        return _ADDRESS.sub("…", _SIGNS.sub(" ", said)).strip()[:200].rstrip(".")


def _socket(smtp: smtplib.SMTP) -> socket.socket:
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected
    return smtp.sock


def _at_once(smtp: smtplib.SMTP) -> bool:
    """Whether the server takes several commands before it answers (RFC 2920)."""
    return smtp.has_extn("pipelining")


def _to(reader: str) -> tuple[str, str]:
    return f"RCPT TO:<{reader}>", "DATA"


def _stuffed(message: bytes) -> bytes:
    """A mail with the dots at the beginnings of its lines doubled (RFC 5321 §4.5.2), ended by a line break."""
    # Ours have none, and to look is much faster than to replace.
    doubled = message.replace(b"\r\n.", b"\r\n..") if b"\r\n." in message else message
    return (b"." if doubled.startswith(b".") else b"") + doubled + (b"" if doubled.endswith(b"\r\n") else b"\r\n")


def why(error: OSError) -> str:
    """What an error of the connection was, for people."""
    if isinstance(error, TimeoutError) or isinstance(error.__cause__ or error.__context__, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "it hung up"
    return error.strerror or type(error).__name__
