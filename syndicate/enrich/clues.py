"""What a block shows before any model has seen it: its role, the words worth scoring, and outright signs of a language."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Set
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple

from syndicate.enrich import signs
from syndicate.markup import Block
from syndicate.models import UNDETERMINED

Role = Literal["text", "heading", "hashtags", "link", "marker", "rule", "picture", "byline", "names", "number"]

_URL = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w.-]+\.(?:org|com|net|al|eu|info|mk|rs|ba|it|de|fr)\b(?:/\S*)?", re.IGNORECASE
)
_DOMAIN = re.compile(r"\.(?:org|com|net|al|eu|info|mk|rs|ba|it|de|fr)\b", re.IGNORECASE)
_MAIL = re.compile(r"\S{1,64}@\S{1,64}\.\w+")
_TAG = re.compile(r"[#＃﹟]\w+|(?<!\w)@\w+")
_NOISE = re.compile(r"[\d_*|/\\\[\]{}<>=+^~#@&%$€£•·…\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]+")
_FLAG = re.compile(r"[\U0001f1e6-\U0001f1ff]{2}")
WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")
"""A word, apostrophes inside it included."""
_SPACED = re.compile(r"(?:\b[^\W\d_]\b[ \u00a0]+){3,}\b[^\W\d_]\b")
_HOMOGLYPHS = str.maketrans("ёЁ", "ëË")
_CYRILLIC_IN_LATIN = re.compile(r"(?<=[a-zA-Z])ё|ё(?=[a-zA-Z])|(?<=[a-zA-Z])Ё|Ё(?=[a-zA-Z])|\bё\b")
_PREFIX = re.compile(r"^[\W_]*([^\W\d_]{2,12})\s*[\])]?\s*[:|)\]–—-]\s*(?=\S)")
_NOTICE = re.compile(signs.NOTICE, re.IGNORECASE)
_STEMS = re.compile("ransl|rkth|radu|setz|reve|евед")
_BYLINE = re.compile(signs.BYLINE, re.IGNORECASE)
_STAMP = re.compile(
    r"^(?:[^\W\d_]{2,9}\.?,?\s+)?(?:[^\W\d_]{3,10}\.?\s+)?\d{1,2}[./,\s-]+(?:[^\W\d_]{3,10}[,.\s]+)?\d{2,4}(?:\s*[-–,]?\s*\d{1,2}:\d{2}(?:\s*[ap]m)?)?$",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"^[a-z][\w.]*-(?:author|admin|editor|redaksia)$", re.IGNORECASE)
_NAME_PARTS = re.compile(r"\s*[,;/•|]\s*|\s+(?:dhe|and|e|und|et|y|i|и)\s+")
_SMALL_LETTERS = string.ascii_lowercase.encode()
# Letters that are neither Latin, Greek nor Cyrillic.
_OTHER_SCRIPT = re.compile(r"[\u0531-\u1bff\u3041-\ud7ff\uf900-\ufaff\ufb1d-\ufdff]")
_QUOTED_NAME = re.compile(r"[“„«][^“”„«»]{2,50}[”“»]")
_DIGIT = re.compile(r"\d")
SMALL = signs.words(
    "of and the for de des du di del della dhe e i të së për la le les in on to von und für na za и за на"
)
"""Small words inside names, in lower case."""
_QUOTES = ("“", "„", '"', "«", "‘", "»")
_ENDED = (".", "!", "?", "…", ":", ";", ".”", ".“", '."', ".»")


EVERY = "*"
"""The language of a block that stands in every version."""
_NO_SIGNS: Mapping[str, float] = MappingProxyType({})
COUNTED = 25
"""Up to how many words of a block its common words are counted: a longer one needs no help."""
NAME_LIKE = 0.55
"""How far a line of five or more capitalised words is believed: a title in English, or a long name."""
COMMON, COMMON_MOST = 1.0, 5.0
FOREIGN_SCRIPT = 40.0
"""The head start of `und` for a text in a script of none of the site's languages."""
CUT = 30.0
"""The head start of the language by which a part of a block was cut off."""
NAMED = 14.0
"""The head start of the language whose flag or code a block begins with."""
END = 90
"""About how many characters of a long text's beginning and end are looked at."""


class Clue(NamedTuple):
    """A block as the model sees it.

    `scored` is what the identifier is asked about, "" for blocks of no language of their own; of a long text only its
    beginning and its end, parted by a line end: that is plenty, and shows whether they are in one language. `weight`
    scales its evidence; `signs` gives languages a head start in natural-logarithm units, with `because` saying why.
    `names` is the language that a marker names; `elsewhere` that it points to another place; `listed` that it is a list
    of names. `pin` is what the operator fixed: a language, EVERY, or "" for no version.
    """

    block: Block
    role: Role
    scored: str = ""
    words: int = 0
    weight: float = 1.0
    signs: Mapping[str, float] = _NO_SIGNS
    because: str = ""
    names: str = ""
    elsewhere: bool = False
    listed: bool = False
    pin: str | None = None

    @property
    def neutral(self) -> bool:
        """Whether it has no language of its own, and goes with its neighbours."""
        return not self.scored and not self.signs


def clue(block: Block, languages: tuple[str, ...], partners: Set[str]) -> Clue:
    """The clue of one block on a site with these languages; `partners` are names in lower case that are no evidence."""
    text = block.text
    if not text:
        return Clue(block, "rule" if block.kind == "rule" else "picture")
    if block.kind == "rule":
        return Clue(block, "rule")
    named, elsewhere = signpost(text, languages)
    if named:
        return Clue(block, "marker", names=named, elsewhere=elsewhere)
    if len(text) < 120 and _BYLINE.match(text):
        return Clue(block, "byline")
    if len(text) <= 40 and _stamped(text.lstrip("•·*–- ")):
        return Clue(block, "byline")
    if (
        len(text) <= 220
        and _STEMS.search(text)
        and _NOTICE.search(text)
        and not block.links
        and block.kind != "heading"
    ):
        return Clue(block, "marker", elsewhere=True)
    scored, words = _asked(text)
    if not words:
        return Clue(block, _wordless(text))
    role: Role = "heading" if headed(block, words) else "text"
    if block.classes and embedded(block.classes):
        return Clue(block, role, scored, words, 0.05)  # written elsewhere, in whatever language its writer chose
    if _OTHER_SCRIPT.search(scored, 0, END) and _strange(scored, languages):
        letters = len(_OTHER_SCRIPT.findall(text))
        return Clue(block, role, scored, max(words, letters // 3), 0.0, {UNDETERMINED: FOREIGN_SCRIPT}, "its script")
    given, because = _signs(block, text, scored, languages)
    if words <= 12 and _all_partners(text, partners):
        return Clue(block, "names", signs=given, because=because)
    listed = role != "heading" and _listed_names(text)
    weight = _weight(block, text, scored, words, listed)
    if words <= COUNTED and weight >= 0.5:
        _common(scored, languages, given)
    return Clue(block, role, scored, words, weight, given, because, listed=listed)


def _strange(scored: str, languages: tuple[str, ...]) -> bool:
    """Whether most letters are of a script in which none of the site's languages is written."""
    letters = sum(map(str.isalpha, scored))
    known = all(code.split("-")[0].lower() in signs.EUROPEAN for code in languages)
    return known and len(_OTHER_SCRIPT.findall(scored)) * 2 > letters


def _stamped(line: str) -> bool:
    """Whether a line is an account's name, or a bare date that shows no language."""
    return bool(_ACCOUNT.match(line) or (_STAMP.match(line) and not _month(line)))


@lru_cache(maxsize=256)
def embedded(classes: tuple[str, ...]) -> bool:
    """Whether the classes round a block are those of a post of a social network, set into the text."""
    return any(signs.EMBED in name or name in signs.EMBEDS for name in classes)


def pinned_clue(here: Clue, code: str, languages: tuple[str, ...]) -> Clue:
    """A block whose language the operator fixed; one of a language that the site does not have is of `und`."""
    role: Role = "text" if here.role in ("marker", "byline", "rule") and here.block.text and code else here.role
    if code in ("", EVERY):
        return here._replace(role=role, scored="", signs=_NO_SIGNS, pin=code)
    known = code if code in languages else _configured(code.split("-")[0].lower(), languages)
    scored, words = (here.scored, here.words) if here.scored else _asked(here.block.text)
    pin = known if known in languages else UNDETERMINED
    return here._replace(role=role, scored=scored, words=words, pin=pin, names="")


def _asked(text: str) -> tuple[str, int]:
    """What the identifier is asked about a block, and about how many words the block has."""
    if len(text) > 2 * END + 80:
        head, tail = masked(text[: END + 20]), masked(text[-END - 20 :])
        if len(head) > END // 2 and len(tail) > END // 2:
            return f"{head}\n{tail}", text.count(" ") + 1
    scored = masked(text)
    words = len(WORD.findall(scored))
    if 6 <= words <= COUNTED and _QUOTED_NAME.search(scored):
        # What stands in quotation marks in a sentence is often a name, and may be of another language.
        rest = _QUOTED_NAME.sub(" ", scored).strip()
        left = len(WORD.findall(rest))
        if left >= 4:
            return rest, words
    return scored, words


def masked(text: str) -> str:
    """`text` without what has no language: addresses, hashtags, mentions, digits, emoji; letter-spaced words closed up."""
    if "://" in text or "@" in text or "www." in text or _DOMAIN.search(text):
        text = _URL.sub(" ", _MAIL.sub(" ", text))
    if "#" in text or "＃" in text or "﹟" in text or "@" in text:
        text = _TAG.sub(" ", text)
    text = _NOISE.sub(" ", text)
    if "ё" in text or "Ё" in text:
        text = _CYRILLIC_IN_LATIN.sub(lambda found: found[0].translate(_HOMOGLYPHS), text)
    if text.count(" ") * 4 > len(text):
        text = _SPACED.sub(lambda found: re.sub(r"\s+", "", found[0]), text)
    letters = text.strip()
    return letters.lower() if _mostly_capitals(letters[:200]) else letters


def _mostly_capitals(shown: str) -> bool:
    # Counted in C where it can be: hardly a text is not at least half small letters from a to z.
    written = shown.encode("utf-8", "surrogatepass")
    small = len(written) - len(written.translate(None, _SMALL_LETTERS))
    return small * 2 < len(shown) and sum(map(str.isupper, shown)) * 2 > len(shown)


def headed(block: Block, words: int) -> bool:
    """Whether the block looks like a heading: marked up as one, or a short line that is all bold."""
    if block.kind == "heading":
        return True
    return block.bold and words <= 40 and len(block.text) <= 250 and not block.listed and block.kind == "paragraph"


def quotation(block: Block) -> bool:
    """Whether the block is somebody's words: a block quote, or a paragraph in quotation marks from end to end."""
    if block.quoted:
        return True
    text = block.text
    return text.startswith(_QUOTES) and any(mark in text[-3:] for mark in '”“"»’')


def signpost(text: str, languages: tuple[str, ...]) -> tuple[str, bool]:
    """The language that a marker line such as "English", "[ENG]" or "🇬🇧 English" names, else ""; and whether it
    only points to it ("English version below")."""
    if len(text) > 60:
        return "", False
    flags = {signs.LANGUAGE_OF_FLAG.get(found, "") for found in _FLAG.findall(text)} - {""}
    words = [word.lower() for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)?", text)]
    names = [word for word in words if _is_name(word, text)]
    others = [
        word for word in words if word not in names and word not in signs.SIGNPOSTS and word not in signs.ELSEWHERE
    ]
    found = flags | {signs.LANGUAGE_OF_NAME[name] for name in names}
    if others or len(found) != 1 or len(words) > 7:
        return "", False
    if not flags and all(len(name) <= 3 for name in names) and not _shouted(text, names):
        return "", False
    language = _configured(found.pop(), languages)
    return language, any(word in signs.ELSEWHERE for word in words)


def _is_name(word: str, text: str) -> bool:
    """Whether a word (in lower case) of a signpost names a language: "en" does in capitals only."""
    return word in signs.LANGUAGE_OF_NAME and (word not in signs.SIGNPOSTS or word.upper() in text)


def _shouted(text: str, names: list[str]) -> bool:
    """A bare code counts only in capitals or brackets: "it" and "de" are words."""
    return all(name.upper() in text for name in names) or text.strip()[:1] in "[("


def _configured(language: str, languages: tuple[str, ...]) -> str:
    """The site's own code for a language (sr-Latn for sr), or the language itself."""
    return next((code for code in languages if code.split("-")[0].lower() == language), language)


def _wordless(text: str) -> Role:
    if _TAG.search(text):
        return "hashtags"
    return "link" if _URL.search(text) or _MAIL.search(text) else "number"


def _weight(block: Block, text: str, scored: str, words: int, listed: bool) -> float:
    weight = 1.0
    if listed:
        weight = 0.05
    elif (
        words <= 12
        and name_like(scored)
        and not (words > 2 and text.endswith(_ENDED[:4]))
        and not (words >= 4 and headed(block, words))
    ):
        # English capitalises its titles: five such words in a row are as likely one as they are names.
        weight = 0.25 if words < 5 else NAME_LIKE
    if block.quoted:
        weight *= 0.12
    elif quotation(block):
        weight *= 0.6
    return weight


def name_like(text: str) -> bool:
    """Whether each word is capitalised, small linking words apart: a list of names, a signature."""
    words = WORD.findall(text)
    large = [word for word in words if word.lower() not in SMALL]
    return len(large) >= 1 and all(word[0].isupper() for word in large) and (len(words) > 1 or words[0].isupper())


def _listed_names(text: str) -> bool:
    """Whether it is a list of names, such as "Oak Foundation, Terre des hommes": short parts that begin with a capital."""
    if "," not in text or len(text) > 200 or text.endswith((".", "!", "?")) or text.isupper():
        return False
    parts = [part.strip() for part in text.split(",")]
    return all(part[:1].isupper() and len(part.split()) <= (8 if name_like(part) else 5) for part in parts)


def _all_partners(text: str, partners: Set[str]) -> bool:
    parts = [part.strip(" .:–-").lower() for part in _NAME_PARTS.split(text)]
    return any(parts) and all(not part or part in partners for part in parts)


def _month(text: str) -> frozenset[str]:
    """The languages whose month a date in `text` names."""
    return next(
        (
            signs.LANGUAGES_OF_MONTH[word]
            for word in (found.lower().translate(_HOMOGLYPHS) for found in WORD.findall(text))
            if word in signs.LANGUAGES_OF_MONTH
        ),
        frozenset(),
    )


DATE = re.compile(r"\d{1,2}\.?\s+([^\W\d_]{3,12})\.?,?\s+\d{4}|([^\W\d_]{3,12})\s+\d{1,2},?\s+\d{4}")
"""A date with the name of a month, before or after the day."""


def _signs(block: Block, text: str, scored: str, languages: tuple[str, ...]) -> tuple[dict[str, float], str]:
    """Head starts for languages: a flag or prefix at the start (NAMED), the month of a date (5), a `lang` attribute (1)."""
    given: dict[str, float] = {}
    because = ""
    if block.lang:
        language = _configured(block.lang.split("-")[0].lower(), languages)
        if language in languages:
            given[language] = 1.0
    date = DATE.search(text, 0, 120) if _DIGIT.search(text, 0, 120) else None
    if date:
        month = _month(date[1] or date[2])
        hit = [code for code in languages if code.split("-")[0].lower() in month]
        if hit and len(hit) < len(languages):
            because = "the month in its date"
            given |= {code: given.get(code, 0.0) + 5.0 for code in hit}
    if len(text) <= 60:
        _furniture(scored, languages, given)
    sign = _named_at_start(text, languages)
    if sign:
        because = "the flag or language code that it begins with"
        given[sign] = given.get(sign, 0.0) + NAMED
    return given, because


def _furniture(scored: str, languages: tuple[str, ...], given: dict[str, float]) -> None:
    """A head start (3 each, 6 at most) for the languages of words such as "njoftim" or "release" in a short line."""
    for word in WORD.findall(scored)[:4]:
        known = signs.LANGUAGES_OF_LABEL.get(word.lower(), frozenset())
        hit = _spoken_here(known, languages)
        for code in hit:
            given[code] = min(6.0, given.get(code, 0.0) + 3.0)


@lru_cache(maxsize=1024)
def _spoken_here(known: frozenset[str], languages: tuple[str, ...]) -> tuple[str, ...]:
    """Which of the site's languages are among those of a word; `und` where none is, nor any close to them."""
    hit = tuple(code for code in languages if code.split("-")[0].lower() in known)
    if hit or not known:
        return hit if len(hit) < len(languages) else ()
    own = {code.split("-")[0].lower() for code in languages}
    close = any(group & own and group & known for group in signs.KIN)
    return () if close else (UNDETERMINED,)


def _common(scored: str, languages: tuple[str, ...], given: dict[str, float]) -> None:
    """A head start (COMMON each, COMMON_MOST at most) for the languages that have the commonest words of a short text.

    The identifier counts letters, and one foreign name can outweigh the grammar of a line.
    """
    counted: dict[str, float] = {}
    for word in scored.lower().split():
        known = signs.LANGUAGES_OF_COMMON_WORD.get(word.strip(",.!?:;“”„\"'’()"))
        if known:
            for code in _spoken_here(known, languages):
                counted[code] = counted.get(code, 0.0) + COMMON
    for code, hits in counted.items():
        given[code] = given.get(code, 0.0) + min(COMMON_MOST, hits)


def unflagged(text: str) -> str:
    """`text` without a flag, or a language's code and its mark, at its start."""
    flag = _FLAG.match(text)
    if flag:
        return text[flag.end() :].lstrip(" |:–—-/•").strip() or text
    prefix = _PREFIX.match(text)
    if prefix and prefix[1].lower() in signs.LANGUAGE_OF_NAME and (len(prefix[1]) > 3 or prefix[1].isupper()):
        return text[prefix.end() :].strip() or text
    return text


def _named_at_start(text: str, languages: tuple[str, ...]) -> str:
    flag = _FLAG.match(text)
    language = signs.LANGUAGE_OF_FLAG.get(flag[0], "") if flag else ""
    prefix = None if flag else _PREFIX.match(text)
    if prefix and (len(prefix[1]) > 3 or prefix[1].isupper()) and _is_name(prefix[1].lower(), prefix[1]):
        language = signs.LANGUAGE_OF_NAME[prefix[1].lower()]
    language = _configured(language, languages)
    return language if language in languages else ""
