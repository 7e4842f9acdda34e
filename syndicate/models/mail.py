"""What is published and mailed, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Document:
    """One file to publish: `path` is relative to the public folder, with forward slashes."""

    path: str
    media_type: str
    content: bytes


EditionState = Literal["draft", "approved", "scheduled", "sending", "paused", "sent", "undone", "cancelled"]


@dataclass(frozen=True, slots=True)
class EditionVariant:
    """The frozen mail of an edition for one reading order of languages: `sq`, `en`, `sq+en`, `en+sq`.

    `html` and `text` hold the placeholders of `syndicate.compose.message`, filled for each reader.
    """

    name: str
    subject: str
    preheader: str
    html: str
    text: str

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the variant, the reader's first."""
        return tuple(self.name.split("+"))


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of a mailing list's newsletter, frozen when drafted. `posts` are ids in order; `digest` binds an approval."""

    id: str
    list: str
    number: int
    state: EditionState
    created: datetime
    posts: tuple[str, ...]
    variants: tuple[EditionVariant, ...]
    digest: str
    approved: datetime | None = None
    notes: tuple[str, ...] = ()

    def variant(self, name: str) -> EditionVariant | None:
        """The variant called `name`, or None."""
        return next((variant for variant in self.variants if variant.name == name), None)


SubscriptionState = Literal["pending", "confirmed", "unsubscribed"]
SuppressionKind = Literal["unsubscribe", "bounce", "complaint", "forgotten"]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person. `languages` is how they read: `sq`, or `sq+en` for both with Albanian first."""

    id: str
    address: str
    languages: str
    created: datetime

    @property
    def language(self) -> str:
        """The reader's own language: the first of `languages`."""
        return self.languages.split("+")[0]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A person's standing on one list."""

    subscriber: str
    list: str
    state: SubscriptionState
    changed: datetime


DeliveryState = Literal[
    "queued", "claimed", "posting", "accepted", "delivered", "deferred", "bounced", "complained",
    "failed", "in_doubt", "held", "suppressed", "cancelled",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of the ledger: one edition, one subscriber, the variant decided when the audience was frozen."""

    id: str
    edition: str
    subscriber: str
    address: str
    variant: str
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class Message:
    """One mail, ready for a transport. `id` is the delivery's; header values hold no line breaks."""

    id: str
    sender: str
    recipient: str
    subject: str
    headers: tuple[tuple[str, str], ...]
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transport says of one message: taken, definitely not taken (again later, or never), or nobody knows."""

    delivery: str
    outcome: Literal["accepted", "requeue", "failed", "in_doubt"]
    reason: str = ""
