"""The sender's domain as mailboxes see it: SPF, DKIM and DMARC. The only file that imports dnspython.

domain, who carries the mail --look (asks the name service)--> Records --judge--> [(level, message)]
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

SECONDS = 6.0
"""How long all questions together may take."""

SENDGRID = ("s1", "s2")
"""The selectors that SendGrid gives a domain when it is set up there; another choice is possible."""

Level = Literal["stop", "warning", "note"]
Nameserver = tuple[str, int]

_SPF = re.compile(r"v=spf1(?:\s|$)", re.IGNORECASE)
_DMARC = re.compile(r"v=DMARC1\s*(?:;|$)")
_ANYONE = re.compile(r"(?:^|\s)\+?all(?:\s|$)", re.IGNORECASE)
_KEY = re.compile(r"(?:^|;)\s*p=\s*[A-Za-z0-9+/]")


@dataclass(frozen=True, slots=True)
class Sending:
    """What mail leaves by: `domain` of the From address, `envelope` of the address that bounces go to.

    `selectors` are those that sign; `sure` says that ours are these, so that a missing one is a fault.
    """

    domain: str
    envelope: str = ""
    signer: str = ""
    selectors: tuple[str, ...] = ()
    sure: bool = False
    provider: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """What the name service said. `spf` and `dmarc` are the records found; `dkim` the selectors that have a key.

    `exists` is False for a domain that nobody has. `trouble` says why there are no answers; then nothing else counts.
    """

    exists: bool = True
    spf: tuple[str, ...] = ()
    dkim: tuple[str, ...] = ()
    dmarc: tuple[str, ...] = ()
    trouble: str = ""


class _NoName(Exception):
    """There is no such name."""


Ask = Callable[[str], list[str]]


def look(sending: Sending, *, nameserver: Nameserver | None = None, seconds: float = SECONDS) -> Records:
    """Ask about the sender, within `seconds` in all; `nameserver` instead of the system's. Trouble is an answer, too."""
    import dns.exception

    try:
        ask = _asker(nameserver, seconds)
        try:
            ask(sending.domain)
        except _NoName:
            return Records(exists=False)
        return Records(
            spf=tuple(text for text in _quiet(ask, sending.envelope or sending.domain) if _SPF.match(text)),
            dkim=tuple(selector for selector in sending.selectors if _has_key(ask, sending, selector)),
            dmarc=tuple(_dmarc(ask, sending.domain)),
        )
    except (dns.exception.DNSException, OSError) as error:
        return Records(trouble=_reason(error))


def judge(sending: Sending, records: Records) -> Iterator[tuple[Level, str]]:
    """What to know of a sender's records. Large mailboxes refuse mail that neither SPF nor DKIM vouches for, and want DMARC of
    whoever sends much.
    """
    if records.trouble:
        yield "note", f"the DNS of {sending.domain} was not asked: {records.trouble}"
    elif not records.exists:
        yield "stop", f"the sender's domain {sending.domain} does not exist: correct sender.address in the list's file"
    else:
        yield from _spf(sending, records)
        yield from _dkim(sending, records)
        yield from _judged_dmarc(sending, records)


def _spf(sending: Sending, records: Records) -> Iterator[tuple[Level, str]]:
    domain = sending.envelope or sending.domain
    if len(records.spf) > 1:
        yield (
            "warning",
            f"{domain} has {len(records.spf)} SPF records, so none counts (RFC 7208 §4.5): make one of them",
        )
    elif records.spf and _ANYONE.search(records.spf[0]):
        yield "warning", f"the SPF record of {domain} lets anybody send in its name: end it with ~all or -all"
    elif not records.spf and sending.provider:
        return  # bounces go to an address of the provider's, whose SPF counts
    elif not records.spf and not records.dkim:
        yield (
            "stop",
            f"neither SPF nor DKIM vouches for {domain}: large mailboxes refuse its mail; ask whoever runs its DNS for both",
        )
    elif not records.spf:
        yield "warning", f"{domain} has no SPF record: add a TXT record that names your mail server"


def _dkim(sending: Sending, records: Records) -> Iterator[tuple[Level, str]]:
    missing = [selector for selector in sending.selectors if selector not in records.dkim]
    where = f"{missing[0]}._domainkey.{sending.signer or sending.domain}" if missing else ""
    if sending.sure and missing:
        yield "stop", f"there is no DKIM key at {where}, so every signature fails: publish it, or correct dkim_selector"
    elif sending.provider and not records.dkim:
        yield (
            "warning",
            f"no DKIM key of SendGrid's was found, such as {where}: set up {sending.domain} at the provider (Sender "
            "Authentication), unless it has other selectors",
        )
    elif not sending.selectors:
        yield (
            "note",
            "whether your mail server signs (DKIM) is not known here: set dkim_selector, or see a mail that came",
        )


def _judged_dmarc(sending: Sending, records: Records) -> Iterator[tuple[Level, str]]:
    name = f"_dmarc.{sending.domain}"
    if not records.dmarc:
        yield "warning", f'there is no DMARC record at {name}: add a TXT record, "v=DMARC1; p=none" to begin with'
    elif len(records.dmarc) > 1:
        yield "warning", f"{name} has {len(records.dmarc)} DMARC records, so none counts: make one of them"


# ---------------------------------------------------------------- asking


def _asker(nameserver: Nameserver | None, seconds: float) -> Ask:
    """What gives the TXT records of a name. Raises _NoName, and DNSException where no answer comes in time."""
    import dns.exception
    import dns.resolver

    resolver = dns.resolver.Resolver(configure=nameserver is None)
    if nameserver is not None:
        resolver.nameservers, resolver.port = [nameserver[0]], nameserver[1]
    until = time.monotonic() + seconds

    def ask(name: str) -> list[str]:
        left = until - time.monotonic()
        if left <= 0:
            raise dns.exception.Timeout
        try:
            answer = resolver.resolve(f"{name}.", "TXT", lifetime=left, search=False)
        except dns.resolver.NXDOMAIN as error:
            raise _NoName(name) from error
        except dns.resolver.NoAnswer:
            return []
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]

    return ask


def _quiet(ask: Ask, name: str) -> list[str]:
    try:
        return ask(name)
    except _NoName:
        return []


def _has_key(ask: Ask, sending: Sending, selector: str) -> bool:
    texts = _quiet(ask, f"{selector}._domainkey.{sending.signer or sending.domain}")
    return any(_KEY.search(text) for text in texts)


def _dmarc(ask: Ask, domain: str) -> Sequence[str]:
    """The DMARC records of the domain, or of the nearest parent that has any: a domain inherits its organisation's."""
    labels = domain.split(".")
    for first in range(max(1, len(labels) - 1)):
        found = [text for text in _quiet(ask, f"_dmarc.{'.'.join(labels[first:])}") if _DMARC.match(text)]
        if found:
            return found
    return ()


def _reason(error: Exception) -> str:
    import dns.exception
    import dns.resolver

    if isinstance(error, dns.exception.Timeout | dns.resolver.NoNameservers):
        return "the name service did not answer in time" if isinstance(error, dns.exception.Timeout) else (
            "the name service could not answer"
        )  # fmt: skip
    if isinstance(error, dns.resolver.NoResolverConfiguration):
        return "this machine names no name service"
    return f"the question failed ({type(error).__name__})"
