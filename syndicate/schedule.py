"""The hall: which mailing lists are due for an edition."""

from __future__ import annotations

from datetime import datetime

from syndicate.models import MailingList, Site
from syndicate.selection import matches
from syndicate.store import Connection, Store, editions, posts, published


def due_lists(site: Site, store: Store, now: datetime) -> list[MailingList]:
    """The lists whose schedule asks for an edition now and that have no unfinished one.

    A list that was never seen before begins to count from now: its first edition comes when its rhythm next strikes.
    """
    scheduled = [one for one in site.lists if one.schedule.kind != "manual"]
    if not scheduled:
        return []
    with store.read() as connection:
        last = editions.last_drafted(connection)
        noted = {one.id: published.note(connection, f"list {one.id}") for one in scheduled}
    if unseen := [one.id for one in scheduled if one.id not in last and noted[one.id] is None]:
        with store.write() as connection:
            for id in unseen:
                published.set_note(connection, f"list {id}", now.isoformat())
    from syndicate.compose.schedule import is_due

    due = []
    for one in scheduled:
        since = last.get(one.id) or datetime.fromisoformat(noted[one.id] or now.isoformat())
        with store.read() as connection:
            if editions.open_of(connection, one.id) is None and is_due(
                one.schedule, since=since, now=now, timezone=site.timezone, waiting=_waiting(connection, one)
            ):
                due.append(one)
    return due


def _waiting(connection: Connection, list: MailingList) -> int:
    decided = editions.decided(connection, list.id)
    held = set(posts.newest(connection, posts.Filter(unsure=True), None)) if list.unsure == "wait" else ()
    return sum(
        post.id not in decided and post.id not in held and matches(list.selection, post)
        for post in posts.facts(connection)
    )
