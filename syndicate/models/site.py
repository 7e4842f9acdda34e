"""What the operator configured."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Source:
    """A blog feed that we pull.

    `content` says where the whole text is: in the `feed`, on the post's `page`, or `auto` (the feed, unless the entry is
    only a teaser). `selector` is a CSS selector of the article on that page.
    """

    id: str
    url: str
    name: str = ""
    content: Literal["auto", "feed", "page"] = "auto"
    selector: str | None = None
    authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Partner:
    """An organisation the posts name: `name` everywhere, unless `names` has one for the language."""

    id: str
    name: str
    names: dict[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    url: str | None = None
    ourselves: bool = False

    def name_in(self, language: str) -> str:
        """The partner's name as readers of `language` know it."""
        return self.names.get(language, self.name)


@dataclass(frozen=True, slots=True)
class HashtagRule:
    """One hashtag the operator has said something about: `key` stands for all `aliases` (spelled without #)."""

    key: str
    aliases: tuple[str, ...] = ()
    display: dict[str, str] = field(default_factory=dict)
    ignore: bool = False
    notice: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which posts: the same few keys in a feed, a family and a mailing list. Decided by `syndicate.selection`.

    `language` is one code, or several joined by "+" for a bilingual item; empty means any language.
    """

    language: str = ""
    sources: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    exclude_sources: tuple[str, ...] = ()
    exclude_partners: tuple[str, ...] = ()
    exclude_hashtags: tuple[str, ...] = ()
    exclude_authors: tuple[str, ...] = ()
    match: Literal["any", "all"] = "any"
    since: datetime | None = None
    limit: int | None = None

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages asked for, in order; empty when any will do."""
        return tuple(code for code in self.language.split("+") if code)


@dataclass(frozen=True, slots=True)
class Feed:
    """A published selection of posts. `titles` and `descriptions` are per language; `family` names what made it."""

    slug: str
    titles: dict[str, str]
    selection: Selection
    descriptions: dict[str, str] = field(default_factory=dict)
    family: str | None = None
    partner: str | None = None
    hashtag: str | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """A rule that makes one feed per partner, hashtag or language, in each of `languages`.

    `slug` and `titles` hold `{partner}`, `{hashtag}` or nothing, and `{language}`.
    """

    by: Literal["partner", "hashtag", "language"]
    slug: str
    titles: dict[str, str]
    languages: tuple[str, ...] = ()
    descriptions: dict[str, str] = field(default_factory=dict)
    at_least: int = 1
    only: tuple[str, ...] = ()
    ourselves: bool = False
    selection: Selection = field(default_factory=Selection)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a newsletter is from. `reply_to` is read by a person."""

    name: str
    address: str
    reply_to: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a list's next edition is drafted by `run`: never (`manual`), at a rhythm, or when `posts` new ones wait.

    `weekday` is 0 (Monday) to 6, `day` 1 to 28, `hour` and `minute` in the site's time zone.
    """

    kind: Literal["manual", "daily", "weekly", "monthly", "posts"] = "manual"
    weekday: int = 0
    day: int = 1
    hour: int = 9
    minute: int = 0
    posts: int = 0


@dataclass(frozen=True, slots=True)
class MailingList:
    """Who gets which selection, when, from whom, in which template.

    `missing` is the policy for a post without a version in the reader's language: shown in the other and labelled
    (`fallback`), left out (`omit`), or the edition is not drafted until it is there (`wait`).
    """

    id: str
    titles: dict[str, str]
    sender: Sender
    descriptions: dict[str, str] = field(default_factory=dict)
    selection: Selection = field(default_factory=Selection)
    schedule: Schedule = field(default_factory=Schedule)
    approval: bool = True
    bilingual: bool = True
    missing: Literal["fallback", "omit", "wait"] = "fallback"
    max_posts: int = 20
    template: str = "newsletter"


@dataclass(frozen=True, slots=True)
class Politeness:
    """How we treat the blogs that we pull: no source more often than `every`, `delay` between requests to one host."""

    every: timedelta = timedelta(hours=1)
    delay: timedelta = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Helpline:
    """Where a reader in need can turn: printed in every mail and on every page. Texts per language."""

    name: dict[str, str]
    number: str
    hours: dict[str, str] = field(default_factory=dict)
    url: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Places:
    """Where a site's things are: `root` holds the TOML, `state` is private, `public` is what the world sees."""

    root: Path
    state: Path
    public: Path


@dataclass(frozen=True, slots=True)
class Site:
    """All that the operator configured. `unfinished` names the settings that still hold a starter's placeholder."""

    name: str
    base_url: str
    tag_domain: str
    timezone: str
    languages: tuple[str, ...]
    contact: str
    postal_address: str
    places: Places
    politeness: Politeness = field(default_factory=Politeness)
    transport: Literal["folder"] = "folder"
    helpline: Helpline | None = None
    sources: tuple[Source, ...] = ()
    partners: tuple[Partner, ...] = ()
    hashtags: tuple[HashtagRule, ...] = ()
    feeds: tuple[Feed, ...] = ()
    families: tuple[Family, ...] = ()
    lists: tuple[MailingList, ...] = ()
    unfinished: tuple[str, ...] = ()
