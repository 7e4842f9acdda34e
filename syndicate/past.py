"""The hall: the archive pages of feeds, for posts that are too old for the feed itself (RFC 5005 §4).

    posts that stand on no page, and are too old → the next page, for good → its files, once
                                              a post on it changed or left → its files again

Pages are numbered from 1, and filled in the order in which posts grew too old. A new post touches the feed alone, or the page
that it fills and the one before. The feed holds all that stands on no page, so that nothing falls between.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from syndicate import membership
from syndicate import publish as room
from syndicate.models import Feed, Fill, Post, Site, Withdrawn, Words
from syndicate.publish import files
from syndicate.store import Connection, Store, pages, withdrawn

SIZE = 50
"""How many posts a page holds, unless the feed itself holds fewer."""


def settle(store: Store, feed: Feed, newest: Collection[str], limit: int) -> int:
    """Give pages to the posts that the feed, which holds the `newest`, has no room for; the number of its last page.

    A page takes posts that still stand in the feed along, so that it is full: readers know a post by its id.
    """
    with store.read() as connection:
        last = pages.last(connection, feed.slug)
        waiting = pages.unpaged(connection, feed.slug) if feed.archive else []  # without pages that is every post
    if not feed.archive:
        if last:
            with store.write() as connection:
                pages.drop(connection, [feed.slug])
        return 0
    held, size = set(newest), min(SIZE, limit)
    new: list[Sequence[str]] = []
    while any(post not in held for post in waiting):
        new.append(waiting[:size])
        waiting = waiting[size:]
    if new:
        with store.write() as connection:
            for some in new:
                pages.add(connection, feed.slug, some)
    return last + len(new)


def write(
    site: Site,
    store: Store,
    feed: Feed,
    last: int,
    shape: str,
    *,
    whole: bool,
    load: Callable[[Connection, Sequence[str]], list[Post]],
    words: Words,
    fill: Fill,
) -> int:
    """Write a feed's pages that are due, or (with `whole`) missing; take away those it has no more. How many files that were.

    `shape` is a hash of what shapes a page beside its posts.
    """
    with store.read() as connection:
        todo = {*pages.to_write(connection, feed.slug, shape)} if last else set()
    if whole:
        todo |= {n for n in range(1, last + 1) if files.missing(site.places.public, files.page_of(feed.slug, n))}
    done = 0
    for number in sorted(todo):
        with store.read() as connection:
            standing, gone = pages.on(connection, feed.slug, number)
            posts, stones = load(connection, standing), _tombstones(connection, feed, gone)
        documents = room.archive_page(site, feed, posts, number, last, withdrawn=stones, words=words, fill=fill)
        done += len(files.write(site.places.public, documents))
        with store.write() as connection:
            pages.set_written(connection, feed.slug, number, shape)
    return done + len(files.remove_pages(site.places.public, feed.slug, after=last))


def _tombstones(connection: Connection, feed: Feed, ids: Sequence[str]) -> list[Withdrawn]:
    rows: dict[str, list[withdrawn.Withdrawal]] = {}
    for row in withdrawn.everything(connection, ids):
        rows.setdefault(row.post, []).append(row)
    return [stone for id in ids if (stone := membership.tombstone(rows.get(id, ()), feed))]
