"""The hall: how everything is, at a glance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from syndicate import pinging, rhythm
from syndicate.deliver import ledger as rules
from syndicate.editions import decided
from syndicate.errors import UsageError
from syndicate.liveness import Locks
from syndicate.membership import all_feeds
from syndicate.models import LOST, DeliveryState, Edition, EditionState, Post, Selection, Site
from syndicate.publishing import DEFAULT_LIMIT
from syndicate.selection import Reason, matches, reasons
from syndicate.selection import facts as facts_of
from syndicate.store import (
    Connection,
    Store,
    approvals,
    armed,
    audiences,
    corrections,
    editions,
    facts,
    health,
    ledger,
    letters,
    people,
    posts,
    published,
)

QUIET_FOR = timedelta(days=2)
"""A source that has not been asked for this long means that cron does not run."""

UNFINISHED: tuple[EditionState, ...] = ("draft", "approved", "scheduled", "sending", "paused")
"""States of an edition that is not over."""

HELD: tuple[DeliveryState, ...] = ("held",)
"""Mails of which nobody knows whether they left."""

FEW = 3
"""How many posts are named where there may be many."""


def look(site: Site, store: Store, now: datetime) -> dict[str, Any]:
    """Everything that `status` tells, in the shape of its JSON."""
    with store.read() as connection:
        rows = published.sources(connection)
        counts = people.counts(connection)
        newest = _looked_at(connection)
        tallies = {
            one.id: (ledger.tally(connection, one.id), audiences.audience_of(connection, one.id)) for one in newest
        }
        feeds, total = len(all_feeds(site, connection)), posts.count(connection)
        hidden = posts.count_hidden(connection)
        unsure = posts.unsure(connection)
        misfits = corrections.noted(connection, LOST)
        given = approvals.given(connection)
        waiting = letters.waiting(connection)
        copy = armed.found(connection)
    sources = [
        {"id": one.id, "url": one.url, "asked": row.asked if row else None, "succeeded": row.succeeded if row else None,
         "error": row.error if row else None}
        for one in site.sources for row in [rows.get(one.id)]
    ]  # fmt: skip
    lists = [
        {"id": one.id}
        | {state: counts.get((one.id, state), 0) for state in ("confirmed", "pending", "unsubscribed")}
        | {"next": rhythm.following(one.schedule, now=now, timezone=site.timezone)}
        for one in site.lists
    ]
    locks = Locks.of(site, store)
    needed = {one.id: one.approvers for one in site.lists if one.approval}
    told = [
        {"id": one.id, "list": one.list, "state": one.state, "audience": tallies[one.id][1], "states": tallies[one.id][0],
         "balanced": rules.balanced(tallies[one.id][1], tallies[one.id][0]), "stopped": one.stopped, "send_at": one.send_at,
         "send_by": one.send_by, "at_work": one.state == "sending" and locks.alive(one.id),
         "approvals": len(given.get(one.id, ())), "needed": needed.get(one.list, 0) if one.state == "draft" else 0}
        for one in newest
    ]  # fmt: skip
    problems = ["No mail leaves: this site was restored from a copy. `syndicate arm` ends that."] if copy else []
    problems += [*_edition_problems(told, now), *_source_problems(sources, now)]
    problems += [f"{one} is still the starter's example: change it before `run`." for one in site.unfinished]
    problems += [*_post_problems(unsure, misfits), *pinging.problems(store, site)]
    return {
        "site": site.name, "sources": sources, "feeds": feeds, "posts": total, "unsure": len(unsure), "lists": lists,
        "editions": told, "problems": problems, "hidden": hidden, "to_look_at": unsure[:FEW], "misfits": misfits[:FEW],
        "letters": waiting, "waiting": [*_waiting(told, {one.id for one in site.lists if one.schedule.kind == "manual"})],
    }  # fmt: skip


def _looked_at(connection: Connection) -> list[Edition]:
    """The newest editions, and older ones that are not over or of which mails are in doubt."""
    newest = editions.newest(connection, limit=20)
    known = {one.id for one in newest}
    older = [one for one in editions.in_states(connection, UNFINISHED) if one.id not in known]
    doubtful = {*health.in_states(connection, HELD)} - known - {one.id for one in older}
    found = [editions.load(connection, id, texts=False) for id in sorted(doubtful)]
    return [*newest, *older, *(one for one in found if one is not None)]


def _waiting(told: list[dict[str, Any]], by_hand: set[str]) -> Iterator[str]:
    """What waits for the operator and is not wrong: drafts to approve, and approved editions that nobody sends by itself."""
    for one in told:
        if one["state"] == "draft" and one["needed"]:
            given = f" ({one['approvals']} of {one['needed']} given)" if one["needed"] > 1 else ""
            yield f"{one['id']} waits for approval{given}: `syndicate newsletter preview {one['id']}`, then `approve`."
        elif one["state"] == "approved" and one["list"] in by_hand:
            yield f"{one['id']} is approved and waits to be sent: `syndicate newsletter send {one['id']}`."


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a post is, or is not, in a feed or for a list: a reason for each rule, and what a list did with it."""

    inside: bool
    reasons: tuple[Reason, ...]
    fate: str = ""


def explain(site: Site, store: Store, post: Post, name: str) -> Explained:
    """Why a post is, or is not, in the feed or list called `name`; raises UsageError if there is none."""
    with store.read() as connection:
        found = {feed.slug: feed for feed in all_feeds(site, connection)}
    feeds = {slug: feed.selection for slug, feed in found.items()}
    lists = {one.id: one for one in site.lists}
    if name not in feeds and name not in lists:
        close = get_close_matches(name, [*feeds, *lists], n=1)
        raise UsageError(f"There is no feed or list {name!r}.{f' Did you mean {close[0]}?' if close else ''}")
    selection = feeds[name] if name in feeds else lists[name].selection
    told = [*reasons(selection, facts_of(post))]
    if post.hidden:
        told.insert(0, Reason("shown", False, f"hidden since {post.hidden:%Y-%m-%d}: in no feed, page or draft"))
    limit = (selection.limit or DEFAULT_LIMIT) if name in feeds else selection.limit
    if limit and all(one.passed for one in told):
        told += _limited(store, selection, post, limit, name in found and found[name].archive)
    if name in feeds:
        return Explained(all(one.passed for one in told), tuple(told))
    mailing = lists[name]
    if mailing.unsure == "wait":
        look = "waits until somebody looked at its languages" if post.unsure else "its languages need no look"
        told.append(Reason("looked_at", not post.unsure, look))
    return Explained(all(one.passed for one in told), tuple(told), decided(store, mailing, post))


def _limited(store: Store, selection: Selection, post: Post, limit: int, archive: bool) -> list[Reason]:
    """What the limit says of a post that fits: nothing, where there is none and the post is new enough all the same."""
    newest = _among_the_newest(store, selection, post, limit)
    if not newest.passed and archive:
        return [Reason("limit", True, f"{newest.sentence}, so it stands on an archive page")]
    return [newest] if selection.limit or not newest.passed else []


def _among_the_newest(store: Store, selection: Selection, post: Post, limit: int) -> Reason:
    me = (-post.published.timestamp(), post.id)
    newer = 0
    with store.read() as connection:
        for one in facts.newest(connection, selection):
            if newer > limit or (-one.published, one.id) >= me:
                break  # so many are enough: nobody needs their number
            newer += matches(selection, one)
    said = f"holds the newest {limit}; {newer if newer <= limit else f'more than {limit}'} that fit are newer"
    return Reason("limit", newer < limit, said)


def _post_problems(unsure: list[str], misfits: list[str]) -> list[str]:
    """What the operator should look at: the first few posts by name."""
    found = []
    if unsure:
        posts_ = "1 post" if len(unsure) == 1 else f"{len(unsure)} posts"
        found.append(
            f"{posts_} may be split wrongly ({_few(unsure)}): look with `syndicate posts show {unsure[0]} --open`, "
            "then `syndicate posts fix`."
        )
    if misfits:
        found.append(
            f"A fix of yours no longer fits in {_few(misfits)}: `syndicate posts show {misfits[0]}` says which."
        )
    return found


def _few(ids: list[str]) -> str:
    return ", ".join(ids[:FEW]) + (", …" if len(ids) > FEW else "")


def _source_problems(sources: list[dict[str, Any]], now: datetime) -> list[str]:
    found = []
    for one in sources:
        if one["error"]:
            found.append(f"{one['id']}: {one['error']}")
        elif one["asked"] is None:
            found.append(f"{one['id']} was never asked: `syndicate pull {one['id']}`.")
        elif now - one["asked"] > QUIET_FOR:
            found.append(f"{one['id']} was last asked on {one['asked']:%Y-%m-%d}: does cron run `syndicate run`?")
    return found


def _edition_problems(editions: list[dict[str, Any]], now: datetime) -> list[str]:
    """What is wrong with editions, the gravest first."""
    return [
        said for _, said in sorted((said for one in editions for said in _wrong(one, now)), key=lambda each: each[0])
    ]


def _wrong(one: dict[str, Any], now: datetime) -> Iterator[tuple[int, str]]:
    """What is wrong with an edition, each with how grave it is (0: must never be)."""
    id, why = one["id"], f" ({one['stopped']})" if one["stopped"] else ""
    if not one["balanced"]:
        yield 0, f"{id}: its numbers do not add up: {sum(one['states'].values())} rows for {one['audience']} readers."
    if held := one["states"].get("held", 0):
        yield 1, f"{id}: of {held} copies nobody knows whether they left: `syndicate newsletter repair {id}`."
    begun = one["state"] in ("scheduled", "sending", "paused")
    if begun and one["send_by"] is not None and now > one["send_by"]:
        yield 2, f"{id} was not sent in time{why}: `syndicate newsletter send {id} --late` sends it all the same."
    elif one["state"] == "paused":
        yield 3, f"{id} is paused{why}: `syndicate newsletter resume {id}` goes on."
    elif one["state"] == "sending" and not one["at_work"]:
        yield 3, f"{id} was not finished{why}: `syndicate newsletter send {id}` goes on."
