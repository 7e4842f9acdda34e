"""Mails that came back, as events: delivery reports (RFC 3464) and complaints (RFC 5965).

Which delivery a report is about stands in the address that it came to, when mail left with an envelope sender of its own for
each reader (`<local>+<delivery>@…`), else in the Message-ID of the mail that it returns. Whatever is no report (an answer of a
person, an "I am away") is `ignored`: nobody is thrown out because they wrote to us.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime

from syndicate.deliver.events import Event, Kind, bounce, clean, made_id

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"\b([45])\d\d\b")
_VERP = re.compile(r"[^\s@+<>]+\+([A-Za-z0-9._-]{8,100})@", re.ASCII)
_MESSAGE_ID = re.compile(r"^Message-ID:\s*<([A-Za-z0-9._-]{8,100})@", re.IGNORECASE | re.MULTILINE)
_ENVELOPES = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
_ACTIONS: dict[str, Kind] = {"delayed": "deferred", "delivered": "delivered", "relayed": "delivered"}
_MOST_PARTS = 200
_MOST_BYTES = 2_000_000


def read(raw: bytes, now: datetime) -> list[Event]:
    """The events in one mail that came back: one for each recipient it reports on. Never raises, whatever the mail is.

    A mail that is no report gives one `ignored` event. `now` stands for a time that the report does not name.
    """
    try:
        return _read(raw, now)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return [Event(made_id("mail", str(len(raw)), str(raw[:2000])), "ignored", now)]


def _read(raw: bytes, now: datetime) -> list[Event]:
    mail = BytesParser(EmailMessage, policy=policy.compat32).parsebytes(raw[:_MOST_BYTES])
    parts = [part for _, part in zip(range(_MOST_PARTS), _walk(mail), strict=False)]
    delivery = _delivery(mail, parts)
    at = _date(mail, now)
    key = str(mail.get("Message-ID") or "") or made_id("mail", delivery, str(at))
    complaint = [part for part in parts if part.get_content_type() == "message/feedback-report"]
    if complaint and "abuse" in _text(complaint[0]).lower():
        return [Event(made_id("arf", key, delivery), "complained", at, delivery, reason="reported as unwanted")]
    events = []
    for report in (part for part in parts if part.get_content_type() == "message/delivery-status"):
        for number, fields in enumerate(_recipients(report)):
            kind, reason = _kind(fields)
            events.append(Event(made_id("dsn", key, delivery, str(number)), kind, at, delivery, reason=reason))
    return events or [Event(made_id("mail", key, delivery), "ignored", at, delivery)]


def _walk(mail: Message) -> Iterator[Message]:
    """Every part, but not into the mail that was returned. Iteratively: a mail may be nested as deep as it is long."""
    stack: list[Message] = [mail]
    while stack:
        part = stack.pop()
        yield part
        inside = part.get_payload()
        if isinstance(inside, list) and part.get_content_maintype() == "multipart":
            stack.extend(reversed(_messages(inside)))


def _messages(payload: object) -> list[Message]:
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _recipients(report: Message) -> Iterator[dict[str, str]]:
    """The groups of a delivery-status part that concern a recipient (RFC 3464 §2.1), field names in small letters."""
    groups = report.get_payload()
    for group in _messages(groups):
        fields = {name.lower(): str(value) for name, value in group.items()}
        if "action" in fields or "final-recipient" in fields:
            yield fields


def _kind(fields: dict[str, str]) -> tuple[Kind, str]:
    action = fields.get("action", "").partition(";")[0].split("(")[0].strip().lower()
    told = fields.get("diagnostic-code", "")
    status = _STATUS.search(fields.get("status", "")) or _STATUS.search(told)
    reason = clean(f"{status[1] if status else ''} {told.partition(';')[2] or told}")
    if action in _ACTIONS:
        return _ACTIONS[action], reason
    if action != "failed":
        return "ignored", reason
    code = _CODE.search(told)
    found = status[1] if status else f"{code[1]}.0.0" if code else ""
    # The text is often more exact than the field, which many servers fill with 5.0.0.
    exact = _STATUS.search(told)
    return bounce(exact[1] if exact and found.endswith(".0.0") else found), reason


def _delivery(mail: Message, parts: list[Message]) -> str:
    addresses = [str(value) for name in _ENVELOPES for value in mail.get_all(name, [])]
    for _, address in getaddresses(addresses):
        if found := _VERP.match(address):
            return found[1]
    for part in parts:
        returned = part.get_content_type() in ("message/rfc822", "text/rfc822-headers")
        if returned and (found := _MESSAGE_ID.search(_text(part))):
            return found[1]
    return ""


def _text(part: Message) -> str:
    inside = part.get_payload()
    if isinstance(inside, list):
        return "\n".join(f"{name}: {value}" for one in _messages(inside[:20]) for name, value in one.items())
    raw = part.get_payload(decode=True)
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(inside)


def _date(mail: Message, now: datetime) -> datetime:
    try:
        moment = parsedate_to_datetime(str(mail.get("Date") or ""))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(moment.astimezone(UTC), now)
    except (ValueError, OverflowError, TypeError):
        return now
