"""The editions that the world may see: sent or on their way, with every post in them still standing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from syndicate.models import EditionState
from syndicate.store import schema as s

OUT: tuple[EditionState, ...] = ("sending", "paused", "sent")
"""The states of an edition that somebody has: their mail's link to the page must lead somewhere."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A sent edition; `digest` is of its texts."""

    id: str
    list: str
    digest: str


def standing(connection: sa.Connection, lists: Collection[str]) -> list[Sent]:
    """The sent editions of some lists, newest first, without those that hold a post taken back, hidden or erased since."""
    e, held, p = s.editions.c, s.edition_posts.c, s.posts.c
    fallen = (
        sa.select(held.edition)
        .outerjoin(s.posts, p.id == held.post)
        .where(sa.or_(p.id.is_(None), p.withdrawn.isnot(None), p.hidden.isnot(None)))
    )
    # A version that was taken back leaves its post standing.
    versions = sa.select(held.edition).join(s.withdrawals, s.withdrawals.c.post == held.post)
    query = (
        sa.select(e.id, e.list, e.digest)
        .where(e.state.in_(OUT), e.list.in_(lists), e.id.notin_(fallen), e.id.notin_(versions))
        .order_by(e.list, e.number.desc())
    )
    return [Sent(row.id, row.list, row.digest) for row in connection.execute(query)]
