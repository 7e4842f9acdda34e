"""Filling page and mail templates: sandboxed Jinja2, HTML escaped, nothing undefined passed over in silence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING

from syndicate.errors import TemplateError

if TYPE_CHECKING:
    from jinja2 import Template

    from syndicate.models import Words
    from syndicate.words.sandbox import Sandbox

LINE_MARK = re.compile(r"\{#(\d+)$")
"""What a compiled template carries before each tag, at a line's end: the line of that tag in the file it came from."""


def filler(folders: Sequence[Path], words: Words) -> Filler:
    """A filler of the templates in `folders`; a file in a later folder stands for one of the same name in an earlier.

    Templates may use `say(language, key, …)`, `date(language, moment)`, `join(language, items)` and
    `language_name(code, language)` of `words`.
    """
    return Filler(tuple(dict.fromkeys(folders)), words)


def fill_text(source: str, *, name: str, html: bool, **values: object) -> str:
    """Fill a template given as text that gets all it needs as values. Raises TemplateError (see `Filler.fill_text`)."""
    return _bare().fill_text(source, name=name, html=html, **values)


@cache
def _bare() -> Filler:
    return Filler(())


class Filler:
    """Fills templates by name (`syndicate.models.Fill`) or given as text; each is compiled once."""

    def __init__(self, folders: tuple[Path, ...], words: Words | None = None) -> None:
        self.folders = folders
        self._words = words
        self._environment: Sandbox | None = None
        self._texts: dict[tuple[str, str, bool], Template] = {}

    def __call__(self, template: str, /, **values: object) -> str:
        """Fill the file called `template`; names ending in .html escape HTML. Raises TemplateError with file and line."""
        import jinja2

        try:
            return self._jinja.get_template(template).render(values)
        except jinja2.TemplateNotFound as error:
            places = " or ".join(map(str, self.folders)) or "no folder"
            raise TemplateError(f"there is no template {error.name!r} in {places}") from None
        except (TemplateError, jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError) as error:
            raise TemplateError(_told(error, template, None)) from error

    def broken(self, template: str) -> str:
        """What keeps a file from being compiled, with file and line; "" where nothing does."""
        import jinja2

        try:
            self._jinja.get_template(template)
        except (jinja2.TemplateError, UnicodeDecodeError) as error:
            return _told(error, template, None)
        return ""

    def fill_text(self, source: str, *, name: str, html: bool, **values: object) -> str:
        """Fill a template given as text; `name` is said in errors, `html` escapes. Raises TemplateError."""
        import jinja2

        try:
            return self._compiled(source, name, html).render(values)
        except (TemplateError, jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError) as error:
            raise TemplateError(_told(error, name, source)) from error

    @property
    def _jinja(self) -> Sandbox:
        if self._environment is None:
            from syndicate.words.sandbox import environment

            self._environment = environment(self.folders, self._words)
        return self._environment

    def _compiled(self, source: str, name: str, html: bool) -> Template:
        key = (source, name, html)
        if key not in self._texts:
            from jinja2 import Template

            # The name decides about escaping; the file name is what the traceback's lines are found by.
            code = self._jinja.compile(source, name=f"{name}.html" if html else f"{name}.txt", filename=name)
            self._texts[key] = Template.from_code(self._jinja, code, self._jinja.make_globals(None))
        return self._texts[key]


def _told(error: Exception, name: str, source: str | None) -> str:
    """One sentence for the operator: the template's file and line, and what Jinja2 said of it."""
    from jinja2 import TemplateSyntaxError

    file, line = name, 0
    if isinstance(error, TemplateSyntaxError):
        file, line = error.filename or error.name or name, error.lineno
    else:
        for frame, number in walk_tb(error.__traceback__):
            if "__jinja_exception__" in frame.f_globals:
                file, line = frame.f_code.co_filename, number
    if source is not None:
        line = _line_before_compiling(source, line)
    where = f"{file}:{line}" if line else file
    return f"{where}: {error or type(error).__name__}"


def _line_before_compiling(source: str, line: int) -> int:
    marks = [LINE_MARK.search(text) for text in source.split("\n")[: max(line - 1, 0)]]
    return next((int(mark.group(1)) for mark in reversed(marks) if mark), line)
