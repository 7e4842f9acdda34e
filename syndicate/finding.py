"""The hall: partners and hashtags found anew in stored posts, when the operator changes what is to be found.

A partner added today is found in last year's posts, too. Languages are not touched: that needs the identifier, and nothing in
partners.toml or hashtags.toml changes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from syndicate.models import Correction, Post, Site, Version
from syndicate.store import Connection, Store, corrections, posts, published

if TYPE_CHECKING:  # an idle run has nothing to find, and imports neither
    from syndicate.enrich.sections import Section

CHUNK = 200
"""So many posts are looked through at once; what a stopped run did of it stands, and the next one goes on from there."""

NOTE, GOING = "found_with", "finding"
"""Under these names the store remembers with which settings all posts were looked through, and how far that is today."""

Report = Callable[[int, int, str], None]


def keep_found(site: Site, store: Store, report: Report = lambda *_: None) -> int:
    """Look through all posts again if partners.toml or hashtags.toml changed since the last time; returns how many changed.

    The database is locked only while something is stored. A post that a pull changes meanwhile was found with today's settings.
    """
    settings = _settings(site)
    with store.read() as connection:
        before = published.note(connection, NOTE)
        last = _reached(published.note(connection, GOING), settings)
        total = posts.count(connection) if before not in (None, settings) else 0
    done = changed = 0
    while total:
        with store.read() as connection:
            ids = posts.following(connection, last, CHUNK)
            batch = posts.records(connection, ids)
            said = corrections.of(connection, ids)
        if not ids:
            break
        again = [(one, found_again(one.post, site, one.categories, said.get(one.post.id, ()))) for one in batch]
        different = {new.id: (old.digest, new) for old, new in again if new != old.post}
        last, done = ids[-1], done + len(ids)
        with store.write() as connection:
            changed += _stored(connection, different, said)
            published.set_note(connection, GOING, f"{settings} {last}")
        report(min(done, total), total, "posts looked through again")
    if before != settings:
        with store.write() as connection:
            published.set_note(connection, NOTE, settings)
            published.set_note(connection, GOING, "")
    return changed


def _reached(noted: str | None, settings: str) -> str:
    """The last post that was looked through with these settings, "" for none."""
    found_with, _, last = (noted or "").partition(" ")
    return last if found_with == settings else ""


def _stored(
    connection: Connection, different: Mapping[str, tuple[str, Post]], said: Mapping[str, list[Correction]]
) -> int:
    """Store those posts that no pull and no person changed meanwhile; how many they are."""
    now = corrections.of(connection, different)
    still = posts.known_by_id(connection, different)
    todo = [
        different[one.id][1]
        for one in still
        if _same(one, different[one.id][0]) and now.get(one.id) == said.get(one.id)
    ]
    if todo:
        posts.save_found(connection, todo)
    return len(todo)


def _same(known: posts.Known, digest: str) -> bool:
    return not known.withdrawn and known.digest == digest


def found_again(post: Post, site: Site, categories: Sequence[str], said: Sequence[Correction] = ()) -> Post:
    """The post with the partners and hashtags that today's settings find in its versions, as the operator corrected them."""
    from syndicate.enrich import amending, hashtags, partners

    sections = [_section(version) for version in post.versions]
    categories = (*categories, *amending.added_hashtags(said))
    return replace(
        post,
        partners=amending.partners(partners.find(sections, site.partners), said, site.partners),
        hashtags=amending.hashtags(hashtags.find(sections, categories, site.hashtags), said, site.hashtags),
    )


def _section(version: Version) -> Section:
    from syndicate import markup
    from syndicate.enrich.sections import Anchor, Section

    anchors = [Anchor(link.url, link.label) for block in markup.blocks(version.html) for link in block.links]
    return Section(version.language, version.title, version.text, tuple(anchors))


def _settings(site: Site) -> str:
    told = [[asdict(one) for one in site.partners], [asdict(one) for one in site.hashtags]]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
