"""The hall: who approves an edition, and how many of them it takes.

An edition is approved when as many different people approved exactly its bytes as its list asks for. Where one is enough, whoever
sits at the terminal is one; where it takes several, only an operator of [notices] `to` is, known by a keyed hash of their
address, so that nobody counts twice, whichever way they approve. Their link is signed for one
edition, one digest and one of them, and lives a week; whoever is taken off the list of operators cannot use it any more.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicate.errors import UsageError
from syndicate.models import Edition, MailingList, Site
from syndicate.store import Store, approvals, editions

TERMINAL = "terminal"
"""Who approves by the command without saying who they are."""

LINK_LIVES = timedelta(days=7)
"""How long a mailed link to approve works."""

_SHORT = 32
"""So many hexadecimal digits of a digest or a keyed hash stand in a link: 128 bits."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody of [notices] `to`. `hashes` are the keyed hashes of their address under every key, today's first."""

    address: str
    hashes: tuple[str, ...]

    @property
    def who(self) -> str:
        """Under what their approval is written down."""
        return self.hashes[0]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many people approved an edition as it is, and how many it takes; whether that made it approved."""

    given: int
    needed: int

    @property
    def enough(self) -> bool:
        """Whether nobody else has to approve it."""
        return self.given >= self.needed


def operators(site: Site, ring: Sequence[bytes]) -> list[Operator]:
    """The people who are told, each address once. Raises UsageError where there is no key to know them by."""
    if not ring:
        raise UsageError("There is no secret key: set SYNDICATE_SECRET_KEY, or put back var/secret.key.")
    found = {address.lower(): address for address in site.notices.to}
    return [Operator(address, tuple(_hash(key, one) for one in ring)) for key, address in found.items()]


def called(
    site: Site, ring: Sequence[bytes], address: str | None, edition: Edition, list: MailingList
) -> Operator | None:
    """Who approves at the terminal: the operator with this address; nobody in particular where one person is enough.

    Raises UsageError for an address that is no operator's, and where it takes several people and none was named.
    """
    if address is None:
        if list.approval and list.approvers > 1:
            raise UsageError(
                f"{edition.id} takes the approval of {list.approvers} different people, so say who you are: `--as ADDRESS`, one "
                "of [notices] to in feeds/site.toml."
            )
        return None
    found = next((one for one in operators(site, ring) if one.address.lower() == address.strip().lower()), None)
    if found is None:
        raise UsageError("This address is not one of [notices] to in feeds/site.toml, so it cannot approve anything.")
    return found


def _hash(address: str, key: bytes) -> str:
    return hmac.digest(key, f"syndicate operator\0{address}".encode(), "sha256").hex()[:_SHORT]


def approve(
    store: Store, edition: Edition, list: MailingList, now: datetime, *, by: Operator | None = None,
    notes: Sequence[str] | None = None,
) -> Tally:  # fmt: skip
    """Approve exactly what was looked at, as an operator or (without one) from the terminal; says how many that makes.

    The same person's approval counts once. `notes` are what the edition notes from now on, where that is to change. Raises
    UsageError when it is no draft any more, or was drafted anew meanwhile.
    """
    who, alike = (by.who, by.hashes) if by else (TERMINAL, (TERMINAL,))
    with store.write() as connection:
        today = editions.load(connection, edition.id, texts=False)
        if today is None or (today.state, today.digest) != ("draft", edition.digest):
            raise UsageError(
                f"{edition.id} was not approved: it is no draft any more, or it changed meanwhile. Look at it again."
            )
        if not approvals.of(connection, edition.id, edition.digest).keys() & {*alike}:
            approvals.give(connection, edition.id, who, edition.digest, now)
        if notes is not None:
            editions.set_notes(connection, edition.id, notes)
        tally = _tally(list, approvals.of(connection, edition.id, edition.digest))
        if tally.enough:
            editions.approve(connection, edition.id, edition.digest, now)
    return tally


def tally(store: Store, edition: Edition, list: MailingList) -> Tally:
    """How many people approved the edition as it is."""
    with store.read() as connection:
        return _tally(list, approvals.of(connection, edition.id, edition.digest))


def _tally(list: MailingList, given: Collection[str]) -> Tally:
    needed = list.approvers if list.approval else 1
    return Tally(len(given if needed == 1 else {*given} - {TERMINAL}), needed)


def approved_by(store: Store, edition: Edition, operator: Operator) -> bool:
    """Whether this person approved the edition as it is."""
    with store.read() as connection:
        return bool(approvals.of(connection, edition.id, edition.digest).keys() & {*operator.hashes})


# ---------------------------------------------------------------- the link


def link(site: Site, ring: Sequence[bytes], edition: Edition, operator: Operator, now: datetime) -> str:
    """The address of the page on which this person can approve this edition."""
    from syndicate.consent import tokens

    token = tokens.sign(
        ring, purpose="approve", subscriber=operator.who, list=edition.id, now=now, extra=edition.digest[:_SHORT]
    )
    return tokens.approve_url(site.base_url, token)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link leads to: the edition as it is today, its list, and who opened it. `same`: it is what the mail was about."""

    edition: Edition
    list: MailingList
    operator: Operator
    same: bool


def opened(site: Site, store: Store, ring: Sequence[bytes], token: str, now: datetime) -> Opened:
    """What a link to approve leads to. Raises TokenError where it is not ours, too old, or for nobody who is told today."""
    from syndicate.consent import tokens

    claim = tokens.read(ring, token, purpose="approve", max_age=LINK_LIVES, now=now)
    operator = next((one for one in operators(site, ring) if claim.subscriber in one.hashes), None)
    with store.read() as connection:
        edition = editions.load(connection, claim.list)
    list = next((one for one in site.lists if edition is not None and one.id == edition.list), None)
    if operator is None or edition is None or list is None:
        raise tokens.TokenError("This link leads to nothing any more.")
    return Opened(edition, list, operator, hmac.compare_digest(edition.digest[:_SHORT], claim.extra))
