"""Messages as lines of a log: plain text for people, or one JSON object a line for programs (SYNDICATE_LOG=json)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from syndicate.errors import UsageError

VARIABLE = "SYNDICATE_LOG"
"""The variable of the environment that says which."""

_ADDRESS = re.compile(r"[^\s'\"<>()\[\],;:=]+@[^\s'\"<>()\[\],;:=]+")
_LONG = re.compile(r"[\w-]{20,}(?:\.[\w-]{6,})*|[\w+/=-]{40,}")


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether messages are to be JSON. Raises UsageError for a word that is neither."""
    said = environ.get(VARIABLE) or "text"
    if said not in ("text", "json"):
        raise UsageError(f"{VARIABLE} is {said!r}; it may be text or json.")
    return said == "json"


def line(now: datetime, level: str, message: str, fields: Mapping[str, Any]) -> str:
    """One line of JSON, its own fields first."""
    told = {"time": now.isoformat(timespec="milliseconds"), "level": level, "message": message, "process": os.getpid()}
    return json.dumps(told | dict(fields), ensure_ascii=False)


def without_people(text: str) -> str:
    """The words of an error that is not ours, without what could be an address, a token or a key."""
    return _LONG.sub("…", _ADDRESS.sub("…@…", text))
