"""What a block shows before any model has seen it: its role, the words worth scoring, and outright signs of a language."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Literal, NamedTuple

from syndicate.enrich import signs
from syndicate.markup import Block

Role = Literal["text", "heading", "hashtags", "link", "marker", "rule", "picture", "byline", "names", "number"]

_URL = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w.-]+\.(?:org|com|net|al|eu|info|mk|rs|ba|it|de|fr)\b(?:/\S*)?", re.IGNORECASE
)
_DOMAIN = re.compile(r"\.(?:org|com|net|al|eu|info|mk|rs|ba|it|de|fr)\b", re.IGNORECASE)
_MAIL = re.compile(r"\S{1,64}@\S{1,64}\.\w+")
_TAG = re.compile(r"[#＃﹟]\w+|(?<!\w)@\w+")
_NOISE = re.compile(r"[\d_*|/\\\[\]{}<>=+^~#@&%$€£•·…\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]+")
_FLAG = re.compile(r"[\U0001f1e6-\U0001f1ff]{2}")
_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")
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
_DIGIT = re.compile(r"\d")
_SMALL = signs.words(
    "of and the for de des du di del della dhe e i të së për la le les in on to von und für na za и за на"
)
_QUOTES = ("“", "„", '"', "«", "‘", "»")
_ENDED = (".", "!", "?", "…", ":", ";", ".”", ".“", '."', ".»")


_NO_SIGNS: Mapping[str, float] = MappingProxyType({})
END = 90
"""About how many characters of a long text's beginning and end are looked at."""


class Clue(NamedTuple):
    """A block as the model sees it.

    `scored` is what the identifier is asked about, "" for blocks of no language of their own; of a long text only its
    beginning and its end, parted by a line end: that is plenty, and shows whether they are in one language. `weight`
    scales its evidence; `signs` gives languages a head start in natural-logarithm units, with `because` saying why.
    `names` is the language that a marker names; `elsewhere` that it points to another place.
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
    line = text.lstrip("•·*–- ")
    if len(text) <= 40 and (_ACCOUNT.match(line) or (_STAMP.match(line) and not _month(line))):
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
    given, because = _signs(block, text, languages)
    if words <= 12 and _all_partners(text, partners):
        return Clue(block, "names", signs=given, because=because)
    return Clue(block, role, scored, words, _weight(block, text, scored, words), given, because)


def _asked(text: str) -> tuple[str, int]:
    """What the identifier is asked about a block, and about how many words the block has."""
    if len(text) > 2 * END + 80:
        head, tail = masked(text[: END + 20]), masked(text[-END - 20 :])
        if len(head) > END // 2 and len(tail) > END // 2:
            return f"{head}\n{tail}", text.count(" ") + 1
    scored = masked(text)
    return scored, len(_WORD.findall(scored))


def masked(text: str) -> str:
    """`text` without what has no language: addresses, hashtags, mentions, digits, emoji; letter-spaced words closed up."""
    if "://" in text or "@" in text or "www." in text or _DOMAIN.search(text):
        text = _MAIL.sub(" ", _URL.sub(" ", text))
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


def _weight(block: Block, text: str, scored: str, words: int) -> float:
    weight = 1.0
    if _listed_names(text):
        weight = 0.25
    elif words <= 12 and name_like(scored) and not (words >= 4 and headed(block, words)):
        # English capitalises its titles: five such words in a row are as likely one as they are names.
        weight = 0.25 if words < 5 else 0.6
    if block.quoted:
        weight *= 0.12
    elif quotation(block):
        weight *= 0.6
    return weight


def name_like(text: str) -> bool:
    """Whether each word is capitalised, small linking words apart: a list of names, a signature."""
    words = _WORD.findall(text)
    large = [word for word in words if word.lower() not in _SMALL]
    return len(large) >= 1 and all(word[0].isupper() for word in large) and (len(words) > 1 or words[0].isupper())


def _listed_names(text: str) -> bool:
    """Whether it is a list of names, such as "Oak Foundation, Terre des hommes": short parts that begin with a capital."""
    if "," not in text or len(text) > 200 or text.endswith((".", "!", "?")):
        return False
    parts = [part.strip() for part in text.split(",")]
    return all(part[:1].isupper() and len(part.split()) <= 5 for part in parts) and not any(map(str.isdigit, text))


def _all_partners(text: str, partners: Set[str]) -> bool:
    parts = [part.strip(" .:–-").lower() for part in _NAME_PARTS.split(text)]
    return any(parts) and all(not part or part in partners for part in parts)


def _month(text: str) -> frozenset[str]:
    """The languages whose month a date in `text` names."""
    return next(
        (
            signs.LANGUAGES_OF_MONTH[word]
            for word in (found.lower().translate(_HOMOGLYPHS) for found in _WORD.findall(text))
            if word in signs.LANGUAGES_OF_MONTH
        ),
        frozenset(),
    )


_DATE = re.compile(r"\d{1,2}\.?\s+([^\W\d_]{3,12})\.?,?\s+\d{4}|([^\W\d_]{3,12})\s+\d{1,2},?\s+\d{4}")


def _signs(block: Block, text: str, languages: tuple[str, ...]) -> tuple[dict[str, float], str]:
    """Head starts for languages: a flag or prefix at the start (8), the month of a date (5), a `lang` attribute (1)."""
    given: dict[str, float] = {}
    because = ""
    if block.lang:
        language = _configured(block.lang.split("-")[0].lower(), languages)
        if language in languages:
            given[language] = 1.0
    date = _DATE.search(text, 0, 120) if _DIGIT.search(text, 0, 120) else None
    if date:
        month = _month(date[1] or date[2])
        hit = [code for code in languages if code.split("-")[0].lower() in month]
        if hit and len(hit) < len(languages):
            because = "the month in its date"
            given |= {code: given.get(code, 0.0) + 5.0 for code in hit}
    if len(text) <= 60:
        _furniture(text, languages, given)
    sign = _named_at_start(text, languages)
    if sign:
        because = "the flag or language code that it begins with"
        given[sign] = given.get(sign, 0.0) + 8.0
    return given, because


def _furniture(text: str, languages: tuple[str, ...], given: dict[str, float]) -> None:
    """A head start (3 each, 6 at most) for the languages of words such as "njoftim" or "release" in a short line."""
    for word in _WORD.findall(masked(text))[:4]:
        known = signs.LANGUAGES_OF_FURNITURE.get(word.lower(), frozenset())
        hit = [code for code in languages if code.split("-")[0].lower() in known]
        if hit and len(hit) < len(languages):
            for code in hit:
                given[code] = min(6.0, given.get(code, 0.0) + 3.0)


def furniture_only(text: str) -> bool:
    """Whether a short line is a kicker or the like: most of its words are such as "press", "release", "njoftim"."""
    if len(text) > 80:
        return False
    words = [word.lower() for word in _WORD.findall(masked(text))]
    if not words or len(words) > 6:
        return False
    known = sum(word in signs.LANGUAGES_OF_FURNITURE for word in words)
    return known > 0 and known * 2 >= len(words) - sum(word in _SMALL or word in _LINKING for word in words)


_LINKING = signs.words("për per shtyp media publike public call javnost javni јавни јавен mediat")


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
