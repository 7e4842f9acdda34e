"""Handing mail to a mail server over one connection, held against a bare smtplib loop that sends ready bytes.

Both talk to the same sink on loopback, a process of its own that does no more than SMTP asks for, by turns in one run. Ours
makes each copy's bytes, checks its addresses and tells what became of it; in a real send the ledger's commits come on top.
"""

from __future__ import annotations

import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from benchmarks.measure import ROOT, Figure

MAILS, ROUNDS = 400, 5
ANSWERS = {b"EHLO": b"250-sink\r\n250 PIPELINING\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
"""What the sink says; to everything else, that it is well."""

LEAST = 0.60
"""Of the bare loop's mails a second."""


def measure() -> list[Figure]:
    from syndicate import compose
    from syndicate.deliver import Batch
    from syndicate.deliver.smtp import SmtpTransport
    from syndicate.models import DeliveryRules

    letter, copies = _mail()
    write = compose.writer(letter)
    ready = [(copy.address, write(copy)) for copy in copies]
    with _sink() as port:
        transport = SmtpTransport(f"smtp://127.0.0.1:{port}", compose.writer, rules=DeliveryRules())
        transport.prepare(datetime.now(UTC), None)
        bare = smtplib.SMTP("127.0.0.1", port, "127.0.0.1")

        def ours() -> None:
            for number, copy in enumerate(copies):
                (receipt,) = transport.post(Batch(str(number), "news-1", "sq", letter, (copy,)))
                assert receipt.outcome == "accepted"

        def theirs() -> None:
            for address, content in ready:
                bare.sendmail("news@example.org", address, content)

        took = [(_took(ours), _took(theirs)) for _ in range(ROUNDS)]
        transport.close()
        bare.quit()
    mine, yardstick = (MAILS / min(column) for column in zip(*took, strict=True))
    size = len(ready[0][1]) / 1000
    return [
        Figure(
            f"SMTP sink, one connection, mails of {size:.0f} KB", f"{mine:,.0f}/s", f"{yardstick:,.0f}/s", mine / yardstick,
            f"≥ {LEAST:g} ×", mine >= LEAST * yardstick,
        )
    ]  # fmt: skip


def _mail():  # type: ignore[no-untyped-def]  # its type would import the room before it is needed
    """A letter of ten posts in two languages, and a copy for each reader."""
    from dataclasses import replace

    from benchmarks.compose import NOW, everything
    from syndicate import compose
    from syndicate.models import Edition

    parts = everything()
    parts = replace(parts, posts=parts.posts[:10])
    made = compose.render_all(parts, ("sq+en",))
    edition = Edition("news-1", parts.list.id, 1, "approved", NOW, (), made, "")
    letter = compose.letter(edition, made[0], list=parts.list, site=parts.site)
    copies = [
        compose.copy(
            f"{number:032x}", f"reader{number}@example.org", list=parts.list, leave_mailto="leave@example.org",
            leave_url=f"https://example.org/leave/{number:080x}", preferences_url=None,
        )
        for number in range(MAILS)
    ]  # fmt: skip
    return letter, copies


def _took(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def _sink() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.smtp"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def sink() -> None:
    """Take mail for ever, on as many connections as come; prints the port first."""
    import threading

    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_serve, args=(connection,), daemon=True).start()


def _serve(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(b"220 sink\r\n")
    held = b""
    while received := connection.recv(1 << 18):
        held += received
        while b"\r\n" in held:
            line, _, held = held.partition(b"\r\n")
            word = line[:4].upper()
            connection.sendall(ANSWERS.get(word, b"250 ok\r\n"))
            if word == b"DATA":
                held = _body(connection, held)


def _body(connection: socket.socket, held: bytes) -> bytes:
    """Reads to the dot on a line of its own; returns what came after it."""
    body = bytearray(b"\r\n" + held)
    while (end := body.find(b"\r\n.\r\n", max(0, len(body) - (1 << 18) - 5))) < 0:
        received = connection.recv(1 << 18)
        if not received:
            return b""
        body += received
    connection.sendall(b"250 taken\r\n")
    return bytes(body[end + 5 :])


if __name__ == "__main__":
    sink()
