"""What the operator said about a post, applied to what is found in it.

A block is known by its text, not by its place: its key is a hash of the text, its number among equal ones, and for a part of
a divided block where in the text the part stands. So a fix holds while the rest of the post changes around it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from syndicate.enrich import hashtags as hashtag_search
from syndicate.enrich.cleaning import without_wrapping
from syndicate.enrich.versions import Assembled
from syndicate.markup import Block, cut
from syndicate.models import (
    LOST,
    UNDETERMINED,
    Correction,
    Evidence,
    HashtagRule,
    HashtagUse,
    LabelledBlock,
    Partner,
    PartnerMention,
)

SAID = "said by the operator"
"""Why a fixed block is where it is."""

_OPENING = 40


class Prepared(NamedTuple):
    """A body to be split: its `whole` blocks, those with the parts cut that were spoken of, what is said of some (by the
    block's identity), and the fixes that fit nowhere.
    """

    whole: Sequence[Block]
    blocks: list[Block]
    said: Mapping[int, str]
    lost: tuple[Correction, ...]


class Body(NamedTuple):
    """What of a body is text: its blocks, the languages said of some (by index), and what the software added."""

    blocks: list[Block]
    pinned: dict[int, str]
    dropped: list[LabelledBlock]
    wrapping: list[Block]


# ---------------------------------------------------------------- keys


def keys(blocks: Iterable[Block]) -> list[str]:
    """The key of each block of a body in reading order; "" for one without text."""
    seen: Counter[str] = Counter()
    found = []
    for block in blocks:
        if not block.text:
            found.append("")
            continue
        held = hashlib.sha256(block.text.encode()).hexdigest()[:16]
        found.append(f"{held}.{seen[held]}")
        seen[held] += 1
    return found


def part(key: str, start: int, end: int) -> str:
    """The key of the part of a keyed block (or of a keyed part) between two offsets in its text."""
    base, offset = whole(key), _span(key)[0]
    return f"{base}.{offset + start}-{offset + end}"


def whole(key: str) -> str:
    """The key of the whole block that a key, with or without its opening words, speaks of."""
    return ".".join(key.partition(" ")[0].split(".")[:2])


def with_opening(key: str, text: str) -> str:
    """A key with the first words of its text behind it, for people; `bare` takes them off."""
    words = " ".join(text.split())
    return f"{key} {words if len(words) <= _OPENING else words[: _OPENING - 1].rstrip() + '…'}"


def bare(key: str) -> str:
    """A key without the opening words."""
    return key.partition(" ")[0]


def opening(key: str) -> str:
    """The opening words behind a key."""
    return key.partition(" ")[2]


def _span(key: str) -> tuple[int, int | None]:
    pieces = bare(key).split(".")
    if len(pieces) < 3:
        return 0, None
    start, _, end = pieces[2].partition("-")
    return int(start), int(end)


def aligned(found: Sequence[Block], blocks: Sequence[Block], known: Sequence[str]) -> list[str]:
    """The key of each block of `found`, which are `blocks` (whose keys are `known`) or parts of them, in the same order."""
    told: list[str] = []
    place = position = 0
    for block in found:
        key = ""
        while place < len(blocks):
            text = blocks[place].text
            if position == 0 and block.text == text:
                key, place = known[place], place + 1
                break
            start = text.find(block.text, position) if block.text else -1
            if start >= 0:
                position = start + len(block.text)
                key = part(known[place], start, position)
                if not text[position:].strip():
                    place, position = place + 1, 0
                break
            place, position = place + 1, 0
        told.append(key)
    return told


# ---------------------------------------------------------------- before the split


def prepared(blocks: Sequence[Block], corrections: Sequence[Correction], languages: Collection[str]) -> Prepared:
    """A body's blocks, those cut whose parts the operator spoke of, with what was said of each.

    `languages` are the site's: a block cannot be given to another one.
    """
    told = [one for one in corrections if one.kind == "block"]
    said = {bare(one.key): one for one in told if one.value in ("", "*", UNDETERMINED, *languages)}
    if not told:
        return Prepared(blocks, [*blocks], {}, ())
    pieces: list[Block] = []
    values: dict[int, str] = {}
    met: set[str] = set()
    for block, key in zip(blocks, keys(blocks), strict=True):
        for piece, own in _parted(block, key, said):
            pieces.append(piece)
            if own in said:
                values[id(piece)] = said[own].value
                met.add(own)
    return Prepared(blocks, pieces, values, tuple(one for one in told if bare(one.key) not in met))


def _parted(block: Block, key: str, said: Collection[str]) -> Iterator[tuple[Block, str]]:
    """A block with its key, or the parts of it that were spoken of, each with its own."""
    spans = [_span(other) for other in said if other != key and whole(other) == key]
    places = sorted({place for start, end in spans for place in (start, end or 0)} - {0, len(block.text)})
    if not key or not places or places[-1] > len(block.text):
        yield block, key
        return
    pieces = cut(block, places)
    yield from zip(pieces, aligned(pieces, [block], [key]), strict=True)


def body_of(given: Prepared, title: str, url: str | None) -> Body:
    """The blocks of the text; what is said to be text stays, also where it looks like what the site's software adds."""
    kept, dropped = without_wrapping(given.blocks, title, url)
    ids = set(map(id, kept))
    gone = [block for block in given.blocks if block.text and id(block) not in ids]
    if not given.said:
        return Body(kept, {}, dropped, gone)
    blocks = [block for block in given.blocks if id(block) in ids or id(block) in given.said]
    pairs = [(label, block) for label, block in zip(dropped, gone, strict=True) if id(block) not in given.said]
    pinned = {n: given.said[id(block)] for n, block in enumerate(blocks) if id(block) in given.said}
    return Body(blocks, pinned, [label for label, _ in pairs], [block for _, block in pairs])


# ---------------------------------------------------------------- after it


def titled(made: Assembled, corrections: Sequence[Correction]) -> Assembled:
    """The versions with the titles that the operator gave them."""
    titles = {one.key: one.value for one in corrections if one.kind == "title"}
    if not titles:
        return made
    versions = tuple(
        replace(version, title=titles[version.language]) if version.language in titles else version
        for version in made.versions
    )
    none = tuple(f"The {language} text has no title" for language in titles)
    return replace(made, versions=versions, notes=tuple(note for note in made.notes if not note.startswith(none)))


def partners(
    found: Sequence[PartnerMention], corrections: Sequence[Correction], known: Sequence[Partner]
) -> tuple[PartnerMention, ...]:
    """The partners found, without those that the operator removed, and with those that they added and the site knows."""
    said = {one.key: one.value for one in corrections if one.kind == "partner"}
    if not said:
        return tuple(found)
    mentions = {one.id: one for one in found if said.get(one.id) != "remove"}
    there = {partner.id for partner in known}
    for id in (id for id, value in said.items() if value == "add" and id in there):
        before = mentions[id].evidence if id in mentions else ()
        mentions[id] = PartnerMention(id, (*before, Evidence("operator", SAID, "*")))
    return tuple(mentions.values())


def added_hashtags(corrections: Sequence[Correction]) -> tuple[str, ...]:
    """The hashtags that the operator added, written as categories of the entry."""
    said = (one.value.partition(" ") for one in corrections if one.kind == "hashtag")
    return tuple(f"#{spelling}" for value, _, spelling in said if value == "add")


def hashtags(
    found: Sequence[HashtagUse], corrections: Sequence[Correction], rules: Sequence[HashtagRule]
) -> tuple[HashtagUse, ...]:
    """The hashtags found, without those that the operator removed."""
    removed = {canonical(one.key, rules) for one in corrections if one.kind == "hashtag" and one.value == "remove"}
    return tuple(tag for tag in found if tag.key not in removed)


def canonical(tag: str, rules: Sequence[HashtagRule]) -> str:
    """The key that stands for a hashtag on this site: its own, or that of the rule that lists it as an alias."""
    own = hashtag_search.key(tag)
    return next(
        (
            hashtag_search.key(rule.key)
            for rule in rules
            if own in {hashtag_search.key(name) for name in (*rule.aliases, rule.key)}
        ),
        own,
    )


def standing(said: Iterable[Correction], digest: str) -> tuple[Correction, ...]:
    """What of the operator's words holds for content with this digest: that somebody looked holds for what they saw."""
    return tuple(one for one in said if one.kind != "sure" or one.digest == digest)


def looked_at(corrections: Sequence[Correction]) -> bool:
    """Whether somebody looked at this very text and found the split right."""
    return any(one.kind == "sure" for one in corrections)


def notes(lost: Sequence[Correction]) -> tuple[str, ...]:
    """What the operator is told of fixes that fit nowhere any more."""
    where = {"": "no version", "*": "every version"}
    return tuple(
        f"{LOST}: the text “{opening(one.key)}”, which you put into {where.get(one.value, one.value)} on "
        f"{one.at:%Y-%m-%d}, cannot be found any more."
        for one in lost
    )
