"""Albanian endings, as far as telling two forms of one name the same needs them: a small stemmer by declensions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator

from syndicate.enrich import hashtags

ENDINGS = (
    "it|in|i|un|ut|u|ja|jen|jes|je|në|ne|n|së|se|es|en|s|të|te|t|et|ve|vet|eve|ave|at|ët|ës|ën|ëve|a|e|ë|ri|rit|rin"
)
"""What may follow a foreign name or an acronym after a hyphen or an apostrophe (ECPAT-it, OSBE-së, UNICEF's): a pattern."""

_SAME = {"dhe": "&", "and": "&"}
_DECLENSIONS = {
    "m": " i u it ut in un e et eve a at ave ash esh ve",  # Këshill(i, it), Fond(et, eve), Global(e); "" is a form too
    "a": "e a es en at ave ash",  # Aleanc(ë, a, ës, ën)
    "j": "e ja je jes jen jet jeve es en et eve",  # Mbrojt(je, ja, jes, jen)
    "i": "i ia ise ine ie ite ive ish",  # Shqipër(i, ia, isë, inë)
    "v": " a ja je se ne",  # Kala(ja, së, në)
    "o": "o oja oje os on ot ove",  # Radi(o, oja, os, on)
}
_BY_ENDING: dict[str, str] = defaultdict(str)
for _name, _forms in _DECLENSIONS.items():
    for _form in _forms.split(" "):
        _BY_ENDING[_form] += _name
_LONGEST_ENDING = max(map(len, _BY_ENDING))


def folded(word: str) -> str:
    """A word without case, diacritics and dots; "dhe" and "and" are "&", and "Europa" is "Evropa", as both are written."""
    plain = hashtags.key(word.replace(".", ""))
    return "evrop" + plain[5:] if plain.startswith("europ") else _SAME.get(plain, plain)


def stems(word: str, *, at_least: int, known: Container[str] | None = None) -> Iterator[str]:
    """The stems that a folded word may be a form of, each marked with its declension; none under `at_least` letters, and
    of those that are `known` only.

    An "e" that comes and goes before a final r, l or m (Qendër, Qendra) is left out.
    """
    for cut in range(min(_LONGEST_ENDING, len(word) - at_least) + 1):
        end = len(word) - cut
        stem = word[:end]
        short = stem[:-2] + stem[-1] if stem[-2:] in ("er", "el", "em") and stem[-3:-2] not in tuple("aeiouy") else stem
        if known is not None and short not in known:
            continue
        declensions = _BY_ENDING.get(word[end:], "") + ("a" if not cut and short != stem else "")
        for name in declensions:
            yield f"{short}|{name}"
