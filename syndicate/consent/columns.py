"""Which column of a table of people holds what: by its header in Albanian or English, else by what its cells look like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from syndicate.errors import UsageError

Meaning = Literal["address", "languages", "lists", "state", "name"]


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


# Compared without case, diacritics, spaces and punctuation. `adresa` and `address` may be a street's, so they count only
# where no other column says mail.
_MAIL = words(
    "email emails emaili emailaddress mail adresaemail adresaeemailit adresaeemaili emailadresa adresaelektronike "
    "postaelektronike postaeelektronike subscriber subscriberemail emailprimary"
)
_MEANINGS: dict[Meaning, frozenset[str]] = {
    "address": words("address adresa addresses adresat"),
    "languages": words("language languages lang gjuha gjuhet gjuhe preferredlanguage locale"),
    "lists": words("list lists lista listat mailinglist"),
    "state": words("state status statusi gjendja subscriptionstatus"),
    "name": words(
        "name names emri emrat mbiemri firstname lastname surname fullname givenname familyname emrimbiemri "
        "emridhembiemri emriembiemri emrimbiemer"
    ),
}
_ADDRESS = re.compile(r"""\s*(?:[^<>@]*<)?\s*'?[^\s@<>"',;|]+@[^\s@<>"',;|]+\.[^\s@<>"',;|]+\s*>?\s*""")

_NAMES = {
    "sq": words("sq sqi alb al shqip shqipe shqipja albanian albanisht"),
    "en": words("en eng english anglisht anglishte anglishtja"),
}
_BOTH = words("both bilingual all dyja tedyja tedygjuhet dygjuhe dygjuhesh dygjuhesore")
_BETWEEN = re.compile(r"\s*[+,;/&|]\s*|\s+(?:and|dhe)\s+|\s+")


class TableError(UsageError):
    """The table as a whole cannot be read."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand in a row, counted from 0. `skip` lines come before the first row; `extra` pairs column and name."""

    skip: int
    width: int
    address: int
    languages: int | None = None
    lists: int | None = None
    state: int | None = None
    extra: tuple[tuple[int, str], ...] = ()
    ignored: tuple[str, ...] = ()
    headed: bool = True


def fold(text: str) -> str:
    """Text without case, diacritics, spaces and punctuation: `Adresa e e-mailit` is `adresaeemailit`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if char.isalnum())


def looks_like_address(cell: str) -> bool:
    """Whether a cell is meant to be an address, good or bad: something, an @, and something with a dot."""
    return "@" in cell and _ADDRESS.fullmatch(cell) is not None


def layout(rows: Sequence[Sequence[str]], languages: Sequence[str]) -> Layout:
    """The layout of a table by its first rows (blank ones are empty). Raises TableError when no column holds addresses."""
    for at, cells in enumerate(rows):
        if mail_column(cells) is not None:
            return _headed(at, cells, rows[at + 1 :])
        if any(map(looks_like_address, cells)):
            if at and any(map(_meaning, rows[at - 1])):
                return _headed(at - 1, rows[at - 1], rows[at:])
            # Lines above of the same width are rows with something wrong in them, not a title: they shall be told.
            while at and len(rows[at - 1]) == len(cells):
                at -= 1
            return _headless(at, rows[at:], languages)
    raise TableError(
        "No column of this table holds mail addresses. Name one “address” or “email” in the first row, "
        "and save the table as CSV."
    )


def mail_column(header: Sequence[str]) -> int | None:
    """The column whose header says that it holds mail addresses, counted from 0."""
    folded = [fold(cell) for cell in header]
    sure = [at for at, name in enumerate(folded) if name in _MAIL]
    perhaps = [at for at, name in enumerate(folded) if name in _MEANINGS["address"]]
    return next(iter(sure + perhaps), None)


def _headed(at: int, header: Sequence[str], below: Sequence[Sequence[str]]) -> Layout:
    address = mail_column(header)
    if address is None:
        address = _most_like_addresses(below)
    found: dict[Meaning, int] = {}
    extra, ignored = [], []
    for column, cell in enumerate(header):
        if column == address:
            continue
        meaning = _meaning(cell)
        if meaning == "name":
            ignored.append(cell.strip())
        elif meaning and meaning != "address" and meaning not in found:
            found[meaning] = column
        elif cell.strip():
            extra.append((column, cell.strip()))
    return Layout(
        skip=at + 1,
        width=len(header),
        address=address,
        languages=found.get("languages"),
        lists=found.get("lists"),
        state=found.get("state"),
        extra=tuple(extra),
        ignored=tuple(ignored),
    )


def _meaning(header: str) -> Meaning | None:
    folded = fold(header)
    return next((meaning for meaning, names in _MEANINGS.items() if folded in names), None)


def _headless(at: int, rows: Sequence[Sequence[str]], languages: Sequence[str]) -> Layout:
    width = max(map(len, rows))
    spoken = None
    for column in range(width):
        cells = [row[column] for row in rows if len(row) > column and row[column].strip()]
        if cells and all(_is_language(cell, languages) for cell in cells):
            spoken = column
            break
    return Layout(at, width, _most_like_addresses(rows), languages=spoken, headed=False)


def _most_like_addresses(rows: Sequence[Sequence[str]]) -> int:
    counts: dict[int, int] = {}
    for row in rows:
        for column, cell in enumerate(row):
            if looks_like_address(cell):
                counts[column] = counts.get(column, 0) + 1
    return max(counts, key=lambda column: (counts[column], -column))


def _is_language(cell: str, known: Sequence[str]) -> bool:
    try:
        return bool(read_languages(cell, known))
    except ValueError:
        return False


def read_languages(cell: str, known: Sequence[str]) -> str:
    """What a person reads, as codes of the site joined by "+", theirs first: "Shqip, anglisht" is `sq+en`.

    Codes, regions (`en-GB`), and the names of Albanian and English in both languages are understood, and words for both.
    Empty where the cell is. Raises ValueError with a sentence for anything else, and for a language that is not `known`.
    """
    if not cell.strip():
        return ""
    if fold(cell) in _BOTH:
        return "+".join(known)
    codes = dict.fromkeys(_code(word, known) for word in _BETWEEN.split(cell.strip()) if word)
    if None in codes or not codes:
        ways = ", ".join([*known, *(["+".join(known)] if len(known) > 1 else [])])
        raise ValueError(f"“{cell.strip()[:40]}” is no language of this site: write one of {ways}")
    return "+".join(code for code in codes if code)


def _code(word: str, known: Sequence[str]) -> str | None:
    primary = re.split(r"[-_]", word.casefold())[0]
    folded = fold(word if len(primary) > 3 else primary)
    return next((code for code in known if folded == code or folded in _NAMES.get(code, ())), None)
