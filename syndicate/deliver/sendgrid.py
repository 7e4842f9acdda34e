"""The SendGrid transport: up to 1,000 readers in one request, which can be called back for a while.

The provider has no idempotency key. But a request that carries a `batch_id` and a `send_at` can be cancelled until ten minutes
before, and the cancellation read back: then it is proven that it will mail nobody, even if it arrives only now. So a request in
doubt is cancelled and its readers are asked for again. Times are the provider's (its Date header), because ours may be wrong.

At most some hundred cancellations can stand at once (the provider's limit), so they are deleted when the mail's time is over;
not before, or the mail would leave after all. All of this is from the provider's documents and tried against a stand-in: never
against the real service.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from syndicate.deliver import Attempt, Batch, Ticket
from syndicate.deliver import sendgrid_answers as answers
from syndicate.deliver import sendgrid_body as bodies
from syndicate.deliver.sendgrid_client import TIMEOUT, Client, NoAnswer, Reply, checked_host, checked_key
from syndicate.errors import Busy, DeliveryError
from syndicate.models import DeliveryRules, Letter, Receipt

FARTHEST = timedelta(hours=71)
"""How far ahead a mail may be handed over: the provider refuses 72 hours."""

PROVIDERS_GUARD = timedelta(minutes=10)
"""A cancellation later than this before the mail's time is not guaranteed by the provider."""

CLEAR_AFTER = timedelta(hours=1)
"""How long after the mail's time its cancellation is deleted: a request that lingered on its way has arrived by then."""

SCOPES = (
    "mail.send", "mail.batch.create", "user.scheduled_sends.create", "user.scheduled_sends.read",
    "user.scheduled_sends.delete",
)  # fmt: skip
"""What the key must be allowed to do."""

_BATCH_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")


@dataclass(frozen=True, slots=True)
class Probe:
    """What the key may do: scopes that sending needs and it lacks, and how many mails the account has left (None: not said)."""

    missing: tuple[str, ...]
    remaining: int | None


class SendGridTransport:
    """Mails through SendGrid's API. `url` is another address of it than the region's own, for tests.

    Safe to use from several threads. Raises UsageError for a key or an address that cannot be one.
    """

    name = "sendgrid"
    batch_size = 1000
    single = False
    undoable = True

    def __init__(self, key: str, *, rules: DeliveryRules, url: str | None = None, timeout: float = TIMEOUT) -> None:
        self._key, self._host = checked_key(key), checked_host(url, rules.region)
        self._rules, self._timeout = rules, timeout
        self._local = threading.local()
        self._rest: dict[str, float] = {}
        self._given: dict[str, float] = {}
        self._common: tuple[Letter, str, str] | None = None

    # ------------------------------------------------------------ sending

    def prepare(self, now: datetime, send_at: datetime | None) -> Ticket:
        """Asks for a new batch id. The mail leaves at `send_at`, but not sooner than `lead` after the provider's now.

        Raises Busy when the provider cannot be reached or wants to rest, or `send_at` is more than 71 hours away;
        DeliveryError when it refuses the key.
        """
        self._rested("batch", "send")
        reply = self._sure("ask for a batch id", "post", "mail", "batch")
        found = reply.json.get("batch_id") if isinstance(reply.json, dict) else None
        if reply.status != 201 or not isinstance(found, str) or not _BATCH_ID.fullmatch(found):
            raise Busy(f"SendGrid gave no batch id (answer {reply.status}); nothing was mailed by this request.")
        self._tire("batch", reply)
        server = reply.date or now
        leaves = _whole_second(max(send_at or server, server + self._rules.lead))
        if leaves > server + FARTHEST:
            raise Busy(
                "SendGrid takes mails at most three days ahead: nothing was handed over yet.",
                retry_after=(leaves - server - FARTHEST).total_seconds(),
            )
        self._given[found] = time.time()
        return Ticket(found, leaves)

    def post(self, batch: Batch) -> Iterator[Receipt]:
        """One request for all copies of the batch; it is written now, and handed over when the receipts are asked for. See
        sendgrid_answers for what each answer comes to.
        """
        readers, heavy = bodies.personalizations(batch)
        body = bodies.body(batch.ticket, self._shared(batch), readers.values())
        return self._posted(batch.ticket, body, [*readers], heavy)

    def _posted(self, ticket: Ticket, body: str, readers: list[str], heavy: list[str]) -> Iterator[Receipt]:
        if self._stale(ticket):
            yield from (
                Receipt(one, "requeue", "the request came too late to be called back") for one in (*readers, *heavy)
            )
            return
        yield from (Receipt(one, "failed", "too much text of its own for the provider") for one in heavy)
        if not readers:
            return
        receipts, trouble = self._handed(body, readers)
        yield from receipts
        if trouble is not None:
            raise trouble

    def _handed(self, body: str, ids: list[str]) -> tuple[list[Receipt], DeliveryError | None]:
        try:
            reply = self._client.ask("post", "mail", "send", body=body)
        except NoAnswer as error:
            if error.sent:
                return [Receipt(one, "in_doubt", str(error)) for one in ids], None
            return [Receipt(one, "requeue", str(error)) for one in ids], _unreached(error)
        self._tire("send", reply)
        return answers.judge(reply, ids)

    def _shared(self, batch: Batch) -> str:
        """The letter's part of the body, made once as long as the letter stays the same."""
        kept = self._common
        if kept is None or kept[0] is not batch.letter or kept[1] != batch.edition:
            kept = (batch.letter, batch.edition, bodies.shared(batch.letter, batch.edition, self._rules))
            self._common = kept
        return kept[2]

    def _stale(self, ticket: Ticket) -> bool:
        """Whether so long has passed since the ticket was given (a laptop slept) that the request could not be recalled."""
        given = self._given.pop(ticket.undo_id, None) if ticket.undo_id else None
        margin = self._rules.lead - self._rules.guard
        return given is not None and time.time() - given > max(margin.total_seconds() - 2 * self._timeout, 1.0)

    # ------------------------------------------------------------ calling back

    def settle(self, attempt: Attempt, now: datetime) -> list[Receipt] | None:
        """Cancels the request and reads the cancellation back: `requeue` for all. None when it is too late for that.

        Raises DeliveryError when the provider cannot be asked, or has too many cancellations: later it may be proven.
        """
        if not self._called_back(attempt, now):
            return None
        return [Receipt(one, "requeue", "the request was cancelled") for one in attempt.deliveries]

    def recall(self, attempt: Attempt, now: datetime) -> bool:
        """Cancels the request and reads the cancellation back. Raises as `settle` does."""
        return self._called_back(attempt, now)

    def forget(self, attempt: Attempt, now: datetime) -> bool:
        """Deletes the cancellation, an hour after the mail's time or later; before that, and without an answer, False."""
        ticket = attempt.ticket
        if ticket.undo_id is None or ticket.send_at is None:
            return True
        try:
            status, server = self._status(ticket.undo_id, now)
            if status is None:
                return True
            if server < ticket.send_at + CLEAR_AFTER:
                return False
            return self._client.ask("delete", "user", "scheduled_sends", ticket.undo_id).status in (204, 404)
        except (NoAnswer, DeliveryError):
            return False

    def _called_back(self, attempt: Attempt, now: datetime) -> bool:
        ticket = attempt.ticket
        if ticket.undo_id is None or ticket.send_at is None:
            return False
        status, server = self._status(ticket.undo_id, now)
        if status == "cancel":
            return True  # by us, in time: nothing cancels later than `guard` before
        if server >= ticket.send_at - self._rules.guard:
            return False
        said = self._cancel(ticket.undo_id, paused=status == "pause")
        status, server = self._status(ticket.undo_id, now)
        if status == "cancel":
            return server < ticket.send_at - PROVIDERS_GUARD
        raise DeliveryError(
            f"SendGrid did not take back a request: {said} At most some hundred cancellations can stand there at once; "
            "those of earlier editions are cleared by `syndicate run` an hour after their time. Then try again."
        )

    def _cancel(self, batch_id: str, *, paused: bool) -> str:
        """Asks for the cancellation; what came of it is read back by the caller. Returns the provider's words."""
        wanted = {"batch_id": batch_id, "status": "cancel"}
        path, method = ("user", "scheduled_sends"), "post"
        if paused:  # somebody did so on the provider's page: a status that stands can only be changed
            path, method, wanted = (*path, batch_id), "patch", {"status": "cancel"}  # type: ignore[assignment]
        try:
            return answers.words(self._client.ask(method, *path, body=wanted))
        except NoAnswer as error:
            return f"{error}."

    def _status(self, batch_id: str, now: datetime) -> tuple[str | None, datetime]:
        """How a batch stands (cancel, pause; None: as it was sent), and the provider's time."""
        reply = self._sure("read scheduled sends", "get", "user", "scheduled_sends", batch_id)
        listed = [reply.json] if isinstance(reply.json, dict) else reply.json
        if reply.status not in (200, 404) or not isinstance(listed, list):
            raise DeliveryError(
                f"SendGrid did not say whether a request is cancelled (answer {reply.status}). Try again."
            )
        found = [one for one in listed if isinstance(one, dict) and one.get("batch_id") == batch_id]
        return (str(found[0].get("status")) if found else None), reply.date or now

    # ------------------------------------------------------------ beside the mail

    def erase(self, address: str) -> None:
        """Asks the provider to erase what it holds about an address (POST /v3/recipients/erasejob, the Recipients' Data
        Erasure API). It works through such jobs later. Categories and custom arguments stay there for ever; ours name nobody.

        Raises DeliveryError, with what to do, when it refuses: older accounts must have the right switched on by its support.
        """
        reply = self._sure("erase a recipient", "post", "recipients", "erasejob", body={"email_addresses": [address]})
        if reply.status not in (200, 201, 202):
            raise DeliveryError(
                f"SendGrid did not erase the address (answer {reply.status}): {answers.words(reply)} Ask its support to "
                "enable the Recipients' Data Erasure API, or erase it on its suppression pages by hand."
            )

    def probe(self) -> Probe:
        """What the key may do and what the account has left, for `doctor`. Raises DeliveryError and Busy."""
        scopes = self._sure("read its scopes", "get", "scopes").json
        held = set(scopes.get("scopes", ())) if isinstance(scopes, dict) else set()
        credits = self._sure("read its credits", "get", "user", "credits", lenient=True).json
        left = credits.get("remain") if isinstance(credits, dict) else None
        return Probe(tuple(one for one in SCOPES if one not in held), left if isinstance(left, int) else None)

    def page(self, *path: str, query: dict[str, Any]) -> list[Any]:
        """One page of a list at the provider, for `suppressions pull`. Raises DeliveryError and Busy."""
        reply = self._sure("read suppressions", "get", *path, query=query)
        if reply.status != 200 or not isinstance(reply.json, list):
            raise DeliveryError(f"SendGrid gave no list of suppressions (answer {reply.status}). Try again later.")
        return reply.json

    def close(self) -> None:
        """Nothing is held open."""

    # ------------------------------------------------------------ asking

    @property
    def _client(self) -> Client:
        """This thread's client: the official one shares its headers between requests."""
        if not hasattr(self._local, "client"):
            self._local.client = Client(self._key, self._host, self._timeout)
        client: Client = self._local.client
        return client

    def _sure(self, doing: str, method: str, *path: str, lenient: bool = False, **more: Any) -> Reply:
        """An answer that is no refusal; for what mails nobody, so that it may be asked again."""
        try:
            reply = self._client.ask(method, *path, **more)
        except NoAnswer as error:
            raise _unreached(error) from None
        if reply.status in (401, 403, 429) and not lenient:
            raise answers.refusal(reply, doing)
        if reply.status >= 500:
            raise Busy(f"SendGrid is in trouble (answer {reply.status}).", retry_after=answers.retry_after(reply))
        return reply

    def _tire(self, what: str, reply: Reply) -> None:
        if rest := answers.used_up(reply):
            self._rest[what] = time.monotonic() + rest

    def _rested(self, *whats: str) -> None:
        """Raises Busy while the allowance of requests is known to be used up."""
        left = max((self._rest.get(what, 0.0) for what in whats), default=0.0) - time.monotonic()
        if left > 0:
            raise Busy("The allowance of requests at SendGrid is used up for now.", retry_after=left)


def _unreached(error: NoAnswer) -> Busy:
    return Busy(f"SendGrid cannot be reached: {error}. Check the connection; what waits is sent when it is back.")


def _whole_second(moment: datetime) -> datetime:
    return datetime.fromtimestamp(math.ceil(moment.timestamp()), UTC)
