"""The pages that people read: one per feed, a partner's embeddable fragment, the directory of all feeds, the style sheet.

Texts come from the words that are handed in, shapes from the site's templates. No page needs JavaScript, and none asks
another host for anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from syndicate.models import Feed, Fill, Helpline, MailingList, Site, Words
from syndicate.publish import items, opml
from syndicate.publish.items import Channel
from syndicate.publish.opml import Outline

NEWEST = 5
"""How many items an embedded fragment shows."""

GROUPS = ("language", "partner", "hashtag", "other")
"""The groups of the directory, in its order."""


@dataclass(frozen=True, slots=True)
class Helpful:
    """The helpline in one language; `dial` is the number as a telephone link wants it (RFC 3966 §3)."""

    name: str
    number: str
    dial: str
    hours: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One feed of a row of the directory: its page, relative to the directory, and what its language is called."""

    language: str
    label: str
    title: str
    page: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the directory: a language, partner, hashtag or other feed, in all its languages."""

    anchor: str
    label: str
    choices: tuple[Choice, ...]


def helpful(helpline: Helpline | None, language: str) -> Helpful | None:
    """The helpline as readers of a language need it, or None where the site has none."""
    if not helpline:
        return None
    dial = "".join(sign for sign in helpline.number if sign.isdigit() or sign == "+")
    texts = (items.name(told, language) for told in (helpline.name, helpline.hours, helpline.url))
    called, hours, url = texts
    return Helpful(called, helpline.number, dial, hours, items.uri(url))


def feed_page(site: Site, feed: Feed, channel: Channel, *, words: Words, fill: Fill) -> str:
    """The page of a feed: its addresses, what it is, and its items. Raises TemplateError."""
    return fill(
        "feed.html",
        site=site,
        feed=feed,
        channel=channel,
        others=_others(channel, words),
        helpline=helpful(site.helpline, channel.language),
        partner=feed.partner,
        anchor=anchor,
        lang=channel.language,
    )


def embed(site: Site, feed: Feed, channel: Channel, *, fill: Fill) -> str:
    """A fragment of HTML for a partner's own site: the newest items, each with the sentence that names the partner."""
    return fill(
        "partner-embed.html",
        site=site,
        channel=channel,
        newest=channel.items[:NEWEST],
        partner=feed.partner,
        lang=channel.language,
    )


def directory_page(
    site: Site, feeds: Sequence[Feed], *, words: Words, fill: Fill, lists: Sequence[MailingList] = ()
) -> str:
    """The page that lists every feed, in groups, and the archives of `lists`. Raises TemplateError."""
    language = site.languages[0]
    whole = [feed for feed in feeds if group(feed) in ("language", "other")] or feeds[:1]
    return fill(
        "directory.html",
        site=site,
        groups=[(key, rows) for key in GROUPS if (rows := _rows(site, feeds, key, words))]
        + _archives(site, lists, words),
        discovered=[items.alternate(site, feed) for feed in whole],
        helplines=[(code, helpful(site.helpline, code)) for code in site.languages if site.helpline],
        opml=f"{items.base(site)}/feeds.opml",
        lang=language,
    )


def directory_opml(site: Site, feeds: Sequence[Feed], *, words: Words) -> bytes:
    """Every feed as OPML 2.0, in the groups of the directory."""
    language = site.languages[0]
    outlines = []
    for key in GROUPS:
        within = tuple(_line(site, feed) for feed in feeds if group(feed) == key)
        if within:
            outlines.append(Outline(words.say(language, f"page.group_{key}"), within=within))
    return opml.opml(words.say(language, "page.directory_title", site=site.name), outlines)


def style(fill: Fill) -> str:
    """The style sheet of every page."""
    return fill("page.css")


def group(feed: Feed) -> str:
    """Which group of the directory a feed stands in."""
    if feed.partner:
        return "partner"
    if feed.hashtag:
        return "hashtag"
    return "language" if feed.family == "language" else "other"


def anchor(kind: str, term: str) -> str:
    """The name of a partner's or hashtag's row in the directory, as it stands in an address."""
    return f"{kind}-{quote(term)}"


def _language_label(code: str, language: str, words: Words) -> str:
    label = words.join(language, [words.language_name(part, language) for part in code.split("+")])
    return label[:1].upper() + label[1:]


def _others(channel: Channel, words: Words) -> list[dict[str, str]]:
    # A language is called by its own name: who looks for it may read no other.
    return [
        {
            "language": other.language.split("+")[0],
            "label": _language_label(other.language, other.language.split("+")[0], words),
            "title": other.title,
            "page": f"../{quote(other.folder.rstrip('/').rpartition('/')[2], safe='%')}/index.html",
        }
        for other in channel.alternates
    ]


def _rows(site: Site, feeds: Sequence[Feed], key: str, words: Words) -> list[Row]:
    gathered: dict[str, list[Feed]] = {}
    for feed in feeds:
        if group(feed) == key:
            gathered.setdefault(feed.partner or feed.hashtag or feed.slug, []).append(feed)
    rows = [
        Row(f"{key}-{term}", _row_label(site, key, members[0]), tuple(_choice(site, feed, words) for feed in members))
        for term, members in gathered.items()
    ]
    return rows if key in ("language", "other") else sorted(rows, key=lambda row: (row.label.casefold(), row.anchor))


def _archives(site: Site, lists: Sequence[MailingList], words: Words) -> list[tuple[str, list[Row]]]:
    """The archives of newsletters as a group of rows, each with its parts in the site's languages; none where there are none."""
    rows = []
    for one in lists:
        spoken = [code for code in site.languages if code in one.selection.languages] or site.languages
        title = items.line(items.name(one.titles, spoken[0], one.id))
        choices = [
            Choice(
                language=code,
                label=_language_label(code, code, words),
                title=items.line(items.name(one.titles, code, one.id)),
                page=f"../newsletters/{quote(one.id)}/index.html{f'#{code}' if len(spoken) > 1 else ''}",
            )
            for code in spoken
        ]
        rows.append(Row(f"newsletter-{one.id}", title, tuple(choices)))
    return [("newsletter", rows)] if rows else []


def _row_label(site: Site, key: str, feed: Feed) -> str:
    language = items.languages(site, feed)[0]
    if key == "partner":
        return next(
            (partner.name_in(language) for partner in site.partners if partner.id == feed.partner), str(feed.partner)
        )
    if key == "hashtag":
        rule = next((rule for rule in site.hashtags if rule.key == feed.hashtag), None)
        return f"#{rule.display[language] if rule and language in rule.display else _spelling(feed)}"
    return items.line(items.name(feed.titles, language, feed.slug))


def _spelling(feed: Feed) -> str:
    # A feed knows its hashtag's key only; the spelling that people use mostly stands in its title.
    key = str(feed.hashtag)
    found = re.search(re.escape(key), " ".join(feed.titles.values()), re.IGNORECASE)
    return found[0] if found else key


def _choice(site: Site, feed: Feed, words: Words) -> Choice:
    spoken = items.languages(site, feed)
    return Choice(
        language=spoken[0],
        label=_language_label("+".join(spoken), spoken[0], words),
        title=items.line(items.name(feed.titles, spoken[0], feed.slug)),
        page=f"{quote(feed.slug)}/index.html",
    )


def _line(site: Site, feed: Feed) -> Outline:
    other = items.alternate(site, feed)
    return Outline(other.title, other.language.split("+")[0], f"{other.folder}index.html", f"{other.folder}rss.xml")
