"""The hall: nothing about people is kept longer than [retention] says. `run` does this each time; most times there is nothing.

Each step deletes a few hundred rows in one transaction, again and again until nothing is left, so that sending and signing
up wait for none of it. Files in the outbox go with the rows that know whose they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicate.consent import addresses
from syndicate.dossiers import NOTES, erase_mails, erase_unrecorded, mails_of
from syndicate.models import Site, Subscriber
from syndicate.store import Connection, Store, people
from syndicate.store import retention as old
from syndicate.store.letters import LetterKind

CHUNK = 500
SOFT_BOUNCES = timedelta(days=365)
"""How long a temporary bounce may still count with later ones: some lists send four editions a year."""
LINKS = timedelta(days=2)
"""How long a letter is kept whose link worked for a day at most; it may hold a new address."""
REHEARSED = timedelta(days=7)
"""How long dry runs and test mails are kept as files: they are to be looked at."""

_SHORT: tuple[LetterKind, ...] = ("account", "address", "notice")
_LONG: tuple[LetterKind, ...] = ("confirm", "invite")


@dataclass(frozen=True, slots=True)
class Purged:
    """What was deleted: people who never confirmed, addresses of who left, deliveries that lost their person, letters,
    mails in the outbox; and of events, used links, counts of forms and temporary bounces together.
    """

    unconfirmed: int = 0
    leavers: int = 0
    deliveries: int = 0
    letters: int = 0
    mails: int = 0
    others: int = 0


def purge(site: Site, store: Store, ring: Sequence[bytes], now: datetime) -> Purged:
    """Delete what is older than [retention] allows; returns how much. Safe to stop anywhere and to do again."""
    keep, mails = site.retention, _Outbox(site)
    unconfirmed = _repeat(store, lambda connection: _unconfirmed(connection, mails, ring, now - keep.pending))
    leavers = _repeat(store, lambda connection: _leavers(connection, mails, ring, now - keep.leavers, now))
    deliveries = _repeat(store, lambda connection: _deliveries(connection, mails, now - keep.ledger))
    letters = _repeat(store, lambda connection: _letters(connection, mails, _SHORT, now - LINKS))
    letters += _repeat(store, lambda connection: _letters(connection, mails, _LONG, now - keep.pending))
    others = _repeat(store, lambda connection: (old.drop_events(connection, now - keep.events, CHUNK),) * 2)
    with store.write() as connection:
        others += old.drop_used_links(connection, now)
        others += old.drop_attempts(connection, now - keep.rates)
        others += old.drop_soft_bounces(connection, now - SOFT_BOUNCES)
    tried_out = erase_unrecorded(site, now - REHEARSED)
    return Purged(unconfirmed, leavers, deliveries, letters, mails.erased + tried_out, others)


def _repeat(store: Store, step: Callable[[Connection], tuple[int, int]]) -> int:
    """Take a step until it finds less than a chunk; each says how much it found, and how much of that counts."""
    total, found = 0, CHUNK
    while found >= CHUNK:
        with store.write() as connection:
            found, done = step(connection)
        total += done
    return total


@dataclass
class _Outbox:
    """The folder of mails, and how many were deleted from it."""

    site: Site
    erased: int = 0

    def erase(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Delete these mails, while the rows that know them are still there."""
        self.erased += erase_mails(self.site, pairs)


def _unconfirmed(connection: Connection, mails: _Outbox, ring: Sequence[bytes], before: datetime) -> tuple[int, int]:
    """People who did not confirm; who stands on another list stays. What the log says of a question without answer goes."""
    found = old.unconfirmed(connection, before, CHUNK)
    old.end_unconfirmed(connection, found, before)
    gone = old.on_no_list(connection, found)
    mails.erase(mails_of(connection, [one.id for one in gone]))
    old.forget_questions(connection, [*_hashes(gone, ring)])
    people.drop(connection, [one.id for one in gone])
    return len(found), len(gone)


def _leavers(
    connection: Connection, mails: _Outbox, ring: Sequence[bytes], before: datetime, now: datetime
) -> tuple[int, int]:
    """People who left every list: their keyed hash stays for each list that they left, so that no import brings them back."""
    found = old.leavers(connection, before, CHUNK)
    mails.erase(mails_of(connection, [one.id for one, _ in found]))
    for one, lists in found:
        hashes = addresses.keyed_hashes(one.address.lower(), ring)
        barred = {no.list for no in people.suppressions(connection, hashes) if no.kind == "unsubscribe"}
        bars = [people.Suppressed(hashes[0], "unsubscribe", list, now, "left") for list in lists if list not in barred]
        people.suppress(connection, bars)
    people.drop(connection, [one.id for one, _ in found])
    return len(found), len(found)


def _deliveries(connection: Connection, mails: _Outbox, before: datetime) -> tuple[int, int]:
    """The ledger loses the person; the sums of its editions stay as they are."""
    found = old.old_deliveries(connection, before, CHUNK)
    mails.erase([(one.edition, one.id) for one in found])
    old.lose_people(connection, [one.id for one in found])
    return len(found), len(found)


def _letters(connection: Connection, mails: _Outbox, kinds: Sequence[LetterKind], before: datetime) -> tuple[int, int]:
    found = old.old_letters(connection, kinds, before, CHUNK)
    mails.erase([(NOTES, id) for id in found])
    old.drop_letters(connection, found)
    return len(found), len(found)


def _hashes(persons: Sequence[Subscriber], ring: Sequence[bytes]) -> Iterator[str]:
    for one in persons:
        yield from addresses.keyed_hashes(one.address.lower(), ring)
