"""A file of the site as it was read, and its blocks as they passed, or did not pass, their shape.

A block keeps the keys that are right even where others are wrong, so that one look finds everything: what crosses
from file to file is checked on `data`, and `shape` is there only when the whole block is right.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from syndicate.config.lines import KeyPath, fault, line_of, lines
from syndicate.errors import Complaint

if TYPE_CHECKING:
    from syndicate.config.shapes import Shape

S = TypeVar("S", bound="Shape")


@dataclass
class TomlFile:
    """One TOML file: `name` is its path under the site's folder; `data` is None when it cannot be read as TOML."""

    name: str
    text: str = ""
    data: dict[str, Any] | None = None
    complaints: list[Complaint] = field(default_factory=list)

    @cached_property
    def lines(self) -> dict[KeyPath, int]:
        """The line of every key; worked out only when something is to be said about one."""
        return lines(self.text)

    def complaint(self, path: KeyPath, key: str, message: str) -> Complaint:
        """Something wrong at `path`, called `key` for the operator."""
        return Complaint(self.name, line_of(self.lines, path), key, message)


def read_toml(root: Path, name: str) -> TomlFile:
    """Read one file of the site. What cannot be read becomes its only complaint."""
    try:
        text = (root / name).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        return TomlFile(name, text, tomllib.loads(text))
    except UnicodeDecodeError as error:
        line = (root / name).read_bytes()[: error.start].count(b"\n") + 1
        said = (line, "a character is not in UTF-8; save the file with the encoding UTF-8")
    except tomllib.TOMLDecodeError as error:
        said = fault(text, error)
    except RecursionError:
        said = (0, "is nested too deeply to be read; write it in the form of the worked example")
    except OSError as error:
        said = (0, f"cannot be read ({error.strerror}); make it a file that you may read")
    return TomlFile(name, complaints=[Complaint(name, said[0], "", said[1])])


@dataclass(frozen=True)
class Block(Generic[S]):
    """One table of a file that has a shape: a [[block]], or the whole file (`path` is then empty).

    In `data`, None stands in the place of each value that has a complaint.
    """

    file: TomlFile
    path: KeyPath
    data: dict[str, Any]
    shape: S | None
    complaints: tuple[Complaint, ...] = ()

    def complaint(self, path: KeyPath, message: str) -> Complaint:
        """Something wrong at `path` within the block; the key is said without the numbers of list elements."""
        key = ".".join(part for part in path if isinstance(part, str))
        return self.file.complaint((*self.path, *path), key, message)

    def line(self, *path: str | int) -> int:
        """The line of a key of the block, or of the block."""
        return line_of(self.file.lines, (*self.path, *path))

    def text(self, key: str) -> str:
        """A text that was given and is right, or nothing."""
        return str(self.data.get(key) or "")

    def pairs(self, key: str) -> Iterator[tuple[KeyPath, str]]:
        """The texts of a table that was given, as far as they are right, each with its path."""
        for name, text in (self.data.get(key) or {}).items():
            if isinstance(text, str):
                yield (key, name), text

    def items(self, key: str) -> Iterator[tuple[KeyPath, str]]:
        """The texts of a list that was given, as far as they are right, each with its path."""
        for place, item in enumerate(self.data.get(key) or []):
            if isinstance(item, str):
                yield (key, place), item
