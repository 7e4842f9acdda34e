"""The hall: which mailing lists are due for an edition, and which let their time pass because there is nothing to say.

A rhythm that strikes while nothing is new is skipped: the next edition comes when it next strikes. One that was missed, because
no run came, is made up for once. While an edition is not finished, its list waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from syndicate import rhythm
from syndicate.models import MailingList, Site
from syndicate.selection import matches
from syndicate.store import Connection, editions, facts, published

RHYTHMS = ("daily", "weekly", "monthly")


@dataclass(frozen=True, slots=True)
class Call:
    """What a list's schedule asks for now: an edition, or (with a reason) none.

    `skipped`: nothing is new, so this time is let pass. `unseen`: the list is new, and begins to count from now.
    """

    list: MailingList
    reason: str = ""
    skipped: bool = False
    unseen: bool = False

    @property
    def due(self) -> bool:
        """Whether an edition is to be drafted."""
        return not (self.reason or self.skipped or self.unseen)


def calls(site: Site, connection: Connection, now: datetime) -> list[Call]:
    """What the schedules ask for at `now`; a list of which nothing is asked has no call."""
    scheduled = [one for one in site.lists if one.schedule.kind != "manual"]
    if not scheduled:
        return []
    last = editions.last_drafted(connection)
    found = (_call(site, connection, one, last.get(one.id), now) for one in scheduled)
    return [one for one in found if one is not None]


def note(connection: Connection, calls: Sequence[Call], now: datetime) -> None:
    """Remember which lists were seen, and which let their time pass."""
    for one in calls:
        if one.unseen or one.skipped:
            published.set_note(connection, _key(one.list), now.isoformat())


def following(site: Site, list: MailingList, now: datetime) -> datetime | None:
    """When the list's rhythm strikes next; None where it has none."""
    return rhythm.following(list.schedule, now=now, timezone=site.timezone)


def _call(site: Site, connection: Connection, list: MailingList, last: datetime | None, now: datetime) -> Call | None:
    rhythmic = list.schedule.kind in RHYTHMS
    if rhythmic:
        noted = _moment(published.note(connection, _key(list)))
        since = max((one for one in (last, noted) if one is not None), default=None)
        if since is None:
            return Call(list, unseen=True)
        if not _struck(site, list, since, now):
            return None
    open_ = editions.open_of(connection, list.id)
    if open_ is not None:
        return (
            Call(list, f"{list.id} is due, but {open_} is not finished: send it, or cancel it.") if rhythmic else None
        )
    waiting = _waiting(connection, list)
    if rhythmic and not waiting:
        return Call(list, f"{list.id} is skipped this time: nothing is new for it.", skipped=True)
    return Call(list) if rhythmic or waiting >= list.schedule.posts else None


def _struck(site: Site, list: MailingList, since: datetime, now: datetime) -> bool:
    return rhythm.is_due(list.schedule, since=since, now=now, timezone=site.timezone, waiting=1)


def _moment(noted: str | None) -> datetime | None:
    return datetime.fromisoformat(noted) if noted else None


def _key(list: MailingList) -> str:
    return f"list {list.id}"


def _waiting(connection: Connection, list: MailingList) -> int:
    """How many posts are new to the list, and need no look first."""
    new = facts.newest(connection, list.selection, new_to=list.id, unsure=list.unsure != "wait")
    return sum(matches(list.selection, post) for post in new)
