"""What a monitoring system asks every minute: counts that need no more than an index each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from syndicate.models import EditionState
from syndicate.store import editions, ledger, letters, people
from syndicate.store import schema as s

UNDER_WAY: tuple[EditionState, ...] = ("approved", "scheduled", "sending", "paused")
"""The states of editions in which something still happens."""


@dataclass(frozen=True, slots=True)
class Gauges:
    """How everything stands. `copies` are those of each list's newest edition and of all that are under way, by list and
    state; `last_asked` is when any source was asked last."""

    subscriptions: dict[tuple[str, str], int]
    copies: dict[tuple[str, str], int]
    suppressions: dict[str, int]
    letters: int
    sources: int
    failing: int
    last_asked: datetime | None


def read(connection: sa.Connection) -> Gauges:
    """All of them, in one view of the database."""
    sources = connection.execute(sa.select(s.sources.c.asked, s.sources.c.error)).all()
    asked = [row.asked for row in sources if row.asked]
    kinds = sa.select(s.suppressions.c.kind, sa.func.count()).group_by(s.suppressions.c.kind)
    return Gauges(
        subscriptions=people.counts(connection),
        copies=_copies(connection),
        suppressions={kind: int(count) for kind, count in connection.execute(kinds)},
        letters=letters.waiting(connection),
        sources=len(sources),
        failing=sum(1 for row in sources if row.error),
        last_asked=max(asked, default=None),
    )


def _copies(connection: sa.Connection) -> dict[tuple[str, str], int]:
    newest = {
        one.list: one for one in reversed(editions.newest(connection, limit=50)) if one.state in ("sent", "undone")
    }
    counted = {one.id: one for one in [*newest.values(), *editions.in_states(connection, UNDER_WAY)]}
    found: dict[tuple[str, str], int] = {}
    for one in counted.values():
        for state, count in ledger.tally(connection, one.id).items():
            found[one.list, state] = found.get((one.list, state), 0) + count
    return found
