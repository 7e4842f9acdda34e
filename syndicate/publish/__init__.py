"""From posts to what the world reads: feeds in three formats, pages, a directory. Pure until `files.write`.

Feed + [Post] → items.Channel → formats (RSS, Atom, JSON Feed) and pages → [Document] → files.write → public/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from syndicate.models import Document, Feed, Fill, MailingList, Post, Site, Withdrawn, Words
from syndicate.publish.files import missing, remove, write

if TYPE_CHECKING:
    from syndicate.publish.items import Channel

__all__ = ["archive_page", "directory", "documents", "missing", "remove", "write"]

HTML = "text/html"


def documents(
    site: Site,
    feed: Feed,
    items: Sequence[Post],
    *,
    withdrawn: Sequence[Withdrawn],
    siblings: Sequence[Feed],
    pages: int = 0,
    words: Words,
    fill: Fill,
) -> list[Document]:
    """Everything that is published of one feed: three formats, its page, and a fragment to embed for a partner's.

    `items` are the posts of its selection, in any order; `siblings` are the same feed in other languages; `pages` is how many
    archive pages it leads to. The bytes depend on the arguments alone. Raises TemplateError.
    """
    from syndicate.publish import pages as pages_of  # late, as an idle run writes nothing
    from syndicate.publish.items import Leads, channel
    from syndicate.publish.items import folder as feed_folder

    made = channel(site, feed, items, withdrawn, siblings, words, Leads(feed_folder(site, feed.slug), 0, pages))
    written = _formats(site, feed, made, f"feeds/{feed.slug}", words, fill)
    if feed.partner:
        written.append(_page(f"feeds/{feed.slug}/embed.html", pages_of.embed(site, feed, made, fill=fill)))
    return written


def archive_page(
    site: Site,
    feed: Feed,
    items: Sequence[Post],
    number: int,
    last: int,
    *,
    withdrawn: Sequence[Withdrawn],
    words: Words,
    fill: Fill,
) -> list[Document]:
    """One archive page of a feed, of `last` that there are, with the posts that stand on it. Raises TemplateError.

    It says nothing of other feeds, of the hub, or of how many pages come after the next: it stays as it is.
    """
    from syndicate.publish.items import Leads, channel
    from syndicate.publish.items import folder as feed_folder

    leads = Leads(feed_folder(site, feed.slug), number, last)
    made = channel(site, feed, items, withdrawn, (), words, leads)
    return _formats(site, feed, made, f"feeds/{feed.slug}/archive/{number}", words, fill)


def _formats(site: Site, feed: Feed, made: Channel, folder: str, words: Words, fill: Fill) -> list[Document]:
    from syndicate.publish import formats, pages

    return [
        Document(f"{folder}/rss.xml", formats.RSS, formats.rss(made)),
        Document(f"{folder}/atom.xml", formats.ATOM, formats.atom(made)),
        Document(f"{folder}/feed.json", formats.JSON, formats.json_feed(made)),
        _page(f"{folder}/index.html", pages.feed_page(site, feed, made, words=words, fill=fill)),
    ]


def directory(
    site: Site, feeds: Sequence[Feed], *, words: Words, fill: Fill, lists: Sequence[MailingList] = ()
) -> list[Document]:
    """The directory page of all feeds and of the archives of `lists`, the feeds' OPML, and the style sheet of every page.

    Raises TemplateError.
    """
    from syndicate.publish import opml, pages

    return [
        _page("feeds/index.html", pages.directory_page(site, feeds, words=words, fill=fill, lists=lists)),
        Document("feeds.opml", opml.OPML, pages.directory_opml(site, feeds, words=words)),
        Document("feeds/style.css", "text/css", pages.style(fill).encode()),
    ]


def _page(path: str, text: str) -> Document:
    return Document(path, HTML, text.encode())
