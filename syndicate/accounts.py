"""The hall: a person's own settings, behind a link that works once and opens a session of half an hour.

The session is a signed text, kept nowhere. Whoever has it has proved the address: what they choose counts at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import get_args

from syndicate import moving, people
from syndicate.consent import addresses, subscription, tokens
from syndicate.errors import UsageError
from syndicate.models import MailStyle, Subscriber
from syndicate.reception import (
    Card,
    Reception,
    card,
    claimed,
    hash_of,
    known,
    shown_wording,
    standing,
    there,
    unwelcome,
    used,
)
from syndicate.store import Connection, letters
from syndicate.store import people as stored

ADDRESSES_A_DAY = 3
"""How many new addresses one person may try in 24 hours."""
DAY = timedelta(hours=24)
LOOKS: tuple[MailStyle, ...] = get_args(MailStyle)


def open_account(reception: Reception, token: str) -> tuple[Card, str]:
    """Use up the link to the settings: what they are, and the signed session of half an hour that may change them.

    Raises TokenError for a link that does not work, or was used.
    """
    claim, now = claimed(reception, token, "account"), reception.now()
    with reception.store.write() as connection:
        person = there(stored.by_id(connection, claim.subscriber))
        if not letters.use_up(connection, hash_of(token), (claim.signed or now) + tokens.ACCOUNT_LIVES):
            raise used()
        session = tokens.sign(reception.ring, purpose="session", subscriber=person.id, list="", now=now)
        return card(reception, connection, person, None), session


def account(reception: Reception, session: str) -> Card:
    """The settings as they are now. Raises TokenError when the session is over."""
    claim = claimed(reception, session, "session")
    with reception.store.read() as connection:
        person = there(stored.by_id(connection, claim.subscriber))
        return card(reception, connection, person, None)


def set_lists(reception: Reception, session: str, lists: Sequence[str], form_language: str) -> Card:
    """Be on exactly these lists: new ones are confirmed at once, for the session proves the address; others are left.

    Lists that are not offered, and that they are not on, cannot be chosen. Raises UsageError for an unknown list.
    """
    wanted, now = known(reception.site, lists), reception.now()
    claim = claimed(reception, session, "session")
    with reception.store.write() as connection:
        person = there(stored.by_id(connection, claim.subscriber))
        for one in reception.site.lists:
            state, _ = standing(reception, connection, person, one.id)
            if one.id in wanted and (one.public or state in ("pending", "confirmed")):
                _join(reception, connection, person, one.id, form_language)
            elif state in ("pending", "confirmed"):
                event = subscription.Event("left")
                people.happen(connection, reception.ring, person, one.id, event, now=now, reason="left in the settings")
        return card(reception, connection, person, None)


def _join(reception: Reception, connection: Connection, person: Subscriber, list: str, language: str) -> None:
    now, shown = reception.now(), shown_wording(reception, language, [list])
    # The person is here: what they ask for is newer than all that is written, also in the same millisecond.
    confirmed = subscription.Event("confirmed", asked=now + timedelta(milliseconds=1))
    asked = people.happen(connection, reception.ring, person, list, subscription.Event("asked"), now=now, wording=shown)
    if asked.invite:
        people.happen(connection, reception.ring, person, list, confirmed, now=now, wording=shown)


def set_mail(reception: Reception, session: str, mail: MailStyle) -> Card:
    """Change how open their mail may look. Raises UsageError for a look that there is not."""
    if mail not in LOOKS:
        raise UsageError(f"Mail may look {', '.join(LOOKS)}; not {mail!r}.")
    claim = claimed(reception, session, "session")
    with reception.store.write() as connection:
        person = there(stored.by_id(connection, claim.subscriber))
        stored.set_mail(connection, person.id, mail)
        return card(reception, connection, there(stored.by_id(connection, person.id)), None)


def change_address(reception: Reception, session: str, new_address: str, form_language: str) -> None:
    """Queue a mail to the new address, whose link moves them, and one to the old that says that it was asked for.

    The new one is not written to where the whole site must not. Raises UsageError for what is no address.
    """
    clean, now = addresses.clean(new_address), reception.now()
    claim = claimed(reception, session, "session")
    with reception.store.write() as connection:
        person = there(stored.by_id(connection, claim.subscriber))
        past = letters.of(connection, [person.id], ("address", "notice")).get(person.id, [])
        today = [one.kind for one in past if now - one.created < DAY]
        if clean.key == person.address.lower():
            stored.set_address(connection, person.id, clean.display, clean.key)
        elif not unwelcome(reception, connection, clean.key) and today.count("address") < ADDRESSES_A_DAY:
            letters.replace_addresses(connection, person.id, now)
            asks = letters.Waiting(reception.new_id(), "address", person.id, "", form_language, now, now, clean.display)
            tells = letters.Waiting(reception.new_id(), "notice", person.id, "", person.language, now, now)
            letters.add(connection, [asks] if "notice" in today else [asks, tells])


def confirm_address(reception: Reception, token: str) -> Card:
    """The link in the mail to a new address was pressed: mail goes there from now on. Pressing again changes nothing.

    Raises TokenError for a link that does not work, or that a later change has replaced.
    """
    claim, now = claimed(reception, token, "address"), reception.now()
    with reception.store.write() as connection:
        person, new = there(stored.by_id(connection, claim.subscriber)), letters.address_of(connection, claim.extra)
        if new is None:
            raise used()
        letters.replace_addresses(connection, person.id, now, but=claim.extra)
        moved = moving.move(connection, reception.ring, person, addresses.clean(new), now=now)
        return card(reception, connection, moved, None)


def download(reception: Reception, session: str) -> dict[str, object]:
    """Everything that is kept about the person, as a JSON object (`people.shape`)."""
    claim = claimed(reception, session, "session")
    with reception.store.read() as connection:
        person = there(stored.by_id(connection, claim.subscriber))
    return people.shape(people.dossier(reception.store, reception.ring, person.address))


def forget(reception: Reception, session: str) -> None:
    """Erase the person everywhere; a keyed hash stays, so that nobody brings them back."""
    claim = claimed(reception, session, "session")
    with reception.store.read() as connection:
        person = there(stored.by_id(connection, claim.subscriber))
    people.forget(
        reception.site, reception.store, reception.ring, person.address, now=reception.now(),
        erase_at_provider=reception.erase_at_provider,
    )  # fmt: skip
