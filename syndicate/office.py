"""The hall: what sending, calling back and repairing stand on: the office, where an edition stands, and how doubt is settled.

A batch is the unit of doubt. What a transport says of it is written by `write_receipts`; what a process left behind that died
is found and settled by `settle_open`. Rows go back to the queue only with proof, and only the transport that carried a batch
is asked for it.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from syndicate import deliver
from syndicate.deliver import ledger as rules
from syndicate.deliver import limits
from syndicate.errors import DatabaseGone, DeliveryError
from syndicate.liveness import Locks, Watch
from syndicate.models import Delivery, DeliveryState, Edition, EditionState, Receipt, Site, Words
from syndicate.store import Connection, Store, allowances, audiences, editions, ledger

T = TypeVar("T")

Report = Callable[[int, int, str], None]
"""Told (done, total, what) while work goes on."""

PATIENCE = 60.0
"""Seconds that a sender waits for a limit or a busy provider; what takes longer is left to the next run."""

UNPOSTED: tuple[DeliveryState, ...] = ("queued", "claimed")
DOUBTFUL: tuple[DeliveryState, ...] = ("posting", "in_doubt", "held")
OPEN: tuple[DeliveryState, ...] = ("claimed", "posting", "in_doubt")
STOPPED: tuple[EditionState, ...] = ("cancelled", "undone")

_ADDRESS = re.compile(r"[^\s<>,;:\"'()]+@[^\s<>,;:\"'()]+")
_LONGEST_REASON = 300


def _never() -> bool:
    return False


def _nowhere(name: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Office:
    """What sending works with. `now` is the clock, `ring` the secret keys that sign the links to leave.

    `stopping` says whether somebody asked this process to stop; `wait` sleeps so many seconds, or less when it is to stop.
    `point` is told each step's name as it is passed: prepared, claimed, posting, posted, settled, receipted.
    `words` has the neutral name that a discreet mail is from. `hand_on` gives an edition that was begun to workers, in the same
    transaction (None: this process sends it itself). `pauses` says whether being stopped pauses the edition, until a person
    lets it go on; a worker that is stopped leaves it to the others. `boot` names this start of the machine (None: always wait
    for the disk).
    """

    site: Site
    store: Store
    transport: deliver.Transport
    ring: Sequence[bytes]
    now: Callable[[], datetime]
    stopping: Callable[[], bool] = _never
    wait: Callable[[float], None] = time.sleep
    point: Callable[[str], None] = _nowhere
    words: Words | None = None
    hand_on: Callable[[Connection, str], None] | None = None
    pauses: bool = True
    boot: str | None = None

    @property
    def locks(self) -> Locks:
        """The locks of sending processes."""
        return Locks.of(self.site, self.store)


@contextmanager
def at_work(office: Office, edition: str, doing: str = "sending", *, beside: bool = False) -> Iterator[Watch]:
    """Nobody else sends, calls back or repairs this edition while the block runs; raises LockHeld when somebody does.

    With `beside`, others may send it, too, where the database can.
    """
    try:
        with office.locks.hold(edition, f"{doing} {edition}", beside=beside) as watch:
            yield watch
    finally:
        office.transport.close()


def patiently(office: Office, write: Callable[[], T]) -> T:
    """Write down what only this process knows, also when the database is just restarting. `write` may be done twice."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return write()
        except DatabaseGone:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an edition stands: the audience frozen for it, and how many of its rows are in each state.

    `leaves` is when the provider lets the first and the last of its mail go that can still be called back, `undo_until` when it
    is too late for the first of it; None where nothing waits there. `stopped` says why sending came to a halt.
    """

    edition: str
    state: EditionState
    audience: int
    states: Mapping[DeliveryState, int]
    balanced: bool
    variants: Mapping[str, int]
    leaves: tuple[datetime, datetime] | None = None
    undo_until: datetime | None = None
    stopped: str = ""
    send_at: datetime | None = None
    send_by: datetime | None = None

    @property
    def tally(self) -> rules.Tally:
        """The states in the operator's words."""
        return rules.tally(self.states)


def standing(site: Site, store: Store, edition: Edition) -> Standing:
    """Where the edition stands now; `balanced` is False if a row is missing, which must never be."""
    with store.read() as connection:
        states = ledger.tally(connection, edition.id)
        frozen = audiences.audience_of(connection, edition.id)
        variants = ledger.by_variant(connection, edition.id)
        now = editions.load(connection, edition.id, texts=False) or edition
        leaves = ledger.window(connection, edition.id)
    return Standing(
        edition.id, now.state, frozen, states, rules.balanced(frozen, states), variants, leaves,
        leaves[0] - site.delivery.guard if leaves else None, now.stopped, now.send_at, now.send_by,
    )  # fmt: skip


# ---------------------------------------------------------------- by the clock


def begins(site: Site, send_at: datetime) -> datetime:
    """When to begin with what is to leave at `send_at`: SendGrid is handed it `lead` before, and lets it go itself."""
    return send_at - site.delivery.lead if site.delivery.transport == "sendgrid" else send_at


def overdue(edition: Edition, now: datetime) -> bool:
    """Whether it is too late for an edition to be sent without being told so."""
    return edition.send_by is not None and now > edition.send_by


def due(site: Site, store: Store, now: datetime) -> list[str]:
    """The editions to send now: scheduled ones whose time has come, and begun ones that nobody is sending and nothing forbids.

    None that is paused, overdue, or waits for the day's limit. Oldest first.
    """
    with store.read() as connection:
        waiting = [one for one in editions.in_states(connection, ("scheduled", "sending")) if not overdue(one, now)]
    if not waiting:
        return []
    resting, locks = not may_send(site, store, now), Locks.of(site, store)
    return [one.id for one in waiting if _is_due(site, locks, one, now, resting)]


def may_send(site: Site, store: Store, now: datetime) -> bool:
    """Whether the limits let anything go within a moment."""
    allowed = limits.limits(site.delivery)
    if not allowed:
        return True
    with store.read() as connection:
        free = limits.grant(allowed, allowances.read(connection, site.delivery.transport), now, 1)
    return free.count > 0 or free.wait.total_seconds() <= PATIENCE


def _is_due(site: Site, locks: Locks, edition: Edition, now: datetime, resting: bool) -> bool:
    if edition.state == "scheduled":
        return edition.send_at is not None and begins(site, edition.send_at) <= now
    return not resting and not locks.alive(edition.id)


# ---------------------------------------------------------------- what became of a batch


def write_receipts(connection: Connection, office: Office, row: ledger.BatchRow, receipts: Iterable[Receipt]) -> None:
    """Write down what the transport said of a batch, in the caller's transaction: one statement where it says one thing.

    Rows that were claimed for another batch since are not touched, and what an event said of a row stays. Doubt that the
    transport can still dispel stays `in_doubt`; other doubt is `held`.
    """
    said: dict[tuple[rules.Outcome, str], list[str]] = defaultdict(list)
    for delivery, outcome, reason in receipts:
        said[outcome, reason].append(delivery)
    groups: dict[tuple[rules.Outcome, str], list[str]] = defaultdict(list)
    for (outcome, reason), ids in said.items():
        groups[outcome, without_addresses(reason)] += ids
    at, requeued = office.now(), 0
    whole = len(groups) == 1 and not office.transport.single  # else other rows of the batch may be in these states
    for (outcome, reason), ids in groups.items():
        was, to = _way(outcome, window_open(office, row))
        if whole:
            moved = ledger.move_batch(connection, row.id, was=was, to=to, at=at, reason=reason)
        else:
            moved = ledger.move(connection, ids, was=was, to=to, at=at, reason=reason, batch=row.id)
        requeued += moved if to == "queued" else 0
    if requeued:
        allowances.give_back(connection, row.transport, requeued)


def _way(outcome: rules.Outcome, window: bool) -> tuple[tuple[DeliveryState, ...], DeliveryState]:
    """Where rows go by an outcome: from which states, to which."""
    if outcome == "in_doubt":
        return (("posting",), "in_doubt") if window else (("posting", "in_doubt"), "held")
    return DOUBTFUL, rules.after("posting", outcome)


def window_open(office: Office, row: ledger.BatchRow) -> bool:
    """Whether a batch could still be called back, had one the provider's ear."""
    return (
        row.undo_id is not None and row.send_at is not None and office.now() < row.send_at - office.site.delivery.guard
    )


def evidence(office: Office, row: ledger.BatchRow, doubtful: Sequence[str]) -> dict[str, Receipt]:
    """What the transport that carried a batch can prove of its doubtful rows; empty where it can't, or can't be asked now."""
    if not doubtful or row.transport != office.transport.name:
        return {}
    try:
        found = office.transport.settle(attempt(row, doubtful), office.now())
    except DeliveryError:
        found = None
    office.point("settled")
    return {one.delivery: one for one in found or ()}


def attempt(row: ledger.BatchRow, deliveries: Sequence[str]) -> deliver.Attempt:
    """What a transport is asked about."""
    return deliver.Attempt(row.id, row.edition, tuple(deliveries), ticket_of(row))


def ticket_of(row: ledger.BatchRow) -> deliver.Ticket:
    """What a batch is posted with."""
    return deliver.Ticket(row.undo_id, row.send_at)


def settle_open(office: Office, edition: str, watch: Watch) -> None:
    """Settle every batch that a process began and did not finish, and that nobody is working on."""
    with office.store.read() as connection:
        open_ = ledger.unsettled(connection, edition)
    for row in open_:
        if watch.dead(row.holder):
            settle(office, row, OPEN)
    with office.store.write() as connection:
        drop_queued(connection, office, edition)


def settle(office: Office, row: ledger.BatchRow, states: Sequence[DeliveryState]) -> None:
    """Settle those rows of a dead holder's batch that are in `states`, with what can be proven of them."""
    with office.store.read() as connection:
        rows = ledger.of_batch(connection, row.id, states)
    # What was written since without waiting for the disk may be lost, if the machine was started anew: then nobody knows how far
    # it had come, and what looks claimed may have been posted.
    cut = row.boot is not None and row.boot != office.boot
    posted = cut or row.posted is not None  # else it was claimed while the one before was away, and nothing of it left
    found = evidence(office, row, [one.id for one in rows if posted and (one.state != "claimed" or cut)])
    with office.store.write() as connection:
        if not posted and not ledger.give_up(connection, row.id, office.now()):
            return  # its holder lives after all, and has posted it since: whoever asks next finds it so
        for (was, to), ids in _recovered(rows, found, window_open(office, row), cut, posted).items():
            ledger.move(
                connection, ids, was=(was,), to=to, at=office.now(), reason="settled after a stop", batch=row.id
            )
        note_recalled(connection, office, row, found.values())
        close_batch(connection, office, row)


def _recovered(
    rows: Sequence[Delivery], found: Mapping[str, Receipt], window: bool, cut: bool, posted: bool
) -> dict[tuple[DeliveryState, DeliveryState], list[str]]:
    ways: dict[tuple[DeliveryState, DeliveryState], list[str]] = defaultdict(list)
    for one in rows:
        to = rules.recover(one.state, found.get(one.id), undo_window_open=window, power_cut=cut, posted=posted)
        if to != one.state:
            ways[one.state, to].append(one.id)
    return ways


def note_recalled(connection: Connection, office: Office, row: ledger.BatchRow, found: Iterable[Receipt]) -> None:
    """Keep that a batch was cancelled at the provider: by proof for its doubtful rows, none of which can arrive any more."""
    if row.undo_id is not None and any(one.outcome == "requeue" for one in found):
        ledger.mark_recalled(connection, row.id, office.now())


def close_batch(connection: Connection, office: Office, row: ledger.BatchRow) -> None:
    """Mark a batch as settled when none of its rows is open any more."""
    ledger.mark_settled(connection, row.id, office.now(), OPEN)


def drop_queued(connection: Connection, office: Office, edition: str) -> int:
    """In an edition that was given up, what came back into the queue must not wait for ever; returns how many that were."""
    found = editions.load(connection, edition, texts=False)
    if found is None or found.state not in STOPPED:
        return 0
    why = "it was undone" if found.state == "undone" else "a post in it was withdrawn"
    return ledger.cancel_queued(connection, edition, office.now(), why)


def without_addresses(reason: str) -> str:
    """A provider's words as they may be kept: short, and with no address in them."""
    return _ADDRESS.sub("…", reason)[:_LONGEST_REASON]


# ---------------------------------------------------------------- how a sending ends


def come_to_halt(office: Office, edition: str, reason: str, *, pause: bool = False) -> None:
    """Keep why a sending came to a halt ("": somebody else decided so); with `pause` only a person lets it go on."""
    with office.store.write() as connection:
        if pause:
            editions.set_state(connection, edition, "paused", was=("sending",))
        if reason:
            editions.set_stopped(connection, edition, reason)
        drop_queued(connection, office, edition)


def finish(office: Office, edition: str) -> None:
    """The edition is sent when nobody waits any more and no doubt can still be dispelled."""
    with office.store.write() as connection:
        states = ledger.tally(connection, edition)
        if doubtful := states.get("in_doubt", 0):
            why = f"of {doubtful} mails it is not known yet whether they leave; the next run asks the provider again"
            editions.set_stopped(connection, edition, why)
        elif not any(states.get(state) for state in ("queued", "claimed", "posting")):
            editions.set_state(connection, edition, "sent", was=("sending",))
