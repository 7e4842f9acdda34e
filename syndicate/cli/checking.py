"""`syndicate newsletter check`, `preview`, `approve`: looking at an edition before anybody gets it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndicate.cli.app import command
from syndicate.cli.desk import Desk, private_file
from syndicate.cli.newsletter import EDITION, newsletter, shape
from syndicate.cli.telling import columns, number

if TYPE_CHECKING:
    from syndicate.checking import Outside
    from syndicate.compose import Finding
    from syndicate.models import Edition, MailingList

NO_LINKS = Annotated[bool, typer.Option("--no-links", help="Ask no link whether it leads somewhere.")]
NO_NETWORK = Annotated[bool, typer.Option("--no-network", help="Ask nobody outside: neither links nor DNS.")]
WHO = Annotated[
    str | None,
    typer.Option("--as", metavar="ADDRESS", help="Who you are, where several have to approve: one of [notices] to."),
]
OVERRIDE = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Approve in spite of this stop, by its name; several parted by commas."),
]


@command(newsletter)
def check(desk: Desk, edition: EDITION, no_links: NO_LINKS = False, no_network: NO_NETWORK = False) -> int:
    """Say everything that is wrong with an edition, by name: stops, warnings and notes. Asks its links and the sender's DNS.

    Takes 20 seconds at most; what links answered is kept for a day.
    """
    found = _called(desk, edition)
    findings = findings_of(desk, found, outside_of(desk, links=not no_links, network=not no_network))
    counts = Counter(one.level for one in findings)
    value = {"edition": found.id, "stops": counts["stop"], "warnings": counts["warning"], "notes": counts["note"]}
    desk.result(value | {"findings": [finding_shape(one) for one in findings]}, _told(found, findings))
    return 1 if counts["stop"] else 0


@command(newsletter)
def preview(
    desk: Desk,
    edition: EDITION,
    open: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    screenshots: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also take pictures of every variant, by Chromium.")
    ] = None,
) -> None:
    """Write one page with every variant: phone and desktop, light and dark, without pictures, as text, with headers, sizes and
    what the checks say. Nobody outside is asked.
    """
    found = _called(desk, edition)
    path, findings = write_preview(desk, found)
    taken = _screenshots(desk, found, screenshots) if screenshots else []
    told = [*lines(one for one in findings if one.level != "note" or desk.verbosity)]
    value = {"edition": found.id, "page": str(path), "findings": [finding_shape(one) for one in findings]}
    pictures = {"screenshots": [str(one) for one in taken]} if screenshots else {}
    told += [f"{number(len(taken), 'picture')} in {screenshots}"] if screenshots else []
    desk.result(value | pictures, "\n".join([*told, str(path)]))
    if open:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())


@command(newsletter)
def approve(
    desk: Desk, edition: EDITION, override: OVERRIDE = None, who: WHO = None, no_links: NO_LINKS = False,
    no_network: NO_NETWORK = False,
) -> None:  # fmt: skip
    """Approve a draft, exactly as it is. Stops where the edition must not go out, and says why.

    Where the list asks for several approvers, say who you are with --as: nobody counts twice, here and by a mailed link.
    A stop gives way to its name alone: `--override dead-links`. The edition keeps a note of it.
    """
    from syndicate import approving, checking, compose
    from syndicate.people import list_called

    found = _called(desk, edition)
    list_ = list_called(desk.site, found.list)
    by = approving.called(desk.site, desk.ring if who else (), who, found, list_)
    over = [name.strip() for one in override or () for name in one.split(",") if name.strip()]
    if found.state == "draft":
        findings = findings_of(desk, found, outside_of(desk, links=not no_links, network=not no_network))
        _refuse(found, findings, over)
        for one in compose.told_together(findings):
            (desk.detail if one.level == "note" else desk.say)(line(one))
    tally = approving.approve(desk.store, found, list_, desk.now(), by=by, notes=checking.noted(found, over))
    state, ahead = ("approved", _then(found, list_)) if tally.enough else ("draft", "Another person has to approve it.")
    text = f"{found.id} is approved. {ahead}" if tally.enough else f"{found.id} is not approved yet. {ahead}"
    if tally.needed > 1:
        text = f"{tally.given} of {tally.needed} approvals. {text}"
    value = {"edition": shape(found) | {"state": state}, "overridden": over}
    desk.result(value | {"approvals": tally.given, "needed": tally.needed}, text)


def _then(edition: Edition, list: MailingList) -> str:
    """How an approved edition goes on."""
    by_hand = f"`syndicate newsletter send {edition.id}`"
    if list.schedule.kind == "manual":
        return f"Send it: {by_hand}"
    return f"The next `syndicate run` sends it; {by_hand} does it now."


# ---------------------------------------------------------------- shared


def findings_of(desk: Desk, edition: Edition, outside: Outside | None) -> Sequence[Finding]:
    """Everything that the checks say of an edition."""
    from syndicate import checking
    from syndicate.people import list_called

    list = list_called(desk.site, edition.list)
    return checking.check(desk.site, desk.store, edition, list, now=desk.now(), outside=outside)


def outside_of(desk: Desk, *, links: bool = True, network: bool = True) -> Outside | None:
    """What the checks may ask outside this machine; None for nothing, as SYNDICATE_OFFLINE wants it."""
    from syndicate.checking import Outside
    from syndicate.cli.road import user_agent
    from syndicate.pull import Fetcher
    from syndicate.pull.probing import LIMITS

    if not network or desk.settings.offline:
        return None
    about = desk.site.base_url or desk.site.contact
    delay = desk.site.politeness.delay.total_seconds()
    fetcher = Fetcher(user_agent=user_agent(f"+{about}; checks links"), delay=delay, limits=LIMITS) if links else None
    return Outside(fetcher)


def write_preview(desk: Desk, edition: Edition) -> tuple[Path, Sequence[Finding]]:
    """Write the page that shows an edition; returns where it is, and what the checks find without asking anybody."""
    from syndicate import checking, compose
    from syndicate.people import list_called

    findings = findings_of(desk, edition, None)
    page = compose.preview(
        edition, site=desk.site, list=list_called(desk.site, edition.list), findings=findings, words=desk.words,
        fill=desk.fill, pictures=checking.inlined(desk.site, edition),
    )  # fmt: skip
    path = desk.site.places.state / "preview" / edition.id / "index.html"
    with private_file(path) as out:
        out.write(page.encode())
    return path, findings


def finding_shape(one: Finding) -> dict[str, Any]:
    """A finding as `--json` prints it; `variant` is empty where it concerns the whole edition."""
    return {"name": one.name, "level": one.level, "variant": one.variant, "message": one.message}


def _refuse(edition: Edition, findings: Sequence[Finding], over: Sequence[str]) -> None:
    from syndicate.compose import gate
    from syndicate.errors import UsageError

    stops = gate.standing(findings, over)
    if not stops:
        return
    names = ",".join(dict.fromkeys([*over, *(one.name for one in stops)]))
    why = [f"{edition.id} is not approved:", *(f"  {one}" for one in lines(stops))]
    way = f"If it is to go out in spite of that: `syndicate newsletter approve {edition.id} --override {names}`"
    raise UsageError("\n".join([*why, way]))


def _called(desk: Desk, name: str) -> Edition:
    """The edition with its texts; raises UsageError if it has none any more."""
    from syndicate import editions
    from syndicate.errors import UsageError

    found = editions.called(desk.store, desk.site, name)
    if not found.variants:
        raise UsageError(f"{found.id} is {found.state} and holds no texts any more.")
    return found


def line(one: Finding) -> str:
    """A finding in a line of its own."""
    return f"{one.level} [{one.name}]: {f'{one.variant}: ' if one.variant else ''}{one.message}"


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Findings for people, a line each: what is said of several variants is said once."""
    from syndicate.compose import told_together

    return map(line, told_together(findings))


def _told(edition: Edition, findings: Sequence[Finding]) -> str:
    from syndicate.compose import told_together
    from syndicate.compose.checks import LEVELS

    if not findings:
        return f"{edition.id}: nothing was found wrong."
    together = told_together(findings)
    counts = Counter(one.level for one in together)
    said = ", ".join(number(counts[level], level) for level in LEVELS if counts[level])
    rows = [(one.level, one.name, one.variant or "all", one.message) for one in together]
    return f"{edition.id}: {said}.\n{columns(rows, indent=2)}"


def _screenshots(desk: Desk, edition: Edition, folder: Path) -> list[Path]:
    from syndicate import checking, compose
    from syndicate.cli.screens import take
    from syndicate.people import list_called

    list = list_called(desk.site, edition.list)
    pictures = checking.inlined(desk.site, edition)
    shown = [
        compose.shown(one, edition, site=desk.site, list=list, words=desk.words, pictures=pictures)
        for one in edition.variants
    ]
    return take(shown, folder)
