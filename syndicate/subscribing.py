"""The hall: what readers themselves may do, by the sign-up form, by links in their mail, and in their settings.

    form --ask--> letter queued, and mailed --> its link --confirm--> confirmed
    a newsletter's link --leave, set_languages--> done
                        --send_account_link--> letter --> its link --open_account--> session --> all the rest (`accounts`)

Looking at a link never acts. What a link may show and do is what may be seen and done by whoever a mail was forwarded to:
leaving and changing the language, with the address masked. A session of half an hour, opened by a link that works once,
may do the rest. Nothing says whether an address is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args

from syndicate import people
from syndicate.accounts import (
    account,
    change_address,
    confirm_address,
    download,
    forget,
    open_account,
    set_lists,
    set_mail,
)
from syndicate.consent import addresses, subscription, tokens
from syndicate.consent.tokens import Claim, TokenError
from syndicate.errors import UsageError
from syndicate.models import MailStyle, Subscriber
from syndicate.reception import (
    Card,
    Reception,
    card,
    claim_of,
    claimed,
    hash_of,
    known,
    nobody,
    shown_wording,
    standing,
    there,
    unwelcome,
    used,
    wording,
)
from syndicate.store import Connection, letters
from syndicate.store import people as stored

__all__ = [
    "Card",
    "Reception",
    "account",
    "ask",
    "change_address",
    "come_back",
    "confirm",
    "confirm_address",
    "download",
    "forget",
    "leave",
    "look",
    "open_account",
    "send_account_link",
    "set_languages",
    "set_lists",
    "set_mail",
    "wording",
]

LINKS_A_DAY = 10
"""How many links to the settings one person is mailed in 24 hours, and `PAUSE` apart at least."""
PAUSE = timedelta(minutes=2)
DAY = timedelta(hours=24)

_STRICTER: tuple[MailStyle, ...] = get_args(MailStyle)

# ---------------------------------------------------------------- signing up


def ask(
    reception: Reception, *, address: str, lists: Sequence[str], languages: str, mail: MailStyle, form_language: str
) -> None:
    """Take the sign-up form: one opt-in mail for all its lists is queued where one is due. The same for known and unknown.

    Raises UsageError for what the visitor typed wrong, and for nothing else.
    """
    clean, now = addresses.clean(address), reception.now()
    chosen, read = known(reception.site, lists), people.languages_of(reception.site, languages)
    if not chosen or any(not people.list_called(reception.site, id).public for id in chosen):
        raise UsageError("Choose at least one of the lists on this page.")
    with reception.store.write() as connection:
        person = stored.find(connection, [clean.key]).get(clean.key)
        if person is None:
            person = Subscriber(reception.new_id(), clean.display, read, now, mail)
            stored.add(connection, [(person, clean.key)])
        elif not _proven(connection, person):
            # Whoever typed this may be a stranger: the choice counts where none was ever confirmed, and hides no less.
            stored.set_languages(connection, person.id, read)
            stored.set_mail(connection, person.id, max(mail, person.mail, key=_STRICTER.index))
        _invite(reception, connection, person, chosen, form_language)


def _proven(connection: Connection, person: Subscriber) -> bool:
    return any(one.state == "confirmed" for one in stored.subscriptions(connection, [person.id]).values())


def _invite(
    reception: Reception, connection: Connection, person: Subscriber, lists: Sequence[str], language: str
) -> None:
    """Note that the person asked for these lists, and queue one opt-in mail for those that a mail is due for."""
    now = reception.now()
    shown = shown_wording(reception, language, lists)
    past = letters.of(connection, [person.id], letters.OPT_IN).get(person.id, [])
    due: dict[datetime, list[str]] = {}
    asked = now
    for id in lists:
        state, forbids = standing(reception, connection, person, id)
        when = _due(past, id, forbids.values(), now)
        if when and subscription.decide(state, subscription.Event("asked"), forbids).invite:
            event = subscription.Event("asked")
            people.happen(connection, reception.ring, person, id, event, now=now, wording=shown)
            due.setdefault(when, []).append(id)
            # Whoever asks after a no is newer than it, also in the same millisecond.
            asked = max([asked, *(since + timedelta(milliseconds=1) for since in forbids.values())])
    for when, ids in due.items():
        one = letters.Waiting(reception.new_id(), "confirm", person.id, tokens.joined(ids), language, asked, when)
        letters.add(connection, [one])


def _due(past: Sequence[letters.Sent], list: str, forbids: Iterable[datetime], now: datetime) -> datetime | None:
    """When an opt-in mail about the list may leave: now, or a day after the last; None where that one still does."""
    last = people.last_asked(past, list)
    if last is None or (subscription.may_invite(last, now) and all(one.sent for one in past)):
        return now
    since = max(forbids, default=None)
    for one in past:
        fresh = one.sent is None or not subscription.may_invite(one.sent, now)
        if (
            fresh
            and list in tokens.parted(one.lists)
            and (since is None or (one.kind == "confirm" and one.created > since))
        ):
            return None
    return now if subscription.may_invite(last, now) else last + subscription.ASK_AGAIN


# ---------------------------------------------------------------- links in mails


def look(
    reception: Reception,
    token: str,
    purpose: Literal["confirm", "leave", "preferences", "account", "session", "address"],
) -> Card:
    """What a link would show; nothing happens by it. Raises TokenError for a link that does not work."""
    claim = claimed(reception, token, purpose)
    with reception.store.read() as connection:
        person = stored.by_id(connection, claim.subscriber)
        if purpose == "leave" and person is None:
            return nobody(reception, claim)
        person = there(person)
        if purpose == "confirm":
            _would_confirm(reception, connection, person, claim)
        if purpose == "account" and letters.used_up(connection, hash_of(token)):
            raise used()
        if purpose == "address" and letters.address_of(connection, claim.extra) is None:
            raise used()
        return card(reception, connection, person, None if purpose in ("account", "session") else claim)


def confirm(reception: Reception, token: str) -> Card:
    """The button of a confirmation link was pressed: from now on they get mail. Pressing again changes nothing.

    Raises TokenError for a link that does not work, or is older than the wish to get no mail.
    """
    claim = claimed(reception, token, "confirm")
    with reception.store.write() as connection:
        person = there(stored.by_id(connection, claim.subscriber))
        _would_confirm(reception, connection, person, claim)
        for id in tokens.parted(claim.list):
            shown = _agreed(reception, connection, person, id)
            event = _confirmed(claim)
            people.happen(connection, reception.ring, person, id, event, now=reception.now(), wording=shown)
        return card(reception, connection, person, claim)


def _confirmed(claim: Claim) -> subscription.Event:
    return subscription.Event("confirmed", asked=tokens.asked(claim))


def _would_confirm(reception: Reception, connection: Connection, person: Subscriber, claim: Claim) -> None:
    """Raises TokenError when the link can confirm none of its lists."""
    refused = ""
    for id in tokens.parted(claim.list):
        state, forbids = standing(reception, connection, person, id)
        decision = subscription.decide(state, _confirmed(claim), forbids)
        if not decision.refused:
            return
        refused = decision.refused
    raise TokenError(f"Nothing was confirmed: {refused or 'this link is about no list'}.")


def _agreed(reception: Reception, connection: Connection, person: Subscriber, list: str) -> people.Wording | None:
    """The sentence that the person saw when they asked for the list; None when the operator invited them."""
    hashes = addresses.keyed_hashes(person.address.lower(), reception.ring)
    lines = [line for hashed in hashes for line in stored.history(connection, hashed) if line.list == list]
    last = max((line for line in lines if line.event in ("asked", "invited")), key=lambda line: line.at, default=None)
    if last is None or last.event == "invited":
        return None
    return people.Wording(last.evidence, last.wording_version, last.language)


def leave(reception: Reception, token: str) -> Card:
    """They leave the link's list, at once and for good. Any number of times; also somebody who is not known any more."""
    claim = claimed(reception, token, "leave")
    with reception.store.write() as connection:
        person = stored.by_id(connection, claim.subscriber)
        if person is None:
            return nobody(reception, claim)
        now, event = reception.now(), subscription.Event("left")
        decision = people.happen(
            connection, reception.ring, person, claim.list, event, now=now, reason="left by a link"
        )
        if decision.refused:  # they stand on other lists, and want none of this one either
            hashed = addresses.keyed_hash(person.address.lower(), reception.ring[0])
            stored.suppress(connection, [stored.Suppressed(hashed, "unsubscribe", claim.list, now, "left by a link")])
        return card(reception, connection, person, claim)


def come_back(reception: Reception, token: str) -> None:
    """From the page after leaving: a new opt-in mail is queued, and nothing is mailed before it is confirmed."""
    claim = claimed(reception, token, "leave")
    with reception.store.write() as connection:
        person = stored.by_id(connection, claim.subscriber)
        if person is not None and any(one.id == claim.list for one in reception.site.lists):
            _invite(reception, connection, person, [claim.list], person.language)


def set_languages(reception: Reception, token: str, languages: str) -> Card:
    """Change how they read, by a mailed link (to the preferences, or to leave) or in the settings.

    Raises UsageError for a language that the site does not have.
    """
    chosen = people.languages_of(reception.site, languages)
    claim, purpose = claim_of(reception, token, ("preferences", "leave", "session"))
    with reception.store.write() as connection:
        person = there(stored.by_id(connection, claim.subscriber))
        stored.set_languages(connection, person.id, chosen)
        changed = there(stored.by_id(connection, person.id))
        return card(reception, connection, changed, None if purpose == "session" else claim)


def send_account_link(
    reception: Reception, *, token: str | None = None, address: str | None = None, form_language: str
) -> None:
    """Queue the link that opens the settings once, to whom a mailed link belongs or to an address that was typed.

    The same answer for known and unknown. Who reported our mail, or whose mailbox refuses it, is not written to at a
    stranger's word. Raises UsageError for what is no address.
    """
    with reception.store.write() as connection:
        if token is not None:
            claim, _ = claim_of(reception, token, ("preferences", "leave", "confirm", "session"))
            person = stored.by_id(connection, claim.subscriber)
        else:
            key = addresses.clean(address or "").key
            person = stored.find(connection, [key]).get(key)
            if person is not None and unwelcome(reception, connection, key):
                person = None
        if person is not None:
            _send_link(reception, connection, person, form_language)


def _send_link(reception: Reception, connection: Connection, person: Subscriber, language: str) -> None:
    now = reception.now()
    past = letters.of(connection, [person.id], ["account"]).get(person.id, [])
    today = [one for one in past if now - one.created < DAY]
    soon = any(one.sent is None or now - one.sent < PAUSE for one in past)
    if not soon and len(today) < LINKS_A_DAY:
        letters.add(connection, [letters.Waiting(reception.new_id(), "account", person.id, "", language, now, now)])
