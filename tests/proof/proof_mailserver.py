"""A mail server that writes each mail down, durably, before it says that it has it; and that fails as it is told.

A fault is {"what", "when", "call" | "chance", "seconds"}: at the how-manieth mail (counted from 1), or by chance from the
seed and that number, it does what it is told *before* the mail is written down, or *after*:

    reset       the connection breaks        hang   no answer for so many seconds, then it breaks
    451 | 552   "not now" | "never", only before
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class MailServer:
    """One server and its book, a file with a line for each mail taken."""

    def __init__(self, book: Path, seed: int = 0) -> None:
        self.book, self.seed, self.port = book, seed, 0
        self.script: list[dict[str, Any]] = []
        self.mails = self.doubts = 0

    def faults(self, *script: dict[str, Any]) -> None:
        self.script, self.mails = list(script), 0

    def deliveries(self) -> Counter[str]:
        lines = self.book.read_text().splitlines() if self.book.exists() else []
        return Counter(json.loads(line) for line in lines)

    async def handle_EHLO(self, server: SMTP, session: Any, envelope: Any, name: str, answers: list[str]) -> list[str]:
        session.host_name = name
        return [*answers[:-1], "250-PIPELINING", answers[-1]]

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        self.mails += 1
        fault = self._fault(self.mails)
        before = fault and fault.get("when", "before") == "before"
        if not before:
            self._write(envelope.rcpt_tos)
        if fault is None:
            return "250 taken"
        what = str(fault["what"])
        if what == "hang":
            await asyncio.sleep(fault["seconds"])
        if what in ("hang", "reset"):
            self.doubts += 1
            server.transport.abort()
            return "421 gone"
        return f"{what} as told"

    def _fault(self, number: int) -> dict[str, Any] | None:
        for one in self.script:
            if "chance" in one:
                if random.Random(f"{self.seed}/{number}/{one['what']}/{one.get('when')}").random() < one["chance"]:
                    return one
            elif one.get("call") in (None, number):
                return one
        return None

    def _write(self, addresses: list[str]) -> None:
        with self.book.open("a") as file:
            file.writelines(json.dumps(one) + "\n" for one in addresses)
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def serving(book: Path, seed: int = 0) -> Iterator[MailServer]:
    """The server, listening on a port of its own."""
    made = MailServer(book, seed)

    class Plain(Controller):
        def factory(self) -> SMTP:
            return SMTP(made, enable_SMTPUTF8=False)

    with socket.create_server(("127.0.0.1", 0)) as free:
        made.port = free.getsockname()[1]
    controller = Plain(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    try:
        yield made
    finally:
        controller.stop()
