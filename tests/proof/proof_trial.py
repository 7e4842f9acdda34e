"""One trial: a site, a provider, senders that are killed and started again; and the judgement in the end.

Whoever is in the audience is counted twice: by what the provider let leave, and by what the ledger says. A trial is good when
nobody got two, nobody was lost, nobody got one of whom the ledger says otherwise, and the states summed to the audience
whenever somebody looked.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from proof import proof_site
from proof.proof_mailserver import MailServer, serving
from proof.proof_zygote import Zygote
from sendgrid_standin import Standin

from syndicate import delivery, happenings
from syndicate.office import Standing
from syndicate.store import Store

ROOMY = 60.0
"""Seconds within which a restarted sender must be done."""

ENDS = ("sent", "undone", "cancelled")
GOT = ("accepted", "delivered", "deferred", "complained", "bounced")
TOLD = (*GOT, "failed", "held", "suppressed", "cancelled")
AFTER_ALL = 3 * 3600.0


@dataclass(frozen=True)
class Verdict:
    """What became of a trial's readers. `twice`: copies too many. `lost`: readers who got none and of whom the ledger does not
    say so. `untold`: who got one though the ledger says no. `seconds`: from the last restart until all was settled."""

    readers: int
    twice: int
    lost: int
    untold: int
    held: int
    kills: int
    runs: int
    seconds: float
    unbalanced: int

    @property
    def good(self) -> bool:
        return not (self.twice or self.lost or self.untold or self.unbalanced) and self.seconds <= ROOMY


class Trial:
    """One site and its provider; `told` is handed to every sender, see proof_sender."""

    def __init__(self, folder: Path, zygote: Zygote, provider: Standin | MailServer, readers: int, **told: Any) -> None:
        self.folder, self.zygote, self.provider, self.readers = folder, zygote, provider, readers
        self.kind = "sendgrid" if isinstance(provider, Standin) else "smtp"
        self.told = {"act": "send", "folder": str(folder), "kind": self.kind} | told
        self.kills = self.runs = self.unbalanced = 0
        self.ahead = self.seconds = 0.0
        self.running: set[int] = set()
        self.told["database"] = url = proof_site.make(folder, readers)
        self.store = Store(url)

    # ------------------------------------------------------------ senders

    def start(self, **more: Any) -> int:
        """A sender that runs beside us; its process id."""
        at = self.provider.url if isinstance(self.provider, Standin) else self.provider.port
        told = {"at": at, "clock": self.ahead} | self.told | more
        self.runs += 1
        pid = self.zygote.start(told, self.folder / "log")
        self.running.add(pid)
        return pid

    def wait(self, pid: int, seconds: float = ROOMY) -> int:
        """The exit status of a sender, minus the signal's number where it was killed."""
        code = self.zygote.wait(pid, seconds)
        if code is None:
            self.signal(pid, signal.SIGKILL)
            raise AssertionError(f"the sender hangs\n{self.log}")
        self.running.discard(pid)
        self.look()
        assert code != 99, self.log
        return code

    def run(self, **more: Any) -> int:
        return self.wait(self.start(**more))

    def killed(self, point: str, number: int, **more: Any) -> bool:
        """Run a sender that kills itself at a point; whether it came so far."""
        died = self.run(kill=[point, number], **more) == -signal.SIGKILL
        self.kills += died
        return died

    def kill(self, pid: int) -> None:
        """Kill a sender; one that was done before does not count."""
        self.signal(pid, signal.SIGKILL)
        self.kills += self.wait(pid) == -signal.SIGKILL

    def signal(self, pid: int, what: int) -> None:
        os.kill(pid, what)  # the zygote has not reaped it yet, so the id is still its own

    def finish(self, most: int = 60, **more: Any) -> None:
        """Run senders, as cron would, until the edition is done."""
        began = time.monotonic()
        for _ in range(most):
            if proof_site.edition(self.store).state in ENDS:
                break
            self.run(**more)
        self.seconds = time.monotonic() - began

    def close(self) -> None:
        """End what a failed test left running."""
        for pid in self.running:
            self.signal(pid, signal.SIGKILL)
            self.zygote.wait(pid)
        self.store.close()

    # ------------------------------------------------------------ looking

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text() if (self.folder / "log").exists() else ""

    def look(self) -> Standing:
        """Where it stands; a sum that is wrong is remembered."""
        found = delivery.standing(
            proof_site.site_in(self.folder, self.kind), self.store, proof_site.edition(self.store)
        )
        self.unbalanced += not found.balanced
        return found

    @property
    def states(self) -> dict[str, int]:
        return {state: count for state, count in self.look().states.items() if count}

    def calls(self, route: str) -> int:
        assert isinstance(self.provider, Standin)
        return len(self.provider.statuses(route))

    def until(self, what: Any, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, self.log
            time.sleep(0.005)

    # ------------------------------------------------------------ the provider's side

    def pass_time(self, seconds: float) -> None:
        """Let time pass, for the provider and for senders that are started from now on."""
        self.ahead += seconds
        if isinstance(self.provider, Standin):
            self.provider.advance(seconds)

    def events(self) -> None:
        """Take the provider's signed events, in the order of their happening."""
        assert isinstance(self.provider, Standin)
        book = self.provider.server.book
        body = json.dumps(self.provider.ask("events")).encode()
        signature, stamp = book.signed(body)
        happenings.receive(
            self.store, proof_site.site_in(self.folder, self.kind), proof_site.RING, body, signature, stamp, book.public(),
            datetime.fromtimestamp(book.now(), UTC),
        )  # fmt: skip

    def arrived(self) -> Counter[str]:
        if isinstance(self.provider, Standin):
            return Counter(one["address"] for one in self.provider.deliveries())
        return self.provider.deliveries()

    # ------------------------------------------------------------ judging

    def verdict(self) -> Verdict:
        """Let all the provider's time pass, and count."""
        self.pass_time(AFTER_ALL)
        return self.count()

    def count(self) -> Verdict:
        came, states = self.arrived(), proof_site.rows(self.store)
        lost = [one for one, state in states.items() if (state in GOT and not came[one]) or state not in TOLD]
        untold = [one for one in came if states.get(one) not in (*GOT, "held")]
        return Verdict(
            len(states), sum(number - 1 for number in came.values()), len(lost) + self.look().audience - len(states),
            len(untold), sum(state == "held" for state in states.values()), self.kills, self.runs, self.seconds,
            self.unbalanced,
        )  # fmt: skip

    def prove(self, held: int | None = 0, part: str = "", readers: int | None = None) -> Verdict:
        """The judgement; raises AssertionError where it is not good, or more than `held` are held (None: as many as may be)."""
        found = self.verdict()
        note(part, self.kind, found)
        assert found.good, f"{found}\n{self.states}\n{self.log}"
        assert held is None or found.held <= held, f"{found}\n{self.states}\n{self.log}"
        assert found.readers == (self.readers if readers is None else readers)
        return found


def note(part: str, kind: str, found: Verdict) -> None:
    """Keep the result for the table of docs/proof.md, where somebody wants one."""
    if path := os.environ.get("SYNDICATE_PROOF_RESULTS"):
        line = json.dumps({"part": part, "kind": kind} | asdict(found)) + "\n"
        with Path(path).open("a") as file:
            file.write(line)


@contextmanager
def trial(folder: Path, zygote: Zygote, kind: str, *, readers: int = 60, seed: int = 0, **told: Any) -> Iterator[Trial]:
    """A trial with a provider of its own."""
    folder.mkdir(exist_ok=True)
    with _provider(folder, kind, seed) as provider:
        made = Trial(folder, zygote, provider, readers, **told)
        try:
            yield made
        finally:
            made.close()


@contextmanager
def _provider(folder: Path, kind: str, seed: int) -> Iterator[Standin | MailServer]:
    if kind == "smtp":
        with serving(folder / "mails", seed) as server:
            yield server
    else:
        with Standin(folder / "standin.sqlite", seed=seed, loose=True) as standin:
            yield standin
