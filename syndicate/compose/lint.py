"""Reading an MJML file for what its compiler passes over in silence. Each complaint has its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from html.parser import HTMLParser

from syndicate.compose.vocabulary import (
    ANY_ATTRIBUTE,
    COMPONENTS,
    EVERY_ATTRIBUTE,
    GIVEN,
    MARKUP,
    REFUSED,
    VOID,
)
from syndicate.errors import Complaint

DEEPEST = 60
"""Elements inside one another; the MJML parser crashes on some ten thousand."""

_STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
_NOT_A_NAME = re.compile(r"\.\s*\w+|\|\s*\w+|\bis\s+(?:not\s+)?\w+|\b\w+\s*=(?!=)")
_BINDS = re.compile(
    r"\bfor\s+([\w\s,()]+?)\s+in\b|\bset\s+([\w\s,]+?)\s*(?:=|%\})|\b(?:macro|call)\s*\w*\s*\(([\w\s,]*)\)"
)
_MACRO = re.compile(r"\bmacro\s+(\w+)")
_WORD = re.compile(r"[A-Za-z_]\w*")
_KEYWORDS = """and block break call caller continue cycler dict elif else endblock endcall endfilter endfor endif endmacro
endraw endset endwith false False filter for if ignore in is joiner lipsum loop macro namespace none None not or range raw
recursive self set super true True with without context"""
_JINJA = frozenset(_KEYWORDS.split())

Attributes = list[tuple[str, str | None]]


def complaints(text: str, name: str) -> list[Complaint]:
    """What is wrong with `text`, an MJML file called `name` whose Jinja tags have been exchanged for words."""
    reader = _Reader(name)
    reader.feed(text)
    reader.close()
    return reader.finished()


def placeholders(tags: Iterable[tuple[int, str]], name: str) -> list[Complaint]:
    """The names in Jinja tags, given as (line, tag), that no newsletter is given and no tag before has set."""
    known, found = set(GIVEN), []
    for line, tag in tags:
        text = "" if tag.startswith("{#") else _STRING.sub("''", tag)
        known |= {word for names in _BINDS.findall(text) for part in names for word in _WORD.findall(part)}
        known |= set(_MACRO.findall(text))
        for word in dict.fromkeys(_names(text)):
            if word not in known:
                said = f"a newsletter is given no {word}{_near(word, frozenset(known))}"
                found.append(Complaint(name, line, "placeholder", said))
    return found


def _names(tag: str) -> Iterator[str]:
    for word in _WORD.findall(_NOT_A_NAME.sub(" ", tag)):
        if word not in _JINJA:
            yield word


class _Reader(HTMLParser):
    """Walks through the tags and keeps those that are open, with their lines."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=False)
        self.name = name
        self.open: list[tuple[str, int]] = []
        self.found: list[Complaint] = []
        self.root = False
        self.lost = False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if self.lost:
            return
        self._check(tag, attrs)
        if tag not in VOID and not self._in_raw(tag):
            self.open.append((tag, self._line))
            self.lost = len(self.open) == DEEPEST
            if self.lost:
                self._complain("nesting", f"more than {DEEPEST} elements inside one another; is one not closed?")

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self._check(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self.lost or tag in VOID or self._in_raw(tag):
            return
        if not any(name == tag for name, _ in self.open):
            self._complain("nesting", f"</{tag}> closes nothing")
            return
        while self.open:
            name, line = self.open.pop()
            if name == tag:
                return
            self.found.append(Complaint(self.name, line, "nesting", f"<{name}> is not closed before </{tag}>"))

    def handle_data(self, data: str) -> None:
        inside = set() if self.lost else {tag for tag, _ in self.open}
        if data.strip() and inside and not inside & MARKUP and "mj-html-attribute" not in inside:
            skipped = len(data) - len(data.lstrip())
            line = self._line + data.count("\n", 0, skipped)
            said = f"text does not belong in <{self.open[-1][0]}>; put it into <mj-text>, or a tag into <mj-raw>"
            self.found.append(Complaint(self.name, line, "text", said))

    def finished(self) -> list[Complaint]:
        """All complaints, sorted, with those about what was never closed."""
        for tag, line in [] if self.lost else self.open:
            self.found.append(Complaint(self.name, line, "nesting", f"<{tag}> is never closed"))
        if not self.root:
            self.found.append(Complaint(self.name, 1, "component", "a template begins with <mjml>"))
        return sorted(set(self.found))

    @property
    def _line(self) -> int:
        return self.getpos()[0]

    def _complain(self, key: str, message: str) -> None:
        self.found.append(Complaint(self.name, self._line, key, message))

    def _check(self, tag: str, attrs: Attributes) -> None:
        names = [attribute for attribute, _ in attrs]
        self.root = self.root or tag == "mjml"
        for twice in sorted({one for one in names if names.count(one) > 1}):
            self._complain("attribute", f"<{tag}> has {twice} twice")
        if tag.startswith("mj"):
            self._component(tag, names)
        if tag == "mj-style" and "inline" in names:
            said = "inline styles are not written into the elements here; write style='…' on them, or leave inline out"
            self._complain("style", said)
        if tag in ("mj-image", "img") and "alt" not in names and not self._in_attributes:
            self._complain("alt", f"<{tag}> has no alt text; write alt='' only for decoration")

    @property
    def _in_attributes(self) -> bool:
        return any(tag == "mj-attributes" for tag, _ in self.open)

    def _in_raw(self, tag: str) -> bool:
        """Whether `tag` is one of ours inside <mj-raw>, where an element may be opened here and closed in a later one."""
        return not tag.startswith("mj") and any(name == "mj-raw" for name, _ in self.open)

    def _component(self, tag: str, names: list[str]) -> None:
        if tag in REFUSED:
            self._complain("component", f"<{tag}> does not work here; {REFUSED[tag]}")
        elif self._in_attributes and tag in ANY_ATTRIBUTE:
            self._attributes(tag, names, EVERY_ATTRIBUTE)
        elif tag not in COMPONENTS:
            self._complain("component", f"MJML knows no <{tag}>{_near(tag, COMPONENTS)}")
        else:
            self._attributes(tag, names, COMPONENTS[tag])

    def _attributes(self, tag: str, names: list[str], known: frozenset[str]) -> None:
        for name in names:
            if name not in known:
                self._complain("attribute", f"<{tag}> knows no {name}{_near(name, known)}")


def _near(word: str, known: frozenset[str] | dict[str, frozenset[str]]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""
