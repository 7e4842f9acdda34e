"""How a partner may be spelled: every name and alias as words, with the variants that people write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from syndicate.enrich.inflection import ENDINGS, folded
from syndicate.enrich.sections import CAPITALS
from syndicate.models import Partner

WORD = re.compile(
    r"(&|(?:[^\W\d_]\.){2,}[^\W\d_]?(?!\w)"  # C.R.C.A.
    rf"|[^\W_]+(?:[-‐‑–'’ʼ](?i:{ENDINGS})(?!\w))?)"  # UNICEF-it, UNICEF's
)
HYPHEN = re.compile("[-‐‑–'’ʼ]")
_CAMEL = re.compile(rf"(?:[{CAPITALS}][^\W\d_{CAPITALS}]+){{2,}}")
_PIECE = re.compile(rf"[{CAPITALS}][^{CAPITALS}]+")
_ARTICLES = frozenset(["i", "e", "te", "se", "nga"])
ORDINARY = frozenset(
    re.findall(
        r"\w+", "act aid aids aim alo as ask care end help hope in it join kids life plan save them un us we who"
    )
)
"""Words that an acronym may look like: in a line all in capitals they are no evidence."""


class Part(NamedTuple):
    """One word of a spelling, and the folded article that stands before it."""

    word: str
    article: str


def spelled(partner: Partner) -> Iterator[tuple[list[Part], bool]]:
    """The words of each spelling of a partner, and whether it is a coined word taken apart."""
    for given in dict.fromkeys((partner.name, *partner.names.values(), *partner.aliases)):
        for text in _unbracketed(unicodedata.normalize("NFC", given)):
            words = _articled(text)
            if words:
                yield from _variants(words)


def _articled(text: str) -> list[Part]:
    """The words of a spelling without articles, each with the article that stood before it; none before the first."""
    parts: list[Part] = []
    article = ""
    for word in (HYPHEN.split(found)[0] for found in WORD.findall(text)):
        plain = folded(word)
        if plain in _ARTICLES or (plain == "the" and not parts):
            article = plain
        else:
            parts.append(Part(word, article if parts else ""))
            article = ""
    return parts or [Part(word, "") for word in WORD.findall(text)]


def _unbracketed(text: str) -> Iterator[str]:
    """A spelling without its brackets, and the acronym inside them: "Child Helpline (CHI)" is two spellings."""
    yield re.sub(r"[(\[][^)\]]*[)\]]", " ", text)
    yield from (inside for inside in re.findall(r"[(\[]([^)\]]*)[)\]]", text) if inside.isupper())


def _variants(parts: list[Part]) -> Iterator[tuple[list[Part], bool]]:
    """A spelling, the same with a coined word taken apart, and with two neighbours written as one."""
    yield parts, False
    for at, part in enumerate(parts):
        if _CAMEL.fullmatch(part.word):
            pieces = _PIECE.findall(part.word)
            first, *rest = (Part(piece, "") for piece in pieces)
            yield [*parts[:at], first._replace(article=part.article), *rest, *parts[at + 1 :]], True
        if at and not part.article and "&" not in (parts[at - 1].word, part.word):
            joined = parts[at - 1]._replace(word=parts[at - 1].word + part.word)
            if len(joined.word) >= 6:
                yield [*parts[: at - 1], joined, *parts[at + 1 :]], False


def is_coined(word: str) -> bool:
    """Whether no ordinary word looks so: capitals inside (WeProtect), four capitals or more, letters beside digits."""
    if word.isupper():
        return len(word) >= 4 and folded(word) not in ORDINARY
    return any(char.isupper() for char in word[1:]) or (not word.isalpha() and not word.isdigit() and word != "&")
