"""What speaks against a language for one block, in units of log-likelihood (natural logarithm)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from syndicate.enrich import signs
from syndicate.enrich.clues import EVERY, Clue
from syndicate.models import UNDETERMINED, Scores

Costs = dict[str, float]
"""What it costs to give a block to each language; 0 for the best."""

PURE = 0.8
"""By how much a character a text in one language leads, nearly always (measured: 19 in 20 lead by more than 0.9)."""


class Told(NamedTuple):
    """The log-likelihood of each of the site's languages and of `und` ({} where nothing was asked), whether the text may
    hold more than one language, and how clearly its two ends are in different ones (0 where they are not)."""

    ranks: Costs
    doubtful: bool
    apart: float = 0.0


STRENGTH = 0.8
"""How far the identifier is believed: its features overlap, so it is surer of itself than right."""
MOST = 40.0
FOREIGN = 8.0
"""How much better a language that the site does not have must fit before a text counts as foreign."""
FOREIGN_WORDS = 6
PINNED = 1e6
"""What it costs to go against the operator's word."""


def likelihoods(clues: Sequence[Clue], languages: tuple[str, ...], scores: Scores) -> list[Told]:
    """What the identifier says of each clue, from one question for all of them."""
    asked = [here.scored.split("\n") if here.scored else [] for here in clues]
    wanted = [text for texts in asked for text in texts]
    answers = iter(scores(wanted) if wanted else [])
    return [
        _told([ranked(next(answers), languages) for _ in texts], here, languages)
        for here, texts in zip(clues, asked, strict=True)
    ]


def _told(answers: list[Costs], here: Clue, languages: tuple[str, ...]) -> Told:
    if not answers:
        return Told({}, False)
    if len(answers) == 1:
        order = sorted((answers[0][code] for code in languages), reverse=True)
        unclear = len(order) > 1 and order[0] - order[1] < PURE * len(here.scored)
        return Told(answers[0], unclear or _two_scripts(here.scored))
    best = [max(languages, key=answer.__getitem__, default="") for answer in answers]
    total = {code: sum(answer[code] for answer in answers) for code in answers[0]}
    if len(set(best)) < 2:
        return Told(total, False)
    leads = [
        answer[own] - max(answer[other] for other in best if other != own)
        for answer, own in zip(answers, best, strict=True)
    ]
    return Told(total, True, STRENGTH * min(leads))


def _two_scripts(scored: str) -> bool:
    """Whether a good part of the letters, and not nearly all, take two bytes: Cyrillic or Greek beside Latin."""
    more = len(scored.encode("utf-8", "surrogatepass")) - len(scored)
    return 0.2 * len(scored) < more < 0.7 * len(scored)


def ranked(found: dict[str, float], languages: tuple[str, ...]) -> Costs:
    """What an identifier said, for the site's languages; `und` stands for the best of those that it does not have."""
    own, kin = _families(languages)
    foreign = max([value for name, value in found.items() if name not in kin], default=-1e6)
    told = {
        code: max([found[one] for one in close if one in found], default=foreign - FOREIGN / 2) for code, close in own
    }
    told[UNDETERMINED] = foreign
    return told


@lru_cache(maxsize=64)
def _families(languages: tuple[str, ...]) -> tuple[list[tuple[str, tuple[str, ...]]], frozenset[str]]:
    """For each of a site's languages what counts as it, and all that is no foreign language there.

    A close relative counts as the site's own language (Croatian as Bosnian), unless the site has both.
    """
    own = frozenset(code.split("-")[0].lower() for code in languages)
    kin = own.union(*(group for group in signs.KIN if group & own))
    counted = []
    for code in languages:
        name = code.split("-")[0].lower()
        close = next((group for group in signs.KIN if name in group), frozenset({name}))
        counted.append((code, tuple(sorted(close)) if len(close & own) == 1 else (name,)))
    return counted, kin


def costs(here: Clue, ranked: Costs, languages: tuple[str, ...]) -> Costs:
    """What speaks against each state for one block: scaled likelihood, capped by its number of words, and its signs."""
    states = (*languages, UNDETERMINED)
    found = dict.fromkeys(states, 0.0)
    if here.pin is not None:
        return {state: 0.0 if here.pin in ("", EVERY, state) else PINNED for state in states}
    if ranked:
        # A few foreign words are a name or a phrase, never a foreign text.
        most = max((ranked[code] for code in languages), default=ranked[UNDETERMINED])
        foreign = ranked[UNDETERMINED] - FOREIGN / STRENGTH
        if here.words < FOREIGN_WORDS:
            foreign = min(foreign, most)
        values = {**ranked, UNDETERMINED: foreign}
        best = max(values.values())
        cap = min(MOST, 4.0 + 3.0 * here.words)
        found = {state: min(cap, STRENGTH * (best - values[state])) * here.weight for state in states}
    if here.signs:
        most = max(here.signs.values())
        for state in states:
            found[state] += most - here.signs.get(state, 0.0)
    return found
