"""The shapes of the site's TOML files, for pydantic: which keys there are, what each may hold, what each means.

They only check. What crosses from one file to another is in `checks`, and `convert` makes the site's values of what
has passed. The descriptions are the operator's reference (`reference`), and the examples complete a complaint about a
missing key. Importing this module imports pydantic: do it late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from syndicate.config import values


@dataclass(frozen=True)
class Kind:
    """What a value is called in the reference."""

    name: str


Text = Annotated[str, AfterValidator(values.line), Kind("text")]
Prose = Annotated[str, AfterValidator(values.prose), Kind("text")]
Slug = Annotated[str, AfterValidator(values.slug), Kind("short name")]
Language = Annotated[str, AfterValidator(values.language), Kind("language code")]
Url = Annotated[str, AfterValidator(values.url), Kind("web address")]
BaseUrl = Annotated[str, AfterValidator(values.base_url), Kind("web address")]
Domain = Annotated[str, AfterValidator(values.domain), Kind("domain")]
TagDomain = Annotated[str, AfterValidator(values.tag_domain), Kind("domain")]
Address = Annotated[str, AfterValidator(values.address), Kind("e-mail address")]
Zone = Annotated[str, AfterValidator(values.zone), Kind("time zone")]
Moment = Annotated[Any, AfterValidator(values.moment), Kind("date")]


def _readable(read: Any) -> AfterValidator:
    """Check that the text can be read, and keep it as it was written: `convert` reads it."""

    def check(text: str) -> str:
        read(text)
        return text

    return AfterValidator(check)


Duration = Annotated[str, _readable(values.duration), Kind("length of time")]
Colour = Annotated[str, AfterValidator(values.colour), Kind("colour")]
Rhythm = Annotated[str, _readable(values.schedule), Kind("schedule")]
Hashtag = Annotated[str, _readable(values.hashtag), Kind("hashtag")]


class Shape(BaseModel):
    """A table of TOML: nothing is guessed from a value of another type, and unknown keys are refused."""

    # Built when a file is read, and only its own shape with all that is in it: in half the time.
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class PolitenessTable(Shape):
    """[politeness] in feeds/site.toml."""

    every: Duration = Field(default="1h", description="`run` asks no source more often than this")
    delay: Duration = Field(default="2s", description="the wait between two requests to one host")


class DeliveryTable(Shape):
    """[delivery] in feeds/site.toml."""

    transport: Literal["folder", "smtp", "sendgrid"] = Field(
        default="folder",
        description="what carries the mail: `folder` writes each as an .eml file into `var/outbox`, `smtp` hands it to "
        "the mail server of SYNDICATE_SMTP_URL, `sendgrid` to that provider with SENDGRID_API_KEY",
    )
    region: Literal["global", "eu"] = Field(default="global", description="SendGrid: where its servers stand")
    lead: Duration = Field(
        default="30m", description="SendGrid: how long mail waits there before it leaves, so that it can be called back"
    )
    guard: Duration = Field(
        default="12m", description="SendGrid: calling back ends so long before the mail leaves; at least 11m"
    )
    per_second: int | None = Field(default=None, ge=1, description="at most so many mails a second")
    per_minute: int | None = Field(default=None, ge=1, description="at most so many mails a minute")
    per_day: int | None = Field(
        default=None, ge=1, description="at most so many mails in 24 hours; `run` goes on the next day"
    )
    send_by: Duration = Field(
        default="2d",
        description="an edition that did not leave within this time of its moment is not sent late by itself",
    )
    leaving: Literal["server", "provider", "mail"] = Field(
        default="server",
        description="where a leave link leads: to `syndicate serve` at base_url, to the `provider`'s unsubscribe group, "
        "or to a `mail` that a person reads",
    )
    group: int | None = Field(default=None, ge=1, description="SendGrid: the unsubscribe group, for `leaving`")
    dkim_domain: Domain | None = Field(
        default=None, description="smtp: sign mails for this domain, with the key of SYNDICATE_DKIM_KEY"
    )
    dkim_selector: Text | None = Field(default=None, description="smtp: the DKIM selector, as it stands in the DNS")
    bounces: Address | None = Field(
        default=None,
        description="smtp: a mailbox for mail that comes back; each copy names its delivery after a + (VERP), "
        "and `syndicate events import` reads what arrives",
    )


class RetentionTable(Shape):
    """[retention] in feeds/site.toml."""

    pending: Duration = Field(default="30d", description="how long an address that never confirmed is kept")
    leavers: Duration = Field(
        default="30d", description="how long after they left a person's address is kept; then a keyed hash stays"
    )
    ledger: Duration = Field(
        default="90d", description="how long it is known who got an edition; the numbers stay for ever"
    )
    rates: Duration = Field(default="30d", description="how long the keyed hashes that limit forms are kept")
    events: Duration = Field(default="30d", description="how long single events of the mail provider are kept")


class LookTable(Shape):
    """[look] in feeds/site.toml."""

    logo: Text | None = Field(
        default=None, description="the logo at the head of every mail: a PNG or JPEG in the site's folder, at most 1 MB"
    )
    logo_alt: dict[str, Text] = Field(default={}, description="what the logo says, for who cannot see it")
    accent: Colour = Field(default="#b8532b", description="the colour of the bar at the head and of what stands out")
    link: Colour = Field(default="#0b5a6b", description="the colour of links")
    paper: Colour = Field(default="#f4f0e9", description="the colour round the text")
    footer: dict[str, Prose] = Field(default={}, description="one more line at the foot of every mail, per language")


class NoticesTable(Shape):
    """[notices] in feeds/site.toml."""

    to: list[Address] = Field(
        default=[], description="who is told by mail: a draft is ready, something broke; nobody, if left out"
    )
    language: Language | None = Field(
        default=None, description="the language of these mails; the site's first, if left out"
    )
    weekly: bool = Field(default=True, description="whether a line comes every Monday, also when all is well")


class SafeguardingTable(Shape):
    """[safeguarding] in feeds/site.toml."""

    name: dict[str, Text] = Field(
        description="the helpline's name, printed in every mail and on every page", examples=[{"sq": "ALO 116 111"}]
    )
    number: Text = Field(description="the number to call", examples=["116 111"])
    hours: dict[str, Text] = Field(default={}, description="when somebody answers, and what a call costs")
    url: dict[str, Url] = Field(default={}, description="the helpline's page")
    exit_url: Url = Field(
        default="https://www.wikipedia.org/", description="where the quick exit of every page leads: something harmless"
    )
    age: int = Field(default=16, ge=0, le=21, description="from which age a person may sign up without an adult")
    sensitive: list[Text] = Field(
        default=[],
        description="words, in any language, that a discreet mail shows neither outside nor above its fold",
    )
    discreet_name: dict[str, Text] = Field(
        default={}, description="who a discreet mail is from; without it, a neutral word in the reader's language"
    )


class SiteFile(Shape):
    """feeds/site.toml."""

    name: Text = Field(description="what the site is called in feeds and pages", examples=["iSIGURT.al"])
    base_url: BaseUrl = Field(
        description="the address under which the folder `public/` is served", examples=["https://feeds.isigurt.al"]
    )
    tag_domain: TagDomain = Field(
        description="part of every item's identity, chosen once: a change makes every item new to every reader",
        examples=["isigurt.al"],
    )
    timezone: Zone = Field(
        description="the time zone of schedules and printed dates, as the IANA list names it",
        examples=["Europe/Tirane"],
    )
    languages: list[Language] = Field(
        min_length=1,
        description="the languages of the site; their order is the order of sections",
        examples=[["sq", "en"]],
    )
    contact: Address = Field(
        description="a person's address, for readers and for those whose blogs are pulled",
        examples=["kontakt@isigurt.al"],
    )
    postal_address: Prose = Field(
        description="the postal address at the foot of every mail", examples=["P.O. Box 1738, Tiranë, Shqipëri"]
    )
    hub: Url | None = Field(
        default=None,
        description="the WebSub hub that is told of each feed that changed, so that readers need not ask; without it none is",
        examples=["https://hub.example.org/"],
    )
    politeness: PolitenessTable = Field(default_factory=PolitenessTable, description="how the blogs are treated")
    delivery: DeliveryTable = Field(default_factory=DeliveryTable, description="how mail leaves")
    retention: RetentionTable = Field(
        default_factory=RetentionTable, description="how long what concerns people is kept"
    )
    look: LookTable = Field(default_factory=LookTable, description="how mails look")
    notices: NoticesTable = Field(default_factory=NoticesTable, description="what the operator is told by mail")
    safeguarding: SafeguardingTable | None = Field(
        default=None, description="the helpline; without it no newsletter is approved"
    )


class SourceTable(Shape):
    """[[source]] in feeds/sources.toml."""

    id: Slug = Field(description="the source's short name, fixed once posts were pulled", examples=["isigurt"])
    url: Url = Field(
        description="the address of the blog's RSS or Atom feed, or JSON Feed",
        examples=["https://www.isigurt.al/rss.xml"],
    )
    name: Text | None = Field(default=None, description="the blog's name for readers; without it, the short name")
    content: Literal["auto", "feed", "page"] = Field(
        default="auto",
        description="where the whole text is: in the feed, on the post's page, or `auto`: the page only for teasers",
    )
    selector: Text | None = Field(default=None, description="the article on the post's page, as a CSS selector")
    authors: list[Text] = Field(default=[], description="the authors of entries that name none")
    languages: list[Language] = Field(
        default=[], description="the languages this blog writes in; all of the site's, if left out"
    )
    allow_private: bool = Field(
        default=False, description="whether the blog may stand on a private or local network address"
    )


class PartnerTable(Shape):
    """[[partner]] in feeds/partners.toml."""

    id: Slug = Field(
        description="the partner's short name, part of its feeds' addresses", examples=["ecpat-international"]
    )
    name: Text = Field(
        description="the name in every language without one of its own", examples=["ECPAT International"]
    )
    names: dict[str, Text] = Field(default={}, description="the name per language, where it differs")
    aliases: list[Text] = Field(
        default=[], description="other names and spellings; endings of Albanian cases need no alias"
    )
    domains: list[Domain] = Field(default=[], description="domains whose links name the partner, subdomains included")
    url: Url | None = Field(default=None, description="the partner's web site")
    ourselves: bool = Field(default=False, description="whether this is the organisation that publishes; at most one")


class HashtagTable(Shape):
    """[[hashtag]] in feeds/hashtags.toml."""

    key: Hashtag = Field(description="the hashtag that stands for all of them, without #", examples=["childprotection"])
    aliases: list[Hashtag] = Field(default=[], description="hashtags that mean the same, in any language")
    display: dict[str, Text] = Field(default={}, description="how it is shown; without it, the commonest spelling")
    ignore: bool = Field(default=False, description="whether it is left out everywhere")
    notice: dict[str, Prose] = Field(default={}, description="a notice shown with each post that carries it")


class SelectingTable(Shape):
    """The keys that choose posts, the same wherever they stand."""

    sources: list[Slug] = Field(default=[], description="only posts of one of these sources")
    partners: list[Slug] = Field(default=[], description="only posts that name these partners")
    hashtags: list[Hashtag] = Field(default=[], description="only posts that carry these hashtags")
    authors: list[Text] = Field(default=[], description="only posts by one of these authors")
    exclude_sources: list[Slug] = Field(default=[], description="no posts of these sources")
    exclude_partners: list[Slug] = Field(default=[], description="no posts that name one of these partners")
    exclude_hashtags: list[Hashtag] = Field(default=[], description="no posts that carry one of these hashtags")
    exclude_authors: list[Text] = Field(default=[], description="no posts by these authors")
    match: Literal["any", "all"] = Field(
        default="any", description="whether one of the named partners and hashtags is enough, or all must be there"
    )
    since: Moment = Field(
        default=None, description="only posts published on this day or later, in the site's time zone"
    )
    limit: int | None = Field(default=None, ge=1, le=10_000, description="at most so many posts, the newest")


class TitledTable(Shape):
    """A title and a description, in one text for all languages or per language."""

    titles: dict[str, Text] = Field(default={}, description="the title per language")
    title: Text | None = Field(default=None, description="one title for all languages, in place of `titles`")
    descriptions: dict[str, Text] = Field(default={}, description="one sentence for readers, per language")
    description: Text | None = Field(
        default=None, description="one description for all languages, in place of `descriptions`"
    )


class SpokenTable(Shape):
    """The language of a feed or list."""

    language: Text | None = Field(
        default=None,
        description='posts in this language; "sq+en" gives both in one item, the first one first; any, if left out',
    )


class FeedTable(SelectingTable, SpokenTable, TitledTable):
    """[[feed]] in feeds/feeds.toml."""

    slug: Slug = Field(description="the feed's place: `public/feeds/<slug>/`", examples=["all-sq"])
    archive: bool = Field(
        default=True, description="whether posts too old for the feed itself stay on archive pages, which it leads to"
    )


class FamilyTable(SelectingTable, TitledTable):
    """[[family]] in feeds/feeds.toml."""

    by: Literal["partner", "hashtag", "language"] = Field(
        description="what gets a feed each, in each of `languages`", examples=["partner"]
    )
    slug: Text = Field(
        description="the feeds' places, with `{partner}` or `{hashtag}`, and `{language}`",
        examples=["partner-{partner}-{language}"],
    )
    languages: list[Text] = Field(default=[], description="a feed in each of these; all of the site's, if left out")
    at_least: int = Field(default=1, ge=1, le=10_000, description="a hashtag gets a feed once so many posts carry it")
    only: list[Text] = Field(default=[], description="only these partners or hashtags; all, if left out")
    ourselves: bool = Field(default=False, description="whether we ourselves get a feed among the partners")
    archive: bool = Field(default=False, description="whether these feeds have archive pages")


class SenderTable(Shape):
    """[sender] in subscribers/<list>.toml."""

    name: Text = Field(description="who the mail is from", examples=["iSIGURT.al"])
    address: Address = Field(
        description="the address it is from, on a domain of yours", examples=["buletini@isigurt.al"]
    )
    reply_to: Address | None = Field(
        default=None, description="where answers go, read by a person; the site's `contact`, if left out"
    )


class ListFile(SelectingTable, SpokenTable, TitledTable):
    """subscribers/<list>.toml: the file's name is the list's short name."""

    sender: SenderTable = Field(description="who the newsletter is from", examples=[{"name": "…", "address": "…"}])
    schedule: Rhythm = Field(
        default="manual",
        description='when `run` drafts: "manual", "daily 09:00", "weekly monday 09:00", "monthly 1 09:00" or "every 5 posts"',
    )
    approval: bool = Field(default=True, description="whether a person approves each edition before it is sent")
    approvers: int = Field(default=1, ge=1, le=5, description="how many people must approve it")
    bilingual: bool = Field(
        default=True, description="whether editions also come in both languages at once, for readers who want that"
    )
    missing: Literal["fallback", "omit", "wait"] = Field(
        default="fallback",
        description="a post without the reader's language is shown in another and labelled (`fallback`), "
        "left out (`omit`), or holds the edition back (`wait`)",
    )
    max_posts: int = Field(default=20, ge=1, le=200, description="an edition holds at most so many posts")
    unsure: Literal["send", "wait"] = Field(
        default="send",
        description="posts whose languages want a look go out all the same (`send`), or `wait` until somebody looked",
    )
    public: bool = Field(default=True, description="whether the sign-up form of `syndicate serve` offers the list")
    template: Slug = Field(default="newsletter", description="the template in `templates/`, without its .mjml")


BLOCKS: dict[str, dict[str, type[Shape]]] = {
    "feeds/sources.toml": {"source": SourceTable},
    "feeds/partners.toml": {"partner": PartnerTable},
    "feeds/hashtags.toml": {"hashtag": HashtagTable},
    "feeds/feeds.toml": {"feed": FeedTable, "family": FamilyTable},
}
"""The files that are made of [[blocks]], and the shape of each block."""
