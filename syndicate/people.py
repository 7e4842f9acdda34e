"""The hall: people on lists. What may happen to a subscription is decided in `consent`; here it is read, decided and written.

Every change leaves a line in the consent log. An address that left, bounced, complained or was forgotten stays away, whatever
is typed or imported.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO, Literal

from syndicate.consent import addresses, subscription, table
from syndicate.errors import UsageError
from syndicate.models import MailingList, Site, Subscriber, Subscription, SubscriptionState, SuppressionKind
from syndicate.store import Connection, Store
from syndicate.store import people as stored

CHUNK = 500

Item = table.Row | table.Reject | table.Note


@dataclass(frozen=True, slots=True)
class Added:
    """What adding one address came to: `before` is None for somebody new to the list."""

    subscriber: Subscriber | None
    before: SubscriptionState | None
    state: SubscriptionState | None
    refused: str | None
    reads_otherwise: bool


@dataclass
class Imported:
    """What an import did, or would do. Every row is in exactly one of added … refused."""

    rows: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[table.Reject] = field(default_factory=list)
    refused: list[table.Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known of one address: the person (None when only the log remembers), standings, what forbids mail, the log."""

    subscriber: Subscriber | None
    subscriptions: tuple[Subscription, ...]
    suppressions: tuple[stored.Suppressed, ...]
    history: tuple[stored.Consent, ...]


def list_called(site: Site, id: str) -> MailingList:
    """The mailing list with this id; raises UsageError naming those there are."""
    for one in site.lists:
        if one.id == id:
            return one
    names = ", ".join(one.id for one in site.lists) or "none yet: make subscribers/<list>.toml"
    raise UsageError(f"There is no mailing list {id!r}. The lists are: {names}.")


def languages_of(site: Site, text: str) -> str:
    """How somebody reads, as it is stored ("sq", "sq+en"); raises UsageError for a language the site does not have."""
    chosen = [code.strip() for code in text.split("+") if code.strip()]
    wrong = [code for code in chosen if code not in site.languages]
    if wrong or not chosen or len(set(chosen)) != len(chosen):
        raise UsageError(
            f"The language {text!r} is not one of this site's: {', '.join(site.languages)}. "
            f"Both, with one first, is written {'+'.join(site.languages[:2])}."
        )
    return "+".join(chosen)


def add(
    site: Site,
    store: Store,
    ring: Sequence[bytes],
    list: MailingList,
    address: str,
    *,
    languages: str,
    evidence: str,
    now: datetime,
) -> Added:
    """Add one address to a list: confirmed with evidence of consent, else pending. Raises UsageError for a wrong address."""
    row = table.Row(0, addresses.clean(address), languages_of(site, languages))
    with store.write() as connection:
        (result,) = _apply(connection, _Hand(list, ring, "operator", evidence, now, _random_id), [row])
    return result


def remove(store: Store, ring: Sequence[bytes], list: MailingList, address: str, *, now: datetime) -> str | None:
    """Take an address off a list for good: no import brings it back. Returns a sentence where there was nothing to do."""
    row = table.Row(0, addresses.clean(address))
    with store.write() as connection:
        (known,) = _look_up(connection, _Hand(list, ring, "operator", "", now, _random_id), [row])
        decision = subscription.decide(known.standing, subscription.Event("removed"), known.against)
        if decision.refused or known.person is None or decision.state is None:
            return decision.refused or "this address is not on this list"
        if known.standing == "unsubscribed" and not decision.imposes:
            return "this address had left this list before"
        stored.set_standing(connection, [Subscription(known.person.id, list.id, decision.state, now)])
        for kind in decision.imposes:
            scope = list.id if kind == "unsubscribe" else ""
            stored.suppress(connection, [stored.Suppressed(known.hashed, kind, scope, now, "removed by the operator")])
        if decision.log:
            stored.log(connection, [_line(now, known.hashed, list.id, decision.log, known.person.language)])
    return None


def dossier(store: Store, ring: Sequence[bytes], address: str) -> Dossier:
    """All that is known of one address."""
    clean = addresses.clean(address)
    hashes = addresses.keyed_hashes(clean.key, ring)
    with store.read() as connection:
        person = stored.find(connection, [clean.key]).get(clean.key)
        standings = stored.subscriptions(connection, [person.id]).values() if person else ()
        history = [line for hashed in hashes for line in stored.history(connection, hashed)]
        return Dossier(person, tuple(standings), tuple(stored.suppressions(connection, hashes)), tuple(history))


def load(
    site: Site, store: Store, ring: Sequence[bytes], list: MailingList, file: BinaryIO, *, languages: str, evidence: str,
    dry_run: bool, now: datetime, report: Callable[[int], None],
) -> Imported:  # fmt: skip
    """Import a CSV file into a list, a few hundred rows in each transaction. With `dry_run`, only say what it would do.

    `languages` is for rows that name none. Rows are confirmed only with `evidence`. Bad rows are told and passed over.
    Raises TableError when no column holds addresses.
    """
    done, seen = Imported(), set[str]()
    hand = _Hand(list, ring, "import", evidence, now, _random_id)
    for chunk in _chunks(table.read(file, languages=site.languages)):
        good = [row for item in chunk if (row := _taken(done, seen, item, languages)) is not None]
        with store.read() if dry_run else store.write() as connection:
            _count(done, good, _apply(connection, hand, good, dry_run=dry_run))
        report(done.rows)
    return done


def on_list(store: Store, list: MailingList, state: SubscriptionState | None) -> Iterator[stored.Standing]:
    """Everyone on a list, streamed, by address."""
    with store.read() as connection:
        yield from stored.on_list(connection, list.id, state)


def _taken(done: Imported, seen: set[str], item: Item, languages: str) -> table.Row | None:
    """The row to add, if the item is one that can be; all else is counted or noted."""
    if isinstance(item, table.Note):
        done.notes.append(item.text)
        return None
    done.rows += 1
    if isinstance(item, table.Reject):
        done.rejected.append(item)
        return None
    if item.address.key in seen:
        done.rejected.append(
            table.Reject(item.line, item.address.display, "the same address stands further up in the file")
        )
        return None
    seen.add(item.address.key)
    return item if item.languages else replace(item, languages=languages)


# ---------------------------------------------------------------- one chunk of rows


@dataclass(frozen=True, slots=True)
class _Hand:
    """What a chunk of rows is added with: to which list, how the operator knows, when, and fresh ids."""

    list: MailingList
    ring: Sequence[bytes]
    how: Literal["import", "operator"]
    evidence: str
    now: datetime
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store holds of one row's address: the person, their standing, what forbids mail."""

    hashed: str
    person: Subscriber | None
    standing: SubscriptionState | None
    against: dict[SuppressionKind, datetime]


def _apply(connection: Connection, hand: _Hand, rows: Sequence[table.Row], *, dry_run: bool = False) -> list[Added]:
    """Decide about each row, and write it unless `dry_run`; the results are in the order of the rows."""
    known = _look_up(connection, hand, rows)
    event = subscription.Event("imported" if hand.how == "import" else "added", hand.evidence)
    results: list[Added] = []
    for row, one in zip(rows, known, strict=True):
        decision = subscription.decide(one.standing, event, one.against)
        if decision.refused or decision.state is None:
            results.append(Added(one.person, one.standing, one.standing, decision.refused, False))
            continue
        person = one.person or Subscriber(hand.new_id(), row.address.display, row.languages, hand.now)
        reads = replace(person, languages=row.languages or person.languages)
        results.append(Added(reads, one.standing, decision.state, None, reads != person))
        if dry_run:
            continue
        if one.person is None:
            stored.add(connection, [(person, row.address.key)])
        elif reads != person:
            stored.set_languages(connection, person.id, reads.languages)
        if decision.state != one.standing:
            stored.set_standing(connection, [Subscription(person.id, hand.list.id, decision.state, hand.now)])
        if decision.log:
            stored.log(connection, [_line(hand.now, one.hashed, hand.list.id, decision.log, reads.language)])
    return results


def _look_up(connection: Connection, hand: _Hand, rows: Sequence[table.Row]) -> list[_Known]:
    people = stored.find(connection, {row.address.key for row in rows})
    standings = stored.subscriptions(connection, {person.id for person in people.values()})
    hashes = [addresses.keyed_hashes(row.address.key, hand.ring) for row in rows]
    against: dict[str, dict[SuppressionKind, datetime]] = {}
    for one in stored.suppressions(connection, {hashed for every in hashes for hashed in every}):
        if one.list in ("", hand.list.id):
            against.setdefault(one.address_hash, {})[one.kind] = one.at
    known = []
    for row, every in zip(rows, hashes, strict=True):
        person = people.get(row.address.key)
        standing = standings.get((person.id, hand.list.id)) if person else None
        forbids = {kind: at for hashed in every for kind, at in against.get(hashed, {}).items()}
        known.append(_Known(every[0], person, standing.state if standing else None, forbids))
    return known


def _line(now: datetime, hashed: str, list: str, said: subscription.LogEvent, language: str) -> stored.Consent:
    return stored.Consent(now, hashed, list, said.what, said.how, said.evidence, "", language)


def _count(done: Imported, rows: Sequence[table.Row], results: Sequence[Added]) -> None:
    for row, result in zip(rows, results, strict=True):
        if result.refused:
            done.refused.append(table.Reject(row.line, row.address.display, result.refused))
        elif result.before is None:
            done.added += 1
        elif result.before != result.state or result.reads_otherwise:
            done.updated += 1
        else:
            done.unchanged += 1


def _chunks(rows: Iterable[Item]) -> Iterator[Sequence[Item]]:
    chunk: deque[Item] = deque()
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield tuple(chunk)
            chunk.clear()
    yield tuple(chunk)


def _random_id() -> str:
    return uuid.uuid4().hex
