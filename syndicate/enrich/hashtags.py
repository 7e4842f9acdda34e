"""Hashtags: found in a post's text, told the same by their key, counted once.

The shape follows Unicode's hashtag identifiers (UAX #31, section 8): "#", its small and its full-width form, then
letters, marks, digits, "_" and emoji. Ours are stricter: at least one letter or emoji, never right after a word, and an
emoji that only decorates the end of a word is left out (`#childprotection🙏` is `childprotection`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from syndicate.enrich.links import blanked
from syndicate.enrich.sections import Same, Section, whole
from syndicate.models import HashtagRule, HashtagUse

_SIGNS = "#\ufe5f\uff03"
_JOINERS = "\u200c\u200d\ufe0e\ufe0f"
_KEYCAP = "\ufe0e\ufe0f\u20e3"
_WITHOUT_MARK = str.maketrans("đłøıħ\u2019", "dloih'")
_EMOJI = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff\U000e0020-\U000e007f]"
)
_SIGN = re.compile(f"[{_SIGNS}]")
_PLAIN_TAG = re.compile(r"(?<![\w&#\u0300-\u036f])#(\w+)(?=[\s,.;:!?)]|\Z)")
_LETTERS = re.compile(r"\w*")
_LATIN = re.compile("[a-z]")
_AROUND = re.compile(rf"^[\s{_SIGNS}]+|\s+$")


def key(text: str) -> str:
    """The normalised key of one spelling, with or without its sign: NFKC, casefolded, without diacritics.

    `MbrojtjaEFëmijëve`, `#mbrojtjaefemijeve` and the decomposed spelling have one key. The Cyrillic "ё", often typed for
    "ë", is Latin beside Latin letters. Marks of scripts that cannot do without them stay. The key of a key is itself.
    """
    bare = text if text.isalpha() else _AROUND.sub("", text)
    lower = bare.lower()
    if not lower.isascii():
        lower = lower.translate(_PLAIN)
    return lower if lower.isascii() else _folded(bare)


_known_key = lru_cache(maxsize=2048)(key)  # campaigns return in post after post


def _folded(bare: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", bare).casefold())
    plain = "".join(char for char in decomposed if not _is_accent(char)).translate(_WITHOUT_MARK)
    if "\u0435" in plain and _LATIN.search(plain):
        plain = plain.replace("\u0435", "e")
    return _AROUND.sub("", unicodedata.normalize("NFC", plain))


def _is_accent(char: str) -> bool:
    """A mark above, below or across its letter (combining class 1 and 200 to 240), or one that chooses a glyph."""
    place = unicodedata.combining(char)
    return place == 1 or 200 <= place <= 240 or char in "\ufe0e\ufe0f\u00ad"


# Nearly every word is of ASCII and these small letters of Latin (ë, ç), which fold one by one.
_PLAIN = {
    ord(char): _folded(char) for char in map(chr, range(0xDF, 0x250)) if char.islower() and _folded(char).isascii()
}


@dataclass(slots=True)
class _Seen:
    """What is known of one hashtag so far: how often each spelling stands in the post, and in which versions."""

    spellings: Counter[str] = field(default_factory=Counter)
    languages: dict[str, None] = field(default_factory=dict)


def find(
    sections: Sequence[Section], categories: Sequence[str], rules: Sequence[HashtagRule]
) -> tuple[HashtagUse, ...]:
    """The hashtags of a post in order of first appearance, each once, with the versions it stands in ("*" stays "*").

    Aliases become the key of their rule; ignored ones are left out. A category of the entry is a hashtag only if it
    begins with "#" (then of every version), or if its words written as one are a hashtag that the text has: then it is
    one more spelling. `display` is the commonest spelling, those with capitals before those without; what a rule would
    rather show per language is left to whoever shows it.
    """
    renamed, ignored = _made_ready(Same(rules))
    seen: dict[str, _Seen] = {}
    for spelling, language in _standing(sections, categories):
        own = _known_key(spelling)
        use = seen.setdefault(renamed.get(own, own), _Seen())
        use.spellings[spelling] += 1
        use.languages[language] = None
    for category in categories:
        _add_spelling(seen, category, renamed)
    return tuple(_use(name, use) for name, use in seen.items() if name not in ignored)


@lru_cache(maxsize=8)
def _made_ready(same: Same) -> tuple[dict[str, str], set[str]]:
    """The key that each spelling in the rules is counted under, and the keys that are ignored."""
    rules = [rule for rule in same.values if isinstance(rule, HashtagRule)]
    renamed = {key(name): key(rule.key) for rule in rules for name in (*rule.aliases, rule.key)}
    return renamed, {key(rule.key) for rule in rules if rule.ignore}


def _standing(sections: Sequence[Section], categories: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every hashtag written as one, without its sign, and the version it stands in."""
    for section in sections:
        for spelling in spellings(whole(section)):
            yield spelling, section.language
    for category in categories:
        for spelling in _signed(category):
            yield spelling, "*"


def _signed(category: str) -> Iterable[str]:
    """The hashtags of a category that begins with the sign: "#Child Protection" is one, "#one #two" are two."""
    text = category.strip()
    if not text.startswith(tuple(_SIGNS)):
        return ()
    return spellings(text if sum(map(text.count, _SIGNS)) > 1 else "".join(text.split()))


def _add_spelling(seen: dict[str, _Seen], category: str, renamed: dict[str, str]) -> None:
    spelling = "".join(category.split())
    own = key(spelling)
    if not category.strip().startswith(tuple(_SIGNS)) and renamed.get(own, own) in seen:
        seen[renamed.get(own, own)].spellings[unicodedata.normalize("NFC", spelling)] += 1


def _use(name: str, use: _Seen) -> HashtagUse:
    own = [spelling for spelling in use.spellings if _known_key(spelling) == name]
    best = max(own or use.spellings, key=lambda spelling: _worth(spelling, use.spellings[spelling]))
    return HashtagUse(key=name, display=best, spellings=tuple(use.spellings), languages=tuple(use.languages))


def _worth(spelling: str, count: int) -> tuple[bool, int, bool, bool]:
    """How good a spelling is to show: with capitals, common, not all in capitals, with its diacritics."""
    capitals = spelling != spelling.lower()
    return capitals, count, not spelling.isupper(), not spelling.isascii()


# ---------------------------------------------------------------- the shape


def spellings(text: str) -> list[str]:
    """Every hashtag of a plain text as written (NFC), without its sign, in order; URLs and e-mail addresses hold none."""
    if not any(sign in text for sign in _SIGNS):
        return []
    shown, found = visible(text)
    return [shown[start + 1 : end] for start, end in found]


@lru_cache(maxsize=16)  # a version is searched for partners and for hashtags
def visible(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """`text` in NFC, so that a decomposed "ë" does not cut a word, with URLs and e-mail addresses blanked; and where its
    hashtags stand, each from its sign to its end."""
    shown = blanked(unicodedata.normalize("NFC", text))
    return shown, tuple(_places(shown))


def _places(text: str) -> Iterator[tuple[int, int]]:
    chained = -1
    for found in _SIGN.finditer(text):
        start = found.start()
        plain = _PLAIN_TAG.match(text, start)
        if plain and plain[1].isalpha() and not _EMOJI.match(plain[1][-1]):
            yield plain.span()
            continue
        if start != chained and start and (_is_word(text[start - 1]) or text[start - 1] == "&"):
            continue
        stop = _run(text, start + 1)
        chained = stop
        end = start + 1 + len(_trimmed(text[start + 1 : stop]))
        if any(char.isalpha() or _EMOJI.match(char) for char in text[start + 1 : end]):
            yield start, end


def _run(text: str, start: int) -> int:
    """Where the characters that may belong to a hashtag end; at once if the sign is a keycap ("#️⃣")."""
    end = _LETTERS.match(text, start).end()  # type: ignore[union-attr]  # it matches nothing, too
    while end < len(text) and _continues(text[end]) and not (end == start and text[end] in _KEYCAP):
        end += 1
    return end


def _continues(char: str) -> bool:
    return _is_word(char) or char in _JOINERS or bool(_EMOJI.match(char))


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_" or unicodedata.category(char).startswith("M")


def _trimmed(body: str) -> str:
    """`body` without emoji and joiners at its end, unless it has no letter before them."""
    end = len(body)
    while end and (_EMOJI.match(body[end - 1]) or body[end - 1] in _JOINERS):
        end -= 1
    return body[:end] if any(char.isalpha() for char in body[:end]) else body
