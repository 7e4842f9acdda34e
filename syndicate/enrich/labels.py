"""Short lines round a text: the kickers and datelines that open it, the buttons and sources that end it."""

from __future__ import annotations

from syndicate.enrich import signs
from syndicate.enrich.clues import DATE, SMALL, WORD, masked

_LINKING = signs.words("për per shtyp media publike public call javnost javni јавни јавен mediat")


def furniture_only(text: str) -> bool:
    """Whether a short line is a kicker or the like: most of its words are such as "press", "release", "njoftim"."""
    if len(text) > 80:
        return False
    words = [word.lower() for word in WORD.findall(masked(text))]
    if not words or len(words) > 6:
        return False
    known = sum(word in signs.LANGUAGES_OF_FURNITURE for word in words)
    return known > 0 and known * 2 >= len(words) - sum(word in SMALL or word in _LINKING for word in words)


def opening_line(text: str) -> bool:
    """Whether a short line stands before a text by its look: a kicker such as "Press release", or a dateline."""
    if len(text) > 60:
        return False
    date = DATE.search(text)
    if date:
        return len(text) - date.end() < 4 and date.start() < 30
    words = _label_words(text)
    known = sum(word in signs.LANGUAGES_OF_LABEL for word in words)
    linking = sum(word in SMALL or word in _LINKING for word in words)
    labelled = 0 < len(words) <= 5 and known > 0 and known * 2 >= len(words) - linking
    return labelled and not any(word in signs.CLOSING for word in words)


def closing_line(text: str) -> bool:
    """Whether a short line ends a text by its look: "Read more", "Source", "Download"."""
    words = _label_words(text) if len(text) <= 60 else []
    return 0 < len(words) <= 5 and any(word in signs.CLOSING for word in words)


def _label_words(text: str) -> list[str]:
    return WORD.findall(text.lower())
