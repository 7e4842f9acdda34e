"""The hall: how mail fares: bounces, blocks and complaints per list, and per domain of its readers, with warnings.

No rate is about one person: domains with few readers are counted together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syndicate.store import Store
from syndicate.store import happenings as stored

RATED = timedelta(days=30)
"""How far back rates look: no further than events are kept."""

FEWEST = 5
"""Domains with fewer readers are counted together, so that no rate is about one person."""

OTHERS = "others"
"""The name of those domains together."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How the mails of a list fared in the last thirty days: to one `domain` ('' for all of the list, OTHERS for small ones).

    All are counts of mails, `people` of readers. `warnings` are sentences for the operator.
    """

    list: str
    domain: str
    people: int
    sent: int
    bounced: int
    blocked: int
    complained: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is beyond what mailboxes bear: complaints 0.1 % and bounces 5 % of a list, blocks 2 % of a domain."""
        told = []
        if not self.domain and self.complained > 0.001 * self.sent:
            told.append(
                f"{self.list}: {_share(self.complained, self.sent)} were reported as unwanted; mailboxes bear 0.1 %."
            )
        if not self.domain and self.bounced > 0.05 * self.sent:
            told.append(
                f"{self.list}: {_share(self.bounced, self.sent)} came back; look at where the addresses are from."
            )
        if self.domain and self.blocked > 0.02 * self.sent:
            told.append(
                f"{self.list}: {self.domain} blocked {_share(self.blocked, self.sent)}; check SPF, DKIM and DMARC with doctor."
            )
        return tuple(told)


def rates(store: Store, now: datetime, since: timedelta = RATED) -> list[Rate]:
    """Bounces, blocks and complaints for each list, then for each domain of its readers. Empty when there were none."""
    kinds = ("bounced", "soft", "blocked", "complained")
    with store.read() as connection:
        if not stored.troubled(connection, now - since, kinds):
            return []
        found = stored.shares(connection, now - since, kinds)
    totals: dict[tuple[str, str], Rate] = {}
    for one in found:
        domain = one.domain if one.people >= FEWEST else OTHERS
        rate = Rate(
            one.list, domain, one.people, one.sent, one.kinds.get("bounced", 0) + one.kinds.get("soft", 0),
            one.kinds.get("blocked", 0), one.kinds.get("complained", 0),
        )  # fmt: skip
        for key in ((one.list, ""), (one.list, domain)):
            totals[key] = _sum(totals.get(key), replace(rate, domain=key[1]))
    return [totals[key] for key in sorted(totals)]


def _sum(one: Rate | None, other: Rate) -> Rate:
    if one is None:
        return other
    return Rate(
        one.list, one.domain, one.people + other.people, one.sent + other.sent, one.bounced + other.bounced,
        one.blocked + other.blocked, one.complained + other.complained,
    )  # fmt: skip


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} mails ({100 * part / whole:.1f} %)"
