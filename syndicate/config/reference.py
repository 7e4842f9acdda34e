"""The reference of settings, made from the shapes: every key of every file, with its type, default and meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from syndicate.config.settings import VARIABLES
from syndicate.config.values import toml

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from syndicate.config.shapes import Shape


@dataclass(frozen=True, slots=True)
class KeyDoc:
    """One key: `table` is the line it stands under (empty at the top of a file), `default` as TOML writes it.

    `default` is "required" for a key that must be there, and empty for one that may be left out and then says nothing.
    """

    file: str
    table: str
    key: str
    type: str
    default: str
    meaning: str


def keys() -> list[KeyDoc]:
    """Every key that the site's files may hold, file by file, in the order of the shapes."""
    from syndicate.config.shapes import BLOCKS, ListFile, SiteFile

    found = list(_keys("feeds/site.toml", "", SiteFile))
    for file, kinds in BLOCKS.items():
        for name, shape in kinds.items():
            found += _keys(file, f"[[{name}]]", shape)
    return [*found, *_keys("subscribers/<list>.toml", "", ListFile)]


def markdown() -> str:
    """docs/reference/settings.md."""
    parts = [_HEAD]
    place = ("", "")
    for doc in keys():
        if doc.file != place[0]:
            parts.append(f"\n## `{doc.file}`\n")
        if (doc.file, doc.table) != place:
            parts.append(f"\n{f'### `{doc.table}`' + chr(10) * 2 if doc.table else ''}{_ROW_HEAD}")
            place = (doc.file, doc.table)
        default = f"`{doc.default}`" if doc.default not in {"", "required"} else doc.default
        parts.append(f"| `{doc.key}` | {doc.type} | {default} | {doc.meaning} |\n")
    parts.append(_ENVIRONMENT)
    parts += [f"| `{name}` | {meaning} |\n" for name, meaning in VARIABLES.items()]
    return "".join(parts)


_ROW_HEAD = "| key | takes | default | meaning |\n|---|---|---|---|\n"

_HEAD = """\
# Settings

Every key of the site's files, and every variable of the environment. This page is made from the code that reads them.

A file that is not there is read as an empty one; only `feeds/site.toml` must exist. Everything wrong in all the files is told
at once, with file, line and key. In the tables:

- *short name*: small letters a-z, digits and hyphens, at most 60 of them
- *language code*: as BCP 47 writes it: `sq`, `en`
- *text per language*: one line for each: `titles.sq = "…"`, `titles.en = "…"`
- *list of …*: `["one", "another"]`
- *length of time*: a number and `s`, `m`, `h` or `d`: `"30m"`
- *date*: without quotes: `2026-01-31`
- *hashtag*: with or without #; case and diacritics make no difference
"""

_ENVIRONMENT = """
## The environment

Each variable but the first has a twin with `_FILE` at its end, which names a file that holds the value. Set only one of the two.

| variable | meaning |
|---|---|
"""


def _keys(file: str, table: str, shape: type[Shape]) -> Iterator[KeyDoc]:
    """The keys of a table, those that must be there first, and then of the tables within it."""
    fields = shape.model_fields.items()
    plain = [(key, field) for key, field in fields if _table(field.annotation) is None]
    for key, field in sorted(plain, key=lambda pair: not pair[1].is_required()):
        kind = _kind(field.annotation, field.metadata)
        yield KeyDoc(file, table, key, kind, _default(field), field.description or "")
    for key, field in fields:
        if inner := _table(field.annotation):
            yield from _keys(file, f"[{key}]", inner)


def _table(annotation: Any) -> type[Shape] | None:
    from syndicate.config.shapes import Shape

    options = get_args(annotation) or (annotation,)
    return next((each for each in options if isinstance(each, type) and issubclass(each, Shape)), None)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return "" if field.default in (None, [], {}) else toml(field.default)


def _kind(annotation: Any, metadata: list[Any] | None = None) -> str:
    """What an annotation is called in the table."""
    from syndicate.config.shapes import Kind

    said = [*(metadata or ()), *getattr(annotation, "__metadata__", ())]
    if named := next((each.name for each in said if isinstance(each, Kind)), None):
        return named
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{toml(each)}`" for each in arguments)
    if origin is list:
        one = _kind(arguments[0])
        return f"list of {one}{'es' if one.endswith('s') else 's'}"
    if origin is dict:
        return f"{_kind(arguments[1])} per language"
    if arguments:
        return _kind(next(each for each in arguments if each is not type(None)))
    return {bool: "`true` or `false`", int: "whole number"}[annotation]
