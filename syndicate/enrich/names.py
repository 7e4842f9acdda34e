"""Names in running text: a trie over words, and what a text must show to be taken for a name.

A trie over words, not over letters, because only a word can be freed of its Albanian ending. A word matches a word of a
name when both are the same without case and diacritics, or are forms of one stem in one declension ("Aleanca",
"Aleancës"); "ECPAT-it" and "UNICEF's" are the name and an ending. Articles inside a name (i, e, të, së, nga) are skipped,
and a space, "-", "/" and a quotation mark between its words are equal. The longest name wins; a joint name
("CRCA/ECPAT Shqipëri") also names its parts.

A name must look like one. Capitals up to five letters match in capitals only. A name of ordinary words wants its capitals
(in English most of them; elsewhere one, for Albanian is also written "Policia e shtetit"). A name with a word that is no
ordinary word (UNICEF, WeProtect), or of one word of eight letters or more, matches in any case.

Nothing is matched inside URLs, e-mail addresses and hashtags: #ECPAT is a hashtag of the post, not a mention of ECPAT.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress, count
from typing import NamedTuple

from syndicate.enrich import hashtags, links
from syndicate.enrich.inflection import ENDINGS, folded, stems
from syndicate.enrich.sections import CAPITALS
from syndicate.enrich.spellings import HYPHEN, ORDINARY, WORD, Part, is_coined, spelled
from syndicate.models import Partner

_FUSED = re.compile(rf"(\w*[{CAPITALS}]{{2}})(?:{ENDINGS})")  # UNICEFit
_GAP = re.compile(
    r"[\s\"“”„«»‘’']{0,3}(?:[-‐‑–/][\s\"“„«]{0,2})?((?:(?:i|e|t[ëёe]|s[ëёe]|nga|I|E|T[ËЁE]|S[ËЁE])\s){0,2})[\"“„«]?"
)


class _Word(NamedTuple):
    """A word of a text that stands in some name: which, where names begin with it, whether it has a capital, or only capitals."""

    symbols: tuple[str, ...]
    first: tuple[_Node, ...]
    capital: bool
    upper: bool


@dataclass(frozen=True, slots=True)
class _Name:
    """One spelling of a partner, and what a text must show of it.

    `capitals`: which words have one. `articles`: what stands before each word. `coined`: stands in no text by chance, in
    whatever case. `acronym`: wants capitals only. `split`: ordinary words ("We Protect") made of one that is coined.
    """

    partner: str
    capitals: tuple[bool, ...]
    articles: tuple[str, ...]
    coined: bool
    acronym: bool
    split: bool


@dataclass(slots=True)
class _Node:
    """Where a name may go on, by the symbol of its next word, and the names that end here."""

    next: dict[str, _Node] = field(default_factory=dict)
    names: list[_Name] = field(default_factory=list)


class Mention(NamedTuple):
    """A name in a text: where it stands, and the partners that are called so (nearly always one)."""

    start: int
    end: int
    partners: tuple[str, ...]


_Found = tuple[int, int, _Word]
_LONGEST_GAP = 16
_REMEMBERED = 100_000
"""Pieces of text that are remembered: a language has few, so that each is looked at once; hostile posts have many."""


class _Known(dict[str, tuple[_Found, ...]]):
    """What stands in each piece of text, looked up when it is first met."""

    def __init__(self, look_up: Callable[[str], tuple[_Found, ...]]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, chunk: str) -> tuple[_Found, ...]:
        found = self[chunk] = self._look_up(chunk)
        return found


class Matcher:
    """The names and domains of some partners, made ready for searching many texts."""

    def __init__(self, partners: Iterable[Partner]) -> None:
        self._root = _Node()
        self._vocabulary: dict[str, dict[str, None]] = defaultdict(dict)
        self._stems: set[str] = set()
        self._beginnings: set[str] = set()
        self._known = _Known(self._words)
        self._domains: dict[str, dict[str, None]] = defaultdict(dict)
        for partner in partners:
            for parts, split in spelled(partner):
                self._add(partner.id, parts, split)
            for domain in partner.domains:
                name = links.host("https://" + domain.strip().split("://")[-1]).removeprefix("www.")
                if name and name not in links.CARRIERS:
                    self._domains[name][partner.id] = None

    def _add(self, partner: str, parts: list[Part], split: bool) -> None:
        words = [part.word for part in parts]
        if len("".join(map(folded, words))) < 2:
            return
        single = len(words) == 1
        short = single and words[0].isupper() and len(words[0].replace(".", "")) <= 5
        name = _Name(
            partner=partner,
            capitals=tuple(word[0].isupper() for word in words),
            articles=tuple(part.article for part in parts),
            coined=any(map(is_coined, words)) or (single and (len(words[0]) >= 8 or words[0].islower())),
            acronym=short,
            split=split,
        )
        node = self._root
        for word in words:
            node = node.next.setdefault(self._symbol(word, single), _Node())
        if name not in node.names:
            node.names.append(name)

    def _symbol(self, word: str, single: bool) -> str:
        """The symbol of a name's word, known from now on by all its forms. Alone it needs a stem of four letters."""
        plain = folded(word)
        symbol = f"{plain}{'!' if single else ''}{'^' if word.isupper() else ''}"
        forms: tuple[str, ...] = ()
        if word.isupper():
            forms = (f"{plain}|m",) if len(plain) > 5 else ()
        elif word.isalpha():
            forms = tuple(stems(plain, at_least=4 if single else 3))
        for form in (plain, *forms):
            self._vocabulary[form][symbol] = None
            # A stem may have lost the "e" that stood second.
            self._beginnings.update((form[:2], f"{form[:1]}e"))
        self._stems.update(form.partition("|")[0] for form in forms)
        return symbol

    def _look_up(self, raw: str) -> _Word | None:
        """What a word of a text may be in a name; None if nothing."""
        base = raw if raw.isalpha() else HYPHEN.split(raw)[0]
        plain = folded(base)
        if plain[:2] not in self._beginnings:
            return None  # as nearly every word
        fused = None if base.islower() else _FUSED.fullmatch(base)
        symbols: dict[str, None] = {}
        for word in (plain, folded(fused[1])) if fused else (plain,):
            for form in (word, *stems(word, at_least=3, known=self._stems)):
                symbols.update(self._vocabulary.get(form, {}))
        head = fused[1] if fused else base
        first = tuple(self._root.next[symbol] for symbol in symbols if symbol in self._root.next)
        return _Word(tuple(symbols), first, base[0].isupper(), head.isupper()) if symbols else None

    def mentions(self, text: str, language: str) -> list[Mention]:
        """Every mention of a partner in `text` (NFC) in order; of a joint name first the whole, then its other parts."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        hidden, tags = hashtags.visible(text)
        for start, end in tags:
            hidden = f"{hidden[:start]}{' ' * (end - start)}{hidden[end:]}"
        # All that is done for every word is done by split and map: a loop of our own would cost five times as much.
        chunks = hidden.replace("\n", " ").split(" ")
        told = list(map(self._known.__getitem__, chunks))
        if not any(told):
            return []
        found: list[_Found] = []
        done = place = 0
        for number in compress(count(), told):
            place += sum(map(len, chunks[done:number])) + number - done
            done = number
            found += [(place + first, place + last, word) for first, last, word in told[number]]
        strict = language in ("*", "und") or language.split("-")[0] == "en"
        return list(self._named(hidden, found, strict))

    def _words(self, chunk: str) -> tuple[_Found, ...]:
        """The words that may stand in a name, in what stands between two spaces; nearly always none."""
        found = ((match.start(), match.end(), self._look_up(match[0])) for match in WORD.finditer(chunk))
        return tuple((start, end, word) for start, end, word in found if word)

    def _named(self, text: str, words: Sequence[_Found], strict: bool) -> Iterator[Mention]:
        at = 0
        while at < len(words):
            last, partners = self._longest(text, words, at, strict) if words[at][2].first else (at, ())
            if partners:
                whole = Mention(words[at][0], words[last][1], partners)
                yield whole
                yield from self._parts(text, words[at : last + 1], strict, whole)
            at = last + 1

    def _parts(self, text: str, words: Sequence[_Found], strict: bool, whole: Mention) -> Iterator[Mention]:
        """What else a joint name names: the partners of what stands before, between and after each "/"."""
        first = 0
        for at in range(1, len(words) + 1):
            ends = at == len(words)
            if (ends and first) or (not ends and "/" in text[words[at - 1][1] : words[at][0]]):
                for part in self._named(text, words[first:at], strict):
                    if not set(part.partners) <= set(whole.partners):
                        yield part
                first = at

    def _longest(self, text: str, words: Sequence[_Found], at: int, strict: bool) -> tuple[int, tuple[str, ...]]:
        """The index of the last word of the longest name that begins at `at`, and its partners; (`at`, ()) if none."""
        nodes, last = words[at][2].first, at
        ends = [(last, node) for node in nodes if node.names]
        while nodes and last + 1 < len(words) and _joins(text, words[last][1], words[last + 1][0]):
            last += 1
            symbols = words[last][2].symbols
            nodes = tuple(node.next[symbol] for node in nodes for symbol in symbols if symbol in node.next)
            ends += [(last, node) for node in nodes if node.names]
        for last, node in reversed(ends):
            partners = {
                name.partner: None for name in node.names if _looks_like(name, text, words[at : last + 1], strict)
            }
            if partners:
                return last, tuple(partners)
        return at, ()

    def hosts(self, name: str) -> tuple[str, ...]:
        """The partners whose domain the host `name` is, or is under by whole labels; the longest domain wins."""
        labels = name.split(".")
        for at in range(len(labels) - 1):
            tail = ".".join(labels[at:])
            if tail in self._domains:
                return tuple(self._domains[tail])
            if tail in links.CARRIERS:
                return ()
        return ()


def _joins(text: str, start: int, end: int) -> bool:
    """Whether what stands between two words keeps them in one name: a space, "-", "/", a quotation mark, an article."""
    if end - start > _LONGEST_GAP:
        return False  # far more than a name holds, and not worth the pattern
    if text.count("\n", start, end) > 1:
        return False  # two blocks
    return text[start:end] == " " or bool(_GAP.fullmatch(text, start, end))


def _looks_like(name: _Name, text: str, words: Sequence[_Found], strict: bool) -> bool:
    """Whether the words are written as this name is, or at least as a name."""
    forms = [word for _, _, word in words]
    if name.acronym:
        return forms[0].upper and not _is_shouted(text, words)
    if not _agrees(name, text, words):
        return False
    if name.coined and not name.split:
        return True
    wanted = sum(name.capitals)
    given = sum(form.capital for form, want in zip(forms, name.capitals, strict=True) if want)
    if name.split and len(forms) == 2:
        return given == wanted and not _goes_on(text, words)
    if strict and wanted > 2:
        return 2 * given > wanted
    return given == wanted if strict or wanted == 1 else given > 0


def _agrees(name: _Name, text: str, words: Sequence[_Found]) -> bool:
    """Whether the articles are of one gender: "i" is masculine only ("Prokurori i …" is no "Prokuroria e …"), "së" feminine."""
    for at, article in enumerate(name.articles):
        wrong = {"e": "i", "i": "se"}.get(article)
        gap = _GAP.fullmatch(text, words[at - 1][1], words[at][0]) if wrong else None
        if gap and hashtags.key(gap[1][-3:]) == wrong:
            return False
    return True


def _line(text: str, words: Sequence[_Found]) -> str:
    start, end = text.rfind("\n", 0, words[0][0]) + 1, text.find("\n", words[-1][1])
    return text[start : end if end >= 0 else len(text)]


def _is_shouted(text: str, words: Sequence[_Found]) -> bool:
    """Whether an acronym that is also an ordinary word stands in a line all in capitals: "WHO IS RESPONSIBLE?", or is
    shortened by one in capitals: "IT'S TIME"."""
    start, end, _ = words[0]
    word, *ending = HYPHEN.split(text[start:end])
    if folded(word) not in ORDINARY:
        return False
    shouted = any(part.isupper() for part in ending)
    return shouted or (_line(text, words).isupper() and end - start < len(_line(text, words)))


def _goes_on(text: str, words: Sequence[_Found]) -> bool:
    """Whether a heading with capitals throughout goes on after the words: "We Protect Children" is no WeProtect."""
    following = re.match(r"\s([^\W\d_]\w*)", text[words[-1][1] : words[-1][1] + 40])
    if not following or not following[1][0].isupper():
        return False
    return not any(word.islower() for word in re.findall(r"[^\W\d_]{4,}", _line(text, words)))
