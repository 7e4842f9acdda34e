"""MJML → an HTML template: compiled once, with every Jinja tag kept out of the MJML parser's sight.

Each tag (`{{ … }}`, `{% … %}`, `{# … #}`), and all that stands in <mj-raw>, <mj-text> and their like, is exchanged for a
plain word before MJML runs and put back afterwards. So expressions may hold any sign, attributes may depend on a condition,
an element may be opened in one <mj-raw> and closed in another, and a tag that MJML drops is noticed. A comment before each
tag carries its line in the MJML file, which the words room reads when filling fails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from syndicate.compose.lint import complaints, placeholders
from syndicate.compose.vocabulary import MARKUP
from syndicate.errors import Complaint, TemplateError

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_INDENT = re.compile(r"\n\s+")
_OPEN = re.compile(r"\{[{%#]")
_WORD = re.compile(r"jt(\d+)q")
_INSIDE = re.compile(rf"(<({'|'.join(sorted(MARKUP))})(?:\s[^>]*)?(?<!/)>)(.*?)(</\2\s*>)", re.DOTALL)
_INSIDE_WORD = re.compile(r"jr(\d+)q")
_PREVIEW_COLOUR = re.compile(r"(<div style=\"display:none;font-size:1px;)color:#ffffff;")


@dataclass(frozen=True, slots=True)
class _Hidden:
    """A template whose Jinja tags are hidden: `text` holds words in their places, lines unmoved."""

    text: str
    tags: tuple[str, ...]
    lines: tuple[int, ...]


def compile(mjml_text: str, name: str) -> str:
    """The HTML template of `mjml_text`, ready to be filled. `name` is the file that errors speak of.

    Raises TemplateError with every complaint that keeps it from compiling, each with its line.
    """
    hidden, found = _hide(mjml_text, name)
    found = found or [one for one in complaints(_readable(hidden), name) if one.key in _FATAL]
    # A tag with a wrong name is not closed either, and so on for many lines: its name is what is wrong.
    found = [one for one in found if one.key == "component"] or found
    if found:
        raise TemplateError("\n".join(map(str, found)))
    html = _html(hidden.text, name)
    lost = _lost(hidden, html, name)
    if lost:
        raise TemplateError("\n".join(map(str, lost)))
    return _shown(_PREVIEW_COLOUR.sub(r"\1", html), hidden)


def lint(mjml_text: str, name: str) -> list[Complaint]:
    """Everything doubtful in a template, in the order of its lines: what MJML would drop or pass over in silence.

    Unknown components, attributes and placeholders, pictures without alt, styles that MJML would lose, elements not closed,
    Jinja tags not closed or lost, text where MJML shows none.
    """
    hidden, found = _hide(mjml_text, name)
    found = found or complaints(_readable(hidden), name)
    found += placeholders(zip(hidden.lines, hidden.tags, strict=True), name)
    if not any(one.key in _FATAL for one in found):
        try:
            found += _lost(hidden, _html(hidden.text, name), name)
        except TemplateError as error:
            found.append(Complaint(name, 0, "mjml", str(error)))
    return sorted(found)


_PLACE = "a tag may stand in the value of an attribute that MJML knows, in <mj-text> and in <mj-raw>"

_FATAL = frozenset({"jinja", "nesting", "component"})
"""Complaints that would crash the MJML parser or lose a part of the mail."""


def _hide(source: str, name: str) -> tuple[_Hidden, list[Complaint]]:
    tags: list[str] = []
    lines: list[int] = []
    found: list[Complaint] = []

    def word(match: re.Match[str]) -> str:
        tags.append(match.group())
        lines.append(source.count("\n", 0, match.start()) + 1)
        return f"jt{len(tags) - 1}q" + "\n" * match.group().count("\n")

    taken = _WORD.search(source) or _INSIDE_WORD.search(source)
    if taken:
        line = source.count("\n", 0, taken.start()) + 1
        found.append(
            Complaint(name, line, "jinja", f"{taken.group()} stands for a tag while compiling; write another word")
        )
    text = _TAG.sub(word, source)
    for match in _OPEN.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        found.append(Complaint(name, line, "jinja", f"the tag opened by {match.group()} is never closed"))
    return _Hidden(text, tuple(tags), tuple(lines)), found


def _readable(hidden: _Hidden) -> str:
    """The text for the lint: words of control tags stand apart, so that `<a{% if x %} href…` still begins with <a."""

    def apart(match: re.Match[str]) -> str:
        return f" {match.group()} " if hidden.tags[int(match.group(1))].startswith("{%") else match.group()

    return _WORD.sub(apart, hidden.text)


def _shown(html: str, hidden: _Hidden) -> str:
    def tag(match: re.Match[str]) -> str:
        number = int(match.group(1))
        return f"{{#{hidden.lines[number]}\n#}}{hidden.tags[number]}"

    return _WORD.sub(tag, html)


def _lost(hidden: _Hidden, html: str, name: str) -> list[Complaint]:
    kept = {int(number) for number in _WORD.findall(html)}
    gone = [number for number, tag in enumerate(hidden.tags) if number not in kept and not tag.startswith("{#")]
    return [
        Complaint(name, hidden.lines[number], "jinja", f"MJML drops {hidden.tags[number]} here; " + _PLACE)
        for number in gone
    ]


def _html(text: str, name: str) -> str:
    """The HTML of an MJML text, with what stands in its text elements as it was written."""
    inside: list[str] = []

    def word(match: re.Match[str]) -> str:
        inside.append(_INDENT.sub("\n", match.group(3).strip()))
        return f"{match.group(1)}jr{len(inside) - 1}q{match.group(4)}"

    html = _mjml(_INSIDE.sub(word, text), name)
    return _INSIDE_WORD.sub(lambda match: inside[int(match.group(1))], html)


def _mjml(text: str, name: str) -> str:
    from mjml import mjml2html

    try:
        # Without `fonts`, names such as Roboto would each load a style sheet from a foreign host.
        return str(mjml2html(text.strip(), disable_comments=True, fonts={}))
    except (ValueError, OSError) as error:
        raise TemplateError(f"{name}: MJML cannot read it: {error}") from error
