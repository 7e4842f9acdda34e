"""Which language a text is written in: py3langid's model, kept to the languages that may occur, many texts at once.

Nothing is imported or loaded before the first text is scored (0.7 s, some 60 MB).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Any

from syndicate.models import Scores

NEIGHBOURS = ("sq", "en", "sr", "mk", "bs", "hr", "it", "fr", "de", "es", "tr", "el", "ro")
"""Languages that turn up on blogs of the region; text in one that a site does not name is found to be foreign by these."""

_REMEMBERED = 4096
_WALKED = 50_000
"""Words whose way through the model is remembered, each from where the word before it led to."""
_TO_SPACE = re.compile("[^ ]* ?")
_LONGEST = 600
"""Characters of a text that are looked at: more cannot raise evidence that is capped long before."""


def base(language: str) -> str:
    """The language of a BCP 47 code without script and region: sr of sr-Latn (RFC 5646 §2.1)."""
    return language.split("-")[0].lower()


def identifier(languages: tuple[str, ...]) -> Scores:
    """An identifier for a site with these languages, which scores them and their neighbours.

    A language that the model does not know is missing from what it returns.
    """
    return _Identifier(tuple(dict.fromkeys([*map(base, languages), *NEIGHBOURS])))


class _Identifier:
    """Log-likelihoods of a few languages under py3langid's naive Bayes model, remembering the texts of late."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self._languages = languages
        self._model: _Model | None = None
        self._memory: dict[str, dict[str, float]] = {}

    def __call__(self, texts: list[str]) -> list[dict[str, float]]:
        new = list(dict.fromkeys(text for text in texts if text not in self._memory))
        if new:
            if self._model is None:
                self._model = _Model(self._languages)
            if len(self._memory) + len(new) > _REMEMBERED:
                self._memory = {text: self._memory[text] for text in texts if text in self._memory}
            self._memory.update(zip(new, self._model.score(new), strict=True))
        return [self._memory[text] for text in texts]


@lru_cache(maxsize=1)
def _whole() -> Any:
    """The model of all 140 languages, read once a process."""
    from py3langid import langid

    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)


class _Model:
    """The columns of the model that matter, as single-precision numbers; py3langid keeps 142 columns in half."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        import numpy

        whole = _whole()
        columns = [place for place, name in enumerate(whole.nb_classes) if name in languages]
        self._numpy = numpy
        self._names = [whole.nb_classes[place] for place in columns]
        self._twice = {
            name: [place for place, other in enumerate(self._names) if other == name]
            for name, times in Counter(self._names).items()
            if times > 1
        }
        self._table = whole.nb_ptc[:, columns].astype(numpy.float32)
        self._prior = whole.nb_pc[columns].astype(numpy.float32)
        self._next, self._rows, self._features = whole.tk_nextmove, whole._rowbase, whole.tk_output
        self._walked: dict[tuple[int, str], tuple[int, tuple[int, ...]]] = {}

    def score(self, texts: list[str]) -> list[dict[str, float]]:
        """The log-likelihood of each language for each text, from one look-up for all of them."""
        numpy = self._numpy
        features: list[int] = []
        counts: list[int] = []
        starts: list[int] = []
        for text in texts:
            counted = self._count(text)
            starts.append(len(features))
            features += (0, *counted)  # one that counts nothing: a text may have none, and a sum of none is not there
            counts += (0, *counted.values())
        weights = numpy.log1p(numpy.array(counts, dtype=numpy.float32))
        rows = self._table[numpy.array(features, dtype=numpy.intp)] * weights[:, None]
        sums = numpy.add.reduceat(rows, starts, axis=0) + self._prior
        return [self._named(values) for values in sums.tolist()]

    def _named(self, values: list[float]) -> dict[str, float]:
        """One number per language: a language with two columns (sr, one for each script) has the better one."""
        named = dict(zip(self._names, values, strict=True))
        for name, places in self._twice.items():
            named[name] = max(values[place] for place in places)
        return named

    def _count(self, text: str) -> Counter[int]:
        """How often each feature of the model occurs: a walk through its automaton, word by word."""
        if text.isupper():
            text = text.lower()
        if len(self._walked) > _WALKED:
            self._walked.clear()
        state = 0
        seen: list[int] = []
        for word in _TO_SPACE.findall(unicodedata.normalize("NFC", text[:_LONGEST])):
            known = self._walked.get((state, word))
            if known is None:
                known = self._walked[state, word] = self._walk(state, word)
            state, features = known
            seen += features
        return Counter(seen)

    def _walk(self, state: int, word: str) -> tuple[int, tuple[int, ...]]:
        """Where a word leads to from a state, byte by byte, and the features on the way."""
        seen = []
        moves, rows, features = self._next, self._rows, self._features
        for letter in word.encode("utf-8", "surrogatepass"):
            state = moves[rows[state] + letter]
            feature = features[state]
            if feature >= 0:
                seen.append(feature)
        return state, tuple(seen)
