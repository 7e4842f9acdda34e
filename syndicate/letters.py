"""The hall: mails about consent that are due → written, signed and sent, one at a time.

A letter counts as sent, durably, before it is handed over. A process killed in between leaves it so: perhaps it never
left, and whoever misses it asks again; nobody gets it twice. What certainly did not leave is due again, later each time.
Several processes may send at once, for each letter is taken by one of them.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from syndicate import people
from syndicate.compose import notes
from syndicate.consent import addresses, tokens
from syndicate.deliver import NO_TICKET, Attempt, Batch, Transport, limits
from syndicate.dossiers import NOTES
from syndicate.errors import BatchRefused, Busy, DeliveryError, SyndicateError, TemplateError
from syndicate.models import Copy, Letter, MailingList, Receipt, Site, SubscriptionState, SuppressionKind, Words
from syndicate.store import Connection, Store, allowances, armed
from syndicate.store import letters as stored
from syndicate.store import people as known
from syndicate.words import fill_text

TRIES = 12
"""How often a letter is tried that certainly did not leave."""
FIRST_PAUSE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=6)
"""How long until the second try, doubled with each, and the most."""

_ADDRESS = re.compile(r"[^\s<>,;:\"'()]+@[^\s<>,;:\"'()]+")
_LONGEST_REASON = 300

_PURPOSES: Mapping[stored.LetterKind, tokens.Purpose] = {
    "confirm": "confirm",
    "invite": "confirm",
    "account": "account",
    "address": "address",
}
_URLS: Mapping[str, Callable[[str, str], str]] = {
    "confirm": tokens.confirm_url,
    "account": tokens.account_url,
    "address": tokens.address_url,
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What letters are written and sent with. `templates` are folders, of which later ones win; `ring` signs their links."""

    site: Site
    store: Store
    transport: Transport
    ring: Sequence[bytes]
    now: Callable[[], datetime]
    words: Words
    templates: Sequence[Path]


def send_due(desk: Desk, limit: int = 100) -> int:
    """Send at most `limit` letters that are due; returns how many left, or may have.

    When the other side is busy, the rest waits for the next time. Raises DeliveryError when there is no sense in going on,
    and TemplateError when a letter cannot be written: then it waits, and so does the rest.
    """
    left = 0
    for _ in range(limit):
        with desk.store.write() as connection:
            armed.refuse(connection)
            taken = stored.take(connection, desk.now())
            if taken is None:
                break
            lists = _open(desk, connection, taken.waiting, taken.to)
            if taken.waiting.kind in stored.OPT_IN and not lists:
                stored.note(connection, taken.waiting.id, "nothing in it waits for a confirmation any more")
                continue
            _count(desk, connection)
        outcome = _sent(desk, taken, lists)
        left += outcome == "left"
        if outcome == "busy":
            break
    return left


def _count(desk: Desk, connection: Connection) -> None:
    """Count a letter against the limits of sending. It does not wait for them: somebody sits before it, and newsletters do."""
    if allowed := limits.limits(desk.site.delivery):
        name, now = desk.transport.name, desk.now()
        windows = limits.grant(allowed, allowances.read(connection, name), now, 1).windows
        allowances.write(connection, name, limits.spent(windows, now, 1))


def _open(desk: Desk, connection: Connection, one: stored.Waiting, address: str) -> tuple[MailingList, ...]:
    """The lists of an opt-in letter that its link could confirm: not those confirmed or left since it was asked for."""
    hashes = addresses.keyed_hashes(address.lower(), desk.ring)
    standings = known.subscriptions(connection, [one.subscriber])
    found = []
    for list in desk.site.lists:
        at = standings.get((one.subscriber, list.id))
        if list.id in tokens.parted(one.lists) and at is not None:
            forbids = people.forbidding(connection, hashes, list.id)
            if _confirmable(one, at.state, forbids):
                found.append(list)
    return tuple(found)


def _confirmable(one: stored.Waiting, state: SubscriptionState, forbids: Mapping[SuppressionKind, datetime]) -> bool:
    later = any(at >= one.created for at in forbids.values())
    return state == "pending" and not (forbids if one.kind == "invite" else later)


# ---------------------------------------------------------------- one letter


Outcome = Literal["left", "waits", "busy"]


def _sent(desk: Desk, taken: stored.Taken, lists: Sequence[MailingList]) -> Outcome:
    """Write the letter and hand it over. It counts as sent already; what is proven otherwise is written down."""
    try:
        letter, copy = _written(desk, taken, lists)
    except SyndicateError:
        with desk.store.write() as connection:
            stored.put_back(connection, taken.waiting.id, desk.now(), "it cannot be written", tried=False)
        raise
    batch = Batch(uuid.uuid4().hex, NOTES, taken.waiting.language, letter, (copy,), NO_TICKET)
    receipts: list[Receipt] = []
    try:
        receipts.extend(desk.transport.post(batch))
    except Busy as busy:
        _settle(desk, taken, receipts or _proof(desk, batch.attempt), busy.retry_after)
        return "busy"
    except BatchRefused as refused:
        _settle(desk, taken, [Receipt(copy.id, "failed", str(refused))])
        return "waits"
    except DeliveryError:
        _settle(desk, taken, receipts or _proof(desk, batch.attempt))
        raise
    return _settle(desk, taken, receipts)


def _proof(desk: Desk, attempt: Attempt) -> Sequence[Receipt]:
    """What the transport can prove of a letter it said nothing of; nothing where it cannot, and then it counts as sent."""
    try:
        return desk.transport.settle(attempt, desk.now()) or ()
    except DeliveryError:
        return ()


def _settle(desk: Desk, taken: stored.Taken, receipts: Sequence[Receipt], retry_after: float | None = None) -> Outcome:
    """Write down what became of a letter."""
    receipt = receipts[0] if receipts else Receipt(taken.waiting.id, "in_doubt", "no answer")
    if receipt.outcome == "accepted":
        return "left"
    id, why = taken.waiting.id, _ADDRESS.sub("…", receipt.reason)[:_LONGEST_REASON]
    with desk.store.write() as connection:
        if receipt.outcome == "requeue":
            allowances.give_back(connection, desk.transport.name, 1)
        if receipt.outcome == "requeue" and taken.tries < TRIES:
            stored.put_back(connection, id, desk.now() + pause(taken.tries, retry_after), why)
        else:
            stored.note(connection, id, f"{receipt.outcome.replace('_', ' ')}: {why}")
    return "left" if receipt.outcome == "in_doubt" else "waits"


def pause(tries: int, retry_after: float | None = None) -> timedelta:
    """How long a letter waits after so many tries; `retry_after`, in seconds, is what the other side asked for."""
    longest = LONGEST_PAUSE.total_seconds()
    ours = FIRST_PAUSE.total_seconds() * 2 ** (tries - 1)
    return timedelta(seconds=min(longest, max(ours, retry_after or 0.0)))


# ---------------------------------------------------------------- writing it


def _written(desk: Desk, taken: stored.Taken, lists: Sequence[MailingList]) -> tuple[Letter, Copy]:
    one = taken.waiting
    about = tuple(list.titles.get(one.language) or list.id for list in lists)
    note = notes.Note(one.id, one.kind, one.language, taken.mail, taken.to, _link(desk, one, lists), about)
    everyone = lists or desk.site.lists
    if not everyone:
        raise DeliveryError("There is no list whose sender a letter could have: make subscribers/<list>.toml.")
    return notes.compose_note(
        note, site=desk.site, sender=everyone[0].sender, date=desk.now(), sheets=_sheets(desk), words=desk.words,
        fill_text=fill_text,
    )  # fmt: skip


def _link(desk: Desk, one: stored.Waiting, lists: Sequence[MailingList]) -> str:
    """The letter's link, signed now. A confirmation is as old as the form that asked for it, whenever it leaves."""
    purpose = _PURPOSES.get(one.kind)
    if purpose is None:
        return ""
    extra = {"invite": tokens.INVITED, "confirm": tokens.asked_at(one.created)}.get(one.kind, one.id)
    token = tokens.sign(
        desk.ring, purpose=purpose, subscriber=one.subscriber, list=tokens.joined(list.id for list in lists),
        now=one.created if purpose == "confirm" else desk.now(), extra=extra,
    )  # fmt: skip
    return _URLS[purpose](desk.site.base_url, token)


def _sheets(desk: Desk) -> notes.Sheets:
    return notes.Sheets(_source(desk, "note.mjml"), _source(desk, "note.txt"))


def _source(desk: Desk, name: str) -> str:
    for folder in reversed(desk.templates):
        if (path := folder / name).exists():
            return path.read_text("utf-8")
    raise TemplateError(f"There is no template {name}. Put it into {desk.templates[-1]}.")
