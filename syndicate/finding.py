"""The hall: partners and hashtags found anew in stored posts, when the operator changes what is to be found.

A partner added today is found in last year's posts, too. Languages are not touched: that needs the identifier, and nothing in
partners.toml or hashtags.toml changes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from syndicate.models import Correction, Post, Site, Version
from syndicate.store import Store, corrections, posts, published

if TYPE_CHECKING:  # an idle run has nothing to find, and imports neither
    from syndicate.enrich.sections import Section

CHUNK = 200


def keep_found(site: Site, store: Store) -> int:
    """Look through all posts again if partners.toml or hashtags.toml changed since the last time; returns how many changed."""
    settings = _settings(site)
    with store.read() as connection:
        before = published.note(connection, "found_with")
        ids = posts.newest(connection, posts.Filter(), None) if before not in (None, settings) else []
    changed = 0
    for start in range(0, len(ids), CHUNK):
        with store.write() as connection:
            batch = posts.records(connection, ids[start : start + CHUNK])
            said = corrections.of(connection, [one.post.id for one in batch])
            again = [found_again(one.post, site, one.categories, said.get(one.post.id, ())) for one in batch]
            different = [new for new, old in zip(again, batch, strict=True) if new != old.post]
            if different:
                posts.save_found(connection, different)
            changed += len(different)
    if before != settings:
        with store.write() as connection:
            published.set_note(connection, "found_with", settings)
    return changed


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
