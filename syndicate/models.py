"""The values that travel the road, named by their place on it.

    Source → Entry → Post{versions, partners, hashtags, links} → Feed documents
                                                              ↘ Edition → Delivery → Message → Receipt

Everything here is a frozen value without behaviour beyond small derived properties. No library, no I/O, no clock.
Languages are BCP 47 codes as the site spells them; times are aware datetimes in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

UNDETERMINED = "und"
"""The language of a version written in none of the site's languages (BCP 47, RFC 5646 §4.1)."""

# ---------------------------------------------------------------- what the operator configured


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


# ---------------------------------------------------------------- what upstream said


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that belongs to a post: absolute `url`, and what is known of it (`length` in bytes)."""

    url: str
    alt: str = ""
    media_type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as upstream said it: `html` is its whole body as received, hostile until `syndicate.markup` has seen it.

    `guid` is upstream's, verbatim, or None. `title` is plain text. `notes` say in one sentence each what was repaired.
    """

    guid: str | None
    url: str | None
    title: str
    html: str
    author: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    categories: tuple[str, ...] = ()
    picture: Picture | None = None
    language: str | None = None
    notes: tuple[str, ...] = ()


# ---------------------------------------------------------------- what we made of it


@dataclass(frozen=True, slots=True)
class LabelledBlock:
    """One block of a post in reading order, the version it belongs to, and why.

    `language` is None for a block that stands in no version (`role` and `why` then say what it was), "*" for one that
    stands in every version.
    """

    text: str
    language: str | None
    role: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """The text of a post in one language. `html` is safe; `text` is its whole visible text, blocks parted by an empty line."""

    language: str
    title: str
    summary: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a partner was found: a `name` in a sentence, or the `domain` of a link, in the version of `language`."""

    kind: Literal["name", "domain", "operator"]
    found: str
    language: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class PartnerMention:
    """A partner that a post names, with all the evidence."""

    id: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class HashtagUse:
    """A hashtag of a post, counted once: normalised `key` and the best `display` spelling, both without #."""

    key: str
    display: str
    spellings: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


LinkKind = Literal["report", "document", "folder", "video", "audio", "social", "page"]


@dataclass(frozen=True, slots=True)
class Link:
    """A resource that a post points to, and the version it stands in ("*" for every version)."""

    url: str
    kind: LinkKind
    language: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What enriching an entry found. `margin` is how sure the split is (None: nothing to decide); `unsure` asks for a look."""

    versions: tuple[Version, ...]
    partners: tuple[PartnerMention, ...] = ()
    hashtags: tuple[HashtagUse, ...] = ()
    links: tuple[Link, ...] = ()
    picture: Picture | None = None
    blocks: tuple[LabelledBlock, ...] = ()
    margin: float | None = None
    unsure: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """Our record of an entry. `updated` moves only when the content does; `year` and `id` make its public identity."""

    id: str
    source: str
    guid: str | None
    url: str | None
    title: str
    author: str | None
    published: datetime
    updated: datetime
    year: int
    versions: tuple[Version, ...]
    partners: tuple[PartnerMention, ...] = ()
    hashtags: tuple[HashtagUse, ...] = ()
    links: tuple[Link, ...] = ()
    picture: Picture | None = None
    blocks: tuple[LabelledBlock, ...] = ()
    margin: float | None = None
    unsure: bool = False
    notes: tuple[str, ...] = ()

    def version(self, language: str) -> Version | None:
        """The version in `language`, or None."""
        return next((version for version in self.versions if version.language == language), None)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A post that was taken back: only its public identity and the time remain."""

    id: str
    year: int
    languages: tuple[str, ...]
    at: datetime


# ---------------------------------------------------------------- what is published and mailed


@dataclass(frozen=True, slots=True)
class Document:
    """One file to publish: `path` is relative to the public folder, with forward slashes."""

    path: str
    media_type: str
    content: bytes


EditionState = Literal["draft", "approved", "scheduled", "sending", "paused", "sent", "undone", "cancelled"]


@dataclass(frozen=True, slots=True)
class EditionVariant:
    """The frozen mail of an edition for one reading order of languages: `sq`, `en`, `sq+en`, `en+sq`.

    `html` and `text` hold the placeholders of `syndicate.compose.message`, filled for each reader.
    """

    name: str
    subject: str
    preheader: str
    html: str
    text: str

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the variant, the reader's first."""
        return tuple(self.name.split("+"))


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of a mailing list's newsletter, frozen when drafted. `posts` are ids in order; `digest` binds an approval."""

    id: str
    list: str
    number: int
    state: EditionState
    created: datetime
    posts: tuple[str, ...]
    variants: tuple[EditionVariant, ...]
    digest: str
    approved: datetime | None = None
    notes: tuple[str, ...] = ()

    def variant(self, name: str) -> EditionVariant | None:
        """The variant called `name`, or None."""
        return next((variant for variant in self.variants if variant.name == name), None)


SubscriptionState = Literal["pending", "confirmed", "unsubscribed"]
SuppressionKind = Literal["unsubscribe", "bounce", "complaint", "forgotten"]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person. `languages` is how they read: `sq`, or `sq+en` for both with Albanian first."""

    id: str
    address: str
    languages: str
    created: datetime

    @property
    def language(self) -> str:
        """The reader's own language: the first of `languages`."""
        return self.languages.split("+")[0]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A person's standing on one list."""

    subscriber: str
    list: str
    state: SubscriptionState
    changed: datetime


DeliveryState = Literal[
    "queued", "claimed", "posting", "accepted", "delivered", "deferred", "bounced", "complained",
    "failed", "in_doubt", "held", "suppressed", "cancelled",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of the ledger: one edition, one subscriber, the variant decided when the audience was frozen."""

    id: str
    edition: str
    subscriber: str
    address: str
    variant: str
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class Message:
    """One mail, ready for a transport. `id` is the delivery's; header values hold no line breaks."""

    id: str
    sender: str
    recipient: str
    subject: str
    headers: tuple[tuple[str, str], ...]
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transport says of one message: taken, definitely not taken (again later, or never), or nobody knows."""

    delivery: str
    outcome: Literal["accepted", "requeue", "failed", "in_doubt"]
    reason: str = ""


# ---------------------------------------------------------------- what rooms are handed from outside


class Scores(Protocol):
    """An identifier of languages: for each text, the log-likelihood (natural logarithm) of each language it knows."""

    def __call__(self, texts: list[str]) -> list[dict[str, float]]:
        """Score each text; the dictionaries are in the order of the texts."""
        ...


class Words(Protocol):
    """Every string that a reader sees, in their language, with dates, lists and plurals by CLDR."""

    def say(self, language: str, key: str, /, **values: object) -> str:
        """The string of `key`, with its placeholders filled; `count` chooses the plural form."""
        ...

    def date(self, language: str, moment: datetime) -> str:
        """The day of `moment` in the site's time zone, written out long."""
        ...

    def join(self, language: str, items: list[str]) -> str:
        """The items as a list in a sentence: "a, b and c"."""
        ...

    def language_name(self, code: str, language: str) -> str:
        """What the language `code` is called in `language`."""
        ...


class Fill(Protocol):
    """Fills a named page or mail template of the site with values; escapes HTML where the template's name ends in .html."""

    def __call__(self, template: str, /, **values: object) -> str:
        """Fill the template called `template`; raises TemplateError."""
        ...
