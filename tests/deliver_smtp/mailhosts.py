"""Mail servers on this machine: one that does as it is told at each step, and a real one, with real certificates."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from syndicate.compose.mime import writer
from syndicate.deliver import Batch
from syndicate.deliver.smtp import SmtpTransport
from syndicate.models import Copy, DeliveryRules, Letter, Receipt

HANG, CLOSE, RESET, LATER = "hang", "close", "reset", "later"
"""What a told server may do instead of answering."""

LETTER = Letter(
    "Zyra <lajme@post.example.org>", "zyra@example.org", "Lajme për ju", "<p>%%leave_url%%</p>", "%%leave_url%%\n.dot\n"
)

SAID = {
    "connect": "220 ready", "EHLO": "250-here\r\n250 AUTH PLAIN LOGIN", "HELO": "250 here", "MAIL": "250 ok", "RCPT": "250 ok",
    "DATA": "354 go on", "dot": "250 taken", "RSET": "250 ok", "NOOP": "250 ok", "QUIT": "221 bye", "AUTH": "235 in",
}  # fmt: skip


@dataclass
class Told:
    """A server whose answer at each step is `says[step]`: one answer, or a list of them of which the last stays."""

    says: dict[str, str | list[str]] = field(default_factory=dict)
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    port: int = 0

    def answer(self, step: str) -> str:
        told = self.says.get(step, SAID.get(step, "502 what?"))
        if isinstance(told, list):
            return told.pop(0) if len(told) > 1 else told[0]
        return told

    def serve(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        with suppress(OSError, ValueError), connection:
            if not self._do(connection, "connect"):
                return
            while line := lines.readline():
                self.commands.append(line.decode("utf-8", "replace").strip())
                step = self.commands[-1].split(" ")[0].upper()
                if not self._do(connection, step):
                    return
                if step == "QUIT":
                    return
                takes = step == "DATA" and "354" in str(self.says.get("DATA", "354"))
                if takes and not self._body(lines, connection):
                    return

    def _body(self, lines: Any, connection: socket.socket) -> bool:
        got = b""
        if self.says.get("body") == CLOSE:
            connection.recv(10)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            return False
        while (line := lines.readline()) not in (b".\r\n", b""):
            got += line
        self.mails.append(got)
        return self._do(connection, "dot")

    def _do(self, connection: socket.socket, step: str) -> bool:
        answer = self.answer(step)
        if answer == HANG:
            connection.recv(1)
            return False
        if answer == LATER:
            return True
        if answer == RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        if answer in (CLOSE, RESET):
            return False
        connection.sendall(answer.encode() + b"\r\n")
        return not answer.startswith("421")


@contextmanager
def told(says: dict[str, str | list[str]]) -> Iterator[Told]:
    """A told server, listening."""
    made = Told(dict(says))
    listening = socket.create_server(("127.0.0.1", 0))
    made.port = listening.getsockname()[1]
    open_: list[socket.socket] = []

    def listen() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                made.connections += 1
                open_.append(connection)
                threading.Thread(target=made.serve, args=(connection,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield made
    finally:
        for one in [listening, *open_]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


# ---------------------------------------------------------------- a real server


@dataclass
class Real:
    """What a real server got: connections, and (sender, recipients, bytes) of each mail."""

    port: int = 0
    connections: int = 0
    envelopes: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    secrets: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 taken"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address.startswith("nobody"):
            return f"550 5.1.1 <{address}>: no such user here"
        envelope.rcpt_tos.append(address)
        return "250 ok"


@contextmanager
def real(certificate: Path | None = None, *, implicit: bool = False, password: str = "") -> Iterator[Real]:
    """A real server; with a `certificate` it speaks TLS, from the start if `implicit`; with a `password` it wants a log-in."""
    made = Real()
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        made.secrets.append((data.login, data.password))
        return AuthResult(success=data.password == password.encode(), handled=False)

    class Counting(Controller):
        def factory(self) -> SMTP:
            made.connections += 1
            wanted: dict[str, Any] = {"authenticator": authenticate, "auth_required": True} if password else {}
            if implicit or not certificate:
                wanted["auth_require_tls"] = False
            else:
                wanted |= {"tls_context": context, "require_starttls": True}
            with warnings.catch_warnings(
                action="ignore"
            ):  # that passwords may pass without STARTTLS: TLS is round them
                return SMTP(made, enable_SMTPUTF8=False, **wanted)

    with socket.create_server(("127.0.0.1", 0)) as free:
        made.port = free.getsockname()[1]
    controller = Counting(made, hostname="127.0.0.1", port=made.port, ssl_context=context if implicit else None)
    controller.start()
    made.connections = 0  # the controller's own trial
    try:
        yield made
    finally:
        controller.stop()


def certificate(folder: Path, host: str = "localhost") -> Path:
    """A new self-made certificate with its key, in one file."""
    made = folder / f"{host}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={host}",
         "-addext", f"subjectAltName=DNS:{host}", "-keyout", made, "-out", folder / "c.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    made.write_text(made.read_text() + (folder / "c.pem").read_text())
    return made


def trusting(certificate: Path) -> ssl.SSLContext:
    """TLS that takes this certificate, and no other."""
    return ssl.create_default_context(cafile=certificate)


# ---------------------------------------------------------------- posting


def copies(count: int, address: Callable[[int], str] = "reader{}@example.org".format) -> list[Copy]:
    return [
        Copy.of(f"{number:032x}", address(number), {"leave_url": f"https://x.example.org/{number}"})
        for number in range(count)
    ]


def post(transport: SmtpTransport, *given: Copy, letter: Letter = LETTER) -> tuple[list[Receipt], Exception | None]:
    """The receipts of a batch, and what was raised after them."""
    receipts, raised = [], None
    try:
        for receipt in transport.post(Batch("b1", "news-1", "sq", replace(letter), given)):
            receipts.append(receipt)
    except Exception as error:
        raised = error
    return receipts, raised


def transport(port: int, *, rules: DeliveryRules | None = None, **options: Any) -> SmtpTransport:
    """A transport to the told server, or to the real one without TLS."""
    patience = {"timeout": 0.4, "patience": 0.4} | options
    return SmtpTransport(f"smtp://127.0.0.1:{port}", writer, rules=rules or DeliveryRules(), **patience)
