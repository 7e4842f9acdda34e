"""Wrong engines, each with one mistake that such programs make. The proof must catch every one of them.

requeue on restart     what a dead sender left as `posting` is queued again without proof: an outbox with leases
sent before the post   a batch is marked as sent, then posted: the mark is durable, the post is not
cursor at fetch        progress is recorded when readers are fetched, not when they are mailed
trusts the queue       a job that comes again means that who had it is dead: what that one was posting is queued again
no intent row          nothing durable says that a batch is about to be posted
posted unsaid          what was claimed ahead is posted, and nothing durable says that it is not only claimed any more
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from syndicate import flight, liveness, office, shift
from syndicate.models import Receipt
from syndicate.store import ledger

NAMES = ("requeue on restart", "sent before the post", "cursor at fetch", "no intent row", "posted unsaid")
SEVERAL = "trusts the queue"
"""Wrong only where several send at once."""


def apply(name: str | None) -> None:
    """Make this process's engine wrong; None leaves it as it is."""
    if name is not None:
        {
            "requeue on restart": _requeue_on_restart,
            "sent before the post": _sent_before_the_post,
            "cursor at fetch": _cursor_at_fetch,
            "no intent row": _no_intent_row,
            "posted unsaid": _posted_unsaid,
            SEVERAL: _trusts_the_queue,
        }[name]()


def _requeue_on_restart() -> None:
    def evidence(_office: Any, _row: Any, doubtful: Any) -> dict[str, Receipt]:
        return {one: Receipt(one, "requeue", "its lease ran out") for one in doubtful}

    office.evidence = evidence


def _trusts_the_queue() -> None:
    right = liveness.Locks.hold

    @contextmanager
    def hold(*told: Any, **more: Any) -> Any:
        with right(*told, **more) as watch:
            yield replace(watch, dead=lambda _: True)

    liveness.Locks.hold = hold  # type: ignore[method-assign]
    _requeue_on_restart()


def _sent_before_the_post() -> None:
    right = shift.Shift._hand_over

    def hand_over(self: Any, row: Any, batch: Any, *told: Any) -> Any:
        with self.office.store.write() as connection:
            ids = [one.id for one in batch.copies]
            ledger.move(connection, ids, was=("posting",), to="accepted", at=self.office.now())
        self.office.point("marked")
        return right(self, row, batch, *told)

    shift.Shift._hand_over = hand_over  # type: ignore[method-assign]


def _cursor_at_fetch() -> None:
    right = shift.Shift._claim

    def claim(self: Any, *told: Any) -> Any:
        row, going = right(self, *told)
        if going:
            with self.office.store.write() as connection:
                at, was = self.office.now(), ("claimed", "posting")
                ledger.move_batch(connection, row.id, was=was, to="accepted", at=at)
        return row, going

    shift.Shift._claim = claim  # type: ignore[method-assign]
    _blind_post()


def _no_intent_row() -> None:
    right, claim, claimed = office._way, ledger.claim, ledger.claimed

    def way(outcome: Any, window: bool) -> Any:
        was, to = right(outcome, window)
        return (*was, "claimed"), to

    office._way = way
    ledger.claim = lambda *told, posting, **more: claim(*told, **more)  # type: ignore[assignment]
    ledger.claimed = lambda connection, batch, list, _state: claimed(connection, batch, list)  # type: ignore[assignment]
    ledger.mark_posted = lambda *_: None  # type: ignore[assignment]
    _blind_post()


def _posted_unsaid() -> None:
    ledger.mark_posted = lambda *_: True  # type: ignore[assignment]


def _blind_post() -> None:
    """Nothing is written when a mail is about to be posted."""
    intend = shift.Shift._intend
    flight._turned = lambda *_: False

    def blind(self: Any, row: Any, next: Any, before: Any, swift: Any) -> bool:
        ledger.post = lambda *_args, **_more: 1
        return intend(self, row, next, before, swift)

    shift.Shift._intend = blind  # type: ignore[method-assign]
