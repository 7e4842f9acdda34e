"""Reading words.<language>.toml: the shipped files first, the site's own over them, all complaints at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from syndicate.errors import Complaint, SiteError
from syndicate.words.book import LAST_RESORT, PLURALS, Phrase, WordBook, phrase, placeholders

Entry = Phrase | Mapping[str, Phrase]

RETIRED = frozenset({"mail.see_also"})
"""Keys of earlier versions. A site that was made then holds them, in its words and perhaps in its own newsletter.mjml."""


@dataclass
class _Reading:
    """What has been read so far of one language, and what was wrong with it."""

    table: dict[str, Entry] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)


def load(folders: Sequence[Path], languages: tuple[str, ...], timezone: str) -> WordBook:
    """Read the words of `languages` from `folders`; a later folder overrides single keys of an earlier one.

    `timezone` is an IANA name. The first folder is the shipped one: it says which keys there are. Keys of the operator's
    own templates stand in tables of their own. Raises SiteError with everything that is wrong, each with file and line.
    """
    complaints: list[Complaint] = []
    tables = {}
    for code in dict.fromkeys((*languages, LAST_RESORT)):
        reading = _read(folders, code)
        complaints += reading.complaints
        if reading.table or code in languages:
            tables[code] = reading.table
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        complaints.append(
            Complaint(
                "feeds/site.toml", 0, "timezone", f'there is no time zone {timezone!r}; write e.g. "Europe/Tirane"'
            )
        )
    if complaints:
        raise SiteError(complaints)
    return WordBook(languages, zone, tables)


def _read(folders: Sequence[Path], language: str) -> _Reading:
    reading = _Reading()
    for place, folder in enumerate(dict.fromkeys(folders)):
        path = _file(folder, language)
        if path is None:
            continue
        try:
            source = path.read_text("utf-8")
            raw = tomllib.loads(source)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            reading.complaints.append(_unreadable(path, error))
            continue
        _merge(reading, raw, source, path, known=set(reading.table) if place else set())
    return reading


def _file(folder: Path, language: str) -> Path | None:
    """The file of a language: its own, or that of its base language (words.sq.toml for sq-AL)."""
    names = (f"words.{language}.toml", f"words.{language.split('-')[0]}.toml")
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _merge(reading: _Reading, raw: dict[str, object], source: str, path: Path, known: set[str]) -> None:
    owned = {key.split(".")[0] for key in known}
    for key, value in _flat(raw):
        try:
            entry = _entry(value)
            if known and key not in known | RETIRED and key.split(".")[0] in owned:
                raise ValueError(_unknown(key, known))
            extra = _names(entry) - _names(reading.table.get(key, entry))
            if extra:
                raise ValueError(_stranger(extra, reading.table[key]))
        except ValueError as error:
            reading.complaints.append(Complaint(str(path), _line(source, key), key, str(error)))
        else:
            reading.table[key] = entry


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict) and not (_plain(value) and set(value) <= PLURALS):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _plain(table: Mapping[str, object]) -> bool:
    return bool(table) and not any(isinstance(value, dict) for value in table.values())


def _entry(value: object) -> Entry:
    if isinstance(value, str):
        return phrase(value)
    if isinstance(value, dict) and all(isinstance(text, str) for text in value.values()):
        if "other" not in value:
            raise ValueError('plural forms need at least "other"')
        return {form: phrase(text) for form, text in value.items()}
    raise ValueError("this is no string; write it in quotation marks")


def _names(entry: Entry) -> set[str]:
    phrases = entry.values() if isinstance(entry, Mapping) else (entry,)
    return set().union(*map(placeholders, phrases)) | ({"count"} if isinstance(entry, Mapping) else set())


def _unknown(key: str, known: set[str]) -> str:
    near = get_close_matches(key, known, n=1, cutoff=0.6)
    right = f"did you mean {near[0]}? Words" if near else "words"
    return f"nothing uses this key; {right} of your own templates go into a table of their own, such as [own]"


def _stranger(extra: set[str], shipped: Entry) -> str:
    have = ", ".join(f"{{{name}}}" for name in sorted(_names(shipped))) or "none"
    return f"unknown placeholder {{{min(extra)}}}; this string can use: {have}"


def _unreadable(path: Path, error: Exception) -> Complaint:
    at = re.search(r"\(at line (\d+), column \d+\)", str(error))
    said = str(error).replace(at.group(), "").strip() if at else str(error)
    if isinstance(error, UnicodeDecodeError):
        said = "the file is not UTF-8; save it as UTF-8"
    elif "at end of document" in said:
        said = f"{said}; is a quotation mark or bracket left open?"
    return Complaint(str(path), int(at.group(1)) if at else 0, "", said)


def _line(source: str, key: str) -> int:
    """The line, from 1, where the dotted key is written: its own line under its table's header; 0 if not found."""
    *tables, name = key.split(".")
    here: list[str] = []
    for number, line in enumerate(source.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line)
        if header:
            here = [part.strip(" \"'") for part in header.group(1).split(".")]
            if here == [*tables, name]:
                return number
        elif here == tables and re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*[.=]", line):
            return number
    return 0
