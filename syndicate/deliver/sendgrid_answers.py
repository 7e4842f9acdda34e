"""What an answer of SendGrid means for the mails of a request: taken, refused, or nobody knows.

202                          taken, all of it
400 naming a reader          that one failed, the others were not taken
400 naming the letter        nobody was taken, and it would be the same for all: stop
400 naming neither, 413      nobody was taken: ask again with fewer
401, 403, other refusals     nobody was taken: stop, and say what to do
429, or no credit left       nobody was taken: later
anything else                in doubt: 200 (a redirect followed, a test mode), 3xx, 5xx, a page of some other machine
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from syndicate.deliver.sendgrid_client import Reply
from syndicate.errors import BatchRefused, Busy, DeliveryError
from syndicate.models import Receipt

QUOTA = timedelta(hours=6)
"""How long to leave the provider alone when the account's mails for the day or month are used up."""

LONGEST_WAIT = timedelta(hours=24)
"""The longest wait that an answer can ask for."""

_READER = re.compile(r"personalizations\.(\d+)")
_ADDRESS = re.compile(r"[^\s@<>\[\]()\"',;]+@[^\s@<>\[\]()\"',;]+")
_LETTER = frozenset({
    "from", "reply_to", "subject", "content", "headers", "categories", "asm", "send_at", "batch_id", "template_id",
    "tracking_settings", "mail_settings", "ip_pool_name", "attachments", "custom_args",
})  # fmt: skip
_QUOTA = ("credits exceeded", "exceeded your messaging limit", "sending limit", "over quota", "quota")

# Refusals that a machine in between may send after it has passed the request on.
_DOUBTFUL = frozenset({408, 409, 425, 499})


@dataclass(frozen=True, slots=True)
class Complaint:
    """One of the errors in an answer: `message` without addresses, `reader` the index of the personalization it names."""

    message: str
    field: str
    reader: int | None


def judge(reply: Reply, deliveries: Sequence[str]) -> tuple[list[Receipt], DeliveryError | None]:
    """Receipts for the deliveries of a request, in their order, and the error to raise after them, if any."""
    if reply.status == 202:
        return [Receipt(one, "accepted") for one in deliveries], None
    if reply.status == 400:
        return _bad_request(reply, deliveries)
    if reply.status == 413:
        return _too_large(deliveries)
    if reply.status == 429 or (400 <= reply.status < 500 and reply.status not in _DOUBTFUL):
        return [Receipt(one, "requeue", f"answer {reply.status}") for one in deliveries], refusal(reply)
    return [Receipt(one, "in_doubt", f"answer {reply.status}") for one in deliveries], None


def _bad_request(reply: Reply, deliveries: Sequence[str]) -> tuple[list[Receipt], DeliveryError | None]:
    found = complaints(reply)
    named = {one.reader: one.message for one in found if one.reader is not None and one.reader < len(deliveries)}
    said = words(reply)
    if any(one.reader is None and one.field.split(".")[0] in _LETTER for one in found):
        return [Receipt(one, "requeue", said) for one in deliveries], DeliveryError(
            f"SendGrid refuses this letter for every reader: {said} Nobody was mailed by this request. "
            "Check the list's sender and the edition, then send again."
        )
    if named and len(named) == len({one.reader for one in found}):
        return [
            Receipt(one, "failed", named[at]) if at in named else Receipt(one, "requeue", "another reader was refused")
            for at, one in enumerate(deliveries)
        ], None
    if len(deliveries) == 1:
        return [Receipt(deliveries[0], "failed", said)], None
    return [], BatchRefused(f"SendGrid refused a request of {len(deliveries)} mails and did not say for which: {said}")


def _too_large(deliveries: Sequence[str]) -> tuple[list[Receipt], DeliveryError | None]:
    if len(deliveries) == 1:
        return [Receipt(deliveries[0], "failed", "the mail is too large for the provider")], None
    return [], BatchRefused(f"SendGrid refused a request of {len(deliveries)} mails as too large; ask with fewer.")


def refusal(reply: Reply, doing: str = "mail") -> DeliveryError:
    """A refusal as the error to raise: later, or what the operator is to do. `doing` says what was asked for."""
    said = words(reply)
    if any(sign in said.lower() for sign in _QUOTA):
        wait = max(retry_after(reply) or 0.0, QUOTA.total_seconds())
        return Busy(f"The SendGrid account has no mails left for now: {said} Look at its plan.", retry_after=wait)
    if reply.status == 429:
        return Busy("SendGrid wants fewer requests for now.", retry_after=retry_after(reply))
    if reply.status == 401:
        return DeliveryError(f"SendGrid does not know this key: {said} Put a valid key into SENDGRID_API_KEY.")
    if reply.status == 403:
        return DeliveryError(
            f"SendGrid does not allow this key to {doing}: {said} At the provider, verify the sender's domain and give the "
            "key the rights Mail Send, Scheduled Sends and Suppressions."
        )
    return DeliveryError(
        f"SendGrid answered {reply.status} when asked to {doing}: {said} Check SYNDICATE_SENDGRID_URL and [delivery] region."
    )


def retry_after(reply: Reply) -> float | None:
    """Seconds to wait, by Retry-After (seconds or a date, RFC 9110 §10.2.3) or X-RateLimit-Reset (Unix time); None: not said."""
    now = reply.date or datetime.now(UTC)
    told = reply.headers.get("retry-after", "").strip()
    reset = reply.headers.get("x-ratelimit-reset", "").strip()
    seconds: float | None = None
    if told.isdecimal():
        seconds = float(told[:9])
    elif told:
        seconds = _until(told, now)
    if seconds is None and reset.isdecimal():
        # A small number is no time but a span.
        seconds = float(reset[:12]) - (now.timestamp() if len(reset) > 8 else 0.0)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT.total_seconds())


def _until(date: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()


def used_up(reply: Reply) -> float:
    """Seconds in which the same is better not asked again, because this answer used up the last of the allowance; else 0."""
    if reply.headers.get("x-ratelimit-remaining", "").strip() != "0":
        return 0.0
    return retry_after(reply) or 0.0


def complaints(reply: Reply) -> list[Complaint]:
    """The errors that an answer lists; none when it is no such answer."""
    listed = reply.json.get("errors") if isinstance(reply.json, dict) else None
    found = []
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            field, message = str(one.get("field") or ""), str(one.get("message") or "")
            named = _READER.search(field) or _READER.search(message)
            found.append(Complaint(masked(message), field, int(named[1]) if named and len(named[1]) < 9 else None))
    return found


def words(reply: Reply) -> str:
    """What the provider said, for the operator: at most 300 characters, without addresses."""
    said = " ".join(one.message.rstrip(".") + "." for one in complaints(reply) if one.message)
    return said[:300] or f"it gave no reason (answer {reply.status})."


def masked(text: str) -> str:
    """The text without mail addresses and line breaks."""
    return " ".join(_ADDRESS.sub("(address)", text).split())[:300]
