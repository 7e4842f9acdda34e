"""The hall: an edition held up, called back, repaired; and what was left at the provider cleared away.

Each step says first how many people it touches (`prospect`, `doubts`); nothing here mails anybody.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicate.deliver import ledger as rules
from syndicate.errors import DeliveryError, UsageError
from syndicate.models import DeliveryState, Edition, EditionState, Receipt
from syndicate.office import (
    STOPPED,
    Office,
    at_work,
    attempt,
    close_batch,
    drop_queued,
    evidence,
    note_recalled,
    settle_open,
)
from syndicate.store import Store, audiences, editions, ledger

UNDOABLE: tuple[EditionState, ...] = ("scheduled", "sending", "paused", "sent", "undone")

AT_ONCE = 100
"""So many cancellations can stand at the provider at once."""

CLEAR_AFTER = timedelta(days=1)
"""How long after a mail's time its cancellation is cleared away."""

ASKED = "called back"
"""The reason of a row whose batch was called back."""


# ---------------------------------------------------------------- holding up


def schedule(office: Office, edition: Edition, send_at: datetime) -> None:
    """Have an approved edition leave at a time; raises UsageError when it is not approved, or the time is over."""
    if send_at <= office.now():
        raise UsageError(f"{send_at:%Y-%m-%d %H:%M} UTC is over: {edition.id} was not scheduled. Write a later time.")
    with office.store.write() as connection:
        if not editions.schedule(connection, edition.id, send_at, send_at + office.site.delivery.send_by):
            raise UsageError(f"{edition.id} is {edition.state}: only an approved edition can be scheduled.")


def pause(store: Store, edition: Edition) -> None:
    """Hold an edition up: whoever sends it stops before the next batch. Raises UsageError when it is not on its way."""
    with store.write() as connection:
        if not editions.set_state(connection, edition.id, "paused", was=("sending", "scheduled")):
            raise UsageError(f"{edition.id} is {edition.state}: only what is being sent or scheduled can be paused.")
        editions.set_stopped(connection, edition.id, "paused by the operator")


def reschedule(office: Office, edition: Edition) -> bool:
    """Put a paused edition that was to leave later back on its schedule; False when it is to be sent now."""
    if edition.send_at is None or edition.send_at <= office.now():
        return False
    with office.store.write() as connection:
        if audiences.is_frozen(connection, edition.id):
            return False
        editions.set_stopped(connection, edition.id, "")
        return editions.set_state(connection, edition.id, "scheduled", was=("paused",))


# ---------------------------------------------------------------- calling back


@dataclass(frozen=True, slots=True)
class Prospect:
    """Of how many readers an edition can still be kept: those whom nothing was posted to, and whose batches can be called back.

    `gone` have it or may have it whatever happens; `why` says why.
    """

    unposted: int
    recallable: int
    gone: int
    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing came to: rows that were stopped before they were posted, called back with proof, and those who get it."""

    stopped: int
    recalled: int
    got: int
    why: str
    gave_back: bool


def prospect(office: Office, edition: Edition) -> Prospect:
    """What `undo` would come to now."""
    with office.store.read() as connection:
        rows = _within(office, edition)
        ids = [row.id for row in rows[: _room(office)]]
        states = ledger.tally(connection, edition.id)
        recallable = ledger.count_in_batches(connection, ids, ("posting", "accepted", "in_doubt", "held"))
        ahead = ledger.count_ahead(connection, edition.id)
        gone = ledger.receivers(connection, [edition.id]) - recallable - ahead
    unposted = states.get("queued", 0) + states.get("claimed", 0) + ahead
    until = rows[0].send_at - office.site.delivery.guard if rows and rows[0].send_at else None
    return Prospect(unposted, recallable, gone, until, _why(office, gone, len(rows) > len(ids)))


def undo(office: Office, edition: Edition, patience: float = 60.0) -> Undone:
    """Stop what was not posted, and call back what still can be, with proof; the same again tries what was left.

    Raises UsageError when nothing of it can be undone, and DeliveryError when a sender does not stop in time.
    """
    before = prospect(office, edition)
    if edition.state not in UNDOABLE or (edition.state != "scheduled" and not before.unposted + before.recallable):
        raise UsageError(f"Nothing of {edition.id} can be undone: it is {edition.state}. {before.why}".rstrip())
    with office.store.write() as connection:
        earlier = _cancelled(ledger.tally(connection, edition.id))
        if not editions.set_state(connection, edition.id, "undone", was=UNDOABLE):
            raise UsageError(f"{edition.id} changed meanwhile: look at `syndicate newsletter status {edition.id}`.")
        drop_queued(connection, office, edition.id)
    office.point("undone")
    _wait_for_sender(office, edition, patience)
    with at_work(office, edition.id, "calling back") as watch:
        settle_open(office, edition.id, watch)
        with office.store.read() as connection:
            stopped = _cancelled(ledger.tally(connection, edition.id)) - earlier
        beyond, trouble = _recall_all(office, edition)
        return _told(office, edition, stopped, earlier, beyond, trouble)


def _told(office: Office, edition: Edition, stopped: int, earlier: int, beyond: bool, trouble: str) -> Undone:
    with office.store.write() as connection:
        recalled = _cancelled(ledger.tally(connection, edition.id)) - earlier - stopped
        got = ledger.receivers(connection, [edition.id])
        if not got:
            editions.give_back(connection, edition.id)
    return Undone(stopped, recalled, got, trouble or _why(office, got, beyond), not got)


def _cancelled(states: dict[DeliveryState, int]) -> int:
    return states.get("cancelled", 0)


def _within(office: Office, edition: Edition) -> list[ledger.BatchRow]:
    """The batches that can still be called back, those that leave first first."""
    if not office.transport.undoable:
        return []
    with office.store.read() as connection:
        after = office.now() + office.site.delivery.guard
        return ledger.recallable(connection, edition.id, office.transport.name, after)


def _room(office: Office) -> int:
    """How many more cancellations may stand at the provider."""
    with office.store.read() as connection:
        return max(0, AT_ONCE - len(ledger.uncleared(connection, office.transport.name)))


def _recall_all(office: Office, edition: Edition) -> tuple[bool, str]:
    """Call back batch by batch; whether some were beyond the number that can be, and what went wrong."""
    rows, room = _within(office, edition), _room(office)
    for row in rows[:room]:
        try:
            _recall(office, row)
        except DeliveryError as error:
            return len(rows) > room, f"{error} Type the same again while there is time."
    return len(rows) > room, ""


def _recall(office: Office, row: ledger.BatchRow) -> None:
    states: tuple[DeliveryState, ...] = ("accepted", "in_doubt", "held")
    with office.store.read() as connection:
        rows = [one.id for one in ledger.of_batch(connection, row.id, states)]
    if not office.transport.recall(attempt(row, rows), office.now()):
        return
    office.point("recalled")
    with office.store.write() as connection:
        ledger.mark_recalled(connection, row.id, office.now())
        ledger.move_batch(
            connection, row.id, was=("accepted",), to=rules.after("accepted", "recall"), at=office.now(), reason=ASKED
        )
        ledger.move_batch(
            connection, row.id, was=("in_doubt", "held"), to=rules.after("held", "prove_unsent"), at=office.now()
        )
        drop_queued(connection, office, row.edition)
        close_batch(connection, office, row)


def _why(office: Office, gone: int, beyond: bool) -> str:
    """Why some get it all the same."""
    if not gone:
        return ""
    name = office.transport.name
    if not office.transport.undoable:
        return f"What was handed over by {name} has left at once."
    if beyond:
        return f"{name} lets some {AT_ONCE} requests be called back at once, and there were more."
    return f"For what was handed over to {name} earlier it is too late."


def _wait_for_sender(office: Office, edition: Edition, patience: float) -> None:
    """A sender sees that the edition was undone before its next batch, and stops."""
    until = time.monotonic() + patience
    while office.locks.alive(edition.id):
        if time.monotonic() > until:
            raise DeliveryError(
                f"{edition.id} is undone and nothing more of it is posted, but a batch is still on its way. "
                "Type the same again in a minute: what was posted is called back then."
            )
        time.sleep(0.05)


# ---------------------------------------------------------------- repairing


@dataclass(frozen=True, slots=True)
class Doubts:
    """What of an edition wants repair: rows in doubt, held, failed (for good, by the provider's word)."""

    in_doubt: int
    held: int
    failed: int


def doubts(store: Store, edition: Edition) -> Doubts:
    """How many rows of the edition want repair."""
    with store.read() as connection:
        states = ledger.tally(connection, edition.id)
    return Doubts(states.get("in_doubt", 0) + states.get("posting", 0), states.get("held", 0), states.get("failed", 0))


def repair(office: Office, edition: Edition) -> Doubts:
    """Settle what evidence there is for rows in doubt and held; returns what is left. Raises LockHeld while it is being sent."""
    with at_work(office, edition.id, "repairing") as watch:
        settle_open(office, edition.id, watch)
        with office.store.read() as connection:
            batches = ledger.batches_with(connection, edition.id, ("held",))
        for row in batches:
            _settle_held(office, row)
        _reopen(office, edition)
    return doubts(office.store, edition)


def _settle_held(office: Office, row: ledger.BatchRow) -> None:
    with office.store.read() as connection:
        held = [one.id for one in ledger.of_batch(connection, row.id, ("held",))]
    found = evidence(office, row, held)
    with office.store.write() as connection:
        for one in _known(found):
            to = rules.after("held", one.outcome)
            ledger.move(connection, [one.delivery], was=("held",), to=to, at=office.now(), reason="settled by evidence")
        note_recalled(connection, office, row, found.values())
        drop_queued(connection, office, row.edition)


def _known(found: dict[str, Receipt]) -> Iterator[Receipt]:
    return (one for one in found.values() if one.outcome != "in_doubt")


def retry_failed(office: Office, edition: Edition) -> int:
    """Queue those whom the provider definitely refused once more; returns how many."""
    return _requeue(office, edition, "failed", rules.after("failed", "retry"))


def resend_held(office: Office, edition: Edition) -> int:
    """Queue those of whom nobody knows whether they got it: some may get it twice. Returns how many."""
    return _requeue(office, edition, "held", rules.after("held", "resend"))


def assume_sent(office: Office, edition: Edition) -> int:
    """Take held mails for sent, by the operator's word; returns how many."""
    with at_work(office, edition.id, "repairing"), office.store.write() as connection:
        to, why = rules.after("held", "prove_sent"), "taken for sent by the operator"
        return ledger.move_all(connection, edition.id, was=("held",), to=to, at=office.now(), reason=why)


def _requeue(office: Office, edition: Edition, was: DeliveryState, to: DeliveryState) -> int:
    if edition.state in STOPPED:
        raise UsageError(f"{edition.id} is {edition.state}: nobody is mailed it any more.")
    with at_work(office, edition.id, "repairing"):
        with office.store.write() as connection:
            moved = ledger.move_all(connection, edition.id, was=(was,), to=to, at=office.now())
        _reopen(office, edition)
    return moved


def _reopen(office: Office, edition: Edition) -> None:
    """An edition that was sent, and of which somebody waits again, is paused: a person lets it go on."""
    with office.store.write() as connection:
        if ledger.next_variant(connection, edition.id) is not None and editions.set_state(
            connection, edition.id, "paused", was=("sent",)
        ):
            editions.set_stopped(connection, edition.id, "some wait again after a repair")


# ---------------------------------------------------------------- clearing away


def sweep(office: Office) -> None:
    """What `run` does for deliveries: settle what dead senders left in editions that were given up, so that no sum waits for
    ever; and delete cancellations at the provider whose mail's time is long over.
    """
    with office.store.read() as connection:
        given_up = [one.id for one in editions.in_states(connection, STOPPED)]
        left = [id for id in ledger.open_editions(connection) if id in given_up]
    for id in left:
        if not office.locks.alive(id):
            with at_work(office, id, "settling") as watch:
                settle_open(office, id, watch)
    _clear(office)


def _clear(office: Office) -> None:
    now = office.now()
    with office.store.read() as connection:
        over = ledger.uncleared(connection, office.transport.name, now - CLEAR_AFTER)
    for row in over:
        if office.transport.forget(attempt(row, ()), now):
            with office.store.write() as connection:
                ledger.mark_cleared(connection, row.id, now)
