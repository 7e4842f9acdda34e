"""What the provider tells of a mail afterwards: its JSON → Event, and what follows from an event.

    bounce (Invalid Address, or 5.1.1-5.1.3, 5.1.10, 5.2.1)   bounced    forbids mail to the address
    bounce (anything else)                                    soft       counts: three editions over two weeks forbid mail
    bounce of type `blocked`, or 5.7.x                        blocked    about the sender, not the reader: only told
    dropped (Bounced, Invalid | Unsubscribed | Spam …)        as it was the first time
    spamreport                                                complained forbids mail for ever
    unsubscribe, group_unsubscribe                            left_all, left
    deferred, delivered, processed                            how far the mail came
    group_resubscribe, open, click and what comes new         ignored, and not kept

Somebody who joins again at the provider is not joined again here: only their own form and its confirmation do that.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from syndicate.deliver.ledger import Happening

Kind = Literal[
    "processed", "deferred", "delivered", "bounced", "soft", "blocked", "dropped", "complained", "left", "left_all", "ignored",
]  # fmt: skip
"""What happened, in our words. `left` concerns the mail's list, `left_all` every list; `dropped`: not taken."""

Forbids = Literal["bounce", "complaint", "left", "left_all"]
"""What an event forbids from now on: see `syndicate.consent.subscription`."""

HARD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.10", "5.2.1"})
"""The codes of RFC 3463 that say: there is no such mailbox, and there will be none."""

_FORBIDS: dict[Kind, Forbids] = {"bounced": "bounce", "complained": "complaint", "left": "left", "left_all": "left_all"}
_ARROW: dict[Kind, Happening] = {
    "deferred": "event_deferred", "delivered": "event_delivered", "bounced": "event_bounced", "soft": "event_bounced",
    "blocked": "event_bounced", "dropped": "event_bounced", "complained": "event_complained",
}  # fmt: skip
_SIMPLE: dict[str, Kind] = {
    "processed": "processed", "deferred": "deferred", "delivered": "delivered", "spamreport": "complained",
    "unsubscribe": "left_all", "group_unsubscribe": "left",
}  # fmt: skip
_DROPPED: tuple[tuple[str, Kind], ...] = (
    ("bounced", "bounced"), ("invalid address", "bounced"), ("invalid email", "bounced"), ("unsubscribed", "left"),
    ("spam report", "complained"),
)  # fmt: skip
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s@<>\[\]()\"',;]+@[^\s@<>\[\]()\"',;]+")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
_ID = re.compile(r"[\x21-\x7e]{1,200}")
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a mail. `id` makes it count once; `delivery` and `batch` are ours, '' where it names none.

    `not_taken`: the provider dropped it, so that it never left. `address` is whom it is about, for events that name no
    delivery of ours; it is never stored or shown. `reason` holds no address.
    """

    id: str
    kind: Kind
    at: datetime
    delivery: str = ""
    batch: str = ""
    reason: str = ""
    not_taken: bool = False
    address: str = field(default="", repr=False)

    @property
    def arrow(self) -> Happening | None:
        """What it is to the ledger; None: no more than that the mail was taken."""
        return "event_bounced" if self.not_taken else _ARROW.get(self.kind)

    @property
    def forbids(self) -> Forbids | None:
        """What it forbids by itself. A soft bounce forbids only with others: see `syndicate.happenings`."""
        return _FORBIDS.get(self.kind)


def read(item: object) -> Event | None:
    """One item of the provider's array as an event; None when it is none that can be understood. Never raises."""
    if not isinstance(item, dict):
        return None
    try:
        at = datetime.fromtimestamp(int(item["timestamp"]), UTC)
        name = str(item["event"]).strip().lower()
    except (KeyError, ValueError, TypeError, OverflowError, OSError):
        return None
    delivery, batch = _own_id(item.get("delivery")), _own_id(item.get("batch"))
    reason = clean(item.get("reason") or item.get("response") or "")
    kind = _kind(name, item)
    id = item.get("sg_event_id")
    if not (isinstance(id, str) and _ID.fullmatch(id)):
        id = made_id(
            "sg", delivery, name, str(item.get("type")), str(item["timestamp"]), str(item.get("email")).lower()
        )
    address = item.get("email")
    return Event(id, kind, at, delivery, batch, reason, name == "dropped", address if isinstance(address, str) else "")


def read_all(body: bytes) -> Iterator[Event | None]:
    """The events of one delivery of the provider's, None for each item that is none. A body that is no JSON is one None."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        yield None
        return
    for item in found if isinstance(found, list) else [found]:
        yield read(item)


def _kind(name: str, item: dict[Any, Any]) -> Kind:
    said = str(item.get("reason") or "").strip().lower()
    if name == "bounce":
        status = str(item.get("status") or "")
        told = _STATUS.search(status) or _STATUS.search(said)
        blocked = str(item.get("type") or "").strip().lower() == "blocked"
        invalid = str(item.get("bounce_classification") or "").strip().lower().startswith("invalid")
        return bounce(told[1] if told else "", blocked=blocked, invalid=invalid)
    if name == "dropped":
        # "Invalid" alone is an address; "Invalid SMTPAPI header" is a fault of the request.
        return next(
            (kind for start, kind in _DROPPED if said.startswith(start)), "bounced" if said == "invalid" else "dropped"
        )
    return _SIMPLE.get(name, "ignored")


def bounce(status: str, *, blocked: bool = False, invalid: bool = False) -> Kind:
    """What a bounce is, by its code (RFC 3463), and what the provider calls it."""
    if blocked or status.startswith("5.7."):
        return "blocked"
    return "bounced" if invalid or status in HARD else "soft"


def clean(reason: object) -> str:
    """The provider's words as they may be kept: one short line, no address in it."""
    text = _ADDRESS.sub("(address)", _UNSEEN.sub(" ", str(reason)[:2000]))
    return " ".join(text.split())[:_LONGEST_REASON]


def made_id(*parts: str) -> str:
    """An id for an event that has none: the same parts give the same."""
    return f"{parts[0]}-{hashlib.sha256('|'.join(parts).encode('utf-8', 'replace')).hexdigest()[:40]}"


def _own_id(value: object) -> str:
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""
