"""The sender of the proof: one process that does one act at the site, as a command would, and dies where it is told to.

It is composed as the command line composes it, but for what a test sets: the size of batches, the clock, the patience. What it
is told is a dictionary:

    database  its address
    folder, kind ("sendgrid" | "smtp"), at (the provider's URL or port), act ("send" | "undo" | "pause" | "repair" | "resend")
    size      readers in one batch
    kill      [point, n]            SIGKILL itself when it passes the point for the nth time
    stop      [point, n]            the same with SIGSTOP: it lives, and does nothing until somebody continues it
    clock     seconds               its clock is so much ahead (or behind)
    jump      [point, n, seconds]   its clock is set at that moment
    choke     [point, n]            from there on the disk is full, see _choke
    timeout   seconds to wait for an answer      wait   seconds to wait for the database
    mutant    the name of a wrong engine, see proof_mutants
"""

from __future__ import annotations

import os
import resource
import signal
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from proof import proof_mutants, proof_site
from sendgrid_standin import KEY

from syndicate import compose, delivery, liveness, settling
from syndicate.deliver import sendgrid
from syndicate.deliver.sendgrid import SendGridTransport
from syndicate.deliver.smtp import SmtpTransport
from syndicate.errors import SyndicateError
from syndicate.office import Office
from syndicate.store import Store

_real_time = time.time


class Clock:
    """The process's clock: the real one, and what it was set by."""

    def __init__(self, ahead: float) -> None:
        self.ahead = ahead

    def time(self) -> float:
        return _real_time() + self.ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)


class Points:
    """What happens when a named point is passed."""

    def __init__(self, told: dict[str, Any], clock: Clock, choke: Any) -> None:
        self.told, self.clock, self.choke, self.passed = told, clock, choke, Counter[str]()

    def __call__(self, name: str) -> None:
        self.passed[name] += 1
        here = [name, self.passed[name]]
        if self.told.get("kill") == here:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.told.get("stop") == here:
            os.kill(os.getpid(), signal.SIGSTOP)
        if (self.told.get("jump") or [])[:2] == here:
            self.clock.ahead += self.told["jump"][2]
        if self.told.get("choke") == here:
            self.choke()


def main(told: dict[str, Any]) -> int:
    """Do what is told; 0 done, 1 an error that a person would read (it is printed), 3 stopped with mail still waiting."""
    proof_mutants.apply(told.get("mutant"))
    clock = Clock(told.get("clock", 0.0))
    folder = Path(told["folder"])
    try:
        store = Store(told["database"], wait=told.get("wait", 30.0))
        office = _office(told, folder, store, clock)
        return _act(told["act"], office)
    except SyndicateError as error:
        print(f"{type(error).__name__}: {error}")
        return 1


def _office(told: dict[str, Any], folder: Path, store: Store, clock: Clock) -> Office:
    site = proof_site.site_in(folder, told["kind"])
    timeout = told.get("timeout", 5.0)
    made: SendGridTransport | SmtpTransport
    if told["kind"] == "sendgrid":
        sendgrid.time.time = clock.time  # type: ignore[misc]  # the whole process believes its clock
        made = SendGridTransport(KEY, rules=site.delivery, url=told["at"], timeout=timeout)
    else:
        url = f"smtp://127.0.0.1:{told['at']}"
        made = SmtpTransport(url, compose.writer, rules=site.delivery, timeout=timeout, patience=timeout)
    made.batch_size = told.get("size", 12)  # type: ignore[misc]
    return Office(
        site, store, made, proof_site.RING, clock.now, wait=lambda seconds: time.sleep(min(seconds, 0.1)),
        point=Points(told, clock, lambda: _choke(folder)), boot=liveness.boot(),
    )  # fmt: skip


def _choke(folder: Path) -> None:
    """Let the disk be full: really, where the folder is a small disk of its own; else no file of ours may grow any more."""
    if folder.is_mount():
        with suppress(OSError), (folder / "filler").open("ab", buffering=0) as filler:
            while filler.write(b"x" * 512):
                pass
    else:
        log = (folder / "site.sqlite-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (log, log))


def _act(act: str, office: Office) -> int:
    edition = proof_site.edition(office.store)
    if act == "send":
        standing = delivery.send(office, edition, proof_site.LIST, lambda *_: None)
        print(standing.state, dict(standing.states), standing.stopped)
        return 0 if standing.state == "sent" else 3
    if act == "undo":
        print(settling.undo(office, edition, patience=20.0))
    elif act == "pause":
        settling.pause(office.store, edition)
    elif act == "repair":
        print(settling.repair(office, edition))
    elif act == "resend":
        print(settling.resend_held(office, edition))
    return 0
