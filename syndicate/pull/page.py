"""The post's own page, for feeds that hold only teasers: is this one, and where on the page is the article? Pure.

    Entry --is_teaser--> (fetch the page) --article--> Article --with_article--> Entry

The article is one element of the page as it stands, less its furniture. An extraction library is asked only *where* it is:
what such libraries return lacks the end of a bilingual post, the hashtags and short last lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape
from typing import Literal

from syndicate.models import Entry, Picture
from syndicate.pull.identities import link_key

_SHORT = 1500
"""A teaser has fewer characters of visible text: Drupal's default is 600, WordPress's 55 words."""
_LONG = 2 * _SHORT
"""Characters of HTML whose text is looked at first: in a long entry that is plenty, and it need not be read to its end."""

_TAG = re.compile(r"<[a-zA-Z!/?][^<>]*>")
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.S | re.I)
_HIDING = re.compile(r"<(?:!|script|style)", re.I)
_ANCHOR = re.compile(r"""<a\s[^<>]*?\bhref\s*=\s*["']?([^"'<>\s]*)[^<>]*>""", re.I)
_ANCHOR_END = re.compile(r"</a\s*>", re.I)
_ELLIPSIS = re.compile(r"(?:…|\.{3}|\[\s*(?:…|\.{3})\s*\]|\(\s*(?:…|\.{3})\s*\))[\s\"”’')\]»>→]*$")
_AFTERWORDS = re.compile(r"[\s.…\[\]()»›>→|\"”’']*$")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A yes or no, true or false as such, with its `reason` in a few words."""

    yes: bool
    reason: str

    def __bool__(self) -> bool:
        return self.yes


def is_teaser(entry: Entry, content: Literal["auto", "feed", "page"]) -> Verdict:
    """Whether the entry's page must be fetched for the whole text.

    Under `auto` only for a short entry that ends in an ellipsis or in a link to its own page.
    """
    if content == "feed":
        return Verdict(False, "the source says that its feed holds the whole text")
    if not entry.url:
        return Verdict(False, "the entry has no page of its own")
    if content == "page":
        return Verdict(True, "the source says that the text is on the page")
    if _is_surely_long(entry.html[:_LONG]):
        return Verdict(False, f"the entry has more than {_SHORT} characters")
    if len(entry.html) > _LONG and len(_text(_HIDDEN.sub(" ", entry.html[:_LONG].rpartition("<")[0]))) > _SHORT:
        return Verdict(False, f"the entry has more than {_SHORT} characters")
    body = _HIDDEN.sub(" ", entry.html)
    text = _text(body)
    if not text:
        return Verdict(False, "the entry has no text at all")
    if len(text) > _SHORT:
        return Verdict(False, f"the entry has {len(text)} characters")
    if _ELLIPSIS.search(text):
        return Verdict(True, "the entry is short and ends in an ellipsis")
    if _ends_in_own_link(body, entry):
        return Verdict(True, "the entry is short and ends in a link to its own page")
    return Verdict(False, "the entry is short, and whole as far as can be seen")


def _is_surely_long(markup: str) -> bool:
    """Whether the markup is seen to be long at a glance: nothing hidden in it, and plenty of letters outside tags."""
    if _HIDING.search(markup):
        return False
    shown = _TAG.sub("", markup.rpartition("<")[0])
    return len(shown) - shown.count(" ") - shown.count("\n") - 10 * shown.count("&") > _SHORT


def _text(markup: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", markup)).split())


def _ends_in_own_link(body: str, entry: Entry) -> bool:
    last = None
    for last in _ANCHOR.finditer(body):  # noqa: B007 - the last one is wanted
        pass
    end = _ANCHOR_END.search(body, last.end()) if last else None
    if last is None or not _AFTERWORDS.fullmatch(_text(body[end.end() :] if end else "")):
        return False
    own = {link_key(address) for address in (entry.url, entry.guid) if address} - {None}
    return link_key(unescape(last[1])) in own


@dataclass(frozen=True, slots=True)
class Article:
    """What a page says: `html` of the article, still hostile, with absolute addresses; the rest where it is obvious.

    `author` and `published` are the page's own word for who wrote it and when; `note` says what was not as configured.
    """

    html: str
    title: str | None = None
    language: str | None = None
    picture: Picture | None = None
    note: str | None = None
    author: str | None = None
    published: datetime | None = None


def with_article(entry: Entry, article: Article) -> Entry:
    """The entry with the page's article as its body, and what the feed did not say filled in.

    A page that holds less text than the feed (a log-in form, an error in HTML) changes nothing but the notes.
    """
    notes = (*entry.notes, article.note) if article.note else entry.notes
    if entry.published is None and article.published:
        notes = (*notes, "The date is the one on the post's page.")
    if len(_text(_HIDDEN.sub(" ", article.html))) < len(_text(_HIDDEN.sub(" ", entry.html))) - 40:
        short = "The post's page holds less text than the feed; the feed's text was kept."
        return replace(entry, notes=(*notes, short))
    return replace(
        entry,
        html=article.html,
        title=entry.title or article.title or "",
        author=entry.author or article.author,
        published=entry.published or article.published,
        picture=entry.picture or article.picture,
        language=entry.language or article.language,
        notes=notes,
    )
