"""The hall: what readers are received with, whatever they come for: what a link proves, and what it may show of whom.

Looking at a link never acts. What a link may show is what may be seen by whoever a mail was forwarded to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from syndicate import people
from syndicate.consent import addresses, tokens
from syndicate.consent.tokens import Claim, TokenError
from syndicate.models import MailStyle, Site, Subscriber, SubscriptionState, Words
from syndicate.store import Connection, Store
from syndicate.store import people as stored

_AGES: Mapping[tokens.Purpose, timedelta] = {
    "confirm": tokens.CONFIRM_LIVES,
    "account": tokens.ACCOUNT_LIVES,
    "session": tokens.ACCOUNT_LIVES,
    "address": tokens.ADDRESS_LIVES,
}


@dataclass(frozen=True, slots=True)
class Reception:
    """What people are received with: the site, its keys, the clock, fresh ids, words; and who else holds addresses."""

    site: Site
    store: Store
    ring: Sequence[bytes]
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    words: Words
    erase_at_provider: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """What a link shows of a person: never the address. `lists` are those that the link is about, with where they stand;
    in the settings all of theirs. `list` is the link's own, or its first; "" if none. `test`: it stood in a test mail.
    """

    masked: str
    languages: str
    mail: MailStyle
    lists: Mapping[str, SubscriptionState]
    list: str = ""
    test: bool = False


def wording(reception: Reception, language: str, list_ids: Sequence[str]) -> tuple[str, str]:
    """The sentence of consent that the form shows for these lists, and its version: a short hash of the text.

    It speaks of what was ticked, so that it reads the same whichever lists are. Raises UsageError for an unknown list.
    """
    known(reception.site, list_ids)
    text = reception.words.say(language, "consent.wording", organisation=reception.site.name)
    return text, hashlib.sha256(text.encode()).hexdigest()[:12]


def known(site: Site, lists: Sequence[str]) -> list[str]:
    """These lists without doubles; raises UsageError for one that there is not."""
    return [people.list_called(site, id).id for id in dict.fromkeys(lists)]


def shown_wording(reception: Reception, language: str, lists: Sequence[str]) -> people.Wording:
    """The sentence of consent, for the log."""
    text, version = wording(reception, language, lists)
    return people.Wording(text, version, language)


def standing(
    reception: Reception, connection: Connection, person: Subscriber, list: str
) -> tuple[SubscriptionState | None, Mapping[Any, datetime]]:
    """Where a person stands on a list, and what forbids mail to them there, since when."""
    found = stored.subscriptions(connection, [person.id]).get((person.id, list))
    hashes = addresses.keyed_hashes(person.address.lower(), reception.ring)
    return found.state if found else None, people.forbidding(connection, hashes, list)


def unwelcome(reception: Reception, connection: Connection, key: str) -> bool:
    """Whether the whole site must not mail this address."""
    found = stored.suppressions(connection, addresses.keyed_hashes(key, reception.ring))
    return any(not one.list for one in found)


def claimed(reception: Reception, token: str, purpose: tokens.Purpose) -> Claim:
    """What a link of this purpose proves; raises TokenError when it is not whole, not ours or too old."""
    return tokens.read(reception.ring, token, purpose=purpose, max_age=_AGES.get(purpose), now=reception.now())


def claim_of(reception: Reception, token: str, purposes: Sequence[tokens.Purpose]) -> tuple[Claim, tokens.Purpose]:
    """What a link of any of these purposes proves, and which one it is. Raises TokenError of the first."""
    wrong: TokenError | None = None
    for purpose in purposes:
        try:
            return claimed(reception, token, purpose), purpose
        except TokenError as error:
            wrong = wrong or error
    raise wrong or TokenError("This link is for nothing.")


def there(person: Subscriber | None) -> Subscriber:
    """The person of a link; raises TokenError where there is nobody (any more)."""
    if person is None:
        raise TokenError("This link is of somebody whom we do not know any more. Sign up again.")
    return person


def used() -> TokenError:
    """The error of a link that works no more."""
    return TokenError("This link was used, or replaced by a newer one. Ask for a new one.")


def hash_of(token: str) -> str:
    """What is kept of a link that works once."""
    return hashlib.sha256(token.encode()).hexdigest()


def nobody(reception: Reception, claim: Claim) -> Card:
    """The card of a link whose person is not known any more: it tells nothing."""
    return Card("", reception.site.languages[0], "full", {}, claim.list, test=claim.subscriber == tokens.NOBODY)


def card(reception: Reception, connection: Connection, person: Subscriber, claim: Claim | None) -> Card:
    """The card of a link, about its own lists; without a `claim` that of the settings, about all of them.

    Who is confirmed where something forbids mail is shown as having left: that is what they get.
    """
    own = tokens.parted(claim.list) if claim else ()
    standings = {one.list: one.state for one in stored.subscriptions(connection, [person.id]).values()}
    shown: dict[str, SubscriptionState] = {}
    for id, state in standings.items():
        if claim is None or id in own:
            barred = state == "confirmed" and standing(reception, connection, person, id)[1]
            shown[id] = "unsubscribed" if barred else state
    masked = addresses.mask(person.address)
    return Card(masked, person.languages, person.mail, shown, own[0] if own else "")
