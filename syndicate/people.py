"""The hall: people on lists. What may happen to a subscription is decided in `consent`; here it is read, decided and written.

Every change leaves a line in the consent log. An address that left, bounced, complained or was forgotten stays away, whatever
is typed or imported.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from syndicate.consent import addresses, subscription
from syndicate.dossiers import Dossier, Forgotten, Wording, dossier, forget, line, shape
from syndicate.errors import UsageError
from syndicate.models import MailingList, Site, Subscriber, Subscription, SubscriptionState, SuppressionKind
from syndicate.store import Connection, Store, letters
from syndicate.store import people as stored

__all__ = [
    "Added",
    "Dossier",
    "Forgotten",
    "Wording",
    "add",
    "dossier",
    "forbidding",
    "forget",
    "happen",
    "invite",
    "kept_off",
    "languages_of",
    "last_asked",
    "list_called",
    "on_list",
    "remove",
    "shape",
]


@dataclass(frozen=True, slots=True)
class Added:
    """What adding one address came to: `before` is None for somebody new to the list; `invite` says that an invitation is due."""

    subscriber: Subscriber | None
    before: SubscriptionState | None
    state: SubscriptionState | None
    refused: str | None
    reads_otherwise: bool
    invite: bool = False


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
    clean, reads = addresses.clean(address), languages_of(site, languages)
    with store.write() as connection:
        result = _add(connection, list, ring, clean, reads, evidence, now)
        if result.invite and result.subscriber:
            invite(connection, list, [result.subscriber], now=now, new_id=_random_id)
    return result


def invite(
    connection: Connection,
    list: MailingList,
    subscribers: Sequence[Subscriber],
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> int:
    """Queue a mail to each of these people that asks whether they want the list; returns to how many.

    Only for people whose `Added.invite` says that one is due. Who was asked within 24 hours gets none.
    """
    before = letters.of(connection, {one.id for one in subscribers}, letters.OPT_IN)
    asked = {one.id: last_asked(before.get(one.id, ()), list.id) for one in subscribers}
    due = [one for one in subscribers if subscription.may_invite(asked[one.id], now)]
    letters.add(
        connection, [letters.Waiting(new_id(), "invite", one.id, list.id, one.language, now, now) for one in due]
    )
    return len(due)


def last_asked(past: Iterable[letters.Sent], list: str) -> datetime | None:
    """When the last opt-in mail about this list was sent, or asked for if it waits; None for never."""
    return max((one.sent or one.created for one in past if list in one.lists.split(",")), default=None)


def remove(store: Store, ring: Sequence[bytes], list: MailingList, address: str, *, now: datetime) -> str | None:
    """Take an address off a list for good: no import brings it back. Returns a sentence where there was nothing to do."""
    key = addresses.clean(address).key
    with store.write() as connection:
        person = stored.find(connection, [key]).get(key)
        if person is None:
            return "this address is not on this list"
        before = stored.subscriptions(connection, [person.id]).get((person.id, list.id))
        event = subscription.Event("removed")
        decision = happen(connection, ring, person, list.id, event, now=now, reason="removed by the operator")
        if decision.refused or (before and before.state == "unsubscribed" and not decision.imposes):
            return decision.refused or "this address had left this list before"
    return None


def happen(
    connection: Connection,
    ring: Sequence[bytes],
    person: Subscriber,
    list: str,
    event: subscription.Event,
    *,
    now: datetime,
    reason: str = "",
    wording: Wording | None = None,
) -> subscription.Decision:
    """Decide what the event makes of the person's standing on a list, and write it: standing, what forbids mail, the log.

    `reason` stands with what forbids mail from now on, `wording` in the log.
    """
    hashes = addresses.keyed_hashes(person.address.lower(), ring)
    found = stored.subscriptions(connection, [person.id]).get((person.id, list))
    current = found.state if found else None
    decision = subscription.decide(current, event, forbidding(connection, hashes, list))
    if decision.lifts:
        stored.lift(connection, hashes, decision.lifts, list)
    for kind in decision.imposes:
        scope = list if kind == "unsubscribe" else ""
        stored.suppress(connection, [stored.Suppressed(hashes[0], kind, scope, now, reason)])
    if decision.state and (decision.state != current or decision.log):
        stored.set_standing(connection, [Subscription(person.id, list, decision.state, now)])
    if decision.log:
        stored.log(connection, [line(now, hashes[0], list, decision.log, person.language, wording)])
    return decision


def forbidding(connection: Connection, hashes: Collection[str], list: str) -> dict[SuppressionKind, datetime]:
    """What forbids mail on a list to the address with these hashes, and since when."""
    found: dict[SuppressionKind, datetime] = {}
    for one in stored.suppressions(connection, hashes):
        if one.list in ("", list):
            found[one.kind] = max(one.at, found.get(one.kind, one.at))
    return found


def on_list(store: Store, list: MailingList, state: SubscriptionState | None) -> Iterator[stored.Standing]:
    """Everyone on a list, streamed, by address."""
    with store.read() as connection:
        yield from stored.on_list(connection, list.id, state)


def kept_off(
    store: Store, list: MailingList, ring: Sequence[bytes], people: Iterable[Subscriber]
) -> dict[str, SuppressionKind]:
    """What forbids to mail these people on a list, by their ids: the gravest of what does. Who is free has no entry."""
    hashes = {hashed: one.id for one in people for hashed in addresses.keyed_hashes(one.address.lower(), ring)}
    with store.read() as connection:
        against = stored.suppressions(connection, hashes) if hashes else []
    found: dict[str, SuppressionKind] = {}
    for entry in sorted(against, key=lambda one: get_args(SuppressionKind).index(one.kind)):
        if entry.list in ("", list.id):
            found[hashes[entry.address_hash]] = entry.kind
    return found


# ---------------------------------------------------------------- one person


def _add(
    connection: Connection, list: MailingList, ring: Sequence[bytes], address: addresses.Address, languages: str, evidence: str,
    now: datetime,
) -> Added:  # fmt: skip
    """Decide about one address, and write it."""
    hashes = addresses.keyed_hashes(address.key, ring)
    known = stored.find(connection, [address.key]).get(address.key)
    found = stored.subscriptions(connection, [known.id]).get((known.id, list.id)) if known else None
    before = found.state if found else None
    event = subscription.Event("added", evidence)
    decision = subscription.decide(before, event, forbidding(connection, hashes, list.id))
    if decision.refused or decision.state is None:
        return Added(known, before, before, decision.refused, False)
    person = known or Subscriber(_random_id(), address.display, languages, now)
    reads = replace(person, languages=languages)
    if known is None:
        stored.add(connection, [(person, address.key)])
    elif reads != person:
        stored.set_languages(connection, person.id, languages)
    if decision.state != before:
        stored.set_standing(connection, [Subscription(person.id, list.id, decision.state, now)])
    if decision.log:
        stored.log(connection, [line(now, hashes[0], list.id, decision.log, reads.language)])
    return Added(reads, before, decision.state, None, reads != person, decision.invite)


def _random_id() -> str:
    return uuid.uuid4().hex
