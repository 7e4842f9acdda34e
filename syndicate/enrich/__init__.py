"""Entry → Enrichment: the versions of a post, and the partners, hashtags and links in each.

    Entry → markup.blocks → cleaning (what the site's software added goes) → languages (whose block is it)
          → versions (title, text, html, summary) → sections → partners, hashtags, links

What the operator said of the post is applied on the way, by `amending`. Pure: the identifier of languages is handed in, and
asked only about text.
"""

from __future__ import annotations

from collections.abc import Sequence

from syndicate import markup
from syndicate.enrich import amending
from syndicate.enrich import hashtags as hashtag_search
from syndicate.enrich import links as link_search
from syndicate.enrich import partners as partner_search
from syndicate.enrich.identify import identifier
from syndicate.enrich.languages import SURE, Reading, split, title_languages
from syndicate.enrich.sections import Anchor, Section
from syndicate.enrich.versions import Assembled, assemble
from syndicate.models import Correction, Enrichment, Entry, HashtagRule, Partner, Picture, Scores

__all__ = ["enrich", "identifier", "with_keys"]


def enrich(
    entry: Entry,
    *,
    languages: tuple[str, ...],
    partners: Sequence[Partner],
    hashtags: Sequence[HashtagRule],
    scores: Scores,
    corrections: Sequence[Correction] = (),
) -> Enrichment:
    """All that can be found in an entry, for a site with these languages, and as the operator corrected it.

    Every visible character of the entry's body is in a version, or in a block of `blocks` whose language is None and
    whose `why` says what it was. An entry without words has no version, and a note.
    """
    return _read(entry, languages, partners, hashtags, scores, corrections)[0]


def with_keys(
    entry: Entry,
    *,
    languages: tuple[str, ...],
    partners: Sequence[Partner],
    hashtags: Sequence[HashtagRule],
    scores: Scores,
    corrections: Sequence[Correction] = (),
) -> tuple[Enrichment, tuple[str, ...]]:
    """The same, and of each of its blocks the key by which a correction speaks of it."""
    found, given, body, reading = _read(entry, languages, partners, hashtags, scores, corrections)
    pieces = amending.aligned(given.blocks, given.whole, amending.keys(given.whole))
    own = {id(block): key for block, key in zip(given.blocks, pieces, strict=True)}
    shown = [here.block for here in reading.clues if here.block.text]
    standing = amending.aligned(shown, body.blocks, [own[id(block)] for block in body.blocks])
    return found, (*(own[id(block)] for block in body.wrapping), *standing)


def _read(
    entry: Entry,
    languages: tuple[str, ...],
    partners: Sequence[Partner],
    hashtags: Sequence[HashtagRule],
    scores: Scores,
    corrections: Sequence[Correction],
) -> tuple[Enrichment, amending.Prepared, amending.Body, Reading]:
    title = markup.plain(entry.title)
    given = amending.prepared(markup.blocks(entry.html, entry.url or ""), corrections, languages)
    body = amending.body_of(given, title, entry.url)
    names = _names(partners)
    if body.pinned:
        reading = split(body.blocks, languages, scores, names, pinned=body.pinned)
    else:
        reading = split(body.blocks, languages, scores, names)
    titles = title_languages(title, reading, languages, scores)
    made = amending.titled(assemble(reading, titles, title), corrections)
    sections = _sections(reading, made)
    categories = (*entry.categories, *amending.added_hashtags(corrections))
    doubtful = reading.margin is not None and reading.margin < SURE
    found = Enrichment(
        versions=made.versions,
        partners=amending.partners(partner_search.find(sections, partners), corrections, partners),
        hashtags=amending.hashtags(hashtag_search.find(sections, categories, hashtags), corrections, hashtags),
        links=link_search.find(sections),
        picture=_picture(body.blocks, entry.picture),
        blocks=(*body.dropped, *made.blocks),
        margin=reading.margin,
        unsure=doubtful and not amending.looked_at(corrections),
        notes=(*_notes(title, titles, made), *amending.notes(given.lost)),
    )
    return found, given, body, reading


def _notes(title: str, titles: dict[str, str], made: Assembled) -> tuple[str, ...]:
    if not made.versions:
        return ("The entry has no text that could be a version.",)
    if title and not titles:
        return (*made.notes, "The feed's title is in the language of none of the texts, so it stands nowhere.")
    return made.notes


def _names(partners: Sequence[Partner]) -> frozenset[str]:
    """The partners' names in lower case: no evidence of a language, whoever names them."""
    return frozenset(
        name.lower() for partner in partners for name in (partner.name, *partner.names.values(), *partner.aliases)
    )


def _sections(reading: Reading, made: Assembled) -> list[Section]:
    """The versions as they are searched; a post without one is searched all the same, as "*"."""
    anchors: dict[str | None, list[Anchor]] = {}
    for here, language in zip(reading.clues, reading.languages, strict=True):
        for own in [version.language for version in made.versions] if language == "*" else [language]:
            anchors.setdefault(own, []).extend(Anchor(link.url, link.label) for link in here.block.links)
    if not made.versions:
        text = "\n\n".join(here.block.text for here in reading.clues if here.block.text)
        return [Section("*", "", text, tuple(anchor for found in anchors.values() for anchor in found))]
    return [
        Section(version.language, version.title, version.text, tuple(anchors.get(version.language, ())))
        for version in made.versions
    ]


def _picture(blocks: Sequence[markup.Block], given: Picture | None) -> Picture | None:
    """The first picture of the text, else the one that the feed names."""
    first = next((block.picture for block in blocks if block.picture), None)
    return Picture(first.url, first.label) if first else given
