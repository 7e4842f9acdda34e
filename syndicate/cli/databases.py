"""`copy-database`: a site moves from one database to another."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from syndicate.cli.app import app, command
from syndicate.cli.desk import Desk
from syndicate.cli.telling import columns, number

PANEL = "Every day"
ADDRESS = "sqlite:///FILE, postgresql://HOST/NAME, or @VARIABLE"


@command(app, "copy-database", panel=PANEL)
def copy_database(
    desk: Desk,
    source: Annotated[str, typer.Argument(metavar="FROM", help=f"The database as it is: {ADDRESS}.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="An empty database, written in the same way.")],
) -> None:
    """Copy a site's database into an empty one, between SQLite and PostgreSQL, and count everything on both sides.

    Stop `run`, `serve` and workers first. An address with a password does not belong on a command line, where others can see it:
    write @NAME, and put the address into the variable NAME (or NAME_FILE) of the environment.
    """
    from syndicate.store import Store, copying, owner

    first, second = _address(desk, source), _address(desk, target)
    _there(first)
    with closing(Store(first)) as reading, closing(Store(second)) as writing:
        owner.keep(reading, desk.site.tag_domain)
        with desk.progress("Copying") as report:
            counts = copying.copy(reading, writing, report)
        rows = [(one.table, f"{one.there:,}", f"{one.here:,}") for one in counts]
        total = sum(one.here for one in counts)
        lines = [
            columns([("table", "from", "to"), *rows], indent=2),
            f"{number(total, 'row')} copied, and the same number counted on both sides.",
            "Nothing was changed in the old one. To use the new one, set SYNDICATE_DATABASE_URL to it.",
        ]
        value = {"tables": [{"table": one.table, "from": one.there, "to": one.here} for one in counts], "rows": total}
        desk.result(value, "\n".join(lines))


def _address(desk: Desk, written: str) -> str:
    if written.startswith("@"):
        return desk.settings.need(written[1:], "copy-database")
    return written


def _there(address: str) -> None:
    """Raises UsageError when the database to copy is a file that is not there: opening it would make an empty one."""
    from pathlib import Path

    from syndicate.errors import UsageError

    file = address.removeprefix("sqlite:///")
    if file != address and not Path(file).is_file():
        raise UsageError(
            f"There is no database {file}: nothing was copied. A site's own is var/syndicate.sqlite in its folder."
        )
