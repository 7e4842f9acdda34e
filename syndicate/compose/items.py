"""What the newsletter's templates see: sections of items, one section per language of a variant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from syndicate.compose.plain import clean, shorten, web
from syndicate.models import Helpline, Link, MailingList, Post, Site, Version, Words

TITLE = 200
SUMMARY = 420
LEAD_SUMMARY = 700
LABEL = 100
RESOURCES = 6
QUIET = 12
ALT = 250
"""The most characters of a title, summary, link label and alt text, and the most resource and quiet links, of an item."""

COLUMN = 552
"""Pixels: how wide the mail's one column is."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A piece of text, and where it leads (None: nowhere, it is only text)."""

    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of ours: its address, and its size in pixels."""

    url: str
    width: int
    height: int

    def within(self, width: int) -> Image:
        """The same, shown no wider than `width`."""
        by = min(1.0, width / self.width) if self.width else 1.0
        return Image(self.url, round(self.width * by), round(self.height * by))


@dataclass(frozen=True, slots=True)
class Item:
    """One post in one section. `label` is set when it is shown in another `language` than its section's.

    `elsewhere` is the anchor of the same post in another section of this mail, where its text stands; "" if it is here.
    """

    anchor: str
    language: str
    title: str
    date: str
    url: str | None
    summary: str = ""
    label: str = ""
    elsewhere: str = ""
    elsewhere_text: str = ""
    picture: Image | None = None
    picture_alt: str = ""
    notices: tuple[str, ...] = ()
    resources: tuple[Anchor, ...] = ()
    partners: tuple[Anchor, ...] = ()
    hashtags: tuple[Anchor, ...] = ()

    def __hash__(self) -> int:
        """Of what tells items apart, and not of all their links: filled pieces are looked up by it, over and over."""
        return hash((self.anchor, self.title, self.summary))


@dataclass(frozen=True, slots=True)
class Jump:
    """A link inside the mail to the section of another language, worded in that language."""

    anchor: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Help:
    """The helpline in one language; `dial` is its number as a tel: link wants it (RFC 3966)."""

    name: str
    number: str
    dial: str
    hours: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Section:
    """One language of a variant. `quiet` are the links of all its partners and hashtags, once each, in reading order.

    `intro` is what a person wrote above the posts, as harmless HTML; `intro_text` the same for the text part.
    """

    language: str
    anchor: str
    name: str
    title: str
    items: tuple[Item, ...]
    jumps: tuple[Jump, ...] = ()
    helpline: Help | None = None
    quiet: tuple[Anchor, ...] = ()
    intro: str = ""
    intro_text: str = ""


@dataclass(frozen=True)
class Addresses:
    """Where things can be found: our pages of posts and copies of pictures (with their own size) by the post's id, and the
    pages of the feeds of a hashtag's key or partner's id, each per language.
    """

    posts: Mapping[str, str] = field(default_factory=dict)
    hashtags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    partners: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    pictures: Mapping[str, Image] = field(default_factory=dict)


def pick(texts: Mapping[str, str], language: str) -> str:
    """The text in `language`, else in any: what helps a reader in need is better in another language than left out."""
    return texts.get(language) or next((text for text in texts.values() if text), "")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where items are written: the section's `language`, the languages whose posts stand `elsewhere` in the same mail."""

    language: str
    elsewhere: tuple[str, ...]
    site: Site
    words: Words
    addresses: Addresses


Memo = dict[tuple[str, tuple[str, ...]], Section]
"""Sections already made for one edition: those of `sq` and `sq+en` are the same unless one points to the other."""


def sections(
    posts: Sequence[Post],
    *,
    variant: str,
    site: Site,
    list: MailingList,
    words: Words,
    addresses: Addresses,
    memo: Memo | None = None,
) -> tuple[Section, ...]:
    """The sections of a variant, the reader's language first. Sections that would hold nothing are left out."""
    memo = {} if memo is None else memo
    languages = tuple(variant.split("+"))
    built = []
    for language in languages:
        shown = _posts(posts, language, languages, list.missing, site)
        elsewhere = tuple(sorted({version.language for _, version in shown}.intersection(languages) - {language}))
        key = (language, elsewhere)
        if shown and key not in memo:
            place = _Place(language, elsewhere, site, words, addresses)
            memo[key] = _section(shown, place, clean(pick(list.titles, language)) or list.id)
        if shown:
            built.append(memo[key])
    return _finished(built, words)


def _section(shown: Sequence[tuple[Post, Version]], place: _Place, title: str) -> Section:
    return Section(
        language=place.language,
        anchor=place.language.lower(),
        name=place.words.say(place.language, "language.name"),
        title=title,
        items=tuple(_item(post, version, place, lead=number == 0) for number, (post, version) in enumerate(shown)),
        helpline=help_in(place.site.helpline, place.language),
    )


def _posts(
    posts: Sequence[Post], language: str, languages: Sequence[str], missing: str, site: Site
) -> list[tuple[Post, Version]]:
    """The posts of a section, each with the version that it is shown in."""
    order = [language] if missing == "omit" else [language, *languages, *site.languages]
    found = [(post, next(filter(None, map(post.version, order)), None)) for post in posts]
    return [(post, version) for post, version in found if version]


def leading(posts: Sequence[Post], list: MailingList, languages: Sequence[str]) -> tuple[Post, ...]:
    """The posts that stand first in a section of some variant: their pictures are shown."""
    if list.missing != "omit":
        return tuple(posts[:1])
    first = (next((post for post in posts if post.version(language)), None) for language in languages)
    return tuple({post.id: post for post in first if post}.values())


def _finished(built: Sequence[Section], words: Words) -> tuple[Section, ...]:
    """The sections with their jumps and quiet links; the picture stands in the first only."""
    jumps = [Jump(one.anchor, one.language, words.say(one.language, "language.jump")) for one in built]
    return tuple(
        replace(
            one,
            jumps=tuple(jump for jump in jumps if jump.language != one.language),
            items=(replace(one.items[0], picture=None), *one.items[1:]) if place else one.items,
            quiet=quiet(one.items),
        )
        for place, one in enumerate(built)
    )


def quiet(items: Sequence[Item]) -> tuple[Anchor, ...]:
    """The links of the items' partners and hashtags, each address once."""
    found: dict[str, Anchor] = {}
    for item in items:
        for mark, links in (("", item.partners), ("#", item.hashtags)):
            for link in links:
                if link.url and link.url not in found:
                    found[link.url] = Anchor(mark + link.text, link.url)
    return tuple(found.values())


def _item(post: Post, version: Version, place: _Place, *, lead: bool) -> Item:
    """The post as its section shows it; only a pointer where its text stands in another section of the same mail."""
    words, language = place.words, place.language
    foreign = version.language != language
    named = words.language_name(version.language, language) if foreign else ""
    item = Item(
        anchor=f"{language.lower()}-{post.id}",
        language=version.language,
        title=shorten(clean(version.title or post.title), TITLE) or words.date(language, post.published),
        date=words.date(language, post.published),
        url=web(post.url) or web(place.addresses.posts.get(post.id)),
        label=words.say(language, "mail.only_in", language=named) if foreign else "",
    )
    if version.language not in place.elsewhere:
        return _told(item, post, version, place, lead=lead)
    return replace(
        item,
        elsewhere=f"{version.language.lower()}-{post.id}",
        elsewhere_text=words.say(language, "mail.see_part", language=named),
    )


def _told(item: Item, post: Post, version: Version, place: _Place, *, lead: bool) -> Item:
    """The item with its summary, and everything that hangs on the post."""
    return replace(
        item,
        summary=shorten(clean(version.summary or _opening(version.text)), LEAD_SUMMARY if lead else SUMMARY),
        picture=_image(place.addresses.pictures.get(post.id)) if lead else None,
        picture_alt=shorten(clean(post.picture.alt), ALT) if post.picture else "",
        notices=_notices(post, place.language, place.site),
        resources=_resources(post, version.language, place.language, item.url, place.words),
        partners=_partners(post, place.language, place.site, place.addresses),
        hashtags=_hashtags(post, version.language, place.language, place.site, place.addresses),
    )


def _image(found: Image | None) -> Image | None:
    """The picture as wide as the column, at most; None where its address is none of the web."""
    url = web(found.url) if found else None
    return replace(found, url=url).within(COLUMN) if found and url else None


def _opening(text: str) -> str:
    return next((block for block in text.split("\n\n") if block.strip()), "")


def _notices(post: Post, language: str, site: Site) -> tuple[str, ...]:
    here = {hashtag.key for hashtag in post.hashtags}
    rules = (rule for rule in site.hashtags if rule.notice and (rule.key in here or here.intersection(rule.aliases)))
    return tuple(dict.fromkeys(clean(pick(rule.notice, language)) for rule in rules))


def _resources(post: Post, spoken: str, language: str, url: str | None, words: Words) -> tuple[Anchor, ...]:
    """The resources of the version shown, each address once, without a link to the post itself."""
    found: dict[str, Anchor] = {}
    for link in post.links:
        target = web(link.url)
        if target and target != url and target not in found and link.language in (spoken, "*"):
            found[target] = Anchor(_link_text(link, language, words), target)
    return tuple(found.values())[:RESOURCES]


def _link_text(link: Link, language: str, words: Words) -> str:
    """The link's own label where it says something, else the name of its kind; for a plain page, the site it is on."""
    label = clean(link.label)
    if label and web(label) is None and not re.match(r"(https?:|www\.)", label, re.IGNORECASE):
        return shorten(_capitalised(label), LABEL)
    host = (urlsplit(link.url).hostname or "").removeprefix("www.")
    return host if link.kind == "page" and host else words.say(language, f"kind.{link.kind}")


def _capitalised(label: str) -> str:
    """A label that stands alone begins like a sentence, unless its first word is written in a way of its own ("iSIGURT.al")."""
    first = label.split(" ", 1)[0]
    return label[:1].upper() + label[1:] if first.islower() and "." not in first else label


def _partners(post: Post, language: str, site: Site, addresses: Addresses) -> tuple[Anchor, ...]:
    """The partners that the post names, without ourselves: that every post is ours goes without saying."""
    known = {partner.id: partner for partner in site.partners if not partner.ourselves}
    named = [known[mention.id] for mention in post.partners if mention.id in known]
    return tuple(
        Anchor(
            clean(partner.name_in(language)),
            web(pick(addresses.partners.get(partner.id, {}), language)) or web(partner.url),
        )
        for partner in named[:QUIET]
    )


def _hashtags(post: Post, spoken: str, language: str, site: Site, addresses: Addresses) -> tuple[Anchor, ...]:
    """The hashtags of the version shown; all of the post's where none is known to stand in it."""
    rules = {rule.key: rule for rule in site.hashtags}
    uses = [use for use in post.hashtags if not (use.key in rules and rules[use.key].ignore)]
    shown = [use for use in uses if not use.languages or {spoken, "*"} & set(use.languages)] or uses
    return tuple(
        Anchor(
            clean(rules[use.key].display.get(language, use.display) if use.key in rules else use.display),
            web(pick(addresses.hashtags.get(use.key, {}), language)),
        )
        for use in shown[:QUIET]
    )


def help_in(helpline: Helpline | None, language: str) -> Help | None:
    """The helpline as readers of `language` are told of it."""
    if helpline is None:
        return None
    return Help(
        name=clean(pick(helpline.name, language)),
        number=clean(helpline.number),
        dial=re.sub(r"[^0-9+]", "", helpline.number),
        hours=clean(pick(helpline.hours, language)),
        url=web(pick(helpline.url, language)),
    )
