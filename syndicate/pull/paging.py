"""Walking a feed back to its first post: which page comes after the one just read, and when the walk has ended. Pure.

    page one → Walk --read | absent--> the next page's address, or None: the beginning is reached

A feed names its older pages itself (RFC 5005's `prev-archive` and `next`, JSON Feed's `next_url`), or numbers them as
WordPress does. Servers answer the first page for every number, lead in circles, shift posts from page to page while they
are walked, and answer nonsense in the middle: every walk ends all the same, and none is ended by one such page alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

MOST_PAGES = 5000
"""So many pages are the end of any walk: a server that makes up new posts for ever stops there."""

MOST_STALE = 5
"""So many pages in a row without a post that the walk has not met are the end. One alone may come of posts that shifted."""

MOST_ABSENT = 2
"""So many numbered pages in a row that are not there are the end; after one, the next is tried."""

_MARK = 12  # hexadecimal digits that stand for a post

Kind = Literal["archive", "named", "numbered"]


@dataclass
class Walk:
    """How far a walk came; all but `visited`, `first` and `resume` outlives the process, as JSON.

    `url` is the configured address that the rest belongs to, `page` the address to ask next and `kind` who says so: an archive
    stays as it was written, the other pages are as new as page one. `pages` were read, `seen` are marks of the posts met.
    `oldest` is the date that the walk came back to, and posts from before `history` are old to newsletters; POSIX seconds,
    None: not known, and all of them. `stale` and `gaps` are the pages in a row without anything new, and that were not there.

    A walk that goes on begins at page one and hurries to `resume`, the page it had come to, at the first post it has met.
    """

    url: str
    page: str = ""
    kind: Kind = "named"
    pages: int = 0
    seen: str = ""
    oldest: float | None = None
    history: float | None = None
    stale: int = 0
    gaps: int = 0
    visited: set[str] = field(default_factory=set)
    first: frozenset[str] = frozenset()
    resume: str = ""
    resume_kind: Kind = "named"

    def met(self) -> set[str]:
        """The marks of every post that the walk has met."""
        return {self.seen[n : n + _MARK] for n in range(0, len(self.seen), _MARK)}

    def read(
        self, address: str, identities: Iterable[str], named: str | None, archived: bool, guessed: str | None
    ) -> bool:
        """A page was read and stored; whether there is another, in `page`.

        `address` is where it was asked; `named` is the older page that it names itself, `guessed` the one that WordPress has.
        """
        marks, met = frozenset(map(mark, identities)), self.met()
        fresh = marks - met
        self.seen += "".join(sorted(fresh))
        self.pages += 1
        self.visited.add(address)
        if self.page and self.kind != "numbered":
            guessed = None  # who names its pages does not number them
        beyond = named or guessed
        if self.resume and (marks & met or not beyond or beyond in self.visited):
            self.page, self.kind, self.resume = self.resume, self.resume_kind, ""
            return self.page not in self.visited
        same_again = bool(self.first) and marks == self.first and not fresh
        self.first = self.first or marks
        self.stale, self.gaps = 0 if fresh else self.stale + 1, 0
        self.page, self.kind = (named, "archive" if archived else "named") if named else (guessed or "", "numbered")
        ended = same_again or self.stale >= MOST_STALE or self.pages >= MOST_PAGES
        return bool(self.page) and self.page not in self.visited and not ended

    def absent(self, address: str) -> bool:
        """A numbered page is not there, or is no feed; whether to look at the one behind it, in `page`."""
        self.visited.add(address)
        self.gaps += 1
        self.page = numbered(address)
        return self.gaps < MOST_ABSENT and self.page not in self.visited

    def to_json(self) -> dict[str, Any]:
        """What outlives the process."""
        return {key: value for key, value in asdict(self).items() if key not in _FLEETING}

    def goes_on(self) -> None:
        """Begin again at page one, to find what is new there, and then go on where the walk had come to."""
        self.resume, self.resume_kind, self.page = self.page, self.kind, ""
        self.pages, self.stale = self.pages - 1, 0


_FLEETING = ("visited", "first", "resume", "resume_kind")


def from_json(values: Mapping[str, Any]) -> Walk:
    """A walk from stored JSON; keys that this version does not know are left out."""
    known = {one.name for one in fields(Walk)} - set(_FLEETING)
    return Walk(**{key: value for key, value in values.items() if key in known})


def mark(identity: str) -> str:
    """A few digits that stand for a post: two posts with the same ones cost nothing but a closer look."""
    return hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:_MARK]


def numbered(url: str) -> str:
    """The address of the next page by number: `?paged=2` after page one, and so on."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    page = query.get("paged", "1")
    query["paged"] = str(int(page) + 1) if page.isascii() and page.isdigit() and len(page) < 9 else "2"
    return urlunsplit(parts._replace(query=urlencode(query), fragment=""))


def with_credentials(url: str, source: str) -> str:
    """The address with the name and password of the source's own, if it is on the same server; addresses are stored without."""
    ours, there = urlsplit(source), urlsplit(url)
    same: Sequence[object] = (ours.scheme, ours.netloc.rpartition("@")[2].lower())
    if "@" not in ours.netloc or same != (there.scheme, there.netloc.lower()):
        return url
    return urlunsplit(there._replace(netloc=ours.netloc))
