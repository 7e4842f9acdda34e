"""Which language a text is written in: py3langid's model, kept to the languages that may occur, many texts at once.

Nothing is imported or loaded before the first text is scored (0.7 s, some 60 MB).
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import Any

from syndicate.models import Scores

NEIGHBOURS = ("sq", "en", "sr", "mk", "bs", "hr", "it", "fr", "de", "es", "tr", "el", "ro")
"""Languages that turn up on blogs of the region; text in one that a site does not name is found to be foreign by these."""

_REMEMBERED = 4096
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
        self._table = whole.nb_ptc[:, columns].astype(numpy.float32)
        self._prior = whole.nb_pc[columns].astype(numpy.float32)
        self._next, self._rows, self._features = whole.tk_nextmove, whole._rowbase, whole.tk_output

    def score(self, texts: list[str]) -> list[dict[str, float]]:
        """The log-likelihood of each language for each text, from one look-up for all of them."""
        numpy = self._numpy
        features: list[int] = []
        counts: list[int] = []
        ends = [0]
        for text in texts:
            counted = self._count(text)
            features += counted
            counts += counted.values()
            ends.append(len(features))
        weights = numpy.log1p(numpy.array(counts, dtype=numpy.float32))
        rows = self._table[numpy.array(features, dtype=numpy.intp)] * weights[:, None]
        return [self._named((rows[start:end].sum(axis=0) + self._prior).tolist()) for start, end in pairwise(ends)]

    def _named(self, values: list[float]) -> dict[str, float]:
        """One number per language: a language with two columns (sr, one for each script) has the better one."""
        named: dict[str, float] = {}
        for name, value in zip(self._names, values, strict=True):
            if name not in named or named[name] < value:
                named[name] = value
        return named

    def _count(self, text: str) -> Counter[int]:
        """How often each feature of the model occurs: a walk through its automaton, byte by byte."""
        if text.isupper():
            text = text.lower()
        state, seen = 0, []
        moves, rows, features = self._next, self._rows, self._features
        for letter in unicodedata.normalize("NFC", text[:_LONGEST]).encode("utf-8", "surrogatepass"):
            state = moves[rows[state] + letter]
            feature = features[state]
            if feature >= 0:
                seen.append(feature)
        return Counter(seen)
