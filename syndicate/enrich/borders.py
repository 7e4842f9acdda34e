"""What a change of language costs between two neighbouring blocks, in units of log-likelihood (natural logarithm)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from syndicate.enrich.clues import CUT, DATE, NAME_LIKE, Clue
from syndicate.enrich.evidence import Costs
from syndicate.enrich.labels import closing_line, furniture_only, opening_line

SWITCH = 9.0
"""What a change of language costs where nothing speaks for or against a border."""
TWINS = 8.0
"""What it costs to read two titles in a row, at the head of a post in two languages, as one language."""
TURN = 1.0
"""What it costs to stay in one language where the languages take turns."""
_TOP = 6
_ENDED = (".", ":", ";", ",", "…")
_NUMBER_OR_WORD = re.compile(r"[^\W_]{4,}|\d+")
_LINES, _LINE = 30, 220


class Border(NamedTuple):
    """What it costs to change language before a block, and what to stay."""

    change: float
    stay: float = 0.0


_NONE = Border(0.0)


def borders(
    clues: Sequence[Clue], found: Sequence[Costs], languages: tuple[str, ...], titles: Sequence[bool]
) -> list[Border]:
    """The border before each block (the first has none); `titles` are what `title_lines` says."""
    costs = [_NONE]
    second = twins(clues, titles, found, languages)
    marked = False
    first: Clue | None = None
    for place, (before, here) in enumerate(pairwise(clues), 1):
        marked = before.role == "marker" or (marked and before.role in ("rule", "picture"))
        paired = second == place - 1 or _paired(clues, place)
        cost = border(before, here, marked, paired, titles[place - 1], titles[place])
        if titles[place] and first is not None and shared(first.block.text, here.block.text) >= 2:
            cost = max(0.5, cost - 4)
        if first is None:
            first = next((one for one, led in ((before, titles[place - 1]), (here, titles[place])) if led), None)
        costs.append(Border(1.0, TWINS) if place == second else Border(cost))
    return costs


def _paired(clues: Sequence[Clue], place: int) -> bool:
    """Whether the two blocks before this one are a title and its translation, at the head of the post."""
    earlier = place - 2
    if earlier >= 1 and clues[earlier].role == "rule" and clues[earlier].block.text:
        earlier -= 1
    return 0 <= earlier <= _TOP and _titles(clues[earlier], clues[place - 1])


def border(before: Clue, here: Clue, marked: bool, paired: bool, after_title: bool, titled: bool) -> float:
    """What a change of language between two neighbouring blocks costs.

    `marked` after a line that names a language, `paired` after a title and its translation; the last two say whether
    each of the blocks looks like a title.
    """
    factor = _of_block(before, here, titled) * (0.5 if paired else _after(before, after_title))
    if not paired and here.role not in ("hashtags", "link", "heading") and here.words <= 3:
        factor *= _short_line(here)
    if marked or _other_cell(before, here):
        factor *= 0.2
    return SWITCH * factor * _space(before, here)


def _after(before: Clue, titled: bool) -> float:
    """What a title does to the border behind it."""
    if before.role == "heading":
        return 1.6
    return 1.2 if titled else 1.0


def _of_block(before: Clue, here: Clue, titled: bool) -> float:
    """What the block's own kind does to the border before it, and a kicker or dateline to the one behind it."""
    cut_off = max(before.signs.values(), default=0.0) >= CUT  # the second half of "Lajme / News" opens nothing
    opened = before.role == "text" and 0 < before.words <= 3 and not cut_off and opening_line(before.block.text)
    factor = 1.4 if opened else 1.0
    if here.role in ("hashtags", "link", "picture"):
        factor *= 2.5
    elif here.role == "heading":
        factor *= 0.5
    elif titled:
        factor *= 0.7
    elif here.weight <= NAME_LIKE and here.scored and not opening_line(here.block.text):
        factor *= 1.5  # names follow the text that they belong to
    return factor


def _space(before: Clue, here: Clue) -> float:
    """What stands between two blocks: empty ones, a rule, hashtags or a link that end a text."""
    factor = 1.0
    if here.block.gap >= 2 or before.role == "rule":
        factor = 0.6
    elif here.block.gap == 1:
        factor = 0.8
    if before.role == "hashtags":
        factor *= 0.4
    elif before.role == "link":
        factor *= 0.7
    return factor


def _short_line(here: Clue) -> float:
    """What a line of three words or less does to the border before it."""
    if not here.scored:
        return 1.4
    if closing_line(here.block.text):
        return 2.0
    return 0.9 if not here.block.links and opening_line(here.block.text) else 1.4


def _other_cell(before: Clue, here: Clue) -> bool:
    one, other = before.block, here.block
    return bool(other.table) and (other.table, other.row, other.column) != (one.table, one.row, one.column)


# ---------------------------------------------------------------- titles


def title_lines(clues: Sequence[Clue]) -> list[bool]:
    """Of each block whether it looks like a title: a heading, or a short line without a full stop that opens a stretch
    of text."""
    found = []
    opens = True
    fresh = False
    for place, here in enumerate(clues):
        if not here.scored:
            opens = opens or here.role in ("hashtags", "rule", "marker", "link")
            found.append(False)
            continue
        opens = opens or here.block.gap > 0
        line = here.role == "heading" or ((opens or fresh) and plain_line(clues, place))
        found.append(line)
        fresh, opens = opens and line, False
    return found


def plain_line(clues: Sequence[Clue], place: int) -> bool:
    """Whether a block that is no heading could be a title by its look: short, unended, before something longer."""
    here = clues[place]
    text = here.block.text
    return (
        2 <= here.words <= _LINES
        and (here.weight >= 0.5 or place < 3)
        and len(text) <= _LINE
        and here.block.kind == "paragraph"
        and (not text.endswith(_ENDED) or _both_ended(clues, place))
        and not here.block.links
        and not here.listed
        and not here.block.quoted
        and not DATE.search(text)
        and not furniture_only(text)
        and _leads(clues, place)
    )


def _leads(clues: Sequence[Clue], place: int) -> bool:
    """Whether text follows a line at once, and some of it is longer."""
    after = clues[place + 1 : place + 5]
    beside = next((other for other in after if other.role != "picture"), None)
    goes_on = beside is not None and (bool(beside.scored) or beside.role in ("byline", "names", "rule"))
    return goes_on and any(other.words > clues[place].words for other in after)


def _both_ended(clues: Sequence[Clue], place: int) -> bool:
    """Whether two short lines at the head of a post end in the same full stop: some titles have one."""
    here = clues[place]
    beside = [clues[other] for other in (place - 1, place + 1) if 0 <= other < len(clues) and clues[other].scored]
    same = any(other.block.text[-1] == here.block.text[-1] and other.words <= 15 for other in beside)
    return place < _TOP - 2 and here.words <= 15 and same


def twins(clues: Sequence[Clue], titles: Sequence[bool], found: Sequence[Costs], languages: tuple[str, ...]) -> int:
    """The place of the second of two titles that open a post whose text is in two languages; -1 where there are none."""
    worded = [place for place, here in enumerate(clues[: _TOP + 2]) if here.scored][:2]
    if len(worded) < 2:
        return -1
    one, other = worded
    first, second = clues[one], clues[other]
    between = all(not here.block.text for here in clues[one + 1 : other])
    named = second.role != "heading" and second.weight <= 0.25
    if named or not (between and titles[one] and titles[other]):
        return -1
    if max(first.words, second.words) > 3 * min(first.words, second.words) + 2 or furniture_only(second.block.text):
        return -1
    return other if len(spoken(clues[other + 1 :], found[other + 1 :], languages)) > 1 else -1


def spoken(clues: Sequence[Clue], found: Sequence[Costs], languages: tuple[str, ...]) -> set[str]:
    """The languages that some longer block is clearly in."""
    clear = set()
    for here, cost in zip(clues, found, strict=True):
        if here.words >= 6 and not here.block.quoted:
            best = min(languages, key=cost.__getitem__, default="")
            if all(cost[code] >= 8 for code in languages if code != best):
                clear.add(best)
    return clear


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
