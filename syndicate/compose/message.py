"""One mail for one reader: an edition's frozen variant with the tokens filled, and the headers of a mailing list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC
from email.headerregistry import Address
from email.utils import format_datetime
from functools import lru_cache
from typing import Literal

from syndicate.compose.discreet import sender_name
from syndicate.compose.plain import address as safe_url
from syndicate.compose.plain import clean, header
from syndicate.models import Copy, Edition, EditionVariant, Form, Letter, MailingList, Site, Words

TOKEN = re.compile(r"%%([a-z_]+)%%")
"""A place that is filled for each reader: leave_url, masked_address, preferences_url."""

Leaving = Literal["server", "provider", "mail"]
"""What a link to leave is: `[delivery] leaving` of the site."""

PROVIDER_LEAVES = "<%asm_group_unsubscribe_raw_url%>"
"""What SendGrid exchanges for the address of its own page to leave a group by."""

_ONE_CLICK = ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
"""The way out takes one click at its https address (RFC 8058 §3.1), beside which stands a mailto (RFC 2369 §3.2)."""

_PLAIN = re.compile(r"([\w.+-])([\w.+-]*)([\w.+-])@[\w.-]+|[\w.+-]@[\w.-]+", re.ASCII)
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
    """One reader's copy of a letter, see `copier`; here the links are whole."""
    write = copier(
        list=list, leave_url=leave_url, leave_mailto=leave_mailto, preferences_url=preferences_url, leaving=leaving
    )
    return write(delivery, address, "", "")


def copier(
    *,
    list: MailingList,
    leave_url: str,
    leave_mailto: str,
    preferences_url: str | None,
    leaving: Leaving = "server",
) -> Callable[[str, str, str, str], Copy]:
    """What makes readers' copies of a letter from (delivery, address, token to leave, token for preferences).

    `delivery` is the ledger row's id: the same id makes the same Message-ID. The links are given without the token that ends
    them; tokens hold letters, digits, "-", "_" and "." only. `leave_mailto` is an address or a mailto: link. `leaving` is the
    site's: with "server" the link to leave is `leave_url`, with "mail" it is `leave_mailto`, with "provider" a mark that
    SendGrid exchanges for a link of its own, adding the headers for leaving itself. Without `preferences_url` the link to
    leave stands in for it.
    """
    mailto = leave_mailto if leave_mailto.startswith("mailto:") else f"mailto:{leave_mailto}"
    leave = _fixed(inert(mailto if leaving == "mail" else leave_url))
    at_once, by_mail = _fixed(_in_brackets(leave_url)), _fixed(_in_brackets(mailto))
    headers: tuple[tuple[str, str], ...] = (("Message-ID", f"<%(message)s@{_fixed(domain(list.sender.address))}>"),)
    if leaving == "mail":
        headers = (*headers, ("List-Unsubscribe", f"<{by_mail}%(leave)s>"))
    elif leaving == "server":
        headers = (*headers, ("List-Unsubscribe", f"<{at_once}%(leave)s>, <{by_mail}%(leave)s>"), _ONE_CLICK)
    way = _fixed(PROVIDER_LEAVES) if leaving == "provider" else f"{leave}%(leave)s"
    choose = f"{_fixed(inert(preferences_url))}%(choose)s" if preferences_url else way
    form = Form({"leave_url": way, "masked_address": "%(first)s…%(last)s", "preferences_url": choose}, headers)

    def write(delivery: str, address: str, token: str, other: str) -> Copy:
        address, first, last = _shown(address)
        plain = delivery.isascii() and delivery.isalnum()
        message = delivery if plain else _NOT_IN_ID.sub("-", delivery)
        own = {"message": message, "leave": token, "choose": other, "first": first, "last": last}
        return Copy(delivery, address, form, own)

    return write


def _fixed(text: str) -> str:
    """Text of a form that is alike for all."""
    return text.replace("%", "%%")


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


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with its tokens exchanged in one pass: a value that looks like a token stays as it is."""
    return TOKEN.sub(lambda token: values.get(token.group(1), token.group()), text)


def mask(address: str) -> str:
    """An address that its owner recognises and others cannot use: "a…n@example.org". It holds no sign of HTML's."""
    local, _, host = clean(address).rpartition("@")
    shown = f"{local[0]}…{local[-1]}" if len(local) > 3 else f"{local[:1]}…"
    return _MARKUP.sub("", f"{shown}@{host}")


def _shown(address: str) -> tuple[str, str, str]:
    """An address as it is written to, and masked: what stands before and after the dots. Nearly every one is plain: there is
    nothing in it to clean.
    """
    if plain := _PLAIN.fullmatch(address):
        last = plain.end(3)
        if last > 3:
            return address, address[0], address[last - 1 :]
    first, _, rest = mask(address).partition("…")
    return clean(address), first, rest


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
