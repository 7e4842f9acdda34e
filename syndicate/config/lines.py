"""Where each key of a TOML text stands: tomllib gives values without lines, and a complaint needs the line.

    lines(text)  → {("source", 0, "url"): 7, …}     of a text that tomllib has accepted
    fault(text)  → (line, sentence)                  of a text that it has refused

Paths hold table and key names as they nest, and a number for each element of an array, counted from 0.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping

KeyPath = tuple[str | int, ...]
"""The way to a value: table and key names, and the numbers of array elements."""

_TOKEN = re.compile(
    r"""(?P<skip>[ \t\r]+|\#[^\n]*)
      | (?P<newline>\n)
      | (?P<quoted>\"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*')
      | (?P<bare>[A-Za-z0-9_-]+)
      | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)

_PLAIN = (
    ("Expected '='", 'a key needs an equals sign and a value; write: key = "value"'),
    ("Invalid value", 'the value cannot be read; put text in straight double quotes, such as "text"'),
    ("Unclosed array", "a list is not closed; end it with ]"),
    ("Unclosed inline table", "an inline table is not closed; end it with }"),
    ("Invalid initial character for a key", 'a key must begin with a letter; write: key = "value"'),
    ("Invalid statement", 'this is neither a key nor a table; write: key = "value", or begin a remark with #'),
    ("Expected newline", "something stands after the value; write one key on each line"),
    ("Expected ']]'", "a block's name is not closed; write it as [[name]]"),
    ("Expected ']'", "a table's name is not closed; write it as [name]"),
    ("twice", "the same table stands here for the second time; join the two, or write [[name]] for one more block"),
    ("Cannot overwrite", "the same key stands here for the second time; keep one of them"),
    ("Duplicate inline table key", "the same key stands here for the second time; keep one of them"),
    ("Cannot mutate", "a table already written in full cannot be added to; write all its keys in one place"),
    ("Unescaped", "a backslash stands alone; write two, or put the text in single quotes"),
    ("Illegal character", 'the text is not closed on its line; end it with "'),
    ("Unterminated", "the text is not closed; end it with the quotes that began it"),
    ('Expected \'"""\'', 'the text is not closed; end it with """'),
    ("Invalid date", "there is no such date; write it as 2026-11-23"),
    ("invalid character", "a character that cannot stand here; retype the line by hand"),
)


def lines(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, of every table, key and array element of a valid TOML text."""
    return _Walk(text).document()


def line_of(known: Mapping[KeyPath, int], path: KeyPath) -> int:
    """The line of `path`, or of the nearest table or key around it; 0 when only the file itself is around it."""
    while path and path not in known:
        path = path[:-1]
    return known.get(path, 0)


def fault(text: str, error: tomllib.TOMLDecodeError) -> tuple[int, str]:
    """The line of a syntax error, and one sentence saying what to write instead."""
    said = re.search(r"\(at line (\d+)", str(error))
    line = int(said[1]) if said else max(1, text.rstrip().count("\n") + 1)
    there = text.split("\n")[line - 1] if line <= text.count("\n") + 1 else ""
    if re.search(r"[=\[,]\s*[“”„‘’«]", there):
        return line, 'the quotes are curly; write straight ones, such as "text"'
    reason = str(error).split(" (at ")[0]
    plain = next((sentence for needle, sentence in _PLAIN if needle in reason), None)
    return line, plain or f"the file cannot be read from here on: {reason[:1].lower()}{reason[1:]}"


class _Walk:
    """One pass over the tokens of a valid TOML text."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.found: dict[KeyPath, int] = {}
        self.blocks: dict[KeyPath, int] = {}

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self.at < len(self.tokens):
            if self.sees("\n"):
                self.at += 1
            elif self.sees("["):
                table = self.header()
            else:
                self.pair(table)
        return self.found

    def sees(self, *signs: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][0] in signs

    def header(self) -> KeyPath:
        """`[a.b]`, or `[[a.b]]`, which counts one more block of that name; inside a block, the latest is meant."""
        line = self.tokens[self.at][1]
        array = self.tokens[self.at + 1][0] == "["
        self.at += 2 if array else 1
        path: KeyPath = ()
        names = self.keys()
        for place, name in enumerate(names, 1):
            path = (*path, name)
            self.found.setdefault(path, line)
            if path in self.blocks and not (array and place == len(names)):
                path = (*path, self.blocks[path])
        self.at += 2 if array else 1
        if array:
            self.blocks[path] = self.blocks.get(path, -1) + 1
            path = (*path, self.blocks[path])
            self.found[path] = line
        return path

    def keys(self) -> list[str]:
        """A key, or several joined by dots."""
        names = [self.name()]
        while self.sees("."):
            self.at += 1
            names.append(self.name())
        return names

    def name(self) -> str:
        raw = self.tokens[self.at][0]
        self.at += 1
        return str(tomllib.loads(f"x = {raw}")["x"]) if raw[0] in "\"'" else raw

    def pair(self, table: KeyPath) -> None:
        """`key = value`, at the top or in an inline table."""
        line = self.tokens[self.at][1]
        path = table
        for name in self.keys():
            path = (*path, name)
            self.found.setdefault(path, line)
        self.at += 1
        self.value(path)

    def value(self, path: KeyPath) -> None:
        if self.sees("["):
            self.items(path, "]")
        elif self.sees("{"):
            self.items(path, "}")
        else:
            while self.at < len(self.tokens) and not self.sees("\n", ",", "]", "}"):
                self.at += 1

    def items(self, path: KeyPath, end: str) -> None:
        """The elements of an array, or the pairs of an inline table."""
        self.at += 1
        count = 0
        while not self.sees(end):
            if self.sees("\n", ","):
                self.at += 1
            elif end == "}":
                self.pair(path)
            else:
                self.found[*path, count] = self.tokens[self.at][1]
                self.value((*path, count))
                count += 1
        self.at += 1


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """The tokens that matter, each with its line."""
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "skip":
            yield match[0], line
        line += match[0].count("\n")
