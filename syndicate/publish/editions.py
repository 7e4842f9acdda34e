"""Sent editions as pages and feeds: each variant as it was mailed, without any reader in it, and a list of them all.

    Edition + Site + MailingList → newsletters/<list>/<n>/<variant>.html
    [Edition] + Site + MailingList → newsletters/<list>/index.html, newsletters/<list>/<language>/{rss.xml,atom.xml,feed.json}

A page is the mail's own html. What belongs to one reader is exchanged: the way out becomes the way in, and the line that
says why the mail came says what the page is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape, unescape
from urllib.parse import quote

from syndicate import markup
from syndicate.models import Document, Edition, EditionVariant, Fill, MailingList, Site, Words
from syndicate.publish import formats, items
from syndicate.publish.items import EPOCH, Alternate, Channel, Item, Section
from syndicate.publish.pages import helpful

FOLDER = "newsletters"
_HTML = "text/html"

NEWEST = 20
"""How many editions a feed holds."""

_REGIONS = {"sq": "sq_AL", "en": "en_GB"}
"""Languages as Open Graph spells them, with a region; others stand as they are (ogp.me)."""

_TOKEN = re.compile(r"%%[a-z_]+%%")
_WHY = re.compile(r"(<p\b[^>]*>)(?:(?!</?p\b).)*%%masked_address%%.*?(</p>)", re.DOTALL)
_LINK = r"<a\b[^>]*\bhref=\"{url}\"[^>]*>.*?</a>"
_STYLE = re.compile(r"\bstyle=\"[^\"]*\"")
_TITLES = re.compile(r"<h2\b[^>]*>(.*?)</h2>", re.DOTALL)
_PICTURE = re.compile(r"<img class=\"shot\" src=\"([^\"]+)\" alt=\"([^\"]*)\"")


def address(site: Site, list: MailingList, number: int) -> str | None:
    """Where an edition's pages will be, without a slash at the end; None for a list that is not public."""
    return f"{items.base(site)}/{FOLDER}/{quote(list.id)}/{number}" if list.public else None


def documents(
    site: Site,
    list: MailingList,
    editions: Sequence[Edition],
    *,
    fresh: Collection[str],
    words: Words,
    fill: Fill,
) -> list[Document]:
    """What is published of a list's sent editions, which are given newest first: the pages of the `fresh` ones (ids), and the
    list and feeds of all. Raises TemplateError.

    Of the others only the subjects are needed, and the html of those in the feeds.
    """
    made = [
        Document(path, _HTML, edition_page(site, list, edition, variant, words=words).encode())
        for edition in editions
        if edition.id in fresh
        for variant, path in zip(_open(edition), pages(edition), strict=True)
    ]
    channels = [channel(site, list, editions, language, words) for language in _languages(site, list)]
    index = _index(site, list, editions, channels, words, fill)
    made.append(Document(f"{FOLDER}/{list.id}/index.html", _HTML, index.encode()))
    for one in channels:
        folder = f"{FOLDER}/{list.id}/{one.language}"
        made += [
            Document(f"{folder}/rss.xml", formats.RSS, formats.rss(one)),
            Document(f"{folder}/atom.xml", formats.ATOM, formats.atom(one)),
            Document(f"{folder}/feed.json", formats.JSON, formats.json_feed(one)),
        ]
    return made


def pages(edition: Edition) -> list[str]:
    """The paths of an edition's pages under public/, in the order of its variants."""
    return [f"{FOLDER}/{edition.list}/{edition.number}/{variant.name}.html" for variant in _open(edition)]


# ---------------------------------------------------------------- one edition


def edition_page(site: Site, list: MailingList, edition: Edition, variant: EditionVariant, *, words: Words) -> str:
    """A variant as the world may see it: the mail's html with public links in the places of a reader's own."""
    language = variant.languages[0]
    here = f"{address(site, list, edition.number)}/{variant.name}.html"
    why = words.say(language, "archive.why", list=_title(list, language), organisation=site.name)
    html = _WHY.sub(lambda found: found[1] + escape(why) + found[2], variant.html)
    html = html.replace(
        f">{escape(words.say(language, 'mail.reply'))}<",
        f">{escape(words.say(language, 'archive.reply', contact=site.contact))}<",
    )
    ways: dict[str, Ways] = {
        "%%leave_url%%": [
            (f"{items.base(site)}/subscribe/{quote(list.id)}", words.say(language, "archive.subscribe"), language)
        ],
        "%%preferences_url%%": [(_home(site, list), words.say(language, "archive.all"), language)],
        here: [
            (_home(site, list), words.say(language, "archive.all"), language),
            *_others(site, list, edition, variant, words),
        ],
    }
    for url, links in ways.items():
        html = _exchanged(html, url, links)
    # An operator's own template may use a token where ours does not: nothing of a reader's is left, whatever it was.
    html = _TOKEN.sub("", html.replace("%%masked_address%%", escape(words.say(language, "archive.readers"))))
    return html.replace("</head>", f"{_head(site, list, edition, variant, here, words)}</head>", 1)


Ways = Sequence[tuple[str, str, str]]
"""Links: address, words, and the language of the words."""


def _exchanged(html: str, url: str, links: Ways) -> str:
    """`html` with each of its links to `url` exchanged for these."""
    link = re.compile(_LINK.format(url=re.escape(escape(url))), re.DOTALL)
    return link.sub(lambda found: _linked(found[0], links), html)


def _linked(anchor: str, links: Ways) -> str:
    """Links in the place of one, styled as it was."""
    style = _STYLE.search(anchor)
    styled = f" {style[0]}" if style else ""
    return " · ".join(
        f'<a href="{escape(url)}" lang="{escape(language)}"{styled}>{escape(text)}</a>' for url, text, language in links
    )


def _others(
    site: Site, list: MailingList, edition: Edition, variant: EditionVariant, words: Words
) -> list[tuple[str, str, str]]:
    """The pages of this edition in one other language each: address, words, language."""
    folder = address(site, list, edition.number)
    return [
        (f"{folder}/{other.name}.html", words.say(other.name, "language.jump"), other.name)
        for other in _open(edition)
        if len(other.languages) == 1 and other.name not in variant.languages
    ]


def _head(site: Site, list: MailingList, edition: Edition, variant: EditionVariant, here: str, words: Words) -> str:
    """What other sites and search engines are told of a page: its address, languages, title and picture (ogp.me)."""
    language, folder = variant.languages[0], address(site, list, edition.number)
    told = [
        ("og:type", "article"), ("og:title", variant.subject), ("og:url", here), ("og:site_name", site.name),
        ("og:description", variant.preheader), ("og:locale", _REGIONS.get(language, language)),
        ("article:published_time", _sent(edition).isoformat()),
    ]  # fmt: skip
    if picture := _PICTURE.search(variant.html):
        told += [("og:image", unescape(picture[1])), ("og:image:alt", unescape(picture[2]))]
    tags = [f'<meta property="{name}" content="{escape(value)}">' for name, value in told if value]
    tags.append(f'<meta name="description" content="{escape(variant.preheader)}">')
    tags.append(f'<link rel="canonical" href="{escape(here)}">')
    for other in _open(edition):
        if len(other.languages) == 1:
            tags.append(
                f'<link rel="alternate" hreflang="{escape(other.name)}" href="{escape(f"{folder}/{other.name}.html")}">'
            )
    feed = f"{_home(site, list)}{quote(language)}/rss.xml"
    title = escape(_title(list, language))
    tags.append(f'<link rel="alternate" type="{formats.RSS}" title="{title}" href="{escape(feed)}">')
    return "\n".join(tags) + "\n"


# ---------------------------------------------------------------- all editions of a list


@dataclass(frozen=True, slots=True)
class Line:
    """One edition in the list: its page relative to the list's, and the same in both languages, if there is one."""

    number: int
    title: str
    about: str
    sent: datetime
    page: str
    both: str


def channel(site: Site, list: MailingList, editions: Sequence[Edition], language: str, words: Words) -> Channel:
    """A list's editions in one language, as a feed."""
    found = [(edition, shown) for edition in editions if (shown := edition.variant(language))][:NEWEST]
    made = tuple(_item(site, list, edition, shown, words) for edition, shown in found)
    home = _home(site, list)
    return Channel(
        id=f"tag:{site.tag_domain},{EPOCH.year}:{FOLDER}/{quote(list.id)}/{language}",
        title=items.line(_title(list, language)),
        description=items.line(items.name(list.descriptions, language)) or items.line(_title(list, language)),
        languages=(language,),
        folder=f"{home}{quote(language)}/",
        author=items.line(site.name),
        updated=max((item.updated for item in made), default=EPOCH),
        alternates=tuple(
            Alternate(code, items.line(_title(list, code)), f"{home}{quote(code)}/")
            for code in _languages(site, list)
            if code != language
        ),
        items=made,
        tombstones=(),
    )


def _item(site: Site, list: MailingList, edition: Edition, variant: EditionVariant, words: Words) -> Item:
    page = f"{address(site, list, edition.number)}/{variant.name}.html"
    titles = [markup.plain(found) for found in _TITLES.findall(variant.html)]
    told = "".join(f"<li>{escape(title)}</li>" for title in titles)
    more = escape(words.say(variant.name, "archive.read"))
    html = f'<ul>{told}</ul><p><a href="{escape(page)}">{more}</a></p>'
    sent = _sent(edition)
    return Item(
        id=f"tag:{site.tag_domain},{sent.year}:{quote(edition.id)}/{variant.name}",
        url=items.uri(page),
        sections=(Section(variant.name, items.line(variant.subject), items.line(variant.preheader), html),),
        author=items.line(site.name),
        published=sent,
        updated=sent,
        categories=(),
        namings=(),
        notices=(),
        source=None,
        picture=None,
    )


def _index(
    site: Site,
    list: MailingList,
    editions: Sequence[Edition],
    channels: Sequence[Channel],
    words: Words,
    fill: Fill,
) -> str:
    sections = [(one, _lines(editions, one.language), helpful(site.helpline, one.language)) for one in channels]
    return fill(
        "archive.html",
        site=site,
        list=list,
        lang=channels[0].language,
        sections=sections,
        home=f"{_home(site, list)}index.html",
        subscribe=f"{items.base(site)}/subscribe/{quote(list.id)}",
    )


def _lines(editions: Sequence[Edition], language: str) -> list[Line]:
    lines = []
    for edition in editions:
        variant = edition.variant(language)
        both = next((one for one in _open(edition) if len(one.languages) > 1 and one.languages[0] == language), None)
        shown = variant or both
        if shown:
            lines.append(
                Line(
                    edition.number,
                    shown.subject,
                    shown.preheader,
                    _sent(edition),
                    f"{edition.number}/{shown.name}.html",
                    f"{edition.number}/{both.name}.html" if both and variant else "",
                )
            )
    return lines


def _open(edition: Edition) -> list[EditionVariant]:
    """The variants that become pages: a discreet mail says less than it could, and a page is asked for."""
    return [variant for variant in edition.variants if not variant.discreet]


def _languages(site: Site, list: MailingList) -> tuple[str, ...]:
    wanted = list.selection.languages
    return tuple(code for code in site.languages if code in wanted) or wanted or site.languages


def _title(list: MailingList, language: str) -> str:
    return items.name(list.titles, language, list.id)


def _home(site: Site, list: MailingList) -> str:
    return f"{items.base(site)}/{FOLDER}/{quote(list.id)}/"


def _sent(edition: Edition) -> datetime:
    """When an edition went out: its send-at, else when it was approved."""
    return (edition.send_at or edition.approved or edition.created).astimezone(UTC).replace(microsecond=0)
