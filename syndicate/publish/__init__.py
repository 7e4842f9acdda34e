"""From posts to what the world reads: feeds in three formats, pages, a directory. Pure until `files.write`.

Feed + [Post] → items.Channel → formats (RSS, Atom, JSON Feed) and pages → [Document] → files.write → public/
"""

from __future__ import annotations

from collections.abc import Sequence

from syndicate.models import Document, Feed, Fill, MailingList, Post, Site, Withdrawn, Words
from syndicate.publish.files import missing, remove, write

__all__ = ["directory", "documents", "missing", "remove", "write"]

HTML = "text/html"


def documents(
    site: Site,
    feed: Feed,
    items: Sequence[Post],
    *,
    withdrawn: Sequence[Withdrawn],
    siblings: Sequence[Feed],
    words: Words,
    fill: Fill,
) -> list[Document]:
    """Everything that is published of one feed: three formats, its page, and a fragment to embed for a partner's.

    `items` are the posts of its selection, in any order; `siblings` are the same feed in other languages. The bytes
    depend on the arguments alone. Raises TemplateError.
    """
    from syndicate.publish import formats, pages  # late, as an idle run writes nothing
    from syndicate.publish.items import channel

    made = channel(site, feed, items, withdrawn, siblings, words)
    folder = f"feeds/{feed.slug}"
    written = [
        Document(f"{folder}/rss.xml", formats.RSS, formats.rss(made)),
        Document(f"{folder}/atom.xml", formats.ATOM, formats.atom(made)),
        Document(f"{folder}/feed.json", formats.JSON, formats.json_feed(made)),
        _page(f"{folder}/index.html", pages.feed_page(site, feed, made, words=words, fill=fill)),
    ]
    if feed.partner:
        written.append(_page(f"{folder}/embed.html", pages.embed(site, feed, made, fill=fill)))
    return written


def directory(
    site: Site, feeds: Sequence[Feed], *, words: Words, fill: Fill, lists: Sequence[MailingList] = ()
) -> list[Document]:
    """The directory page of all feeds and of the archives of `lists`, the feeds' OPML, and the style sheet of every page.

    Raises TemplateError.
    """
    from syndicate.publish import formats, pages

    return [
        _page("feeds/index.html", pages.directory_page(site, feeds, words=words, fill=fill, lists=lists)),
        Document("feeds.opml", formats.OPML, pages.directory_opml(site, feeds, words=words)),
        Document("feeds/style.css", "text/css", pages.style(fill).encode()),
    ]


def _page(path: str, text: str) -> Document:
    return Document(path, HTML, text.encode())
