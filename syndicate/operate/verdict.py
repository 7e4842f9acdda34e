"""What a check of the site comes to: how grave it is, what is so, and what to type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "warning", "problem"]
"""Nothing to do; good to know; should be put right; must be put right."""

LEVELS: tuple[Level, ...] = ("problem", "warning", "note", "ok")
"""The gravest first."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One sentence of what is so, and one of what to do about it ("" where there is nothing to do)."""

    level: Level
    message: str
    remedy: str = ""


def ok(message: str) -> Verdict:
    """All is well."""
    return Verdict("ok", message)


def note(message: str, remedy: str = "") -> Verdict:
    """Good to know."""
    return Verdict("note", message, remedy)


def warning(message: str, remedy: str) -> Verdict:
    """Should be put right."""
    return Verdict("warning", message, remedy)


def problem(message: str, remedy: str) -> Verdict:
    """Must be put right."""
    return Verdict("problem", message, remedy)


def count(number: int, one: str, many: str | None = None) -> str:
    """1 post, 2 posts."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def few(names: list[str], most: int = 3) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
