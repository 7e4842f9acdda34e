"""The hall: a person moves to another address, which may be a subscriber's already: then the two become one.

Every no is kept. What forbids mail to the new address wins; a list that either of the two had left is left; and the old
address is not mailed again, whatever is imported, for it may be one that somebody else reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import get_args

from syndicate.consent import addresses
from syndicate.models import MailStyle, Subscriber, Subscription, SubscriptionState
from syndicate.store import Connection
from syndicate.store import people as stored

_LOOKS: tuple[MailStyle, ...] = get_args(MailStyle)
_RANK: tuple[SubscriptionState, ...] = ("pending", "confirmed", "unsubscribed")
"""Of two standings on one list the later here is kept: a no before a yes, and a yes before a question."""


def move(
    connection: Connection, ring: Sequence[bytes], person: Subscriber, new: addresses.Address, *, now: datetime
) -> Subscriber:
    """Move the person to an address that they proved; returns them as they are then. Moving where they are does nothing."""
    old_key = person.address.lower()
    if old_key == new.key:
        return person
    other = stored.find(connection, [new.key]).get(new.key)
    if other is not None:
        _merge(connection, person, other, now)
    old, to = addresses.keyed_hashes(old_key, ring), addresses.keyed_hashes(new.key, ring)
    stored.set_address(connection, person.id, new.display, new.key)
    stored.rename_in_log(connection, old, to[0])
    lists = [*stored.subscriptions(connection, [person.id]).values()]
    _keep_every_no(connection, lists, old, to, now)
    stored.log(
        connection, [stored.Consent(now, to[0], one.list, "moved", "link", "", "", person.language) for one in lists]
    )
    return stored.by_id(connection, person.id) or person


def _merge(connection: Connection, person: Subscriber, other: Subscriber, now: datetime) -> None:
    """`other` becomes `person`: standings, deliveries and the links of old mails."""
    mine = stored.subscriptions(connection, [person.id])
    for one in stored.subscriptions(connection, [other.id]).values():
        have = mine.get((person.id, one.list))
        state = max(one.state, have.state if have else "pending", key=_RANK.index)
        if have is None or have.state != state:
            stored.set_standing(connection, [Subscription(person.id, one.list, state, now)])
    stored.set_mail(connection, person.id, max(person.mail, other.mail, key=_LOOKS.index))
    stored.hand_over(connection, other.id, person.id)
    stored.drop(connection, [other.id])
    stored.became(connection, other.id, person.id)


def _keep_every_no(
    connection: Connection, lists: Sequence[Subscription], old: Sequence[str], to: Sequence[str], now: datetime
) -> None:
    found = stored.suppressions(connection, to)
    left = {one.list for one in found if one.kind == "unsubscribe"}
    for one in lists:
        if one.state != "unsubscribed" and one.list in left:
            stored.set_standing(connection, [Subscription(one.subscriber, one.list, "unsubscribed", now)])
        elif one.state == "unsubscribed":
            stored.suppress(connection, [stored.Suppressed(to[0], "unsubscribe", one.list, now, "moved here")])
        stored.suppress(connection, [stored.Suppressed(old[0], "unsubscribe", one.list, now, "moved away from here")])
    # A complaint was about us, not about the mailbox: it goes along.
    for no in stored.suppressions(connection, old):
        if no.kind == "complaint":
            stored.suppress(connection, [stored.Suppressed(to[0], "complaint", "", no.at, no.reason)])
