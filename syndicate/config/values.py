"""The small written forms of the site's files: addresses, ids, durations, schedules, hashtags.

Each function takes what the operator wrote and gives it back checked or read. A ValueError's message is one sentence
that says what to write instead; whoever calls adds file, line and key.
"""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from syndicate.models import Schedule

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SIGNS = "#\ufe5f\uff03"
_ACCENTS = {1, *range(200, 241)}
_STROKED = str.maketrans("đłøıħ\u2019", "dloih'")
_SCHEDULES = '"manual", "daily 09:00", "weekly monday 09:00", "monthly 1 09:00" or "every 5 posts"'


def line(text: str) -> str:
    """Text that is not empty and stands on one line: it ends up in headers and titles."""
    if not text.strip():
        raise ValueError("is empty; write a text")
    if any(unicodedata.category(char) in {"Cc", "Zl", "Zp"} for char in text):
        raise ValueError("holds a line break or control character; write it on one line")
    return text


def prose(text: str) -> str:
    """Text that is not empty and may have several lines."""
    line(" ".join(text.split()))
    return text


def slug(text: str) -> str:
    """A short name that can stand in an address: small letters, digits and single hyphens, at most 60 of them."""
    parts = text.split("-")
    if len(text) > 60 or not all(part.isascii() and part.isalnum() and part == part.lower() for part in parts):
        raise ValueError(
            f"`{text}` is no short name; write small letters a-z, digits and hyphens, such as {_as_slug(text)}"
        )
    return text


def _as_slug(text: str) -> str:
    """The nearest short name to what was written, in quotes."""
    plain = "".join(char if char.isascii() and char.isalnum() else " " for char in folded(text))
    return f'"{"-".join(plain.split())[:60].strip("-") or "name"}"'


def language(text: str) -> str:
    """A language's code as BCP 47 writes it: `sq`, `pt-BR` (RFC 5646 §2.1, without its rarer forms)."""
    first, *more = text.split("-")
    fine = first.isascii() and first.isalpha() and first.islower() and len(first) in (2, 3) and first != "und"
    if not fine or not all(part.isascii() and part.isalnum() and 2 <= len(part) <= 8 for part in more):
        raise ValueError(f'`{text}` is no language code; write it as BCP 47 does, such as "sq" or "en"')
    return text


def url(text: str) -> str:
    """A whole web address without user name or password: secrets never live in the site's files."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or any(char.isspace() for char in text):
        raise ValueError(f'`{text}` is no web address; write it whole, such as "https://www.isigurt.al/rss.xml"')
    if parts.username is not None:
        raise ValueError("holds a user name or password; write the address without them")
    return text


def base_url(text: str) -> str:
    """The address under which `public/` is served: no slash at its end, no question mark, no anchor."""
    url(text)
    if text.endswith("/"):
        raise ValueError(f'ends in a slash; write "{text.rstrip("/")}"')
    if "?" in text or "#" in text:
        raise ValueError(f'has a ? or # in it; write "{text.split("?")[0].split("#")[0].rstrip("/")}"')
    return text


def domain(text: str) -> str:
    """A bare domain, in any letters: `ecpat.org`."""
    if "/" in text or "@" in text:
        inner = text.partition("//")[2] or text
        raise ValueError(f'`{text}` is no domain; write only "{_bare_host(inner)}"')
    labels = text.split(".")
    if not all(part and part.replace("-", "x").isalnum() and part[0] != "-" != part[-1] for part in labels):
        raise ValueError(f'`{text}` is no domain; write it as in "ecpat.org"')
    return text


def _bare_host(text: str) -> str:
    """The domain within an address, or one to follow where there is none."""
    host = text.split("@")[-1].split("/")[0].lower().removeprefix("www.")
    return host if "." in host and host.replace(".", "").replace("-", "").isalnum() else "ecpat.org"


def tag_domain(text: str) -> str:
    """The domain in every item's identity: small ASCII letters (RFC 4151 §2.1 compares it letter by letter)."""
    domain(text)
    if not text.isascii() or text != text.lower():
        raise ValueError(f'`{text}` has capitals or letters beyond a-z; write "{text.lower().encode("idna").decode()}"')
    return text


def address(text: str) -> str:
    """An e-mail address by its plain form, nothing round it; whether it takes mail is not known here."""
    local, at, host = text.rpartition("@")
    fine = bool(at and local) and text.isascii() and not set(text) & set(' <>()[],;:"\\\t\r\n') and "@" not in local
    try:
        domain(host)
    except ValueError:
        fine = False
    if not fine or "." not in host or ".." in local or local[0] == "." or local[-1] == ".":
        raise ValueError(f'`{text}` is no e-mail address; write only the address, such as "kontakt@isigurt.al"')
    return text


def zone(text: str) -> str:
    """A time zone of the IANA list, such as `Europe/Tirane`."""
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        near = get_close_matches(text, available_timezones(), 1, 0.8)
        hint = f'did you mean "{near[0]}"?' if near else 'write it as in "Europe/Tirane"'
        raise ValueError(f"`{text}` is no time zone; {hint}") from None
    return text


def colour(text: str) -> str:
    """A colour as the web writes it: # and six hexadecimal digits."""
    if len(text) != 7 or text[0] != "#" or any(sign not in "0123456789abcdefABCDEF" for sign in text[1:]):
        raise ValueError(f'`{text}` is no colour; write # and six digits, such as "#b8532b"')
    return text.lower()


def duration(text: str) -> timedelta:
    """A length of time: a whole number and one of s, m, h, d."""
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdigit()) or len(number) > 6:
        raise ValueError(f'`{text}` is no length of time; write a number and s, m, h or d, such as "30m"')
    return timedelta(**{_UNITS[unit]: int(number)})


def schedule(text: str) -> Schedule:
    """When the next edition is drafted, from one of the five written forms."""
    words = text.lower().split()
    match words:
        case ["manual"]:
            return Schedule()
        case ["daily", at]:
            return Schedule("daily", **_clock(at))
        case ["weekly", day, at]:
            return Schedule("weekly", weekday=_weekday(day), **_clock(at))
        case ["monthly", day, at]:
            return Schedule(
                "monthly",
                day=_whole(day, 31, 'the day must be 1 to 31; write "monthly 31 09:00" for the last day of each month'),
                **_clock(at),
            )
        case ["every", count, "posts" | "post"]:
            return Schedule(
                "posts", posts=_whole(count, 1000, 'the number of posts must be 1 to 1000; write "every 5 posts"')
            )
    raise ValueError(f"`{text}` is no schedule; write {_SCHEDULES}")


def _weekday(text: str) -> int:
    if text in WEEKDAYS:
        return WEEKDAYS.index(text)
    near = get_close_matches(text, WEEKDAYS, 1) or ["monday"]
    raise ValueError(f'`{text}` is no weekday; did you mean "{near[0]}"?')


def _whole(text: str, most: int, otherwise: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= most):
        raise ValueError(otherwise)
    return int(text)


def _clock(text: str) -> dict[str, int]:
    hour, colon, minute = text.partition(":")
    digits = all(part.isascii() and part.isdigit() and len(part) <= 2 for part in (hour, minute))
    if not (colon and digits and len(minute) == 2 and int(hour) < 24 and int(minute) < 60):
        raise ValueError(f'`{text}` is no time of day; write it as "09:00"')
    return {"hour": int(hour), "minute": int(minute)}


def moment(value: object) -> date | datetime:
    """A TOML date, or date and time, as it was written; `instant` gives it its time zone."""
    if isinstance(value, date):
        if not 1970 <= value.year < 3000:
            raise ValueError("must be a date from 1970 on; write it as 2026-01-31")
        return value
    bare = str(value)[:10] if isinstance(value, str) and value[:4].isdigit() else "2026-01-31"
    raise ValueError(f"must be a date without quotes; write {bare}")


def instant(value: date | datetime, timezone: str) -> datetime:
    """The moment in UTC: a date is its first minute, and what has no offset is in the site's time zone."""
    whole = value if isinstance(value, datetime) else datetime.combine(value, time())
    return (whole if whole.tzinfo else whole.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)


def hashtag(text: str) -> str:
    """A hashtag's key, however it was spelled: no #, one case, no diacritics. Equal to `syndicate.enrich.hashtags.key`."""
    bare = text.strip().lstrip(_SIGNS)
    if any(char.isspace() for char in bare):
        raise ValueError(f'`{text}` has a space in it; write "{"".join(bare.split())}"')
    if not (key := folded(bare).lstrip(_SIGNS)):
        raise ValueError('is empty; write a hashtag without its #, such as "childprotection"')
    return key


def folded(text: str) -> str:
    """The text in one case and without accents, compatible forms made one (NFKC, UAX #15): `Fëmijë` is `femije`.

    A Cyrillic "ё" beside Latin letters was meant as "ë"; letters that no decomposition splits (đ, ł, ø, ı) lose their stroke.
    """
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(char for char in parts if not _is_accent(char)).translate(_STROKED)
    if any("a" <= char <= "z" for char in plain):
        plain = plain.replace("\u0435", "e")
    return unicodedata.normalize("NFC", plain)


def _is_accent(char: str) -> bool:
    """A mark above, below or across its letter (by combining class), or a sign that only chooses how it looks."""
    return unicodedata.combining(char) in _ACCENTS or char in "\ufe0e\ufe0f\u00ad"


def toml(value: object) -> str:
    """A value as TOML writes it on one line; its texts hold no control characters."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)
