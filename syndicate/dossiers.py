"""The hall: everything about one person, to be told and to be erased.

What is told is the same for the operator, who types `subscribers show`, and for the person, who downloads it. Erasing leaves
a keyed hash, so that no import brings the person back, and the ledger's sums, which count them as nobody.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from syndicate.consent import addresses, subscription
from syndicate.errors import DeliveryError
from syndicate.models import Site, Subscriber, Subscription
from syndicate.store import Connection, Store, letters
from syndicate.store import people as stored

NOTES = "notes"
"""What mails about consent have where a newsletter has its edition, in the outbox and at the provider."""

UNRECORDED = "*-test~*.eml"
"""What the folder transport calls test mails, which stand in no ledger."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known of one address: the person (None when only the log remembers), standings, what forbids mail, the log,
    the newsletters sent to them and the letters about consent.
    """

    subscriber: Subscriber | None
    subscriptions: tuple[Subscription, ...]
    suppressions: tuple[stored.Suppressed, ...]
    history: tuple[stored.Consent, ...]
    deliveries: tuple[stored.Received, ...] = ()
    letters: tuple[letters.Sent, ...] = ()


@dataclass(frozen=True, slots=True)
class Wording:
    """A sentence that somebody agreed to: its text, its version (a short hash of it), its language."""

    text: str = ""
    version: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What forgetting somebody came to. `deliveries` still count as nobody's; `mails` were deleted from the outbox; `lines`
    of the log stay under a keyed hash. `provider` is "" when it holds nothing, "asked", or why it could not be asked.
    """

    known: bool
    deliveries: int = 0
    mails: int = 0
    lines: int = 0
    provider: str = ""

    @property
    def kept(self) -> tuple[str, ...]:
        """What is still kept, and why, in sentences."""
        counted = "1 delivery still counts" if self.deliveries == 1 else f"{self.deliveries} deliveries still count"
        noted = "1 line of the consent log stays" if self.lines == 1 else f"{self.lines} lines of the consent log stay"
        return (
            "A keyed hash of the address stays, so that no import brings them back.",
            *([f"{counted} in the sums of their editions, as nobody's."] if self.deliveries else []),
            *([f"{noted} under that hash, without the address."] if self.lines else []),
        )


def line(
    now: datetime, hashed: str, list: str, said: subscription.LogEvent, language: str, wording: Wording | None = None
) -> stored.Consent:
    """One line for the consent log, with the sentence that was shown, if any."""
    shown = wording or Wording()
    text, spoken = shown.text or said.evidence, shown.language or language
    return stored.Consent(now, hashed, list, said.what, said.how, text, shown.version, spoken)


def dossier(store: Store, ring: Sequence[bytes], address: str) -> Dossier:
    """All that is known of one address."""
    clean = addresses.clean(address)
    hashes = addresses.keyed_hashes(clean.key, ring)
    with store.read() as connection:
        person = stored.find(connection, [clean.key]).get(clean.key)
        standings = stored.subscriptions(connection, [person.id]).values() if person else ()
        history = [line for hashed in hashes for line in stored.history(connection, hashed)]
        against = stored.suppressions(connection, hashes)
        got = stored.received(connection, person.id) if person else []
        written = letters.of(connection, [person.id]).get(person.id, []) if person else []
        return Dossier(person, tuple(standings), tuple(against), tuple(history), tuple(got), tuple(written))


def shape(found: Dossier) -> dict[str, Any]:
    """Everything about one person as a JSON object: what `subscribers show --json` prints, and what they download."""
    history = ("at", "list", "event", "how", "evidence", "wording_version", "language")
    return {
        "subscriber": _keys(found.subscriber, ("id", "address", "languages", "created", "mail")),
        "subscriptions": [_keys(one, ("subscriber", "list", "state", "changed")) for one in found.subscriptions],
        "suppressions": [_keys(one, ("kind", "list", "at", "reason")) for one in found.suppressions],
        "history": [_keys(one, history) for one in found.history],
        "deliveries": [_keys(one, ("id", "edition", "variant", "state", "changed")) for one in found.deliveries],
        "letters": [_keys(one, ("id", "kind", "lists", "created", "sent")) for one in found.letters],
    }


def _keys(one: object, keys: Sequence[str]) -> dict[str, Any] | None:
    return {key: getattr(one, key) for key in keys} if one is not None else None


def forget(
    site: Site,
    store: Store,
    ring: Sequence[bytes],
    address: str,
    *,
    now: datetime,
    erase_at_provider: Callable[[str], None] | None = None,
) -> Forgotten:
    """Erase a person everywhere; a keyed hash stays, so that no import brings them back. Also for an address not known.

    What stays is in the result. Raises AddressError for what is no address.
    """
    clean = addresses.clean(address)
    hashes = addresses.keyed_hashes(clean.key, ring)
    with store.write() as connection:
        person = stored.find(connection, [clean.key]).get(clean.key)
        done = erase(site, connection, person, hashes, now) if person else Forgotten(False)
        stored.suppress(connection, [stored.Suppressed(hashes[0], "forgotten", "", now, "asked to be forgotten")])
        stored.blank_evidence(connection, hashes)
        done = replace(done, lines=sum(len(stored.history(connection, one)) for one in hashes))
    shutil.rmtree(site.places.state / "dry-run", ignore_errors=True)  # files of everybody, only to be looked at
    erase_unrecorded(site)  # test mails stand in no ledger, so nobody knows to whom they went
    return replace(done, provider=_erased_there(erase_at_provider, clean.display))


def erase(site: Site, connection: Connection, person: Subscriber, hashes: Sequence[str], now: datetime) -> Forgotten:
    """Erase a person who is here, in the caller's transaction; the hash that keeps them away is the caller's to write."""
    for one in [*stored.subscriptions(connection, [person.id]).values()]:
        decision = subscription.decide(one.state, subscription.Event("forgotten"), {})
        if decision.log:
            stored.log(connection, [line(now, hashes[0], one.list, decision.log, person.language)])
    pairs = mails_of(connection, [person.id])
    count = stored.erase(connection, person.id, hashes)
    # Last, while nobody else can claim: had the mails been written by then, they are deleted by now.
    return Forgotten(True, count, erase_mails(site, pairs))


def mails_of(connection: Connection, subscribers: Collection[str]) -> list[tuple[str, str]]:
    """The files that the folder transport may have written to these people, as (edition, delivery)."""
    written = letters.of(connection, subscribers)
    mine = [(NOTES, one.id) for every in written.values() for one in every]
    return mine + [(one.edition, one.id) for id in subscribers for one in stored.received(connection, id)]


def erase_mails(site: Site, pairs: Sequence[tuple[str, str]]) -> int:
    """Delete these mails from the outbox; returns how many there were. Raises DeliveryError when one cannot be deleted."""
    from syndicate.deliver import folder

    return folder.erase(site.places.state / "outbox", (), pairs) if pairs else 0


def erase_unrecorded(site: Site, before: datetime | None = None) -> int:
    """Delete dry runs, and test mails in the outbox, last touched before a moment, or all; returns how many files that were.

    Nothing else knows of them, so their age is their file's. Raises DeliveryError when that cannot be done.
    """
    state = site.places.state
    there = [*(state / "dry-run").glob("*/*.eml"), *(state / "outbox").glob(UNRECORDED)]
    try:
        found = [path for path in there if before is None or path.stat().st_mtime < before.timestamp()]
        for path in found:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise DeliveryError(f"{error.filename} cannot be deleted ({error.strerror}). Delete it by hand.") from error
    for folder in {path.parent for path in found if path.parent.parent.name == "dry-run"}:
        with suppress(OSError):  # it may hold what a later dry run wrote
            folder.rmdir()
    return len(found)


def _erased_there(erase: Callable[[str], None] | None, address: str) -> str:
    if erase is None:
        return ""
    try:
        erase(address)
    except DeliveryError as error:
        return str(error)
    return "asked"
