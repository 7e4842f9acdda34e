"""The ledger: one row for one edition and one subscriber, and the batches in which rows are handed to a transport.

Each function is one step inside the caller's transaction. Which state may follow which is decided in `deliver.ledger`; here
every update names the states it comes from, so that two processes cannot both make the same step. What concerns a whole
batch is one statement on its index: a million rows are moved four times in one send.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from syndicate.models import Delivery, DeliveryState, SubscriptionState
from syndicate.store import schema as s
from syndicate.store.chunks import batched, read, together

CHUNK = 500

AWAY: tuple[DeliveryState, ...] = (
    "posting", "accepted", "delivered", "deferred", "complained", "in_doubt", "held",
)  # fmt: skip
"""The states of a copy that has left or may have left."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """Deliveries of one variant, claimed together by the process that holds the lock `holder`.

    `posted` is since when a byte of it may have left (None: none has). `undo_id` and `send_at` are the ticket it was posted
    with; `recalled` is since when it is proven that it will not arrive. `boot` is the machine's start in which its rows were
    written without waiting for the disk (None: it was waited for).
    """

    id: str
    edition: str
    variant: str
    transport: str
    holder: str
    claimed: datetime
    posted: datetime | None = None
    undo_id: str | None = None
    send_at: datetime | None = None
    recalled: datetime | None = None
    boot: str | None = None


class Claimed(NamedTuple):
    """A claimed row and what decides whether it goes: today's `address` ('' for who was forgotten) and `standing`."""

    id: str
    subscriber: str
    address: str
    standing: SubscriptionState | None


# ---------------------------------------------------------------- a batch's way

# Made once: each runs for every batch, or for every mail, and to make one takes as long as to run it.
_ROWS, _MINE = s.deliveries, s.deliveries.c.batch == sa.bindparam("mine")
_AT: sa.BindParameter[Any] = sa.bindparam("at")
_WAS = _ROWS.c.state.in_(sa.bindparam("was", expanding=True))
_POST = _ROWS.update().where(_MINE, _ROWS.c.state == "claimed").values(
    state="posting", changed=_AT, tries=_ROWS.c.tries + 1
)  # fmt: skip
_POST_ONE = _POST.where(_ROWS.c.id == sa.bindparam("only"))
TURN = _ROWS.update().where(
    _ROWS.c.id.in_([sa.bindparam("before"), sa.bindparam("next")]), _MINE,
    _ROWS.c.state == sa.case((_ROWS.c.id == sa.bindparam("next"), "claimed"), else_="posting"),
    sa.exists().where(s.editions.c.id == sa.bindparam("of"), s.editions.c.state == "sending"),
).values(
    state=sa.case((_ROWS.c.id == sa.bindparam("next"), "posting"), else_="accepted"), changed=_AT,
    reason=sa.case((_ROWS.c.id == sa.bindparam("next"), _ROWS.c.reason), else_=""),
    tries=_ROWS.c.tries + sa.case((_ROWS.c.id == sa.bindparam("next"), 1), else_=0),
)  # fmt: skip
_MOVE_ALL_OF_BATCH = _ROWS.update().where(_MINE, _WAS).values(
    state=sa.bindparam("to"), changed=_AT, reason=sa.bindparam("why")
)  # fmt: skip
_MOVE = _ROWS.update().where(_ROWS.c.id.in_(sa.bindparam("ids", expanding=True)), _WAS).values(
    state=sa.bindparam("to"), changed=_AT, reason=sa.bindparam("why")
)  # fmt: skip
_MOVE_OF_BATCH = _MOVE.where(_MINE)


_KEYS: dict[str, sa.ColumnElement[Any]] = {"postgresql": _ROWS.c.id, "sqlite": sa.literal_column("rowid")}


@cache
def _claiming(dialect: str, *, these: bool) -> sa.Update:
    """Takes rows of a variant: any that waited long enough, or `these`."""
    key = _KEYS[dialect]
    which = _ROWS.c.id.in_(sa.bindparam("ids", expanding=True)) if these else _ROWS.c.changed <= sa.bindparam("until")
    queued = sa.and_(
        _ROWS.c.edition == sa.bindparam("of"), _ROWS.c.state == "queued", _ROWS.c.variant == sa.bindparam("its"), which
    )
    chosen = sa.select(key).select_from(_ROWS).where(queued).limit(sa.bindparam("most"))
    return _ROWS.update().where(key.in_(chosen.with_for_update(skip_locked=True))).values(
        state=sa.bindparam("to"), batch=sa.bindparam("mine"), changed=_AT, tries=_ROWS.c.tries + sa.bindparam("more")
    )  # fmt: skip


@cache
def _claimed() -> Mapping[str, sa.Select[Any]]:
    here = sa.and_(s.subscriptions.c.subscriber == _ROWS.c.subscriber, s.subscriptions.c.list == sa.bindparam("of"))
    address = sa.func.coalesce(s.subscribers.c.address, "").label("address")
    return together(
        sa.select(_ROWS.c.id, _ROWS.c.subscriber, address, s.subscriptions.c.state)
        .outerjoin(s.subscribers, s.subscribers.c.id == _ROWS.c.subscriber)
        .outerjoin(s.subscriptions, here)
        .where(_MINE, _ROWS.c.state == sa.bindparam("its"))
    )


_BATCH, _THE_BATCH = s.batches.insert(), s.batches.update().where(s.batches.c.id == sa.bindparam("mine"))
_POSTED = _THE_BATCH.where(
    s.batches.c.settled.is_(None), sa.exists().where(s.editions.c.id == s.batches.c.edition, s.editions.c.state == "sending")
).values(posted=_AT, undo_id=sa.bindparam("undo"), send_at=sa.bindparam("leaves"))  # fmt: skip
_GIVEN_UP = _THE_BATCH.where(s.batches.c.posted.is_(None)).values(settled=_AT)
_SETTLED = _THE_BATCH.where(sa.not_(sa.exists().where(_MINE, _WAS))).values(settled=_AT)


def next_variant(connection: sa.Connection, edition: str, until: datetime | None = None) -> str | None:
    """A variant for which somebody still waits (since `until` or earlier, where given), or None.

    Reads the beginning of the index, however long the queue is.
    """
    table = s.deliveries.c
    query = sa.select(table.variant).where(table.edition == edition, table.state == "queued").limit(1)
    return connection.execute(query if until is None else query.where(table.changed <= until)).scalar()


def latest_queued(connection: sa.Connection, edition: str) -> datetime | None:
    """Since when the last of those who wait does; None when nobody waits."""
    table = s.deliveries.c
    query = sa.select(sa.func.max(table.changed)).where(table.edition == edition, table.state == "queued")
    found: datetime | None = connection.execute(query).scalar()
    return found


def claim(
    connection: sa.Connection,
    batch: BatchRow,
    limit: int,
    *,
    until: datetime,
    ids: Sequence[str] | None = None,
    posting: bool = False,
) -> int:
    """Take at most `limit` queued rows of the batch's variant for it; returns how many.

    Those who have waited since `until` or earlier, so that who was put off is not asked for again and again before the others
    had their turn; or of `ids`, where given. On PostgreSQL, rows that others are taking are skipped. With `posting` they are
    made so at once, in the same step, for a batch that is posted whole with the ticket it has: by then `batch.posted` says
    since when, or is None as long as nothing is handed over (`mark_posted`).
    """
    name = connection.dialect.name
    values: dict[str, Any] = {
        "of": batch.edition, "its": batch.variant, "most": limit, "mine": batch.id, "at": batch.claimed,
        "to": "posting" if posting else "claimed", "more": int(posting),
    }  # fmt: skip
    values |= {"until": until} if ids is None else {"ids": [*ids]}
    taken = connection.execute(_claiming(name, these=ids is not None), values).rowcount
    if taken:
        connection.execute(_BATCH, asdict(batch))
    return taken


def claimed(connection: sa.Connection, batch: str, list: str, state: DeliveryState = "claimed") -> list[Claimed]:
    """The rows of a batch that is being claimed, with addresses and standing as they are today."""
    return [*map(Claimed._make, read(connection, _claimed(), {"mine": batch, "of": list, "its": state}))]


def turn(connection: sa.Connection, batch: str, edition: str, at: datetime, before: str, next: str) -> int:
    """The usual step of a transport that takes one mail at a time: one row accepted, the next `posting`, if the edition is
    still being sent. Returns how many rows that were: 2, unless something is not as usual.
    """
    values = {"mine": batch, "of": edition, "at": at, "before": before, "next": next}
    return connection.execute(TURN, values).rowcount


def post(connection: sa.Connection, batch: str, at: datetime, only: str | None = None) -> int:
    """Make a batch's claimed rows `posting` (or one of them); returns how many."""
    if only is None:
        return connection.execute(_POST, {"mine": batch, "at": at}).rowcount
    return connection.execute(_POST_ONE, {"mine": batch, "at": at, "only": only}).rowcount


def move_batch(
    connection: sa.Connection,
    batch: str,
    *,
    was: Sequence[DeliveryState],
    to: DeliveryState,
    at: datetime,
    reason: str = "",
) -> int:
    """Move all rows of a batch that are in `was`, and were not claimed for another since; returns how many."""
    values = {"mine": batch, "was": [*was], "to": to, "at": at, "why": reason}
    return connection.execute(_MOVE_ALL_OF_BATCH, values).rowcount


def move(
    connection: sa.Connection,
    ids: Collection[str],
    *,
    was: Sequence[DeliveryState],
    to: DeliveryState,
    at: datetime,
    reason: str = "",
    batch: str | None = None,
) -> int:
    """Move rows that are in one of the states `was` (and still of `batch`, where given); returns how many."""
    statement = _MOVE if batch is None else _MOVE_OF_BATCH
    values = {"was": [*was], "to": to, "at": at, "why": reason} | ({} if batch is None else {"mine": batch})
    return sum(connection.execute(statement, values | {"ids": chunk}).rowcount for chunk in batched(ids, CHUNK))


def move_all(
    connection: sa.Connection, edition: str, *, was: Sequence[str], to: DeliveryState, at: datetime, reason: str = ""
) -> int:
    """Move every row of an edition that is in `was`; returns how many."""
    still = sa.and_(_ROWS.c.edition == edition, _ROWS.c.state.in_(was))
    return connection.execute(_ROWS.update().where(still).values(state=to, changed=at, reason=reason)).rowcount


def cancel_queued(connection: sa.Connection, edition: str, at: datetime, reason: str) -> int:
    """Stop every copy of an edition that nobody has taken yet; returns how many."""
    return move_all(connection, edition, was=("queued",), to="cancelled", at=at, reason=reason)


def of_batch(connection: sa.Connection, batch: str, states: Sequence[DeliveryState]) -> list[Delivery]:
    """The deliveries of a batch that are in these states; without addresses."""
    table = s.deliveries.c
    query = (
        sa.select(table.id, table.edition, table.subscriber, table.variant, table.state)
        .where(table.batch == batch, table.state.in_(states))
        .order_by(table.id)
    )
    return [Delivery(r.id, r.edition, r.subscriber, "", r.variant, r.state) for r in connection.execute(query)]


def mark_posted(
    connection: sa.Connection, batch: str, at: datetime, undo_id: str | None, send_at: datetime | None
) -> bool:
    """From here on a byte of this batch may have left, with this ticket; False, and not so, when its edition is not sent any
    more, or somebody took this process for dead and gave the batch up.
    """
    values = {"mine": batch, "at": at, "undo": undo_id, "leaves": send_at}
    return connection.execute(_POSTED, values).rowcount == 1


def give_up(connection: sa.Connection, batch: str, at: datetime) -> bool:
    """From here on nothing of this batch can be posted any more; False, and not so, when it was posted since."""
    return connection.execute(_GIVEN_UP, {"mine": batch, "at": at}).rowcount == 1


def mark_settled(connection: sa.Connection, batch: str, at: datetime, open: Sequence[DeliveryState] = ()) -> None:
    """Nothing of this batch is open any more; unless rows of it are in one of these states."""
    connection.execute(_SETTLED, {"mine": batch, "at": at, "was": [*open]})


def mark_recalled(connection: sa.Connection, batch: str, at: datetime) -> None:
    """It is proven that nothing of this batch will arrive."""
    still = sa.and_(s.batches.c.id == batch, s.batches.c.recalled.is_(None))
    connection.execute(s.batches.update().where(still).values(recalled=at))


def mark_cleared(connection: sa.Connection, batch: str, at: datetime) -> None:
    """Its cancellation was deleted at the provider."""
    connection.execute(s.batches.update().where(s.batches.c.id == batch).values(cleared=at))


# ---------------------------------------------------------------- batches


def unsettled(connection: sa.Connection, edition: str) -> list[BatchRow]:
    """Batches that some process began and did not settle, oldest first."""
    table = s.batches.c
    return _batches(connection, sa.and_(table.edition == edition, table.settled.is_(None)))


def batches_with(connection: sa.Connection, edition: str, states: Sequence[DeliveryState]) -> list[BatchRow]:
    """Batches of an edition that hold rows in these states."""
    table = s.deliveries.c
    held = sa.select(table.batch).where(table.edition == edition, table.state.in_(states)).distinct()
    return _batches(connection, s.batches.c.id.in_(held))


def recallable(connection: sa.Connection, edition: str, transport: str, after: datetime) -> list[BatchRow]:
    """Batches that stand, carry somebody's mail and leave later than `after`, those that leave first first."""
    table = s.batches.c
    return _batches(connection, sa.and_(_standing(edition), table.transport == transport, table.send_at > after))


def _standing(edition: str) -> sa.ColumnElement[bool]:
    """Batches that the provider holds mail of, and that can be called back in time."""
    table, rows = s.batches.c, s.deliveries.c
    carries = sa.exists().where(rows.batch == table.id, rows.state.in_(("posting", "accepted", "in_doubt", "held")))
    return sa.and_(
        table.edition == edition,
        table.undo_id.is_not(None),
        table.recalled.is_(None),
        table.posted.is_not(None),
        carries,
    )


def uncleared(connection: sa.Connection, transport: str, before: datetime | None = None) -> list[BatchRow]:
    """Batches whose cancellation still lies at the provider (and whose time was over `before`, where given)."""
    table = s.batches.c
    there = sa.and_(
        table.transport == transport, table.recalled.is_not(None), table.cleared.is_(None), table.undo_id.is_not(None)
    )
    return _batches(connection, there if before is None else sa.and_(there, table.send_at < before))


def window(connection: sa.Connection, edition: str) -> tuple[datetime, datetime] | None:
    """When the first and the last of the edition's batches that stand leave the provider; None where none waits there."""
    table = s.batches.c
    query = sa.select(sa.func.min(table.send_at), sa.func.max(table.send_at)).where(_standing(edition))
    first, last = connection.execute(query).one()
    return (first, last) if first is not None else None


def open_editions(connection: sa.Connection) -> list[str]:
    """Editions of which a batch is not settled."""
    table = s.batches.c
    return [*connection.execute(sa.select(table.edition).where(table.settled.is_(None)).distinct()).scalars()]


def _batches(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[BatchRow]:
    table = s.batches.c
    query = sa.select(s.batches).where(which).order_by(table.send_at, table.claimed)
    return [
        BatchRow(
            r.id, r.edition, r.variant, r.transport, r.holder, r.claimed, r.posted, r.undo_id, r.send_at, r.recalled, r.boot
        )
        for r in connection.execute(query)
    ]  # fmt: skip


# ---------------------------------------------------------------- numbers


def count_in_batches(connection: sa.Connection, batches: Collection[str], states: Sequence[DeliveryState]) -> int:
    """How many rows of these batches are in these states."""
    table, found = s.deliveries.c, 0
    for chunk in batched(batches, CHUNK):
        query = sa.select(sa.func.count()).where(table.batch.in_(chunk), table.state.in_(states))
        found += connection.execute(query).scalar_one()
    return found


def count_ahead(connection: sa.Connection, edition: str) -> int:
    """How many rows of an edition are `posting` in a batch that nothing was handed over of yet."""
    query = sa.select(sa.func.count()).select_from(s.batches).join(s.deliveries, s.deliveries.c.batch == s.batches.c.id)
    ahead = sa.and_(s.batches.c.settled.is_(None), s.batches.c.posted.is_(None), s.deliveries.c.state == "posting")
    return connection.execute(query.where(s.batches.c.edition == edition, ahead)).scalar_one()


def tally(connection: sa.Connection, edition: str) -> dict[DeliveryState, int]:
    """How many rows of an edition are in each state."""
    table = s.deliveries.c
    query = sa.select(table.state, sa.func.count()).where(table.edition == edition).group_by(table.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def by_variant(connection: sa.Connection, edition: str) -> Mapping[str, int]:
    """How many readers of an edition get each variant."""
    table = s.deliveries.c
    query = sa.select(table.variant, sa.func.count()).where(table.edition == edition).group_by(table.variant)
    return {row[0]: row[1] for row in connection.execute(query.order_by(table.variant))}


def receivers(connection: sa.Connection, editions: Sequence[str]) -> int:
    """How many copies of these editions have left or may have left."""
    table = s.deliveries.c
    query = sa.select(sa.func.count()).where(table.edition.in_(editions), table.state.in_(AWAY))
    return connection.execute(query).scalar_one()


def who(connection: sa.Connection, edition: str, states: Sequence[DeliveryState]) -> Iterator[tuple[str, str, str]]:
    """The people of an edition in these states as (state, address, reason), streamed; '' for who was forgotten."""
    table, people = s.deliveries.c, s.subscribers.c
    query = (
        sa.select(table.state, people.address, table.reason)
        .outerjoin(s.subscribers, people.id == table.subscriber)
        .where(table.edition == edition, table.state.in_(states))
        .order_by(table.state, people.address_key)
    )
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        yield row[0], row[1] or "", row[2]
