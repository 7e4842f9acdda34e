"""The hall: one process's work on one edition, batch by batch, until nobody waits or there is a reason to stop.

    look → prepare → claim (and mark it posting) → [one by one: mark it posting] → post → write down the receipts → again

Each step is durable before the next. A batch that is posted whole is claimed and made `posting` in one commit, with the ticket
it is posted with. Of one that is posted mail by mail, each row is made `posting` in the commit that holds the outcome of the
one before: so a killed process leaves at most one in doubt.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from syndicate import deliver
from syndicate.audience import copier, gone_since, letter
from syndicate.deliver import limits
from syndicate.errors import BatchRefused, Busy, DeliveryError
from syndicate.liveness import Watch
from syndicate.models import Copy, DeliveryState, Edition, Letter, MailingList, Receipt
from syndicate.office import (
    PATIENCE,
    Office,
    Report,
    close_batch,
    drop_queued,
    evidence,
    note_recalled,
    overdue,
    patiently,
    settle_open,
    standing,
    write_receipts,
)
from syndicate.store import Connection, allowances, armed, editions, ledger

__all__ = ["Shift"]

FRUITLESS = 5
"""After so many batches in a row of which nobody got mail and nobody was refused, sending stops until the next run."""

FAILURES = (10, 0.05)
"""More failures than this count, and this part of what was posted, pause a sending: something is wrong with it."""

SWIFT = 0.02
"""Seconds in which a transport takes a mail that is not much slower than the disk."""

_Halves = list[tuple[str, list[str]]]


class _HaltError(Exception):
    """Sending comes to a halt, for a reason to keep ("": somebody else decided so); with `pause` only a person lets it go on."""

    def __init__(self, reason: str = "", *, pause: bool = False) -> None:
        super().__init__(reason)
        self.pause = pause


class _UnusualError(Exception):
    """A step is not to be made in the usual way: what was written of it is rolled back."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of what was handed over: its receipts, what was proven of them, and what else was wrong."""

    receipts: Sequence[Receipt]
    proven: Sequence[Receipt] = ()
    trouble: Exception | None = None


class Shift:
    """One process's work on one edition."""

    def __init__(self, office: Office, edition: Edition, list: MailingList, report: Report, watch: Watch) -> None:
        self.office, self.edition, self.list, self.report, self.watch = office, edition, list, report, watch
        self.size = office.transport.batch_size
        self.allowed = limits.limits(office.site.delivery)
        self.halves: _Halves = []  # of refused batches: (variant, ids), to be tried apart
        self.letters: dict[str, tuple[Letter, Callable[[ledger.Claimed], Copy]]] = {}
        self.posted = self.failed = self.fruitless = 0
        self.taking = 0.0  # seconds that the transport took for the mails of one batch
        self.swift = False  # did it take them about as fast as the disk takes commits?
        self.until, self.rounds, self.posted_before = office.now(), 0, 0
        start = standing(office.site, office.store, edition)
        self.total = start.audience
        self.done = start.audience - start.tally.waiting

    def work(self) -> None:
        """Send until nobody waits, or a reason to stop."""
        self.report(self.done, self.total, self.edition.id)
        try:
            while self._next() or self._another_round():
                self.report(self.done, self.total, self.edition.id)
            self._finish()
        except _HaltError as halt:
            self._halted(str(halt), halt.pause)
        except DeliveryError as error:
            self._halted(str(error), pause=False)
            raise

    def _next(self) -> bool:
        """Claim one batch and see it through; False when nobody waits."""
        self._check()
        self.office.point("before-claim")
        look = self._look()
        if look is None:
            return False
        variant, ids, grant = look
        if not grant.count:
            self._rest(grant.wait, f"the limit of {self.allowed[grant.span]} a {grant.span} is reached")
            return True
        if variant not in self.letters:
            mail = letter(self.office, self.edition, self.list, variant)
            self.letters[variant] = mail, copier(self.office, self.list, mail)
        try:
            ticket = self._prepare()
            row, claimed = self._claim(variant, ids, ticket)
            if claimed:
                self._see_through(row, claimed, ticket)
        except Busy as busy:
            self._busy(busy)
        return True

    def _prepare(self) -> deliver.Ticket:
        """What the next batch is posted with. Asked for before anybody is claimed: what then follows is one commit."""
        at, now = self.edition.send_at, self.office.now()
        self.fruitless += 1  # until something came of it
        ticket = self.office.transport.prepare(now, at if at and at > now else None)
        self.fruitless -= 1
        self.office.point("prepared")
        return ticket

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
    ) -> tuple[ledger.BatchRow, list[ledger.Claimed]]:
        """Take rows, leave out who left since, count them against the limits, and make them `posting`, unless they are posted one
        by one; in one commit. Nobody, where others were quicker.
        """
        office, now, id = self.office, self.office.now(), self.edition.id
        single, name = office.transport.single, office.transport.name
        row = ledger.BatchRow(
            uuid.uuid4().hex,
            id,
            variant,
            name,
            self.watch.name,
            now,
            None,
            ticket.undo_id,
            ticket.send_at,
            boot=self._boot,
        )
        # What counts mails against a limit must be alone; else several take rows side by side.
        with office.store.write(beside=not self.allowed) as connection:
            armed.refuse(connection)
            if editions.state_of(connection, id) != "sending":
                raise _HaltError
            grant = self._granted(connection)
            taken = grant.count and ledger.claim(
                connection, row, grant.count, until=self.until, ids=ids, posting=not single
            )
            self._drop_half(ids, grant.count)
            if not taken:
                return row, []
            state: DeliveryState = "claimed" if single else "posting"
            claimed = ledger.claimed(connection, row.id, self.list.id, state)
            gone = gone_since(office, connection, self.list, claimed)
            why = "left since the edition was begun"
            ledger.move(connection, gone, was=(state,), to="suppressed", at=now, reason=why)
            going = [one for one in claimed if one.id not in gone] if gone else claimed
            if self.allowed:
                allowances.write(connection, name, limits.spent(grant.windows, now, len(going)))
            if not going:
                ledger.mark_settled(connection, row.id, now)
        self.done += len(gone)
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

    def _see_through(self, row: ledger.BatchRow, claimed: Sequence[ledger.Claimed], ticket: deliver.Ticket) -> None:
        """Post what was claimed: all in one, or one by one; what was not posted goes back to the queue."""
        single, outcome, trouble, before = self.office.transport.single, None, None, self.posted
        try:
            for group in [[one] for one in claimed] if single else [claimed]:
                if single and not self._intend(row, group[0].id, outcome):
                    break
                self.office.point("posting")
                outcome = self._hand_over(row, group, ticket)
                if (trouble := outcome.trouble) is not None:
                    break
        finally:
            self._conclude(row, outcome)
            self.swift, self.taking = self.taking < SWIFT * len(claimed), 0.0
            self.fruitless = 0 if self.posted > before or isinstance(trouble, BatchRefused) else self.fruitless + 1
        if isinstance(trouble, BatchRefused):
            self._halve(row, [one.id for one in group])
        elif trouble is not None:
            raise trouble

    def _intend(self, row: ledger.BatchRow, next: str, before: _Outcome | None) -> bool:
        """Make a row `posting`, durably, together with the outcome of the one before; False when it is time to stop instead."""
        office = self.office
        if before is not None:
            if office.stopping():
                return False
            if self._turned(row, next, before):
                return True
        with office.store.write(beside=True, swift=row.boot is not None) as connection:
            if editions.state_of(connection, self.edition.id) != "sending":
                return False
            if before is not None:
                self._write(connection, row, before)
            else:
                ledger.mark_posted(connection, row.id, office.now(), row.undo_id, row.send_at)
            if ledger.post(connection, row.id, office.now(), only=next) != 1:
                return False  # somebody took this process for dead, and has it now
        if before is not None:
            self._count(before)
        return True

    def _turned(self, row: ledger.BatchRow, next: str, before: _Outcome) -> bool:
        """The same in one statement, where the one before was simply taken; False, and nothing is written, where it is not so."""
        if len(before.receipts) != 1 or before.proven or before.receipts[0][1:] != ("accepted", ""):
            return False
        try:
            with self.office.store.write(beside=True, swift=row.boot is not None) as connection:
                taken = before.receipts[0].delivery
                if ledger.turn(connection, row.id, self.edition.id, self.office.now(), taken, next) != 2:
                    raise _UnusualError
        except _UnusualError:
            return False
        self._count(before)
        return True

    def _hand_over(self, row: ledger.BatchRow, group: Sequence[ledger.Claimed], ticket: deliver.Ticket) -> _Outcome:
        """Post a batch; where nobody knows, ask at once for proof."""
        mail, write = self.letters[row.variant]
        batch = deliver.Batch(row.id, self.edition.id, row.variant, mail, [write(one) for one in group], ticket)
        began = time.monotonic()
        receipts, trouble = self._posted(batch)
        self.taking += time.monotonic() - began
        self.office.point("posted")
        known = {one.delivery for one in receipts if one.outcome != "in_doubt"}
        doubtful = [one.id for one in group if one.id not in known]
        if not doubtful:
            return _Outcome(receipts, (), trouble)
        proven = evidence(self.office, row, doubtful)
        said = {one.delivery: one for one in receipts} | proven
        unknown = "" if trouble is None else str(trouble)
        final = [said.get(one.id, Receipt(one.id, "in_doubt", unknown)) for one in group]
        return _Outcome(final, [*proven.values()], trouble)

    def _posted(self, batch: deliver.Batch) -> tuple[list[Receipt], Exception | None]:
        receipts: list[Receipt] = []
        try:
            receipts.extend(one for one in self.office.transport.post(batch))
        except BatchRefused as refused:
            if len(batch.copies) == 1:
                return [Receipt(batch.copies[0].id, "failed", str(refused))], None
            return [Receipt(one.id, "requeue", "refused with others") for one in batch.copies], refused
        except Exception as error:  # a fault of ours, too, must not cost what is known
            return receipts, error
        return receipts, None

    def _write(self, connection: Connection, row: ledger.BatchRow, outcome: _Outcome) -> None:
        write_receipts(connection, self.office, row, outcome.receipts)
        note_recalled(connection, self.office, row, outcome.proven)

    def _conclude(self, row: ledger.BatchRow, outcome: _Outcome | None) -> None:
        """Write down the last outcome, and let go of what was claimed and not posted."""
        patiently(self.office, lambda: self._let_go(row, outcome))
        if outcome is not None:
            self._count(outcome)
        self.office.point("receipted")

    def _let_go(self, row: ledger.BatchRow, outcome: _Outcome | None) -> None:
        office = self.office
        with office.store.write(beside=True) as connection:
            if outcome is not None:
                self._write(connection, row, outcome)
            at = office.now()
            released = ledger.move_batch(connection, row.id, was=("claimed",), to="queued", at=at)
            if released and self.allowed:
                allowances.give_back(connection, row.transport, released)
            close_batch(connection, office, row)
            if editions.state_of(connection, self.edition.id) != "sending":
                drop_queued(connection, office, self.edition.id)

    def _count(self, outcome: _Outcome) -> None:
        kinds = [one.outcome for one in outcome.receipts]
        failed, taken = kinds.count("failed"), kinds.count("accepted")
        self.failed += failed
        self.posted += failed + taken
        self.done += len(kinds) - kinds.count("requeue")

    # ------------------------------------------------------------ trouble

    def _halve(self, row: ledger.BatchRow, ids: list[str]) -> None:
        """A batch was refused for the sake of somebody in it: try its halves, until the culprit is alone."""
        middle = len(ids) // 2
        self.halves += [(row.variant, ids[middle:]), (row.variant, ids[:middle])]

    def _busy(self, busy: Busy) -> None:
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

    def _halted(self, reason: str, pause: bool) -> None:
        with self.office.store.write() as connection:
            if pause:
                editions.set_state(connection, self.edition.id, "paused", was=("sending",))
            if reason:
                editions.set_stopped(connection, self.edition.id, reason)
            drop_queued(connection, self.office, self.edition.id)

    def _finish(self) -> None:
        """The edition is sent when nobody waits any more and no doubt can still be dispelled."""
        with self.office.store.write() as connection:
            states = ledger.tally(connection, self.edition.id)
            if doubtful := states.get("in_doubt", 0):
                why = (
                    f"of {doubtful} mails it is not known yet whether they leave; the next run asks the provider again"
                )
                editions.set_stopped(connection, self.edition.id, why)
            elif not any(states.get(state) for state in ("queued", "claimed", "posting")):
                editions.set_state(connection, self.edition.id, "sent", was=("sending",))
        self.report(self.done, self.total, self.edition.id)
        self.office.point("finished")
