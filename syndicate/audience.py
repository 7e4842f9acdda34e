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
from syndicate.models import Copy, Edition, Letter, MailingList, MailStyle
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
    fitting: dict[tuple[str, MailStyle], str | None] = {}
    for id, _, languages, mail in mailable(connection, list, office.ring):
        if (languages, mail) not in fitting:
            fitting[languages, mail] = compose.variant_for(languages, names, mail)
        if (variant := fitting[languages, mail]) is not None:
            yield id, variant  # else there is nothing in a language they read (policy `omit`), or nothing discreet


def mailable(
    connection: Connection, list: MailingList, ring: Sequence[bytes]
) -> Iterator[tuple[str, str, str, MailStyle]]:
    """Those confirmed on the list whom no suppression forbids to mail, as (id, folded address, languages, style of mail).

    Streamed; nothing is hashed where nobody is suppressed.
    """
    everyone = ledger.readers(connection, list.id)
    count = ledger.suppressed_count(connection, list.id)
    if not count:
        yield from everyone
        return
    against = ledger.suppressed_among(connection, list.id) if count <= HASHES else None
    for one in everyone:
        hashes = addresses.keyed_hashes(one[1], ring)
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
    return compose.letter(edition, variant, list=list, site=office.site, words=office.words)


def copies(office: Office, list: MailingList, mail: Letter, rows: Sequence[ledger.Claimed]) -> tuple[Copy, ...]:
    """The readers' own copies of a letter, each with their own ways out.

    A link to change one's language is signed only where the letter has a place for it: that is looked for once.
    """
    choosing = PREFERENCES in mail.text or PREFERENCES in mail.html
    return tuple(_copy(office, list, one, choosing) for one in rows)


def copy(office: Office, list: MailingList, mail: Letter, one: ledger.Claimed) -> Copy:
    """One reader's own copy of a letter."""
    return copies(office, list, mail, [one])[0]


def _copy(office: Office, list: MailingList, one: ledger.Claimed, choosing: bool) -> Copy:
    site, preferences = office.site, None
    token = tokens.sign(office.ring, purpose="leave", subscriber=one.subscriber, list=list.id)
    if choosing:
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
