"""What rooms are handed from outside: an identifier of languages, words, filled templates."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Scores(Protocol):
    """An identifier of languages: for each text, the log-likelihood (natural logarithm) of each language it knows."""

    def __call__(self, texts: list[str]) -> list[dict[str, float]]:
        """Score each text; the dictionaries are in the order of the texts."""
        ...


class Words(Protocol):
    """Every string that a reader sees, in their language, with dates, lists and plurals by CLDR."""

    def say(self, language: str, key: str, /, **values: object) -> str:
        """The string of `key`, with its placeholders filled; `count` chooses the plural form."""
        ...

    def date(self, language: str, moment: datetime) -> str:
        """The day of `moment` in the site's time zone, written out long."""
        ...

    def join(self, language: str, items: list[str]) -> str:
        """The items as a list in a sentence: "a, b and c"."""
        ...

    def language_name(self, code: str, language: str) -> str:
        """What the language `code` is called in `language`."""
        ...


class Fill(Protocol):
    """Fills a named page or mail template of the site with values; escapes HTML where the template's name ends in .html."""

    def __call__(self, template: str, /, **values: object) -> str:
        """Fill the template called `template`; raises TemplateError."""
        ...
