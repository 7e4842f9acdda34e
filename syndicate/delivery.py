"""The hall: an approved edition → every reader's mail, each step durable before the next.

    freeze the audience → claim a batch → prepare → mark it posting → post → write down the receipts → next

Who gets which variant is decided once, when the audience is frozen. Standing and suppressions are asked for again when a row
is claimed. One loop serves every transport: those that post one mail at a time (`single`) write the outcome of one and the
intent of the next in one commit, so that a killed process leaves at most one mail in doubt. Whoever comes next finds what a
dead process left, and settles it before anything is sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from syndicate import deliver
from syndicate.audience import audience, chosen, copies, gone_since, letter
from syndicate.deliver import limits
from syndicate.errors import BatchRefused, Busy, DeliveryError, UsageError
from syndicate.liveness import Watch
from syndicate.models import Edition, EditionState, Letter, MailingList, Receipt
from syndicate.office import (
    PATIENCE,
    Office,
    Report,
    Standing,
    at_work,
    begins,
    close_batch,
    drop_queued,
    due,
    evidence,
    note_recalled,
    overdue,
    patiently,
    settle_open,
    standing,
    write_receipts,
)
from syndicate.store import Connection, allowances, editions, ledger

__all__ = ["SENDABLE", "Office", "Report", "Standing", "audience", "due", "overdue", "send", "standing", "why_not"]

SENDABLE: tuple[EditionState, ...] = ("approved", "scheduled", "sending", "paused")

FRUITLESS = 5
"""After so many batches in a row of which nobody got mail and nobody was refused, sending stops until the next run."""

FAILURES = (10, 0.05)
"""More failures than this count, and this part of what was posted, pause a sending: something is wrong with it."""

# ---------------------------------------------------------------- sending


def send(office: Office, edition: Edition, list: MailingList, report: Report, *, late: bool = False) -> Standing:
    """Send an approved edition to everyone on its list, or go on where it stopped. Safe to call again and again.

    Comes back when everybody has it, when it was stopped or paused (see `Standing.stopped`), or when a limit is reached. Raises
    LockHeld when another process is at work on it (on PostgreSQL several may send it), UsageError when it may not be sent,
    DeliveryError when the transport refuses.
    """
    with at_work(office, edition.id, beside=True) as watch:
        edition = _begin(office, edition, list, late)
        settle_open(office, edition.id, watch)
        _Shift(office, edition, list, report, watch).work()
    return standing(office.site, office.store, edition)


def _begin(office: Office, edition: Edition, list: MailingList, late: bool) -> Edition:
    """Freeze the audience, once; returns the edition as it is in the store, whose texts do not change from here on."""
    with office.store.write() as connection:
        now = office.now()
        found = editions.load(connection, edition.id) or edition
        if found.state not in SENDABLE:
            raise UsageError(why_not(found))
        if overdue(found, now) and not late:
            raise UsageError(
                f"{found.id} was to be sent by {found.send_by:%Y-%m-%d %H:%M} UTC, and that is over: nothing more was sent. "
                f"`syndicate newsletter send {found.id} --late` sends it all the same."
            )
        early = found.state == "scheduled" and found.send_at is not None and now < begins(office.site, found.send_at)
        send_at = None if early else found.send_at  # asked to send it now, whatever was planned
        send_by = found.send_by if found.send_by and not late and not early else now + office.site.delivery.send_by
        editions.set_state(connection, found.id, "sending", was=SENDABLE)
        editions.set_stopped(connection, found.id, "")
        editions.set_times(connection, found.id, send_at=send_at, send_by=send_by)
        if not ledger.is_frozen(connection, found.id):
            _freeze(office, connection, found, list)
    return replace(found, state="sending", send_at=send_at, send_by=send_by, stopped="")


def _freeze(office: Office, connection: Connection, edition: Edition, list: MailingList) -> None:
    # Read over a second connection: a stream on the writing one would keep its statement open between the inserts. SQLite lets
    # nobody else write meanwhile, so both see the same; elsewhere whoever leaves now is found when their row is claimed.
    with office.store.read() as reading:
        count = ledger.freeze(connection, edition.id, office.now(), chosen(office, reading, edition, list))
    if not count:
        raise UsageError(
            f"{edition.id} was not sent: nobody on {list.id} may get it yet. `syndicate subscribers list {list.id}` "
            "shows who is on it; only who is confirmed gets mail."
        )


def why_not(edition: Edition) -> str:
    """Why an edition in this state is not sent, and what to do."""
    if edition.state == "draft":
        what = f"Look at it (`syndicate newsletter preview {edition.id}`), then `syndicate newsletter approve {edition.id}`."
    else:
        what = "Each edition is sent once; `syndicate newsletter draft` makes the next."
    already = " already" if edition.state == "sent" else ""
    return f"{edition.id} is {edition.state}{already}; nothing was sent. {what}"


# ---------------------------------------------------------------- the loop


_Halves = list[tuple[str, list[str]]]


class _HaltError(Exception):
    """Sending comes to a halt, for a reason to keep ("": somebody else decided so); with `pause` only a person lets it go on."""

    def __init__(self, reason: str = "", *, pause: bool = False) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of what was handed over: its receipts, what was proven of them, and what else was wrong."""

    receipts: Sequence[Receipt]
    proven: Sequence[Receipt] = ()
    trouble: Exception | None = None


class _Shift:
    """One process's work on one edition."""

    def __init__(self, office: Office, edition: Edition, list: MailingList, report: Report, watch: Watch) -> None:
        self.office, self.edition, self.list, self.report, self.watch = office, edition, list, report, watch
        self.size = office.transport.batch_size
        self.allowed = limits.limits(office.site.delivery)
        self.halves: _Halves = []  # of refused batches: (variant, ids), to be tried apart
        self.letters: dict[str, Letter] = {}
        self.posted = self.failed = self.fruitless = 0
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
        row, claimed, grant = self._claim()
        if row is None:
            if grant is not None:
                self._rest(grant.wait, f"the limit of {self.allowed[grant.span]} a {grant.span} is reached")
            return grant is not None
        self.office.point("claimed")
        try:
            if claimed:
                self._see_through(row, claimed)
        except Busy as busy:
            self._busy(busy)
        return True

    def _check(self) -> None:
        self.watch.check()
        if self.office.stopping():
            raise _HaltError("it was stopped at the keyboard", pause=True)
        if overdue(self.edition, self.office.now()):
            raise _HaltError(
                f"its time was over at {self.edition.send_by:%Y-%m-%d %H:%M} UTC; `--late` sends the rest all the same"
            )
        most, part = FAILURES
        if self.failed > max(most, part * self.posted):
            raise _HaltError(f"{self.failed} of {self.posted} mails failed; `status --who` says why", pause=True)
        if self.fruitless >= FRUITLESS:
            raise _HaltError(f"{self.fruitless} requests in a row came to nothing; the next run tries again")

    def _claim(self) -> tuple[ledger.BatchRow | None, list[ledger.Claimed], limits.Grant | None]:
        """Take rows, leave out who left since, and count them against the limits; in one commit.

        (None, [], None) when nobody waits; with a grant instead of None: the limits say when to go on.
        """
        office, now, id = self.office, self.office.now(), self.edition.id
        # What counts mails against a limit must be alone; else several take rows side by side.
        with office.store.write(beside=not self.allowed) as connection:
            if editions.state_of(connection, id) != "sending":
                raise _HaltError  # paused, undone, or a post in it was withdrawn: what is queued stays
            variant, ids = self.halves[-1] if self.halves else (ledger.next_variant(connection, id, self.until), None)
            if variant is None:
                return None, [], None
            windows = allowances.read(connection, office.transport.name) if self.allowed else {}
            grant = limits.grant(self.allowed, windows, now, self.size)
            if not grant.count:
                allowances.write(connection, office.transport.name, dict(grant.windows))
                return None, [], grant
            row = ledger.BatchRow(uuid.uuid4().hex, id, variant, office.transport.name, self.watch.name, now)
            taken = ledger.claim(connection, row, grant.count, until=self.until, ids=ids)
            self._drop_half(ids, grant.count)
            if not taken:  # others were quicker
                return row, [], None
            claimed = ledger.claimed(connection, row.id, self.list.id)
            gone = gone_since(office, connection, self.list, claimed)
            why = "left since the edition was begun"
            ledger.move(connection, gone, was=("claimed",), to="suppressed", at=now, reason=why)
            going = [one for one in claimed if one.id not in gone]
            if self.allowed:
                used = limits.spent(grant.windows, now, len(going))
                allowances.write(connection, office.transport.name, used)
            if not going:
                ledger.mark_settled(connection, row.id, now)
        self.done += len(gone)
        return row, going, None

    def _drop_half(self, ids: Sequence[str] | None, count: int) -> None:
        if ids is not None and count >= len(ids):
            self.halves.pop()

    # ------------------------------------------------------------ one batch

    def _see_through(self, row: ledger.BatchRow, claimed: Sequence[ledger.Claimed]) -> None:
        """Post what was claimed: all in one, or one by one; what was not posted goes back to the queue."""
        office, outcome, trouble, before = self.office, None, None, self.posted
        try:
            at = self.edition.send_at
            ticket = office.transport.prepare(office.now(), at if at and at > office.now() else None)
            office.point("prepared")
            row = replace(row, undo_id=ticket.undo_id, send_at=ticket.send_at)
            for group in [[one] for one in claimed] if office.transport.single else [claimed]:
                if not self._intend(row, group, outcome):
                    break
                outcome = self._hand_over(row, group, ticket)
                if (trouble := outcome.trouble) is not None:
                    break
        finally:
            self._conclude(row, outcome)
            self.fruitless = 0 if self.posted > before or isinstance(trouble, BatchRefused) else self.fruitless + 1
        if isinstance(trouble, BatchRefused):
            self._halve(row, [one.id for one in group])
        elif trouble is not None:
            raise trouble

    def _intend(self, row: ledger.BatchRow, group: Sequence[ledger.Claimed], before: _Outcome | None) -> bool:
        """Make rows `posting`, durably, together with the outcome of those before; False when it is time to stop instead."""
        office, single = self.office, self.office.transport.single
        if office.stopping() and before is not None:
            return False
        with office.store.write(beside=True) as connection:
            if editions.state_of(connection, self.edition.id) != "sending":
                return False
            if before is not None:
                self._write(connection, row, before)
            else:
                ledger.mark_posted(connection, row.id, office.now(), row.undo_id, row.send_at)
            if ledger.post(connection, row.id, office.now(), only=group[0].id if single else None) != len(group):
                return False  # somebody took this process for dead, and has them now
        if before is not None:
            self._count(before)
        office.point("posting")
        return True

    def _hand_over(self, row: ledger.BatchRow, group: Sequence[ledger.Claimed], ticket: deliver.Ticket) -> _Outcome:
        """Post a batch; where nobody knows, ask at once for proof."""
        if row.variant not in self.letters:
            self.letters[row.variant] = letter(self.office, self.edition, self.list, row.variant)
        mail = self.letters[row.variant]
        mails = copies(self.office, self.list, mail, group)
        batch = deliver.Batch(row.id, self.edition.id, row.variant, mail, mails, ticket)
        receipts, trouble = self._posted(batch)
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
