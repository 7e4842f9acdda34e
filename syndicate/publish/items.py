"""Posts made neutral for publishing: one channel and its items, before any format is chosen.

    Site + Feed + [Post] + [Withdrawn] → Channel{items, tombstones} → formats, pages

An item is one version of a post, or every version that a bilingual feed asks for. All addresses are absolute ASCII URLs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from urllib.parse import quote, urlsplit, urlunsplit

from syndicate.models import Feed, Picture, Post, Site, Withdrawn, Words

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""When a feed that has never held a post was last updated. Also dates the tag URIs of feeds (RFC 4151 §2.1)."""

_FORBIDDEN = "[^\t\n\r -~\u00a0-\ud7ff\ue000-\ufffc\U00010000-\U0010ffff]"
_MEDIA_TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}


@dataclass(frozen=True, slots=True)
class Section:
    """One version as it stands in an item: `title` and `summary` are one line of text, `html` is sanitised."""

    language: str
    title: str
    summary: str
    html: str


@dataclass(frozen=True, slots=True)
class Category:
    """A partner or a hashtag of an item. `scheme` says which of both, as an address on our own directory page."""

    kind: str
    term: str
    label: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Naming:
    """The sentence in which an item names a partner, and the language of the sentence."""

    partner: str
    name: str
    language: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What the operator says beside every post with a certain hashtag."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed. `id` is a tag URI (RFC 4151); `url` is the post's own page, if it has one."""

    id: str
    url: str | None
    sections: tuple[Section, ...]
    author: str
    published: datetime
    updated: datetime
    categories: tuple[Category, ...]
    namings: tuple[Naming, ...]
    notices: tuple[Notice, ...]
    source: tuple[str, str] | None
    picture: Picture | None

    @property
    def language(self) -> str:
        """The language of the item, or of its first section."""
        return self.sections[0].language

    @property
    def title(self) -> str:
        """The titles of the sections, one after the other."""
        return " / ".join(dict.fromkeys(section.title for section in self.sections))


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An item that was here and was taken back (RFC 6721 §3): its `id`, and when."""

    id: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Alternate:
    """The same feed in another language: `home` is its page, `folder` the address below which its formats are."""

    language: str
    title: str
    folder: str


@dataclass(frozen=True, slots=True)
class Leads:
    """Where a feed and its archive pages lead (RFC 5005 §4): `current` is the folder of the feed itself.

    `number` is 0 for the feed, 1 for the first page; `last` is the newest page, 0 where there is none.
    """

    current: str
    number: int = 0
    last: int = 0

    def page(self, number: int) -> str:
        """The folder of a page."""
        return f"{self.current}archive/{number}/"

    @property
    def here(self) -> str:
        """The folder of the feed, or of this page."""
        return self.page(self.number) if self.number else self.current

    @property
    def older(self) -> str | None:
        """The folder of the next older page."""
        number = self.number - 1 if self.number else self.last
        return self.page(number) if number else None

    @property
    def newer(self) -> str | None:
        """The folder of the next newer page; None for the newest, and for the feed itself."""
        return self.page(self.number + 1) if self.number and self.number < self.last else None


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed ready to be written. `folder` is the address, ending in "/", below which all its documents are.

    `leads` says where it leads to; `hub` is the WebSub hub that tells subscribers of changes, None where there is none.
    """

    id: str
    title: str
    description: str
    languages: tuple[str, ...]
    folder: str
    author: str
    updated: datetime
    alternates: tuple[Alternate, ...]
    items: tuple[Item, ...]
    tombstones: tuple[Tombstone, ...]
    leads: Leads = Leads("")
    hub: str | None = None

    @property
    def language(self) -> str:
        """The feed's language; of a feed in several, the first."""
        return self.languages[0]

    @property
    def home(self) -> str:
        """The address of the feed's page."""
        return f"{self.folder}index.html"


@cache
def _forbidden() -> re.Pattern[str]:
    return re.compile(_FORBIDDEN)  # takes 5 ms, and nearly every run publishes nothing


def clean(text: str) -> str:
    """The text without what XML 1.0 §2.2 forbids; C1 controls and U+FFFD, which readers show as boxes, go as well."""
    return _forbidden().sub("", text)


def line(text: str) -> str:
    """The text as one clean line: every run of white space is one space."""
    return " ".join(clean(text).split())


def uri(url: str | None) -> str | None:
    """The address as an ASCII URI (RFC 3987 §3.1), or None when it is no address of the web."""
    if not url:
        return None
    try:
        parts = urlsplit(clean(url).strip())
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    path, query, fragment = (_escaped(part) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, host, path, query, fragment))


def _escaped(part: str) -> str:
    return re.sub("%(?![0-9A-Fa-f]{2})", "%25", quote(part, safe="/?:@!$&'()*+,;=-._~%"))


def base(site: Site) -> str:
    """The site's base address, without a slash at its end."""
    return site.base_url.rstrip("/")


def folder(site: Site, slug: str) -> str:
    """The address below which a feed's documents are, ending in "/"."""
    return f"{base(site)}/feeds/{quote(slug)}/"


def languages(site: Site, feed: Feed) -> tuple[str, ...]:
    """The languages in which a feed speaks: those it asks for, or else the site's first."""
    return feed.selection.languages or site.languages[:1]


def name(texts: dict[str, str], language: str, otherwise: str = "") -> str:
    """The text for a language, or the first there is."""
    return texts.get(language) or next((text for text in texts.values() if text), otherwise)


def alternate(site: Site, feed: Feed) -> Alternate:
    """How another feed is pointed to; its language is its languages joined by "+"."""
    spoken = languages(site, feed)
    return Alternate("+".join(spoken), line(name(feed.titles, spoken[0], feed.slug)), folder(site, feed.slug))


def channel(
    site: Site,
    feed: Feed,
    posts: Iterable[Post],
    withdrawn: Iterable[Withdrawn],
    siblings: Sequence[Feed],
    words: Words,
    leads: Leads,
) -> Channel:
    """A feed and its posts as one neutral value, newest first. A post without the feed's language makes no item."""
    spoken = languages(site, feed)
    items = [made for post in posts if (made := item(site, feed, post))]
    items.sort(key=lambda made: (-made.published.timestamp(), made.id))
    here = {made.id for made in items}
    tombs = [tomb for gone in withdrawn if (tomb := tombstone(site, feed, gone)) and tomb.id not in here]
    tombs.sort(key=lambda tomb: (-tomb.when.timestamp(), tomb.id))
    title = line(name(feed.titles, spoken[0], feed.slug))
    described = line(name(feed.descriptions, spoken[0]))
    return Channel(
        id=f"tag:{site.tag_domain},{EPOCH.year}:feed/{quote(feed.slug)}",
        title=title,
        description=described or line(_described(site, feed, spoken[0], words)),
        languages=spoken,
        folder=leads.here,
        author=line(site.name),
        updated=max([*(made.updated for made in items), *(made.when for made in tombs)], default=EPOCH),
        alternates=tuple(
            sorted({alternate(site, other) for other in siblings if other.slug != feed.slug}, key=_by_language)
        ),
        items=tuple(items),
        tombstones=tuple(tombs),
        leads=leads,
        hub=None if leads.number else uri(site.hub),
    )


def _described(site: Site, feed: Feed, language: str, words: Words) -> str:
    partner = next((partner for partner in site.partners if partner.id == feed.partner), None)
    if partner:
        return words.say(language, "page.described_partner", partner=partner.name_in(language))
    return words.say(language, "page.described", site=site.name)


def _by_language(other: Alternate) -> tuple[int, str, str]:
    return (other.language.count("+"), other.language, other.folder)


def identity(site: Site, year: int, id: str, spoken: Sequence[str]) -> str:
    """An item's tag URI: the same in every format and feed, whatever becomes of text and base address."""
    return f"tag:{site.tag_domain},{year}:{quote(id)}/{'+'.join(spoken)}"


def item(site: Site, feed: Feed, post: Post) -> Item | None:
    """The item that a post makes in a feed, or None when it has no version in the feed's language."""
    wanted = feed.selection.languages
    versions = [version for code in wanted or site.languages if (version := post.version(code))]
    if not versions:
        return None
    shown = versions if wanted else versions[:1]
    sections = tuple(
        Section(
            version.language, line(version.title or post.title) or post.id, line(version.summary), clean(version.html)
        )
        for version in shown
    )
    spoken = [section.language for section in sections]
    return Item(
        id=identity(site, post.year, post.id, wanted or spoken),
        url=uri(post.url),
        sections=sections,
        author=line(post.author or "") or line(site.name),
        published=post.published.astimezone(UTC),
        updated=max(version.updated or post.updated for version in shown).astimezone(UTC),
        categories=(*_partners(site, post, spoken[0]), *_hashtags(site, post, spoken[0])),
        namings=tuple(_namings(site, post, spoken)),
        notices=tuple(_notices(site, post, spoken)),
        source=_source(site, post),
        picture=_picture(post),
    )


def tombstone(site: Site, feed: Feed, gone: Withdrawn) -> Tombstone | None:
    """The tombstone of a withdrawn post in a feed, or None when the feed never held a version of it."""
    wanted = feed.selection.languages
    had = [code for code in wanted or site.languages if code in gone.languages]
    if not had:
        return None
    return Tombstone(identity(site, gone.year, gone.id, wanted or had[:1]), gone.at.astimezone(UTC))


def _partners(site: Site, post: Post, language: str) -> list[Category]:
    known = {partner.id: partner for partner in site.partners}
    scheme = f"{base(site)}/feeds/index.html#partners"
    return [
        Category("partner", mention.id, line(known[mention.id].name_in(language)), scheme)
        for mention in post.partners
        if mention.id in known
    ]


def _hashtags(site: Site, post: Post, language: str) -> list[Category]:
    rules = {rule.key: rule for rule in site.hashtags}
    scheme = f"{base(site)}/feeds/index.html#hashtags"
    found = []
    for use in post.hashtags:
        rule = rules.get(use.key)
        if not (rule and rule.ignore):
            shown = rule.display.get(language, use.display) if rule else use.display
            found.append(Category("hashtag", clean(use.key), line(shown).lstrip("#") or use.key, scheme))
    return found


def _namings(site: Site, post: Post, spoken: Sequence[str]) -> Iterable[Naming]:
    known = {partner.id: partner for partner in site.partners}
    for mention in post.partners:
        for code in spoken:
            sentence = next(
                (proof.sentence for proof in mention.evidence if proof.language == code and proof.sentence), ""
            )
            if sentence and mention.id in known:
                yield Naming(mention.id, line(known[mention.id].name_in(code)), code, line(sentence))


def _notices(site: Site, post: Post, spoken: Sequence[str]) -> Iterable[Notice]:
    carried = {use.key for use in post.hashtags}
    told = [rule.notice for rule in site.hashtags if rule.key in carried]
    return dict.fromkeys(Notice(code, line(texts[code])) for texts in told for code in spoken if texts.get(code))


def _source(site: Site, post: Post) -> tuple[str, str] | None:
    for source in site.sources:
        if source.id == post.source and (address := uri(source.url)):
            return line(source.name) or urlsplit(address).netloc, address
    return None


def _picture(post: Post) -> Picture | None:
    address = uri(post.picture.url) if post.picture else None
    if not post.picture or not address:
        return None
    ending = urlsplit(address).path.rpartition(".")[2].lower()
    kind = post.picture.media_type or _MEDIA_TYPES.get(ending)
    return Picture(address, line(post.picture.alt), kind, post.picture.length)
