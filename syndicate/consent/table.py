"""Tables of people, in and out: any spreadsheet's CSV becomes rows and rejects; what goes out is safe to open again.

In: `,` `;` tab or `|`, any encoding that `lines` knows, a header in Albanian or English or none. A bad row becomes a Reject
with its text and the reason, and the next one is read. A million rows take no more memory than twenty.

Out: UTF-8, commas, CR LF (RFC 4180). A cell that a spreadsheet would compute, one that begins with = + - @ tab or CR, gets an
apostrophe before it, and so does one that looks as if it had got one already; reading takes exactly that one off again, so
addresses come back as they were. No byte order mark, unless asked for: addresses and codes are ASCII, where it only
disturbs other programs.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from syndicate.consent.addresses import Address, clean
from syndicate.consent.columns import (
    Layout,
    TableError,
    fold,
    layout,
    looks_like_address,
    mail_column,
    read_languages,
    words,
)
from syndicate.consent.lines import LONGEST, Lines

__all__ = ["Note", "Reject", "Row", "TableError", "Writer", "read", "safe_cell", "write"]

_DELIMITERS = ("\t", ";", "|", ",")
_SAMPLE = 40
_MOST_LINES = 20
# What LONGEST bytes are at least, in characters: a line cut there is seen to be too long.
_MOST = LONGEST // 4
_COMPUTED = "=+-@\t\r\n＝＋－＠"
_FORMULA = re.compile(rf" *[{re.escape(_COMPUTED)}]")
_GUARDED = re.compile(rf"' *[{re.escape(_COMPUTED)}']")
# Where the list separator is `;`, as in Albania, a spreadsheet cuts there even inside our quotes.
_INNER = re.compile(r"([;\t\r\n]\s*)(?=[=+\-@＝＋－＠])")
_LEFT = words(
    "unsubscribed unsubscribe optedout optout left removed cleaned bounced bounce hardbounced complained complaint spam "
    "forgotten suppressed blocked cregjistruar iaconregjistruar larguar ilarguar elarguar"
)
_PENDING = words("pending unconfirmed notconfirmed waiting invited nepritje pakonfirmuar ipakonfirmuar epakonfirmuar")


@dataclass(frozen=True, slots=True)
class Row:
    """One person of a table. `line` counts from 1. `languages` is empty where the table does not say.

    `pending`: the table itself says that this person has not agreed yet, so that no evidence of others' consent is theirs.
    `extra` holds the cells of columns that mean nothing to us, by header; it is for looking, not for keeping.
    """

    line: int
    address: Address
    languages: str = ""
    lists: tuple[str, ...] = ()
    pending: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be read: where it begins, its text as it stood, and a reason for the operator."""

    line: int
    raw: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something the operator should know of how the table was read; nothing was lost by it."""

    line: int
    text: str


def read(
    stream: BinaryIO, *, languages: Sequence[str] = ("sq", "en"), extra: bool = True
) -> Iterator[Row | Reject | Note]:
    """The people of a table, in its order, with rejects and notes between them. `languages` are the site's.

    Without `extra`, cells of columns that mean nothing to us are told of in a note, and dropped. Blank rows are passed over.
    Raises TableError when no column holds addresses.
    """
    lines = Lines(stream)
    first = lines.encoding
    sample = lines.peek(_SAMPLE)
    if not any(line.strip() for line in sample):
        yield Note(1, "The table is empty.")
        return
    delimiter, declared = _delimiter(sample)
    plan = layout([[] if at < declared else _cells(line, delimiter) for at, line in enumerate(sample)], languages)
    yield from _notes(plan, declared)
    plan = plan if extra else replace(plan, extra=())
    for _ in range(plan.skip):
        lines.take()
    yield from _rows(lines, delimiter, plan, languages)
    if lines.encoding != "utf-8":
        some = "" if first == lines.encoding else "Lines that are not in UTF-8 were"
        yield Note(1, f"{some or 'The table was'} read as {lines.encoding}: look whether ë and ç came out right.")


def _rows(lines: Lines, delimiter: str, plan: Layout, languages: Sequence[str]) -> Iterator[Row | Reject]:
    said: dict[str, str] = {}
    for line in lines:
        number = lines.number
        raw, cells, broken = line, line.rstrip("\r\n").split(delimiter), _unreadable(line)
        if '"' in line and not broken:
            raw, cells, broken = _quoted(line, lines, delimiter, plan.address)
        if not line[0].isalnum() and not any(cell and not cell.isspace() for cell in cells):
            continue
        try:
            if broken:
                raise ValueError(broken)
            yield _row(number, cells, plan, languages, said)
        except ValueError as error:
            yield Reject(number, raw.rstrip("\r\n"), str(error))


def _unreadable(line: str) -> str:
    if "\0" in line:
        return "The row holds a NUL character: save the table again."
    if len(line) >= _MOST:
        return f"The line is longer than {_MOST} characters: is this a table?"
    return ""


def _quoted(line: str, lines: Lines, delimiter: str, address: int) -> tuple[str, list[str], str]:
    """A row with quotation marks, which may go on over the next lines: its text, its cells, and what is wrong with it.

    It does not go on over a line that is a row itself: then the mark was never closed, and only this line is lost.
    """
    drawn, unclosed = [line], False

    def more() -> Iterator[str]:
        nonlocal unclosed
        yield line
        while len(drawn) < _MOST_LINES and sum(map(len, drawn)) < _MOST and (another := lines.take()) is not None:
            drawn.append(another)
            cells = _cells(another, delimiter)
            if (len(cells) > address and looks_like_address(cells[address])) or _unreadable(another):
                break
            yield another
        unclosed = True

    cells = next(csv.reader(more(), delimiter=delimiter))
    if not unclosed:
        return "".join(drawn), cells, ""
    lines.give_back(drawn[1:])
    return line, [line], "A quotation mark is opened and never closed."


def _row(number: int, cells: list[str], plan: Layout, languages: Sequence[str], said: dict[str, str]) -> Row:
    if len(cells) <= plan.address:
        raise ValueError(f"The row has {len(cells)} cells; the address would be cell {plan.address + 1}.")
    if len(cells) > plan.width and any(cell.strip() for cell in cells[plan.width :]):
        raise ValueError(f"The row has {len(cells)} cells where the table has {plan.width}: a separator too many?")
    address = clean(_plain(cells[plan.address]))
    state = fold(_cell(cells, plan.state)) if plan.state is not None else ""
    if state in _LEFT:
        raise ValueError(f"The table says of this person “{_cell(cells, plan.state)[:40]}”: they are not brought back.")
    spoken = _cell(cells, plan.languages) if plan.languages is not None else ""
    if spoken not in said:
        if len(said) > 1000:
            said.clear()
        said[spoken] = read_languages(spoken, languages)
    if plan.lists is None and not plan.extra:
        return Row(number, address, said[spoken], pending=state in _PENDING)
    lists = tuple(dict.fromkeys(re.findall(r"[^\s,;|+]+", _cell(cells, plan.lists))))
    extra = {name: _cell(cells, column) for column, name in plan.extra}
    return Row(number, address, said[spoken], lists, state in _PENDING, extra)


def _cell(cells: list[str], column: int | None) -> str:
    return _plain(cells[column]).strip() if column is not None and column < len(cells) else ""


def _plain(cell: str) -> str:
    return cell[1:] if "'" in cell and _GUARDED.match(cell) else cell


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line.replace("\0", "")], delimiter=delimiter), [])


def _delimiter(sample: list[str]) -> tuple[str, int]:
    """What parts the cells, and how many lines only say so: Excel begins a table with `sep=;`."""
    declared = re.fullmatch(r"sep=(.)\s*", sample[0], re.IGNORECASE)
    if declared and declared[1] in _DELIMITERS:
        return declared[1], 1

    def fit(delimiter: str) -> tuple[int, bool, int]:
        rows = [_cells(line, delimiter) for line in sample]
        return (
            sum(any(map(looks_like_address, row)) for row in rows),
            any(mail_column(row) is not None for row in rows),
            sum(len(row) > 1 for row in rows),
        )

    # With a lone column every delimiter fits alike, and the last is a comma.
    return max(reversed(_DELIMITERS), key=fit), 0


def _notes(plan: Layout, declared: int) -> Iterator[Note]:
    above = plan.skip - declared - plan.headed
    if above > 0:
        yield Note(1 + declared, f"{above} line{'s' if above > 1 else ''} above the table were passed over.")
    if not plan.headed:
        yield Note(plan.skip + 1, f"The table has no header: column {plan.address + 1} was taken for the addresses.")
    if plan.ignored:
        yield Note(plan.skip, f"Names are not kept: {', '.join(plan.ignored)} ignored.")
    if plan.extra:
        yield Note(plan.skip, f"Not used: {', '.join(name for _, name in plan.extra)}.")


def safe_cell(text: str) -> str:
    """The text as a cell that no spreadsheet computes (what OWASP calls CSV injection)."""
    if text.isalnum():
        return text
    guarded = f"'{text}" if _FORMULA.match(text) or _GUARDED.match(text) else text
    return _INNER.sub(r"\1'", guarded) if ";" in text or not text.isprintable() else guarded


def write(stream: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[str]], *, bom: bool = False) -> int:
    """Writes the table to a binary stream as rows come; returns their number. `bom` for free text that Excel shall show."""
    out = Writer(stream, header, bom=bom)
    for row in rows:
        out.row(row)
    return out.count


class Writer:
    """A table that is written row by row to a binary stream. `count` is the number of rows so far, without the header."""

    def __init__(self, stream: BinaryIO, header: Sequence[str], *, bom: bool = False) -> None:
        """Writes the header at once; `bom` for free text that Excel shall show."""
        self.count = -1
        self._stream = stream
        self._line = csv.writer(self)
        stream.write(b"\xef\xbb\xbf" if bom else b"")
        self.row(header)

    def row(self, cells: Iterable[str]) -> None:
        """Writes one row, each cell made safe."""
        self._line.writerow([safe_cell(cell) for cell in cells])
        self.count += 1

    def write(self, line: str) -> None:
        """What `csv` calls with each finished line."""
        self._stream.write(line.encode("utf-8", "replace"))
