"""Handing mail over: what a transport is, so that the ledger's loop is the same for all of them.

The loop, whatever the transport:

    claim a batch → make its rows `posting`, durably → transport.post(batch) → write each receipt → next batch

The outcomes of one batch and the `posting` rows of the next may share one commit. A batch is the unit of doubt: after a
killed process every row of it that is still `posting` is asked about by `settle`. How each transport fits:

- `folder`: one file a message, `batch_size` in the hundreds. After a crash each file is there whole or not at all, so
  `settle` always knows.
- SMTP: `batch_size` 1, over a connection that the transport keeps between posts. The ledger thus commits between any two
  messages, and at most the one in flight is in doubt. There is no later evidence: `settle` answers None.
- SendGrid: `batch_size` 1,000 readers of one variant, in one request that holds the edition's body once; `undoable`, because
  each request has a `send_at`. `settle` answers with proof when it could cancel the request and read the cancellation back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from syndicate.models import Message, Receipt

__all__ = ["Attempt", "Batch", "Transport"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the ledger keeps of a batch once it is posted: enough to ask what became of it, and no person.

    `id` is the batch's own, new for every attempt; `deliveries` are the ids of its rows.
    """

    id: str
    edition: str
    deliveries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that are posted together: readers of one variant of one edition, at most `batch_size` of them.

    Their bodies differ only in what the placeholders were filled with.
    """

    id: str
    edition: str
    variant: str
    messages: Sequence[Message]

    @property
    def attempt(self) -> Attempt:
        """What is kept of the batch for `Transport.settle`."""
        return Attempt(self.id, self.edition, tuple(message.id for message in self.messages))


class Transport(Protocol):
    """What carries mail."""

    @property
    def name(self) -> str:
        """The transport's name in site.toml."""
        ...

    @property
    def batch_size(self) -> int:
        """The most messages that one batch may hold."""
        ...

    @property
    def undoable(self) -> bool:
        """Whether a posted batch can be recalled for a while."""
        ...

    def post(self, batch: Batch) -> Iterator[Receipt]:
        """Hands the batch over, and yields one receipt a message as soon as it is known.

        What is wrong with one message is a receipt. Raises DeliveryError when it makes no sense to go on (no room, no
        right, a key refused): perhaps after some receipts, which count; the rows without one are asked about by `settle`.
        """
        ...

    def settle(self, attempt: Attempt) -> list[Receipt] | None:
        """What can be proven of an attempt whose process was killed: a receipt for each delivery that is known, or None.

        `requeue` here is proof that the message cannot arrive from that attempt any more. Raises DeliveryError.
        """
        ...

    def close(self) -> None:
        """Lets go of connections. A transport that is used again afterwards connects again."""
        ...
