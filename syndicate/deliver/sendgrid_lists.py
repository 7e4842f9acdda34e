"""The provider's lists of whom it will not mail any more, page by page: for sites that receive no events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from syndicate.deliver.events import Forbids, clean

PAGE = 500
"""Entries in a page."""

LISTS: dict[str, tuple[tuple[str, ...], Forbids]] = {
    "bounces": (("suppression", "bounces"), "bounce"),
    "invalid_emails": (("suppression", "invalid_emails"), "bounce"),
    "spam_reports": (("suppression", "spam_reports"), "complaint"),
    "unsubscribes": (("suppression", "unsubscribes"), "left_all"),
}
"""Each list: where it is in the API, and what being on it forbids."""

Page = Callable[..., list[Any]]
"""Asks for one page: (*path, query) → entries. SendGridTransport.page is one."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An address on one of the lists; `at` None where the list does not say since when. It is never stored or shown."""

    forbids: Forbids
    at: datetime | None
    reason: str
    address: str = field(repr=False)


def names(group: int | None) -> list[str]:
    """The lists to ask for; `group` is the site's unsubscribe group, if it has one."""
    return [*LISTS, *([f"group {group}"] if group else [])]


def read(page: Page, name: str, since: datetime | None) -> Iterator[Listed | None]:
    """Everyone on a list, of those who came on it since then; None for an entry that cannot be understood.

    A group's list has neither pages nor times, so it is always read whole. Raises what `page` raises.
    """
    if name.startswith("group "):
        for entry in page("asm", "groups", name.removeprefix("group "), "suppressions", query={}):
            yield Listed("left_all", None, "left the group at the provider", entry) if isinstance(entry, str) else None
        return
    path, forbids = LISTS[name]
    offset = 0
    while True:
        entries = page(
            *path, query={"limit": PAGE, "offset": offset, "start_time": int(since.timestamp()) if since else 0}
        )
        yield from (_entry(one, forbids, name) for one in entries)
        offset += len(entries)
        if len(entries) < PAGE:
            return


def _entry(entry: object, forbids: Forbids, name: str) -> Listed | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("email"), str):
        return None
    try:
        at = datetime.fromtimestamp(int(entry["created"]), UTC)
    except (KeyError, ValueError, TypeError, OverflowError, OSError):
        at = None
    told = clean(entry.get("reason") or "")
    return Listed(forbids, at, f"{name.replace('_', ' ')} at the provider{f': {told}' if told else ''}", entry["email"])
