"""The hall: what became of mails after they left, written into the ledger, and into what forbids mail.

    webhook, file, mails that came back → events → ledger: how far each mail came
                                                 → suppressions: who must not be mailed any more
                                                 → proof: a batch of which anything is told was taken, all of it

Events come late, twice and in any order. Each counts once, by its id, and the order changes nothing: the ledger only goes up,
and soft bounces are counted by when they happened, not by when they were told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from syndicate.consent import addresses, subscription
from syndicate.deliver import event_files, events, sendgrid_lists
from syndicate.deliver import ledger as rules
from syndicate.deliver import signature as signing
from syndicate.deliver.events import Event, Forbids
from syndicate.deliver.signature import BadSignature
from syndicate.models import DeliveryState, Site, Subscriber, Subscription, SuppressionKind
from syndicate.store import Connection, Store, ledger, people
from syndicate.store import happenings as stored
from syndicate.store.chunks import batched

__all__ = ["BadSignature", "Pulled", "Received", "apply", "load", "prove", "pull", "receive"]

CHUNK = 500
"""Events in one transaction."""

SOFT_EDITIONS = 3
SOFT_SPAN = timedelta(days=14)
"""Soft bounces forbid mail when they are in this many editions in a row, over at least so long."""

OVERLAP = timedelta(days=1)
"""How far a pull of suppressions looks back behind the last one: lists are not written at once."""

_EVENT: dict[Forbids, subscription.EventKind] = {
    "bounce": "bounced", "complaint": "complained", "left": "left", "left_all": "left",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Received:
    """What became of events: each is in exactly one of these.

    `applied`: new, about a delivery of ours. `duplicates`: told before. `unknown`: about no delivery that we know.
    `ignored`: of a kind that we do not keep. `bad`: nothing that we could read. `kept_off`: people who are not mailed any more
    because of what these events say.
    """

    applied: int = 0
    duplicates: int = 0
    unknown: int = 0
    ignored: int = 0
    bad: int = 0
    kept_off: int = 0

    def __add__(self, other: Received) -> Received:
        return Received(
            self.applied + other.applied, self.duplicates + other.duplicates, self.unknown + other.unknown,
            self.ignored + other.ignored, self.bad + other.bad, self.kept_off + other.kept_off,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull of the provider's lists did: entries seen, those that were new to us, people who came back here since (they
    must be taken off the provider's list, or it drops their mail), and entries that nobody can read.
    """

    seen: int = 0
    applied: int = 0
    returned: int = 0
    bad: int = 0


def receive(
    store: Store, site: Site, ring: Sequence[bytes], body: bytes, signature: str, timestamp: str, public_key: str,
    now: datetime,
) -> Received:  # fmt: skip
    """Take one delivery of the provider's Event Webhook: `body` as it came, and what its two headers say.

    Raises BadSignature, UsageError for a public key that is none, and StoreError; then nothing of it was taken, and the
    provider sends it again.
    """
    signing.verify(body, signature, timestamp, public_key, now)
    return apply(store, site, ring, events.read_all(body), now)


def load(store: Store, site: Site, ring: Sequence[bytes], path: Path, now: datetime) -> Received:
    """Take the events of a file: the provider's JSON, or mails that came back. Raises UsageError where it is neither."""
    return apply(store, site, ring, event_files.read(path, now), now)


def apply(store: Store, site: Site, ring: Sequence[bytes], found: Iterable[Event | None], now: datetime) -> Received:
    """Write events down, some hundred in each transaction; None stands for an item that could not be read."""
    done = Received()
    for chunk in batched(found, CHUNK):
        kept = [one for one in chunk if one is not None and one.kind != "ignored"]
        bad = sum(one is None for one in chunk)
        with store.write() as connection:
            done += _Desk(connection, ring, now).take(kept)
        done += Received(ignored=len(chunk) - len(kept) - bad, bad=bad)
    return done


def prove(store: Store, now: datetime) -> int:
    """Make every doubtful delivery accepted whose batch is proven to have been taken, by events that are kept."""
    with store.write() as connection:
        return stored.prove_sent(connection, now)


def pull(store: Store, site: Site, ring: Sequence[bytes], page: sendgrid_lists.Page, now: datetime) -> Pulled:
    """Take over the provider's lists of whom it does not mail: what came since the last pull. Again and again the same.

    `page` asks for one page of a list (SendGridTransport.page). Raises what it raises; what was read before is kept.
    """
    seen = applied = returned = bad = 0
    for name in sendgrid_lists.names(site.delivery.group):
        key = f"pulled {name}"
        with store.read() as connection:
            since = stored.noted(connection, key)
        for chunk in batched(sendgrid_lists.read(page, name, datetime.fromisoformat(since) if since else None), CHUNK):
            good = [one for one in chunk if one is not None]
            seen, bad = seen + len(chunk), bad + len(chunk) - len(good)
            with store.write() as connection:
                desk = _Desk(connection, ring, now)
                came = [desk.listed(one) for one in good]
            applied, returned = applied + came.count("applied"), returned + came.count("returned")
        with store.write() as connection:
            stored.note(connection, key, (now - OVERLAP).isoformat())
    return Pulled(seen, applied, returned, bad)


# ---------------------------------------------------------------- one transaction


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where the events of one transaction are worked through."""

    connection: Connection
    ring: Sequence[bytes]
    now: datetime

    def take(self, found: Sequence[Event]) -> Received:
        """Write these events down."""
        known = stored.known(self.connection, {one.id for one in found})
        new = {one.id: one for one in reversed(found) if one.id not in known}
        rows = stored.mailed(self.connection, {one.delivery for one in new.values() if one.delivery})
        about = [one for one in new.values() if one.delivery in rows]
        told = [
            stored.Told(one.id, one.delivery, _kept_as(one, rows[one.delivery]), one.at, one.reason) for one in about
        ]
        stored.keep(self.connection, told, self.now)
        self._move(about, rows)
        stored.prove_sent(self.connection, self.now, {rows[one.delivery].batch for one in about} - {""})
        off = self._follow(about, rows)
        unknown = [one for one in new.values() if one.delivery not in rows]
        for one in unknown:
            if one.forbids and (person := self._person(one.address)):
                off += self._forbid(person, one.forbids, one.at, one.reason) == "applied"
        return Received(len(about), len(found) - len(new), len(unknown), kept_off=off)

    def _move(self, about: Sequence[Event], rows: dict[str, stored.Mailed]) -> None:
        """Move rows as far as their events carry them: one statement for all that go the same way."""
        states: dict[str, tuple[DeliveryState, str]] = {}
        for one in about:
            row = rows[one.delivery]
            state, reason = states.get(row.id, (row.state, ""))
            to = _onward(state, one, row)
            if to != state:
                states[row.id] = (to, "" if to in ("delivered", "accepted") else one.reason or reason)
        ways: dict[tuple[DeliveryState, DeliveryState, str], list[str]] = {}
        for id, (to, reason) in states.items():
            ways.setdefault((rows[id].state, to, reason), []).append(id)
        for (was, to, reason), ids in ways.items():
            ledger.move(self.connection, ids, was=(was,), to=to, at=self.now, reason=reason)

    def _follow(self, about: Sequence[Event], rows: dict[str, stored.Mailed]) -> int:
        """What follows from events for the people that they are about; how often somebody is not mailed any more."""
        off = 0
        soft = any(one.kind == "soft" for one in about) or stored.any_soft(self.connection)
        for one in about:
            row = rows[one.delivery]
            if not row.address or not (one.forbids or (soft and one.kind in ("soft", "delivered"))):
                continue
            if one.forbids:
                person = Subscriber(row.subscriber, row.address, "", self.now)
                said = self._forbid(self._person(row.address) or person, one.forbids, one.at, one.reason, row.list)
                off += said == "applied"
            else:
                off += self._soften(one, row)
        return off

    def _soften(self, one: Event, row: stored.Mailed) -> bool:
        """Count a soft bounce, or an arrival against those before it; whether that forbids mail from now on.

        Either way the count is the same, whatever came first.
        """
        hashes = addresses.keyed_hashes(row.address.lower(), self.ring)
        if one.kind == "delivered":
            if stored.harden(self.connection, hashes, one.at) and not _enough(stored.soft(self.connection, hashes)):
                stored.lift_soft(self.connection, hashes)
            return False
        arrived = stored.last_arrival(self.connection, row.subscriber)
        if (arrived and arrived >= one.at) or self._back_since(hashes, one.at):
            return False
        stored.soften(self.connection, hashes[0], row.edition, one.at)
        counted = stored.soft(self.connection, hashes)
        against = {each.kind for each in people.suppressions(self.connection, hashes)}
        if _enough(counted) and "bounce" not in against:
            entry = people.Suppressed(hashes[0], "bounce", "", min(counted[-1][1], self.now), stored.SOFT)
            people.suppress(self.connection, [entry])
            return True
        return False

    # ------------------------------------------------------------ what forbids mail

    def listed(self, one: sendgrid_lists.Listed) -> str:
        """Take over one entry of a list of the provider's: "applied", "known", or "returned"."""
        person = self._person(one.address)
        if person is None and one.forbids not in ("bounce", "complaint"):
            return "known"  # nobody of ours: on which list would they have left?
        if person is None:
            try:
                key = addresses.clean(one.address).key
            except addresses.AddressError:
                return "known"
            person = Subscriber("", key, "", self.now)
        if one.at is None and self._left_there_before(person):
            return "returned"
        return self._forbid(person, one.forbids, one.at or self.now, one.reason)

    def _forbid(
        self, person: Subscriber, forbids: Forbids, at: datetime, reason: str, list: str | None = None
    ) -> str:  # fmt: skip
        """Write what an event forbids: on `list` where it is about one, else wherever the person stands."""
        hashes = addresses.keyed_hashes(person.address.lower(), self.ring)
        if self._back_since(hashes, at, list if forbids == "left" else None):
            return "returned"
        before = people.suppressions(self.connection, hashes)
        if forbids == "bounce":
            stored.lift_soft(self.connection, hashes)  # what is certain does not rest on a count
        standings = [
            one
            for one in people.subscriptions(self.connection, [person.id]).values()
            if self._concerns(one, forbids, list)
        ]
        states: Sequence[Subscription | None] = standings or ([None] if forbids in ("bounce", "complaint") else [])
        changed = False
        for standing in states:
            changed |= self._decide(person, standing, forbids, min(at, self.now), reason, hashes[0], before)
        return "applied" if changed else "known"

    def _concerns(self, one: Subscription, forbids: Forbids, list: str | None) -> bool:
        return forbids != "left" or list is None or one.list == list

    def _decide(
        self, person: Subscriber, standing: Subscription | None, forbids: Forbids, at: datetime, reason: str, hashed: str,
        before: Sequence[people.Suppressed],
    ) -> bool:  # fmt: skip
        """Decide about one standing, and write it; returns whether anything is new."""
        list, state = (standing.list, standing.state) if standing else ("", None)
        against: dict[SuppressionKind, datetime] = {one.kind: one.at for one in before if one.list in ("", list)}
        decision = subscription.decide(state, subscription.Event(_EVENT[forbids]), against)
        imposed = [(kind, list if kind == "unsubscribe" else "") for kind in decision.imposes]
        people.suppress(
            self.connection, [people.Suppressed(hashed, kind, scope, at, reason or forbids) for kind, scope in imposed]
        )
        moved = standing is not None and decision.state is not None and decision.state != state
        if moved and standing and decision.state:
            people.set_standing(self.connection, [replace(standing, state=decision.state, changed=self.now)])
        if decision.log:
            line = people.Consent(
                self.now, hashed, list, decision.log.what, "provider", decision.log.evidence, "", person.language
            )
            people.log(self.connection, [line])
        stood = {(one.kind, one.list) for one in before}
        return moved or any(one not in stood for one in imposed)

    def _person(self, address: str) -> Subscriber | None:
        key = address.strip().lower()
        return people.find(self.connection, [key]).get(key) if key else None

    def _back_since(self, hashes: Sequence[str], at: datetime, list: str | None = None) -> bool:
        """Whether the person themselves confirmed after `at` that they want our mail: then an older event is over."""
        return any(
            line.event == "confirmed" and line.how in ("link", "form") and line.at > at and list in (None, line.list)
            for hashed in hashes
            for line in people.history(self.connection, hashed)
        )

    def _left_there_before(self, person: Subscriber) -> bool:
        """Whether we were told once that this person left at the provider, and they confirmed here since."""
        hashes = addresses.keyed_hashes(person.address.lower(), self.ring)
        told = [line.at for one in hashes for line in people.history(self.connection, one) if line.how == "provider"]
        return bool(told) and self._back_since(hashes, min(told))


def _onward(state: DeliveryState, one: Event, row: stored.Mailed) -> DeliveryState:
    """Where an event carries a row that is in `state`. A word about an earlier batch of it, or too late, carries it nowhere."""
    if _elsewhere(one, row):
        return state
    try:
        return rules.after(state, one.arrow or "prove_sent")
    except rules.IllegalTransition:
        return state


def _elsewhere(one: Event, row: stored.Mailed) -> bool:
    return bool(one.batch and row.batch and one.batch != row.batch)


def _kept_as(one: Event, row: stored.Mailed) -> str:
    return stored.LATE if _elsewhere(one, row) else one.kind


def _enough(counted: Sequence[tuple[str, datetime]]) -> bool:
    """Whether soft bounces in a row, oldest first, forbid mail."""
    return len(counted) >= SOFT_EDITIONS and counted[-1][1] - counted[0][1] >= SOFT_SPAN
