"""The hall: who gets an edition, in which variant; and what one of them is sent.

Decided when the audience is frozen, from those confirmed on the list whom no suppression forbids to mail; and asked again for
each row when it is claimed. Streamed: a list of a million readers takes no more memory than one of a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from syndicate import compose
from syndicate.consent import addresses, tokens
from syndicate.errors import UsageError
from syndicate.models import Copy, Edition, Letter, MailingList, MailStyle
from syndicate.office import Office
from syndicate.store import Connection, audiences, ledger

PREFERENCES = "%%preferences_url%%"
"""The place in a letter for the link to change one's language."""

HASHES = 100_000
"""Up to so many suppressions are compared in memory; more are asked for chunk by chunk."""

FEW = 1_000
"""Up to so many suppressions are read whole for a batch; of more, those are asked for that could be of somebody in it."""


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


def mailable(connection: Connection, list: MailingList, ring: Sequence[bytes]) -> Iterator[audiences.Reader]:
    """Those confirmed on the list whom no suppression forbids to mail, streamed; nothing is hashed where nobody is suppressed."""
    known = audiences.suppressed_few(connection, list.id, HASHES)
    for some in audiences.readers(connection, list.id):
        out = _barred(connection, list, ring, known, ((one[0], one[1]) for one in some))
        yield from (one for one in some if one[0] not in out) if out else some


def freeze(office: Office, connection: Connection, edition: Edition, list: MailingList) -> int:
    """Write down who gets the edition, and in which variant; returns how many."""
    names = tuple(variant.name for variant in edition.variants)
    found = {kind: compose.variant_for(kind[0], names, kind[1]) for kind in audiences.kinds(connection)}
    fitting = {kind: name for kind, name in found.items() if name is not None}
    out: set[str] = set()
    known = audiences.suppressed_few(connection, list.id, HASHES)
    if known is None or known:  # else nobody is even read
        for some in audiences.readers(connection, list.id):
            out |= _barred(connection, list, office.ring, known, ((one[0], one[1]) for one in some))
    return audiences.freeze(connection, edition.id, list.id, office.now(), fitting, out)


def gone_since(
    office: Office, connection: Connection, list: MailingList, claimed: Sequence[ledger.Claimed]
) -> set[str]:
    """Those who left, bounced, complained or were forgotten since the audience was frozen."""
    gone = {one.id for one in claimed if not one.address or one.standing != "confirmed"}
    known = audiences.suppressed_few(connection, list.id, FEW)
    there = ((one.id, one.address.lower()) for one in claimed if one.address)
    return gone | _barred(connection, list, office.ring, known, there)


def _barred(
    connection: Connection,
    list: MailingList,
    ring: Sequence[bytes],
    known: Collection[str] | None,
    people: Iterable[tuple[str, str]],
) -> set[str]:
    """Whom of these (id, folded address) a suppression forbids to mail, by their ids; `known` are the hashes of all that must
    not be mailed on the list, or None where there are too many to read: then those are asked for that could be meant.
    """
    if known is not None and not known:
        return set()
    hashes_of = addresses.hasher(ring)
    hashes = {hashed: id for id, key in people for hashed in hashes_of(key)}
    forbidden = audiences.suppressed_among(connection, list.id, hashes) if known is None else hashes.keys() & known
    return {hashes[one] for one in forbidden}


def letter(office: Office, edition: Edition, list: MailingList, name: str) -> Letter:
    """What all readers of a variant get alike."""
    variant = edition.variant(name)
    if variant is None:
        raise UsageError(f"{edition.id} has no variant {name}, which a reader of it needs.")
    return compose.letter(edition, variant, list=list, site=office.site, words=office.words)


def copy(office: Office, list: MailingList, mail: Letter, one: ledger.Claimed) -> Copy:
    """One reader's own copy of a letter."""
    return copier(office, list, mail)(one)


def copier(office: Office, list: MailingList, mail: Letter) -> Callable[[ledger.Claimed], Copy]:
    """What makes a reader's own copy of a letter: what is the same in all of them is looked at once.

    A link to change one's language is signed only where the letter has a place for it.
    """
    site, choosing = office.site, PREFERENCES in mail.text or PREFERENCES in mail.html
    leave = tokens.signer(office.ring, purpose="leave", list=list.id)
    prefer = tokens.signer(office.ring, purpose="preferences", list=list.id)
    write = compose.copier(
        list=list, leave_url=tokens.leave_url(site.base_url, ""), leaving=site.delivery.leaving,
        leave_mailto=tokens.leave_mailto(list.sender.reply_to, ""),
        preferences_url=tokens.preferences_url(site.base_url, "") if choosing else None,
    )  # fmt: skip

    def one_copy(one: ledger.Claimed) -> Copy:
        other = prefer(one.subscriber) if choosing else ""
        return write(one.id, one.address, leave(one.subscriber), other)

    return one_copy
