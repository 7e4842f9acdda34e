"""`syndicate doctor`: everything that can be wrong, and what to type."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndicate.cli.app import app, command
from syndicate.cli.desk import DEMO, Desk
from syndicate.cli.telling import number

if TYPE_CHECKING:
    from syndicate.doctor import Case, Finding

OFFLINE = Annotated[
    bool,
    typer.Option("--offline", help="Ask nobody outside this machine: no DNS, provider, mail server or web server."),
]
STYLES = {"problem": "bold red", "warning": "yellow", "note": "cyan", "ok": "green"}


@command(app, panel="Every day")
def doctor(desk: Desk, offline: OFFLINE = False) -> int:
    """Check everything that can be wrong, from the site's files to the sender's DNS, and say what to type for each.

    Says nothing of what is fine; -v does. Changes nothing and mails nothing. Takes seconds, longer where others do not
    answer or the database is very large.
    """
    from syndicate.doctor import CHECKS, examine

    case = case_of(desk, online=not (offline or desk.settings.offline))
    found: list[Finding] = []
    with desk.progress("Looking") as report:
        for number_, check in enumerate(CHECKS, 1):
            report(number_, len(CHECKS), check.name)
            found += examine(case, [check])
    counts = {level: sum(one.level == level and one.looked for one in found) for level in STYLES}
    value = {
        "problems": counts["problem"], "warnings": counts["warning"], "notes": counts["note"],
        "offline": not case.online, "checks": [asdict(one) for one in found],
    }  # fmt: skip
    desk.result(value, _told(found, counts, len(CHECKS), everything=desk.verbosity > 0))
    return 1 if counts["problem"] else 0


def case_of(desk: Desk, *, online: bool) -> Case:
    """What the doctor looks at; the site's folder is known even where its files are wrong."""
    from pathlib import Path

    from syndicate.cli.newsletter import transport_of
    from syndicate.cli.road import workshop
    from syndicate.config import find_site, secret_ring
    from syndicate.doctor import Case
    from syndicate.models import Places

    root = find_site(desk.site_option, os.environ, Path.cwd())
    places = Places(root, root if (root / DEMO).exists() else root / "var", root / "public")

    def broken(error: Exception) -> None:
        if desk.verbosity >= 2:
            traceback.print_exception(error)

    return Case(
        root, places.state, places.public, os.environ, desk.settings, desk.now(), lambda: desk.site, lambda: desk.store,
        lambda: desk.words, desk.template_folders_in(root), lambda: secret_ring(places, os.environ),
        lambda: transport_of(desk, "doctor"), lambda: workshop(desk).fetcher, online=online, broken=broken,
    )  # fmt: skip


def _told(found: Sequence[Finding], counts: dict[str, int], done: int, *, everything: bool) -> Any:
    """What was found, by group, the gravest first in each; on a terminal in colours."""
    from rich.text import Text

    told = Text()
    shown = [one for one in found if one.looked and (everything or one.level != "ok")]
    for group, members in groupby(shown, key=lambda one: one.group):
        told.append(f"{group}\n", style="bold")
        for one in sorted(members, key=lambda one: [*STYLES].index(one.level)):
            told.append(f"  {one.level:<8}", style=STYLES[one.level])
            told.append(f" {one.message}\n")
            if one.remedy:
                told.append(f"           → {one.remedy}\n", style="dim")
        told.append("\n")
    told.append("\n".join(_sum(found, counts, done)))
    return told


def _sum(found: Sequence[Finding], counts: dict[str, int], done: int) -> Iterator[str]:
    """The last lines: how many checks came to what, and what was not asked."""
    total = done - len({one.check for one in found if not one.looked})
    words = [number(counts[level], level) for level in ("problem", "warning", "note") if counts[level]]
    yield f"{number(total, 'check')}: {', '.join(words)}." if words else f"{number(total, 'check')}: nothing is wrong."
    skipped: dict[str, list[str]] = {}
    for one in found:
        if not one.looked:
            skipped.setdefault(one.message, []).append(one.check)
    for why, names in skipped.items():
        yield f"{why.rstrip('.')} ({', '.join(names)})."
