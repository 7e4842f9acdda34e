"""The hall: an approved edition → every reader's mail, each step durable before the next.

    freeze the audience → claim a batch → mark it posting → hand it to the transport → write down the receipts → next

Who gets which variant is decided once, when the audience is frozen. Suppressions are asked for again when a row is claimed.
A process that dies leaves rows that are claimed or posting; the next one finds that nobody holds their lock, asks the transport
what evidence there is, and settles each of them before it sends anything.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from syndicate import compose, deliver
from syndicate.consent import addresses, tokens
from syndicate.consent.subscription import mailable
from syndicate.deliver import ledger as rules
from syndicate.deliver import lock
from syndicate.errors import UsageError
from syndicate.models import (
    Delivery,
    DeliveryState,
    Edition,
    EditionState,
    MailingList,
    Message,
    Receipt,
    Site,
    SuppressionKind,
)
from syndicate.store import Connection, Store, editions, ledger, people

Report = Callable[[int, int, str], None]

SENDABLE: tuple[EditionState, ...] = ("approved", "sending", "paused")


@dataclass(frozen=True, slots=True)
class Office:
    """What sending works with. `now` is the clock, `ring` the secret keys that sign the links to leave."""

    site: Site
    store: Store
    transport: deliver.Transport
    ring: Sequence[bytes]
    now: Callable[[], datetime]

    @property
    def locks(self) -> Path:
        """Where the locks of sending processes lie."""
        return self.site.places.state / "locks"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an edition stands: the audience frozen for it, and how many of its rows are in each state."""

    edition: str
    state: EditionState
    audience: int
    states: Mapping[DeliveryState, int]
    balanced: bool
    variants: Mapping[str, int]

    @property
    def tally(self) -> rules.Tally:
        """The states in the operator's words."""
        return rules.tally(self.states)


def audience(office: Office, edition: Edition, list: MailingList) -> dict[str, str]:
    """Who would get the edition today: subscriber → variant."""
    with office.store.read() as connection:
        return _audience(office, connection, edition, list)


def standing(store: Store, edition: Edition) -> Standing:
    """Where the edition stands now; `balanced` is False if a row is missing, which must never be."""
    with store.read() as connection:
        states = ledger.tally(connection, edition.id)
        frozen = ledger.audience_of(connection, edition.id)
        variants = ledger.by_variant(connection, edition.id)
        state = editions.load(connection, edition.id, texts=False)
    return Standing(
        edition.id, state.state if state else edition.state, frozen, states, rules.balanced(frozen, states), variants
    )


def send(office: Office, edition: Edition, list: MailingList, report: Report) -> Standing:
    """Send an approved edition to everyone on its list, or go on where a stopped one left off. Safe to call again and again."""
    office.locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock.hold(office.locks / edition.id, name=f"another process is sending {edition.id}"):
        edition = _begin(office, edition, list)
        _settle_dead(office, edition)
        current = standing(office.store, edition)
        total, done = current.audience, current.audience - current.tally.waiting
        report(done, total, edition.id)
        with office.store.read() as connection:
            variants = ledger.queued_variants(connection, edition.id)
        for variant in variants:
            while handled := _one_batch(office, edition, list, variant):
                done += handled
                report(done, total, edition.id)
        _finish(office, edition)
    return standing(office.store, edition)


# ---------------------------------------------------------------- the steps, each one transaction


def _begin(office: Office, edition: Edition, list: MailingList) -> Edition:
    """Freeze the audience, once; returns the edition as it is in the store, whose texts do not change from here on."""
    with office.store.write() as connection:
        now = editions.load(connection, edition.id) or edition
        if not editions.set_state(connection, edition.id, "sending", was=SENDABLE):
            raise UsageError(why_not(now))
        if not ledger.is_frozen(connection, edition.id):
            chosen = _audience(office, connection, now, list)
            if not chosen:
                raise UsageError(
                    f"{edition.id} was not sent: nobody on {list.id} may get it yet. `syndicate subscribers list {list.id}` "
                    "shows who is on it; only who is confirmed gets mail."
                )
            rows = [(uuid.uuid4().hex, subscriber, variant) for subscriber, variant in chosen.items()]
            ledger.freeze(connection, edition.id, office.now(), rows)
    return now


def why_not(edition: Edition) -> str:
    """Why an edition in this state is not sent, and what to do."""
    if edition.state == "draft":
        what = f"Look at it (`syndicate newsletter preview {edition.id}`), then `syndicate newsletter approve {edition.id}`."
    else:
        what = "Each edition is sent once; `syndicate newsletter draft` makes the next."
    already = " already" if edition.state == "sent" else ""
    return f"{edition.id} is {edition.state}{already}; nothing was sent. {what}"


def _audience(office: Office, connection: Connection, edition: Edition, list: MailingList) -> dict[str, str]:
    chosen = {}
    everyone = [*people.on_list(connection, list.id, "confirmed")]
    against = _suppressed(office, connection, list, (one.subscriber.address for one in everyone))
    for one in everyone:
        if mailable("confirmed", against.get(one.subscriber.address, ())):
            variant = compose.variant_for(one.subscriber.languages, [variant.name for variant in edition.variants])
            if variant is not None:  # else the edition has nothing in a language they read: policy `omit`
                chosen[one.subscriber.id] = variant
    return chosen


def _suppressed(
    office: Office, connection: Connection, list: MailingList, who: Iterable[str]
) -> dict[str, tuple[SuppressionKind, ...]]:
    """What forbids mailing each of these addresses on this list: address → kinds."""
    hashes = {hashed: address for address in who for hashed in addresses.keyed_hashes(address.lower(), office.ring)}
    found: dict[str, tuple[SuppressionKind, ...]] = {}
    for one in people.suppressions(connection, hashes):
        if one.list in ("", list.id):
            address = hashes[one.address_hash]
            found[address] = (*found.get(address, ()), one.kind)
    return found


def _one_batch(office: Office, edition: Edition, list: MailingList, variant: str) -> int:
    """Claim, post and settle one batch; returns how many rows it handled, 0 when nobody waits or the edition was stopped."""
    row = ledger.BatchRow(uuid.uuid4().hex, edition.id, variant, office.transport.name, edition.id, office.now(), None)
    with office.store.write() as connection:
        if not editions.set_state(connection, edition.id, "sending", was=("sending",)):
            return 0  # paused, or a post in it was withdrawn: what is queued stays
        claimed = ledger.claim(connection, row, office.transport.batch_size)
        if not claimed:
            return 0
        left = _gone_since(office, connection, list, claimed)
        ledger.move(
            connection, left, was="claimed", to="suppressed", at=office.now(), reason="left since the edition was begun"
        )
        going = [one for one in claimed if one.id not in left]
        ledger.move(connection, [one.id for one in going], was="claimed", to="posting", at=office.now())
        ledger.mark_posted(connection, row.id, office.now())
    batch = deliver.Batch(row.id, edition.id, variant, tuple(_message(office, edition, list, one) for one in going))
    _receive(office, batch)
    return len(claimed)


def _gone_since(office: Office, connection: Connection, list: MailingList, claimed: Sequence[Delivery]) -> set[str]:
    """Those who left, bounced, complained or were forgotten since the audience was frozen."""
    standings = people.subscriptions(connection, {one.subscriber for one in claimed})
    against = _suppressed(office, connection, list, (one.address for one in claimed if one.address))
    gone = set()
    for one in claimed:
        now = standings.get((one.subscriber, list.id))
        if not one.address or not mailable(now.state if now else None, against.get(one.address, ())):
            gone.add(one.id)
    return gone


def _receive(office: Office, batch: deliver.Batch) -> None:
    """Hand the batch over and write down what became of it; what is known is kept, too, when the transport gives up midway."""
    receipts: list[Receipt] = []
    try:
        if batch.messages:
            receipts.extend(office.transport.post(batch))
    finally:
        with office.store.write() as connection:
            for receipt in receipts:
                to = rules.after("posting", receipt.outcome)
                ledger.move(
                    connection, [receipt.delivery], was="posting", to=to, at=office.now(), reason=receipt.reason
                )
            if len(receipts) == len(batch.messages):
                ledger.mark_settled(connection, batch.id, office.now())
            stopped = editions.load(connection, batch.edition, texts=False)
            if stopped and stopped.state == "cancelled":  # meanwhile: what came back must not wait for ever
                ledger.cancel_queued(connection, batch.edition, office.now(), "a post in it was withdrawn")


def _settle_dead(office: Office, edition: Edition) -> None:
    """Settle every batch that a process began and did not finish. We hold the edition's lock: whoever began it is dead."""
    with office.store.read() as connection:
        open_ = ledger.unsettled(connection, edition.id)
    for row in open_:
        with office.store.read() as connection:
            rows = [
                one for one in ledger.of_batch(connection, row.id) if one.state in ("claimed", "posting", "in_doubt")
            ]
        doubtful = tuple(one.id for one in rows if one.state != "claimed")
        evidence = office.transport.settle(deliver.Attempt(row.id, edition.id, doubtful)) if doubtful else []
        found = {receipt.delivery: receipt for receipt in evidence or ()}
        with office.store.write() as connection:
            for one in rows:
                to = rules.recover(one.state, found.get(one.id), undo_window_open=False)
                ledger.move(connection, [one.id], was=one.state, to=to, at=office.now(), reason="settled after a stop")
            ledger.mark_settled(connection, row.id, office.now())


def _finish(office: Office, edition: Edition) -> None:
    """The edition is sent when nobody waits any more."""
    if standing(office.store, edition).tally.waiting == 0:
        with office.store.write() as connection:
            editions.set_state(connection, edition.id, "sent", was=("sending",))


def _message(office: Office, edition: Edition, list: MailingList, one: Delivery) -> Message:
    variant = edition.variant(one.variant)
    if variant is None:
        raise UsageError(f"{edition.id} has no variant {one.variant}, which a reader of it needs.")
    token = tokens.sign(office.ring, purpose="leave", subscriber=one.subscriber, list=list.id)
    return compose.message(
        edition, variant, list=list, site=office.site, delivery=one.id, address=one.address,
        leave_url=tokens.leave_url(office.site.base_url, token),
        leave_mailto=tokens.leave_mailto(list.sender.reply_to, token),
        preferences_url=None, date=edition.approved or edition.created,
    )  # fmt: skip
