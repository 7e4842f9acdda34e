"""The hall: an edition tried out before its readers get it: one test mail, or everybody's mail as files.

    edition + an address → one marked letter through the site's own transport; no row in the ledger, no reader's link
    edition + the audience as it would be chosen now → every mail in var/dry-run/<edition>/, through the folder transport

Nothing is frozen by either, and no state changes: the edition is as it was.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from syndicate import audience, deliver
from syndicate.consent import addresses, tokens
from syndicate.deliver.folder import FolderTransport
from syndicate.errors import BatchRefused, Busy, DeliveryError, SyndicateError, UsageError
from syndicate.models import Edition, MailingList, Receipt, Site
from syndicate.office import Office, Report
from syndicate.store import armed, audiences, ledger, people
from syndicate.store.chunks import batched

MARK = "[test] "
"""What the subject of a test mail begins with."""


Rows = list[ledger.Claimed]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a dry run wrote: the folder, how many mails of each variant, and how many could not be written."""

    folder: Path
    variants: dict[str, int]
    failed: int

    @property
    def mails(self) -> int:
        """How many files there are."""
        return sum(self.variants.values())


def one_mail(
    office: Office, edition: Edition, list: MailingList, *, to: str, variant: str | None
) -> tuple[str, Receipt]:
    """Send one variant (by default the first) to one address, marked as a test; returns its name, and what became of it.

    Raises UsageError for an address that is none or must not be mailed, and for a variant that is not there; SyndicateError when
    the transport does not take it.
    """
    name = variant or edition.variants[0].name
    if edition.variant(name) is None:
        raise UsageError(
            f"{edition.id} has no variant {name}. It has: {', '.join(one.name for one in edition.variants)}."
        )
    address = addresses.clean(to)
    _allowed(office, list, address)
    mail = audience.letter(office, edition, list, name)
    mail = replace(mail, subject=MARK + mail.subject)
    id = f"test-{secrets.token_hex(8)}"
    copy = audience.copy(office, list, mail, ledger.Claimed(id, tokens.NOBODY, address.display, "confirmed"))
    # Without a ticket: a test mail leaves at once, where a sending waits to be undone.
    batch = deliver.Batch(secrets.token_hex(16), edition.id, name, mail, (copy,))
    try:
        (receipt,) = [*office.transport.post(batch)]
    except (Busy, BatchRefused, ValueError) as error:
        raise SyndicateError(f"The test mail was not taken: {error}") from error
    finally:
        office.transport.close()
    return name, receipt


def _allowed(office: Office, list: MailingList, address: addresses.Address) -> None:
    """Also a test mail is not for somebody who left, bounced, complained or was forgotten."""
    hashes = addresses.keyed_hashes(address.key, office.ring)
    with office.store.read() as connection:
        armed.refuse(connection)
        against = audiences.suppressed_among(connection, list.id, hashes)
    if not against.isdisjoint(hashes):
        raise UsageError(
            "This address must not be mailed: it left, bounced, complained or was forgotten. Choose another."
        )


def dry_run(office: Office, edition: Edition, list: MailingList, report: Report) -> Rehearsed:
    """Write everybody's mail, as it would be sent now, into a folder of its own; what an earlier dry run left is deleted first.

    `office.transport` is a FolderTransport in `folder_of`. Raises DeliveryError when the folder cannot be written to.
    """
    folder = folder_of(office.site, edition.id)
    clear(office.site, edition.id)
    _private(folder)
    count = sum(audience.audience(office, edition, list).values())
    variants: dict[str, int] = {}
    done = failed = 0
    for name, claimed in _everybody(office, edition, list):
        mail = audience.letter(office, edition, list, name)
        copies = tuple(audience.copy(office, list, mail, one) for one in claimed)
        for receipt in office.transport.post(deliver.Batch("dry-run", edition.id, name, mail, copies)):
            done += 1
            failed += receipt.outcome != "accepted"
            variants[name] = variants.get(name, 0) + (receipt.outcome == "accepted")
        report(done, count, edition.id)
    return Rehearsed(folder, variants, failed)


def _everybody(office: Office, edition: Edition, list: MailingList) -> Iterator[tuple[str, Rows]]:
    """The audience in batches of one variant each, with new ids that mean nobody."""
    waiting: dict[str, Rows] = {}
    with office.store.read() as connection, office.store.read() as asking:
        for chunk in batched(audience.chosen(office, connection, edition, list), office.transport.batch_size):
            for id, variant in chunk:
                person = people.by_id(asking, id)
                if person is not None:
                    one = ledger.Claimed(f"dry-{secrets.token_hex(8)}", id, person.address, "confirmed")
                    waiting.setdefault(variant, []).append(one)
            yield from waiting.items()
            waiting = {}


def folder_of(site: Site, edition: str) -> Path:
    """Where a dry run of an edition writes its mails."""
    return site.places.state / "dry-run" / edition


def transport(site: Site, edition: str) -> FolderTransport:
    """What a dry run sends by."""
    from syndicate import compose

    return FolderTransport(folder_of(site, edition), compose.writer)


def clear(site: Site, edition: str | None = None) -> None:
    """Delete what dry runs of an edition left, or of all: they hold people's addresses, and texts that may be taken back.

    Raises DeliveryError when that cannot be done.
    """
    folder = folder_of(site, edition) if edition else site.places.state / "dry-run"
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise DeliveryError(f"{folder} cannot be deleted ({error.strerror}). Delete it by hand.") from error


def _private(folder: Path) -> None:
    try:
        for part in (folder.parent, folder):
            part.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise DeliveryError(
            f"Mail cannot be written into {folder} ({error.strerror}). Put that right first."
        ) from error
