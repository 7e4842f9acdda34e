"""What the tests of the SendGrid transport have in common: a letter with all that could go wrong in it, and readers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sendgrid_standin import KEY

from syndicate.deliver import NO_TICKET, Batch
from syndicate.deliver.sendgrid import SendGridTransport
from syndicate.models import Copy, DeliveryRules, Letter

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEAVE = "https://example.org/leave/abc-DEF_0.123"

LETTER = Letter(
    sender='"Qendra “Çelësi”, Tiranë; 🌍" <lajme@example.org>',
    reply_to="zyra@example.org",
    subject="Lajme për ju\r\nBcc: x@example.org",
    html="<p lang='sq'>Përshëndetje %%masked_address%% <a href='%%leave_url%%'>largohu</a></p>",
    text="Përshëndetje %%masked_address%%\n%%leave_url%%\n",
    headers=(("Date", "Tue, 24 Nov 2026 09:00:00 +0000"), ("List-Id", "<lajme.example.org>"), ("Content-Language", "sq"),
             ("Feedback-ID", "lajme-1:lajme:newsletter:example.org"), ("Precedence", "bulk")),
)  # fmt: skip


def copy(number: int, address: str = "", **values: str) -> Copy:
    return Copy.of(
        id=f"d{number:031x}",
        address=address or f"reader{number}@example.org",
        values=values or {"leave_url": LEAVE, "masked_address": "r***@e***.org"},
        headers=(
            ("Message-ID", f"<d{number}@example.org>"),
            ("List-Unsubscribe", f"<{LEAVE}>, <mailto:zyra@example.org?subject=leave>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ),
    )


def batch(*copies: Copy, letter: Letter = LETTER, ticket=NO_TICKET, id: str = "b1") -> Batch:
    return Batch(id, "lajme-1", "sq", letter, copies or (copy(1), copy(2), copy(3)), ticket)


def transport(standin, *, timeout: float = 5.0, **rules) -> SendGridTransport:
    return SendGridTransport(KEY, url=standin.url, rules=DeliveryRules(transport="sendgrid", **rules), timeout=timeout)


def outcomes(receipts) -> list[str]:
    return [one.outcome for one in receipts]
