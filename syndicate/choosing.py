"""The hall: what an edition is to hold, decided from what is new to its list.

A list that begins on a grown site finds a hundred thousand posts new: they are gone through by their facts, and only those that
the edition will hold are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from syndicate.models import MailingList, Post, Site
from syndicate.selection import matches
from syndicate.store import Connection, Store, facts, posts
from syndicate.store import editions as stored


@dataclass(frozen=True, slots=True)
class Plan:
    """What an edition is to be made of: the posts `chosen`, those passed over and why; a sentence on those held for a look."""

    chosen: tuple[Post, ...]
    skipped: Mapping[str, str]
    held: str


class New(NamedTuple):
    """A post that nothing was decided about yet; `unfit` says why the list's readers cannot read it, "" if they can."""

    id: str
    published: float
    unfit: str


def plan(
    site: Site, store: Store, list: MailingList, post: str | None, again: str | None = None
) -> tuple[Plan | None, str]:
    """Decide what an edition holds, or say why there is none; with `again`, as if that edition had decided nothing."""
    from syndicate import compose

    with store.read() as connection:
        begun = stored.has_decided(connection, list.id, besides=again)
        new = _new(connection, site, list, post, again)
        unsure = {*posts.unsure(connection)} if list.unsure == "wait" else set()
        held = [one for one in new if one.id in unsure]
        rest = [one for one in new if one.id not in unsure][: list.selection.limit]
        taken = [one for one in rest if not one.unfit][: list.max_posts]
        found = posts.load(connection, [one.id for one in taken])
    choice = compose.choose(found, list=list, languages=compose.reading_languages(list, site))
    if choice.waiting:
        id, why = choice.waiting[0]
        return None, f"{list.id} waits: post {id} {why}."
    chosen = {one.id for one in choice.chosen}
    older = compose.too_many(list.max_posts)
    skipped = {one.id: one.unfit or older for one in rest if one.id not in chosen} | dict(choice.skipped)
    if not choice.chosen:
        return None, _nothing(list, post, begun, held, skipped)
    if not begun:
        oldest = min(one.published.timestamp() for one in choice.chosen)
        before = [one for one in held if one.published < oldest]
        skipped |= dict.fromkeys([*skipped, *(one.id for one in before)], "older than the list's first edition")
        held = [one for one in held if one.published >= oldest]
    return Plan(choice.chosen, skipped, told(held)), ""


def told(held: Sequence[New]) -> str:
    """Which posts are held back because nobody looked at their languages, and what to type."""
    if not held:
        return ""
    first = held[0].id
    who = (
        f"Post {first} waits" if len(held) == 1 else f"{len(held)} posts wait ({', '.join(one.id for one in held[:5])})"
    )
    return (
        f"{who} for a look at the languages: `syndicate posts show {first}`, then "
        f"`syndicate posts fix {first} --sure` if they are right."
    )


def _new(connection: Connection, site: Site, list: MailingList, post: str | None, again: str | None) -> list[New]:
    """The posts in the list's selection that nothing was decided about, newest first; or the one that is asked for."""
    from syndicate import compose

    languages = compose.reading_languages(list, site)
    if post:
        found = facts.of(connection, [post])
    else:
        everything = facts.newest(connection, list.selection, new_to=list.id, besides=again)
        found = (one for one in everything if matches(list.selection, one))
    return [New(one.id, one.published, compose.unfit(sorted(one.languages), languages)) for one in found]


def _nothing(list: MailingList, post: str | None, begun: bool, held: Sequence[New], skipped: Mapping[str, str]) -> str:
    """Why there is no edition to draft, and what to type."""
    if held:
        return f"Nothing else is new for {list.id}. {told(held)}"
    if post and skipped:
        return f"Post {post} is not for {list.id}: {next(iter(skipped.values()))}."
    if post:
        return f"Post {post} is hidden, so it is in no draft. `syndicate posts fix {post} --unhide` shows it again."
    return f"Nothing is new for {list.id} since its last edition." if begun else f"No post matches {list.id} yet."
