"""What a body of POST /v3/mail/send must be: the provider's own OpenAPI schema (tests/schemas/sendgrid, MIT), and the rules that
its reference and error pages add. It shares no code with what writes the bodies.

    from sendgrid_contract import violations
    assert violations(body) == []

Each violation is (field, message), the field dotted as the provider names it: `personalizations.3.to.0.email`.
"""

from __future__ import annotations

import json
import re
import time
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker

SCHEMAS = Path(__file__).parent / "schemas" / "sendgrid"
RESERVED = {
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding", "to", "from", "subject",
    "reply-to", "cc", "bcc",
}  # fmt: skip
HOURS_72 = 72 * 3600
LARGEST = 30_000_000
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("email")
def _email(value):
    return not isinstance(value, str) or re.fullmatch(r"[^\s@<>,;]+@[^\s@<>,;.]+(\.[^\s@<>,;.]+)+", value) is not None


@cache
def _validator():
    spec = json.loads((SCHEMAS / "mail_send.json").read_text("utf-8"))
    schema = spec["schema"]
    one = schema["properties"]["personalizations"]["items"]["properties"]
    strings = {"type": "object", "additionalProperties": {"type": "string"}}
    # The published schema calls the message's custom_args a string; the reference, the errors page and examples: an object.
    schema["properties"]["custom_args"] = strings
    for place, name in (
        (one, "custom_args"),
        (one, "headers"),
        (schema["properties"], "headers"),
        (one, "substitutions"),
    ):
        place[name] = {**place[name], "additionalProperties": {"type": "string"}}
    return Draft202012Validator({**schema, "components": spec["components"]}, format_checker=_FORMATS)


def size(value) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def violations(body, raw: bytes | None = None, now: float | None = None, schema: bool = True) -> list[tuple[str, str]]:
    """All that is wrong with a body; `raw` its bytes as they came, `now` Unix seconds. `schema` False: the added rules only."""
    if not isinstance(body, dict):
        return [("", "Bad Request: the body is no JSON object")]
    found = []
    if schema:
        found += [(".".join(map(str, e.absolute_path)), e.message[:200]) for e in _validator().iter_errors(body)]
    readers = [one for one in body.get("personalizations") or () if isinstance(one, dict)]
    found += [*_whole(body, readers, len(raw) if raw is not None else size(body)), *_people(readers)]
    for at, one in enumerate(readers):
        found += [
            (f"personalizations.{at}.{field}".rstrip("."), why) for field, why in _one(one, body, now or time.time())
        ]
    found += _headers("headers", body.get("headers") or {})
    found += _when("send_at", body.get("send_at"), now or time.time())
    return found


def _whole(body, readers, length):
    if not readers:
        yield "personalizations", "at least one is required"
    if not body.get("content"):
        yield "content", "required without template_id"
    if not body.get("subject") and not all(one.get("subject") for one in readers):
        yield "subject", "The subject is required."
    kinds = [one.get("type") for one in body.get("content") or () if isinstance(one, dict)]
    if "text/plain" in kinds and "text/html" in kinds and kinds.index("text/plain") > kinds.index("text/html"):
        yield "content", "text/plain must come before text/html"
    if any(not (isinstance(one, dict) and one.get("value")) for one in body.get("content") or ()):
        yield "content", "The content value must be a string at least one character in length."
    for name in body.get("categories") or ():
        if not (isinstance(name, str) and name.isascii() and len(name) <= 255):
            yield "categories", f"{name!r} is not ASCII, or too long"
    if len(body.get("categories") or ()) > 10:
        yield "categories", "more than 10"
    if "\n" in str(body.get("subject")) or "\r" in str(body.get("subject")):
        yield "subject", "line break in the subject"
    if not str((body.get("from") or {}).get("name", "")).isascii():
        yield "from.name", "not ASCII"
    if length >= LARGEST:
        yield "", f"{length} bytes: 30 MB or more"


def _people(readers):
    everyone = {}
    for at, one in enumerate(readers):
        for role in ("to", "cc", "bcc"):
            for entry in one.get(role) or ():
                key = str(entry.get("email", "")).lower()
                if key in everyone:
                    yield f"personalizations.{at}.{role}", f"Each address should be unique: [{key}] came before."
                everyone[key] = at
    if len(everyone) > 1000:
        yield "personalizations", f"{len(everyone)} recipients: more than 1000"


def _one(one, body, now):
    if not one.get("to"):
        yield "to", "The to array is required."
    for at, entry in enumerate(one.get("to") or ()):
        if not _email(entry.get("email", "")) or not str(entry.get("email", "")).isascii():
            yield f"to.{at}.email", f"Does not contain a valid address: {entry.get('email')}"
        if set(str(entry.get("name", ""))) & set(";,"):
            yield f"to.{at}.name", "',' or ';'"
    for name, most in (("substitutions", 10_000), ("custom_args", 10_000)):
        values = one.get(name)
        if values is not None and not values:
            yield name, "empty"
        if size(values or {}) > most:
            yield name, f"{size(values)} bytes"
        if any(not isinstance(value, str) or not value for value in (values or {}).values()):
            yield name, "a value that is no string, or empty"
    yield from _headers("headers", one.get("headers") or {})
    yield from _when("send_at", one.get("send_at"), now)


def _headers(where, values):
    low = [name.lower() for name in values]
    for name in low:
        if name in RESERVED:
            yield where, f"{name} is reserved"
        if not re.fullmatch(r"[!-9;-~]+", name):
            yield where, f"bad name {name!r}"
    if len(low) != len(set(low)):
        yield where, "a header twice"
    for name, value in values.items():
        if not isinstance(value, str) or set(value) & set("\r\n") or not value.isascii():
            yield where, f"{name}: not one line of ASCII"


def _when(where, moment, now):
    if moment is not None and (not isinstance(moment, int) or moment > now + HOURS_72):
        yield where, "The send_at parameter is more than 72 hours ahead."
