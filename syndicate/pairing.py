"""The hall: which entry is which stored post, and by what a post that was taken back is known again. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from syndicate import pull as room
from syndicate.models import Correction, Entry, Source
from syndicate.store import posts


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry with what tells it from others; the stored post that it is (`known`), and what was said about that."""

    entry: Entry
    identity: str
    link_key: str | None
    digest: str
    id: str
    known: posts.Known | None = None
    corrections: tuple[Correction, ...] = ()


def marks(ring: Sequence[bytes], source: str, *keys: str | None) -> list[str]:
    """Keyed hashes of what a post is known by: what a withdrawal keeps, so that no pull brings the post back."""
    return [
        hmac.digest(secret, f"withdrawn\n{source}\n{key}".encode(), hashlib.sha256).hex()
        for key in keys
        if key
        for secret in ring
    ]


def candidate(source: Source, entry: Entry) -> Candidate:
    """An entry with all that tells it from others."""
    identity = room.identity(entry)
    link = room.link_key(entry.url) if entry.url else None
    return Candidate(entry, identity, link, room.digest(entry), room.post_id(source.id, identity))


def pair(
    found: Sequence[Candidate], known: Sequence[posts.Known], home: str | None, elsewhere: Iterable[str] = ()
) -> list[Candidate]:
    """Give each entry the stored post that it is: by identity; else by a link of its own whose old guid has left the feed.

    `elsewhere` are identities that still stand on other pages of the feed.
    """
    by_identity = {one.identity: one for one in known}
    here = {one.identity for one in found}.union(elsewhere)
    links = Counter(one.link_key for one in found)
    stored = Counter(one.link_key for one in known)
    by_link = {
        one.link_key: one for one in known if one.link_key and one.identity not in here and stored[one.link_key] == 1
    }
    paired = []
    for one in found:
        post = by_identity.get(one.identity)
        if post is None and one.link_key and one.link_key != home and links[one.link_key] == 1:
            post = by_link.get(one.link_key)
        paired.append(replace(one, known=post, id=post.id) if post else one)
    return paired
