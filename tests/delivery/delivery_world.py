"""A database with readers and one approved edition, and a provider whose books are a file that outlives any process."""

import json
import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import databases

from syndicate import delivery
from syndicate.deliver import NO_TICKET, Ticket
from syndicate.deliver.folder import FolderTransport
from syndicate.errors import BatchRefused, Busy, DeliveryError
from syndicate.models import (
    DeliveryRules,
    Edition,
    EditionVariant,
    MailingList,
    Places,
    Receipt,
    Sender,
    Site,
)
from syndicate.office import Office
from syndicate.store import Store, editions, ledger
from syndicate.store import schema as s

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
RULES = DeliveryRules(transport="folder")
LIST = MailingList("news", {"sq": "Lajme"}, Sender("Lajme", "news@example.org", "news@example.org"))
NAMES = ("sq", "en", "sq+en", "en+sq")
EDITION = "news-1"
VARIANTS = tuple(EditionVariant(one, f"Lajme {one}", "", "<p>%%leave_url%%</p>", "%%leave_url%%") for one in NAMES)


class Provider:
    """A provider with an undo window (or none): `books` is an append-only file of what it took and what it cancelled.

    `script` gives the fate of each request in turn; then all goes well. `refuses` are addresses it takes no batch with.
    `deaf` makes it unreachable for everything but posting.
    """

    name = "folder"

    def __init__(self, books, *, script=(), undoable=True, single=False, size=4, refuses=(), deaf=False, clock=None):
        self.books, self.script, self.refuses, self.deaf = Path(books), list(script), set(refuses), deaf
        self.undoable, self.single, self.batch_size = undoable, single, size
        self.clock = clock or (lambda: datetime.now(UTC))
        self.sizes, self.forgotten = [], []

    def prepare(self, now, send_at):
        if not self.undoable:
            return NO_TICKET
        earliest = self.clock() + timedelta(minutes=30)
        return Ticket(os.urandom(8).hex(), max(send_at or earliest, earliest))

    def post(self, batch):
        assert not self.single or len(batch.copies) == 1
        assert len(batch.copies) <= self.batch_size
        self.sizes.append(len(batch.copies))
        ids = [copy.id for copy in batch.copies]
        fate = self.script.pop(0) if self.script else "taken"
        if self.refuses & {copy.address for copy in batch.copies}:
            raise BatchRefused("somebody in it is wrong")
        if fate in ("taken", "taken, no answer", "taken, then cut"):
            self._note({"took": ids, "undo": batch.ticket.undo_id, "to": [copy.address for copy in batch.copies]})
        if fate == "taken":
            yield from (Receipt(id, "accepted") for id in ids)
        elif fate.endswith("no answer"):
            yield from (Receipt(id, "in_doubt", "no answer") for id in ids)
        elif fate.endswith("then cut"):
            raise Busy("the line was cut", retry_after=0.01)
        elif fate == "one refused":
            self._note({"took": ids[1:], "undo": batch.ticket.undo_id, "to": [one.address for one in batch.copies[1:]]})
            yield Receipt(ids[0], "failed", f"550 <{batch.copies[0].address}> is unknown here")
            yield from (Receipt(id, "accepted") for id in ids[1:])
        elif fate == "all refused":
            yield from (Receipt(id, "failed", "refused") for id in ids)
        elif fate == "put off":
            yield from (Receipt(id, "requeue", "450 later") for id in ids)
        elif fate.startswith("busy"):
            yield from (Receipt(id, "requeue", "429") for id in ids)
            _, _, after = fate.partition(" ")
            raise Busy("It wants to rest", retry_after=float(after) if after else None)
        elif fate == "key refused":
            yield from (Receipt(id, "requeue", "401") for id in ids)
            raise DeliveryError("The key was refused.")
        elif fate == "bug":
            raise ZeroDivisionError("ours")

    def settle(self, attempt, now):
        if not self._called_back(attempt):
            return None
        return [Receipt(id, "requeue", "cancelled") for id in attempt.deliveries]

    def recall(self, attempt, now):
        return self._called_back(attempt)

    def forget(self, attempt, now):
        self.forgotten.append(attempt.ticket.undo_id)
        return True

    def close(self):
        pass

    def _called_back(self, attempt):
        if self.deaf:
            raise DeliveryError("nobody answers")
        ticket = attempt.ticket
        if ticket.send_at is None or self.clock() >= ticket.send_at - timedelta(minutes=12):
            return False
        self._note({"cancelled": ticket.undo_id})
        return True

    def _note(self, line):
        with self.books.open("a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    @property
    def arrived(self):
        """How often each address gets the mail: what was taken and not cancelled."""
        lines = [json.loads(line) for line in self.books.read_text().splitlines()] if self.books.exists() else []
        cancelled = {line["cancelled"] for line in lines if "cancelled" in line}
        return Counter(
            address for line in lines if "took" in line and line["undo"] not in cancelled for address in line["to"]
        )


class World:
    """The site's database in a folder; the clock moves only when told, or when somebody waits."""

    def __init__(self, folder, readers=0, rules=RULES):
        self.folder = Path(folder)
        self.store = Store(databases.url(self.folder / "syndicate.sqlite"))
        self.site = Site(
            "Test", "https://news.example.org", "news.example.org", "Europe/Tirane", ("sq", "en"), "it@example.org", "Rruga 1",
            Places(self.folder, self.folder, self.folder), delivery=rules,
        )  # fmt: skip
        self.now = START
        self.waited = []
        if readers:
            self.begin(readers)

    def begin(self, readers):
        with self.store.write() as connection:
            connection.execute(s.editions.insert().values(
                id=EDITION, list="news", number=1, state="approved", created=START, digest="d", notes=[], approved=START,
            ))  # fmt: skip
            for n, one in enumerate(VARIANTS):
                values = {"name": one.name, "subject": one.subject, "preheader": "", "html": one.html, "text": one.text}
                connection.execute(s.edition_variants.insert().values(edition=EDITION, position=n, **values))
            connection.execute(s.list_posts.insert().values(
                list="news", post="p1", state="included", edition=EDITION, reason="",
            ))  # fmt: skip
            for n in range(readers):
                self.reader(connection, n)

    def reader(self, connection, n):
        address = f"reader{n}@example.org"
        connection.execute(s.subscribers.insert().values(
            id=f"s{n:05}", address=address, address_key=address, languages=NAMES[n % 4], created=START, mail="full",
        ))  # fmt: skip
        connection.execute(s.subscriptions.insert().values(
            subscriber=f"s{n:05}", list="news", state="confirmed", changed=START,
        ))  # fmt: skip

    def provider(self, **more):
        return Provider(self.folder / "books", clock=lambda: self.now, **more)

    def office(self, transport, **more):
        def wait(seconds):
            self.waited.append(seconds)
            self.now += timedelta(seconds=seconds)

        return Office(self.site, self.store, transport, [b"k" * 32], lambda: self.now, wait=wait, **more)

    def rules(self, **more):
        self.site = replace(self.site, delivery=replace(self.site.delivery, **more))

    @property
    def edition(self) -> Edition:
        with self.store.read() as connection:
            found = editions.load(connection, EDITION)
        assert found is not None
        return found

    def send(self, transport, *, late=False, report=lambda *_: None, **more):
        try:
            return delivery.send(self.office(transport, **more), self.edition, LIST, report, late=late)
        finally:
            self.balanced()

    def standing(self):
        return delivery.standing(self.site, self.store, self.edition)

    def states(self):
        return {state: count for state, count in self.balanced().states.items() if count}

    def balanced(self):
        found = self.standing()
        assert found.balanced, found
        return found

    def batches(self):
        with self.store.read() as connection:
            return [dict(row._mapping) for row in connection.execute(s.batches.select())]

    def who(self, *states):
        with self.store.read() as connection:
            return [*ledger.who(connection, EDITION, states)]

    def set_standing(self, n, state):
        with self.store.write() as connection:
            row = s.subscriptions.c.subscriber == f"s{n:05}"
            connection.execute(s.subscriptions.update().where(row).values(state=state))


def folder_transport(folder):
    """The shipped folder transport, with a writer of a few bytes."""
    return FolderTransport(Path(folder) / "outbox", lambda letter: lambda copy: copy.address.encode())
