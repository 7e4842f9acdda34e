"""Entry → Enrichment: the versions of a post, and the partners, hashtags and links in each.

    Entry → markup.blocks → cleaning (what the site's software added goes) → languages (whose block is it)
          → versions (title, text, html, summary) → sections → partners, hashtags, links

Pure: the identifier of languages is handed in, and asked only about text.
"""

from __future__ import annotations

from collections.abc import Sequence

from syndicate import markup
from syndicate.enrich import hashtags as hashtag_search
from syndicate.enrich import links as link_search
from syndicate.enrich import partners as partner_search
from syndicate.enrich.cleaning import without_wrapping
from syndicate.enrich.identify import identifier
from syndicate.enrich.languages import SURE, Reading, split, title_languages
from syndicate.enrich.sections import Anchor, Section
from syndicate.enrich.versions import Assembled, assemble
from syndicate.models import Enrichment, Entry, HashtagRule, Partner, Picture, Scores

__all__ = ["enrich", "identifier"]


def enrich(
    entry: Entry,
    *,
    languages: tuple[str, ...],
    partners: Sequence[Partner],
    hashtags: Sequence[HashtagRule],
    scores: Scores,
) -> Enrichment:
    """All that can be found in an entry, for a site with these languages.

    Every visible character of the entry's body is in a version, or in a block of `blocks` whose language is None and
    whose `why` says what it was. An entry without words has no version, and a note.
    """
    title = markup.plain(entry.title)
    body, dropped = without_wrapping(markup.blocks(entry.html, entry.url or ""), title, entry.url)
    reading = split(body, languages, scores, _names(partners))
    titles = title_languages(title, reading, languages, scores)
    made = assemble(reading, titles, title)
    sections = _sections(reading, made)
    return Enrichment(
        versions=made.versions,
        partners=partner_search.find(sections, partners),
        hashtags=hashtag_search.find(sections, entry.categories, hashtags),
        links=link_search.find(sections),
        picture=_picture(body, entry.picture),
        blocks=(*dropped, *made.blocks),
        margin=reading.margin,
        unsure=reading.margin is not None and reading.margin < SURE,
        notes=_notes(title, titles, made),
    )


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
        anchors.setdefault(language, []).extend(Anchor(link.url, link.label) for link in here.block.links)
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
