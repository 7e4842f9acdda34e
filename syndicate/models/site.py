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
    """A published selection of posts. `titles` and `descriptions` are per language; `family` names what made it.

    With `archive` the posts that are too old for the feed itself stand on archive pages.
    """

    slug: str
    titles: dict[str, str]
    selection: Selection
    descriptions: dict[str, str] = field(default_factory=dict)
    family: str | None = None
    partner: str | None = None
    hashtag: str | None = None
    archive: bool = True


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
    archive: bool = False


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
    (`fallback`), left out (`omit`), or the edition is not drafted until it is there (`wait`). With `unsure` "wait", posts
    whose languages want a look are held back until somebody looked. A `public` list is offered by the sign-up form.
    `approvers` is how many people must approve an edition.
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
    unsure: Literal["send", "wait"] = "send"
    public: bool = True
    approvers: int = 1


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
class Safeguarding:
    """What protects readers. `exit_url` is where the quick exit leads; `age` from when a person may sign up alone.

    `sensitive` words stand in no header of a discreet mail and not above its fold; `discreet_name` is who it is from.
    """

    exit_url: str = "https://www.wikipedia.org/"
    age: int = 16
    sensitive: tuple[str, ...] = ()
    discreet_name: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what concerns people is kept: unconfirmed sign-ups, those who left, the ledger's link to the person,
    the keyed hashes that limit forms, and the provider's events.
    """

    pending: timedelta = timedelta(days=30)
    leavers: timedelta = timedelta(days=30)
    ledger: timedelta = timedelta(days=90)
    rates: timedelta = timedelta(days=30)
    events: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Look:
    """How mails look. `logo` is a file of the site; colours are `#rrggbb`; `footer` is a line per language."""

    logo: Path | None = None
    logo_alt: dict[str, str] = field(default_factory=dict)
    accent: str = "#b8532b"
    link: str = "#0b5a6b"
    paper: str = "#f4f0e9"
    footer: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notices:
    """Who is told by mail of drafts and troubles (empty: nobody), and in which language; `weekly` adds a line each Monday."""

    to: tuple[str, ...] = ()
    language: str = ""
    weekly: bool = True


TransportName = Literal["folder", "smtp", "sendgrid"]


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """How mail leaves. SendGrid is asked to send `lead` after a request, which can be recalled until `guard` before that.

    `per_second`, `per_minute`, `per_day` are the most mails in such a time (None: no limit); an edition not sent within
    `send_by` of its time is held. `leaving` says what a leave link is: our own server's, the provider's unsubscribe
    `group`, or a mail to a person.
    """

    transport: TransportName = "folder"
    region: Literal["global", "eu"] = "global"
    lead: timedelta = timedelta(minutes=30)
    guard: timedelta = timedelta(minutes=12)
    per_second: int | None = None
    per_minute: int | None = None
    per_day: int | None = None
    send_by: timedelta = timedelta(days=2)
    leaving: Literal["server", "provider", "mail"] = "server"
    group: int | None = None
    dkim_domain: str | None = None
    dkim_selector: str | None = None
    bounces: str | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """Where a site's things are: `root` holds the TOML, `state` is private, `public` is what the world sees."""

    root: Path
    state: Path
    public: Path


@dataclass(frozen=True, slots=True)
class Site:
    """All that the operator configured. `unfinished` names the settings that still hold a starter's placeholder.

    `hub` is the WebSub hub that is told of changed feeds; None: there is none.
    """

    name: str
    base_url: str
    tag_domain: str
    timezone: str
    languages: tuple[str, ...]
    contact: str
    postal_address: str
    places: Places
    politeness: Politeness = field(default_factory=Politeness)
    delivery: DeliveryRules = field(default_factory=DeliveryRules)
    retention: Retention = field(default_factory=Retention)
    safeguarding: Safeguarding = field(default_factory=Safeguarding)
    look: Look = field(default_factory=Look)
    notices: Notices = field(default_factory=Notices)
    helpline: Helpline | None = None
    sources: tuple[Source, ...] = ()
    partners: tuple[Partner, ...] = ()
    hashtags: tuple[HashtagRule, ...] = ()
    feeds: tuple[Feed, ...] = ()
    families: tuple[Family, ...] = ()
    lists: tuple[MailingList, ...] = ()
    unfinished: tuple[str, ...] = ()
    hub: str | None = None
