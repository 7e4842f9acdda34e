"""The hall: one process's work on one edition, batch by batch, until nobody waits or there is a reason to stop.

    look → prepare → claim (and mark it posting) → [one by one: mark it posting] → post → write down the receipts → again

Each step is durable before the next. A batch that is posted whole is claimed and made `posting` in one commit, with the ticket
it is posted with. While one that can be called back is away, the next is claimed already; but that it is posted stands in the
commit that holds the outcome of the one before, so that of a killed process it is known that it was not. Of a batch that is
posted mail by mail, each row is made `posting` in the commit that holds the outcome of the one before: so a killed process
leaves at most one in doubt.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from syndicate import deliver
from syndicate.audience import copier, letter
from syndicate.deliver import NO_TICKET, limits
from syndicate.errors import BatchRefused, Busy, DeliveryError
from syndicate.flight import Outcome, hand_over, intend, let_go, swift_steps, take
from syndicate.liveness import Watch
from syndicate.models import Copy, Edition, Letter, MailingList, Receipt
from syndicate.office import (
    PATIENCE,
    Office,
    Report,
    come_to_halt,
    finish,
    overdue,
    patiently,
    settle_open,
    standing,
    ticket_of,
)
from syndicate.store import Connection, allowances, armed, editions, ledger
from syndicate.store.swift import Swift

__all__ = ["Shift"]

FRUITLESS = 5
"""After so many batches in a row of which nobody got mail and nobody was refused, sending stops until the next run."""

FAILURES = (10, 0.05)
"""More failures than this count, and this part of what was posted, pause a sending: something is wrong with it."""

SWIFT = 0.02
"""Seconds in which a transport takes a mail that is not much slower than the disk."""

QUICK = 1.0
"""Seconds in which a transport takes a batch, so that it is worth claiming the next meanwhile."""

STALE = 5.0
"""Seconds after which a claim is made anew: somebody may have left since."""

_Halves = list[tuple[str, list[str]]]


class _HaltError(Exception):
    """Sending comes to a halt, for a reason to keep ("": somebody else decided so); with `pause` only a person lets it go on."""

    def __init__(self, reason: str = "", *, pause: bool = False) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class _Flight:
    """A batch that is being posted."""

    row: ledger.BatchRow
    claimed: Sequence[ledger.Claimed]
    outcome: Future[Outcome]


class Shift:
    """One process's work on one edition."""

    def __init__(self, office: Office, edition: Edition, list: MailingList, report: Report, watch: Watch) -> None:
        self.office, self.edition, self.list, self.report, self.watch = office, edition, list, report, watch
        self.size, self.allowed = office.transport.batch_size, limits.limits(office.site.delivery)
        self.halves: _Halves = []  # of refused batches: (variant, ids), to be tried apart
        self.letters: dict[str, tuple[Letter, Callable[[ledger.Claimed], Copy]]] = {}
        self.posted = self.failed = self.fruitless = 0
        self.taking = 0.0  # seconds that the transport took for the mails of one batch
        # Did it take them about as fast as the disk takes commits; or so quickly that the next are worth claiming meanwhile?
        self.swift = self.quick = False
        self.variant: str | None = None  # of which more wait, as far as it is known
        self.away: _Flight | None = None
        self.asked: Future[deliver.Ticket] | None = None  # for the batch after the one that is away
        self.poster = ThreadPoolExecutor(1, thread_name_prefix="post")
        self.until, self.rounds, self.posted_before = office.now(), 0, 0
        start = standing(office.site, office.store, edition)
        self.total = start.audience
        self.done = start.audience - start.tally.waiting

    def work(self) -> None:
        """Send until nobody waits, or a reason to stop."""
        self.report(self.done, self.total, self.edition.id)
        try:
            self._batches()
            finish(self.office, self.edition.id)
            self.report(self.done, self.total, self.edition.id)
            self.office.point("finished")
        except _HaltError as halt:
            come_to_halt(self.office, self.edition.id, str(halt), pause=halt.pause)
        except DeliveryError as error:
            come_to_halt(self.office, self.edition.id, str(error))
            raise

    def _batches(self) -> None:
        try:
            while self._next() or self._another_round():
                self.report(self.done, self.total, self.edition.id)
        except Exception:
            with suppress(DeliveryError):  # what stopped us comes first
                self._land()
            raise
        finally:
            self.poster.shutdown(wait=False, cancel_futures=True)

    def _next(self) -> bool:
        """Claim a batch, beside the one that is away, and see it off; False when nobody waits and nothing is away."""
        self._check()
        self.office.point("before-claim")
        look = self._look()
        try:
            if look is not None and look[2].count:
                self._post_one(*look)
            elif self.away is not None:
                self._land()
            elif look is not None:
                grant = look[2]
                self._rest(grant.wait, f"the limit of {self.allowed[grant.span]} a {grant.span} is reached")
            else:
                return False
        except Busy as busy:
            self._busy(busy)
        return True

    def _post_one(self, variant: str, ids: list[str] | None, _: limits.Grant) -> None:
        if variant not in self.letters:
            mail = letter(self.office, self.edition, self.list, variant)
            self.letters[variant] = mail, copier(self.office, self.list, mail)
        row, claimed = self._claim(variant, ids, NO_TICKET if self.away else self._ticket())
        if claimed:
            self._see_off(row, claimed)

    def _ticket(self) -> deliver.Ticket:
        """What the next batch is posted with. Where nothing is away, it is asked for before anybody is claimed."""
        self.fruitless += 1  # until something came of it
        asked, self.asked = self.asked, None
        ticket = asked.result() if asked else self._prepare()
        self.fruitless -= 1
        self.office.point("prepared")
        return ticket

    def _prepare(self) -> deliver.Ticket:
        at, now = self.edition.send_at, self.office.now()
        return self.office.transport.prepare(now, at if at and at > now else None)

    def _check(self) -> None:
        self.watch.check()
        if self.office.stopping():
            raise _HaltError("it was stopped at the keyboard" if self.office.pauses else "", pause=self.office.pauses)
        if overdue(self.edition, self.office.now()):
            raise _HaltError(
                f"its time was over at {self.edition.send_by:%Y-%m-%d %H:%M} UTC; `--late` sends the rest all the same"
            )
        most, part = FAILURES
        if self.failed > max(most, part * self.posted):
            raise _HaltError(f"{self.failed} of {self.posted} mails failed; `status --who` says why", pause=True)
        if self.fruitless >= FRUITLESS:
            raise _HaltError(f"{self.fruitless} requests in a row came to nothing; the next run tries again")

    def _look(self) -> tuple[str, list[str] | None, limits.Grant] | None:
        """Which variant somebody waits for, which rows of it (None: any), and how many the limits let go; None: nobody waits."""
        if self.variant and not self.halves and not self.allowed:  # the claim itself will see
            return self.variant, None, limits.Grant(self.size, {})
        with self.office.store.read() as connection:
            if editions.state_of(connection, self.edition.id) != "sending":
                raise _HaltError  # paused, undone, or a post in it was withdrawn: what is queued stays
            if self.halves:
                variant, ids = self.halves[-1]
                return variant, ids, self._granted(connection)
            found = ledger.next_variant(connection, self.edition.id, self.until)
            return None if found is None else (found, None, self._granted(connection))

    def _granted(self, connection: Connection) -> limits.Grant:
        windows = allowances.read(connection, self.office.transport.name) if self.allowed else {}
        return limits.grant(self.allowed, windows, self.office.now(), self.size)

    def _claim(
        self, variant: str, ids: list[str] | None, ticket: deliver.Ticket
    ) -> tuple[ledger.BatchRow, Sequence[ledger.Claimed]]:
        """Take rows, leave out who left since, count them against the limits, and make them `posting`, unless they are posted one
        by one; in one commit. Nobody, where others were quicker.
        """
        office, now, id = self.office, self.office.now(), self.edition.id
        single, name = office.transport.single, office.transport.name
        row = ledger.BatchRow(
            secrets.token_hex(8), id, variant, name, self.watch.name, now, None if single or self.away else now,
            ticket.undo_id, ticket.send_at, boot=self._boot,
        )  # fmt: skip
        # What counts mails against a limit must be alone; else several take rows side by side.
        with office.store.write(beside=not self.allowed) as connection:
            if not armed.sending(connection, id):
                raise _HaltError
            grant = self._granted(connection)
            going, gone = take(office, connection, row, self.list, grant.count, self.until, ids)
            self._drop_half(ids, grant.count)
            self.variant = variant if len(going) + gone == self.size else None
            if self.allowed and going:
                allowances.write(connection, name, limits.spent(grant.windows, now, len(going)))
        self.done += gone
        if going or gone:
            office.point("claimed")
        return row, going

    @property
    def _boot(self) -> str | None:
        """Where commits need not wait for the disk: this start of the machine. A mail server that is as fast as the disk would
        wait for it most of the time; and what is lost with the power is in doubt, because the batch, which is durable, says so.
        """
        office = self.office
        return office.boot if self.swift and office.transport.single and office.store.sqlite else None

    def _drop_half(self, ids: Sequence[str] | None, count: int) -> None:
        if ids is not None and count >= len(ids):
            self.halves.pop()

    # ------------------------------------------------------------ one batch

    def _see_off(self, row: ledger.BatchRow, claimed: Sequence[ledger.Claimed]) -> None:
        """Post what was claimed: one by one; or whole, once the batch before has landed."""
        transport = self.office.transport
        if transport.single:
            self._one_by_one(row, claimed)
            return
        posting = None
        if self.away is None:
            batch = self._batch(row, claimed)
        elif (following := self._following(row, claimed)) is not None:
            row, batch, posting = following
        else:
            return
        self.office.point("posting")
        if not (transport.undoable and self.quick):
            self._landed(row, claimed, self._hand_over(row, batch))
            return
        if self.variant:  # one thread does all that is asked of the transport: two would wait for each other
            self.asked = self.asked or self.poster.submit(self._prepare)
        self.away = _Flight(row, claimed, self.poster.submit(self._hand_over, row, batch, posting))

    def _following(
        self, row: ledger.BatchRow, claimed: Sequence[ledger.Claimed]
    ) -> tuple[ledger.BatchRow, deliver.Batch, Iterator[Receipt]] | None:
        """A batch with its ticket, ready to be posted, once the one before has landed; None where it had to go back instead."""
        since = time.monotonic()
        try:
            ticket = self._ticket()
            row = replace(row, undo_id=ticket.undo_id, send_at=ticket.send_at)
            batch = self._batch(row, claimed)
            posting = self.office.transport.post(batch)
            if self._land(row):
                self._check()
                if time.monotonic() - since < STALE:
                    return row, batch, posting
        except BaseException:
            self._put_back(row)
            raise
        self._put_back(row)
        return None

    def _land(self, next: ledger.BatchRow | None = None) -> bool:
        """Wait for the batch that is away; see `_landed`."""
        flight, self.away = self.away, None
        return flight is not None and self._landed(flight.row, flight.claimed, flight.outcome.result(), next)

    def _landed(
        self,
        row: ledger.BatchRow,
        claimed: Sequence[ledger.Claimed],
        outcome: Outcome,
        next: ledger.BatchRow | None = None,
    ) -> bool:
        """Write down what became of a batch, and in the same commit that `next` is posted now, unless it must not be any
        more (then False). Raises what was wrong with the transport.
        """
        before = self.posted
        going_on = self._conclude(row, outcome, next)
        self.quick, self.taking = self.taking < QUICK, 0.0
        self._weigh(before, outcome.trouble)
        if isinstance(outcome.trouble, BatchRefused):
            self._halve(row, [one.id for one in claimed])
        elif outcome.trouble is not None:
            raise outcome.trouble
        return going_on

    def _weigh(self, before: int, trouble: Exception | None) -> None:
        self.fruitless = 0 if self.posted > before or isinstance(trouble, BatchRefused) else self.fruitless + 1

    def _put_back(self, row: ledger.BatchRow) -> None:
        """Nobody in a batch was posted, and this process knows it."""
        patiently(self.office, lambda: let_go(self.office, row, None, was=("claimed", "posting")))

    # ------------------------------------------------------------ mail by mail

    def _one_by_one(self, row: ledger.BatchRow, claimed: Sequence[ledger.Claimed]) -> None:
        """Post mail by mail; what was not posted goes back to the queue."""
        outcome, trouble, before = None, None, self.posted
        try:
            with swift_steps(self.office, row) as swift:
                for one in claimed:
                    if not self._intend(row, one.id, outcome, swift):
                        break
                    self.office.point("posting")
                    outcome = self._hand_over(row, self._batch(row, [one]))
                    if (trouble := outcome.trouble) is not None:
                        break
        finally:
            self._conclude(row, outcome)
            self.swift, self.taking = self.taking < SWIFT * len(claimed), 0.0
            self._weigh(before, trouble)
        if trouble is not None:
            raise trouble

    def _intend(self, row: ledger.BatchRow, next: str, before: Outcome | None, swift: Swift | None) -> bool:
        """Make a row `posting`, durably, together with the outcome of the one before; False when it is time to stop instead."""
        if (before and self.office.stopping()) or not intend(self.office, row, next, before, swift):
            return False
        if before is not None:
            self._count(before)
        return True

    def _batch(self, row: ledger.BatchRow, group: Sequence[ledger.Claimed]) -> deliver.Batch:
        mail, write = self.letters[row.variant]
        return deliver.Batch(row.id, row.edition, row.variant, mail, [*map(write, group)], ticket_of(row))

    def _hand_over(
        self, row: ledger.BatchRow, batch: deliver.Batch, posting: Iterator[Receipt] | None = None
    ) -> Outcome:
        """Post a batch, perhaps in a thread of its own: nothing of the store is touched here."""
        began = time.monotonic()
        outcome = hand_over(self.office, row, batch, posting)
        self.taking += time.monotonic() - began
        return outcome

    def _conclude(self, row: ledger.BatchRow, outcome: Outcome | None, next: ledger.BatchRow | None = None) -> bool:
        """Write down the last outcome, and let go of what was claimed and not posted; whether the edition is sent further."""
        going_on = patiently(self.office, lambda: let_go(self.office, row, outcome, next))
        if outcome is not None:
            self._count(outcome)
        self.office.point("receipted")
        return going_on

    def _count(self, outcome: Outcome) -> None:
        kinds = [one.outcome for one in outcome.receipts]
        failed, taken = kinds.count("failed"), kinds.count("accepted")
        self.failed += failed
        self.posted += failed + taken
        self.done += len(kinds) - kinds.count("requeue")

    # ------------------------------------------------------------ trouble

    def _halve(self, row: ledger.BatchRow, ids: list[str]) -> None:
        """A batch was refused for the sake of somebody in it: try its halves, until the culprit is alone."""
        self.halves += [(row.variant, ids[len(ids) // 2 :]), (row.variant, ids[: len(ids) // 2])]

    def _busy(self, busy: Busy) -> None:
        with suppress(Busy):
            self._land()
        if busy.retry_after is None:
            raise _HaltError(f"{busy} The next run tries again.")
        self._rest(timedelta(seconds=busy.retry_after), str(busy).rstrip("."))

    def _rest(self, wait: timedelta, why: str) -> None:
        """Wait a little; or come to a halt where it would be long."""
        if wait.total_seconds() > PATIENCE:
            raise _HaltError(f"{why}; it goes on after {self.office.now() + wait:%Y-%m-%d %H:%M} UTC")
        self.office.wait(wait.total_seconds())

    def _another_round(self) -> bool:
        """When all had their turn: ask again about those in doubt, and try those who were put off, as long as that helps."""
        settle_open(self.office, self.edition.id, self.watch)
        with self.office.store.read() as connection:
            latest = ledger.latest_queued(connection, self.edition.id)
        if latest is None:
            return False
        self.rounds += 1
        if self.rounds > 1 and self.posted == self.posted_before:
            raise _HaltError("the others' mail servers, or the provider, want it tried later; the next run does")
        # A clock that was set back must not leave anybody waiting for a time to come again.
        self.until, self.posted_before = max(self.office.now(), latest), self.posted
        return True
