"""The ledger's arrows: from which state a delivery may go to which, what a killed process leaves, and how it all adds up.

    queued → claimed → posting → accepted → delivered | deferred | bounced | complained
       ↑         |         ├→ queued | failed | in_doubt
       └─────────┴── in_doubt → queued | accepted | held
    queued | claimed | posting | in_doubt → held, where an older copy of the ledger was put back

A claimed row goes back, because it was never posted; but where commits did not wait for the disk, and the power went, the ledger
may have forgotten that it was: then it is in doubt, too.

Only decisions: whoever calls writes them down, and before a message leaves, its `posting` row is durable. Receipts must
belong to the row's current attempt; one that does not is an arrow that does not exist, and raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from syndicate.errors import SyndicateError
from syndicate.models import DeliveryState, Receipt

Outcome = Literal["accepted", "requeue", "failed", "in_doubt"]
"""What a transport says of a message: the outcome of a Receipt."""

Happening = Literal[
    "claim", "release", "post", "killed", "power_cut", "give_up", "suppress", "cancel", "recall",
    "copied", "prove_sent", "prove_unsent", "retry", "resend",
    "event_delivered", "event_deferred", "event_bounced", "event_complained",
]  # fmt: skip
"""What else happens to a delivery. `release`: a claim's holder died before posting. `killed`: found `posting`, its holder
dead. `power_cut`: found `claimed`, and the newest commits may be lost. `give_up`: no proof to be had. `copied`: found in an
older copy of the ledger, so that it may have left since. `recall`: the provider confirmed that an accepted message will not
go. `prove_…`: evidence about a doubtful one. `retry` and `resend` are the operator's, for failed and for held. `event_…`: the
provider's later word about the message."""

STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)
"""Every state, in the order of models.DeliveryState."""

_DOUBTFUL: tuple[DeliveryState, ...] = ("in_doubt", "held")

# What the provider says of a message only ever goes up, because its events come late, twice and in any order.
_PROGRESS: tuple[DeliveryState, ...] = ("accepted", "deferred", "delivered", "bounced", "complained")


def _arrows() -> dict[tuple[DeliveryState, str], DeliveryState]:
    table: list[tuple[tuple[DeliveryState, ...], str, DeliveryState]] = [
        (("queued",), "claim", "claimed"),
        (("claimed",), "release", "queued"),
        (("claimed",), "post", "posting"),
        (("queued", "claimed"), "suppress", "suppressed"),
        (("queued", "claimed"), "cancel", "cancelled"),
        (("posting",), "killed", "in_doubt"),
        (("claimed",), "power_cut", "in_doubt"),
        (("in_doubt",), "give_up", "held"),
        (("queued", "claimed", "posting", "in_doubt"), "copied", "held"),
        # A worker taken for dead may live: its own word wins over the verdict about it.
        (("posting", *_DOUBTFUL), "accepted", "accepted"),
        (("posting", *_DOUBTFUL), "requeue", "queued"),
        (("posting", *_DOUBTFUL), "failed", "failed"),
        (("posting", "in_doubt"), "in_doubt", "in_doubt"),
        (("held",), "in_doubt", "held"),
        (_DOUBTFUL, "prove_sent", "accepted"),
        (_DOUBTFUL, "prove_unsent", "queued"),
        (("accepted",), "recall", "cancelled"),
        (("failed",), "retry", "queued"),
        (("held",), "resend", "queued"),
    ]
    arrows = {(state, happening): to for states, happening, to in table for state in states}
    for rank, reached in enumerate(_PROGRESS):
        # An event may overtake the receipt; what it says is the better evidence.
        arrows |= {(reached, "accepted"): reached, (reached, "in_doubt"): reached}
        if rank:
            event = f"event_{reached}"
            arrows |= {(state, event): reached for state in ("posting", *_DOUBTFUL)}
            arrows |= {(state, event): max(reached, state, key=_PROGRESS.index) for state in _PROGRESS}
    return arrows


ARROWS: Mapping[tuple[DeliveryState, str], DeliveryState] = _arrows()
"""Every arrow there is: (state, outcome or happening) → state."""


class IllegalTransition(SyndicateError):
    """A delivery was to go where no arrow leads: a fault of ours, or a word about another attempt. Nothing is written."""


def after(state: DeliveryState, happened: Outcome | Happening) -> DeliveryState:
    """The state after a receipt's outcome or a happening. Raises IllegalTransition where there is no such arrow."""
    try:
        return ARROWS[state, happened]
    except KeyError:
        raise IllegalTransition(
            f"A delivery that is “{state}” cannot have “{happened}” happen to it: nothing was changed. "
            "Run `syndicate newsletter status`, and report this."
        ) from None


def recover(
    state: DeliveryState,
    settled: Receipt | None,
    undo_window_open: bool,
    *,
    power_cut: bool = False,
    posted: bool = True,
) -> DeliveryState:
    """The state of a row whose holder is dead, given what the transport could prove of its attempt (None: nothing).

    A claimed row was never posted; unless the newest commits about it may be lost (`power_cut`): then it is like a posting
    one. Nor was a posting row whose batch had not begun to be `posted`. Any other stays `in_doubt` without proof while the
    request can still be recalled, which makes proof; later it is `held` for the operator. Rows in other states are not touched.
    """
    if state == "claimed" and not power_cut:
        return after(state, "release")
    if state == "posting" and not posted:
        return after(state, "requeue")
    if state not in ("claimed", "posting", "in_doubt"):
        return after(state, settled.outcome) if state == "held" and settled else state
    doubtful = state if state == "in_doubt" else after(state, "killed" if state == "posting" else "power_cut")
    if settled is not None and settled.outcome != "in_doubt":
        return after(doubtful, settled.outcome)
    return doubtful if undo_window_open else after(doubtful, "give_up")


@dataclass(frozen=True, slots=True)
class Tally:
    """The states in the operator's words; `left_out` are those who left since (or bounced, or complained), and the cancelled."""

    waiting: int = 0
    sent: int = 0
    failed: int = 0
    unsure: int = 0
    left_out: int = 0

    @property
    def total(self) -> int:
        """All of them: the edition's audience."""
        return self.waiting + self.sent + self.failed + self.unsure + self.left_out


_WORD: dict[DeliveryState, str] = {
    "queued": "waiting",
    "claimed": "waiting",
    "posting": "waiting",
    "accepted": "sent",
    "delivered": "sent",
    "deferred": "sent",
    "complained": "sent",
    "bounced": "failed",
    "failed": "failed",
    "in_doubt": "unsure",
    "held": "unsure",
    "suppressed": "left_out",
    "cancelled": "left_out",
}


def tally(states: Mapping[DeliveryState, int]) -> Tally:
    """Counts per state → counts per word. A complaint was received, so it counts as sent; a bounce was not."""
    words = dict.fromkeys(("waiting", "sent", "failed", "unsure", "left_out"), 0)
    for state, count in states.items():
        words[_WORD[state]] += count
    return Tally(**words)


def balanced(audience: int, states: Mapping[DeliveryState, int]) -> bool:
    """Whether the states of an edition sum to its audience: at every moment they must."""
    return all(count >= 0 for count in states.values()) and tally(states).total == audience
