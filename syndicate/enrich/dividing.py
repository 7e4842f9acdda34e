"""Blocks that hold two languages: "Titulli / Title", and a paragraph whose second half is the translation of its first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from syndicate.enrich.clues import CUT, Clue, clue, masked, name_like
from syndicate.enrich.evidence import STRENGTH, Costs, Told, costs, likelihoods, ranked
from syndicate.markup import Block, cut
from syndicate.models import Scores

_SLASH = re.compile(r"(?<=\s)(?:/{1,3}|\|{1,2}|\\|•)(?=\s)")
_DASH = re.compile(r"(?<=\s)[–—-](?=\s)")
_SENTENCE = re.compile(r"[.!?…][”“\"’'»)]*\s+(?=[“„\"«(¿¡'‘]*[^\W\d_a-zа-ш])")
_WORD = re.compile(r"[^\W\d_]{2,}")
_EACH, _EACH_BY_DASH = 2.5, 10.0
_GAIN, _SHARE, _SENTENCES = 20.0, 0.25, 40
_ROUNDS = 4
_APART, _HINT = 8.0, 0.5
_NEAR = 400
_LONG, _WORDS = 80, 12
_CAPITAL = re.compile(r"(?<=\s)[“„\"«(¿¡'‘]*(?=[^\W\d_a-zа-ш])")
_QUOTED = ("“", "„", '"', "«", "‘")
_CLOSED = ("”", "“", '"', "»", "’")
_MARKS = ("“", "”", "„", '"', "«", "»")


class Divided(NamedTuple):
    """The clues with such blocks cut, the costs of each, and the places of those that may hold two languages uncut."""

    clues: list[Clue]
    costs: list[Costs]
    mixed: frozenset[int]


def divide(clues: Sequence[Clue], languages: tuple[str, ...], scores: Scores) -> Divided:
    """Cut the blocks that hold two languages."""
    parts = list(clues)
    order: list[tuple[str, str]] = []
    told = likelihoods(parts, languages, scores)
    for _ in range(_ROUNDS):
        cuts: dict[int, Cut] = {}
        for place, (here, said) in enumerate(zip(parts, told, strict=True)):
            found = _cut(here, said.doubtful, languages, scores, order) if here.scored and here.pin is None else None
            if found:
                cuts[place] = found
                order.append(found[2:])
        if not cuts:
            break
        parts = [
            part
            for place, here in enumerate(parts)
            for part in (_parts(here, cuts[place], languages) if place in cuts else [here])
        ]
        told = likelihoods(parts, languages, scores)
    found_costs = [costs(here, said.ranks, languages) for here, said in zip(parts, told, strict=True)]
    return Divided(parts, found_costs, frozenset(_mixed(parts, told, languages, scores)))


def _mixed(parts: Sequence[Clue], told: Sequence[Told], languages: tuple[str, ...], scores: Scores) -> Iterator[int]:
    """The places of blocks that were left whole though their ends, or the sides of a slash, speak for two languages."""
    for place, (here, said) in enumerate(zip(parts, told, strict=True)):
        if here.pin is not None:
            continue
        slash = _SLASH.search(here.block.text) if here.scored and (here.role == "heading" or place < 3) else None
        if said.apart >= _APART:
            yield place
        elif slash:
            left, right = here.block.text[: slash.start()], here.block.text[slash.end() :]
            if _sides(here.block, (left[-_NEAR:], right[:_NEAR]), languages, scores, _HINT, ()):
                yield place


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
        parts.append(part._replace(role=role, signs={right if number else left: CUT}))
    return parts


def _cut(
    here: Clue, doubtful: bool, languages: tuple[str, ...], scores: Scores, order: Sequence[tuple[str, str]]
) -> Cut | None:
    text = here.block.text
    if here.block.kind == "preformatted" and len(text) > 5000:
        return None
    for pattern, least in ((_SLASH, _EACH), (_DASH, _EACH_BY_DASH)):
        if pattern is _DASH and (here.words > 40 or here.role != "heading"):
            continue
        if pattern is _SLASH and not any(mark in text for mark in "/|•\\"):
            continue
        for found in islice(pattern.finditer(text), 4):
            left, right = text[: found.start()][-_NEAR:], text[found.end() :][:_NEAR]
            sides = _sides(here.block, (left, right), languages, scores, least, order)
            if sides:
                return found.start(), found.end(), *sides
    if len(text) >= _LONG and here.words >= _WORDS and doubtful:
        return _between_sentences(text, languages, scores)
    return None


def _sides(
    block: Block,
    texts: tuple[str, str],
    languages: tuple[str, ...],
    scores: Scores,
    least: float,
    order: Sequence[tuple[str, str]],
) -> tuple[str, str] | None:
    """The languages of two sides, when each is told apart by at least `least` and they differ.

    Where a line before was cut in the same way (`order` holds what was found), it is enough that the same two languages
    in the same order fit better than any other reading.
    """
    sides = [masked(text) for text in texts]
    if not all(_WORD.search(side) for side in sides):
        return None
    told = [
        costs(clue(block._replace(text=side, links=()), languages, frozenset()), ranked(found, languages), languages)
        for side, found in zip(texts, scores(sides), strict=True)
    ]
    best = [min(languages, key=cost.__getitem__, default="") for cost in told]
    if best[0] == best[1] or len(languages) < 2:
        return None
    leads = [
        min(value - cost[own] for code, value in cost.items() if code in languages and code != own)
        for cost, own in zip(told, best, strict=True)
    ]
    known = (best[0], best[1]) in order
    return (best[0], best[1]) if min(leads) >= (0.0 if known else least) else None


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
        elif name_like(masked(text[min(here, place) : max(here, place)])):
            continue  # a name at the end of a sentence belongs to the sentence
        best = max(best, (gain, here))
    return best[1], best[1], left, right


def _quotes(left: str, right: str) -> bool:
    """Whether one side is one quotation, which goes with the text that quotes it."""
    return any(
        side.startswith(_QUOTED) and side[-2:].strip(".,")[-1:] in _CLOSED and sum(map(side.count, _MARKS)) == 2
        for side in (left.strip(), right.strip())
    )
