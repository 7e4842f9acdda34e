"""The hall: who left, complained or was forgotten stays away, also when an older copy of the database is put back.

What forbids mail is noted in a file beside the database, too (`store.noted`). What the file says and the database does not is
done again here: the address is forbidden, the person's standing ended, who was forgotten erased.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syndicate.consent import addresses, subscription
from syndicate.dossiers import erase
from syndicate.models import Site, Subscriber, Subscription, SuppressionKind
from syndicate.store import Connection, Store, noted
from syndicate.store import people as stored

NOTED = "noted beside the database"
"""What stands as reason and evidence where only the file knew."""

_EVENT: Mapping[SuppressionKind, subscription.EventKind] = {
    "unsubscribe": "left",
    "complaint": "complained",
    "bounce": "bounced",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done again. `addresses` are kept away from now on; `people` of them the database had as readers."""

    addresses: int
    people: int


def keep_away(site: Site, store: Store, ring: Sequence[bytes], now: datetime, *, whole: bool = False) -> Kept:
    """Do again what the file says and the database does not; with `whole` every line counts, also those it should know.

    Safe to stop anywhere and to do again: the turn is the last thing written.
    """
    path = store.notes
    if path is None:
        return Kept(0, 0)
    last = noted.last_turn(path)
    with store.read() as connection:
        turn = noted.turn_of(connection)
        missing = noted.missing(connection, path, 0 if whole else turn)
        here = _people(connection, missing, ring) if missing else {}
    if not missing and last <= turn:
        return Kept(0, 0)
    with store.write() as connection:
        stored.suppress(connection, [stored.Suppressed(*key, at, NOTED) for key, at in missing.items()])
        ended = [_end(site, connection, id, keys, ring, now) for id, keys in here.items()]
        noted.begin(connection)  # all of it is in the file already
        noted.set_turn(connection, max(last, turn))
    return Kept(len({key.address_hash for key in missing}), sum(ended))


def _people(
    connection: Connection, missing: Mapping[noted.Key, datetime], ring: Sequence[bytes]
) -> dict[str, list[noted.Key]]:
    """Who of these the database has, by id: found under every key of the ring."""
    keys: dict[str, list[noted.Key]] = {}
    for key in missing:
        keys.setdefault(key.address_hash, []).append(key)
    found: dict[str, list[noted.Key]] = {}
    for id, folded in stored.everyone(connection):
        mine = [key for hashed in addresses.keyed_hashes(folded, ring) for key in keys.get(hashed, ())]
        if mine:
            found[id] = mine
    return found


def _end(
    site: Site, connection: Connection, id: str, keys: Sequence[noted.Key], ring: Sequence[bytes], now: datetime
) -> bool:
    """End what these keys forbid of a person's standing; whether there was anything to end."""
    person = stored.by_id(connection, id)
    if person is None:
        return False
    hashes = addresses.keyed_hashes(person.address.lower(), ring)
    if any(key.kind == "forgotten" for key in keys):
        erase(site, connection, person, hashes, now)
        return True
    return sum(_end_one(connection, person, key, hashes[0], now) for key in keys) > 0


def _end_one(connection: Connection, person: Subscriber, key: noted.Key, hashed: str, now: datetime) -> bool:
    ended = False
    for one in stored.subscriptions(connection, [person.id]).values():
        if key.list not in ("", one.list):
            continue
        decision = subscription.decide(one.state, subscription.Event(_EVENT[key.kind]), {})
        if decision.state and decision.state != one.state:
            stored.set_standing(connection, [Subscription(person.id, one.list, decision.state, now)])
            ended = True
            if said := decision.log:
                line = stored.Consent(now, hashed, one.list, said.what, said.how, NOTED, "", person.language)
                stored.log(connection, [line])
    return ended
