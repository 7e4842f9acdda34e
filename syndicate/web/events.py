"""What the mail provider tells, signed: POST /events/sendgrid."""

from __future__ import annotations

from syndicate.web.parts import Parts
from syndicate.web.visit import Answer, Visit

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
PLAIN = "text/plain; charset=utf-8"


def sendgrid(parts: Parts, visit: Visit) -> Answer:
    """Take a delivery of events. 200 tells the provider not to send it again; an unsigned one is 403, none configured 404."""
    if not parts.webhook_key:
        return Answer(404, b"No webhook key is set.\n", PLAIN)
    from syndicate import happenings

    try:
        happenings.receive(
            parts.store,
            parts.site,
            parts.ring,
            visit.body,
            visit.headers.get(SIGNATURE, ""),
            visit.headers.get(TIMESTAMP, ""),
            parts.webhook_key,
            parts.now(),
        )
    except happenings.BadSignature:
        return Answer(403, b"The signature does not fit.\n", PLAIN)
    return Answer(200, b"", PLAIN)
