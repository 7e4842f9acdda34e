"""How many mails may leave now, and how long to wait: so many a second, a minute, a day. Only decisions.

A span begins with its first mail and lasts its length; within it at most so many mails leave. A clock that was set back begins
the span anew and keeps its count: nobody gets more than was allowed, and nobody waits longer than one span.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicate.models import DeliveryRules

SPANS: dict[str, timedelta] = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "day": timedelta(days=1),
}
"""The spans that may have a limit, and how long each is."""

Windows = Mapping[str, tuple[datetime, int]]
"""Span → since when, how many mails: what was used of the limits."""


@dataclass(frozen=True, slots=True)
class Grant:
    """How many mails may leave now. When none may: for how long, and which span's limit says so.

    `windows` is what was used as of now, before any of these leave.
    """

    count: int
    windows: Windows
    wait: timedelta = timedelta(0)
    span: str = ""


def limits(rules: DeliveryRules) -> dict[str, int]:
    """The limits that the operator set: span → mails."""
    set_ = {"second": rules.per_second, "minute": rules.per_minute, "day": rules.per_day}
    return {span: most for span, most in set_.items() if most is not None}


def grant(allowed: Mapping[str, int], windows: Windows, now: datetime, wanted: int) -> Grant:
    """How many of `wanted` mails may leave at `now`."""
    current = {span: _current(span, windows.get(span), now) for span in allowed}
    left = {span: max(0, allowed[span] - used) for span, (_, used) in current.items()}
    count = min([wanted, *left.values()])
    if count > 0 or wanted <= 0:
        return Grant(max(0, count), current)
    full = [span for span in allowed if left[span] == 0]
    longest = max(full, key=lambda span: current[span][0] + SPANS[span])
    return Grant(0, current, current[longest][0] + SPANS[longest] - now, longest)


def spent(windows: Windows, now: datetime, count: int) -> dict[str, tuple[datetime, int]]:
    """What is used once `count` mails leave; a span nothing was used of begins now."""
    return {span: (since if used else now, used + count) for span, (since, used) in windows.items()}


def lasts(allowed: Mapping[str, int], count: int) -> timedelta:
    """How long sending so many mails takes at least, when nothing of the limits is used yet."""
    return max(
        (SPANS[span] * ((count - 1) // most) for span, most in allowed.items() if count > 0), default=timedelta(0)
    )


def _current(span: str, window: tuple[datetime, int] | None, now: datetime) -> tuple[datetime, int]:
    if window is None or now - window[0] >= SPANS[span]:
        return now, 0
    return (now, window[1]) if now < window[0] else window
