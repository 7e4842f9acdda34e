"""Partners: which organisations a post names, and the sentence or the link that does. How: see `names`."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial

from syndicate.enrich import links
from syndicate.enrich.names import Matcher
from syndicate.enrich.sections import Anchor, Same, Section, sentence, whole
from syndicate.models import Evidence, Partner, PartnerMention

EVIDENCE_AT_MOST = 20
"""How many pieces of evidence are kept for one partner: enough to see why, and a bound for hostile posts."""


def find(sections: Sequence[Section], partners: Sequence[Partner]) -> tuple[PartnerMention, ...]:
    """The partners that a post names, in order of first appearance, each with the evidence for it.

    A name is searched in titles and texts, whatever the language of the version. A link to a partner's domain is evidence
    too; links to shared hosts (Drive, YouTube, Facebook, bit.ly …) are not.
    """
    matcher = compiled(partners)
    found: dict[str, dict[Evidence, None]] = {}
    for section in sections:
        text = whole(section)
        named = [*_by_name(section, text, matcher), *_by_domain(section, text, matcher)]
        for _, partner, evidence in sorted(named, key=lambda one: one[0]):
            kept = found.setdefault(partner, {})
            if len(kept) < EVIDENCE_AT_MOST:
                kept[evidence()] = None
    return tuple(PartnerMention(partner, tuple(evidence)) for partner, evidence in found.items())


def _by_name(section: Section, text: str, matcher: Matcher) -> Iterator[tuple[int, str, Callable[[], Evidence]]]:
    for start, end, ids in matcher.mentions(text, section.language):
        evidence = partial(_named, text, start, end, section.language)
        for partner in ids:
            yield start, partner, evidence


def _named(text: str, start: int, end: int, language: str) -> Evidence:
    return Evidence("name", text[start:end], language, sentence(text, start, end))


def _by_domain(section: Section, text: str, matcher: Matcher) -> Iterator[tuple[int, str, Callable[[], Evidence]]]:
    for anchor in section.anchors:
        name = links.host(links.target(anchor.url))
        for partner in matcher.hosts(name):
            place, sentence = _around(text, anchor)
            yield place, partner, partial(Evidence, "domain", name, section.language, sentence)


def _around(text: str, anchor: Anchor) -> tuple[int, str]:
    """Where a link stands in its section's text (the end, if its label is not there), and its sentence or label."""
    label = unicodedata.normalize("NFC", anchor.label.replace("\u00ad", "")) or anchor.url
    start = text.find(label)
    if start < 0:
        return len(text), sentence(label, 0, 0) if anchor.label else ""
    return start, sentence(text, start, start + len(label))


@lru_cache(maxsize=8)
def _matcher(same: Same) -> Matcher:
    return _matcher_of(tuple(_key(partner) for partner in same.values if isinstance(partner, Partner)))


@lru_cache(maxsize=8)
def _matcher_of(spelled: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...]) -> Matcher:
    return Matcher(
        Partner(id=ident, name=name, aliases=rest, domains=domains) for ident, name, rest, domains in spelled
    )


def _key(partner: Partner) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    """All of a partner that matters for finding it, hashable."""
    return partner.id, partner.name, (*partner.names.values(), *partner.aliases), tuple(partner.domains)


def compiled(partners: Sequence[Partner]) -> Matcher:
    """The matcher of these partners: made once for a tuple, and once for equal spellings."""
    if isinstance(partners, tuple):
        return _matcher(Same(partners))
    return _matcher_of(tuple(map(_key, partners)))
