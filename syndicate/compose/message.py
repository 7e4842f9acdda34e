"""One mail for one reader: an edition's frozen variant with the tokens filled, and the headers of a mailing list."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.utils import format_datetime
from html import escape

from syndicate.compose.plain import address as safe_url
from syndicate.compose.plain import clean, header
from syndicate.models import Edition, EditionVariant, MailingList, Message, Site

TOKEN = re.compile(r"%%([a-z_]+)%%")
"""A place that is filled for each reader: leave_url, masked_address, preferences_url."""

_NOT_IN_ID = re.compile(r"[^A-Za-z0-9._-]+")


def message(
    edition: Edition,
    variant: EditionVariant,
    *,
    list: MailingList,
    site: Site,
    delivery: str,
    address: str,
    leave_url: str,
    leave_mailto: str,
    preferences_url: str | None,
    date: datetime,
) -> Message:
    """The mail of one delivery. `delivery` is the ledger row's id: the same id makes the same Message-ID.

    `leave_mailto` is an address or a mailto: link. Without `preferences_url` the page for leaving stands in for it.
    """
    values = {
        "leave_url": safe_url(leave_url),
        "masked_address": mask(address),
        "preferences_url": safe_url(preferences_url or leave_url),
    }
    return Message(
        id=delivery,
        sender=mailbox(list.sender.name, list.sender.address),
        recipient=clean(address),
        subject=header(variant.subject),
        headers=(
            ("Reply-To", clean(list.sender.reply_to)),
            ("Date", format_datetime(date.astimezone(UTC))),
            ("Message-ID", f"<{_NOT_IN_ID.sub('-', delivery)}@{domain(list.sender.address)}>"),
            *standing(list, site, edition.id, variant.languages),
            *leaving(leave_url, leave_mailto),
        ),
        html=filled(variant.html, {name: escape(value) for name, value in values.items()}),
        text=filled(variant.text, values),
    )


def standing(list: MailingList, site: Site, edition: str, languages: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The headers that all readers of a variant have in common.

    List-Id after RFC 2919, Content-Language after RFC 3282, Feedback-ID as Gmail reads it: parts from the narrowest to
    the sender's own, parted by colons.
    """
    host = domain(list.sender.address)
    parts = (edition, list.id, "newsletter", site.tag_domain or host)
    return (
        ("List-Id", f"<{_NOT_IN_ID.sub('-', list.id)}.{host}>"),
        ("Content-Language", ", ".join(languages)),
        ("Feedback-ID", ":".join(_NOT_IN_ID.sub("-", part) for part in parts)),
        ("Precedence", "bulk"),
    )


def leaving(leave_url: str, leave_mailto: str) -> tuple[tuple[str, str], ...]:
    """The headers of a reader's own way out: one https address, one mailto, one click (RFC 2369, RFC 8058 §3.1)."""
    mailto = leave_mailto if leave_mailto.startswith("mailto:") else f"mailto:{leave_mailto}"
    return (
        ("List-Unsubscribe", f"<{_in_brackets(leave_url)}>, <{_in_brackets(mailto)}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def filled(text: str, values: dict[str, str]) -> str:
    """`text` with its tokens exchanged in one pass: a value that looks like a token stays as it is."""
    return TOKEN.sub(lambda token: values.get(token.group(1), token.group()), text)


def mask(address: str) -> str:
    """An address that its owner recognises and others cannot use: "a…n@example.org"."""
    local, _, host = clean(address).rpartition("@")
    shown = f"{local[0]}…{local[-1]}" if len(local) > 3 else f"{local[:1]}…"
    return f"{shown}@{host}"


def mailbox(name: str, address: str) -> str:
    """`name <address>` with the name quoted where RFC 5322 §3.4 wants it, and not yet encoded."""
    return str(Address(display_name=header(name), addr_spec=clean(address)))


def domain(address: str) -> str:
    """What stands after the last @ of an address, in lower case."""
    return clean(address).rpartition("@")[2].lower()


def _in_brackets(url: str) -> str:
    """`url` as it may stand between < and >: nothing that could end it, or a header line."""
    return safe_url(url).replace(",", "%2C")
