"""`syndicate subscribers`: the people on the lists."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from syndicate.cli.app import app, command, group
from syndicate.cli.desk import Desk, private_file
from syndicate.cli.telling import columns, number

subscribers = group(
    "The people on the lists. Who left, complained or was forgotten is never brought back by a command.",
    app,
    "subscribers",
    "People",
)
LIST = Annotated[str, typer.Argument(metavar="LIST", help="A mailing list: the name of its file in subscribers/.")]
ADDRESS = Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail address.")]
EVIDENCE = Annotated[
    str,
    typer.Option(metavar="TEXT", help="How you know that they agreed; without it they are pending and get no mail."),
]
State = Literal["pending", "confirmed", "unsubscribed"]


@command(subscribers)
def add(
    desk: Desk,
    list: LIST,
    address: ADDRESS,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="sq, en; or sq+en for both, Albanian first.")
    ] = None,
    evidence: EVIDENCE = "",
) -> None:
    """Add one person to a list."""
    from syndicate import people
    from syndicate.errors import UsageError

    chosen = people.list_called(desk.site, list)
    done = people.add(
        desk.site, desk.store, desk.ring, chosen, address, languages=language or desk.site.languages[0], evidence=evidence,
        now=desk.now(),
    )  # fmt: skip
    if done.refused:
        raise UsageError(f"Not added: {done.refused}.")
    same = " already" if done.before == done.state and not done.reads_otherwise else ""
    reads = f", reads {done.subscriber.languages}" if done.subscriber else ""
    text = f"{address} is{same} {done.state} on {chosen.id}{reads}."
    if done.state == "pending":
        text += "\nNo mail goes to them before they agree: add --evidence TEXT if you can show that they did."
    desk.result(
        {"subscriber": asdict(done.subscriber) if done.subscriber else None, "list": chosen.id, "state": done.state},
        text,
    )


@command(subscribers, "import")
def import_(
    desk: Desk,
    list: LIST,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file with a column of addresses.")],
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="For rows that name none. Default: the first.")
    ] = None,
    evidence: EVIDENCE = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> int:
    """Add the people of a CSV file to a list. Rows that cannot be used go to rejects.csv with the reason; the rest go in."""
    from syndicate import people
    from syndicate.consent import table

    chosen = people.list_called(desk.site, list)
    languages = people.languages_of(desk.site, language or desk.site.languages[0])
    with _opened(file) as stream, desk.progress("Importing") as report:
        done = people.load(
            desk.site, desk.store, desk.ring, chosen, stream, languages=languages, evidence=evidence, dry_run=dry_run,
            now=desk.now(), report=lambda rows: report(rows, 0, ""),
        )  # fmt: skip
    bad = [*done.rejected, *done.refused]
    rejects = None if dry_run or not bad else file.with_name("rejects.csv")
    if rejects:
        with private_file(rejects) as out:
            table.write(out, ("line", "row", "reason"), ((str(one.line), one.raw, one.reason) for one in bad), bom=True)
    for note in done.notes:
        desk.say(note)
    counts = {"rows": done.rows, "added": done.added, "updated": done.updated, "unchanged": done.unchanged,
              "rejected": len(done.rejected), "refused": len(done.refused)}  # fmt: skip
    lines = [
        ("Nothing was written; it would be: " if dry_run else "")
        + ", ".join(f"{n} {name}" for name, n in counts.items())
    ]
    lines += [f"  line {one.line}: {one.reason}" for one in bad[:5]]
    if rejects:
        lines.append(f"{number(len(bad), 'row')} with reasons: {rejects}")
    if not evidence and done.added:
        lines.append(
            "They are pending and get no mail: import again with --evidence TEXT if you can show that they agreed."
        )
    desk.result(counts | {"rejects_file": str(rejects) if rejects else None}, "\n".join(lines))
    return 0


@command(subscribers)
def export(
    desk: Desk,
    list: LIST,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write it. Default: to the terminal.")
    ] = None,
    state: Annotated[State | None, typer.Option(help="Only who stands so.")] = None,
) -> None:
    """Write a list as CSV that is safe to open in a spreadsheet."""
    from syndicate import people
    from syndicate.consent import table

    everyone = people.on_list(desk.store, people.list_called(desk.site, list), state)
    rows = ((one.subscriber.address, one.subscriber.languages, one.state, one.changed.isoformat()) for one in everyone)
    header = ("address", "language", "state", "since")
    if desk.json:
        desk.result({"subscribers": [dict(zip(header, row, strict=True)) for row in rows]}, "")
    elif file is None:
        table.write(sys.stdout.buffer, header, rows)
    else:
        with private_file(file) as out:
            count = table.write(out, header, rows)
        desk.say(
            f"{number(count, 'person', 'people')} written to {file}. Keep it safe, and delete it when you are done."
        )


@command(subscribers, "list")
def list_(
    desk: Desk, list: Annotated[str | None, typer.Argument(metavar="[LIST]", help="The people of this list.")] = None
) -> None:
    """How many stand on each list; with LIST, who they are."""
    from syndicate import people
    from syndicate.store import people as stored

    if list is not None:
        found = [*people.on_list(desk.store, people.list_called(desk.site, list), None)]
        rows = [
            (one.subscriber.address, one.subscriber.languages, one.state, f"{one.changed:%Y-%m-%d}") for one in found
        ]
        value = [
            {
                "address": one.subscriber.address,
                "language": one.subscriber.languages,
                "state": one.state,
                "since": one.changed,
            }
            for one in found
        ]
        return desk.result({"list": list, "subscribers": value}, columns(rows) or f"Nobody is on {list} yet.")
    with desk.store.read() as connection:
        counts = stored.counts(connection)
    states = ("confirmed", "pending", "unsubscribed")
    told = [{"id": one.id} | {state: counts.get((one.id, state), 0) for state in states} for one in desk.site.lists]
    rows_ = [
        (one["id"], *(f"{one[state]} {'left' if state == 'unsubscribed' else state}" for state in states))
        for one in told
    ]
    return desk.result({"lists": told}, columns(rows_) or "There is no list yet: make subscribers/<list>.toml.")


@command(subscribers)
def show(desk: Desk, address: ADDRESS) -> None:
    """All that is known of one person: where they stand, what forbids mail, and their history of consent."""
    from syndicate import people
    from syndicate.errors import UsageError

    found = people.dossier(desk.store, desk.ring, address)
    if not (found.subscriber or found.history or found.suppressions):
        raise UsageError("Nothing is known of this address.")
    lines = [
        f"{address}, reads {found.subscriber.languages}" if found.subscriber else f"{address} is on no list any more."
    ]
    lines.append(
        columns([(one.list, one.state, f"since {one.changed:%Y-%m-%d}") for one in found.subscriptions], indent=2)
    )
    lines += [
        f"  no mail{f' from {one.list}' if one.list else ''}: {one.kind}, since {one.at:%Y-%m-%d}"
        for one in found.suppressions
    ]
    lines.append("History")
    lines.append(columns([
        (f"{one.at:%Y-%m-%d %H:%M}", one.list, one.event, f"by {one.how}", one.evidence) for one in found.history
    ], indent=2))  # fmt: skip
    value: dict[str, Any] = {
        "subscriber": asdict(found.subscriber) if found.subscriber else None,
        "subscriptions": [asdict(one) for one in found.subscriptions],
        "suppressions": [
            {"kind": one.kind, "list": one.list, "at": one.at, "reason": one.reason} for one in found.suppressions
        ],
        "history": [
            {
                "at": one.at,
                "list": one.list,
                "event": one.event,
                "how": one.how,
                "evidence": one.evidence,
                "language": one.language,
            }
            for one in found.history
        ],
    }
    desk.result(value, "\n".join(line for line in lines if line))


@command(subscribers)
def remove(desk: Desk, list: LIST, address: ADDRESS) -> None:
    """Take a person off a list for good: no import brings them back."""
    from syndicate import people
    from syndicate.errors import UsageError

    chosen = people.list_called(desk.site, list)
    if reason := people.remove(desk.store, desk.ring, chosen, address, now=desk.now()):
        raise UsageError(f"Nothing was changed: {reason}.")
    desk.result({"list": chosen.id, "state": "unsubscribed"}, f"{address} is off {chosen.id}, for good.")


def _opened(file: Path) -> Any:
    from syndicate.errors import UsageError

    try:
        return file.open("rb")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
