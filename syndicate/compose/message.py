"""One mail for one reader: an edition's frozen variant with the tokens filled, and the headers of a mailing list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.headerregistry import Address
from email.utils import format_datetime
from functools import lru_cache
from typing import Literal

from syndicate.compose.discreet import sender_name
from syndicate.compose.plain import address as safe_url
from syndicate.compose.plain import clean, header
from syndicate.models import Copy, Edition, EditionVariant, Letter, MailingList, Site, Words

TOKEN = re.compile(r"%%([a-z_]+)%%")
"""A place that is filled for each reader: leave_url, masked_address, preferences_url."""

Leaving = Literal["server", "provider", "mail"]
"""What a link to leave is: `[delivery] leaving` of the site."""

PROVIDER_LEAVES = "<%asm_group_unsubscribe_raw_url%>"
"""What SendGrid exchanges for the address of its own page to leave a group by."""

_MARKUP = re.compile(r"[&<>\"']")
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9._-]+")


def letter(
    edition: Edition, variant: EditionVariant, *, list: MailingList, site: Site, words: Words | None = None
) -> Letter:
    """What all readers of a variant get alike; its date is when the edition was approved.

    `words` have the neutral name that a discreet variant is from where the site gives none; without either it is from the
    bare address.
    """
    name = sender_name(site, variant.languages[0], words) if variant.discreet else list.sender.name
    return Letter(
        sender=mailbox(name, list.sender.address),
        reply_to=clean(list.sender.reply_to),
        subject=header(variant.subject),
        html=variant.html,
        text=variant.text,
        headers=(
            ("Date", format_datetime((edition.approved or edition.created).astimezone(UTC))),
            *standing(list, site, edition.id, variant),
        ),
    )


def copy(
    delivery: str,
    address: str,
    *,
    list: MailingList,
    leave_url: str,
    leave_mailto: str,
    preferences_url: str | None,
    leaving: Leaving = "server",
) -> Copy:
    """One reader's copy of a letter. `delivery` is the ledger row's id: the same id makes the same Message-ID.

    `leave_mailto` is an address or a mailto: link. `leaving` is the site's: with "server" the link to leave is `leave_url`,
    with "mail" it is `leave_mailto`, with "provider" a mark that SendGrid exchanges for a link of its own, adding the
    headers for leaving itself. Without `preferences_url` the link to leave stands in for it.
    """
    mailto = leave_mailto if leave_mailto.startswith("mailto:") else f"mailto:{leave_mailto}"
    leave = PROVIDER_LEAVES if leaving == "provider" else inert(mailto if leaving == "mail" else leave_url)
    return Copy(
        id=delivery,
        address=clean(address),
        values={
            "leave_url": leave,
            "masked_address": mask(address),
            "preferences_url": inert(preferences_url) if preferences_url else leave,
        },
        headers=(
            ("Message-ID", f"<{_NOT_IN_ID.sub('-', delivery)}@{domain(list.sender.address)}>"),
            *_ways_out(leaving, leave_url, mailto),
        ),
    )


def standing(list: MailingList, site: Site, edition: str, variant: EditionVariant) -> tuple[tuple[str, str], ...]:
    """The headers that all readers of a variant have in common.

    List-Id after RFC 2919, Content-Language after RFC 3282, Feedback-ID as Gmail reads it: parts from the narrowest to
    the sender's own, parted by colons. A discreet mail names nothing there that its sender's address does not.
    """
    host = domain(list.sender.address)
    own = host if variant.discreet else site.tag_domain or host
    parts = (edition, list.id, "mail" if variant.discreet else "newsletter", own)
    return (
        ("List-Id", f"<{_NOT_IN_ID.sub('-', list.id)}.{host}>"),
        ("Content-Language", ", ".join(variant.languages)),
        ("Feedback-ID", ":".join(_NOT_IN_ID.sub("-", part) for part in parts)),
        ("Precedence", "bulk"),
    )


def _ways_out(leaving: Leaving, leave_url: str, mailto: str) -> tuple[tuple[str, str], ...]:
    """The headers of a reader's own way out (RFC 2369 §3.2): one https address that takes one click (RFC 8058 §3.1), and one
    mailto. One click needs a server of ours; where the provider has the link, it writes these headers, too.
    """
    if leaving == "provider":
        return ()
    if leaving == "mail":
        return (("List-Unsubscribe", f"<{_in_brackets(mailto)}>"),)
    return (
        ("List-Unsubscribe", f"<{_in_brackets(leave_url)}>, <{_in_brackets(mailto)}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with its tokens exchanged in one pass: a value that looks like a token stays as it is."""
    return TOKEN.sub(lambda token: values.get(token.group(1), token.group()), text)


def mask(address: str) -> str:
    """An address that its owner recognises and others cannot use: "a…n@example.org". It holds no sign of HTML's."""
    local, _, host = clean(address).rpartition("@")
    shown = f"{local[0]}…{local[-1]}" if len(local) > 3 else f"{local[:1]}…"
    return _MARKUP.sub("", f"{shown}@{host}")


def inert(url: str) -> str:
    """`url` as it means the same in html and in text: its & and ' percent-encoded. No link that we sign holds either."""
    return _MARKUP.sub(lambda sign: f"%{ord(sign.group()):02X}", safe_url(url))


def mailbox(name: str, address: str) -> str:
    """`name <address>` with the name quoted where RFC 5322 §3.4 wants it, and not yet encoded."""
    return str(Address(display_name=header(name), addr_spec=clean(address)))


@lru_cache(maxsize=64)
def domain(address: str) -> str:
    """What stands after the last @ of an address, in lower case."""
    return clean(address).rpartition("@")[2].lower()


def _in_brackets(url: str) -> str:
    """`url` as it may stand between < and >: nothing that could end it, or a header line."""
    return safe_url(url).replace(",", "%2C")
