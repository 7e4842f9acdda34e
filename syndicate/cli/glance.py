"""`syndicate status`: how everything is on one screen, what wants the operator first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from syndicate.cli.app import app, command
from syndicate.cli.desk import Desk
from syndicate.cli.telling import ago, columns, number, shortened

if TYPE_CHECKING:
    from rich.text import Text

WANTS, SOURCES, LISTS, EDITIONS = 8, 6, 10, 6
"""How many rows of each there are at most, so that all of it stays on one screen; `--json` has the rest."""

OPEN = ("draft", "approved", "scheduled", "sending", "paused")
"""States of an edition that is not over: these are shown first."""


@command(app, panel="Every day")
def status(desk: Desk) -> int:
    """How everything is, at a glance: what wants you first, then sources, posts, feeds, lists and editions."""
    from syndicate import overview

    found = overview.look(desk.site, desk.store, desk.now())
    found["problems"] += [
        f"templates/words.{code}.toml lacks {number(len(keys), 'text')}, told in another: {shortened(', '.join(keys), 200)}."
        for code, keys in desk.words.lacking().items()
    ]
    desk.result(found, _told(desk, found))
    return 1 if any(not edition["balanced"] for edition in found["editions"]) else 0


def _told(desk: Desk, found: dict[str, Any]) -> Text:
    from rich.text import Text

    told = Text()
    wants = [("!", "bold red", one) for one in found["problems"]] + [
        ("→", "bold yellow", one) for one in found["waiting"]
    ]
    for mark, style, said in wants[:WANTS]:
        told.append(f"{mark} ", style=style)
        told.append(f"{said}\n")
    if len(wants) > WANTS:
        told.append(f"  and {len(wants) - WANTS} more: `syndicate doctor` says all\n", style="dim")
    if not found["problems"]:
        told.append("Nothing is wrong.\n", style="green")
    told.append("\n" + columns([row for part in _parts(desk, found) for row in part]))
    return told


def _parts(desk: Desk, found: dict[str, Any]) -> Iterator[list[Sequence[object]]]:
    now = desk.now()
    yield [*_sources(found["sources"], now)]
    marked = [f"{found[key]} {said}" for key, said in (("unsure", "to look at"), ("hidden", "hidden")) if found[key]]
    yield [("posts", number(found["posts"], "post"), ", ".join(marked)), ("feeds", number(found["feeds"], "feed"))]
    lists = [("list", one["id"], _list_told(desk, one)) for one in found["lists"]]
    yield [*lists[:LISTS], *_more(lists[LISTS:], "list")]
    editions = sorted(found["editions"], key=lambda one: one["state"] not in OPEN)  # stable: the newest first
    yield [("edition", one["id"], *_edition_told(desk, one)) for one in editions[:EDITIONS]]
    if found["letters"]:
        yield [("letters", number(found["letters"], "mail"), "about subscriptions not sent yet")]


def _sources(sources: Sequence[dict[str, Any]], now: datetime) -> Iterator[Sequence[object]]:
    """Each source, those that fail first; where there are many, the well ones together."""
    ill = [one for one in sources if one["error"]]
    well = [one for one in sources if not one["error"]]
    for one in ill[:SOURCES]:
        yield "source", one["id"], f"fails, last read {ago(one['succeeded'], now)}"
    yield from _more(ill[SOURCES:], "source that fails", "sources that fail")
    if len(ill) + len(well) <= SOURCES:
        yield from (("source", one["id"], f"asked {ago(one['asked'], now)}") for one in well)
    elif well:
        oldest = None if any(one["asked"] is None for one in well) else min(one["asked"] for one in well)
        yield "sources", f"{len(well)} well", f"the longest not asked: {ago(oldest, now)}"


def _more(rest: Sequence[object], one: str, many: str | None = None) -> Iterator[Sequence[object]]:
    if rest:
        yield "", f"and {number(len(rest), 'more ' + one, 'more ' + (many or one + 's'))}"


def _list_told(desk: Desk, one: dict[str, Any]) -> str:
    counted = f"{one['confirmed']:,} confirmed, {one['pending']:,} pending, {one['unsubscribed']:,} left"
    return counted + (f", next {_local(desk, one['next'])}" if one["next"] else "")


def _edition_told(desk: Desk, one: dict[str, Any]) -> Iterator[str]:
    """An edition's state; how far it is, or what it waits for."""
    from syndicate.deliver import ledger

    state, sums = str(one["state"]), ledger.tally(one["states"])
    if one["needed"] > 1:
        state += f", {one['approvals']} of {one['needed']} approvals"
    elif state == "scheduled":
        state += f", leaves {_local(desk, one['send_at'])}"
    elif one["audience"]:
        parts = [(sums.failed, "failed"), (sums.unsure, "unsure"), (sums.left_out, "left out")]
        state += f", {sums.sent:,} of {one['audience']:,}" + "".join(
            f", {count:,} {what}" for count, what in parts if count
        )
    yield state


def _local(desk: Desk, moment: datetime) -> str:
    from zoneinfo import ZoneInfo

    return f"{moment.astimezone(ZoneInfo(desk.site.timezone)):%Y-%m-%d %H:%M}"
