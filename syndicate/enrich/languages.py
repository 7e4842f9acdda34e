"""Which block belongs to which version: the cheapest path through a post, by the Viterbi algorithm.

A block by itself often cannot say (a name, a link, a quotation), so the post is read as a whole: each block costs what
speaks against a language, each change of language costs what speaks against a border there. Costs are in units of
log-likelihood (natural logarithm). Nothing here knows a language; `signs` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import groupby, pairwise
from types import MappingProxyType

from syndicate.enrich.borders import TURN, Border, borders, shared, title_lines
from syndicate.enrich.clues import NAME_LIKE, NAMED, Clue, clue, pinned_clue, quotation
from syndicate.enrich.dividing import divide
from syndicate.enrich.evidence import Costs
from syndicate.markup import Block
from syndicate.models import UNDETERMINED, Scores

SURE = 3.5
"""A post whose second-best reading is closer than this is shown to the operator."""
DOUBT = 2.0
"""How sure a post is at most in which something outside the path is doubtful."""
_FAR = 1e9
_VOTE, _APART, _EASE = 12.0, 8.0, 0.3
_LIGHT, _USUAL, _NAMES = 0.25, 6.0, 0.2
_TRUST, _CRUMB_WORDS = 3.0, 5
_NOTHING_PINNED: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reading:
    """A split post: its clues in order, the language of each (None: no version), why, and how sure the whole is."""

    clues: tuple[Clue, ...]
    languages: tuple[str | None, ...]
    reasons: tuple[str, ...]
    margin: float | None


def split(
    blocks: Sequence[Block],
    languages: tuple[str, ...],
    scores: Scores,
    partners: Set[str] = frozenset(),
    pinned: Mapping[int, str] = _NOTHING_PINNED,
) -> Reading:
    """The language of each block, blocks that hold two languages cut in parts first.

    `languages` are the site's; `partners` names in lower case that are no evidence of a language. `pinned` is what the
    operator fixed: place in `blocks` → a language, EVERY for a block of every version, "" for one of none. Such a block
    is never cut, and the text round it is read with it in mind.
    """
    clues = [clue(block, languages, partners) for block in blocks]
    for place, code in pinned.items():
        if 0 <= place < len(clues):
            clues[place] = pinned_clue(clues[place], code, languages)
    clues, found, mixed = divide(clues, languages, scores)
    found = vote(clues, found, languages)
    states = (*languages, UNDETERMINED)
    titles = title_lines(clues)
    found = [_less_named(one) for one in zip(clues, found, titles, strict=True)]
    found = told_apart(clues, found, languages, titles)
    edges = borders(clues, found, languages, titles)
    path, margin = best_path(clues, found, states, edges)
    if alternating(clues, path):
        edges = [taking_turns(one, here) for one, here in zip(edges, clues, strict=True)]
        path, margin = best_path(clues, found, states, edges)
    path, margin = without_crumbs(clues, found, states, edges, path, margin)
    path = with_quotations(clues, path)
    if mixed or stray(clues, edges, path):
        margin = min(margin, DOUBT)
    return _told(clues, found, path, margin)


def _less_named(one: tuple[Clue, Costs, bool]) -> Costs:
    """The costs of a block; of a long name, a part of them: only where a title may stand is it likely to be one."""
    here, cost, titled = one
    if here.weight != NAME_LIKE or titled or here.signs:
        return cost
    return {state: value * _NAMES for state, value in cost.items()}


# ---------------------------------------------------------------- the path


def best_path(
    clues: Sequence[Clue], found: Sequence[Costs], states: tuple[str, ...], edges: Sequence[Border]
) -> tuple[list[str], float]:
    """The cheapest language of each block, and what the cheapest other reading costs more.

    `found` are the costs of each block, `edges` the border before each.
    """
    if not clues:
        return [], _FAR
    forward = _swept(found, edges, states)
    backward = _swept([*reversed(found)], [edges[0], *reversed(edges[1:])], states)[::-1]
    path: list[str] = []
    margin = _FAR
    total = min(forward[-1])
    for place, (one, other) in enumerate(zip(forward, backward, strict=True)):
        through = [a + b - found[place][state] for a, b, state in zip(one, other, states, strict=True)]
        stay = states.index(path[-1]) if path else -1
        best = stay if stay >= 0 and through[stay] <= total + 1e-6 else through.index(min(through))
        path.append(states[best])
        if not clues[place].neutral and len(states) > 1:
            del through[best]
            # What a name reads like says little: with no better word it goes with the text before it, nearly always.
            trust = _TRUST if clues[place].weight <= _LIGHT else 1.0
            margin = min(margin, trust * (min(through) - total))
    return path, margin


def _swept(found: Sequence[Costs], edges: Sequence[Border], states: tuple[str, ...]) -> list[list[float]]:
    """For each block and state, the cheapest way there from the start."""
    row = [found[0][state] for state in states]
    swept = [row]
    for costs_here, (change, stay) in zip(found[1:], edges[1:], strict=True):
        least = min(row)
        floor = least + change
        if stay:
            # Who comes from elsewhere comes from the cheapest other language.
            next_best = sorted(row)[1] if len(row) > 1 else _FAR
            row = [
                min(cost + stay, (next_best + change) if cost == least else floor) + costs_here[state]
                for cost, state in zip(row, states, strict=True)
            ]
        else:
            row = [min(cost, floor) + costs_here[state] for cost, state in zip(row, states, strict=True)]
        swept.append(row)
    return swept


def taking_turns(edge: Border, here: Clue) -> Border:
    """The border before a block where the languages take turns: a change is nothing strange, to stay is."""
    return Border(edge.change * _EASE, TURN if here.scored and not here.block.listed else edge.stay)


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


def told_apart(
    clues: Sequence[Clue], found: list[Costs], languages: tuple[str, ...], lines: Sequence[bool]
) -> list[Costs]:
    """Two titles that share most of their words are one title in two languages, also where names hide which is which."""
    titles = [n for n, here in enumerate(clues) if here.words and (lines[n] or n == 0) and here.words <= 30]
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
    clues: Sequence[Clue],
    found: list[Costs],
    states: tuple[str, ...],
    edges: Sequence[Border],
    path: list[str],
    margin: float,
) -> tuple[list[str], float]:
    """The path again without languages that only a few stray words speak for: crumbs are no version."""
    for _ in states:
        weak = [state for state in set(path) if len(set(path)) > 1 and crumb(clues, found, path, state, states)]
        if not weak:
            break
        if any(_clear(here) for here, language in zip(clues, path, strict=True) if language in weak):
            margin = min(margin, DOUBT)
        found = [{**cost, **dict.fromkeys(weak, _FAR)} for cost in found]
        path, again = best_path(clues, found, states, edges)
        margin = min(margin, again)
    return path, margin


def _clear(here: Clue) -> bool:
    """Whether a block that is no version by itself is a whole sentence all the same, and nobody's quoted words."""
    return here.words >= _CRUMB_WORDS and here.weight > _LIGHT and not quotation(here.block)


def crumb(clues: Sequence[Clue], found: Sequence[Costs], path: list[str], state: str, states: tuple[str, ...]) -> bool:
    """Whether what the path gives to `state` is too little to be a version."""
    own = [here for here, language in zip(clues, path, strict=True) if language == state]
    if any(here.pin == state for here in own):
        return False
    words = sum(here.words for here in own)
    if words >= 25:
        return False
    if state == UNDETERMINED and max((here.words for here in own), default=0) < 12:
        return True
    body = max((here.words for here in own if not here.block.quoted), default=0)
    texts = [here for here in own if here.words]
    others = max(sum(h.words for h, p in zip(clues, path, strict=True) if p == other) for other in set(path) - {state})
    headed = any(here.role == "heading" for here in own)
    if len(texts) == 1 and words < 10 and words * 10 < others:
        return True
    return body < (4 if headed or len(own) > 1 else 7) or words * 40 < others


def with_quotations(clues: Sequence[Clue], path: list[str]) -> list[str]:
    """A quotation alone between two stretches of one other language is theirs, with the names that stand beside it."""
    joined = list(path)
    told = Counter(language for here, language in zip(clues, path, strict=True) if here.scored)
    start = 0
    for around, stretch in [(state, len(list(group))) for state, group in groupby(path)]:
        end = start + stretch
        before, after = path[start - 1] if start else "", path[end] if end < len(path) else ""
        own = [place for place in range(start, end) if clues[place].scored and clues[place].weight > _LIGHT]
        own = own or [place for place in range(start, end) if quotation(clues[place].block)]
        inside = before and before == after and before != UNDETERMINED
        if inside and len(own) == 1 and quotation(clues[own[0]].block) and not _kept(clues, own[0]):
            lone = told[around] <= stretch or path[max(0, start - 2)] == before
            joined[start:end] = [before] * stretch if lone else joined[start:end]
        start = end
    return joined


def stray(clues: Sequence[Clue], edges: Sequence[Border], path: Sequence[str]) -> bool:
    """Whether a short block stands alone in, or at the end of, a text of another language, and nothing says why."""
    start = 0
    seen: set[str] = set()
    stretches = [(state, len(list(group))) for state, group in groupby(path)]
    for number, (state, stretch) in enumerate(stretches):
        solid = [
            place for place in range(start, start + stretch) if clues[place].scored and clues[place].weight > _LIGHT
        ]
        last = number == len(stretches) - 1
        inside = number > 0 and (state in seen if last else stretches[number - 1][0] == stretches[number + 1][0])
        if len(stretches) > 1 and solid and _scrap(clues, solid) and not edges[start].stay:
            return True
        title = number == 1 and len(stretches) == 4 and sum(clues[place].scored != "" for place in range(start)) == 1
        regular = title or len(stretches) > 4
        if inside and not regular and len(solid) == 1 and _unexplained(clues[solid[0]], edges[start]):
            return True
        seen.add(state)
        start += stretch
    return False


def _scrap(clues: Sequence[Clue], solid: Sequence[int]) -> bool:
    """Whether all that a stretch has is a word or three, with no flag or code and no slash beside it."""
    words = sum(clues[place].words for place in solid)
    letters = sum(len(clues[place].scored) for place in solid)
    signed = any(max(clues[place].signs.values(), default=0.0) >= NAMED for place in solid)
    fixed = any(clues[place].pin is not None or clues[place].block.table for place in solid)
    return words <= 3 and letters <= 24 and not signed and not fixed


def _unexplained(here: Clue, edge: Border) -> bool:
    plain = here.role == "text" and here.words <= 25 and not here.block.table and here.pin is None
    signed = max(here.signs.values(), default=0.0) >= NAMED
    return plain and not signed and not edge.stay and edge.change >= _USUAL


def _kept(clues: Sequence[Clue], place: int) -> bool:
    return clues[place].pin is not None or _answered(clues, place)


def _answered(clues: Sequence[Clue], place: int) -> bool:
    """Whether the next block is a quotation of much the same length: a translation, not a text that quotes."""
    here, after = clues[place], clues[min(place + 1, len(clues) - 1)]
    return quotation(after.block) and 0.6 < (after.words + 1) / (here.words + 1) < 1.7


# ---------------------------------------------------------------- the feed's title


def title_languages(title: str, reading: Reading, languages: tuple[str, ...], scores: Scores) -> dict[str, str]:
    """Which version the feed's title is of; both, when it is written as "Titulli / Title". A title makes no version."""
    told = zip(reading.clues, reading.languages, strict=True)
    spoken = list(dict.fromkeys(language for here, language in told if language and here.scored))
    if not title or not spoken:
        return {}
    clues = [clue(Block(title, "", "heading"), languages, frozenset())]
    parts, found, _ = divide(clues, languages, scores)
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
        if here.pin is not None:
            languages.append((here.pin if here.neutral else language) or None)
            reasons.append("said by the operator")
        elif here.role == "marker":
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
