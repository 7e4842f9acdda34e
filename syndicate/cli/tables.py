"""`syndicate subscribers import` and `export`: people come in from a spreadsheet, and go out into one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from syndicate.cli.app import command
from syndicate.cli.desk import Desk, private_file
from syndicate.cli.subscribers import EVIDENCE, LIST, State, subscribers
from syndicate.cli.telling import columns, number

if TYPE_CHECKING:
    from syndicate.consent.table import Reject, Writer
    from syndicate.importing import Errand, Imported, Outcome

OUTCOMES: tuple[tuple[Outcome, str], ...] = (
    ("added", "New"), ("confirmed", "Now confirmed"), ("languages", "Language changed"), ("unchanged", "Unchanged"),
    ("rejected", "Rejected"), ("refused", "Refused"),
)  # fmt: skip


@command(subscribers, "import")
def import_(
    desk: Desk,
    list: LIST,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file with a column of addresses.")],
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="For new people whose row names none. Default: the site's first.")
    ] = None,
    evidence: EVIDENCE = "",
    invite: Annotated[
        bool, typer.Option("--invite", help="Send one mail to each who is pending, to ask whether they want the list.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --invite: do not ask first.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> int:
    """Add the people of a CSV file to a list. Rows that cannot be used go to rejects.csv with the reason; the rest go in."""
    from syndicate import people
    from syndicate.errors import UsageError
    from syndicate.importing import Errand

    chosen = people.list_called(desk.site, list)
    languages = people.languages_of(desk.site, language or desk.site.languages[0])
    if invite and evidence.strip():
        raise UsageError("Say --evidence for people who agreed, or --invite to ask them: not both in one import.")
    errand = Errand(chosen, languages, desk.now(), evidence, invite, dry_run)
    if invite and not (yes or dry_run):
        _ask(desk, errand, file)
    rejects = _Rejects(_beside(file))
    try:
        done = _load(desk, errand, file, (lambda _: None) if dry_run else rejects.add)
    finally:
        rejects.close()
    for note in done.notes:
        desk.say(note)
    desk.result(_value(done, rejects.written), "\n".join(_told(done, errand, rejects.written)))
    return 0


def _ask(desk: Desk, errand: Errand, file: Path) -> None:
    """Count who would be invited, and have the operator agree; raises UsageError if they do not."""
    from syndicate.errors import UsageError

    if not file.is_file():
        raise UsageError(f"{file} cannot be read twice, to count first who would be invited: save it, or add --yes.")
    count = _load(desk, replace(errand, dry_run=True), file, lambda _: None).invited
    if count and not desk.confirm(f"Send one mail to {number(count, 'person', 'people')}, asking whether they agree?"):
        raise UsageError(
            f"Nothing was imported: {number(count, 'person', 'people')} would be asked by mail. "
            "Add --yes where nobody can answer, or leave --invite out."
        )


def _load(desk: Desk, errand: Errand, file: Path, reject: Callable[[Reject], None]) -> Imported:
    from syndicate import importing

    with _opened(file) as stream, desk.progress("Looking" if errand.dry_run else "Importing") as report:
        total = file.stat().st_size // 1000 if file.is_file() else 0

        told = importing.Imported()

        def tell(done: Imported) -> None:
            nonlocal told
            told = done
            report(stream.tell() // 1000 if total else done.rows, total, f"KB, {done.rows:,} rows" if total else "rows")

        try:
            return importing.load(
                desk.store, desk.ring, errand, stream, spoken=desk.site.languages, reject=reject, report=tell,
                random=os.urandom,
            )  # fmt: skip
        except BaseException:
            if not errand.dry_run:
                desk.warn(f"At least {_rows(told)} before it stopped. Import the same file again for the rest.")
            raise


class _Rejects:
    """The rows that were left out, with their reasons, in a file that is made when the first one comes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._out: BinaryIO | None = None
        self._table: Writer | None = None

    def add(self, one: Reject) -> None:
        """Write one row."""
        from syndicate.consent.table import Writer

        if self._table is None:
            self._out = private_file(self._path)
            self._table = Writer(self._out, ("line", "row", "reason"), bom=True)
        self._table.row((str(one.line), one.raw, one.reason))

    @property
    def written(self) -> Path | None:
        """Where the file is; None when there was nothing to write."""
        return self._path if self._table else None

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._out:
            self._out.close()


def _beside(file: Path) -> Path:
    """rejects.csv beside the table; another name where the table itself is called so."""
    folder = file.parent if file.is_file() else Path()
    return folder / ("rejects-2.csv" if file.name == "rejects.csv" else "rejects.csv")


def _value(done: Imported, rejects: Path | None) -> dict[str, Any]:
    counts = done.counts
    return {
        "rows": done.rows, "added": counts["added"], "updated": done.updated, "unchanged": counts["unchanged"],
        "rejected": counts["rejected"], "refused": counts["refused"], "rejects_file": str(rejects) if rejects else None,
        "pending": done.pending, "confirmed": counts["confirmed"], "languages_changed": counts["languages"],
        "invited": done.invited, "first": {outcome: [asdict(one) for one in some] for outcome, some in done.first.items()},
    }  # fmt: skip


def _rows(done: Imported) -> str:
    names = ("added", "updated", "unchanged", "rejected", "refused")
    value = _value(done, None)
    return ", ".join([number(done.rows, "row"), *(f"{value[name]:,} {name}" for name in names)])


def _told(done: Imported, errand: Errand, rejects: Path | None) -> list[str]:
    """What an import came to, for people."""
    before = "Nothing was written; it would be: " if errand.dry_run else ""
    lines = [f"{before}{_rows(done)}"]
    if errand.dry_run:
        lines += _difference(done)
    else:
        bad = sorted([*done.first["rejected"], *done.first["refused"]], key=lambda one: one.line)
        lines += [f"  line {one.line}: {one.text}" for one in bad[:5]]
    if rejects:
        lines.append(f"{number(done.bad, 'row')} with reasons: {rejects}")
    if errand.invite:
        verb = "would be" if errand.dry_run else "is" if done.invited == 1 else "are"
        lines.append(f"{number(done.invited, 'person', 'people')} {verb} asked by mail, with the next `syndicate run`.")
    elif done.pending:
        lines.append(
            f"{done.pending:,} of the new ones {'is' if done.pending == 1 else 'are'} pending and get no mail: import again with "
            "--evidence TEXT if you can show that they agreed, or with --invite to ask them."
        )
    return lines


def _difference(done: Imported) -> Iterator[str]:
    """The first few rows of each outcome."""
    for outcome, title in OUTCOMES:
        some, count = done.first[outcome], done.counts[outcome]
        if some:
            yield f"{title}{f', the first {len(some)} of {count:,}' if count > len(some) else ''}:"
            yield columns([(f"line {one.line}", *filter(None, (one.address,)), one.text) for one in some], indent=2)


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    from syndicate.errors import UsageError

    try:
        stream = file.open("rb")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    with stream:
        yield stream


# ---------------------------------------------------------------- out


@command(subscribers)
def export(
    desk: Desk,
    list: LIST,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write it. Default: to the terminal.")
    ] = None,
    state: Annotated[State | None, typer.Option(help="Only who stands so.")] = None,
) -> None:
    """Write a list as CSV that is safe to open in a spreadsheet, and that import reads back."""
    from syndicate import people
    from syndicate.consent.table import Writer
    from syndicate.store import people as stored

    chosen = people.list_called(desk.site, list)
    with desk.store.read() as connection:
        counts = stored.counts(connection)
    total = sum(count for (id, at), count in counts.items() if id == chosen.id and state in (None, at))
    header = ("address", "language", "state", "since")
    everyone = people.on_list(desk.store, chosen, state)
    rows = ((one.subscriber.address, one.subscriber.languages, one.state, one.changed.isoformat()) for one in everyone)
    if desk.json:
        return _print_json({"subscribers": (dict(zip(header, row, strict=True)) for row in rows)})
    with _out(file) as stream, desk.progress("Exporting") as report:
        table = Writer(stream, header)
        for row in rows:
            table.row(row)
            if table.count % 1000 == 0:
                report(table.count, total, "people")
    if file is not None:
        desk.say(
            f"{number(table.count, 'person', 'people')} written to {file}. Keep it safe, and delete it when you are done."
        )
    return None


@contextmanager
def _out(file: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a private file that is there when it is whole; raises UsageError where none can be made."""
    from syndicate.errors import UsageError

    if file is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if file.exists() and not file.is_file():
        raise UsageError(f"{file} is no file: name one, or leave it out to write to the terminal.")
    part = file.with_name(f".{file.name}.part")
    try:
        with private_file(part) as stream:
            yield stream
        part.replace(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            part.unlink()


def _print_json(value: dict[str, Iterator[dict[str, str]]]) -> None:
    """One JSON object with one list, printed as its members come."""
    ((name, members),) = value.items()
    print(f"{{\n  {json.dumps(name)}: [", end="")  # noqa: T201
    for count, one in enumerate(members):
        print(",\n" if count else "\n", json.dumps(one, ensure_ascii=False), sep="    ", end="")  # noqa: T201
    print("\n  ]\n}")  # noqa: T201
