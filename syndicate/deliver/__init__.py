"""Handing mail over: what a transport is, so that the ledger's loop is the same for all of them.

The loop, whatever the transport:

    claim rows → ticket = transport.prepare(now) → make them `posting`, durably, with the ticket → transport.post(batch)
    → write each receipt → next

A batch is the unit of doubt: after a killed process every row of it that is still `posting` is asked about by `settle`. How
each transport fits:

- `folder`: one file a message, `batch_size` in the hundreds. After a crash each file is there whole or not at all, so
  `settle` always knows.
- SMTP: `single`: rows are claimed by the hundred but posted one at a time, each a batch of one message, over a connection that
  the transport keeps between posts; the outcome of one and the intent of the next share a commit, so a kill leaves at most
  one in doubt. There is no later evidence: `settle` answers None.
- SendGrid: `batch_size` 1,000 readers of one variant, in one request that holds the edition's body once. `prepare` gets the
  provider's id for the request and says when the mail is to leave; until `guard` before that, `settle` and `recall` can cancel
  it and read the cancellation back, which is proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syndicate.models import Copy, Letter, Receipt

__all__ = ["NO_TICKET", "Attempt", "Batch", "Ticket", "Transport"]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What makes a batch recallable: the provider's id for it, and when its mail leaves. Both None where mail leaves at once."""

    undo_id: str | None = None
    send_at: datetime | None = None


NO_TICKET = Ticket()


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the ledger keeps of a batch once it is posted: enough to ask what became of it, and no person.

    `id` is the batch's own, new for every attempt; `deliveries` are the ids of its rows.
    """

    id: str
    edition: str
    deliveries: tuple[str, ...]
    ticket: Ticket = NO_TICKET


@dataclass(frozen=True, slots=True)
class Batch:
    """Copies of one letter that are posted together: readers of one variant of one edition, at most `batch_size` of them."""

    id: str
    edition: str
    variant: str
    letter: Letter
    copies: Sequence[Copy]
    ticket: Ticket = NO_TICKET

    @property
    def attempt(self) -> Attempt:
        """What is kept of the batch for `Transport.settle`."""
        return Attempt(self.id, self.edition, tuple(copy.id for copy in self.copies), self.ticket)


class Transport(Protocol):
    """What carries mail."""

    @property
    def name(self) -> str:
        """The transport's name in site.toml."""
        ...

    @property
    def batch_size(self) -> int:
        """The most rows that are claimed together; unless `single`, also the most copies in one post."""
        ...

    @property
    def single(self) -> bool:
        """Whether copies are posted one at a time, each a batch of its own."""
        ...

    @property
    def undoable(self) -> bool:
        """Whether a posted batch can be recalled for a while."""
        ...

    def prepare(self, now: datetime, send_at: datetime | None) -> Ticket:
        """What the next batch is to be posted with; `send_at` is when the operator wants it to leave (None: soon).

        Nothing of the batch leaves by this. Raises Busy or DeliveryError as `post` does.
        """
        ...

    def post(self, batch: Batch) -> Iterator[Receipt]:
        """Hands the batch over once the receipts are asked for, and yields one a copy as soon as it is known.

        What is wrong with one copy is a receipt. Raises Busy when the other side wants to be asked later, BatchRefused when the
        batch as a whole was definitely refused, and DeliveryError when it makes no sense to go on (no room, no right, a key
        refused): perhaps after some receipts, which count. With BatchRefused nothing was taken. Before Busy and DeliveryError,
        copies that were definitely not taken are yielded as `requeue`; those without a receipt are asked about by `settle`.
        """
        ...

    def settle(self, attempt: Attempt, now: datetime) -> list[Receipt] | None:
        """What can be proven of an attempt in doubt: a receipt for each delivery that is known, or None.

        `requeue` here is proof that the message cannot arrive from that attempt any more. Raises DeliveryError when the
        other side cannot be asked now, though it could prove something later.
        """
        ...

    def recall(self, attempt: Attempt, now: datetime) -> bool:
        """Calls a posted batch back: True is proof that none of it will arrive. False when it is too late, or never possible."""
        ...

    def forget(self, attempt: Attempt, now: datetime) -> bool:
        """Clears away what `settle` and `recall` left at the provider, once the mail's time is over; True when all is gone."""
        ...

    def close(self) -> None:
        """Lets go of connections. A transport that is used again afterwards connects again."""
        ...
