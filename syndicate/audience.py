"""The hall: who gets an edition, in which variant; and what one of them is sent.

Decided when the audience is frozen, from those confirmed on the list whom no suppression forbids to mail; and asked again for
each row when it is claimed. Streamed: a list of a million readers takes no more memory than one of a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from syndicate import compose
from syndicate.consent import addresses, tokens
from syndicate.errors import UsageError
from syndicate.models import Copy, Edition, Letter, MailingList
from syndicate.office import Office
from syndicate.store import Connection, ledger

PREFERENCES = "%%preferences_url%%"
"""The place in a letter for the link to change one's language."""

HASHES = 100_000
"""Up to so many suppressions are compared in memory; more are asked for chunk by chunk."""


def audience(office: Office, edition: Edition, list: MailingList) -> dict[str, int]:
    """How many readers would get each variant today."""
    counts: dict[str, int] = {}
    with office.store.read() as connection:
        for _, variant in chosen(office, connection, edition, list):
            counts[variant] = counts.get(variant, 0) + 1
    return counts


def chosen(office: Office, connection: Connection, edition: Edition, list: MailingList) -> Iterator[tuple[str, str]]:
    """Who gets what, streamed: (subscriber, variant)."""
    names = tuple(variant.name for variant in edition.variants)
    fitting: dict[tuple[str, str], str | None] = {}
    for id, _, languages, mail in _mailable(office, connection, list):
        if (languages, mail) not in fitting:
            fitting[languages, mail] = _variant(names, languages, mail)
        if (variant := fitting[languages, mail]) is not None:
            yield id, variant  # else the edition has nothing in a language they read: policy `omit`


def _variant(names: Sequence[str], languages: str, mail: str) -> str | None:
    """The variant for a reader of `languages` in the style of `mail`; None where the edition has nothing for them.

    Who chose discreet mail never gets an open one: where an edition has no discreet variant, they get none of it.
    """
    found = compose.variant_for(languages, [name for name in names if "." not in name])
    if found is None or mail == "full":
        return found
    return next((name for name in (f"{found}.{mail}", f"{found}.discreet") if name in names), None)


def _mailable(office: Office, connection: Connection, list: MailingList) -> Iterator[tuple[str, str, str, str]]:
    """Those confirmed on the list whom no suppression forbids to mail. Nothing is hashed where nobody is suppressed."""
    everyone = ledger.readers(connection, list.id)
    count = ledger.suppressed_count(connection, list.id)
    if not count:
        yield from everyone
        return
    against = ledger.suppressed_among(connection, list.id) if count <= HASHES else None
    for one in everyone:
        hashes = addresses.keyed_hashes(one[1], office.ring)
        forbidden = against if against is not None else ledger.suppressed_among(connection, list.id, hashes)
        if forbidden.isdisjoint(hashes):
            yield one


def gone_since(
    office: Office, connection: Connection, list: MailingList, claimed: Sequence[ledger.Claimed]
) -> set[str]:
    """Those who left, bounced, complained or were forgotten since the audience was frozen."""
    gone = {one.id for one in claimed if not one.address or one.standing != "confirmed"}
    if ledger.suppressed_count(connection, list.id):
        hashes = {
            hashed: one.id
            for one in claimed if one.address
            for hashed in addresses.keyed_hashes(one.address.lower(), office.ring)
        }  # fmt: skip
        gone |= {hashes[found] for found in ledger.suppressed_among(connection, list.id, hashes)}
    return gone


def letter(office: Office, edition: Edition, list: MailingList, name: str) -> Letter:
    """What all readers of a variant get alike."""
    variant = edition.variant(name)
    if variant is None:
        raise UsageError(f"{edition.id} has no variant {name}, which a reader of it needs.")
    return compose.letter(edition, variant, list=list, site=office.site)


def copy(office: Office, list: MailingList, mail: Letter, one: ledger.Claimed) -> Copy:
    """One reader's copy of a letter, with their own ways out; a link is signed only where the letter has a place for it."""
    site, preferences = office.site, None
    token = tokens.sign(office.ring, purpose="leave", subscriber=one.subscriber, list=list.id)
    if PREFERENCES in mail.text or PREFERENCES in mail.html:
        other = tokens.sign(office.ring, purpose="preferences", subscriber=one.subscriber, list=list.id)
        preferences = tokens.preferences_url(site.base_url, other)
    return compose.copy(
        one.id, one.address, list=list, leave_url=tokens.leave_url(site.base_url, token),
        leave_mailto=_mailto(list.sender.reply_to) + token, preferences_url=preferences,
        leaving=site.delivery.leaving,
    )  # fmt: skip


@lru_cache(maxsize=16)
def _mailto(reply_to: str) -> str:
    # The link without its token, whose signs need no quoting: quoting it anew for each reader took a third of the time.
    return tokens.leave_mailto(reply_to, "")
