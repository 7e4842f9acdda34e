"""The hall: a table of people → a list, some thousands of rows in each transaction.

    read → drop what is there twice → look up → decide → write → tell        (one chunk; then the next)

What may happen to each person is decided in `consent.subscription`, as for everybody else. Who left, bounced, complained or
was forgotten is refused. Each chunk is stored whole or not at all, and a table that was imported before changes nothing: an
import that was stopped is simply run again. Memory does not grow with the table, but for 16 bytes a row to know repetitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Literal, get_args

from syndicate.consent import addresses, subscription, table
from syndicate.consent.seen import Seen
from syndicate.models import MailingList, SubscriptionState, SuppressionKind
from syndicate.people import last_asked
from syndicate.store import Connection, Store, bulk, letters

CHUNK = 20_000
"""Rows in a transaction. At 5,000 a million rows take nearly twice as long; 20,000 hold the database for about a second."""
WEIGHT = 8_000_000
"""Characters of unreadable rows in a transaction: their texts are kept until it is written."""
FEW = 5
"""How many rows of each outcome are told one by one."""

Outcome = Literal["added", "confirmed", "languages", "unchanged", "rejected", "refused"]
"""What became of a row: new to the list; now confirmed; reads otherwise; as it was; unreadable; may not come back."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What an import is to do: put people on `list` as of `now`.

    `languages` is for new people whose row names none. With `evidence` they are confirmed, but for those of whom the table
    itself says that they have not agreed yet. With `invite` one mail is queued to each who is pending and was never asked.
    With `dry_run` nothing is written.
    """

    list: MailingList
    languages: str
    now: datetime
    evidence: str = ""
    invite: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One row that is told: its line, and what became of it ("sq, pending"; "sq → en"; a reason)."""

    line: int
    address: str
    text: str


@dataclass
class Imported:
    """What an import did, or would do. Every row is in exactly one of the outcomes; `first` has the first few of each.

    `pending` are those of the added who have not agreed yet, `invited` is how many mails were queued that ask them.
    """

    rows: int = 0
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(get_args(Outcome), 0))
    pending: int = 0
    invited: int = 0
    first: dict[Outcome, list[Change]] = field(default_factory=lambda: {outcome: [] for outcome in get_args(Outcome)})
    notes: list[str] = field(default_factory=list)

    @property
    def updated(self) -> int:
        """Who was on the list, and stands or reads otherwise now."""
        return self.counts["confirmed"] + self.counts["languages"]

    @property
    def bad(self) -> int:
        """Rows that were left out."""
        return self.counts["rejected"] + self.counts["refused"]

    def take(self, part: Imported) -> None:
        """Add what a part of the same import came to."""
        self.rows += part.rows
        self.pending += part.pending
        self.invited += part.invited
        self.notes += part.notes
        for outcome, count in part.counts.items():
            self.counts[outcome] += count
            missing = FEW - len(self.first[outcome])
            self.first[outcome] += part.first[outcome][: max(0, missing)]

    def tell(self, outcome: Outcome, line: int, address: str, text: str) -> None:
        """Count one row."""
        self.counts[outcome] += 1
        if len(self.first[outcome]) < FEW:
            self.first[outcome].append(Change(line, address, text))


def load(
    store: Store, ring: Sequence[bytes], errand: Errand, file: BinaryIO, *, spoken: Sequence[str],
    reject: Callable[[table.Reject], None], report: Callable[[Imported], None], random: Callable[[int], bytes],
) -> Imported:  # fmt: skip
    """Import a table; `spoken` are the site's languages. `report` is told the sum after each transaction.

    `reject` is handed each row that was left out, with the reason, once its chunk is stored. `random(n)` gives n random
    bytes. Raises TableError when no column holds addresses, StoreError.
    """
    done, seen = Imported(), Seen()
    for number, chunk in enumerate(_chunks(table.read(file, languages=spoken, extra=False))):
        part, bad = Imported(), list[table.Reject]()
        good = [row for item in chunk if (row := _taken(part, bad, seen, item, errand)) is not None]
        ids = _ids(errand.now, number, random)
        with store.read() if errand.dry_run else store.write() as connection:
            work = _Work(errand, ring, ids, part, bad)
            work.decide(good, *_look_up(connection, errand, ring, good))
            work.write(connection)
        for one in sorted(bad, key=lambda one: one.line):
            reject(one)
        done.take(part)
        report(done)
    return done


def _chunks(
    items: Iterator[table.Row | table.Reject | table.Note],
) -> Iterator[list[table.Row | table.Reject | table.Note]]:
    chunk: list[table.Row | table.Reject | table.Note] = []
    weight = 0
    for item in items:
        chunk.append(item)
        weight += len(item.raw) if isinstance(item, table.Reject) else 0
        if len(chunk) >= CHUNK or weight > WEIGHT:
            yield chunk
            chunk, weight = [], 0
    yield chunk


def _taken(
    part: Imported, bad: list[table.Reject], seen: Seen, item: table.Row | table.Reject | table.Note, errand: Errand
) -> table.Row | None:
    """The row to decide about, if the item is one; all else is counted, and kept for who is told of bad rows."""
    if isinstance(item, table.Row) and seen.add(item.address.key):
        part.rows += 1
        # Told once: a comma is in no address, so it marks that it was.
        if item.lists and errand.list.id not in item.lists and seen.add(","):
            part.notes.append(f"Line {item.line} names other lists; everybody is put on {errand.list.id} alone.")
        return item
    if isinstance(item, table.Note):
        part.notes.append(item.text)
        return None
    part.rows += 1
    if isinstance(item, table.Row):
        item = table.Reject(item.line, item.address.display, "the same address stands further up in the file")
    part.tell("rejected", item.line, "", item.reason)
    bad.append(item)
    return None


def _ids(now: datetime, number: int, random: Callable[[int], bytes]) -> Callable[[], str]:
    """Gives new people's ids: they begin alike in a chunk, so that an index of millions of them grows at one end."""
    begin = f"{round(now.timestamp() * 1000):012x}{number:06x}"
    return lambda: begin + random(7).hex()


Against = Mapping[str, Mapping[SuppressionKind, datetime]]


def _look_up(
    connection: Connection, errand: Errand, ring: Sequence[bytes], rows: Sequence[table.Row]
) -> tuple[Mapping[str, bulk.Known], Sequence[Sequence[str]], Against]:
    """Who is known of these rows, every row's hashes, and what forbids mail to whom."""
    hashes = [addresses.keyed_hashes(row.address.key, ring) for row in rows]
    if not errand.dry_run:
        bulk.alone(connection)
    known = bulk.known(connection, [row.address.key for row in rows], errand.list.id)
    against = bulk.forbidden(connection, [one for every in hashes for one in every], errand.list.id)
    return known, hashes, against


class _Work:
    """One chunk: what is to be written of it, and what is told."""

    def __init__(
        self, errand: Errand, ring: Sequence[bytes], new_id: Callable[[], str], told: Imported, bad: list[table.Reject]
    ) -> None:
        self.errand, self.ring, self.new_id, self.told, self.bad = errand, ring, new_id, told, bad
        self.people: list[tuple[str, str, str, str]] = []
        self.stands: list[tuple[str, SubscriptionState]] = []
        self.moves: list[tuple[str, SubscriptionState]] = []
        self.speaks: list[tuple[str, str]] = []
        self.log: list[bulk.LogLine] = []
        self.fresh: list[tuple[str, str]] = []
        self.pending: list[tuple[str, str]] = []
        self._usual: dict[tuple[SubscriptionState | None, bool], subscription.Decision] = {}

    def decide(
        self,
        rows: Sequence[table.Row],
        known: Mapping[str, bulk.Known],
        hashes: Sequence[Sequence[str]],
        against: Against,
    ) -> None:
        """Decide about every row."""
        for row, every in zip(rows, hashes, strict=True):
            forbids = {kind: at for one in every for kind, at in against.get(one, {}).items()} if against else {}
            person = known.get(row.address.key)
            decision = self._decision(person.state if person else None, row.pending, forbids)
            if decision.refused or decision.state is None:
                reason = decision.refused or "this person is not on the list"
                self.told.tell("refused", row.line, row.address.display, reason)
                self.bad.append(table.Reject(row.line, row.address.display, reason))
            elif person is None or person.state is None:
                self._new(row, person, decision.state, every[0], decision)
            else:
                self._old(row, person, decision.state, every[0], decision)

    def _decision(
        self, state: SubscriptionState | None, pending: bool, forbids: Mapping[SuppressionKind, datetime]
    ) -> subscription.Decision:
        event = subscription.Event("imported", "" if pending else self.errand.evidence)
        if forbids:
            return subscription.decide(state, event, forbids)
        found = self._usual.get((state, pending))
        if found is None:
            found = self._usual[state, pending] = subscription.decide(state, event, {})
        return found

    def _new(
        self, row: table.Row, person: bulk.Known | None, state: SubscriptionState, hashed: str,
        decision: subscription.Decision,
    ) -> None:  # fmt: skip
        """Somebody new to the list, and perhaps to us."""
        address = row.address
        if person is None:
            reads = row.languages or self.errand.languages
            id = self.new_id()
            self.people.append((id, address.display, address.key, reads))
        else:
            id, reads = person.id, row.languages or person.languages
            if reads != person.languages:
                self.speaks.append((id, reads))
        self.stands.append((id, state))
        self._note(hashed, reads, decision)
        if state == "pending":
            self.told.pending += 1
            self.fresh.append((id, reads))
        self.told.tell("added", row.line, address.display, f"{reads}, {state}")

    def _old(
        self, row: table.Row, person: bulk.Known, state: SubscriptionState, hashed: str, decision: subscription.Decision
    ) -> None:
        """Somebody who is on the list."""
        reads = row.languages or person.languages
        otherwise = reads != person.languages
        if otherwise:
            self.speaks.append((person.id, reads))
        if state != person.state:
            self.moves.append((person.id, state))
        self._note(hashed, reads, decision)
        if state == "pending":
            self.pending.append((person.id, reads))
        outcome: Outcome = "confirmed" if state != person.state else "languages" if otherwise else "unchanged"
        text = f"{person.languages} → {reads}" if otherwise else reads
        self.told.tell(outcome, row.line, row.address.display, text)

    def _note(self, hashed: str, reads: str, decision: subscription.Decision) -> None:
        if said := decision.log:
            self.log.append((hashed, said.what, said.how, said.evidence, reads.partition("+")[0]))

    def write(self, connection: Connection) -> None:
        """Write what was decided, unless this is a dry run; count who is asked either way."""
        due = self._due(connection) if self.errand.invite else []
        self.told.invited += len(due)
        if self.errand.dry_run:
            return
        moment = bulk.Moment(self.errand.list.id, self.errand.now)
        bulk.add(connection, sorted(self.people, key=lambda person: person[2]), moment)
        bulk.stand(connection, sorted(self.stands), moment)
        bulk.move(connection, self.moves, moment)
        bulk.speak(connection, self.speaks)
        bulk.log(connection, sorted(self.log), moment)
        letters.add(connection, due)

    def _due(self, connection: Connection) -> list[letters.Waiting]:
        """The mails to who is pending: to the new ones, and to those of before who were never asked about this list."""
        now, list = self.errand.now, self.errand.list.id
        past = letters.of(connection, {id for id, _ in self.fresh + self.pending}, letters.OPT_IN)
        never = [one for one in self.fresh + self.pending if last_asked(past.get(one[0], ()), list) is None]
        return [
            letters.Waiting(self.new_id(), "invite", id, list, reads.partition("+")[0], now, now) for id, reads in never
        ]
