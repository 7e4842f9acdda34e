"""What pydantic found wrong in a table, said to an operator: one sentence that tells what to write instead."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from syndicate.config.blocks import Block, TomlFile
from syndicate.config.lines import KeyPath
from syndicate.config.shapes import BLOCKS, Shape
from syndicate.config.values import toml
from syndicate.errors import Complaint

S = TypeVar("S", bound=Shape)


def checked(file: TomlFile, path: KeyPath, data: dict[str, Any], shape: type[S]) -> Block[S]:
    """The block of `data`, with a complaint for each thing wrong and without the keys that have one."""
    try:
        return Block(file, path, data, shape.model_validate(data))
    except ValidationError as error:
        errors = error.errors()
    bare: Block[S] = Block(file, path, data, None)
    complaints = [bare.complaint(_spot(each), _sentence(each, shape)) for each in errors]
    kept = copy.deepcopy(data)
    for each in errors:
        _blank(kept, _spot(each))
    return Block(file, path, kept, None, tuple(complaints))


def _blank(data: Any, path: KeyPath) -> None:
    """Take the value at `path` out, and leave its place: the elements after it keep their numbers."""
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = None


def blocks_of(file: TomlFile) -> tuple[dict[str, list[Block[Any]]], list[Complaint]]:
    """The blocks of a file made of [[blocks]], by name, and everything wrong in it."""
    kinds = BLOCKS[file.name]
    found: dict[str, list[Block[Any]]] = {name: [] for name in kinds}
    complaints = list(file.complaints)
    for key, value in (file.data or {}).items():
        if key not in kinds:
            complaints.append(file.complaint((key,), key, _stray(key, kinds)))
        elif not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            complaints.append(
                file.complaint((key,), key, f"must be a block; write [[{key}]] in two brackets on its own line")
            )
        else:
            found[key] = [checked(file, (key, place), data, kinds[key]) for place, data in enumerate(value)]
            complaints += [complaint for block in found[key] for complaint in block.complaints]
    return found, complaints


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The name that was most likely meant."""
    return next(iter(get_close_matches(word, list(known), 1, 0.6)), None)


def _stray(key: str, kinds: dict[str, type[Shape]]) -> str:
    """What to say of a name at the top of a file that is made of blocks."""
    homes = [name for name, shape in kinds.items() if key in shape.model_fields]
    if homes:
        return f"stands above the first block; move it under a [[{homes[0]}]] line"
    return f"unknown table `{key}`; did you mean [[{nearest(key, kinds) or next(iter(kinds))}]]?"


def _spot(error: ErrorDetails) -> KeyPath:
    return tuple(part for part in error["loc"] if part != "[key]")


def _sentence(error: ErrorDetails, shape: type[Shape]) -> str:
    path = _spot(error)
    key = ".".join(str(part) for part in path if isinstance(part, str))
    given, kind, facts = error["input"], error["type"], error.get("ctx", {})
    match kind:
        case "value_error":
            return str(facts["error"])
        case "extra_forbidden":
            return _unknown(path, shape)
        case "missing":
            return _missing(path, key, shape)
        case "literal_error":
            return _choice(given, facts["expected"])
        case "too_short":
            return f"is empty; write at least one, such as {_example(path, shape)}"
        case "greater_than_equal":
            return f"must be {facts['ge']} or more; write {key} = {facts['ge']}"
        case "less_than_equal":
            return f"must be {facts['le']} or less; write {key} = {facts['le']}"
    return _wrong_type(kind, key, given)


def _home(path: KeyPath, shape: type[Shape]) -> type[Shape]:
    """The shape of the table in which the last key of `path` stands."""
    for part in path[:-1]:
        field = shape.model_fields.get(str(part))
        inner = next((each for each in _parts(field.annotation) if issubclass(each, Shape)), None) if field else None
        shape = inner or shape
    return shape


def _parts(annotation: Any) -> list[type[BaseModel]]:
    """The shapes that an annotation names."""
    options = getattr(annotation, "__args__", (annotation,))
    return [each for each in options if isinstance(each, type) and issubclass(each, BaseModel)]


def _unknown(path: KeyPath, shape: type[Shape]) -> str:
    key, home = str(path[-1]), _home(path, shape)
    if near := nearest(key, home.model_fields):
        return f"unknown key `{key}`; did you mean `{near}`?"
    if key in shape.model_fields:
        return f"stands under [{path[-2]}], where it is unknown; move it above that line"
    return f"unknown key `{key}`; the keys here are {', '.join(sorted(home.model_fields))}"


def _missing(path: KeyPath, key: str, shape: type[Shape]) -> str:
    return f"is missing; write {key} = {_example(path, shape)}"


def _example(path: KeyPath, shape: type[Shape]) -> str:
    field = _home(path, shape).model_fields[str(path[-1])]
    return toml(field.examples[0]) if field.examples else ""


def _choice(given: Any, expected: str) -> str:
    choices = expected.replace("'", '"')
    return f"cannot be {toml(given)}; write {choices}"


def _wrong_type(kind: str, key: str, given: Any) -> str:
    """A value of another type than the key takes; the given one is put into the right form where that is possible."""
    last = key.rpartition(".")[2]
    match kind:
        case "string_type" if isinstance(given, list):
            return f"must be one text, not a list; write {key} = {toml(str(given[0]) if given else '…')}"
        case "string_type" if isinstance(given, dict):
            return f'must be one text, not a table; write {key} = "…"'
        case "string_type":
            return f"must be text in quotes; write {toml(_as_text(given))}"
        case "bool_type":
            return f"must be true or false, without quotes; write {key} = {_truth(given)}"
        case "int_type" | "int_from_float":
            return f"must be a whole number without quotes; write {key} = {_number(given)}"
        case "list_type":
            return f"must be a list; write {key} = [{toml(given if isinstance(given, str) else '…')}]"
        case "dict_type":
            return f"must be one text per language; write {key}.sq = {toml(given if isinstance(given, str) else '…')}"
        case _ if kind.startswith("model"):
            return f"must be a table; write [{last}] on its own line, and its keys under it"
    return "has a value that does not belong here; the reference of settings says what does"


def _as_text(given: Any) -> str:
    return str(given).lower() if isinstance(given, bool) else str(given)


def _truth(given: Any) -> str:
    return "true" if str(given).strip().lower() in {"true", "yes", "1", "po", "on"} else "false"


def _number(given: Any) -> str:
    digits = str(given).strip().split(".")[0]
    return digits if digits.isascii() and digits.isdigit() else "20"
