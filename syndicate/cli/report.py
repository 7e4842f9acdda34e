"""`syndicate report`: what was published and who reads it, as one page with charts."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.app import app, command
from syndicate.cli.desk import Desk, private_file

if TYPE_CHECKING:
    from syndicate.operate.report import Report

DAY = ["%Y-%m-%d"]


@command(app, panel="Every day")
def report(
    desk: Desk,
    from_: Annotated[
        datetime | None,
        typer.Option("--from", formats=DAY, help="The first day. Default: the twelve months before --to."),
    ] = None,
    to: Annotated[datetime | None, typer.Option(formats=DAY, help="The last day. Default: today.")] = None,
    partner: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only the posts that name this partner, each with the sentence: for a donor."),
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="The report's own language. Default: the site's first.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write the page. Default: under var/reports.")
    ] = None,
    open: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write one page with charts: posts, partners, topics, readers who came and left, newsletters, feeds.

    Nobody can be known by it: no figure about readers stands for fewer than five. It can be printed, mailed, or given away.
    """
    from syndicate import reporting
    from syndicate.errors import UsageError
    from syndicate.operate.report import shape

    spoken = language or desk.site.languages[0]
    if spoken not in desk.site.languages:
        raise UsageError(f"The site has no language {spoken!r}. It has: {', '.join(desk.site.languages)}.")
    chosen = reporting.partner_called(desk.site, partner) if partner else None
    first, last = reporting.period(desk.site, desk.now(), _day(from_), _day(to))
    found = reporting.gather(desk.site, desk.store, desk.now(), first, last, chosen)
    path = out or _place(desk, found)
    _write(path, _page(desk, found, spoken))
    desk.result({"page": str(path), "language": spoken} | shape(found), str(path))
    if open:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _place(desk: Desk, found: Report) -> Path:
    """Where a report goes that nobody gave a name: one of the same period and partner is written over."""
    of = f"-{found.partner.id}" if found.partner else ""
    return desk.site.places.state / "reports" / f"{found.first}-to-{found.last}{of}.html"


def _page(desk: Desk, found: Report, language: str) -> str:
    from syndicate.operate.report import page

    words = desk.words
    name = found.partner.name_in(language) if found.partner else ""
    says = {"first": words.day(language, found.first), "last": words.day(language, found.last)}
    return desk.fill(
        "report.html", lang=language, page=page(found, desk.site, words, language), total=found.total, partner=name,
        named=found.named,
        title=words.say(language, "report.title_partner", partner=name) if name else words.say(language, "report.title"),
        lead=words.say(language, "report.lead", site=desk.site.name, **says),
        nothing=words.say(language, "report.named_none", partner=name) if name else words.say(language, "report.nothing"),
        made=words.say(language, "report.made", date=words.date(language, desk.now())),
    )  # fmt: skip


def _write(path: Path, text: str) -> None:
    from syndicate.errors import UsageError

    try:
        with private_file(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
