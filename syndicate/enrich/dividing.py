"""Blocks that hold two languages: "Titulli / Title", and a paragraph whose second half is the translation of its first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, pairwise

from syndicate.enrich.clues import Clue, clue, masked
from syndicate.enrich.evidence import STRENGTH, Costs, costs, likelihoods, ranked
from syndicate.markup import cut
from syndicate.models import Scores

_SLASH = re.compile(r"(?<=\s)(?:/{1,3}|\|{1,2}|\\|•)(?=\s)")
_DASH = re.compile(r"(?<=\s)[–—-](?=\s)")
_SENTENCE = re.compile(r"[.!?…][”\"’»)]*\s+(?=[“„\"«(]*[^\W\d_a-zа-ш])")
_WORD = re.compile(r"[^\W\d_]{2,}")
_EACH, _EACH_BY_DASH = 3.0, 10.0
_GAIN, _SHARE, _SENTENCES = 20.0, 0.25, 40
_ROUNDS = 4
_NEAR = 400
_CUT = 30.0
_LONG, _WORDS = 80, 12
_CAPITAL = re.compile(r"(?<=\s)[“„\"«(]*(?=[^\W\d_a-zа-ш])")
_QUOTED = ("“", "„", '"', "«", "‘")
_CLOSED = ("”", "“", '"', "»", "’")
_MARKS = ("“", "”", "„", '"', "«", "»")


def divide(clues: Sequence[Clue], languages: tuple[str, ...], scores: Scores) -> tuple[list[Clue], list[Costs]]:
    """The clues with such blocks cut, and the costs of each."""
    parts = list(clues)
    told = likelihoods(parts, languages, scores)
    for _ in range(_ROUNDS):
        cuts: dict[int, Cut] = {}
        for place, (here, said) in enumerate(zip(parts, told, strict=True)):
            found = _cut(here, said.doubtful, languages, scores) if here.scored else None
            if found:
                cuts[place] = found
        if not cuts:
            break
        parts = [
            part
            for place, here in enumerate(parts)
            for part in (_parts(here, cuts[place], languages) if place in cuts else [here])
        ]
        told = likelihoods(parts, languages, scores)
    return parts, [costs(here, said.ranks, languages) for here, said in zip(parts, told, strict=True)]


Cut = tuple[int, int, str, str]
"""Where a left part ends, where the right part begins, and the languages of the two."""


def _parts(here: Clue, place: Cut, languages: tuple[str, ...]) -> list[Clue]:
    """The two parts of a block, and the mark between them if there is one."""
    left_end, right_start, left, right = place
    pieces = cut(here.block, [left_end, right_start] if right_start > left_end else [left_end])
    parts: list[Clue] = []
    for number, piece in enumerate(pieces):
        if len(pieces) == 3 and number == 1:
            parts.append(Clue(piece, "rule"))
            continue
        part = clue(piece, languages, frozenset())
        role = "heading" if part.role == "text" and here.role == "heading" else part.role
        parts.append(part._replace(role=role, signs={right if number else left: _CUT}))
    return parts


def _cut(here: Clue, doubtful: bool, languages: tuple[str, ...], scores: Scores) -> Cut | None:
    text = here.block.text
    if here.block.kind == "preformatted" and len(text) > 5000:
        return None
    for pattern, least in ((_SLASH, _EACH), (_DASH, _EACH_BY_DASH)):
        if pattern is _DASH and (here.words > 40 or here.role != "heading"):
            continue
        if pattern is _SLASH and not any(mark in text for mark in "/|•\\"):
            continue
        for found in islice(pattern.finditer(text), 4):
            sides = _sides(text[: found.start()][-_NEAR:], text[found.end() :][:_NEAR], languages, scores, least)
            if sides:
                return found.start(), found.end(), *sides
    if len(text) >= _LONG and here.words >= _WORDS and doubtful:
        return _between_sentences(text, languages, scores)
    return None


def _sides(left: str, right: str, languages: tuple[str, ...], scores: Scores, least: float) -> tuple[str, str] | None:
    """The languages of two sides, when each is told apart by at least `least` and they differ."""
    sides = [masked(left), masked(right)]
    if not all(_WORD.search(side) for side in sides):
        return None
    told = []
    for found in scores(sides):
        ranks = ranked(found, languages)
        own = sorted(((ranks[code], code) for code in languages), reverse=True)
        if len(own) < 2 or STRENGTH * (own[0][0] - own[1][0]) < least:
            return None
        told.append(own[0][1])
    return (told[0], told[1]) if told[0] != told[1] else None


def _between_sentences(text: str, languages: tuple[str, ...], scores: Scores) -> Cut | None:
    places = [found.end() for found in islice(_SENTENCE.finditer(text), _SENTENCES)]
    if not places:
        return None
    bounds = [0, *places, len(text)]
    sentences = [masked(text[start:end][:_NEAR]) for start, end in pairwise(bounds)]
    told = [ranked(found, languages) for found in scores(sentences)]
    if len({max(languages, key=ranks.__getitem__) for ranks in told}) == 1:
        return None  # whatever the cut, nothing would be gained
    totals = {code: sum(ranks[code] for ranks in told) for code in languages}
    single = max(totals.values())
    best: tuple[float, Cut | None] = (_GAIN, None)
    head = dict.fromkeys(languages, 0.0)
    for place, ranks in zip(places, told, strict=False):
        head = {code: value + ranks[code] for code, value in head.items()}
        left = max(languages, key=head.__getitem__)
        right = max(languages, key=lambda code: totals[code] - head[code])
        gain = STRENGTH * (head[left] + totals[right] - head[right] - single)
        share = min(place, len(text) - place) / len(text)
        if left != right and share >= _SHARE and gain > best[0] and not _quotes(text[:place], text[place:]):
            best = (gain, (place, place, left, right))
    return _nearer(text, best[1], bounds, languages, scores) if best[1] else None


def _nearer(text: str, found: Cut, bounds: list[int], languages: tuple[str, ...], scores: Scores) -> Cut:
    """The cut moved into a neighbouring sentence where that fits better: a headline has no full stop."""
    place, _, left, right = found
    middle = bounds.index(place)
    start, end = bounds[middle - 1], bounds[middle + 1]
    capitals = [start + match.start() for match in _CAPITAL.finditer(text[start:end])][:_SENTENCES]
    best = (0.0, place)
    for here in [place, *capitals]:
        head, tail = scores([masked(text[start:here][-_NEAR:]) or " ", masked(text[here:end][:_NEAR]) or " "])
        heads, tails = ranked(head, languages), ranked(tail, languages)
        gain = STRENGTH * (heads[left] - heads[right] + tails[right] - tails[left])
        if here == place:
            gain += _EACH_BY_DASH
        best = max(best, (gain, here))
    return best[1], best[1], left, right


def _quotes(left: str, right: str) -> bool:
    """Whether one side is one quotation, which goes with the text that quotes it."""
    return any(
        side.startswith(_QUOTED) and side[-2:].strip(".,")[-1:] in _CLOSED and sum(map(side.count, _MARKS)) == 2
        for side in (left.strip(), right.strip())
    )
