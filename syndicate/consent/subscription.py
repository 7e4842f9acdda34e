"""A person's standing on one list: what each event makes of it, and who may be mailed.

    nobody ──asked, added, imported──→ pending ──confirmed──→ confirmed ──left, removed──→ unsubscribed
       └──added, imported with evidence──────────────────────────↑                              │
                                          pending ←──asked──────────────────────────────────────┘

A suppression forbids mail whatever the standing: `unsubscribe` on one list, `bounce`, `complaint` and `forgotten` on the
whole site. No import and no operator lifts one. The person's own form, newer than the suppression and then confirmed from
its mail, does. (A bounce too: the confirmation is proof that mail arrives again.) A complaint ends every subscription of
the person, so that coming back to one list brings back no other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from syndicate.models import SubscriptionState, SuppressionKind

EventKind = Literal[
    "added", "imported", "asked", "confirmed", "left", "removed", "bounced", "complained", "forgotten"
]  # fmt: skip
"""Added or imported by the operator, asked for by the person's own form, confirmed from a mail, left, removed by the
operator; and what concerns every list of the person: mail bounced for good, they complained, they were forgotten."""

Suppressions = Mapping[SuppressionKind, datetime]
"""What forbids mail to this address on this list, and since when."""

ASK_AGAIN = timedelta(hours=24)
"""How long after an opt-in mail the same address is not sent another for the same list."""

_WHY: dict[SuppressionKind, str] = {
    "forgotten": "this person asked to be forgotten",
    "complaint": "this person reported our mail as unwanted",
    "unsubscribe": "this person left this list",
    "bounce": "mail to this address came back",
}
_ONLY_THEY = "only they can come back, by the sign-up form"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    `evidence` is how the operator knows of the person's consent (for added and imported; blank is none). `asked` is when
    the person sent the form whose mail was confirmed; None when that mail was the operator's invitation.
    """

    kind: EventKind
    evidence: str = ""
    asked: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One line for the append-only log of consent: what happened, who did it, and the evidence if there is any."""

    what: Literal["invited", "asked", "confirmed", "left", "removed", "complained", "forgotten"]
    how: Literal["form", "link", "import", "operator", "provider"]
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write: the new `state` (the old one when nothing changes) and the line for the log, if any.

    `refused` is a sentence saying why nothing was done. `invite`: an opt-in mail is due (see `may_invite`). `imposes` are
    suppressions to record with the time of the event (also where an older one stands), `lifts` those to delete.
    """

    state: SubscriptionState | None
    log: LogEvent | None = None
    refused: str | None = None
    invite: bool = False
    imposes: tuple[SuppressionKind, ...] = ()
    lifts: tuple[SuppressionKind, ...] = ()


def decide(current: SubscriptionState | None, event: Event, suppressions: Suppressions) -> Decision:
    """What the event makes of a standing (None: nobody there), given everything that forbids mail. Never raises."""
    if event.kind in ("added", "imported"):
        return _brought(current, event, suppressions)
    if event.kind == "asked":
        return _asked(current, suppressions)
    if event.kind == "confirmed":
        return _confirmed(current, event, suppressions)
    if event.kind in ("left", "removed"):
        return _gone(current, event, suppressions)
    return _site_wide(current, event)


def _brought(current: SubscriptionState | None, event: Event, suppressions: Suppressions) -> Decision:
    how: Literal["import", "operator"] = "import" if event.kind == "imported" else "operator"
    if suppressions or current == "unsubscribed":
        return Decision(current, refused=_sentence(suppressions))
    evidence = event.evidence.strip()
    if evidence and current != "confirmed":
        return Decision("confirmed", LogEvent("confirmed", how, evidence))
    if current is None:
        return Decision("pending", LogEvent("invited", how), invite=True)
    return Decision(current)


def _asked(current: SubscriptionState | None, suppressions: Suppressions) -> Decision:
    if current == "confirmed" and not suppressions:
        return Decision("confirmed")
    # A confirmed person under a suppression is not mailed anyway, so nobody is harmed if a stranger sent the form.
    return Decision("pending", LogEvent("asked", "form"), invite=True)


def _confirmed(current: SubscriptionState | None, event: Event, suppressions: Suppressions) -> Decision:
    if current is None:
        return Decision(None, refused="this link is too old: please sign up again")
    newer = event.asked is not None and all(event.asked > since for since in suppressions.values())
    if current == "unsubscribed" or (suppressions and (current == "confirmed" or not newer)):
        return Decision(current, refused="this link is older than the wish to get no mail: please sign up again")
    if current == "confirmed":
        return Decision("confirmed")
    return Decision("confirmed", LogEvent("confirmed", "link"), lifts=tuple(sorted(suppressions)))


def _gone(current: SubscriptionState | None, event: Event, suppressions: Suppressions) -> Decision:
    if current is None:
        return Decision(None, refused="this address is not on this list")
    if current == "unsubscribed":
        return Decision(current, imposes=() if "unsubscribe" in suppressions else ("unsubscribe",))
    log = LogEvent("left", "link") if event.kind == "left" else LogEvent("removed", "operator")
    return Decision("unsubscribed", log, imposes=("unsubscribe",))


def _site_wide(current: SubscriptionState | None, event: Event) -> Decision:
    if event.kind == "bounced":
        return Decision(current, imposes=("bounce",))
    if event.kind == "forgotten":
        return Decision(None, LogEvent("forgotten", "link") if current else None, imposes=("forgotten",))
    ended: SubscriptionState | None = "unsubscribed" if current else None
    log = LogEvent("complained", "provider") if current in ("pending", "confirmed") else None
    # The second keeps an old opt-in link of this list from working once the complaint was lifted on another.
    return Decision(ended, log, imposes=("complaint", "unsubscribe") if current else ("complaint",))


def _sentence(suppressions: Collection[SuppressionKind]) -> str:
    gravest: SuppressionKind = next((kind for kind in _WHY if kind in suppressions), "unsubscribe")
    return f"{_WHY[gravest]}: {_ONLY_THEY}"


def may_invite(last: datetime | None, now: datetime) -> bool:
    """Whether an opt-in mail may be sent at `now`, when the `last` one to this address for this list was sent then."""
    return last is None or now - last >= ASK_AGAIN
