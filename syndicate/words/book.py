"""The word book: what to say, in which language, with placeholders, plurals, dates and lists by CLDR."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from string import Formatter
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from syndicate.errors import TemplateError

if TYPE_CHECKING:
    from babel import Locale

PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})
"""The plural categories of CLDR (UTS #35 Part 3 §5); `other` is the one that every language has."""

LAST_RESORT = "en"
"""The language that is asked when neither the reader's nor any of the site's has the words."""

REGIONS = {"en": "en_GB"}
"""Where a bare language code would give the habits of a far country: English dates and lists as Europe writes them."""

Day = date
"""A day; the word book has a method called date."""

Phrase = tuple[tuple[str, str | None], ...]
"""A string cut at its placeholders: pairs of literal text and the name of the placeholder after it, or None."""


def phrase(text: str) -> Phrase:
    """Cut `text` at its placeholders. Raises ValueError for anything but plain `{names}`."""
    parts = []
    for literal, name, form, conversion in Formatter().parse(text):
        if name is not None and (not name.isidentifier() or form or conversion):
            raise ValueError(f"a placeholder is a plain name in braces, not {{{name}{form or ''}}}")
        parts.append((literal, name))
    return tuple(parts)


def placeholders(text: Phrase) -> set[str]:
    """The names of the placeholders in a phrase."""
    return {name for _, name in text if name}


@dataclass(frozen=True)
class WordBook:
    """Words of several languages, as `syndicate.models.Words` promises them.

    `tables` maps a language to its phrases by dotted key; plural phrases map a CLDR category to a phrase. `order` are
    the site's languages, `zone` is where the day of a moment is read off.
    """

    order: tuple[str, ...]
    zone: ZoneInfo
    tables: Mapping[str, Mapping[str, Phrase | Mapping[str, Phrase]]]
    _days: dict[tuple[str, date], str] = field(default_factory=dict, repr=False, compare=False)

    def say(self, language: str, key: str, /, **values: object) -> str:
        """The string of `key` in `language`, with its placeholders filled; `count` chooses the plural form.

        A key that the language lacks is said in the next language that has it. Raises TemplateError when none has, or
        when a placeholder has no value.
        """
        spoken, entry = self._find(language, key)
        text = self._plural(spoken, key, entry, values) if isinstance(entry, Mapping) else entry
        try:
            return "".join(
                literal if name is None else literal + self._shown(spoken, values[name]) for literal, name in text
            )
        except KeyError as missing:
            raise TemplateError(
                f"words.{spoken}.toml: {key}: no value was given for {{{missing.args[0]}}}; take it out of the string"
            ) from None

    def lacking(self) -> dict[str, list[str]]:
        """What each of the site's languages lacks that another has, and so is said in that one: language → keys."""
        every = dict.fromkeys(key for table in self.tables.values() for key in table)
        missing = {code: [key for key in every if key not in self.tables.get(code, {})] for code in self.order}
        return {code: keys for code, keys in missing.items() if keys}

    def date(self, language: str, moment: datetime) -> str:
        """The day of `moment` in the site's time zone, written out long: "27 janar 2022". Naive moments are refused."""
        if moment.tzinfo is None:
            raise ValueError("a date to be written out needs a time zone")
        day = moment.astimezone(self.zone).date()
        if (language, day) not in self._days:
            from babel.dates import format_date

            self._days[language, day] = format_date(day, format="long", locale=locale(language))
        return self._days[language, day]

    def day(self, language: str, day: Day) -> str:
        """A day, written out long."""
        return self.date(language, datetime(day.year, day.month, day.day, 12, tzinfo=self.zone))

    def step(self, language: str, day: Day, by: str, *, short: bool = False) -> str:
        """The week, month or year that begins with `day`: "nëntor 2026"; in short "nën", for an axis."""
        from babel.dates import format_date

        long, brief = {"week": ("d MMM y", "d MMM"), "month": ("LLLL y", "LLL"), "year": ("y", "y")}[by]
        return format_date(day, format=brief if short else long, locale=locale(language))

    def number(self, language: str, value: int) -> str:
        """A number with the language's separators."""
        return self._shown(language, value)

    def join(self, language: str, items: list[str]) -> str:
        """The items as a list in a sentence: "a, b dhe c"."""
        if len(items) < 2:
            return "".join(items)
        from babel.lists import format_list

        return format_list(items, locale=locale(language))

    def language_name(self, code: str, language: str) -> str:
        """What the language `code` is called in `language`; the code itself where CLDR has no name."""
        names = locale(language).languages
        return str(names.get(code.replace("-", "_")) or names.get(code.split("-")[0]) or code)

    def gaps(self, language: str) -> list[str]:
        """The keys that some other language of the book has and `language` lacks, sorted."""
        everything = {key for table in self.tables.values() for key in table}
        return sorted(everything - set(self.tables.get(language, {})))

    @cached_property
    def _chain(self) -> Mapping[str, tuple[str, ...]]:
        every = (*self.order, *self.tables)
        return {code: tuple(dict.fromkeys((code, *self.order, LAST_RESORT, *self.tables))) for code in every}

    def _find(self, language: str, key: str) -> tuple[str, Phrase | Mapping[str, Phrase]]:
        for code in self._chain.get(language) or (language.split("-")[0], *self.order, LAST_RESORT):
            entry = self.tables.get(code, {}).get(key)
            if entry is not None:
                return code, entry
        raise TemplateError(f"no words file has the key {key!r}; add it to words.{language}.toml in templates/")

    def _plural(self, language: str, key: str, entry: Mapping[str, Phrase], values: Mapping[str, object]) -> Phrase:
        count = values.get("count")
        if not isinstance(count, int | float):
            raise TemplateError(f"words.{language}.toml: {key}: this string has plural forms and was given no count")
        return entry.get(locale(language).plural_form(count)) or entry["other"]

    def _shown(self, language: str, value: object) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1000:
            from babel.numbers import format_decimal

            return format_decimal(value, locale=locale(language))
        return str(value)


@lru_cache(maxsize=64)
def locale(language: str) -> Locale:
    """The CLDR locale of a BCP 47 code; its base language, then the root, where CLDR does not know it."""
    from babel import Locale, UnknownLocaleError

    parse = cast("Callable[[str], Locale]", Locale.parse)
    for code in (REGIONS.get(language, language.replace("-", "_")), language.split("-")[0]):
        try:
            return parse(code)
        except (UnknownLocaleError, ValueError):
            continue
    return parse("und")
