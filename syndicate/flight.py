"""The hall: what is handed over to a transport, what became of it, and how both are written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from syndicate import deliver
from syndicate.audience import gone_since
from syndicate.errors import BatchRefused
from syndicate.models import DeliveryState, MailingList, Receipt
from syndicate.office import Office, close_batch, drop_queued, evidence, note_recalled, write_receipts
from syndicate.store import Connection, allowances, editions, ledger
from syndicate.store.swift import Swift, swiftly

__all__ = ["Outcome", "hand_over", "intend", "let_go", "swift_steps", "take"]


class _UnusualError(Exception):
    """A step is not to be made in the usual way: what was written of it is rolled back."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of what was handed over: its receipts, what was proven of them, and what else was wrong."""

    receipts: Sequence[Receipt]
    proven: Sequence[Receipt] = ()
    trouble: Exception | None = None


def hand_over(
    office: Office, row: ledger.BatchRow, batch: deliver.Batch, posting: Iterator[Receipt] | None = None
) -> Outcome:
    """Post a batch (by `posting`, where the transport has made it ready); where nobody knows, ask at once for proof. Writes
    nothing.
    """
    receipts, trouble = _posted(office, batch, posting)
    office.point("posted")
    known = {one.delivery for one in receipts if one.outcome != "in_doubt"}
    doubtful = [one.id for one in batch.copies if one.id not in known]
    if not doubtful:
        return Outcome(receipts, (), trouble)
    proven = evidence(office, row, doubtful)
    said = {one.delivery: one for one in receipts} | proven
    unknown = "" if trouble is None else str(trouble)
    final = [said.get(one.id, Receipt(one.id, "in_doubt", unknown)) for one in batch.copies]
    return Outcome(final, [*proven.values()], trouble)


def _posted(
    office: Office, batch: deliver.Batch, posting: Iterator[Receipt] | None
) -> tuple[list[Receipt], Exception | None]:
    receipts: list[Receipt] = []
    try:
        receipts.extend(one for one in posting or office.transport.post(batch))
    except BatchRefused as refused:
        if len(batch.copies) == 1:
            return [Receipt(batch.copies[0].id, "failed", str(refused))], None
        return [Receipt(one.id, "requeue", "refused with others") for one in batch.copies], refused
    except Exception as error:  # a fault of ours, too, must not cost what is known
        return receipts, error
    return receipts, None


# ---------------------------------------------------------------- written down


def take(
    office: Office,
    connection: Connection,
    row: ledger.BatchRow,
    list: MailingList,
    count: int,
    until: datetime,
    ids: Sequence[str] | None,
) -> tuple[Sequence[ledger.Claimed], int]:
    """Claim at most `count` rows for a batch and leave out who left since, in the caller's transaction; a batch that is posted
    whole is `posting` at once. Returns who goes, and how many do not.
    """
    whole = not office.transport.single
    if not count or not ledger.claim(connection, row, count, until=until, ids=ids, posting=whole):
        return [], 0
    state: DeliveryState = "posting" if whole else "claimed"
    claimed = ledger.claimed(connection, row.id, list.id, state)
    gone = gone_since(office, connection, list, claimed)
    why = "left since the edition was begun"
    ledger.move(connection, gone, was=(state,), to="suppressed", at=row.claimed, reason=why)
    going = [one for one in claimed if one.id not in gone] if gone else claimed
    if not going:
        ledger.mark_settled(connection, row.id, row.claimed)
    return going, len(gone)


def intend(office: Office, row: ledger.BatchRow, next: str, before: Outcome | None, swift: Swift | None = None) -> bool:
    """Make a row of a batch that is posted mail by mail `posting`, durably, together with the outcome of the one before; by
    `swift`, where commits need not wait for the disk.

    False when it must not be posted: the edition is not sent any more, or somebody took this process for dead.
    """
    if before is not None and _turned(office, row, next, before, swift):
        return True
    with office.store.write(beside=True, swift=row.boot is not None) as connection:
        if editions.state_of(connection, row.edition) != "sending":
            return False
        if before is not None:
            _write(connection, office, row, before)
        else:
            ledger.mark_posted(connection, row.id, office.now(), row.undo_id, row.send_at)
        return ledger.post(connection, row.id, office.now(), only=next) == 1


@contextmanager
def swift_steps(office: Office, row: ledger.BatchRow) -> Iterator[Swift | None]:
    """What makes the steps of a batch whose commits need not wait for the disk; None for another one."""
    if row.boot is None:
        yield None
        return
    with swiftly(office.store, ledger.TURN) as swift:
        yield swift


def _turned(office: Office, row: ledger.BatchRow, next: str, before: Outcome, swift: Swift | None) -> bool:
    """The same in one statement, where the one before was simply taken; False, and nothing is written, where it is not so."""
    if len(before.receipts) != 1 or before.proven or before.receipts[0][1:] != ("accepted", ""):
        return False
    taken = before.receipts[0].delivery
    if swift is not None:
        values = {"mine": row.id, "of": row.edition, "at": office.now(), "before": taken, "next": next}
        return swift.run(values, 2)
    try:
        with office.store.write(beside=True) as connection:
            if ledger.turn(connection, row.id, row.edition, office.now(), taken, next) != 2:
                raise _UnusualError
    except _UnusualError:
        return False
    return True


def let_go(
    office: Office,
    row: ledger.BatchRow,
    outcome: Outcome | None,
    next: ledger.BatchRow | None = None,
    was: Sequence[DeliveryState] = ("claimed",),
) -> bool:
    """Write down what became of a batch's last rows, and put those back that still are what they `was`; in the same commit
    that the batch `next` is posted now. Returns whether its edition is still being sent, and `next` may be posted.
    """
    with office.store.write(beside=True) as connection:
        if outcome is not None:
            _write(connection, office, row, outcome)
        at = office.now()
        if office.transport.single or outcome is None:  # else nothing of it is left to let go
            released = ledger.move_batch(connection, row.id, was=was, to="queued", at=at)
            if released:
                allowances.give_back(connection, row.transport, released)
        close_batch(connection, office, row)
        if next is not None and ledger.mark_posted(connection, next.id, at, next.undo_id, next.send_at):
            return True
        going_on = editions.state_of(connection, row.edition) == "sending"
        if not going_on:
            drop_queued(connection, office, row.edition)
    return going_on and next is None


def _write(connection: Connection, office: Office, row: ledger.BatchRow, outcome: Outcome) -> None:
    write_receipts(connection, office, row, outcome.receipts)
    note_recalled(connection, office, row, outcome.proven)
