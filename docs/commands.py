"""docs/reference/commands.md, made from the commands themselves.

    python docs/commands.py    writes the page

tests/docs/ holds the page and the commands equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

PAGE = Path(__file__).resolve().parent / "reference" / "commands.md"

HEAD = """# Commands

Made from the commands themselves. `syndicate COMMAND --help` says the same in a terminal.

## With every command

These stand before or after the command.

{everywhere}

Results go to standard output, messages and progress to standard error. The shapes that `--json` prints are in
[json.md](json.md).

## Exit status

| status | means |
|---|---|
| 0 | done; repaired entries are notes, not failures |
| 1 | failed: all that was asked |
| 2 | wrong use or a wrong site: nothing ran |
| 3 | partly done: some sources failed, or an entry could not be used |
| 130 | stopped with Ctrl-C; the same command goes on from there |
"""

STATUSES = {
    "run": "0 also when nothing was due or another run is at work; 1 when every source that was asked failed; 3 when some did.",
    "pull": "1 when every source that was asked failed; 3 when some did, an entry was lost, or a walk stopped on its way.",
    "doctor": "1 when there is a problem; warnings and notes end with 0.",
    "status": "1 when the numbers of an edition do not add up; other problems are told and end with 0.",
    "try": "1 when the address cannot be reached or has no feed.",
    "demo": "1 when the demo did not come through; 2 when its folder holds something else.",
    "newsletter draft": "0 also when there is nothing new to draft; the reason is printed.",
    "newsletter check": "1 when something stops the edition.",
    "newsletter approve": "2 when the checks stop the edition; the reasons are printed.",
    "newsletter send": "0 when every reader's copy was sent; 1 when one failed or is unsure; 2 when nothing was sent.",
    "newsletter status": "1 when the numbers do not add up to the audience.",
    "subscribers import": "0 also when rows were rejected or refused: they are counted and told.",
}
"""What the exit status of a command says beyond the table."""


PANELS = ("Start here", "Every day", "Posts", "Newsletters", "People", "Keeping it safe")
"""The panels of `syndicate --help`, in the order of the page, whichever file of commands was imported first."""


def commands() -> dict[str, tuple[Any, str]]:
    """Every command of the program and the panel it stands in, by the words that call it ("newsletter draft")."""
    import typer

    from syndicate.cli.app import PARTS, app

    for part in PARTS:
        import_module(f"syndicate.cli.{part}")

    found = _walk(typer.main.get_command(app), "", "")
    return dict(sorted(found, key=lambda one: (PANELS.index(one[1][1]), one[0].split()[0] if " " in one[0] else "")))


def markdown() -> str:
    """The page."""
    found = commands()
    first, _ = next(iter(found.values()))
    parts = [HEAD.format(everywhere=_table([one for one in first.params if _everywhere(one)]))]
    heading = None
    for name, (command, panel) in found.items():
        if panel != heading:
            parts.append(f"## {panel}\n")
        heading = panel
        parts.append(_section(name, command))
    return "\n".join(parts)


def _walk(group: Any, before: str, panel: str) -> Iterator[tuple[str, tuple[Any, str]]]:
    """The commands of a group and of those in it, by panel."""
    for name, command in group.commands.items():
        here = command.rich_help_panel or panel
        if hasattr(command, "commands"):
            yield from _walk(command, f"{before}{name} ", here)
        else:
            yield f"{before}{name}", (command, here)


def _section(name: str, command: Any) -> str:
    own = [one for one in command.params if not _everywhere(one) and one.name != "help"]
    given = [_argument(one) for one in own if one.param_type_name == "argument"]
    lines = [f"### `{' '.join(['syndicate', name, *given])}`", "", _prose(command.help or ""), ""]
    if own:
        lines += [_table(own), ""]
    if name in STATUSES:
        lines += [f"Exit status: {STATUSES[name]}", ""]
    return "\n".join(lines)


def _everywhere(parameter: Any) -> bool:
    return getattr(parameter, "rich_help_panel", None) == "With every command"


def _prose(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    return name if parameter.required or name.startswith("[") else f"[{name}]"


def _table(parameters: list[Any]) -> str:
    rows = [f"| {_name(one)} | {_help(one)} |" for one in parameters]
    return "\n".join(["| | |", "|---|---|", *rows])


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{_argument(parameter)}`"
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    return names if parameter.is_flag or parameter.count else f"{names} `{_metavar(parameter)}`"


def _metavar(parameter: Any) -> str:
    said = str(parameter.metavar or "")
    choices = get_args(next((kind for kind in _kinds(parameter) if get_origin(kind) is Literal), None))
    return said or "\\|".join(choices) or {int: "N", datetime: "YYYY-MM-DD"}.get(_kinds(parameter)[0], "TEXT")


def _kinds(parameter: Any) -> list[Any]:
    """The types that a parameter takes, without None."""
    annotation = parameter.type_descriptor.annotation
    union = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return [kind for kind in union if kind is not NoneType]


def _help(parameter: Any) -> str:
    default = parameter.default
    said = parameter.help or ""
    plain = (
        isinstance(default, int)
        and not isinstance(default, bool)
        and default
        and not getattr(parameter, "count", False)
    )
    return f"{said} Default: {default}." if plain else said


if __name__ == "__main__":
    PAGE.write_text(markdown(), "utf-8")
    print(f"Wrote {PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE}.")
