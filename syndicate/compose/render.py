"""One variant of an edition: subject, preheader, html and text, with each reader's tokens left open.

The html is kept under a budget of bytes, because Gmail clips a mail at 102 KB and hides the leave link with the rest. As
the budget runs out, first the summaries get shorter, all to the same length, down to none; then the partners' and
hashtags' links become plain text; then they go, with all but two resource links, and long
titles get shorter. Links to read on, helpline and footer always stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from html import escape
from typing import Protocol

from syndicate.compose.items import Addresses, Anchor, Item, Memo, Section, quiet, sections
from syndicate.compose.plain import clean, shorten, web, wrap
from syndicate.errors import UsageError
from syndicate.models import EditionVariant, MailingList, Post, Site, Words

BUDGET = 80_000
"""Bytes of html that a variant may have."""

SUBJECT = 90
PREHEADER = 120
"""The most characters of a subject and of the line that mailboxes show beside it."""

SHORTEST = 60
"""A summary with room for fewer characters than this says nothing, and is left out."""

TOKENS = {
    "leave_url": "%%leave_url%%",
    "masked_address": "%%masked_address%%",
    "preferences_url": "%%preferences_url%%",
}
"""What stands in html and text until a reader is known; `syndicate.compose.message` fills it."""


class FillText(Protocol):
    """Fills a template given as text (the words room's `Filler.fill_text`)."""

    def __call__(self, source: str, *, name: str, html: bool, **values: object) -> str:
        """Fill `source`, called `name` in errors, escaping when `html`; raises TemplateError."""
        ...


@dataclass(frozen=True)
class Parts:
    """All that the variants of one edition have in common.

    `template` is the compiled MJML, `text_template` the text part's; `web_url` is the edition's own page, if it has one.
    `preferences` says whether readers have a page for their choices.
    """

    site: Site
    list: MailingList
    posts: Sequence[Post]
    template: str
    text_template: str
    words: Words
    fill_text: FillText
    number: int
    date: datetime
    web_url: str | None = None
    preferences: bool = True
    addresses: Addresses = field(default_factory=Addresses)
    budget: int = BUDGET
    memo: Memo = field(default_factory=dict, init=False, repr=False, compare=False)


def render(
    site: Site,
    list: MailingList,
    posts: Sequence[Post],
    name: str,
    *,
    template: str,
    text_template: str,
    words: Words,
    fill_text: FillText,
    number: int,
    date: datetime,
    web_url: str | None = None,
    hashtag_urls: Mapping[str, Mapping[str, str]] | None = None,
    partner_urls: Mapping[str, Mapping[str, str]] | None = None,
    picture_urls: Mapping[str, str] | None = None,
    post_urls: Mapping[str, str] | None = None,
    preferences: bool = True,
    budget: int = BUDGET,
) -> EditionVariant:
    """The variant called `name` ("sq+en"). `date` is aware. `hashtag_urls` and `partner_urls` map a key or id to the page
    of its feed per language, `picture_urls` and `post_urls` a post's id to an address of ours.

    Raises TemplateError, and UsageError when none of the posts has anything for the variant's languages.
    """
    addresses = Addresses(post_urls or {}, hashtag_urls or {}, partner_urls or {}, picture_urls or {})
    parts = Parts(
        site,
        list,
        posts,
        template,
        text_template,
        words,
        fill_text,
        number,
        date,
        web_url,
        preferences,
        addresses,
        budget,
    )
    variant = variant_of(parts, name)
    if variant is None:
        raise UsageError(f"list {list.id}: none of the {len(posts)} posts can be shown in {name}; nothing to mail")
    return variant


def render_all(parts: Parts, names: Sequence[str]) -> tuple[EditionVariant, ...]:
    """The variants called `names`, without those that would say nothing (policy `omit`, no post in the language)."""
    return tuple(filter(None, (variant_of(parts, name) for name in names)))


def variant_of(parts: Parts, name: str) -> EditionVariant | None:
    """The variant called `name`, or None when none of the posts can be shown in its languages."""
    found = sections(
        parts.posts,
        variant=name,
        site=parts.site,
        list=parts.list,
        words=parts.words,
        addresses=parts.addresses,
        memo=parts.memo,
    )
    if not found:
        return None
    language = name.split("+")[0]
    said = _head(parts, found, language)
    html, kept = _fit(found, lambda tried: _filled(parts, said, tried, html=True), parts.budget)
    text = _filled(parts, said, kept, html=False).strip() + "\n"
    return EditionVariant(name, said["subject"], said["preheader"], html, text)


def _head(parts: Parts, found: Sequence[Section], language: str) -> dict[str, str]:
    """What stands above and around the posts, in the reader's language."""
    title = clean(parts.list.titles.get(language, "")) or found[0].title
    own = [item for item in found[0].items if item.language == language]
    return {
        "language": language,
        "list_title": title,
        "organisation": clean(parts.site.name),
        "postal_address": clean(parts.site.postal_address),
        "date": parts.words.date(language, parts.date),
        "subject": _subject(title, own, len(found[0].items), language, parts.words),
        "preheader": _preheader(own or found[0].items, language, parts.words),
    }


def _subject(title: str, own: Sequence[Item], count: int, language: str, words: Words) -> str:
    """The list and its first post that is in the reader's language; a count where none is."""
    if own:
        said = words.say(language, "mail.subject", list=title, title=own[0].title)
    else:
        said = words.say(language, "mail.subject_count", list=title, count=count)
    return shorten(clean(said), SUBJECT)


def _preheader(items: Sequence[Item], language: str, words: Words) -> str:
    """What the subject does not say yet: the other titles, or the only post's summary."""
    if len(items) == 1:
        return shorten(items[0].summary or items[0].title, PREHEADER)
    titles = "; ".join(item.title for item in items[1:6])
    return shorten(clean(words.say(language, "mail.also", titles=titles)), PREHEADER)


def _filled(parts: Parts, said: Mapping[str, str], found: Sequence[Section], *, html: bool) -> str:
    values = dict(said) | TOKENS
    return parts.fill_text(
        parts.template if html else parts.text_template,
        name=f"{parts.list.template}.{'mjml' if html else 'txt'}",
        html=html,
        **values | {"preferences_url": TOKENS["preferences_url"] if parts.preferences else ""},
        sections=found,
        number=parts.number,
        web_url=web(parts.web_url),
        say=parts.words.say,
        join=parts.words.join,
        wrap=wrap,
    )


# ---------------------------------------------------------------- the budget


def _fit(
    found: tuple[Section, ...], fill: Callable[[tuple[Section, ...]], str], budget: int
) -> tuple[str, tuple[Section, ...]]:
    """The html of the fullest form that fits the budget, and that form; the barest one if none does."""
    html, kept = fill(found), found
    excess = size(html) - budget
    if excess > 0:
        for smaller in _smaller(found, excess):
            html, kept = fill(smaller), smaller
            if size(html) <= budget:
                break
    return html, kept


def _smaller(found: tuple[Section, ...], excess: int) -> Iterator[tuple[Section, ...]]:
    """Ever smaller forms: shorter summaries, no summaries, links of partners and hashtags as text, none, the barest."""
    limit = _limit([item.summary for section in found for item in section.items], excess)
    if limit >= SHORTEST:
        yield _each(found, lambda item: replace(item, summary=shorten(item.summary, limit)))
    yield _each(found, lambda item: replace(item, summary=""))
    yield _each(
        found, lambda item: replace(item, summary="", partners=_text(item.partners), hashtags=_text(item.hashtags))
    )
    yield _each(found, lambda item: replace(item, summary="", partners=(), hashtags=()))
    yield _each(found, _barest)


def _barest(item: Item) -> Item:
    return replace(
        item, title=shorten(item.title, SUBJECT), summary="", partners=(), hashtags=(), resources=item.resources[:2]
    )


def _each(found: Sequence[Section], change: Callable[[Item], Item]) -> tuple[Section, ...]:
    changed = [replace(section, items=tuple(map(change, section.items))) for section in found]
    return tuple(replace(section, quiet=quiet(section.items)) for section in changed)


def _text(anchors: Sequence[Anchor]) -> tuple[Anchor, ...]:
    return tuple(replace(anchor, url=None) for anchor in anchors)


def _limit(summaries: Sequence[str], excess: int) -> int:
    """The longest length in characters to which summaries can be cut so that `excess` bytes are saved; 0 if none is."""
    low, high = 0, max(map(len, summaries), default=0)
    whole = sum(map(_bytes, summaries))
    while low < high:
        middle = (low + high + 1) // 2
        if whole - sum(_bytes(shorten(summary, middle)) for summary in summaries) >= excess:
            low = middle
        else:
            high = middle - 1
    return low


def _bytes(text: str) -> int:
    return size(escape(text))


def size(text: str) -> int:
    """The bytes of `text` as UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))
