"""The hall: taking a post back, from everywhere at once and for good.

What was taken back is kept twice: in the database, and in an append-only file beside it. The file has opaque ids and keyed
hashes only. When an older copy of the database is put in its place, the file takes the same posts back again.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from syndicate import membership, pictures
from syndicate.deliver.folder import erase as erase_mails
from syndicate.errors import DeliveryError, UsageError
from syndicate.liveness import Locks
from syndicate.models import Edition, Site
from syndicate.pairing import marks
from syndicate.selection import facts, matches
from syndicate.store import Connection, Store, editions, ledger, posts, published, withdrawn

LOG = "withdrawn.jsonl"

PATIENCE = 60.0
"""Seconds to wait for a process that is sending to stop."""

Redraft = Callable[[Connection, Edition, Sequence[str]], Edition]
"""Makes an unsent edition anew from the posts that are left."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What withdrawing a post came to. `stopped` copies never left; `received` went to people before, in `sent_in`.

    `cancelled` are editions given up before, whose texts held it.
    """

    post: str
    language: str
    redrafted: tuple[str, ...]
    stopped: int
    received: int
    sent_in: tuple[str, ...]
    cancelled: tuple[str, ...]
    erased: bool


def withdraw(
    site: Site,
    store: Store,
    ring: Sequence[bytes],
    post: str,
    *,
    language: str,
    erase: bool,
    now: datetime,
    redraft: Redraft,
) -> TakenBack:
    """Take a post back, or only its version in `language` ("" for the whole). The caller publishes afterwards.

    With `erase` nothing of its text is left in the database, its log, or any file under the site's private folder.
    """
    with store.write() as connection:
        one = _withdrawal(connection, ring, post, language, erase, now)
    _append(site.places.state / LOG, one)  # first: from here on it cannot return, whatever is killed
    with store.write() as connection:
        done = _take(site, connection, one, redraft)
    _clear(site, store, done)
    return done


def keep_withdrawn(site: Site, store: Store, redraft: Redraft) -> list[str]:
    """Take back again what the file beside the database says and the database does not; returns the posts' ids."""
    noted = _read(site.places.state / LOG)
    if not noted:
        return []
    with store.read() as connection:
        there = {(one.post, one.language): one.erased for one in withdrawn.everything(connection)}
    again = [one for one in noted if there.get((one.post, one.language), -1) < one.erased]
    for one in again:
        with store.write() as connection:
            done = _take(site, connection, one, redraft)
        _clear(site, store, done)
    return [one.post for one in again]


def _withdrawal(
    connection: Connection, ring: Sequence[bytes], post: str, language: str, erase: bool, now: datetime
) -> withdrawn.Withdrawal:
    earlier = {one.language: one for one in withdrawn.everything(connection, [post])}
    if language in earlier:  # again, to erase what was only withdrawn
        return replace(earlier[language], erased=erase or earlier[language].erased)
    found = posts.records(connection, [post])
    if not found:
        raise UsageError(f"There is no post {post} to take back. `syndicate posts list` shows what there is.")
    (record,) = found
    languages = tuple(version.language for version in record.post.versions)
    if language and language not in languages:
        raise UsageError(f"Post {post} has no version {language}; it has {', '.join(languages) or 'none'}.")
    own = record.link_key
    if own and len(posts.known(connection, record.post.source, (), [own])) > 1:
        own = None  # several posts share the link: it would keep the others out, too
    keys = () if language else tuple(marks(ring, record.post.source, record.identity, own))
    return withdrawn.Withdrawal(
        post, language, record.post.year, (language,) if language else languages, keys, now, erase
    )


def _take(site: Site, connection: Connection, one: withdrawn.Withdrawal, redraft: Redraft) -> TakenBack:
    touched = editions.with_post(connection, one.post)
    if not one.language:
        pictures.erase(site, connection, one.post)
        _to_be_buried(site, connection, one.post)
    left = _rest(connection, one)
    withdrawn.add(connection, one)
    redrafted, stopped, sent_in, cancelled = [], 0, [], []
    for id, state in touched:
        edition = editions.load(connection, id)
        if edition is None:
            continue
        if state in ("draft", "approved", "scheduled"):
            keep = edition.posts if left else tuple(other for other in edition.posts if other != one.post)
            redraft(connection, edition, keep)
            redrafted.append(id)
        elif state == "cancelled":
            cancelled.append(id)
        else:
            if editions.set_state(connection, id, "cancelled", was=("sending", "paused")):
                stopped += ledger.cancel_queued(connection, id, one.at, "a post in it was withdrawn")
            sent_in.append(id)
    if one.erased:
        editions.blank(connection, [*sent_in, *cancelled])
    received = ledger.receivers(connection, [*sent_in, *cancelled])
    return TakenBack(
        one.post, one.language, tuple(redrafted), stopped, received, tuple(sent_in), tuple(cancelled), one.erased
    )


def _to_be_buried(site: Site, connection: Connection, post: str) -> None:
    """A hidden post stands in no feed, but readers may have it from before: it is put back, to leave a tombstone there."""
    found = next(iter(posts.load(connection, [post])), None)
    if found is None or not found.hidden:
        return
    known = {slug for slug, row in published.feeds(connection).items() if row.gone is None}
    there = published.memberships(connection, {post}).get(post, set())
    seen = facts(found)
    feeds = {feed.slug for feed in membership.all_feeds(site, connection) if matches(feed.selection, seen)}
    published.join(connection, [(slug, post, found.published) for slug in sorted((feeds & known) - there)])


def _rest(connection: Connection, one: withdrawn.Withdrawal) -> bool:
    """Store what is left of a post when one version of it goes; whether anything is."""
    if not one.language:
        return False
    before = posts.records(connection, [one.post])
    after = [withdrawn.without(record, [one]) for record in before]
    changed = [new for new, old in zip(after, before, strict=True) if new.post.versions != old.post.versions]
    posts.save(connection, [replace(new, post=replace(new.post, updated=one.at)) for new in changed])
    return any(record.post.versions for record in after)


def _clear(site: Site, store: Store, done: TakenBack) -> None:
    """Remove the post's page and the previews of what was drafted anew; to erase, every file and page that may hold the text."""
    held = (*done.sent_in, *done.cancelled, *done.redrafted)
    shutil.rmtree(site.places.state / "preview" / f"post-{done.post}", ignore_errors=True)
    for edition in held if done.erased else done.redrafted:
        shutil.rmtree(site.places.state / "preview" / edition, ignore_errors=True)
    for edition in held:  # what a dry run wrote was only to be looked at
        shutil.rmtree(site.places.state / "dry-run" / edition, ignore_errors=True)
    if done.erased:
        _wait_for_senders(Locks.of(site, store), held)
        erase_mails(site.places.state / "outbox", held)
        store.scrub()


def _wait_for_senders(locks: Locks, editions: Sequence[str]) -> None:
    """Wait until nobody sends these editions any more: a sender stops of itself when the batch in its hands is done."""
    until = time.monotonic() + PATIENCE
    for edition in editions:
        while locks.alive(edition):
            if time.monotonic() > until:
                raise DeliveryError(
                    f"The post is taken back, but {edition} is still being sent, so its mails are not erased yet. "
                    "Type the same again when the sending has ended."
                )
            time.sleep(0.1)


# ---------------------------------------------------------------- the file beside the database


def _append(path: Path, one: withdrawn.Withdrawal) -> None:
    line = json.dumps(asdict(one) | {"at": one.at.isoformat()}) + "\n"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> list[withdrawn.Withdrawal]:
    """The file's lines; a last one cut short by a kill says nothing that the database had begun to do."""
    found: dict[tuple[str, str], withdrawn.Withdrawal] = {}
    if not path.exists():
        return []
    for line in path.read_text("utf-8").splitlines():
        with contextlib.suppress(ValueError, TypeError, KeyError):
            row = json.loads(line)
            one = withdrawn.Withdrawal(**row | {
                "languages": tuple(row["languages"]), "keys": tuple(row["keys"]), "at": datetime.fromisoformat(row["at"]),
            })  # fmt: skip
            found[one.post, one.language] = one
    return list(found.values())
