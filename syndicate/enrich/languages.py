"""Which block belongs to which version: the cheapest path through a post, by the Viterbi algorithm.

A block by itself often cannot say (a name, a link, a quotation), so the post is read as a whole: each block costs what
speaks against a language, each change of language costs what speaks against a border there. Costs are in units of
log-likelihood (natural logarithm). Nothing here knows a language; `signs` does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from syndicate.enrich.clues import Clue, clue, quotation
from syndicate.enrich.dividing import divide
from syndicate.enrich.evidence import Costs
from syndicate.markup import Block
from syndicate.models import UNDETERMINED, Scores

SWITCH = 9.0
"""What a change of language costs where nothing speaks for or against a border."""
SURE = 3.5
"""A post whose second-best reading is closer than this is shown to the operator."""
_FAR = 1e9
_TOP = 6
_VOTE, _APART, _EASE = 12.0, 8.0, 0.3
_ENDED = (".", ":", ";", ",")
_NUMBER_OR_WORD = re.compile(r"[^\W_]{4,}|\d+")


@dataclass(frozen=True, slots=True)
class Reading:
    """A split post: its clues in order, the language of each (None: no version), why, and how sure the whole is."""

    clues: tuple[Clue, ...]
    languages: tuple[str | None, ...]
    reasons: tuple[str, ...]
    margin: float | None


def split(
    blocks: Sequence[Block], languages: tuple[str, ...], scores: Scores, partners: Set[str] = frozenset()
) -> Reading:
    """The language of each block, blocks that hold two languages cut in parts first.

    `languages` are the site's; `partners` names in lower case that are no evidence of a language.
    """
    clues = [clue(block, languages, partners) for block in blocks]
    clues, found = divide(clues, languages, scores)
    found = vote(clues, found, languages)
    states = (*languages, UNDETERMINED)
    found = told_apart(clues, found, languages)
    path, margin = best_path(clues, found, states)
    if alternating(clues, path):
        path, margin = best_path(clues, found, states, ease=_EASE)
    path, margin = without_crumbs(clues, found, states, path, margin)
    path = with_quotations(clues, path)
    return _told(clues, found, path, margin)


# ---------------------------------------------------------------- the path


def border(before: Clue, here: Clue, marked: bool, paired: bool = False) -> float:
    """What a change of language between two neighbouring blocks costs; `marked` after a line that names a language."""
    factor = 1.0
    block = here.block
    if here.role in ("hashtags", "link", "picture"):
        factor *= 2.5
    if paired:
        factor *= 0.5
    elif before.role == "heading":
        factor *= 1.6
    if here.role not in ("hashtags", "link") and here.words <= 3 and here.role != "heading":
        factor *= 1.4
    if here.role == "heading":
        factor *= 0.5
    if block.gap >= 2 or before.role == "rule":
        factor *= 0.6
    elif block.gap == 1:
        factor *= 0.8
    if before.role == "hashtags":
        factor *= 0.4
    elif before.role == "link":
        factor *= 0.7
    cells = block.table and (block.table, block.row, block.column) != (
        before.block.table,
        before.block.row,
        before.block.column,
    )
    if marked or cells:
        factor *= 0.2
    return SWITCH * factor


def borders(clues: Sequence[Clue]) -> list[float]:
    """The cost of a change of language before each block (the first has none)."""
    found = [0.0]
    marked = False
    first: Clue | None = None
    for before, here in pairwise(clues):
        marked = before.role == "marker" or (marked and before.role in ("rule", "picture"))
        place = len(found) - 1
        earlier = place - (2 if place > 1 and clues[place - 1].role == "rule" and clues[place - 1].block.text else 1)
        paired = 0 <= earlier <= _TOP and _titles(clues[earlier], before)
        cost = border(before, here, marked, paired)
        if here.role == "heading" and first is not None and shared(first.block.text, here.block.text) >= 2:
            cost = max(0.5, cost - 4)
        if first is None:
            first = next((one for one in (before, here) if one.role == "heading"), None)
        found.append(cost)
    return found


def _titles(one: Clue, other: Clue) -> bool:
    """Whether two neighbours are a title and its translation."""
    if not one.words or not other.words or max(one.words, other.words) > 40:
        return False
    if one.role == other.role == "heading":
        return True
    ended = one.block.text.endswith(_ENDED) or other.block.text.endswith(_ENDED)
    if not ended and "heading" in (one.role, other.role) and one.words >= 3 and other.words >= 3:
        return True
    return shared(one.block.text, other.block.text) >= 2


def shared(one: str, other: str) -> int:
    """How many words of four letters, or numbers, two titles have in common: names and years survive translation."""
    return len(_telling(one) & _telling(other))


@lru_cache(maxsize=64)  # each title is compared with several others
def _telling(text: str) -> frozenset[str]:
    return frozenset(_NUMBER_OR_WORD.findall(text.lower()))


def best_path(
    clues: Sequence[Clue], found: Sequence[Costs], states: tuple[str, ...], ease: float = 1.0
) -> tuple[list[str], float]:
    """The cheapest language of each block, and what the cheapest other reading costs more; `ease` scales the borders."""
    if not clues:
        return [], _FAR
    switches = [cost * ease for cost in borders(clues)]
    forward = _swept(found, switches, states)
    backward = _swept([*reversed(found)], [0.0, *reversed(switches[1:])], states)[::-1]
    path: list[str] = []
    margin = _FAR
    total = min(forward[-1])
    for place, (one, other) in enumerate(zip(forward, backward, strict=True)):
        through = [a + b - found[place][state] for a, b, state in zip(one, other, states, strict=True)]
        order = sorted(range(len(states)), key=lambda number: (through[number], number))
        stay = states.index(path[-1]) if path else order[0]
        best = stay if through[stay] <= total + 1e-6 else order[0]
        path.append(states[best])
        if not clues[place].neutral:
            margin = min([margin, *(through[number] - total for number in order if number != best)])
    return path, margin


def _swept(found: Sequence[Costs], switches: Sequence[float], states: tuple[str, ...]) -> list[list[float]]:
    """For each block and state, the cheapest way there from the start."""
    row = [found[0][state] for state in states]
    swept = [row]
    for costs_here, switch in zip(found[1:], switches[1:], strict=True):
        floor = min(row) + switch
        row = [min(cost, floor) + costs_here[state] for cost, state in zip(row, states, strict=True)]
        swept.append(row)
    return swept


# ---------------------------------------------------------------- what the path alone gets wrong


def vote(clues: Sequence[Clue], found: list[Costs], languages: tuple[str, ...]) -> list[Costs]:
    """Columns of a table speak as one where they speak for different languages."""
    columns: dict[int, dict[int, Costs]] = {}
    for here, cost in zip(clues, found, strict=True):
        if here.block.table:
            total = columns.setdefault(here.block.table, {}).setdefault(
                here.block.column, dict.fromkeys(languages, 0.0)
            )
            for language in languages:
                total[language] += cost[language]
    winners = {
        table: {column: min(languages, key=total.__getitem__) for column, total in totals.items()}
        for table, totals in columns.items()
        if languages
    }
    decided = {table: won for table, won in winners.items() if len(set(won.values())) > 1}
    return [
        _leant(cost, decided[here.block.table][here.block.column], _VOTE) if here.block.table in decided else cost
        for here, cost in zip(clues, found, strict=True)
    ]


def _leant(cost: Costs, language: str, weight: float) -> Costs:
    """The costs with all languages but one made dearer."""
    return {state: value + (0.0 if state == language else weight) for state, value in cost.items()}


def told_apart(clues: Sequence[Clue], found: list[Costs], languages: tuple[str, ...]) -> list[Costs]:
    """Two titles that share most of their words are one title in two languages, also where names hide which is which."""
    titles = [
        n for n, here in enumerate(clues) if here.words and (here.role == "heading" or n == 0) and here.words <= 30
    ]
    for one, other in pairwise(titles):
        first, second = clues[one], clues[other]
        alike = shared(first.block.text, second.block.text)
        if alike < 2 or alike * 2 < min(first.words, second.words) or first.block.text == second.block.text:
            continue
        ways = sorted((found[one][a] + found[other][b], a, b) for a in languages for b in languages if a != b)
        if len(ways) > 1 and ways[1][0] - ways[0][0] > 1:
            _, a, b = ways[0]
            for place, language in ((one, a), (other, b)):
                found[place] = _leant(found[place], language, _APART)
    return found


def alternating(clues: Sequence[Clue], path: Sequence[str]) -> bool:
    """Whether the languages take turns block by block, so that one more change is nothing strange."""
    told = [language for here, language in zip(clues, path, strict=True) if here.scored]
    changes = sum(one != other for one, other in pairwise(told))
    return len(told) >= 5 and changes >= 0.6 * (len(told) - 1)


def without_crumbs(
    clues: Sequence[Clue], found: list[Costs], states: tuple[str, ...], path: list[str], margin: float
) -> tuple[list[str], float]:
    """The path again without languages that only a few stray words speak for: crumbs are no version."""
    for _ in states:
        weak = [state for state in set(path) if len(set(path)) > 1 and crumb(clues, found, path, state, states)]
        if not weak:
            break
        found = [{**cost, **dict.fromkeys(weak, _FAR)} for cost in found]
        path, again = best_path(clues, found, states)
        margin = min(margin, again)
    return path, margin


def crumb(clues: Sequence[Clue], found: Sequence[Costs], path: list[str], state: str, states: tuple[str, ...]) -> bool:
    """Whether what the path gives to `state` is too little to be a version."""
    own = [here for here, language in zip(clues, path, strict=True) if language == state]
    words = sum(here.words for here in own)
    if words >= 25:
        return False
    body = max((here.words for here in own if not here.block.quoted), default=0)
    texts = [here for here in own if here.words]
    others = max(sum(h.words for h, p in zip(clues, path, strict=True) if p == other) for other in set(path) - {state})
    headed = any(here.role == "heading" for here in own)
    if len(texts) == 1 and words < 10 and words * 10 < others:
        return True
    return body < (4 if headed or len(own) > 1 else 7) or words * 40 < others


def with_quotations(clues: Sequence[Clue], path: list[str]) -> list[str]:
    """A quotation alone between two stretches of one other language is theirs."""
    joined = list(path)
    told = Counter(language for here, language in zip(clues, path, strict=True) if here.scored)
    for place in range(1, len(path) - 1):
        here, around = path[place], path[place - 1]
        if here == around or path[place + 1] != around or around == UNDETERMINED:
            continue
        lone = told[here] == 1 or path[max(0, place - 2)] == around
        if lone and quotation(clues[place].block) and not _answered(clues, place):
            joined[place] = around
    return joined


def _answered(clues: Sequence[Clue], place: int) -> bool:
    """Whether the next block is a quotation of much the same length: a translation, not a text that quotes."""
    here, after = clues[place], clues[place + 1]
    return quotation(after.block) and 0.6 < (after.words + 1) / (here.words + 1) < 1.7


# ---------------------------------------------------------------- the feed's title


def title_languages(title: str, reading: Reading, languages: tuple[str, ...], scores: Scores) -> dict[str, str]:
    """Which version the feed's title is of; both, when it is written as "Titulli / Title". A title makes no version."""
    told = zip(reading.clues, reading.languages, strict=True)
    spoken = list(dict.fromkeys(language for here, language in told if language and here.scored))
    if not title or not spoken:
        return {}
    clues = [clue(Block(title, "", "heading"), languages, frozenset())]
    parts, found = divide(clues, languages, scores)
    titles: dict[str, str] = {}
    for here, cost in zip(parts, found, strict=True):
        if here.role == "rule":
            continue
        best = min(spoken, key=lambda language: (cost[language], spoken.index(language)))
        if cost[best] - min(cost.values()) < SURE and best not in titles:
            titles[best] = here.block.text
    return titles


# ---------------------------------------------------------------- telling


def _told(clues: Sequence[Clue], found: Sequence[Costs], path: list[str], margin: float) -> Reading:
    languages: list[str | None] = []
    reasons = []
    for place, (here, language) in enumerate(zip(clues, path, strict=True)):
        if here.role == "marker":
            languages.append(None)
            reasons.append("says which language follows; not part of a text")
        elif here.role == "rule":
            between = {path[n] for n in (place - 1, place + 1) if 0 <= n < len(path)}
            whole = len(between) == 1 and 0 < place < len(path) - 1
            languages.append(language if whole else None)
            reasons.append("a line inside a text" if whole else "a line that parts the texts")
        else:
            languages.append(language)
            reasons.append(_reason(here, found[place], language))
    sure = None if not any(here.scored for here in clues) else margin
    return Reading(tuple(clues), tuple(languages), tuple(reasons), sure)


_FOLLOWS = {
    "hashtags": "hashtags follow the text before them",
    "link": "a link follows the text before it",
    "picture": "a picture goes with the text round it",
    "names": "names of partners go with the text round them",
    "number": "no words; goes with the text round it",
    "byline": "says who or when, not what",
}


def _reason(here: Clue, cost: Costs, language: str) -> str:
    if here.neutral:
        return _FOLLOWS.get(here.role, "goes with the text round it")
    if here.because:
        return f"told by {here.because}"
    gap = min((value for state, value in cost.items() if state != language), default=_FAR) - cost[language]
    if gap >= SURE:
        return "reads clearly as this language"
    return "reads as this language" if gap > 0 else "too few words to tell; goes with the text round it"
