"""What is published and mailed, and to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal, NamedTuple

_NOTHING: Mapping[str, str] = MappingProxyType({})


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

    `html` and `text` hold the placeholders of `syndicate.compose.message`, filled for each reader. A name that ends in
    `.discreet` or `.discreet-text` is the same for readers who chose discreet mail, the second without html.
    """

    name: str
    subject: str
    preheader: str
    html: str
    text: str

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the variant, the reader's first."""
        return tuple(self.name.partition(".")[0].split("+"))

    @property
    def discreet(self) -> bool:
        """Whether this is for readers who chose discreet mail."""
        return ".discreet" in self.name


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of a mailing list's newsletter, frozen when drafted. `posts` are ids in order; `digest` binds an approval.

    `send_at` is when it was asked to leave (None: at once), `send_by` when it is too late for it to; `stopped` says why
    sending came to a halt before everybody had it.
    """

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
    send_at: datetime | None = None
    send_by: datetime | None = None
    stopped: str = ""

    def variant(self, name: str) -> EditionVariant | None:
        """The variant called `name`, or None."""
        return next((variant for variant in self.variants if variant.name == name), None)


MailStyle = Literal["full", "discreet", "discreet-text"]
"""How open a reader's mail may look: as designed; with nothing telling outside or above the fold; that, as text alone."""

SubscriptionState = Literal["pending", "confirmed", "unsubscribed"]
SuppressionKind = Literal["unsubscribe", "bounce", "complaint", "forgotten"]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person. `languages` is how they read: `sq`, or `sq+en` for both with Albanian first; `mail` how open it may look."""

    id: str
    address: str
    languages: str
    created: datetime
    mail: MailStyle = "full"

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
class Letter:
    """What all copies of one mail share. `html` ("" for a mail of text alone) and `text` have tokens open, `%%name%%`.

    `sender` and `reply_to` are mailboxes (RFC 5322 §3.4), not yet encoded; header values hold no line breaks.
    """

    sender: str
    reply_to: str
    subject: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """What the copies of a letter have alike, with `%(name)s` where something of the reader's own stands, and `%%` for a per
    cent sign. `values` fill the letter's tokens; they hold only signs that mean the same in html and in text. `headers` come
    after the letter's.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()


class Copy(NamedTuple):
    """One reader's copy of a letter. `id` is the delivery's: opaque, and all that a provider knows of a person but the address.

    `own` is what stands in the places of the form. A tuple, because a million are made in one send.
    """

    id: str
    address: str
    form: Form = Form()
    own: Mapping[str, str] = _NOTHING

    @classmethod
    def of(
        cls, id: str, address: str, values: Mapping[str, str] = _NOTHING, headers: Iterable[tuple[str, str]] = ()
    ) -> Copy:
        """A copy whose values and headers are given as they are."""
        form = Form(
            {name: value.replace("%", "%%") for name, value in values.items()},
            tuple((name, value.replace("%", "%%")) for name, value in headers),
        )
        return cls(id, address, form)

    @property
    def values(self) -> dict[str, str]:
        """What fills the letter's tokens for this reader."""
        return {name: text % self.own for name, text in self.form.values.items()}

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The reader's own headers."""
        return tuple([(name, text % self.own) for name, text in self.form.headers])


class Receipt(NamedTuple):
    """What a transport says of one message: taken, definitely not taken (again later, or never), or nobody knows."""

    delivery: str
    outcome: Literal["accepted", "requeue", "failed", "in_doubt"]
    reason: str = ""
