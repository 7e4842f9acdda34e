"""A batch as the body of POST /v3/mail/send: one letter, and a personalization for each reader.

What the provider's reference and its error pages ask for, so that no reader is refused for the letter's sake: a From name in
ASCII, text before html, no reserved header, at most 10,000 bytes of substitutions a reader. The provider replaces the
letter's tokens blindly in subject and content only; a reader's own headers stand in the personalization. No picture, link or
footer of the provider's is added: each kind of tracking is switched off by name, because an account may have it on.

A body is JSON from the start. The letter's part is written once for all requests, a reader's in one piece: as a dictionary that
is then serialised, it would take three times as long.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from email.header import Header
from email.headerregistry import HeaderRegistry
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from syndicate.deliver import Batch, Ticket
from syndicate.models import Copy, DeliveryRules, Form, Letter

MOST_BYTES = 10_000
"""The most bytes of substitutions for one reader, as JSON."""

RESERVED = frozenset({
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding", "mime-version",
    "to", "from", "subject", "reply-to", "cc", "bcc", "date", "sender", "return-path",
})  # fmt: skip
"""Headers that the provider writes itself: those it refuses, and Date, because the mail leaves later than it was written."""

UNTRACKED: Mapping[str, Any] = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}
"""Everything that would rewrite a link, add a picture or tell anybody who read what."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_SPACES = re.compile(r"\s+")
_WITHOUT_MARK = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l",
                               "Ł": "L", "–": "-", "—": "-", "’": "'", "‘": "'", "ı": "i", "œ": "oe"})  # fmt: skip
_CATEGORY = re.compile(r"[\x21-\x7e]{1,255}")


def shared(letter: Letter, edition: str, rules: DeliveryRules) -> str:
    """What all readers of the letter have in common, as the members of a JSON object; made once for every batch of it."""
    content = [{"type": "text/plain", "value": _text(letter.text)}]
    if letter.html:
        content.append({"type": "text/html", "value": _text(letter.html)})
    body: dict[str, Any] = {
        "from": mailbox(letter.sender),
        "reply_to": mailbox(letter.reply_to),
        "subject": one_line(letter.subject),
        "content": content,
        "headers": headers(letter.headers),
        "categories": categories(edition),
        "tracking_settings": UNTRACKED,
    }
    # Only a newsletter: a mail about consent must also reach who left the provider's group and wants to come back.
    if rules.leaving == "provider" and rules.group and "list-id" in {name.lower() for name in body["headers"]}:
        body["asm"] = {"group_id": rules.group}
    return _members({name: value for name, value in body.items() if value})


def body(ticket: Ticket, common: str, readers: Iterable[str]) -> str:
    """The whole body: `common` is the letter's part, `readers` are the personalizations."""
    rest = ",".join(filter(None, (common, _members(when(ticket)))))
    return f'{{"personalizations":[{",".join(readers)}],{rest}}}'


def personalizations(batch: Batch) -> tuple[dict[str, str], list[str]]:
    """Each reader's part by the delivery's id; and the ids of those whose part the provider would refuse for its size."""
    own = _members({"batch": batch.id})
    parts = {copy.id: personalization(copy, own) for copy in batch.copies}
    heavy = [copy.id for copy in batch.copies if len(parts[copy.id]) > MOST_BYTES and too_much(copy)]
    for id in heavy:
        del parts[id]
    return parts, heavy


def personalization(copy: Copy, arguments: str) -> str:
    """One reader's part. `arguments` and the delivery's id come back with every event, and name nobody."""
    id, address, form, own = copy
    together, shape = "".join(own.values()), _shape(form)
    if shape is not None and len(quoted(together)) == len(together) + 2 and "\x7f" not in together:
        rest = shape % own  # nothing of theirs needs an escape
    else:
        rest = _own(headers(copy.headers), copy.values)
    return f'{{"to":[{{"email":{quoted(address)}}}],"custom_args":{{"delivery":{quoted(id)},{arguments}}}{rest}}}'


@lru_cache(maxsize=64)
def _shape(form: Form) -> str | None:
    """What a form gives to each reader's part, with its places open; None where a header is not as the provider takes it."""
    as_it_is = dict(form.headers) == headers(form.headers)
    return _own(dict(form.headers), form.values, mark="%%%%") if as_it_is else None


def _own(headers: Mapping[str, str], values: Mapping[str, str], mark: str = "%%") -> str:
    parts = {"headers": headers, "substitutions": {f"{mark}{name}{mark}": text for name, text in values.items()}}
    return "".join(f',"{key}":{json.dumps(its, separators=(",", ":"))}' for key, its in parts.items() if its)


def _members(value: Mapping[str, Any]) -> str:
    """An object as JSON without its braces."""
    return json.dumps(value)[1:-1]


def when(ticket: Ticket) -> dict[str, Any]:
    """By which id the request can be cancelled, and when its mail leaves (Unix seconds)."""
    if ticket.undo_id is None or ticket.send_at is None:
        return {}
    return {"batch_id": ticket.undo_id, "send_at": round(ticket.send_at.timestamp())}


def too_much(copy: Copy) -> bool:
    """Whether the provider would refuse this reader's own part for its size."""
    for pairs, frame in ((copy.values.items(), 10), (copy.headers, 6)):
        rough = sum(len(name) + len(value) + frame for name, value in pairs)
        if rough * 4 > MOST_BYTES and _bytes({f"%%{name}%%": value for name, value in pairs}) > MOST_BYTES:
            return True
    return False


def _bytes(value: object) -> int:
    return len(json.dumps(value, separators=(",", ":")))


def mailbox(text: str) -> dict[str, str]:
    """`Name <address>` as the provider wants it: {"email", "name"}, the name in ASCII or left out."""
    parsed = HeaderRegistry()("From", one_line(text))
    found = next(iter(getattr(parsed, "addresses", ())), None)
    if found is None or not found.domain:
        return {"email": one_line(text)}
    name = ascii_name(found.display_name)
    return {"email": found.addr_spec, "name": name} if name else {"email": found.addr_spec}


def ascii_name(name: str) -> str:
    """A name in ASCII, without the signs that the provider refuses in names or that would end a quoted one.

    Letters lose their marks (ë → e, ç → c); what has no such letter (an emoji, another script) is left out.
    """
    plain = unicodedata.normalize("NFKD", name.translate(_WITHOUT_MARK)).encode("ascii", "ignore").decode()
    return _SPACES.sub(" ", re.sub(r"[\"<>\\\x00-\x1f\x7f]", " ", re.sub(r"\s*[,;]\s*", " - ", plain))).strip(" -")


def one_line(text: str) -> str:
    """The text without line breaks and other controls: nothing of it can become a header of its own."""
    return _SPACES.sub(" ", _CONTROLS.sub(" ", text)).strip()


def headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers as the provider takes them: none of the reserved, each once, values on one line and in ASCII (RFC 2047)."""
    kept: dict[str, tuple[str, str]] = {}
    for name, value in pairs:
        if name.lower() not in RESERVED:
            kept[name.lower()] = (name, value if value.isascii() and value.isprintable() else _encoded(value))
    return dict(kept.values())


def _encoded(value: str) -> str:
    line = one_line(value)
    return line if line.isascii() else Header(line, "utf-8", maxlinelen=10_000).encode()


def categories(edition: str) -> list[str]:
    """What the provider counts by: the list and the edition. It keeps them for ever, so they name no person."""
    names = dict.fromkeys((edition.rpartition("-")[0], edition))
    return [name for name in names if _CATEGORY.fullmatch(name)]


def _text(text: str) -> str:
    # A lone surrogate is no text: as JSON it would be refused, and all readers with it.
    return text.encode("utf-8", "replace").decode()
